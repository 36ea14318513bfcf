// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The list of sources of emo.param in its assembly format.
#ifndef EMO_LIB_DIALECT_EMO_IR_SOURCES_H
#define EMO_LIB_DIALECT_EMO_IR_SOURCES_H

#include "mlir/IR/OpImplementation.h"

namespace emo {

/// [source, source repeat(count by bytes), ...]: a run stands for `count` sources whose offsets are `bytes` apart.
mlir::ParseResult parseSources(mlir::OpAsmParser &parser, mlir::ArrayAttr &sources);
void printSources(mlir::OpAsmPrinter &printer, mlir::Operation *, mlir::ArrayAttr sources);

} // namespace emo

#endif // EMO_LIB_DIALECT_EMO_IR_SOURCES_H
