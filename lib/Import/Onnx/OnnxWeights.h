// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file Takes the weights out of a model before the ONNX library works on it.
#ifndef EMO_LIB_IMPORT_ONNX_ONNXWEIGHTS_H
#define EMO_LIB_IMPORT_ONNX_ONNXWEIGHTS_H

#include "OnnxTensor.h"
#include "llvm/ADT/MapVector.h"

namespace onnx {
class ModelProto;
} // namespace onnx

namespace emo::onnximport {

/// A weight: its type and its source, an #emo.source or #emo.literal.
struct Weight {
  mlir::RankedTensorType type;
  mlir::Attribute source;
};

using Weights = llvm::MapVector<llvm::StringRef, Weight>;

/// Turns every weight of `model` into a graph input without data and returns them by name. A weight is an initializer, or a Constant
/// node, with more than one element that is of a float type or longer than 1 KiB. The others stay, with their bytes read in.
llvm::FailureOr<Weights> extractWeights(onnx::ModelProto &model, DataFolder &folder, mlir::MLIRContext *context,
                                        EmitError emitError);

} // namespace emo::onnximport

#endif // EMO_LIB_IMPORT_ONNX_ONNXWEIGHTS_H
