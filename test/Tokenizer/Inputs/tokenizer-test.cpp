// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// emo-tokenizer-test TOKENIZER.json: converts it as emo-compile does and encodes texts with the runtime's code. Each text on standard input
// is a byte (bit 0: without parsing special tokens, bit 1: without tokens around it), a little-endian uint32 of its size, its bytes; for each,
// uint32 numbers go to standard output: how many tokens, the tokens, how many bytes they are decoded to; then those bytes. With --times
// instead: how long it took to open and to encode all.
#include "Runtime/Tokenizer.h"
#include "emo/Target/Tokenizer.h"
#include "mlir/IR/MLIRContext.h"

#include <chrono>
#include <cstdio>

using namespace mlir;
using namespace emo;

extern "C" const emo_tokenizer_code emo_rt_tokenizer;

static double seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

static void write(uint32_t number) { fwrite(&number, sizeof number, 1, stdout); }

int main(int argc, char **argv) {
  MLIRContext context(MLIRContext::Threading::DISABLED);
  context.getDiagEngine().registerHandler([](Diagnostic &diagnostic) { llvm::errs() << "error: " << diagnostic << "\n"; });
  bool times = argc > 2 && StringRef(argv[2]) == "--times";
  OwningOpRef<ModuleOp> module = ModuleOp::create(UnknownLoc::get(&context));
  FailureOr<std::string> tables = packTokenizer(*module, "", argc > 1 ? argv[1] : "");
  if (failed(tables))
    return 1;
  std::string error;
  double start = seconds();
  std::unique_ptr<rt::Tokenizer> tokenizer = emo_rt_tokenizer.open(tables->data(), tables->size(), error);
  double opened = seconds() - start, spent = 0;
  if (!tokenizer) {
    llvm::errs() << "error: " << error << "\n";
    return 1;
  }
  size_t tokens = 0, bytes = 0;
  for (int flags; (flags = getchar()) != EOF;) {
    uint32_t size;
    if (fread(&size, sizeof size, 1, stdin) != 1)
      return 1;
    std::string text(size, '\0');
    if (fread(text.data(), 1, size, stdin) != size)
      return 1;
    std::vector<int64_t> ids;
    start = seconds();
    if (!tokenizer->encode(text, {!(flags & 1), !(flags & 2)}, ids, error)) {
      llvm::errs() << "error: " << error << "\n";
      return 1;
    }
    spent += seconds() - start;
    tokens += ids.size();
    bytes += size;
    if (times)
      continue;
    write(ids.size());
    for (int64_t id : ids)
      write(uint32_t(id));
    std::string decoded = tokenizer->decode(ids.data(), ids.size());
    write(decoded.size());
    fwrite(decoded.data(), 1, decoded.size(), stdout);
  }
  if (times)
    printf("opened in %.3f ms; %zu bytes, %zu tokens in %.3f s: %.2f MB/s, %.0f tokens/s; tables of %zu bytes\n", opened * 1e3, bytes, tokens,
           spent, double(bytes) / spent / 1e6, double(tokens) / spent, tables->size());
  return 0;
}
