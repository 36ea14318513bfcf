// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Pass emo-attach-loop-annotations.
#include "emo/Target/Passes.h"

using namespace mlir;

namespace emo {
#define GEN_PASS_DEF_ATTACHLOOPANNOTATIONS
#include "emo/Target/Passes.h.inc"
} // namespace emo

template <typename Branch>
static void attach(Branch branch) {
  constexpr StringLiteral name = "llvm.loop_annotation";
  if (auto annotation = dyn_cast_or_null<LLVM::LoopAnnotationAttr>(branch->getDiscardableAttr(name))) {
    branch.setLoopAnnotationAttr(annotation);
    branch->removeDiscardableAttr(name);
  }
}

namespace {
struct AttachLoopAnnotationsPass : emo::impl::AttachLoopAnnotationsBase<AttachLoopAnnotationsPass> {
  void runOnOperation() override {
    getOperation()->walk([](Operation *op) {
      if (auto branch = dyn_cast<LLVM::BrOp>(op))
        attach(branch);
      else if (auto conditional = dyn_cast<LLVM::CondBrOp>(op))
        attach(conditional);
    });
  }
};
} // namespace
