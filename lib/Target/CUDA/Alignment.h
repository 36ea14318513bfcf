// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// How many elements a thread may take at once from memrefs.
#ifndef EMO_LIB_TARGET_CUDA_ALIGNMENT_H
#define EMO_LIB_TARGET_CUDA_ALIGNMENT_H

#include "../Kernels/KernelForm.h"

namespace emo::cuda {

/// A power of two, at most 16, that divides the address in elements of every row (innermost dimension) of `memref`, whatever its dynamic sizes
/// are. Allocations begin at multiples of 64 bytes.
int64_t rowAlignment(mlir::Value memref);

/// Elements that make a group of at most 16 bytes of the widest of `memrefs`' types, such that rows of `size` elements consist of whole
/// groups and each begins at a multiple of its bytes. 1 always works.
int groupFor(llvm::ArrayRef<mlir::Value> memrefs, int64_t size);

} // namespace emo::cuda
#endif // EMO_LIB_TARGET_CUDA_ALIGNMENT_H
