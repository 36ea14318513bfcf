// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Jit.h"

#include "../../lib/Runtime/Device.h"

#include "llvm/ExecutionEngine/Orc/AbsoluteSymbols.h"
#include "llvm/ExecutionEngine/Orc/ExecutionUtils.h"
#include "llvm/ExecutionEngine/Orc/LLJIT.h"
#include "llvm/Support/TargetSelect.h"

using namespace emo;
using namespace llvm::orc;

// lib/Runtime/Builtins.cpp
extern "C" __bf16 __truncsfbf2(float);
extern "C" __bf16 __truncdfbf2(double);

/// The runtime by the names that compiled code calls.
static SymbolMap runtimeSymbols(LLJIT &jit) {
  SymbolMap symbols;
  auto add = [&](llvm::StringRef name, auto *function) {
    symbols[jit.mangleAndIntern(name)] = {ExecutorAddr::fromPtr(function), llvm::JITSymbolFlags::Exported | llvm::JITSymbolFlags::Callable};
  };
  add("emo_rt_parallel", emo_rt_parallel);
  add("emo_rt_alloc", emo_rt_alloc);
  add("emo_rt_arena", emo_rt_arena);
  add("emo_rt_buffer", emo_rt_buffer);
  add("emo_rt_output", emo_rt_output);
  add("emo_rt_param", emo_rt_param);
  add("emo_rt_launch", emo_rt_launch);
  add("emo_rt_tensor_map", emo_rt_tensor_map);
  add("emo_rt_device_output", emo_rt_device_output);
  add("emo_rt_fail", emo_rt_fail);
  add("emo_rt_isa", emo_rt_isa);
  add("emo_rt_threads", emo_rt_threads);
  add("__truncsfbf2", __truncsfbf2);
  add("__truncdfbf2", __truncdfbf2);
  for (auto [name, driver] : {std::pair("emo_rt_emulator", &emo_rt_emulator), std::pair("emo_rt_cuda", &emo_rt_cuda)})
    symbols[jit.mangleAndIntern(name)] = {ExecutorAddr::fromPtr(driver), llvm::JITSymbolFlags::Exported};
  return symbols;
}

Jit::Jit(llvm::StringRef tool, llvm::ArrayRef<std::string> objects, llvm::ArrayRef<std::pair<llvm::StringRef, void *>> functions)
    : banner((tool + ": error: ").str()) {
  llvm::InitializeNativeTarget();
  llvm::InitializeNativeTargetAsmPrinter();
  llvm::ExitOnError exitOnError(banner);
  jit = exitOnError(LLJITBuilder().create());
  SymbolMap symbols = runtimeSymbols(*jit);
  for (auto [name, function] : functions)
    symbols[jit->mangleAndIntern(name)] = {ExecutorAddr::fromPtr(function), llvm::JITSymbolFlags::Exported | llvm::JITSymbolFlags::Callable};
  exitOnError(jit->getMainJITDylib().define(absoluteSymbols(symbols)));
  jit->getMainJITDylib().addGenerator(
      exitOnError(DynamicLibrarySearchGenerator::GetForCurrentProcess(jit->getDataLayout().getGlobalPrefix())));
  for (const std::string &object : objects)
    exitOnError(jit->addObjectFile(llvm::MemoryBuffer::getMemBufferCopy(object)));
}

Jit::~Jit() = default;

void *Jit::address(llvm::StringRef symbol) { return llvm::ExitOnError(banner)(jit->lookup(symbol)).toPtr<void *>(); }
