// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Special registers. Clocks count calls, so that a launch is the same every time.
#include "Report.h"

using namespace emo::rt::emulator;

/// A device of this many multiprocessors; CTA i runs on number i modulo it.
static constexpr uint32_t kMultiprocessors = 132;

#define EMO_REGISTER(name, value)                                                                                                          \
  extern "C" uint32_t emo_sim_read_ptx_sreg_##name(void) { return uint32_t(value); }
EMO_REGISTER(tid_x, sm->current->thread)
EMO_REGISTER(tid_y, 0)
EMO_REGISTER(tid_z, 0)
EMO_REGISTER(ntid_x, sm->threads)
EMO_REGISTER(ntid_y, 1)
EMO_REGISTER(ntid_z, 1)
EMO_REGISTER(ctaid_x, sm->cta.x)
EMO_REGISTER(ctaid_y, sm->cta.y)
EMO_REGISTER(ctaid_z, sm->cta.z)
EMO_REGISTER(nctaid_x, sm->kernel->grid.x)
EMO_REGISTER(nctaid_y, sm->kernel->grid.y)
EMO_REGISTER(nctaid_z, sm->kernel->grid.z)
EMO_REGISTER(laneid, sm->current->lane)
EMO_REGISTER(warpid, sm->current->warp->index)
EMO_REGISTER(nwarpid, kMaxWarps)
EMO_REGISTER(warpsize, kWarpSize)
EMO_REGISTER(smid, sm->ctaIndex % kMultiprocessors)
EMO_REGISTER(nsmid, kMultiprocessors)
EMO_REGISTER(gridid, 1)
EMO_REGISTER(lanemask_eq, 1u << sm->current->lane)
EMO_REGISTER(lanemask_le, (2ull << sm->current->lane) - 1)
EMO_REGISTER(lanemask_lt, (1u << sm->current->lane) - 1)
EMO_REGISTER(lanemask_ge, ~((1u << sm->current->lane) - 1))
EMO_REGISTER(lanemask_gt, ~((2ull << sm->current->lane) - 1))
EMO_REGISTER(dynamic_smem_size, sm->kernel->sharedBytes)
EMO_REGISTER(total_smem_size, sm->kernel->sharedBytes)
EMO_REGISTER(aggr_smem_size, sm->kernel->sharedBytes)

// A cluster is one CTA.
EMO_REGISTER(clusterid_x, sm->cta.x)
EMO_REGISTER(clusterid_y, sm->cta.y)
EMO_REGISTER(clusterid_z, sm->cta.z)
EMO_REGISTER(nclusterid_x, sm->kernel->grid.x)
EMO_REGISTER(nclusterid_y, sm->kernel->grid.y)
EMO_REGISTER(nclusterid_z, sm->kernel->grid.z)
EMO_REGISTER(cluster_ctaid_x, 0)
EMO_REGISTER(cluster_ctaid_y, 0)
EMO_REGISTER(cluster_ctaid_z, 0)
EMO_REGISTER(cluster_nctaid_x, 1)
EMO_REGISTER(cluster_nctaid_y, 1)
EMO_REGISTER(cluster_nctaid_z, 1)
EMO_REGISTER(cluster_ctarank, 0)
EMO_REGISTER(cluster_nctarank, 1)

static uint64_t tick(uint64_t step) { return sm->time += step; }
EMO_REGISTER(clock, tick(1))
EMO_REGISTER(globaltimer_lo, tick(32))
extern "C" uint64_t emo_sim_read_ptx_sreg_clock64(void) { return tick(1); }
extern "C" uint64_t emo_sim_read_ptx_sreg_globaltimer(void) { return tick(32); }

extern "C" void *emo_sim_shared(void) { return sm->shared; }

/// A thread that sleeps lets the others go on; time passes for it.
EMO_SIM_OP(nanosleep) {
  tick(uint32_t(args[0]));
  sm->yield();
}
EMO_SIM_OP(mapa) { result[0] = args[0]; }
EMO_SIM_OP(mapa_shared_cluster) { result[0] = args[0]; }
EMO_SIM_OP(griddepcontrol_wait) {}
EMO_SIM_OP(griddepcontrol_launch_dependents) {}
EMO_SIM_OP(trap) { fail(site, "trap", "the kernel has stopped itself"); }
EMO_SIM_OP(exit) { sm->finish(); }
