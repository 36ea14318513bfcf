// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Any bytes are encoded to tokens that are decoded to the same text, with what is no UTF-8 replaced.
#include "Fuzz.h"
#include "Runtime/Tokenizer.h"
#include "Runtime/Utf8.h"
#include "emo/Target/Tokenizer.h"

using namespace mlir;
using namespace emo;

extern "C" const emo_tokenizer_code emo_rt_tokenizer;

/// Letters of all bytes, some merges of them, tokens of each kind that take nothing away from the text.
static std::string tokenizerJson() {
  std::string vocabulary, merges;
  int id = 0;
  auto letter = [](unsigned byte) -> std::string {
    static unsigned next = 256;
    bool isPrintable = (byte >= '!' && byte <= '~') || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
    unsigned c = isPrintable ? byte : next++;
    if (c == '"' || c == '\\')
      return {'\\', char(c)};
    return c < 0x80 ? std::string(1, char(c)) : std::string{char(0xc0 | c >> 6), char(0x80 | (c & 0x3f))};
  };
  for (unsigned byte = 0; byte < 256; ++byte)
    vocabulary += (byte ? ",\"" : "\"") + letter(byte) + "\":" + std::to_string(id++);
  for (std::pair<const char *, const char *> merge : std::initializer_list<std::pair<const char *, const char *>>{
           {"a", "b"}, {"ab", "ab"}, {"Ġ", "Ġ"}, {"Ġ", "a"}, {"b", "c"}, {"a", "bc"}, {"Ã", "©"}, {"1", "2"}}) {
    vocabulary += std::string(",\"") + merge.first + merge.second + "\":" + std::to_string(id++);
    merges += std::string(merges.empty() ? "[\"" : ",[\"") + merge.first + "\",\"" + merge.second + "\"]";
  }
  std::string added;
  for (const char *flags : {R"("content":"<|x|>","special":true)", R"("content":"<|")", R"("content":"ab|","single_word":true,"normalized":true)"})
    added += std::string(added.empty() ? "{\"id\":" : ",{\"id\":") + std::to_string(id++) + "," + flags + "}";
  return R"({"decoder":{"type":"ByteLevel"},"added_tokens":[)" + added + R"(],"model":{"type":"BPE","vocab":{)" + vocabulary + R"(},"merges":[)" +
         merges + R"(]},"pre_tokenizer":{"type":"Sequence","pretokenizers":[{"type":"Split","behavior":"Isolated","pattern":{"Regex":)"
         R"("(?i:'s|'ll)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"}},)"
         R"({"type":"ByteLevel","add_prefix_space":false,"use_regex":false}]}})";
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const std::string tables = [] {
    MLIRContext context(MLIRContext::Threading::DISABLED);
    FailureOr<std::string> made = convertTokenizer(tokenizerJson(), [&] { return emitError(UnknownLoc::get(&context)); });
    fuzzCheck(succeeded(made), "the tokenizer is refused");
    return *made;
  }();
  std::string error, storage, streamed;
  static const std::unique_ptr<rt::Tokenizer> tokenizer = emo_rt_tokenizer.open(tables.data(), tables.size(), error);
  fuzzCheck(tokenizer != nullptr, "the tokenizer cannot be opened");
  std::string_view text(reinterpret_cast<const char *>(data), size);
  std::string repaired(rt::repairUtf8(text, storage));
  for (bool parseSpecial : {true, false}) {
    std::vector<int64_t> ids;
    fuzzCheck(tokenizer->encode(text, {parseSpecial, true}, ids, error), error.c_str());
    fuzzCheck(tokenizer->decode(ids.data(), ids.size()) == repaired, "the text is not the same after encoding and decoding");
  }
  rt::Utf8Stream stream;
  for (char byte : text)
    streamed += stream.add({&byte, 1});
  fuzzCheck(streamed + stream.finish() == repaired, "bytes one by one give another text");
  return 0;
}
