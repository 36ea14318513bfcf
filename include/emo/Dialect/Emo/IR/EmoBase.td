// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef EMO_DIALECT_EMO_IR_EMOBASE_TD
#define EMO_DIALECT_EMO_IR_EMOBASE_TD

include "mlir/IR/OpBase.td"
include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/ControlFlowInterfaces.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "mlir/Interfaces/DestinationStyleOpInterface.td"
include "emo/Dialect/Emo/IR/NamedShapesInterface.td"

def Emo_Dialect : Dialect {
  let name = "emo";
  let cppNamespace = "::emo";
  let summary = "Mixture-of-Experts transformers: routing, document scope, dispatch, experts, parameters";
  let description = [{docs/dialect.md is the specification, with numbered constraints and examples.}];
  let useDefaultAttributePrinterParser = 1;
  let hasCanonicalizer = 1;
  let dependentDialects = ["mlir::arith::ArithDialect", "mlir::tensor::TensorDialect"];
}

class Emo_Op<string mnemonic, list<Trait> traits = []> : Op<Emo_Dialect, mnemonic, traits>;

/// An op of the MODEL level: tensors in, tensors out, no side effects.
class Emo_ModelOp<string mnemonic, list<Trait> traits = []>
    : Emo_Op<mnemonic, !listconcat(traits, [Pure, DeclareOpInterfaceMethods<Emo_NamedShapesInterface>,
        DeclareOpInterfaceMethods<ReifyRankedShapedTypeOpInterface, ["reifyResultShapes"]>])> {
  let hasVerifier = 1;
  let extraClassDefinition = [{
    ::llvm::LogicalResult $cppClass::reifyResultShapes(::mlir::OpBuilder &builder, ::mlir::ReifiedRankedShapedTypeDims &results) {
      getNamedShapes().reify(builder, results);
      return ::mlir::success();
    }
  }];
}

def Emo_FloatTensor : RankedTensorOf<[F16, BF16, F32, F64]>;
def Emo_IntTensor : RankedTensorOf<[I32, I64]>;
def Emo_IndexTensor : RankedTensorOf<[I32]>;
def Emo_MaskTensor : RankedTensorOf<[I1]>;
def Emo_Shaped : AnyTypeOf<[AnyRankedTensor, AnyStridedMemRef], "ranked tensor or strided memref">;

#endif // EMO_DIALECT_EMO_IR_EMOBASE_TD
