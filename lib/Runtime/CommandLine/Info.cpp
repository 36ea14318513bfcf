// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// NAME info: the manifest.
#include "Commands.h"

#include <cstdio>
#include <cstring>

using namespace emo::rt;

int emo::rt::infoCommand(const std::vector<std::string> &args, const emo_program &program) {
  Flags flags("info", {{"--json", false}});
  std::string error;
  if (!flags.parse(args, error))
    return fail(error);
  std::string levels, entries;
  for (int32_t i = 0; i < program.num_kernel_tables; ++i)
    levels += (i ? ", \"" : "\"") + std::string(program.kernel_tables[i].isa) + "\"";
  for (int32_t i = 0; i < program.num_entries; ++i)
    entries += (i ? ", \"" : "\"") + std::string(program.entries[i].name) + "\"";
  std::string manifest = program.manifest;
  size_t close = manifest.rfind('}');
  bool empty = manifest.find('"') == std::string::npos;
  std::string text = manifest.substr(0, close == std::string::npos ? manifest.size() : close);
  text += std::string(empty ? "" : ", ") + "\"isa_levels\": [" + levels + "], \"entries\": [" + entries +
          "], \"weights_bytes\": " + std::to_string(program.weights_bytes) + ", \"weights_hash\": \"" + program.weights_hash +
          "\", \"parameters\": " + std::to_string(program.num_params) + ", \"kernels\": " + std::to_string(program.num_kernels) + "}";
  if (flags.has("--json")) {
    puts(text.c_str());
    return 0;
  }
  // One line a key, as it stands in the JSON.
  emo_program shown = program;
  shown.manifest = text.c_str();
  const char *at = text.c_str() + 1;
  while ((at = strchr(at, '"'))) {
    const char *end = strchr(at + 1, '"');
    if (!end)
      break;
    std::string key(at + 1, end);
    std::string value = manifestValue(shown, key);
    printf("%-22s %s\n", key.c_str(), value.c_str());
    const char *next = strstr(end, value.c_str());
    at = next ? next + value.size() : end + 1;
  }
  return 0;
}
