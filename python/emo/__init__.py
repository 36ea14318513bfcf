# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compile Mixture-of-Experts transformers to native programs and run them on NumPy arrays.

    import emo
    model = emo.compile("path/to/checkpoint", "model.so")   # runs emo-compile
    model = emo.Model("model.so")                           # opens what was compiled before
    logits = model.run({"input_ids": ids})["logits"]        # arrays in, arrays out, nothing copied
    model.generate([5, 17, 42], max_new_tokens=16)

Needs NumPy. bf16 arrays are `ml_dtypes.bfloat16` where that is installed, else uint16 of their bits. PyTorch tensors are taken
as inputs.
"""

from .compiler import compile, find_tool
from .errors import Error
from .model import Entry, Model, Session, Value

__version__ = "0.1.0"
__all__ = ["Entry", "Error", "Model", "Session", "Value", "compile", "find_tool"]
