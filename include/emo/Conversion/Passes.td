// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef EMO_CONVERSION_PASSES_TD
#define EMO_CONVERSION_PASSES_TD

include "mlir/Pass/PassBase.td"

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

#endif // EMO_CONVERSION_PASSES_TD
