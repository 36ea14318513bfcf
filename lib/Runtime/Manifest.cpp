// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The few things that the runtime reads from a program's manifest.
#include "Manifest.h"

#include <cstdlib>
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

std::vector<std::pair<std::string, std::string>> emo::rt::manifestMembers(const std::string &object) {
  std::vector<std::pair<std::string, std::string>> members;
  const char *at = object.c_str();
  at += strspn(at, " \n\t{");
  while (*at == '"') {
    const char *name = at + 1;
    const char *nameEnd = strchr(name, '"');
    if (!nameEnd)
      break;
    const char *value = nameEnd + 1 + strspn(nameEnd + 1, " \n\t:");
    const char *end = skipValue(value);
    std::string text(value, end);
    while (!text.empty() && strchr(" \n\t", text.back()))
      text.pop_back();
    members.emplace_back(std::string(name, nameEnd), text);
    at = end + (*end == ',');
    at += strspn(at, " \n\t");
  }
  return members;
}

std::string emo::rt::manifestText(const char *manifest, const std::string &key) {
  for (auto &[name, value] : manifestMembers(manifest))
    if (name == key)
      return value;
  return "";
}

/// The value of a JSON string as the compiler writes them; other values as they are.
static std::string unquoted(const std::string &json) {
  if (json.size() < 2 || json[0] != '"')
    return json;
  std::string text;
  for (size_t i = 1; i + 1 < json.size(); ++i)
    text += json[i] == '\\' && i + 2 < json.size() ? json[++i] : json[i];
  return text;
}

const emo_entry_desc *emo::rt::requireEntry(const emo_model *model, const char *name, std::string &error) {
  const emo_entry_desc *entry = emo_entry(model, name);
  if (!entry) {
    std::string missing = manifestValue(*emo_model_program(model), "missing_entries");
    std::string reason = unquoted(manifestText(missing.c_str(), name));
    error = "this program has no entry '" + std::string(name) + "'" + (reason.empty() ? "" : ": " + reason);
  }
  return entry;
}

std::string emo::rt::manifestValue(const emo_program &program, const std::string &key) {
  return manifestText(program.manifest, key);
}

std::vector<int64_t> emo::rt::manifestIntegers(const emo_program &program, const std::string &key) {
  std::vector<int64_t> numbers;
  std::string text = manifestValue(program, key);
  for (const char *at = text.c_str(); (at = strpbrk(at, "-0123456789"));) {
    char *end = nullptr;
    numbers.push_back(strtoll(at, &end, 10));
    at = end > at ? end : at + 1;
  }
  return numbers;
}

int64_t emo::rt::manifestInteger(const emo_program &program, const std::string &key, int64_t fallback) {
  std::string text = manifestValue(program, key);
  char *end = nullptr;
  long long value = strtoll(text.c_str(), &end, 10);
  return text.empty() || *end ? fallback : value;
}
