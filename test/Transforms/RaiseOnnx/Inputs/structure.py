# Prints the ops of a module without names, parameters and order: equal output means equal structure.
import re
import sys

ops = []
for line in sys.stdin:
    match = re.search(r"\b(emo|arith|tensor|linalg|onnx)\.[a-z_.]+ .*", line)
    if match and "emo.param" not in line and "func.func" not in line and "emo.model" not in line:
        ops.append(re.sub(r"%[\w#]+(:\d+)?", "%", match[0]))
print("\n".join(sorted(ops)))
