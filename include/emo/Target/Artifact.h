// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file From the phase `llvm` to object code, linked artifacts and packaged weights.
#ifndef EMO_TARGET_ARTIFACT_H
#define EMO_TARGET_ARTIFACT_H

#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/SmallVector.h"

#include <functional>
#include <string>

namespace emo {

struct DeviceReport;

/// Object files of one program.
using Objects = llvm::SmallVector<std::string>;

/// What becomes of the kernels of devices.
struct DeviceOutput {
  /// Whether there are any.
  bool any = false;
  /// Compile them for this machine as well, so that programs run with --device=emulate.
  bool emulation = true;
  /// Keep what ptxas makes of the PTX, beside it.
  bool cubins = false;
  /// Path of ptxas or of a toolkit; empty: where findPtxas looks.
  std::string ptxas;
  /// Filled in with what can be said about kernels and calls of entries; ptxas runs for that, too.
  DeviceReport *report = nullptr;
};

/// Optimises and compiles a module in the phase `llvm`. With `llvmIR` nothing is compiled and it gets the text of one LLVM module with
/// all functions, each with the CPU and features it is meant for. ISA levels are compiled in parallel. `tokenizer`: tables of
/// emo/Target/Tokenizer.h that become part of the program. Emits diagnostics.
mlir::FailureOr<Objects> emitObjects(mlir::ModuleOp module, int threads, std::string *llvmIR = nullptr, llvm::StringRef tokenizer = {},
                                     const DeviceOutput &device = {});

enum class ArtifactKind { Executable, Shared, Static, Object };

/// Embedded: in the output's file (executables and shared libraries; others as if Separate). Separate: beside it as OUTPUT.weights.
/// None: nowhere; the program takes a weights file that another compilation of the same model has written.
enum class WeightsPlace { Embedded, Separate, None };

/// What packaging weights came to.
struct PackagingStatistics {
  int64_t fileBytes = 0;   // of all files of the model that hold weights
  int64_t bytesRead = 0;   // of them
  int64_t weightBytes = 0; // written
  double seconds = 0;
};

struct ArtifactOptions {
  ArtifactKind kind = ArtifactKind::Executable;
  std::string output;
  WeightsPlace weights = WeightsPlace::Embedded;
  /// Where the model's files are; empty: the module's emo.weights_dir.
  std::string weightsDir;
  /// Tables of the tokenizer, from emo/Target/Tokenizer.h; empty: none.
  std::string tokenizer;
  DeviceOutput device;
  int threads = 1;
  /// Folder with the runtime's archives and start files.
  std::string supportDir;
  /// Called now and then while weights are packaged, from another thread: bytes done and in all; and when that is over.
  std::function<void(int64_t, int64_t)> progress;
  std::function<void()> progressEnd;
  /// Filled in when weights were packaged.
  PackagingStatistics *statistics = nullptr;
};

/// Whether a file can be written at `path`, to be asked before the work is done. Emits a diagnostic.
mlir::LogicalResult checkOutput(llvm::StringRef path, mlir::MLIRContext *context);

/// Writes the artifact through temporaries; on failure nothing is left behind.
mlir::LogicalResult writeArtifact(mlir::ModuleOp module, const ArtifactOptions &options);

} // namespace emo

#endif // EMO_TARGET_ARTIFACT_H
