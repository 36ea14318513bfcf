// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// NAME info: the manifest.
#include "Commands.h"

#include <algorithm>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>

using namespace emo::rt;

static long long number(const std::string &object, const char *key) {
  return strtoll(manifestText(object.c_str(), key).c_str(), nullptr, 10);
}

/// "[12, 12, 13]" -> "12 to 13".
static std::string range(const std::string &list) {
  long long least = LLONG_MAX, most = -1;
  for (const char *at = list.c_str(); (at = strpbrk(at, "0123456789"));) {
    char *end = nullptr;
    long long value = strtoll(at, &end, 10);
    least = std::min(least, value);
    most = std::max(most, value);
    at = end;
  }
  if (most < 0)
    return "";
  return std::to_string(least) + (least == most ? "" : " to " + std::to_string(most));
}

/// A call of an entry: its sizes, and what the compiler derived from the host's code. Inside of an entry nothing waits for the device.
static void printCall(const std::string &entry, const std::string &call) {
  long long tokens = number(call, "tokens");
  std::string layer = range(manifestText(call.c_str(), "layers"));
  printf("  %-20s %lld %s at %lld positions: %lld launches%s%s, 0 host synchronisations, %.1f MB of temporaries\n", entry.c_str(), tokens,
         tokens == 1 ? "token" : "tokens", number(call, "positions"), number(call, "launches"), layer.empty() ? "" : ", a layer ",
         layer.c_str(), double(number(call, "temporary_bytes")) / 1e6);
}

static void printDevices(const emo_program &program, const std::string &devices) {
  for (int32_t i = 0; i < program.num_device_codes; ++i) {
    const char *arch = program.device_codes[i].arch;
    std::string device = manifestText(devices.c_str(), arch);
    long long cubin = number(device, "cubin_bytes");
    printf("%-22s %lld kernels, PTX of %lld bytes, %s\n", arch, number(device, "kernels"), number(device, "ptx_bytes"),
           cubin ? ("cubin of " + std::to_string(cubin) + " bytes").c_str() : "no cubin");
    for (auto &[entry, calls] : manifestMembers(manifestText(device.c_str(), "entries")))
      for (size_t at = 0; (at = calls.find('{', at)) != std::string::npos;) {
        size_t end = calls.find('}', at) + 1;
        printCall(entry, calls.substr(at, end - at));
        at = end;
      }
  }
}

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
  for (auto &[key, value] : manifestMembers(text))
    if (key == "devices")
      printDevices(program, value);
    else
      printf("%-22s %s\n", key.c_str(), value.c_str());
  return 0;
}
