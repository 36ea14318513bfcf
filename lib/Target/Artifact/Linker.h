// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef EMO_LIB_TARGET_ARTIFACT_LINKER_H
#define EMO_LIB_TARGET_ARTIFACT_LINKER_H

#include "emo/Target/Artifact.h"

namespace emo {

/// Links object files to an executable, a shared library or one object file at `output`, or puts them into an archive there together
/// with the runtime. Returns a message on failure.
std::string linkObjects(llvm::ArrayRef<std::string> objects, llvm::StringRef output, const ArtifactOptions &options);

} // namespace emo
#endif // EMO_LIB_TARGET_ARTIFACT_LINKER_H
