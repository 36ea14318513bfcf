// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Fences. Fibers see each other's accesses at once; only the checks know of fences between proxies.
#include "Checks.h"
#include "Mbarrier.h"

using namespace emo::rt::emulator;

EMO_SIM_OP(membar_cta) {}
EMO_SIM_OP(membar_gl) {}
EMO_SIM_OP(membar_sys) {}
EMO_SIM_OP(fence_sc_cluster) {}
EMO_SIM_OP(fence_proxy_alias) {}
EMO_SIM_OP(fence_acquire_sync_restrict_space_cluster_scope_cluster) {}
EMO_SIM_OP(fence_release_sync_restrict_space_cta_scope_cluster) {}

static void fenceAsync() {
  fenceMbarriers();
  if (sm->checks)
    sm->checks->shared.fence(*sm->current);
}
EMO_SIM_OP(fence_proxy_async) { fenceAsync(); }
EMO_SIM_OP(fence_proxy_async_shared_cta) { fenceAsync(); }
EMO_SIM_OP(fence_proxy_async_shared_cluster) { fenceAsync(); }
EMO_SIM_OP(fence_proxy_async_global) {}

// Descriptors of tensors are read when a copy is issued.
#define EMO_TENSORMAP_FENCE(scope)                                                                                                         \
  EMO_SIM_OP(fence_proxy_tensormap_generic_release_##scope) {}                                                                             \
  EMO_SIM_OP(fence_proxy_tensormap_generic_acquire_##scope) {}
EMO_TENSORMAP_FENCE(cta)
EMO_TENSORMAP_FENCE(cluster)
EMO_TENSORMAP_FENCE(gpu)
EMO_TENSORMAP_FENCE(sys)
