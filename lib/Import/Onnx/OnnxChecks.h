// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file Checks of emo's own that come before the ONNX library sees a file: the library trusts what these establish.
#ifndef EMO_LIB_IMPORT_ONNX_ONNXCHECKS_H
#define EMO_LIB_IMPORT_ONNX_ONNXCHECKS_H

#include "OnnxTensor.h"

namespace onnx {
class ModelProto;
class NodeProto;
} // namespace onnx

namespace emo::onnximport {

/// A node in messages: "node 'NAME' (OP)" or "node #3 (OP)".
std::string describe(const onnx::NodeProto &node, int index);

/// Opset versions are known, names are unique and defined before their use, tensors hold the data of their shape, nesting is shallow.
mlir::LogicalResult checkStructure(const onnx::ModelProto &model, mlir::MLIRContext *context, EmitError emitError);

} // namespace emo::onnximport

#endif // EMO_LIB_IMPORT_ONNX_ONNXCHECKS_H
