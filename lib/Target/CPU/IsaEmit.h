// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Writes kernels for one ISA level.
#ifndef EMO_LIB_TARGET_CPU_ISAEMIT_H
#define EMO_LIB_TARGET_CPU_ISAEMIT_H

#include "../Kernels/Emit.h"
#include "emo/Target/IsaLevel.h"

namespace emo::cpu {

using namespace codegen;

/// Bare x86-64-v2 has no fused products: LLVM would call fma().
inline Machine machineOf(const IsaLevel &isa) {
  Machine machine;
  machine.lanes = isa.lanes;
  machine.fma = isa.lanes > 4;
  return machine;
}

class IsaEmit : public Emit {
public:
  IsaEmit(mlir::ImplicitLocOpBuilder &b, const IsaLevel &isa) : Emit(b, machineOf(isa)), isa(isa) {}
  const IsaLevel &isa;
};

} // namespace emo::cpu
#endif // EMO_LIB_TARGET_CPU_ISAEMIT_H
