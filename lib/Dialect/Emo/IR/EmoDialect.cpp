// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Registration of the emo dialect.
#include "emo/Dialect/Emo/IR/Emo.h"

#include "Sources.h"

#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

#include "emo/Dialect/Emo/IR/EmoDialect.cpp.inc"
#include "emo/Dialect/Emo/IR/EmoEnums.cpp.inc"
#include "emo/Dialect/Emo/IR/EmoAttrInterfaces.cpp.inc"
#include "emo/Dialect/Emo/IR/EmoOpInterfaces.cpp.inc"
#define GET_ATTRDEF_CLASSES
#include "emo/Dialect/Emo/IR/EmoAttributes.cpp.inc"
#define GET_OP_CLASSES
#include "emo/Dialect/Emo/IR/EmoOps.cpp.inc"

void emo::EmoDialect::initialize() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "emo/Dialect/Emo/IR/EmoAttributes.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "emo/Dialect/Emo/IR/EmoOps.cpp.inc"
      >();
}

void emo::EmoDialect::getCanonicalizationPatterns(RewritePatternSet &patterns) const { populateUnifyShapesPatterns(patterns); }
