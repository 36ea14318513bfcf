// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file LLVM's back end for x86-64, as programs need it.
#ifndef EMO_TARGET_HOSTMACHINE_H
#define EMO_TARGET_HOSTMACHINE_H

#include "llvm/Target/TargetMachine.h"

#include <memory>
#include <string>

namespace emo {

/// Position-independent code for Linux; products and sums fuse only where the code says so. Null with a message when LLVM was built without
/// x86-64.
std::unique_ptr<llvm::TargetMachine>
makeHostMachine(llvm::StringRef cpu, llvm::StringRef features,
                llvm::CodeGenOptLevel level, std::string &error);

} // namespace emo

#endif // EMO_TARGET_HOSTMACHINE_H
