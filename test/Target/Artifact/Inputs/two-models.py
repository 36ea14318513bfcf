# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# two-models.py LIBRARY...: loads all libraries with global symbols, opens each one's model and prints its name by its manifest.
import ctypes
import json
import os
import sys


class Program(ctypes.Structure):  # emo_program of emo/Runtime/Program.h
    _fields_ = [("counts", ctypes.c_int32 * 2), ("entries", ctypes.c_void_p), ("counts2", ctypes.c_int32 * 2),
                ("params", ctypes.c_void_p), ("names", ctypes.c_void_p), ("counts3", ctypes.c_int32 * 2),
                ("tables", ctypes.c_void_p), ("manifest", ctypes.c_char_p)]


for path, library in [(path, ctypes.CDLL(path, mode=ctypes.RTLD_GLOBAL)) for path in sys.argv[1:]]:
    library.emo_open.restype = ctypes.c_void_p
    library.emo_model_program.restype = ctypes.POINTER(Program)
    error = ctypes.create_string_buffer(256)
    model = library.emo_open(None, error, 256)
    assert model, error.value
    program = library.emo_model_program(ctypes.c_void_p(model)).contents
    print(os.path.basename(path), json.dumps(json.loads(program.manifest)["model"]))
    library.emo_close(ctypes.c_void_p(model))
