// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef EMO_DIALECT_EMO_IR_WEIGHTTRANSFORMINTERFACE_TD
#define EMO_DIALECT_EMO_IR_WEIGHTTRANSFORMINTERFACE_TD

include "mlir/IR/OpBase.td"

def Emo_TransformInterface : AttrInterface<"WeightTransformInterface"> {
  let cppNamespace = "::emo";
  let description = [{One step of a weight program: a pure function of one tensor.}];
  let methods = [
    InterfaceMethod<"The type after the step; on a mismatch emits an error and returns null.",
      "mlir::RankedTensorType", "apply",
      (ins "mlir::RankedTensorType":$input, "llvm::function_ref<mlir::InFlightDiagnostic()>":$emitError)>
  ];
}

#endif // EMO_DIALECT_EMO_IR_WEIGHTTRANSFORMINTERFACE_TD
