// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Typed access to the JSON of profiles and expert sets.
#ifndef EMO_LIB_EXPERTS_JSONREADER_H
#define EMO_LIB_EXPERTS_JSONREADER_H

#include "emo/Experts/ExpertSet.h"

namespace emo {

/// Remembers the first problem, with the file's name and the place in it. After one, values are meaningless.
class JsonReader {
public:
  explicit JsonReader(llvm::StringRef file) : file(file) {}

  bool ok() const { return problem.empty(); }
  void fail(const llvm::Twine &message);
  llvm::Error takeError() const { return llvm::createStringError(llvm::Twine(problem)); }
  /// Where the next problems are: "layer 3", or "" for the top.
  void enter(const llvm::Twine &where) { place = where.str(); }

  /// The value of a key; null when absent or JSON null.
  static const llvm::json::Value *get(const llvm::json::Object &object, llvm::StringRef key);
  static std::string text(const llvm::json::Value &value);

  std::optional<int64_t> integer(const llvm::json::Object &object, llvm::StringRef key, int64_t low, int64_t high);
  std::string string(const llvm::json::Object &object, llvm::StringRef key);
  /// One integer per layer; empty when absent.
  std::vector<int64_t> perLayer(const llvm::json::Object &object, llvm::StringRef key, size_t layers, int64_t low, int64_t high);
  /// Different expert ids below `experts`, sorted.
  std::vector<int64_t> ids(const llvm::json::Value &value, const llvm::Twine &what, int64_t experts);

  /// Checks `version`, which may be absent in files written by hand.
  void version(const llvm::json::Object &object, bool required);
  /// The objects of `layers`; empty after a problem.
  std::vector<const llvm::json::Object *> layers(const llvm::json::Object &object);
  /// The value of a key, to be written again as it is; null when absent.
  llvm::json::Value copied(const llvm::json::Object &object, llvm::StringRef key);
  ModelInfo model(const llvm::json::Object &object, size_t layers);

private:
  llvm::StringRef file;
  std::string place, problem;
};

/// Adds experts to a layer's kept ones; whether there were any to add.
bool addExperts(std::vector<int64_t> &keep, llvm::ArrayRef<int64_t> more);

/// Bytes of the model without the experts that are not kept; nothing when the model does not say its sizes, or they do not fit together.
std::optional<int64_t> bytesWith(const ModelInfo &model, llvm::ArrayRef<int64_t> experts, llvm::ArrayRef<std::vector<int64_t>> keep);

constexpr int64_t kMaxExperts = 1 << 16;

} // namespace emo
#endif // EMO_LIB_EXPERTS_JSONREADER_H
