# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""errors.py TINY MIXED.mlir FOLDER: everything that can be given wrongly; a line each, NAME: MESSAGE."""

import os
import sys

import numpy as np

import emo

source, mixed_source, folder = sys.argv[1:]


def attempt(name, function):
    try:
        function()
    except emo.Error as error:
        print("%s: %s" % (name, str(error).replace("\n", " ")))
    else:
        print("%s: no error" % name)


def file(name):
    return os.path.join(folder, name)


class OtherDevice:
    def __dlpack__(self, **_):
        raise BufferError("memory of another device")

    def __dlpack_device__(self):
        return (2, 0)


attempt("no model", lambda: emo.compile("/absent"))
attempt("bad level", lambda: emo.compile(source, file("level.so"), cpu="x86-64-v9"))
assert not os.path.exists(file("level.so"))
os.environ["EMO_TOOLS"] = "/absent"
attempt("no tool", lambda: emo.compile(source))
del os.environ["EMO_TOOLS"]
attempt("no library", lambda: emo.Model("/absent.so"))
with open(file("text.so"), "w") as text:
    text.write("no library")
attempt("text", lambda: emo.Model(file("text.so")))
attempt("other library", lambda: emo.Model("/lib/x86_64-linux-gnu/libm.so.6"))
emo.compile(source, file("thin.so"), weights="separate", cpu="native").close()
os.remove(file("thin.so.weights"))
attempt("weights", lambda: emo.Model(file("thin.so")))
attempt("memory", lambda: emo.Model(file("thin.so"), weights_memory="big"))
attempt("threads", lambda: emo.Model(file("thin.so"), threads=0))
attempt("device number", lambda: emo.Model(file("thin.so"), device=0))
attempt("device options", lambda: emo.Model(file("thin.so"), device="cuda", device_options=7))

known = emo.abi.PROGRAM_ABI
emo.abi.PROGRAM_ABI = 99
attempt("version", lambda: emo.compile(source, file("version.so"), cpu="native"))
emo.abi.PROGRAM_ABI = known

attempt("no such device", lambda: emo.compile(source, device="tpu"))
attempt("no code for it", lambda: emo.compile(source, device="emulate"))
attempt("bad target", lambda: emo.compile(source, target="cpu,gpu"))
attempt("bad architecture", lambda: emo.compile(source, target="cuda", cuda_arch="sm_10"))
attempt("only for devices", lambda: emo.compile(source, target="cuda"))
attempt("bad option", lambda: emo.compile(source, target="cuda", device="emulate", device_options="arch=sm_90a"))
tiny = emo.compile(source, file("tiny.so"), cpu="native")
ids = np.array([[3, 4]])
attempt("no dict", lambda: tiny.run([ids]))
attempt("missing", lambda: tiny.run({}))
attempt("unknown", lambda: tiny.run({"ids": ids}))
attempt("entry", lambda: tiny.run({"input_ids": ids}, entry="backward"))
attempt("float", lambda: tiny.run({"input_ids": [[1.5]]}))
attempt("f32", lambda: tiny.run({"input_ids": ids.astype(np.float32)}))
attempt("big endian", lambda: tiny.run({"input_ids": ids.astype(">i8")}))
attempt("rank", lambda: tiny.run({"input_ids": ids[0]}))
attempt("rank 9", lambda: tiny.run({"input_ids": ids.reshape((1,) * 8 + (2,))}))
attempt("ragged", lambda: tiny.run({"input_ids": [[1], [2, 3]]}))
attempt("range", lambda: tiny.run({"input_ids": [[127, 128]]}))
mixed = emo.compile(mixed_source)
rows = {"x": np.zeros((2, 2), np.float32), "mask": np.zeros(2, bool), "y/in": np.zeros(2, np.uint16)}
attempt("symbols", lambda: mixed.run(dict(rows, mask=np.zeros(3, bool))))
attempt("other device", lambda: mixed.run(dict(rows, x=OtherDevice())))
attempt("unknown output", lambda: tiny.run({"input_ids": ids}, out={"scores": ids}))
attempt("shape of out", lambda: tiny.run({"input_ids": ids}, out={"logits": np.zeros((1, 3, 128), np.float32)}))
attempt("strided out", lambda: tiny.run({"input_ids": ids}, out={"logits": np.zeros((1, 2, 256), np.float32)[:, :, ::2]}))
caches = {
    value.name: np.zeros(
        [1 if size == "batch" else 2 if isinstance(size, str) else size for size in value.shape], value.numpy_dtype
    )
    for value in tiny.entries["step"].inputs
    if value.role == "kv_cache"
}
step = dict(caches, input_ids=[[1, 2, 3]], lengths=np.zeros(1, np.int32))
caches[min(caches)].flags.writeable = False
attempt("read-only cache", lambda: tiny.run(step, entry="step"))
caches[min(caches)].flags.writeable = True
attempt("full cache", lambda: tiny.run(step, entry="step"))
attempt("no step", lambda: mixed.session(4))
attempt("no prompt", lambda: tiny.generate([], 1))
attempt("words", lambda: tiny.generate(["a"], 1))
attempt("rows", lambda: tiny.generate([[1, 2]], 1))
attempt("id", lambda: tiny.generate([128], 1))
attempt("none new", lambda: tiny.generate([1], 0))
attempt("half", lambda: tiny.generate([1], 1.5))
attempt("long", lambda: tiny.generate([1], tiny.info["max_positions"]))
attempt("temperature", lambda: tiny.generate([1], 1, temperature=-1))
attempt("top_p", lambda: tiny.generate([1], 1, top_p=0))
attempt("seed", lambda: tiny.generate([1], 1, seed=-1))
attempt("nothing", lambda: tiny.generate(max_new_tokens=1))
attempt("ids and prompt", lambda: tiny.generate([1], 1, prompt="x"))
attempt("no number", lambda: tiny.generate([1]))
attempt("no tokenizer", lambda: tiny.generate(prompt="x", max_new_tokens=1))
attempt("no text", lambda: tiny.detokenize([1]))
session = tiny.session(4)
attempt("no logits", session.logits)
attempt("no choice", session.choose)
closed = emo.Model(file("tiny.so"))
closed.close()
attempt("closed", lambda: closed.run({"input_ids": ids}))
print("usable: %d tokens" % len(tiny.generate([1, 2, 3], 4)))
