// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// mlir-opt with emo's dialects and pipelines and one pass of its own: names each emo.route and its number of experts.
#include "emo/Dialect/Emo/IR/Emo.h"
#include "emo/Pipelines/Register.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"

namespace {
struct ListRoutersPass : mlir::PassWrapper<ListRoutersPass, mlir::OperationPass<mlir::ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(ListRoutersPass)
  llvm::StringRef getArgument() const override { return "consumer-list-routers"; }
  llvm::StringRef getDescription() const override { return "remarks on emo.route"; }
  void runOnOperation() override {
    getOperation().walk([](emo::RouteOp route) {
      auto logits = llvm::cast<mlir::RankedTensorType>(route.getLogits().getType());
      route.emitRemark() << "router over " << logits.getDimSize(1) << " experts";
    });
  }
};
} // namespace

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  emo::registerAllDialects(registry);
  emo::registerEmoPasses();
  mlir::PassRegistration<ListRoutersPass>();
  return mlir::asMainReturnCode(mlir::MlirOptMain(argc, argv, "consumer\n", registry));
}
