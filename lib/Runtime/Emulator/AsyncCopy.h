// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef EMO_LIB_RUNTIME_EMULATOR_ASYNCCOPY_H
#define EMO_LIB_RUNTIME_EMULATOR_ASYNCCOPY_H

#include "Checks.h"

namespace emo::rt::emulator {

/// Moves the bytes.
void landCopy(const Copy &copy);

} // namespace emo::rt::emulator
#endif // EMO_LIB_RUNTIME_EMULATOR_ASYNCCOPY_H
