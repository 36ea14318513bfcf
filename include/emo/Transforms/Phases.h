// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file The phases of the compiler, in order. docs/phases.md has each one's
/// invariant.
#ifndef EMO_TRANSFORMS_PHASES_H
#define EMO_TRANSFORMS_PHASES_H

#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/StringRef.h"
#include <optional>

namespace emo {

enum class Phase {
  Import,
  Raise,
  Specialise,
  Differentiate,
  Kernels,
  Bufferize,
  CUDA,
  CPU,
  LLVM
};

constexpr Phase lastPhase = Phase::LLVM;

/// The module attribute that names the last phase done.
constexpr llvm::StringLiteral phaseAttrName = "emo.phase";

llvm::StringRef phaseName(Phase phase);
std::optional<Phase> parsePhase(llvm::StringRef name);
/// All names, comma-separated, for messages.
std::string phaseNames();

/// The last phase done according to `emo.phase`; a module without the attribute
/// has just been imported. Emits an error and returns nothing when the
/// attribute names no phase.
std::optional<Phase> modulePhase(mlir::ModuleOp module);

} // namespace emo

#endif // EMO_TRANSFORMS_PHASES_H
