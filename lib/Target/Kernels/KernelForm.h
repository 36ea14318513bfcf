// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the kernels of all targets ask of an op, and what they share in front of a launch.
#ifndef EMO_LIB_TARGET_KERNELS_KERNELFORM_H
#define EMO_LIB_TARGET_KERNELS_KERNELFORM_H

#include "Emit.h"
#include "llvm/ADT/StringMap.h"

namespace emo::codegen {

/// The entries of a table that an option of a pass on `op` names, in the table's order, from the least to the most demanding, and each once;
/// `byDefault` when it names none; an error that begins with `missing` when there is none of a name.
template <typename Entry>
llvm::FailureOr<llvm::SmallVector<const Entry *>> chooseEntries(mlir::Operation *op, llvm::ArrayRef<std::string> names,
                                                                const Entry *(*find)(llvm::StringRef), llvm::ArrayRef<Entry> known,
                                                                llvm::ArrayRef<Entry> byDefault, llvm::StringRef missing) {
  llvm::SmallVector<const Entry *> chosen;
  for (const std::string &name : names) {
    const Entry *entry = find(name);
    if (!entry) {
      mlir::InFlightDiagnostic diagnostic = op->emitError() << missing << " '" << name << "'; known are";
      for (const Entry &other : known)
        diagnostic << " " << other.name;
      return diagnostic;
    }
    chosen.push_back(entry);
  }
  if (names.empty())
    for (const Entry &entry : byDefault)
      chosen.push_back(&entry);
  llvm::sort(chosen);
  chosen.erase(llvm::unique(chosen), chosen.end());
  return chosen;
}

/// Host code in front of the op that is being replaced.
struct Host {
  mlir::ImplicitLocOpBuilder b;
  explicit Host(mlir::Operation *op) : b(op->getLoc(), op) {}

  Value c(int64_t value);
  Value dim(Value memref, int64_t i);
  Value stride(Value memref, int64_t i);
  Value mul(Value x, Value y);
  Value add(Value x, Value y);
  Value ceilDiv(Value x, int64_t y);
  Value max(Value x, Value y);
  Value min(Value x, Value y);
};

/// Row-major with contiguous rows; rows may be any distance apart (Host::stride(v, 0)).
bool hasDenseRows(Value memref);
bool isDense(Value memref);
Type elementOf(Value shaped);
int64_t bytesOf(Type element);
/// Whether types are those that kernels are written for, sizes that kernels have as constants are static, operands that they take as dense
/// ones are, and the epilogue has a vector form.
bool hasKernelForm(mlir::Operation *op, KernelFloats floats);
/// The kernel ops inside `root`, in order.
llvm::SmallVector<mlir::Operation *> kernelOps(mlir::Operation *root);
/// Text that distinguishes two types, attributes or regions in kernel keys.
std::string keyOf(mlir::Operation *op);
/// The same for a region; `numbers` has those of values from outside, which are numbered where they occur first.
void printKey(llvm::raw_ostream &os, mlir::Operation &op, llvm::DenseMap<Value, int> &numbers);
void printKey(llvm::raw_ostream &os, mlir::Region &region, llvm::DenseMap<Value, int> &numbers);

/// Names of kernels: one for each kind and key.
class KernelNames {
public:
  /// The name, "KIND_NUMBER", and whether it is new.
  std::pair<llvm::StringRef, bool> get(const llvm::Twine &kind, llvm::StringRef key);

private:
  llvm::StringMap<std::string> names;
  llvm::StringMap<int> kinds;
};

} // namespace emo::codegen
#endif // EMO_LIB_TARGET_KERNELS_KERNELFORM_H
