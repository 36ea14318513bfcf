// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file Which experts of a model to keep. Format: docs/experts.md. Errors are whole sentences with the file's name; nothing here needs
/// MLIR.
#ifndef EMO_EXPERTS_EXPERTSET_H
#define EMO_EXPERTS_EXPERTSET_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/JSON.h"

#include <optional>
#include <string>
#include <vector>

namespace emo {

/// What profiles and expert sets say about their model. Everything is optional.
struct ModelInfo {
  std::string hash, name;
  std::optional<int64_t> weightsBytes;
  std::vector<int64_t> expertBytes; // of one expert, per layer; empty when not said
  std::vector<int64_t> topK;        // routed experts a token, per layer; empty when not said
  llvm::json::Value json = nullptr; // as it was read
};

/// Experts of a model's layers, to check an expert set against.
struct ModelExperts {
  std::string hash;                         // empty when unknown
  std::vector<int64_t> experts;             // per layer, shared ones included
  std::vector<std::vector<int64_t>> shared; // ids per layer
};

struct ExpertSet {
  std::string file; // for messages
  ModelInfo model;
  std::vector<std::vector<int64_t>> keep;   // ids per layer, ascending
  std::vector<int64_t> experts;             // per layer, 0 where the file does not say
  std::vector<std::vector<int64_t>> shared; // ids per layer, empty where the file does not say
  /// How and from what it was chosen; empty or null when the file does not say.
  std::string policy, amount, compiler;
  llvm::json::Value data = nullptr;
};

/// Things that are worth a line but no error.
using Notes = std::vector<std::string>;

/// Reads a set. Shared experts that the file names but does not keep are added, with a note.
llvm::Expected<ExpertSet> parseExpertSet(llvm::StringRef text, llvm::StringRef file, Notes &notes);
llvm::Expected<ExpertSet> readExpertSet(llvm::StringRef path, Notes &notes);

/// Checks that the set is of the model, and adds the model's shared experts where they are missing, with a note.
llvm::Error checkAgainst(ExpertSet &set, const ModelExperts &model, Notes &notes);

/// The file's text, a layer a line.
void writeExpertSet(const ExpertSet &set, llvm::raw_ostream &os);

/// Bytes of the whole model with the kept experts alone; nothing when the set does not say enough.
std::optional<int64_t> keptBytes(const ExpertSet &set);

} // namespace emo
#endif // EMO_EXPERTS_EXPERTSET_H
