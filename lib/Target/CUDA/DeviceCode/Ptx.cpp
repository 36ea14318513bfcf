// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Code generation by LLVM: PTX here, x86-64 objects for ToHost.cpp.
#include "TargetMachine.h"

#include "llvm/Bitcode/BitcodeReader.h"
#include "llvm/Bitcode/BitcodeWriter.h"
#include "llvm/IR/DebugInfo.h"
#include "llvm/IR/DiagnosticHandler.h"
#include "llvm/IR/DiagnosticInfo.h"
#include "llvm/IR/DiagnosticPrinter.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/ErrorHandling.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/TargetParser/Triple.h"
#include "llvm/Transforms/Utils/Cloning.h"

#include <csetjmp>
#include <mutex>

using namespace mlir;
using namespace emo;

namespace {
/// Keeps what the back end would print, or end the process for.
struct Messages : llvm::DiagnosticHandler {
  explicit Messages(std::string &errors) : errors(errors) {}
  bool handleDiagnostics(const llvm::DiagnosticInfo &info) override {
    if (info.getSeverity() != llvm::DS_Error)
      return true;
    llvm::raw_string_ostream stream(errors);
    llvm::DiagnosticPrinterRawOStream printer(stream);
    stream << (errors.empty() ? "" : "; ");
    info.print(printer);
    return true;
  }
  std::string &errors;
};
} // namespace

std::unique_ptr<llvm::TargetMachine> emo::makeDeviceMachine(const DeviceArch &arch, unsigned ptx, Location loc) {
  static std::once_flag initialised;
  std::call_once(initialised, [] {
    LLVMInitializeNVPTXTarget();
    LLVMInitializeNVPTXTargetInfo();
    LLVMInitializeNVPTXTargetMC();
    LLVMInitializeNVPTXAsmPrinter();
  });
  llvm::Triple triple("nvptx64-nvidia-cuda");
  std::string error;
  const llvm::Target *target = llvm::TargetRegistry::lookupTarget(triple, error);
  if (!target) {
    emitError(loc) << "this compiler cannot write PTX: " << error;
    return nullptr;
  }
  llvm::TargetOptions options;
  // Kernels say where products and sums fuse; then the emulator and the GPU round alike.
  options.AllowFPOpFusion = llvm::FPOpFusion::Strict;
  return std::unique_ptr<llvm::TargetMachine>(target->createTargetMachine(triple, arch.name, "+ptx" + std::to_string(ptx), options,
                                                                          std::nullopt, std::nullopt, llvm::CodeGenOptLevel::Aggressive));
}

namespace {
/// LLVM ends the process where it cannot select an instruction, and offers no other way out than not to return from its handler of
/// fatal errors. The handler is installed while someone generates code and leaves other threads' errors alone.
struct FatalErrors {
  static bool run(llvm::function_ref<void()> body, std::string &error) {
    std::jmp_buf buffer;
    {
      std::lock_guard<std::mutex> lock(mutex);
      if (users++ == 0)
        llvm::install_fatal_error_handler(handle);
    }
    message = &error;
    target = &buffer;
    bool ok = setjmp(buffer) == 0;
    if (ok)
      body();
    target = nullptr;
    std::lock_guard<std::mutex> lock(mutex);
    if (--users == 0)
      llvm::remove_fatal_error_handler();
    return ok;
  }

private:
  static void handle(void *, const char *reason, bool) {
    if (!target)
      return;
    for (StringRef rest = reason; !rest.empty();) {
      auto [line, next] = rest.split('\n');
      *message += (message->empty() ? "" : "; ") + line.trim().str();
      rest = next;
    }
    std::longjmp(*target, 1);
  }
  static inline std::mutex mutex;
  static inline int users = 0;
  static inline thread_local std::jmp_buf *target = nullptr;
  static inline thread_local std::string *message = nullptr;
};

/// What code generation works on, a copy of its own: after a fatal error nothing of it can be freed.
struct Work {
  llvm::LLVMContext context;
  std::unique_ptr<llvm::Module> module;
  llvm::legacy::PassManager passes;
  SmallString<0> result;
  llvm::raw_svector_ostream stream{result};
};
} // namespace

FailureOr<std::string> emo::generateCode(const llvm::Module &module, std::unique_ptr<llvm::TargetMachine> machine, bool assembly,
                                         Location loc) {
  std::string errors, fatal;
  std::string name = (machine->getTargetTriple().isNVPTX() ? machine->getTargetCPU() : machine->getTargetTriple().getArchName()).str();
  auto fail = [&](StringRef why) { return emitError(loc) << "kernels cannot be compiled for " << name << ": " << why; };
  SmallString<0> bitcode;
  llvm::raw_svector_ostream writer(bitcode);
  llvm::WriteBitcodeToFile(module, writer);
  auto work = std::make_unique<Work>();
  work->context.setDiagnosticHandler(std::make_unique<Messages>(errors));
  auto copy = llvm::parseBitcodeFile(llvm::MemoryBufferRef(bitcode, module.getName()), work->context);
  if (!copy)
    return fail(llvm::toString(copy.takeError()));
  work->module = std::move(*copy);
  auto kind = assembly ? llvm::CodeGenFileType::AssemblyFile : llvm::CodeGenFileType::ObjectFile;
  if (machine->addPassesToEmitFile(work->passes, work->stream, nullptr, kind))
    return fail("the back end cannot write this kind of file");
  if (!FatalErrors::run([&] { work->passes.run(*work->module); }, fatal)) {
    (void)work.release();
    (void)machine.release();
    return fail(fatal);
  }
  if (!errors.empty())
    return fail(errors);
  return work->result.str().str();
}

/// Traps of the tool chain that give wrong results without a word.
static LogicalResult checkPtx(const DeviceCode &code, StringRef ptx) {
  const llvm::GlobalVariable *window = code.module->getGlobalVariable("emo_shared");
  if (window && !window->use_empty() && !ptx.contains(".extern .shared .align 1024 .b8 emo_shared[]"))
    return emitError(code.loc) << "PTX does not declare '.extern .shared .align 1024 .b8 emo_shared[]': expected @emo_shared to be an "
                                  "external array of 0 bytes in address space 3, aligned to 1024";
  bool hasAlloca = false;
  for (const llvm::Function &function : *code.module)
    for (const llvm::Instruction &instruction : llvm::instructions(function))
      hasAlloca |= isa<llvm::AllocaInst>(instruction);
  if (!hasAlloca && ptx.contains("__local_depot"))
    return emitError(code.loc) << "PTX uses local memory that the kernels do not ask for";
  return success();
}

FailureOr<std::string> emo::emitPtx(const DeviceCode &code) {
  std::unique_ptr<llvm::TargetMachine> machine = makeDeviceMachine(*code.arch, code.ptx, code.loc);
  if (!machine)
    return failure();
  std::unique_ptr<llvm::Module> module = llvm::CloneModule(*code.module);
  if (!code.lineInfo)
    llvm::StripDebugInfo(*module);
  FailureOr<std::string> ptx = generateCode(*module, std::move(machine), /*assembly=*/true, code.loc);
  if (failed(ptx) || failed(checkPtx(code, *ptx)))
    return failure();
  return ptx;
}
