# Test suite of emo: lit + FileCheck. See docs for how to add a test.
import os
import shutil
import subprocess
import sys

import lit.formats

config.name = "emo"
config.test_format = lit.formats.ShTest(True)
config.suffixes = [".mlir", ".test"]
config.excludes = ["CMakeLists.txt", "Inputs"]
config.test_source_root = os.path.join(config.emo_source, "test")
config.test_exec_root = os.path.join(config.emo_build, "test")
config.environment["PATH"] = os.pathsep.join(
    [os.path.join(config.emo_build, "bin"), os.path.join(config.emo_build, "test-bin"), config.llvm_tools, os.environ["PATH"]])
config.environment["PYTHONPATH"] = os.path.join(config.emo_source, "python")
for name in ("LD_PRELOAD", "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS", "EMO_CPU"):
    if name in os.environ:
        config.environment[name] = os.environ[name]
if config.asan_options:
    config.available_features.add("asan")
    config.environment.setdefault("ASAN_OPTIONS", config.asan_options)
    config.environment.setdefault("UBSAN_OPTIONS", "print_stacktrace=1")
    # A program of others that loads our plugin needs the sanitizer's runtime first.
    folder = os.path.join(config.test_exec_root, "preload")
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "mlir-opt"), "w") as file:
        file.write('#!/bin/sh\nLD_PRELOAD="%s" exec "%s/mlir-opt" "$@"\n' % (config.asan_runtime, config.llvm_tools))
        os.chmod(file.name, 0o755)
    config.environment["PATH"] = folder + os.pathsep + config.environment["PATH"]
config.substitutions.append(("%emo_source", config.emo_source))
config.substitutions.append(("%emo_build", config.emo_build))
config.substitutions.append(("%onnx_source", config.onnx_protos))
config.substitutions.append(("%python", '"%s"' % sys.executable))
config.substitutions.append(("%cc", "cc" if shutil.which("cc") else "clang-22"))
config.substitutions.append(("%models", os.path.join(config.emo_source, "test", "models")))
# Writes an .onnx file from protobuf's text form: %onnx_from_text < model.textproto > model.onnx
config.substitutions.append(("%onnx_from_text", "%s --encode=onnx.ModelProto -I %s onnx/onnx-ml.proto"
                             % (config.protoc, config.onnx_protos)))
# Runs tensor code on @main through upstream MLIR alone; printMemrefF32 and printMemrefI64 print "shape [2, 3]" and the rows.
config.substitutions.append(("%run_tensors", " ".join([
    "mlir-opt --pass-pipeline='builtin.module(one-shot-bufferize{bufferize-function-boundaries},"
    "func.func(convert-linalg-to-loops),expand-strided-metadata,lower-affine,convert-scf-to-cf,convert-math-to-llvm,"
    "convert-math-to-libm,finalize-memref-to-llvm,convert-func-to-llvm,convert-arith-to-llvm,convert-index-to-llvm,"
    "convert-cf-to-llvm,reconcile-unrealized-casts)' | mlir-runner -e main -entry-point-result=void",
    "-shared-libs=%s/libmlir_runner_utils.so,%s/libmlir_c_runner_utils.so" % ((os.path.join(config.llvm_tools, "..", "lib"),) * 2),
    r"| sed -E 's/^Unranked.*sizes = (\[[^]]*\]).*/shape \1/; s/ +/ /g; s/^ //; s/ $//'"])))
config.substitutions.append(("%compare", '"%s" "%s"' % (sys.executable, os.path.join(config.test_source_root, "compare.py"))))
# Whether tests may mount a file system of a chosen size, to fill it.
if shutil.which("unshare") and subprocess.run(["unshare", "-rm", "mount", "-t", "tmpfs", "-o", "size=64k", "none", "/mnt"], stderr=subprocess.DEVNULL).returncode == 0:
    config.available_features.add("tmpfs")
# Whether there are pseudo-terminals: a bare chroot has none.
try:
    for end in os.openpty():
        os.close(end)
    config.available_features.add("terminal")
except OSError:
    pass
# NVIDIA's assembler, where emo looks for it.
ptxas = shutil.which("ptxas")
for name in ("CUDA_HOME", "CUDA_PATH", "CUDA_ROOT"):
    if name in os.environ:
        config.environment[name] = os.environ[name]
        ptxas = ptxas or shutil.which(os.path.join(os.environ[name], "bin", "ptxas"))
ptxas = ptxas or shutil.which("/usr/local/cuda/bin/ptxas")
if ptxas:
    config.available_features.add("ptxas")
    config.substitutions.append(("%ptxas", '"%s"' % ptxas))
