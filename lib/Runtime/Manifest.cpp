// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The few things that the runtime reads from a program's manifest.
#include "Model.h"

#include <cstring>

using namespace emo::rt;

/// Skips one JSON value; the manifest is written by the compiler, so only nesting and strings matter.
static const char *skipValue(const char *at) {
  int depth = 0;
  for (; *at; ++at) {
    if (*at == '"') {
      for (++at; *at && *at != '"'; ++at)
        if (*at == '\\' && at[1])
          ++at;
      if (!*at)
        return at;
    } else if (*at == '{' || *at == '[') {
      ++depth;
    } else if (*at == '}' || *at == ']') {
      if (depth-- == 0)
        return at;
    } else if (*at == ',' && depth == 0) {
      return at;
    }
  }
  return at;
}

std::string emo::rt::manifestText(const char *manifest, const std::string &key) {
  const char *at = manifest;
  at += strspn(at, " \n\t{");
  while (*at == '"') {
    const char *name = at + 1;
    const char *nameEnd = strchr(name, '"');
    if (!nameEnd)
      return "";
    const char *value = nameEnd + 1 + strspn(nameEnd + 1, " \n\t:");
    const char *end = skipValue(value);
    if (std::string(name, nameEnd) == key) {
      std::string text(value, end);
      while (!text.empty() && strchr(" \n\t", text.back()))
        text.pop_back();
      return text;
    }
    at = end + (*end == ',');
    at += strspn(at, " \n\t");
  }
  return "";
}
