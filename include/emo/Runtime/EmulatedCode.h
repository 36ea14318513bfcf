/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* The seam between emulated kernels (device code compiled for the host) and the emulator.
 *
 * A call of `llvm.nvvm.X` is a call of `emo_sim_X` (`.` -> `_`), inline PTX one of `emo_sim_ptx_MNEMONIC` (`.`, `::` -> `_`):
 *   void emo_sim_X(uint64_t *result, const uint64_t *args, const emo_sim_site *site);
 * with one 8-byte slot for each argument and each result element: integers zero-extended, f32 and pairs of 16-bit floats as their
 * bits in the low half, pointers as they are, i1 as 0 or 1. The functions below have C types instead. wgmma with A in registers
 * has the suffix `_rs` to its mnemonic, because mnemonics alone do not tell it from A in shared memory. */
#ifndef EMO_RUNTIME_EMULATEDCODE_H
#define EMO_RUNTIME_EMULATEDCODE_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Where a call stands. One constant for each call: its address is what tells two calls apart. */
typedef struct emo_sim_site {
  const char *kernel;
  const char *operation; /* as the device code spells it */
  int32_t line;          /* 0: unknown */
} emo_sim_site;

/* Flags of emo_sim_access. Address spaces are those of NVPTX: 0 generic, 1 global, 3 shared. */
#define EMO_SIM_WRITE 1u
#define EMO_SIM_ATOMIC 2u
#define EMO_SIM_SPACE_SHIFT 4

/* 0: emo_sim_access need not be called. Written between launches only. */
extern int32_t emo_sim_checks;

/* Before a load, store or atomic of `bytes` bytes. */
void emo_sim_access(const void *address, uint32_t bytes, uint32_t flags, const emo_sim_site *site);

/* The shared memory of the running CTA; a multiple of 256 KiB. */
void *emo_sim_shared(void);

/* Special registers: uint32_t emo_sim_read_ptx_sreg_NAME(void); these return 64 bits. */
uint64_t emo_sim_read_ptx_sreg_clock64(void);
uint64_t emo_sim_read_ptx_sreg_globaltimer(void);
/* clang-format off */
#define EMO_SIM_REGISTERS_32(X)                                                                                                         \
  X(tid_x) X(tid_y) X(tid_z) X(ntid_x) X(ntid_y) X(ntid_z) X(ctaid_x) X(ctaid_y) X(ctaid_z) X(nctaid_x) X(nctaid_y) X(nctaid_z)         \
  X(laneid) X(warpid) X(nwarpid) X(warpsize) X(smid) X(nsmid) X(gridid) X(lanemask_eq) X(lanemask_le) X(lanemask_lt) X(lanemask_ge)     \
  X(lanemask_gt) X(clock) X(globaltimer_lo) X(dynamic_smem_size) X(total_smem_size) X(aggr_smem_size) X(clusterid_x) X(clusterid_y)     \
  X(clusterid_z) X(nclusterid_x) X(nclusterid_y) X(nclusterid_z) X(cluster_ctaid_x) X(cluster_ctaid_y) X(cluster_ctaid_z)               \
  X(cluster_nctaid_x) X(cluster_nctaid_y) X(cluster_nctaid_z) X(cluster_ctarank) X(cluster_nctarank)
/* clang-format on */
#define EMO_SIM_DECLARE_REGISTER(name) uint32_t emo_sim_read_ptx_sreg_##name(void);
EMO_SIM_REGISTERS_32(EMO_SIM_DECLARE_REGISTER)
#undef EMO_SIM_DECLARE_REGISTER

/* Approximate arithmetic of one f32: float emo_sim_NAME(float). Each also exists as NAME with `_f32` for `_f`. */
/* clang-format off */
#define EMO_SIM_MATH_F32(X)                                                                                                             \
  X(ex2_approx_f) X(ex2_approx_ftz_f) X(lg2_approx_f) X(lg2_approx_ftz_f) X(sin_approx_f) X(sin_approx_ftz_f) X(cos_approx_f)           \
  X(cos_approx_ftz_f) X(rcp_approx_f) X(rcp_approx_ftz_f) X(rsqrt_approx_f) X(rsqrt_approx_ftz_f) X(sqrt_approx_f)                      \
  X(sqrt_approx_ftz_f) X(sqrt_rn_f) X(sqrt_rn_ftz_f) X(rcp_rn_f) X(rcp_rn_ftz_f) X(tanh_approx_f)
/* clang-format on */
#define EMO_SIM_DECLARE_MATH(name)                                                                                                      \
  float emo_sim_##name(float);                                                                                                          \
  float emo_sim_##name##32(float);
EMO_SIM_MATH_F32(EMO_SIM_DECLARE_MATH)
#undef EMO_SIM_DECLARE_MATH

#ifdef __cplusplus
}
#endif
#endif /* EMO_RUNTIME_EMULATEDCODE_H */
