// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef EMO_TRANSFORMS_PASSES_TD
#define EMO_TRANSFORMS_PASSES_TD

include "mlir/Pass/PassBase.td"

def VerifyPhase : Pass<"emo-verify-phase", "::mlir::ModuleOp"> {
  let summary = "check the invariant of a phase";
  let description = [{
    Fails on every op whose dialect, or whose values' types, the invariant of `phase` (docs/phases.md) excludes. Each phase's
    pipeline ends with this pass and `record`, which sets the module attribute `emo.phase`.
  }];
  let options = [
    Option<"phaseOption", "phase", "std::string", "", "import, raise, specialise, differentiate, kernels, bufferize, cpu or llvm">,
    Option<"record", "record", "bool", "false", "set emo.phase when the check succeeds">
  ];
}

#endif // EMO_TRANSFORMS_PASSES_TD
