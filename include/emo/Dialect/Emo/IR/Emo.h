// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file The emo dialect: ops, attributes, enums. Specification: docs/dialect.md.
#ifndef EMO_DIALECT_EMO_IR_EMO_H
#define EMO_DIALECT_EMO_IR_EMO_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/ControlFlowInterfaces.h"
#include "mlir/Interfaces/DestinationStyleOpInterface.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "emo/Dialect/Emo/IR/NamedShapes.h"

#include "emo/Dialect/Emo/IR/EmoDialect.h.inc"
#include "emo/Dialect/Emo/IR/EmoEnums.h.inc"

#include "emo/Dialect/Emo/IR/EmoAttrInterfaces.h.inc"
#include "emo/Dialect/Emo/IR/EmoOpInterfaces.h.inc"
#define GET_ATTRDEF_CLASSES
#include "emo/Dialect/Emo/IR/EmoAttributes.h.inc"
#define GET_OP_CLASSES
#include "emo/Dialect/Emo/IR/EmoOps.h.inc"

namespace emo {

/// Which nested module of a program has `kernel` for the ISA level of `level`, a module with `emo.isa`: that module itself, or the first that
/// has it on the way from base to base (`emo.base_isa`). Null when there is none.
mlir::ModuleOp findKernelModule(mlir::ModuleOp level, llvm::StringRef kernel);

} // namespace emo

#endif // EMO_DIALECT_EMO_IR_EMO_H
