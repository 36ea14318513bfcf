// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef EMO_LIB_TARGET_CUDA_DEVICECODE_TARGETMACHINE_H
#define EMO_LIB_TARGET_CUDA_DEVICECODE_TARGETMACHINE_H

#include "emo/Target/DeviceCode.h"
#include "llvm/IR/InstrTypes.h"
#include "llvm/Target/TargetMachine.h"

namespace emo {

/// LLVM's back end for GPUs; null after a diagnostic.
std::unique_ptr<llvm::TargetMachine> makeDeviceMachine(const DeviceArch &arch, unsigned ptx, mlir::Location loc);

/// Assembly or an object of a copy of `module`; what LLVM has to say goes to `loc`, also where LLVM itself would end the process.
mlir::FailureOr<std::string> generateCode(const llvm::Module &module, std::unique_ptr<llvm::TargetMachine> machine, bool assembly,
                                          mlir::Location loc);

/// What a call does on the device: "llvm.nvvm.X" without the prefix, or the first mnemonic of inline PTX; empty
/// for other calls.
std::string deviceOperation(const llvm::CallBase &call);

} // namespace emo
#endif // EMO_LIB_TARGET_CUDA_DEVICECODE_TARGETMACHINE_H
