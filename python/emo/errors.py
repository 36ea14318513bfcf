# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
class Error(RuntimeError):
    """What emo-compile or a compiled program said: what was found and what was expected."""
