// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file From a checked, converted and inferred ONNX graph to a function of the onnx dialect.
#ifndef EMO_LIB_IMPORT_ONNX_ONNXBUILDER_H
#define EMO_LIB_IMPORT_ONNX_ONNXBUILDER_H

#include "OnnxWeights.h"
#include "mlir/IR/BuiltinOps.h"

namespace emo::onnximport {

/// Adds `@forward` and the parameters of `model` to `module`. Inputs named in `weights` are parameters.
mlir::LogicalResult buildModule(const onnx::ModelProto &model, const Weights &weights, mlir::ModuleOp module);

} // namespace emo::onnximport

#endif // EMO_LIB_IMPORT_ONNX_ONNXBUILDER_H
