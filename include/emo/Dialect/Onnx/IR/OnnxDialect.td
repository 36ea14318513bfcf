// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef EMO_DIALECT_ONNX_IR_ONNXDIALECT_TD
#define EMO_DIALECT_ONNX_IR_ONNXDIALECT_TD

include "mlir/IR/OpBase.td"

def Onnx_Dialect : Dialect {
  let name = "onnx";
  let cppNamespace = "::emo::onnxir";
  let summary = "A node of an ONNX graph, as imported";
  let description = [{
    The import form of ONNX models: one generic op, `onnx.node`, that names its operator, instead of an op per schema. The importer
    has checked every node against ONNX's own schemas, so this dialect verifies structure only. Passes look at nodes through the thin
    views of `emo/Dialect/Onnx/IR/OnnxViews.h`. Nothing here links the ONNX library.
  }];
}

#endif // EMO_DIALECT_ONNX_IR_ONNXDIALECT_TD
