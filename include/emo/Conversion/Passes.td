// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef EMO_CONVERSION_PASSES_TD
#define EMO_CONVERSION_PASSES_TD

include "mlir/Pass/PassBase.td"

def OnnxToLinalg : Pass<"emo-onnx-to-linalg", "::mlir::ModuleOp"> {
  let summary = "onnx nodes to linalg, scf, tensor, arith and math";
  let description = [{
    Lowers every node that raising has left, with dynamic shapes and broadcasts, operator by operator. Correct before fast: a result is
    mostly one linalg.generic whose body computes an element from those that it needs; sums run in at least f32. Positions read from
    index tensors are kept inside the tensor that they point into. Results whose size depends on values (NonZero) are counted first.

    ```mlir
    %1 = onnx.node "Sqrt" version 13 (%0) : (tensor<?xf32>) -> tensor<?xf32>
    // becomes
    %1 = linalg.generic ... outs(%empty : tensor<?xf32>) {
      %i = linalg.index 0 : index
      %x = tensor.extract %0[%i] : tensor<?xf32>
      %y = math.sqrt %x : f32
      linalg.yield %y : f32
    } -> tensor<?xf32>
    ```
    Fails if a node has no lowering, with all such operators in one error.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect", "::mlir::math::MathDialect",
                           "::mlir::scf::SCFDialect", "::mlir::tensor::TensorDialect"];
}

def EmoToKernels : Pass<"emo-to-kernels", "::mlir::ModuleOp"> {
  let summary = "MODEL ops to kernel ops on tensors";
  let description = [{
    Activations become rows (all leading dimensions in one). Groups of ops become one kernel: q, k and v projections (one fused
    parameter, views of the result), rotary + attention, router linear + route, dispatch + expert products, LM head + cross
    entropy. Elementwise ops behind a product or combine move into its epilogue. What has no kernel (other element types, dynamic
    weights, expert groups, ...) stays for the reference lowering, `emo-to-linalg`. Rotary tables have `max_positions` rows (module
    attribute `emo.model`); without it rotation stays separate.

    ```mlir
    %h = emo.linear %x, %w : tensor<?x?x128xf32>, tensor<256x128xf32> -> tensor<?x?x256xf32>
    %y = arith.addf %h, %r : tensor<?x?x256xf32>
    // becomes, between reshapes to and from rows:
    %y = emo.kernel.matmul lhs(%x) weights(%w) extras(%r) outs(%e) attributes {accumulators = 1, kinds = [#emo.kind<element>]} {
    ^bb0(%acc: f32, %res: f32):
      %0 = arith.addf %acc, %res : f32
      emo.kernel.yield %0 : f32
    } -> tensor<?x256xf32>
    ```
  }];
  let dependentDialects = ["::mlir::math::MathDialect", "::mlir::affine::AffineDialect"];
}

def EmoToLinalg : Pass<"emo-to-linalg"> {
  let summary = "emo ops to linalg, scf, tensor, arith and math: the reference lowering";
  let description = [{
    Each step of an op's specification (docs/dialect.md) becomes one linalg.generic whose body computes one element from the
    elements that it needs: slow and plainly right. Computes in the widest of f32 and the operands' types, with dynamic shapes; the
    oracle of all kernels, and the general path of what has none. Works in f16, bf16, f32 and f64.

    With `kernels` the kernel ops are lowered too, on tensors and on memrefs, where temporaries become memref.alloc.

    ```mlir
    %1 = emo.rms_norm %0, %w {epsilon = 1.0e-6 : f64} : tensor<?x8xf32>, tensor<8xf32> -> tensor<?x8xf32>
    // becomes
    %scale = linalg.generic ... outs(%a : tensor<?xf32>) { ... scf.for ... 1 / sqrt(mean + epsilon) }
    %1 = linalg.generic ... outs(%b : tensor<?x8xf32>) { ... x * scale * w }
    ```
  }];
  let options = [
    Option<"kernels", "kernels", "bool", "false", "lower kernel ops too">
  ];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect", "::mlir::math::MathDialect",
                           "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect", "::mlir::tensor::TensorDialect"];
}

#endif // EMO_CONVERSION_PASSES_TD
