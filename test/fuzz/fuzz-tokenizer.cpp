// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A tokenizer.json: what is accepted encodes any text, its own included, to tokens that it has.
#include "Fuzz.h"
#include "Runtime/Tokenizer.h"
#include "emo/Target/Tokenizer.h"

using namespace mlir;
using namespace emo;

extern "C" const emo_tokenizer_code emo_rt_tokenizer;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  return fuzzOne(data, size, [](StringRef json, MLIRContext *context) -> LogicalResult {
    FailureOr<std::string> tables = convertTokenizer(json, [&] { return emitError(UnknownLoc::get(context)); });
    if (failed(tables))
      return failure();
    std::string error;
    std::unique_ptr<rt::Tokenizer> tokenizer = emo_rt_tokenizer.open(tables->data(), tables->size(), error);
    fuzzCheck(tokenizer != nullptr, "an accepted tokenizer cannot be opened");
    std::string storage = "Once upon\u00a0a time, it's\n\n  12345 a\u0301\u0300 \xff <|endoftext|>\u3000ab";
    for (StringRef text : {StringRef(storage), json.take_front(64)}) {
      std::vector<int64_t> ids;
      // Patterns of hostile files may need more steps than are allowed.
      fuzzCheck(tokenizer->encode(text, {}, ids, error) || !error.empty(), "refused without a message");
      for (int64_t id : ids)
        fuzzCheck(id >= 0 && id < tokenizer->size(), "a token that the tokenizer does not have");
      tokenizer->decode(ids.data(), ids.size());
    }
    return success();
  });
}
