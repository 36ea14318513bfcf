// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Kernels.h"

using namespace mlir;
using namespace emo;
using namespace emo::cuda;

bool emo::cuda::lowerRouter(KernelRouterOp, KernelLibrary &) { return false; }
bool emo::cuda::lowerGroupByExpert(KernelGroupByExpertOp, KernelLibrary &) { return false; }
