// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef EMO_DIALECT_ONNX_IR_ONNXOPS_TD
#define EMO_DIALECT_ONNX_IR_ONNXOPS_TD

include "emo/Dialect/Onnx/IR/OnnxDialect.td"
include "mlir/IR/OpAsmInterface.td"
include "mlir/Interfaces/ControlFlowInterfaces.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

class Onnx_Op<string mnemonic, list<Trait> traits = []> : Op<Onnx_Dialect, mnemonic, traits>;

def Onnx_NodeOp : Onnx_Op<"node", [Pure]> {
  let summary = "One node of an ONNX graph";
  let description = [{
    Operator `op_type` of `domain` (empty: the default domain `ai.onnx`) at the schema version `version`, which is the schema's
    since-version, not the model's opset. Operands and results are the node's inputs and outputs in order. An optional input or output
    that the node leaves out in the middle is listed by its position in `omitted_operands` or `omitted_results`; trailing ones are
    just absent. Attributes that hold graphs are regions, named in order by `subgraphs`; their values may use values of the outside
    and they end in `onnx.yield`.

    1. `op_type` is not empty and `version` is at least 1.
    2. `omitted_operands` and `omitted_results` are strictly increasing, not negative, and each is below the number of positions.
    3. There are as many regions as names in `subgraphs`, and the names differ.
    4. Each region has one block, which ends in `onnx.yield`.

    ```mlir
    %values, %indices = onnx.node "TopK" version 24 (%scores, %k) {axis = -1 : i64} : (tensor<?x7xf32>, tensor<1xi64>)
                                                                                  -> (tensor<?x2xf32>, tensor<?x2xi64>)
    ```
  }];
  let arguments = (ins
    StrAttr:$op_type,
    StrAttr:$domain,
    I64Attr:$version,
    DictionaryAttr:$node_attributes,
    DenseI64ArrayAttr:$omitted_operands,
    DenseI64ArrayAttr:$omitted_results,
    StrArrayAttr:$subgraphs,
    Variadic<AnyType>:$inputs);
  let results = (outs Variadic<AnyType>:$outputs);
  let regions = (region VariadicRegion<AnyRegion>:$bodies);
  let hasCustomAssemblyFormat = 1;
  let hasVerifier = 1;

  let skipDefaultBuilders = 1;
  let builders = [
    OpBuilder<(ins "::llvm::StringRef":$opType, "int64_t":$version, "::mlir::TypeRange":$types, "::mlir::ValueRange":$inputs,
                   CArg<"::llvm::ArrayRef<::mlir::NamedAttribute>", "{}">:$attributes)>
  ];
  let extraClassDeclaration = [{
    /// True for operator `type` of the default domain.
    bool is(::llvm::StringRef type) { return getDomain().empty() && getOpType() == type; }
    /// `domain::op_type`, or `op_type` for the default domain: for messages.
    std::string getQualifiedName();
    /// The node's input at `position`, null where it is absent.
    ::mlir::Value getNodeInput(unsigned position);
    /// The node's output at `position`, null where it is absent.
    ::mlir::Value getNodeOutput(unsigned position);
    /// Number of input positions up to the last present one.
    unsigned getNumNodeInputs() { return getInputs().size() + getOmittedOperands().size(); }
    ::mlir::Attribute getNodeAttr(::llvm::StringRef name) { return getNodeAttributes().get(name); }
  }];
}

def Onnx_YieldOp : Onnx_Op<"yield", [Pure, Terminator, ReturnLike, HasParent<"NodeOp">]> {
  let summary = "Ends a subgraph of an `onnx.node` and names its outputs";
  let arguments = (ins Variadic<AnyType>:$values);
  let assemblyFormat = "attr-dict ($values^ `:` type($values))?";
}

#endif // EMO_DIALECT_ONNX_IR_ONNXOPS_TD
