// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// emo-verify-phase: the written invariant of each phase (docs/phases.md) as a
// check.
#include "emo/Dialect/Emo/IR/Emo.h"
#include "emo/Transforms/Passes.h"
#include "emo/Transforms/Phases.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/StringExtras.h"

namespace emo {
#define GEN_PASS_DEF_VERIFYPHASE
#include "emo/Transforms/Passes.h.inc"
} // namespace emo

using namespace mlir;
using namespace emo;

namespace {

/// The groups of emo ops; a phase allows some of them.
enum EmoGroup : unsigned { Params = 1, Model = 2, Kernel = 4, Launch = 8, Device = 16 };

enum class Values { Tensors, MemRefs, Neither };

struct Invariant {
  Phase phase;
  unsigned groups;
  Values values;
  ArrayRef<StringRef> dialects; // besides emo
};

} // namespace

static constexpr StringRef importDialects[] = {
    "builtin", "func",   "arith", "math", "tensor",
    "linalg",  "affine", "scf",   "cf",   "onnx"};
static constexpr StringRef tensorDialects[] = {"builtin", "func",   "arith",
                                               "math",    "tensor", "linalg",
                                               "affine",  "scf",    "cf"};
static constexpr StringRef memrefDialects[] = {
    "builtin", "func", "arith", "math", "memref", "linalg", "scf", "cf"};
static constexpr StringRef cpuDialects[] = {
    "builtin", "func",   "arith", "math", "memref",
    "linalg",  "vector", "scf",   "cf",   "llvm"};
static constexpr StringRef llvmDialects[] = {"builtin", "llvm"};

static const Invariant invariants[] = {
    {Phase::Import, Params | Model, Values::Tensors, importDialects},
    {Phase::Raise, Params | Model, Values::Tensors, tensorDialects},
    {Phase::Specialise, Params | Model, Values::Tensors, tensorDialects},
    {Phase::Differentiate, Params | Model, Values::Tensors, tensorDialects},
    {Phase::Kernels, Params | Kernel, Values::Tensors, tensorDialects},
    {Phase::Bufferize, Params | Kernel, Values::MemRefs, memrefDialects},
    {Phase::CUDA, Params | Kernel | Device, Values::MemRefs, memrefDialects},
    {Phase::CPU, Params | Launch | Device, Values::MemRefs, cpuDialects},
    {Phase::LLVM, Params, Values::Neither, llvmDialects},
};

static EmoGroup groupOf(Operation *op) {
  if (isa<ParamOp, ParamRefOp>(op))
    return Params;
  if (isa<LaunchOp>(op))
    return Launch;
  if (isa<DeviceLaunchOp>(op))
    return Device;
  return op->getName().getStringRef().starts_with("emo.kernel.") ? Kernel
                                                                 : Model;
}

static LogicalResult checkOp(Operation *op, const Invariant &invariant) {
  StringRef dialect = op->getName().getDialectNamespace();
  bool allowed = dialect == "emo"
                     ? (invariant.groups & groupOf(op)) != 0
                     : llvm::is_contained(invariant.dialects, dialect);
  if (allowed)
    return success();
  InFlightDiagnostic diagnostic =
      op->emitOpError() << "is not allowed after phase '"
                        << phaseName(invariant.phase)
                        << "', which leaves only emo and the dialects "
                        << llvm::join(invariant.dialects, ", ");
  if (dialect == "emo")
    diagnostic.attachNote() << "emo "
                            << (groupOf(op) == Model    ? "MODEL ops"
                                : groupOf(op) == Kernel ? "kernel ops"
                                                        : "launches")
                            << " do not belong to this phase";
  return failure();
}

/// The first type of `types` that the phase has no place for, or null.
static Type findForeignType(TypeRange types, Values values) {
  for (Type type : types)
    if ((isa<TensorType>(type) && values != Values::Tensors) ||
        (isa<BaseMemRefType>(type) && values != Values::MemRefs))
      return type;
  return {};
}

static LogicalResult checkTypes(Operation *op, const Invariant &invariant) {
  auto report = [&](Type type) {
    StringRef expected =
        invariant.values == Values::Tensors   ? "tensors, no memrefs"
        : invariant.values == Values::MemRefs ? "memrefs, no tensors"
                                              : "neither tensors nor memrefs";
    return op->emitOpError()
           << "has a value of type " << type << "; phase '"
           << phaseName(invariant.phase) << "' expects " << expected;
  };
  if (Type type = findForeignType(op->getResultTypes(), invariant.values))
    return report(type);
  for (Region &region : op->getRegions())
    for (Block &block : region)
      if (Type type =
              findForeignType(block.getArgumentTypes(), invariant.values))
        return report(type);
  return success();
}

namespace {

struct VerifyPhasePass : emo::impl::VerifyPhaseBase<VerifyPhasePass> {
  using VerifyPhaseBase::VerifyPhaseBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    std::optional<Phase> phase = parsePhase(phaseOption);
    if (!phase) {
      module.emitError()
          << "emo-verify-phase: expects the option phase to be one of "
          << phaseNames() << ", got '" << phaseOption << "'";
      return signalPassFailure();
    }
    const Invariant &invariant = invariants[static_cast<int>(*phase)];
    // A missing pass leaves many ops behind; the first few tell.
    constexpr unsigned maxErrors = 5;
    unsigned errors = 0;
    module->walk<WalkOrder::PreOrder>([&](Operation *op) {
      // The code of one ISA level or device is the target's own affair.
      if (op != module && op->hasTrait<OpTrait::SymbolTable>() &&
          (op->hasAttr("emo.isa") || op->hasAttr("emo.device")))
        return WalkResult::skip();
      if (failed(checkOp(op, invariant)) || failed(checkTypes(op, invariant)))
        ++errors;
      return errors < maxErrors ? WalkResult::advance()
                                : WalkResult::interrupt();
    });
    if (errors)
      return signalPassFailure();
    if (record)
      module->setAttr(phaseAttrName,
                      StringAttr::get(&getContext(), phaseName(*phase)));
  }
};

} // namespace
