// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the runtime reads from a program's manifest.
#ifndef EMO_LIB_RUNTIME_MANIFEST_H
#define EMO_LIB_RUNTIME_MANIFEST_H

#include "emo/Runtime/Emo.h"

#include <string>
#include <vector>

namespace emo::rt {

/// The raw JSON text of a top-level key of a manifest; empty when absent.
std::string manifestText(const char *manifest, const std::string &key);
std::string manifestValue(const emo_program &program, const std::string &key);
int64_t manifestInteger(const emo_program &program, const std::string &key, int64_t fallback);

/// The raw JSON texts of an object's members, with their keys.
std::vector<std::pair<std::string, std::string>> manifestMembers(const std::string &object);

/// A list of integers; empty when absent.
std::vector<int64_t> manifestIntegers(const emo_program &program, const std::string &key);

/// The entry, or null with the compiler's reason why there is none.
const emo_entry_desc *requireEntry(const emo_model *model, const char *name, std::string &error);

} // namespace emo::rt
#endif // EMO_LIB_RUNTIME_MANIFEST_H
