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
#include <optional>
#include <string>
#include <vector>

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

  /// Products by warpgroups (wgmma), which only this generation has.
  bool hasWgmma() const { return sm == 90; }
};

llvm::ArrayRef<DeviceArch> deviceArchs();

/// Null when there is none of that name.
const DeviceArch *findDeviceArch(llvm::StringRef name);

//===----------------------------------------------------------------------===//
// Device IR
//===----------------------------------------------------------------------===//

/// Whether an op of the math dialect has an instruction on a GPU; all others would be calls of a library.
bool hasDeviceInstruction(mlir::Operation *op);

/// gpu.modules of kernels -> LLVM dialect inside the same gpu.modules. Kernels are gpu.funcs with known_block_size whose arguments are
/// !llvm.ptr<1>, i32, i64 or f32, the last emo.tensor_maps (an i64) of them !llvm.ptr to tensor maps by value (emo.spills_nothing:
/// see KernelShape), and whose bodies are arith, cf, gpu (ids and barriers), llvm, math, nvvm, scf, ub and vector (1-D).
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

//===----------------------------------------------------------------------===//
// Cubins
//===----------------------------------------------------------------------===//

/// Path of ptxas: `given` (the program or a CUDA toolkit's folder) and nothing else, or, without it, of the first one in PATH,
/// CUDA_HOME, CUDA_PATH, CUDA_ROOT and /usr/local/cuda. Empty: there is none, so kernels can be written as PTX only.
std::string findPtxas(llvm::StringRef given = {});

/// What ptxas says of a kernel.
struct PtxasKernel {
  std::string name;
  unsigned registers = 0, barriers = 0;
  int64_t stackBytes = 0, spillStores = 0, spillLoads = 0;
  int64_t staticShared = 0; // with what the system takes for itself
};

/// "(C7510) Potential Performance Loss: ..."
struct PtxasNote {
  std::string code, kernel, text;
  /// Warp group operations were serialised or registers not redistributed: to be treated as an error.
  bool isError = false;
};

struct Assembled {
  std::string cubin, log;
  std::vector<PtxasKernel> kernels;
  std::vector<PtxasNote> notes;
};

/// Why findPtxas finds none; empty when it does.
std::string describeMissingPtxas(llvm::StringRef given = {});

/// Runs ptxas. On failure the diagnostic has its message and the command to repeat, and the PTX is kept.
mlir::FailureOr<Assembled> assemble(const DeviceArch &arch, llvm::StringRef ptx, mlir::Location loc, llvm::StringRef ptxas = {});

//===----------------------------------------------------------------------===//
// Machine code
//===----------------------------------------------------------------------===//

struct SassCount {
  std::string name;
  unsigned count = 0;
};

/// Instructions of a kernel or a loop, most frequent first.
struct SassCensus {
  unsigned instructions = 0;
  std::vector<SassCount> opcodes; // HMMA, LDSM, ...
  std::vector<SassCount> classes; // mma, lds, integer, ...
  /// Multiply-adds of the matrix instructions whose shape is known, of one warp (of one warp group for wgmma).
  uint64_t matrixFma = 0;
  /// Bytes that go through shared memory, of one warp (matrix operands: of one warp group).
  uint64_t sharedBytes = 0;

  unsigned count(llvm::StringRef opcode) const;
  unsigned countClass(llvm::StringRef name) const;
};

struct SassKernel {
  std::string name;
  SassCensus all;
  /// The innermost loop with most matrix instructions, or, when there are none, with most instructions. Empty: no loop.
  SassCensus loop;
  uint64_t loopStart = 0, loopEnd = 0; // bytes into the kernel
};

/// Counts the instructions of every kernel of a cubin. Needs no tool of NVIDIA's.
mlir::FailureOr<std::vector<SassKernel>> readCubin(llvm::StringRef cubin, mlir::Location loc);

//===----------------------------------------------------------------------===//
// Reports
//===----------------------------------------------------------------------===//

/// How many blocks a multiprocessor holds.
struct Occupancy {
  unsigned blocks = 0;
  double share = 0; // of the threads it can hold
  /// What keeps it from holding more: "registers", "shared memory", "threads" or "blocks".
  std::string limit;
};

/// `sharedBytes`: static and dynamic. 0 blocks: the kernel cannot be launched.
Occupancy computeOccupancy(const DeviceArch &arch, unsigned registers, unsigned threads, int64_t sharedBytes);

/// Predicted, never measured. For one round of the main loop by all warps that a multiprocessor holds, the clocks that each unit needs at
/// its published rate: one instruction a clock on each of four schedulers, DeviceArch::matrixFma, 128 bytes of shared memory and 16
/// special functions a clock. The slowest one decides; latencies, memory and warps that do not run the loop are not in the model.
struct LoopPrediction {
  double issue = 0, matrix = 0, shared = 0, special = 0; // clocks
  double clocks = 0;                                     // the largest of them
  std::string bound;                                     // its name
  double matrixShare = 0;                                // of the peak of matrix instructions
};

/// Work of one launch, for a prediction of its time.
struct KernelWork {
  double fma = 0;         // multiply-adds by matrix instructions
  double memoryBytes = 0; // read and written, each once
  int64_t blocks = 1;
};

struct KernelReport {
  const DeviceArch *arch = nullptr;
  std::string kernel;
  unsigned threads = 0, registers = 0, barriers = 0;
  int64_t stackBytes = 0, spillStores = 0, spillLoads = 0, staticShared = 0, dynamicShared = 0;
  Occupancy occupancy;
  SassKernel sass;
  LoopPrediction loop;
  std::vector<PtxasNote> notes;
  /// Set it to have reports predict the time of such a launch.
  std::optional<KernelWork> work;
};

/// Predicted seconds of a launch on the architecture's board: the larger of its matrix work at the main loop's predicted share of the peak,
/// of the multiprocessor with most blocks, and its memory traffic at the published bandwidth.
double predictSeconds(const KernelReport &report, const KernelWork &work);

/// One report a kernel, in the order of code.kernels.
mlir::FailureOr<std::vector<KernelReport>> reportKernels(const DeviceCode &code, const Assembled &assembled);

/// "KERNEL: 272 instructions: 36 IMAD, ..." and the same of its main loop.
void writeCensusText(llvm::ArrayRef<SassKernel> kernels, llvm::raw_ostream &out);

/// Derived from the host's code: what a call of an entry with one sequence comes to.
struct CallReport {
  std::string arch, entry;
  int64_t tokens = 0, positions = 0; // of the call, and of the sequence at its end
  int64_t launches = 0;
  std::vector<int64_t> layers; // launches of each layer
  int64_t temporaryBytes = 0;
};

struct DeviceReport {
  std::vector<KernelReport> kernels;
  std::vector<CallReport> calls;
};

/// Adds what the module's emo.devices says: calls, and the work of kernels.
void addCalls(mlir::ArrayAttr devices, DeviceReport &report);

/// JSON: {"emo_cuda_report": 1, "kernels": [...], "calls": [...]}; text: a few lines a kernel and one a call.
void writeReportJSON(const DeviceReport &report, llvm::raw_ostream &out);
void writeReportText(const DeviceReport &report, llvm::raw_ostream &out);

} // namespace emo

#endif // EMO_TARGET_DEVICECODE_H
