// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Kernels.h"

using namespace mlir;
using namespace emo;
using namespace emo::cuda;

bool emo::cuda::lowerAttention(KernelAttentionOp, KernelLibrary &) { return false; }
