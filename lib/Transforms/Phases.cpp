// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Names and order of the phases.
#include "emo/Transforms/Phases.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;

static constexpr StringLiteral names[] = {
    "import",    "raise", "specialise", "differentiate", "kernels",
    "bufferize", "cuda",  "cpu",        "llvm"};

StringRef emo::phaseName(Phase phase) { return names[static_cast<int>(phase)]; }

std::optional<emo::Phase> emo::parsePhase(StringRef name) {
  const auto *found = llvm::find(names, name);
  if (found == std::end(names))
    return std::nullopt;
  return static_cast<Phase>(found - std::begin(names));
}

std::string emo::phaseNames() { return llvm::join(ArrayRef(names), ", "); }

std::optional<emo::Phase> emo::modulePhase(ModuleOp module) {
  Attribute attr = module->getAttr(phaseAttrName);
  if (!attr)
    return Phase::Import;
  auto name = dyn_cast<StringAttr>(attr);
  std::optional<Phase> phase = name ? parsePhase(name) : std::nullopt;
  if (!phase)
    module.emitError() << "expects '" << phaseAttrName << "' to be one of "
                       << phaseNames() << ", got " << attr;
  return phase;
}
