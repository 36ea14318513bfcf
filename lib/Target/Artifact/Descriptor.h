// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The constant emo_program; see emo/Runtime/Program.h.
#ifndef EMO_LIB_TARGET_ARTIFACT_DESCRIPTOR_H
#define EMO_LIB_TARGET_ARTIFACT_DESCRIPTOR_H

#include "emo/Target/Weights.h"
#include "llvm/IR/Module.h"

namespace emo {

/// Name of `kernel` in the object code of one ISA level.
std::string kernelSymbol(llvm::StringRef kernel, llvm::StringRef isa);

/// Code for one CUDA architecture; see emo_device_code.
struct DeviceBinary {
  std::string arch, ptx, cubin;
  mlir::ArrayAttr kernels, entries;
  std::vector<std::string> emulated; // symbols, in the order of the kernels; empty: without emulation
};

/// Adds emo_program for `module` (phase llvm) to the host's LLVM module, with the tables of a tokenizer unless they are empty.
/// Fails with a diagnostic when a level lacks a kernel.
mlir::LogicalResult addDescriptor(mlir::ModuleOp module, const WeightsLayout &weights, llvm::StringRef tokenizer,
                                  llvm::ArrayRef<DeviceBinary> binaries, llvm::Module &host);

/// The manifest: what NAME info prints.
std::string manifestJson(mlir::ModuleOp module, llvm::StringRef tokenizer, llvm::ArrayRef<DeviceBinary> binaries);

} // namespace emo
#endif // EMO_LIB_TARGET_ARTIFACT_DESCRIPTOR_H
