// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Compiled code in the tool's own process.
#ifndef EMO_TOOLS_COMMON_JIT_H
#define EMO_TOOLS_COMMON_JIT_H

#include "emo/Runtime/Program.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

#include <memory>
#include <string>
#include <utility>

namespace llvm::orc {
class LLJIT;
} // namespace llvm::orc

// lib/Runtime/Emulator/Device.cpp and lib/Runtime/Cuda/Device.cpp
extern "C" const emo_device_driver emo_rt_emulator, emo_rt_cuda;

namespace emo {

/// Objects of a program, linked with the runtime that is in the tool. What fails ends the tool with a message.
class Jit {
public:
  /// `tool` begins messages; `functions` are more that the objects may call.
  Jit(llvm::StringRef tool, llvm::ArrayRef<std::string> objects, llvm::ArrayRef<std::pair<llvm::StringRef, void *>> functions = {});
  ~Jit();

  /// The address of a symbol.
  template <typename T>
  T find(llvm::StringRef symbol) {
    return reinterpret_cast<T>(address(symbol));
  }

private:
  void *address(llvm::StringRef symbol);

  std::string banner;
  std::unique_ptr<llvm::orc::LLJIT> jit;
};

} // namespace emo
#endif // EMO_TOOLS_COMMON_JIT_H
