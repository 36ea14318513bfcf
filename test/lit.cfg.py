# Test suite of emo: lit + FileCheck. See docs for how to add a test.
import os
import sys

import lit.formats

config.name = "emo"
config.test_format = lit.formats.ShTest(True)
config.suffixes = [".mlir", ".test"]
config.excludes = ["CMakeLists.txt", "Inputs"]
config.test_source_root = os.path.join(config.emo_source, "test")
config.test_exec_root = os.path.join(config.emo_build, "test")
config.environment["PATH"] = os.pathsep.join(
    [os.path.join(config.emo_build, "bin"), config.llvm_tools, os.environ["PATH"]])
config.environment["PYTHONPATH"] = os.path.join(config.emo_source, "python")
for name in ("LD_PRELOAD", "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS", "EMO_CPU"):
    if name in os.environ:
        config.environment[name] = os.environ[name]
config.substitutions.append(("%emo_source", config.emo_source))
config.substitutions.append(("%emo_build", config.emo_build))
config.substitutions.append(("%python", '"%s"' % sys.executable))
config.substitutions.append(("%models", os.path.join(config.emo_source, "test", "models")))
# Writes an .onnx file from protobuf's text form: %onnx_from_text < model.textproto > model.onnx
config.substitutions.append(("%onnx_from_text", "%s --encode=onnx.ModelProto -I %s onnx/onnx-ml.proto"
                             % (config.protoc, config.onnx_protos)))
