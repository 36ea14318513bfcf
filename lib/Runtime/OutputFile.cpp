// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "OutputFile.h"
#include "Threads.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <sys/stat.h>
#include <unistd.h>

static std::string temporaryOf(const std::string &path) { return path + ".tmp" + std::to_string(getpid()); }

bool emo::rt::writeFile(const std::string &path, std::initializer_list<std::string_view> pieces, std::string &error) {
  WithoutSignals guard;
  std::string temporary = temporaryOf(path);
  FILE *file = fopen(temporary.c_str(), "wb");
  bool ok = file != nullptr;
  for (std::string_view piece : pieces)
    ok = ok && fwrite(piece.data(), 1, piece.size(), file) == piece.size();
  ok = ok && fflush(file) == 0;
  int failure = errno;
  if (file && fclose(file) != 0 && ok) {
    ok = false;
    failure = errno;
  }
  if (ok && rename(temporary.c_str(), path.c_str()) == 0)
    return true;
  error = "cannot write '" + path + "': " + strerror(ok ? errno : failure);
  if (file)
    unlink(temporary.c_str());
  return false;
}

bool emo::rt::checkOutputFile(const std::string &path, std::string &error) {
  WithoutSignals guard;
  std::string temporary = temporaryOf(path);
  struct stat status;
  FILE *file = nullptr;
  if (stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode))
    error = "cannot write '" + path + "': it is " + (S_ISDIR(status.st_mode) ? "a folder" : "not a regular file");
  else if (!(file = fopen(temporary.c_str(), "wb")))
    error = "cannot write '" + path + "': " + strerror(errno);
  if (!file)
    return false;
  fclose(file);
  unlink(temporary.c_str());
  return true;
}
