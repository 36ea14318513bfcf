// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "emo/Target/HostMachine.h"

#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/TargetParser/Triple.h"

#include <mutex>

std::unique_ptr<llvm::TargetMachine> emo::makeHostMachine(llvm::StringRef cpu, llvm::StringRef features, llvm::CodeGenOptLevel level,
                                                          std::string &error) {
  static std::once_flag initialised;
  std::call_once(initialised, [] {
    LLVMInitializeX86Target();
    LLVMInitializeX86TargetInfo();
    LLVMInitializeX86TargetMC();
    LLVMInitializeX86AsmPrinter();
    LLVMInitializeX86AsmParser();
  });
  llvm::Triple triple("x86_64-unknown-linux-gnu");
  const llvm::Target *target = llvm::TargetRegistry::lookupTarget(triple, error);
  if (!target)
    return nullptr;
  llvm::TargetOptions options;
  // Levels, vector widths and the emulator must not change roundings at random.
  options.AllowFPOpFusion = llvm::FPOpFusion::Strict;
  options.FunctionSections = true;
  return std::unique_ptr<llvm::TargetMachine>(
      target->createTargetMachine(triple, cpu, features, options, llvm::Reloc::PIC_, std::nullopt, level));
}
