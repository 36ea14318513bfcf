// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// ISA levels of this machine.
#ifndef EMO_LIB_RUNTIME_CPU_H
#define EMO_LIB_RUNTIME_CPU_H

#include <string>

namespace emo::rt {

/// Whether this CPU and kernel can run code of the level; asks the kernel for AMX tile data where it has to.
/// Unknown names are not supported.
bool supportsIsa(const std::string &level);

/// The CPU's own name, from cpuid.
std::string cpuName();

/// CPUs this process may run on.
int availableCpus();

} // namespace emo::rt
#endif // EMO_LIB_RUNTIME_CPU_H
