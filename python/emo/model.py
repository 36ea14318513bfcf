# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A compiled program in this process."""

import ctypes
import json
import os
import threading
from typing import NamedTuple, Optional, Tuple, Union

import numpy as np

from . import abi
from .errors import Error


class Value(NamedTuple):
    """Description of an input or output.

    dtype   "f32", "bf16", "i64", ...
    shape   a size, or the name of a size (equal names are equal sizes in one call), or None, for each dimension
    role    "plain", "token_ids", "kv_cache" (updated in place), "lengths", "segments", "logits" or "losses"
    range   (min, max) of integers, max excluded; None: any
    """

    name: str
    dtype: str
    shape: Tuple[Union[int, str, None], ...]
    role: str
    range: Optional[Tuple[int, int]]

    @property
    def numpy_dtype(self):
        """NumPy's type for it. bf16: ml_dtypes.bfloat16 where that is installed, else uint16."""
        return next(dtype for name, dtype in abi.DTYPES.values() if name == self.dtype)


class Entry(NamedTuple):
    """One function of a program: "forward", "step" or "loss"."""

    name: str
    inputs: Tuple[Value, ...]
    outputs: Tuple[Value, ...]


class _Handle:
    """An open emo_model. It is closed when nobody uses it any more: neither the Model, nor a run, nor a session."""

    def __init__(self, path, threads, weights_memory, weights, device, device_options):
        self.library = abi.load_library(path)
        options = abi.LoadOptions(
            threads,
            abi.WEIGHTS_MEMORY[weights_memory],
            os.fsencode(weights) if weights is not None else None,
            None,
            device.encode(),
            device_options.encode() if device_options is not None else None,
        )
        self.pointer, message = abi.call(self.library.emo_open, ctypes.byref(options))
        if not self.pointer:
            raise Error(_text(message))

    def __del__(self):
        if getattr(self, "pointer", None):
            self.library.emo_close(self.pointer)


class _Output:
    """Memory that the runtime allocated for an output, as NumPy sees it; freed with the last array on it."""

    def __init__(self, library, tensor, dtype):
        self._release, self._tensor = library.emo_release, ctypes.byref(tensor)
        self.__array_interface__ = {
            "version": 3,
            "shape": tuple(tensor.dims[: tensor.rank]),
            "typestr": dtype.str,
            "data": (tensor.data, False),
        }

    def __del__(self):
        self._release(self._tensor)


class Model:
    """A compiled program, opened from a shared library (emo-compile --emit=shared).

    All methods may be called from any number of threads at the same time.

    path            the library
    threads         of the program; default: the CPUs that the process may use. Results are the same to the bit for any number
    weights_memory  "map": starts at once, processes share the memory. "huge": read once into 2 MiB pages, decodes faster
    weights         path of the weights, when they are neither in the program nor beside it
    device          "cpu", "cuda" (a GPU) or "emulate" (CUDA kernels on this CPU, checked while they run), for programs that were
                    compiled for it. Arrays are in the memory of the CPU in any case
    device_options  of "cuda": "index=0"; of "emulate": as `--emulation` takes them, such as "arch=sm_90a,lazy"

    Error: no such file, no program, weights missing or of another program, CPU without a required instruction set, no such device
    or no code for it.
    """

    def __init__(self, path, *, threads=None, weights_memory="map", weights=None, device="cpu", device_options=None):
        if weights_memory not in abi.WEIGHTS_MEMORY:
            raise Error("weights_memory expects 'map' or 'huge', got %r" % (weights_memory,))
        if threads is not None:
            _check_integer("threads", threads, 1, 1024)
        self.path = os.path.abspath(os.fspath(path))
        for name, value in (("device", device), ("device_options", device_options)):
            if not isinstance(value, str) and not (value is None and name == "device_options"):
                raise Error("%s expects a str, got %r" % (name, value))
        self._open = _Handle(self.path, int(threads or 0), weights_memory, weights, device, device_options)
        library, pointer = self._open.library, self._open.pointer
        program = library.emo_model_program(pointer).contents
        if program.abi != abi.PROGRAM_ABI:
            raise Error(
                "the program %s has ABI version %d, this package expects %d; compile the model again"
                % (self.path, program.abi, abi.PROGRAM_ABI)
            )
        self.isa = library.emo_model_isa(pointer).decode()
        self.threads = library.emo_model_threads(pointer)
        self.entries = {entry.name: entry for entry in (_entry(program.entries[i]) for i in range(program.num_entries))}
        self.info = dict(
            json.loads(program.manifest.decode()),
            isa_levels=[program.kernel_tables[i].isa.decode() for i in range(program.num_kernel_tables)],
            entries=list(self.entries),
            weights_bytes=program.weights_bytes,
            weights_hash=program.weights_hash.decode(),
            parameters=program.num_params,
            kernels=program.num_kernels,
        )

    def __repr__(self):
        return "<emo.Model %s: %s>" % (self.path, ", ".join(self.entries))

    @property
    def inputs(self):
        """Descriptions of the inputs of `forward`, a tuple of Value."""
        return self._entry("forward").inputs

    @property
    def outputs(self):
        """Descriptions of the outputs of `forward`, a tuple of Value."""
        return self._entry("forward").outputs

    def run(self, inputs, entry="forward", out=None):
        """Runs an entry once: a dict of arrays in, a dict of arrays out.

        inputs  an array for each input, by name: NumPy arrays, PyTorch tensors or anything with DLPack on the CPU, or lists of
                numbers. C-contiguous arrays of the declared dtype are read where they are; int32 will do for i64, uint16 for
                bf16. KV caches are updated in place and must be such arrays.
        out     arrays to write outputs to, by name, of exactly their dtype and shape; others are allocated

        Returns a NumPy array for each output, by name. Nothing is copied: they are the runtime's memory, freed with the last
        array.

        Error: an input that is missing, unknown, or not of the declared dtype, rank, sizes or range; more tokens than the model
        has positions; memory exhausted. The model stays usable.
        """
        handle, description, out = self._handle(), self._entry(entry), out or {}
        _check_names("input", inputs, description.inputs, all_needed=True)
        _check_names("output", out, description.outputs, all_needed=False)
        arrays = [_input(value, inputs[value.name]) for value in description.inputs]
        tensors = (abi.Tensor * max(1, len(arrays)))(*(_tensor(array, code) for array, code in arrays))
        results = (abi.Tensor * max(1, len(description.outputs)))()
        for i, value in enumerate(description.outputs):
            if value.name in out:
                results[i] = _tensor(*_in_place("output", value, out[value.name]))
        status, message = abi.call(
            handle.library.emo_run, handle.pointer, entry.encode(), tensors, len(arrays), results, len(description.outputs)
        )
        if status:
            raise Error(_text(message))
        return {
            value.name: out[value.name] if value.name in out else _wrap(handle.library, results[i], value)
            for i, value in enumerate(description.outputs)
        }

    def session(self, capacity):
        """A Session of at most `capacity` tokens. Error: the program has no `step` (the message says why), or fewer positions."""
        return Session(self._handle(), capacity)

    def tokenize(self, text, *, special_tokens=True, surround=True):
        """Token ids of a text, a list.

        text            a str, or bytes of UTF-8, in which what is malformed becomes U+FFFD
        special_tokens  tokens such as "<|endoftext|>" that are written out in the text are taken for what they stand for
        surround        adds the tokens that the tokenizer puts around every text, such as one for its beginning

        Error: the program has no tokenizer.
        """
        # Lone surrogates, which a str may hold, are no UTF-8 either.
        data = text.encode(errors="surrogatepass") if isinstance(text, str) else bytes(text)
        flags = (0 if special_tokens else abi.TOKENIZE_PLAIN) | (0 if surround else abi.TOKENIZE_BARE)
        ids = np.empty(3 * len(data) + 16, np.int64)
        return ids[: self._text_call("emo_tokenize", data, len(data), flags, ids.ctypes.data, len(ids))].tolist()

    def detokenize(self, ids):
        """Text of token ids, a str; bytes of no UTF-8 become U+FFFD. Error: the program has no tokenizer."""
        ids = _ids(ids)
        size = self._text_call("emo_detokenize", ids.ctypes.data, len(ids), None, 0)
        text = ctypes.create_string_buffer(size + 1)
        self._text_call("emo_detokenize", ids.ctypes.data, len(ids), text, size)
        return text.raw[:size].decode(errors="replace")

    def _text_call(self, name, *arguments):
        handle = self._handle()
        result, message = abi.call(getattr(handle.library, name), handle.pointer, *arguments)
        if result < 0:
            raise Error(_text(message))
        return result

    def generate(self, ids=None, max_new_tokens=None, *, prompt=None, temperature=0.0, top_p=1.0, seed=0):
        """Continues token ids, or text; the same tokens as the program's command `generate`.

        ids             the prompt, a sequence of at least one integer
        prompt          or the prompt as text, for programs with a tokenizer
        max_new_tokens  stops there, or after the model's EOS token, which is among the ids that are returned
        temperature     0: the likeliest token, the lower id on ties; else tokens are drawn from softmax(logits / temperature)
        top_p           draws among the fewest likeliest tokens whose probabilities sum up to at least top_p
        seed            of the draws, 0 <= seed < 2**64

        Returns the new ids, a list; for a text prompt, the new text. Error: as for `session` and `run`.
        """
        if (ids is None) == (prompt is None):
            raise Error("generate expects either ids or a prompt, got %s" % ("neither" if ids is None else "both"))
        if prompt is not None:
            ids = self.tokenize(prompt)
            new = self.generate(ids, max_new_tokens, temperature=temperature, top_p=top_p, seed=seed)
            return self.detokenize(new[:-1] if new[-1] == self.info.get("eos_token_id") else new)
        max_new_tokens = _check_integer("max_new_tokens", max_new_tokens, 1, 2**31 - 1)
        prompt = _ids(ids)
        eos, new = self.info.get("eos_token_id"), []
        session = self.session(len(prompt) + max_new_tokens)
        session.seed(seed)
        session.feed(prompt)
        while True:
            new.append(session.choose(temperature, top_p))
            if new[-1] == eos or len(new) == max_new_tokens:
                return new
            session.feed(new[-1:])

    def close(self):
        """Gives the weights' memory back, after runs in other threads and sessions have ended.

        Arrays that `run` returned stay valid.
        """
        self._open = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _handle(self):
        handle = self._open
        if handle is None:
            raise Error("the model %s is closed" % self.path)
        return handle

    def _entry(self, name):
        if name not in self.entries:
            raise Error("the program has no entry '%s', it has: %s" % (name, ", ".join(self.entries)))
        return self.entries[name]


class Session:
    """One sequence of token ids with its KV caches, made by Model.session. Its methods wait for each other between threads."""

    def __init__(self, handle, capacity):
        self._open, self._lock, self._random = handle, threading.Lock(), ctypes.c_uint64(0)
        capacity = _check_integer("capacity", capacity, -(2**63), 2**63 - 1)
        self._pointer, message = abi.call(handle.library.emo_session_open, handle.pointer, capacity)
        if not self._pointer:
            raise Error(_text(message))

    def __del__(self):
        if getattr(self, "_pointer", None):
            self._open.library.emo_session_close(self._pointer)

    def feed(self, ids):
        """Appends token ids, at least one, and computes the logits after the last.

        Error: an id out of range, or more tokens than the capacity; the session is as before.
        """
        ids = _ids(ids)
        with self._lock:
            status, message = abi.call(self._open.library.emo_session_feed, self._pointer, ids.ctypes.data, len(ids))
        if status:
            raise Error(_text(message))

    def logits(self):
        """f32 [vocab], a copy of the logits after the last token. Error: nothing was fed, or the device fails."""
        count = ctypes.c_int64()
        with self._lock:
            pointer = self._open.library.emo_session_logits(self._pointer, ctypes.byref(count))
            if pointer:
                return np.ctypeslib.as_array(pointer, (count.value,)).copy()
        if count.value:
            raise Error("the model's device failed when its logits were copied")
        raise Error("a session has no logits before its first token")

    def seed(self, seed):
        """Starts the random numbers of `choose` anew."""
        with self._lock:
            self._random.value = _check_integer("seed", seed, 0, 2**64 - 1)

    def choose(self, temperature=0.0, top_p=1.0):
        """The next token id by the logits, as Model.generate chooses it; it is not fed. Error: numbers that sampling does not take, nothing was
        fed, or the device fails."""
        with self._lock:
            choose = self._open.library.emo_session_choose
            token, message = abi.call(choose, self._pointer, temperature, top_p, ctypes.byref(self._random))
        if token < 0:
            raise Error(_text(message))
        return token

    def clear(self):
        """Forgets the tokens and keeps the memory."""
        with self._lock:
            self._open.library.emo_session_clear(self._pointer)


def _text(message):
    return message.value.decode(errors="replace")


def _entry(desc):
    values = [
        tuple(_value(many[i]) for i in range(count))
        for many, count in ((desc.inputs, desc.num_inputs), (desc.outputs, desc.num_outputs))
    ]
    return Entry(desc.name.decode(), *values)


def _value(desc):
    dims = (desc.dims[d] for d in range(desc.rank))
    shape = tuple(dim.size if dim.size >= 0 else dim.symbol.decode() or None for dim in dims)
    return Value(
        desc.name.decode(),
        abi.DTYPES[desc.dtype][0],
        shape,
        abi.ROLES[desc.role],
        (desc.min, desc.max) if desc.min < desc.max else None,
    )


def _check_integer(name, value, low, high):
    try:
        value = value.__index__()
    except AttributeError:
        raise Error("%s expects an integer, got %r" % (name, value)) from None
    if not low <= value <= high:
        raise Error("%s expects an integer from %d to %d, got %d" % (name, low, high, value))
    return value


def _check_names(kind, given, values, all_needed):
    names = [value.name for value in values]
    if not hasattr(given, "keys"):
        raise Error("%ss are a dict of arrays by name, got %s; names are: %s" % (kind, type(given).__name__, ", ".join(names)))
    for name in given:
        if name not in names:
            raise Error("the program has no %s '%s', it has: %s" % (kind, name, ", ".join(names)))
    for name in names:
        if all_needed and name not in given:
            raise Error("%s '%s' is missing; given are: %s" % (kind, name, ", ".join(given) or "none"))


def _ids(ids):
    array = np.asarray(ids)
    if array.ndim != 1 or not (array.size == 0 or np.issubdtype(array.dtype, np.integer)):
        raise Error(
            "token ids are a sequence of integers, got %s of dtype %s and shape %s"
            % (type(ids).__name__, array.dtype, list(array.shape))
        )
    return np.ascontiguousarray(array, np.int64)


def _array(name, given):
    """A NumPy array on the memory of what was given, and whether it holds the bits of bf16."""
    if isinstance(given, np.ndarray):
        return given, given.dtype == abi.BF16 != np.uint16
    if type(given).__module__.split(".")[0] == "torch" and hasattr(given, "detach"):
        import torch

        if given.device.type != "cpu":
            raise Error("%s is on the device %s, expected a tensor on the CPU" % (name, given.device))
        if given.dtype != torch.bfloat16:
            return given.detach().numpy(), False
        return given.detach().view(torch.int16).numpy().view(np.uint16), True
    if hasattr(given, "__dlpack__"):
        try:
            return np.from_dlpack(given), False
        except Exception as error:
            raise Error("%s gives no array by DLPack that NumPy takes: %s" % (name, error)) from error
    return None, False


def _input(value, given):
    """A C-contiguous array to hand over as an input, and its emo_dtype."""
    if value.role == "kv_cache":
        return _in_place("input", value, given)
    name = "input '%s'" % value.name
    array, is_bf16 = _array(name, given)
    if array is None:
        try:
            array = np.asarray(given)
        except ValueError as error:
            raise Error("%s is no array: %s" % (name, error)) from error
        # Numbers of Python have no type of their own.
        if np.can_cast(array.dtype, value.numpy_dtype, "same_kind"):
            array = array.astype(value.numpy_dtype, copy=False)
    return np.require(array, requirements=["C", "A"]), _code(name, value, array, is_bf16)


def _in_place(kind, value, given):
    """An array that is written in place, and its emo_dtype."""
    name = "%s '%s'" % (kind, value.name)
    array, is_bf16 = _array(name, given)
    if array is None or not (array.flags.c_contiguous and array.flags.aligned and array.flags.writeable):
        raise Error("%s is written in place: expected a writable C-contiguous array" % name)
    return array, _code(name, value, array, is_bf16)


def _code(name, value, array, is_bf16):
    if is_bf16 or (value.dtype == "bf16" and array.dtype == np.uint16):
        return abi.BF16_CODE
    code = abi.DTYPE_CODES.get(array.dtype)
    if code is None or not array.dtype.isnative:
        raise Error("%s has dtype %s, expected %s" % (name, array.dtype, value.dtype))
    return code


def _tensor(array, code):
    return abi.Tensor(code, array.ndim, array.shape[: abi.MAX_RANK], array.ctypes.data)


def _wrap(library, tensor, value):
    """The array of an output that the runtime allocated."""
    owned = abi.Tensor.from_buffer_copy(tensor)
    bits = np.dtype(np.uint16) if value.dtype == "bf16" else value.numpy_dtype
    return np.asarray(_Output(library, owned, bits)).view(value.numpy_dtype)
