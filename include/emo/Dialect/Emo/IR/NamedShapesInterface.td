// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef EMO_DIALECT_EMO_IR_NAMEDSHAPESINTERFACE_TD
#define EMO_DIALECT_EMO_IR_NAMEDSHAPESINTERFACE_TD

include "mlir/IR/OpBase.td"

def Emo_NamedShapesInterface : OpInterface<"NamedShapesOpInterface"> {
  let cppNamespace = "::emo";
  let description = [{An op on tensors whose shapes follow from each other; see NamedShapes.}];
  let methods = [
    InterfaceMethod<"The shapes of all operands and results.", "::emo::NamedShapes", "getNamedShapes">
  ];
}

#endif // EMO_DIALECT_EMO_IR_NAMEDSHAPESINTERFACE_TD
