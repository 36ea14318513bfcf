// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef EMO_LIB_TARGET_CUDA_DEVICECODE_NARROWFLOATS_H
#define EMO_LIB_TARGET_CUDA_DEVICECODE_NARROWFLOATS_H

#include "llvm/IR/Function.h"

namespace emo {

/// Replaces arithmetic on bf16 and the conversions of bf16 and f16 that x86-64-v3 has no instruction for by integer arithmetic: code
/// generation would call functions of libgcc that old systems lack. Conversions round to nearest even, keep denormals and make NaNs
/// quiet. Returns an operation on bf16 that it does not know, or null.
llvm::Instruction *expandNarrowFloats(llvm::Function &function);

} // namespace emo
#endif // EMO_LIB_TARGET_CUDA_DEVICECODE_NARROWFLOATS_H
