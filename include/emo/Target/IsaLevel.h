// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file What code generation knows about each ISA level. Data only: nothing is probed while compiling.
#ifndef EMO_TARGET_ISALEVEL_H
#define EMO_TARGET_ISALEVEL_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

namespace emo {

struct IsaLevel {
  llvm::StringLiteral name;     // in --cpu, EMO_CPU and manifests
  llvm::StringLiteral cpu;      // LLVM's -mcpu
  llvm::StringLiteral features; // LLVM's -mattr
  int lanes;                    // f32 elements of a vector register
  int registers;                // vector registers
  bool bf16Dot;                 // vdpbf16ps
  bool amx;                     // tile registers with tdpbf16ps
};

/// All levels, from the least to the most demanding.
llvm::ArrayRef<IsaLevel> isaLevels();

/// Null when there is none of that name.
const IsaLevel *findIsaLevel(llvm::StringRef name);

} // namespace emo

#endif // EMO_TARGET_ISALEVEL_H
