# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""python -m emo.bench: speed of compiled models beside PyTorch and vLLM, with the machine's roofs, all in one run."""
