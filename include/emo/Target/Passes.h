// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file Passes of lib/Target; descriptions with IR before and after: Passes.td.
#ifndef EMO_TARGET_PASSES_H
#define EMO_TARGET_PASSES_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Pass/Pass.h"

namespace emo {
#define GEN_PASS_DECL
#include "emo/Target/Passes.h.inc"
#define GEN_PASS_REGISTRATION
#include "emo/Target/Passes.h.inc"
} // namespace emo

#endif // EMO_TARGET_PASSES_H
