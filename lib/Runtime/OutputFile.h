// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Files that are written whole or not at all.
#ifndef EMO_LIB_RUNTIME_OUTPUTFILE_H
#define EMO_LIB_RUNTIME_OUTPUTFILE_H

#include <initializer_list>
#include <string>
#include <string_view>

namespace emo::rt {

/// Writes the pieces, one behind the other, to a temporary beside `path` and renames it. Signals wait until then, so that an interruption
/// leaves no half of a file. False with a message.
bool writeFile(const std::string &path, std::initializer_list<std::string_view> pieces, std::string &error);

/// Whether a file can be written at `path`, to be asked before the work is done. False with a message.
bool checkOutputFile(const std::string &path, std::string &error);

} // namespace emo::rt
#endif // EMO_LIB_RUNTIME_OUTPUTFILE_H
