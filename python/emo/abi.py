# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The C interface of include/emo/Runtime/Emo.h and Program.h, as ctypes."""

import ctypes
import os
import threading
from ctypes import POINTER, Structure, c_char_p, c_double, c_float, c_int32, c_int64, c_size_t, c_uint64, c_void_p

import numpy as np

from .errors import Error

PROGRAM_ABI = 5
MAX_RANK = 8
ROLES = (
    "plain",
    "token_ids",
    "kv_cache",
    "lengths",
    "segments",
    "logits",
    "losses",
    "expert_mask",
    "router_probabilities",
    "expert_indices",
    "sampling",
    "next_ids",
)
TOKENIZE_PLAIN, TOKENIZE_BARE = 1, 2
WEIGHTS_MEMORY = {"map": 0, "huge": 1}

try:
    import ml_dtypes

    BF16 = np.dtype(ml_dtypes.bfloat16)
except ImportError:
    BF16 = np.dtype(np.uint16)

# emo_dtype: its name and NumPy's type.
DTYPES = {
    1: ("f32", np.dtype(np.float32)),
    2: ("f64", np.dtype(np.float64)),
    3: ("bf16", BF16),
    4: ("f16", np.dtype(np.float16)),
    5: ("i8", np.dtype(np.int8)),
    6: ("u8", np.dtype(np.uint8)),
    7: ("i16", np.dtype(np.int16)),
    8: ("u16", np.dtype(np.uint16)),
    9: ("i32", np.dtype(np.int32)),
    10: ("u32", np.dtype(np.uint32)),
    11: ("i64", np.dtype(np.int64)),
    12: ("u64", np.dtype(np.uint64)),
    13: ("bool", np.dtype(np.bool_)),
}
BF16_CODE = 3
DTYPE_CODES = {dtype: code for code, (_, dtype) in DTYPES.items() if code != BF16_CODE or dtype != np.uint16}


class Tensor(Structure):
    _fields_ = [("dtype", c_int32), ("rank", c_int32), ("dims", c_int64 * MAX_RANK), ("data", c_void_p)]


class LoadOptions(Structure):
    _fields_ = [
        ("threads", c_int32),
        ("weights_memory", c_int32),
        ("weights_path", c_char_p),
        ("weights_data", c_void_p),
        ("device", c_char_p),
        ("device_options", c_char_p),
    ]


class Dim(Structure):
    _fields_ = [("size", c_int64), ("symbol", c_char_p)]


class ValueDesc(Structure):
    _fields_ = [
        ("name", c_char_p),
        ("dtype", c_int32),
        ("role", c_int32),
        ("rank", c_int32),
        ("reserved", c_int32),
        ("dims", POINTER(Dim)),
        ("min", c_int64),
        ("max", c_int64),
    ]


class EntryDesc(Structure):
    _fields_ = [
        ("name", c_char_p),
        ("fn", c_void_p),
        ("num_inputs", c_int32),
        ("num_outputs", c_int32),
        ("inputs", POINTER(ValueDesc)),
        ("outputs", POINTER(ValueDesc)),
    ]


class KernelTable(Structure):
    _fields_ = [("isa", c_char_p), ("kernels", c_void_p)]


class Program(Structure):
    _fields_ = [
        ("abi", c_int32),
        ("num_entries", c_int32),
        ("entries", POINTER(EntryDesc)),
        ("num_params", c_int32),
        ("num_kernels", c_int32),
        ("params", c_void_p),
        ("kernel_names", POINTER(c_char_p)),
        ("num_kernel_tables", c_int32),
        ("num_device_codes", c_int32),
        ("kernel_tables", POINTER(KernelTable)),
        ("manifest", c_char_p),
        ("weights_bytes", c_int64),
        ("weights_hash", c_char_p),
        ("tokenizer", c_void_p),
        ("tokenizer_bytes", c_int64),
        ("tokenizer_code", c_void_p),
        ("device_codes", c_void_p),
        ("emulator", c_void_p),
        ("cuda", c_void_p),
    ]


_FUNCTIONS = {
    "emo_open": (c_void_p, [POINTER(LoadOptions), c_char_p, c_size_t]),
    "emo_close": (None, [c_void_p]),
    "emo_model_program": (POINTER(Program), [c_void_p]),
    "emo_model_isa": (c_char_p, [c_void_p]),
    "emo_model_threads": (c_int32, [c_void_p]),
    "emo_run": (c_int32, [c_void_p, c_char_p, POINTER(Tensor), c_int32, POINTER(Tensor), c_int32, c_char_p, c_size_t]),
    "emo_release": (None, [POINTER(Tensor)]),
    "emo_tokenize": (c_int64, [c_void_p, c_char_p, c_int64, c_int32, c_void_p, c_int64, c_char_p, c_size_t]),
    "emo_detokenize": (c_int64, [c_void_p, c_void_p, c_int64, c_char_p, c_int64, c_char_p, c_size_t]),
    "emo_session_open": (c_void_p, [c_void_p, c_int64, c_char_p, c_size_t]),
    "emo_session_close": (None, [c_void_p]),
    "emo_session_clear": (None, [c_void_p]),
    "emo_session_feed": (c_int32, [c_void_p, c_void_p, c_int64, c_char_p, c_size_t]),
    "emo_session_logits": (POINTER(c_float), [c_void_p, POINTER(c_int64)]),
    "emo_session_choose": (c_int64, [c_void_p, c_double, c_double, POINTER(c_uint64), c_char_p, c_size_t]),
}

_lock = threading.Lock()
_loaded = {}  # path -> device and inode of the files that were loaded from there


def load_library(path):
    """The shared library at `path`.

    Libraries stay loaded until the process ends. The dynamic loader knows them by path, so a file that was written anew is
    loaded by another spelling of its path: FOLDER/./NAME, FOLDER/././NAME, ...
    """
    path = os.path.abspath(path)
    with _lock:
        try:
            status = os.stat(path)
        except OSError as error:
            raise Error("cannot open the program '%s': %s" % (path, error.strerror)) from None
        known = _loaded.get(path, [])
        identity = (status.st_dev, status.st_ino)
        spelling = known.index(identity) if identity in known else len(known)
        folder, name = os.path.split(path)
        try:
            library = ctypes.CDLL(os.path.join(folder, *["."] * spelling, name))
        except OSError as error:
            raise Error("'%s' is no shared library that this machine can load: %s" % (path, error)) from None
        if spelling == len(known):
            _loaded.setdefault(path, []).append(identity)
    for name, (result, arguments) in _FUNCTIONS.items():
        try:
            function = getattr(library, name)
        except AttributeError:
            raise Error(
                "'%s' has no function %s; expected a program that this version's emo-compile --emit=shared made" % (path, name)
            ) from None
        function.restype, function.argtypes = result, arguments
    return library


def call(function, *arguments):
    """Calls a function that takes a buffer for an error message last; returns its result and the message."""
    message = ctypes.create_string_buffer(1024)
    return function(*arguments, message, len(message)), message
