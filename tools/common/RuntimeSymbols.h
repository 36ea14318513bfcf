// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The runtime that is linked into a tool, by the names that compiled code calls.
#ifndef EMO_TOOLS_COMMON_RUNTIMESYMBOLS_H
#define EMO_TOOLS_COMMON_RUNTIMESYMBOLS_H

#include "../../lib/Runtime/Device.h"
#include "llvm/ExecutionEngine/Orc/LLJIT.h"

// lib/Runtime/Builtins.cpp
extern "C" __bf16 __truncsfbf2(float);
extern "C" __bf16 __truncdfbf2(double);

// lib/Runtime/Emulator/Device.cpp and lib/Runtime/Cuda/Device.cpp
extern "C" const emo_device_driver emo_rt_emulator, emo_rt_cuda;

namespace emo {

inline llvm::orc::SymbolMap runtimeSymbols(llvm::orc::LLJIT &jit) {
  llvm::orc::SymbolMap symbols;
  auto add = [&](llvm::StringRef name, auto *function) {
    symbols[jit.mangleAndIntern(name)] = {llvm::orc::ExecutorAddr::fromPtr(function),
                                          llvm::JITSymbolFlags::Exported | llvm::JITSymbolFlags::Callable};
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
  add("emo_rt_tensor_map", emo_rt_tensor_map);
  add("emo_rt_fail", emo_rt_fail);
  add("emo_rt_isa", emo_rt_isa);
  add("emo_rt_threads", emo_rt_threads);
  add("__truncsfbf2", __truncsfbf2);
  add("__truncdfbf2", __truncdfbf2);
  for (auto [name, driver] : {std::pair("emo_rt_emulator", &emo_rt_emulator), std::pair("emo_rt_cuda", &emo_rt_cuda)})
    symbols[jit.mangleAndIntern(name)] = {llvm::orc::ExecutorAddr::fromPtr(driver), llvm::JITSymbolFlags::Exported};
  return symbols;
}

} // namespace emo
#endif // EMO_TOOLS_COMMON_RUNTIMESYMBOLS_H
