// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef EMO_DIALECT_ONNX_IR_ONNX_H
#define EMO_DIALECT_ONNX_IR_ONNX_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/Interfaces/ControlFlowInterfaces.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "emo/Dialect/Onnx/IR/OnnxDialect.h.inc"

#define GET_OP_CLASSES
#include "emo/Dialect/Onnx/IR/OnnxOps.h.inc"

#endif // EMO_DIALECT_ONNX_IR_ONNX_H
