// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "FolderWriter.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

#include <fcntl.h>
#include <unistd.h>

using namespace mlir;
using namespace emo;

LogicalResult FolderWriter::check() {
  llvm::sys::fs::file_status status;
  if (llvm::sys::fs::status(folder, status))
    return success();
  if (status.type() != llvm::sys::fs::file_type::directory_file)
    return error() << "cannot write the folder '" << folder << "': it is a file";
  std::error_code code;
  llvm::sys::fs::directory_iterator begin(folder, code), end;
  if (code)
    return error() << "cannot write the folder '" << folder << "': " << code.message();
  if (begin != end)
    return error() << "cannot write the folder '" << folder << "': it exists and is not empty; name a new one";
  return success();
}

const std::string &FolderWriter::temporary(StringRef name) {
  std::string path = folder + ".tmp" + std::to_string(getpid()) + "." + name.str();
  temporaries.emplace_back(name.str(), std::make_unique<TemporaryFile>(path));
  return temporaries.back().second->path;
}

int FolderWriter::open(StringRef name, int64_t bytes) {
  int descriptor = ::open(temporary(name).c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  int problem = descriptor < 0 || ftruncate(descriptor, bytes) != 0 ? errno : 0;
  if (!problem && posix_fallocate(descriptor, 0, bytes) == ENOSPC)
    problem = ENOSPC;
  if (!problem)
    return descriptor;
  if (descriptor >= 0)
    close(descriptor);
  cannotWrite(name, problem);
  return -1;
}

LogicalResult FolderWriter::writeText(StringRef name, StringRef text) {
  std::error_code code;
  llvm::raw_fd_ostream stream(temporary(name), code);
  if (!code) {
    stream << text;
    stream.close();
    code = stream.error();
    stream.clear_error();
  }
  return code ? LogicalResult(cannotWrite(name, code.value())) : success();
}

LogicalResult FolderWriter::copy(StringRef source, StringRef name) {
  if (std::error_code code = llvm::sys::fs::copy_file(source + "/" + name, temporary(name)))
    return error() << "cannot copy '" << source << "/" << name << "' to '" << folder << "': " << code.message();
  return success();
}

/// Files of the tokenizer, of generation, the model's own code and its licence.
static bool isSidecar(StringRef name) {
  static constexpr StringLiteral names[] = {"special_tokens_map.json", "added_tokens.json", "vocab.json", "merges.txt",
                                            "generation_config.json"};
  static constexpr StringLiteral prefixes[] = {"tokenizer", "chat_template", "LICENSE", "NOTICE"};
  return llvm::is_contained(names, name) || llvm::any_of(prefixes, [&](StringRef prefix) { return name.starts_with(prefix); }) ||
         ((name.starts_with("configuration_") || name.starts_with("modeling_")) && name.ends_with(".py"));
}

LogicalResult FolderWriter::copySidecars(StringRef source) {
  std::error_code code;
  std::vector<std::string> names;
  for (llvm::sys::fs::directory_iterator entry(source, code), end; !code && entry != end; entry.increment(code)) {
    StringRef name = llvm::sys::path::filename(entry->path());
    if (isSidecar(name) && llvm::sys::fs::is_regular_file(entry->path()))
      names.push_back(name.str());
  }
  llvm::sort(names);
  for (const std::string &name : names)
    if (failed(copy(source, name)))
      return failure();
  return success();
}

LogicalResult FolderWriter::finish() {
  bool existed = llvm::sys::fs::exists(folder);
  if (std::error_code code = llvm::sys::fs::create_directory(folder, /*IgnoreExisting=*/true, llvm::sys::fs::all_all))
    return error() << "cannot write the folder '" << folder << "': " << code.message();
  for (size_t i = 0; i < temporaries.size(); ++i) {
    auto &[name, file] = temporaries[i];
    std::string problem = file->keepAs(folder + "/" + name);
    if (problem.empty())
      continue;
    for (size_t moved = 0; moved < i; ++moved)
      llvm::sys::fs::remove(folder + "/" + temporaries[moved].first);
    if (!existed)
      llvm::sys::fs::remove(folder);
    return error() << "cannot write '" << folder << "/" << name << "': " << problem;
  }
  return success();
}
