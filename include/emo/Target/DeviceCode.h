// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file From a gpu.module to code: LLVM IR for the GPU ("device IR"), PTX, cubins, the same kernels as an x86-64 object for the
/// emulator, and what can be said about a kernel without running it.
///
/// Everything emits diagnostics at the module's location and never ends the process. Modules may be compiled in parallel.
#ifndef EMO_TARGET_DEVICECODE_H
#define EMO_TARGET_DEVICECODE_H

#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"

#include <memory>
#include <string>

namespace emo {

//===----------------------------------------------------------------------===//
// Architectures
//===----------------------------------------------------------------------===//

/// What code generation and predictions know about an architecture. Data only.
struct DeviceArch {
  llvm::StringLiteral name; // in attributes, options, symbols and reports
  unsigned sm;              // 80, 90, ...
  unsigned ptx, minPtx;     // PTX version written unless told otherwise, and the oldest one that knows the architecture: 80 is 8.0
  // Limits of one multiprocessor: CUDA C++ Programming Guide, table "Technical Specifications per Compute Capability".
  unsigned maxThreads, maxBlocks, maxRegisters, sharedBytes, sharedBytesPerBlock;
  // The board that predictions are made for, and its published figures: multiprocessors, boost clock, bandwidth of memory, and
  // multiply-adds of bf16 matrices a multiprocessor completes per clock.
  llvm::StringLiteral board;
  unsigned multiprocessors;
  double gigahertz, memoryGBs;
  unsigned matrixFma;
};

llvm::ArrayRef<DeviceArch> deviceArchs();

/// Null when there is none of that name.
const DeviceArch *findDeviceArch(llvm::StringRef name);

//===----------------------------------------------------------------------===//
// Device IR
//===----------------------------------------------------------------------===//

/// gpu.modules of kernels -> LLVM dialect inside the same gpu.modules. Kernels are gpu.funcs with known_block_size whose arguments are
/// !llvm.ptr<1>, i32, i64 or f32 and whose bodies are arith, cf, gpu (ids and barriers), llvm, math, nvvm, scf, ub and vector (1-D).
/// Anything else is an error that names the operation, and so is mathematics that would need a library on the device.
void populateDeviceToLLVMPipeline(mlir::OpPassManager &pm);

struct DeviceOptions {
  /// Empty: the module's attribute emo.device.
  std::string arch;
  /// 0: the architecture's own.
  unsigned ptx = 0;
  /// Source lines in PTX, for profilers.
  bool lineInfo = false;
};

struct DeviceKernel {
  std::string name;
  unsigned threads = 0;
  /// Bytes of @emo_shared that a launch needs at most.
  int64_t sharedBytes = 0;
};

/// One gpu.module as optimised LLVM IR. The context is declared first: it must outlive the module.
struct DeviceCode {
  const DeviceArch *arch = nullptr;
  unsigned ptx = 0;
  bool lineInfo = false;
  mlir::Location loc;
  std::unique_ptr<llvm::LLVMContext> context = std::make_unique<llvm::LLVMContext>();
  std::unique_ptr<llvm::Module> module;
  llvm::SmallVector<DeviceKernel> kernels;

  explicit DeviceCode(mlir::Location loc) : loc(loc) {}
};

/// Translates a gpu.module in the LLVM dialect and optimises it.
mlir::FailureOr<DeviceCode> translateDevice(mlir::gpu::GPUModuleOp module, const DeviceOptions &options = {});

/// PTX text; checked to declare the shared window as launches expect it and to use no local memory that the IR does not ask for.
mlir::FailureOr<std::string> emitPtx(const DeviceCode &code);

//===----------------------------------------------------------------------===//
// Emulated kernels
//===----------------------------------------------------------------------===//

/// The same IR for x86-64: every operation that only a GPU has is a call of the emulator. Belongs to the DeviceCode's context. No IR
/// pass may run on it: calls that look pure are collectives.
struct HostCode {
  mlir::Location loc;
  std::unique_ptr<llvm::Module> module;
  /// emo_sim_* functions it calls, sorted.
  llvm::SmallVector<std::string> calls;
  /// emo_emulated_ARCH_KERNEL, in the order of DeviceCode::kernels.
  llvm::SmallVector<std::string> entries;
};

mlir::FailureOr<HostCode> lowerToHost(const DeviceCode &code);

/// Name of the emulated kernel.
std::string emulatedSymbol(const DeviceArch &arch, llvm::StringRef kernel);

/// A relocatable, position-independent object for x86-64-v3 CPUs.
mlir::FailureOr<std::string> emitHostObject(HostCode &code);

} // namespace emo

#endif // EMO_TARGET_DEVICECODE_H
