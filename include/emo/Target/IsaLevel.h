// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file What code generation knows about each ISA level. Data only: nothing is probed while compiling.
#ifndef EMO_TARGET_ISALEVEL_H
#define EMO_TARGET_ISALEVEL_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

namespace emo {

/// Tile registers with tdpbf16ps: none, AMX, or the same code with every tile instruction done by AVX-512 on memory.
enum class IsaTiles { None, Amx, Emulated };

struct IsaLevel {
  llvm::StringLiteral name;     // in --cpu, EMO_CPU and manifests
  llvm::StringLiteral cpu;      // LLVM's -mcpu
  llvm::StringLiteral features; // LLVM's -mattr
  int lanes;                    // f32 elements of a vector register
  int registers;                // vector registers
  bool bf16Dot;                 // vdpbf16ps
  IsaTiles tiles;
  llvm::StringLiteral base;     // the level that differs only in how bf16 is multiplied; "" when there is none
};

/// The levels of a program, from the least to the most demanding.
llvm::ArrayRef<IsaLevel> isaLevels();

/// A level of isaLevels(), or "amx-emulated", which tests the code for tile registers on CPUs without them. Null when there is none of
/// that name.
const IsaLevel *findIsaLevel(llvm::StringRef name);

} // namespace emo

#endif // EMO_TARGET_ISALEVEL_H
