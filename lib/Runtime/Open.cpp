// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Finds the file that a linked program was loaded from.
#include "emo/Runtime/Emo.h"

#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <string>

extern "C" const emo_program emo_program_descriptor __asm__("emo_program");

/// The file mapped at `address`, from /proc/self/maps: right for executables and shared libraries, however they were found.
static std::string fileMappedAt(const void *address) {
  FILE *maps = fopen("/proc/self/maps", "r");
  if (!maps)
    return "";
  char *line = nullptr;
  size_t capacity = 0;
  std::string found;
  while (getline(&line, &capacity, maps) > 0) {
    uintptr_t begin, end;
    if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR, &begin, &end) != 2)
      continue;
    uintptr_t wanted = reinterpret_cast<uintptr_t>(address);
    char *path = strchr(line, '/');
    if (wanted < begin || wanted >= end || !path)
      continue;
    found = path;
    if (!found.empty() && found.back() == '\n')
      found.pop_back();
    break;
  }
  free(line);
  fclose(maps);
  return found;
}

emo_model *emo_open(const emo_load_options *options, char *error, size_t errorBytes) {
  std::string path = fileMappedAt(&emo_program_descriptor);
  return emo_load(&emo_program_descriptor, path.empty() ? nullptr : path.c_str(), options, error, errorBytes);
}
