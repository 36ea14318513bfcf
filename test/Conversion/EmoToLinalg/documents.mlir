// RUN: emo-opt --emo-to-linalg %s | %run_tensors | FileCheck %s
// RUN: sed -e 's/f32/f64/g;s/F32/F64/g' %s | emo-opt --emo-to-linalg | %run_tensors | FileCheck %s
// Document segments, pools and the masking of experts. EOS is 9, padding 8.

func.func private @after(%ids: tensor<?x?xi64>) -> (tensor<?x?xi32>, tensor<i32>) {
  %s, %n = emo.document_segments %ids {eos = 9 : i64, boundary = #emo.boundary<after>} : tensor<?x?xi64> -> tensor<?x?xi32>, tensor<i32>
  return %s, %n : tensor<?x?xi32>, tensor<i32>
}

func.func private @before(%ids: tensor<?x?xi64>) -> (tensor<?x?xi32>, tensor<i32>) {
  %s, %n = emo.document_segments %ids {eos = 9 : i64, boundary = #emo.boundary<before>} : tensor<?x?xi64> -> tensor<?x?xi32>, tensor<i32>
  return %s, %n : tensor<?x?xi32>, tensor<i32>
}

func.func private @after_pad(%ids: tensor<?x?xi64>) -> (tensor<?x?xi32>, tensor<i32>) {
  %s, %n = emo.document_segments %ids {eos = 9 : i64, boundary = #emo.boundary<after>, pad = 8 : i64} : tensor<?x?xi64> -> tensor<?x?xi32>, tensor<i32>
  return %s, %n : tensor<?x?xi32>, tensor<i32>
}

func.func private @before_pad(%ids: tensor<?x?xi64>) -> (tensor<?x?xi32>, tensor<i32>) {
  %s, %n = emo.document_segments %ids {eos = 9 : i64, boundary = #emo.boundary<before>, pad = 8 : i64} : tensor<?x?xi64> -> tensor<?x?xi32>, tensor<i32>
  return %s, %n : tensor<?x?xi32>, tensor<i32>
}

func.func private @pool(%p: tensor<?x?xf32>, %s: tensor<?xi32>, %n: tensor<?xi32>) -> (tensor<?x?xi32>, tensor<?x?xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %pool = emo.document_pool %p, %s, %n : tensor<?x?xf32>, tensor<?xi32>, tensor<?xi32> -> tensor<?x?xi1>
  %m = emo.mask_experts %p, %pool, %s : tensor<?x?xf32>, tensor<?x?xi1>, tensor<?xi32>
  %d = tensor.dim %n, %c0 : tensor<?xi32>
  %r = tensor.dim %p, %c1 : tensor<?x?xf32>
  %e = tensor.empty(%d, %r) : tensor<?x?xi32>
  %bits = linalg.map { arith.extui } ins(%pool : tensor<?x?xi1>) outs(%e : tensor<?x?xi32>)
  return %bits, %m : tensor<?x?xi32>, tensor<?x?xf32>
}

func.func @main() {
  %c0_0 = arith.constant dense<[[9, 1, 2, 9, 3, 9], [1, 9, 9, 8, 8, 2]]> : tensor<2x6xi64>
  %a0_0 = tensor.cast %c0_0 : tensor<2x6xi64> to tensor<?x?xi64>
  %r0:2 = func.call @after(%a0_0) : (tensor<?x?xi64>) -> (tensor<?x?xi32>, tensor<i32>)
  %u0_0 = tensor.cast %r0#0 : tensor<?x?xi32> to tensor<*xi32>
  call @printMemrefI32(%u0_0) : (tensor<*xi32>) -> ()
  %u0_1 = tensor.cast %r0#1 : tensor<i32> to tensor<*xi32>
  call @printMemrefI32(%u0_1) : (tensor<*xi32>) -> ()
  %c1_0 = arith.constant dense<[[9, 1, 2, 9, 3, 9], [1, 9, 9, 8, 8, 2]]> : tensor<2x6xi64>
  %a1_0 = tensor.cast %c1_0 : tensor<2x6xi64> to tensor<?x?xi64>
  %r1:2 = func.call @before(%a1_0) : (tensor<?x?xi64>) -> (tensor<?x?xi32>, tensor<i32>)
  %u1_0 = tensor.cast %r1#0 : tensor<?x?xi32> to tensor<*xi32>
  call @printMemrefI32(%u1_0) : (tensor<*xi32>) -> ()
  %u1_1 = tensor.cast %r1#1 : tensor<i32> to tensor<*xi32>
  call @printMemrefI32(%u1_1) : (tensor<*xi32>) -> ()
  %c2_0 = arith.constant dense<[[9, 1, 2, 9, 3, 9], [1, 9, 9, 8, 8, 2]]> : tensor<2x6xi64>
  %a2_0 = tensor.cast %c2_0 : tensor<2x6xi64> to tensor<?x?xi64>
  %r2:2 = func.call @after_pad(%a2_0) : (tensor<?x?xi64>) -> (tensor<?x?xi32>, tensor<i32>)
  %u2_0 = tensor.cast %r2#0 : tensor<?x?xi32> to tensor<*xi32>
  call @printMemrefI32(%u2_0) : (tensor<*xi32>) -> ()
  %u2_1 = tensor.cast %r2#1 : tensor<i32> to tensor<*xi32>
  call @printMemrefI32(%u2_1) : (tensor<*xi32>) -> ()
  %c3_0 = arith.constant dense<[[9, 1, 2, 9, 3, 9], [1, 9, 9, 8, 8, 2]]> : tensor<2x6xi64>
  %a3_0 = tensor.cast %c3_0 : tensor<2x6xi64> to tensor<?x?xi64>
  %r3:2 = func.call @before_pad(%a3_0) : (tensor<?x?xi64>) -> (tensor<?x?xi32>, tensor<i32>)
  %u3_0 = tensor.cast %r3#0 : tensor<?x?xi32> to tensor<*xi32>
  call @printMemrefI32(%u3_0) : (tensor<*xi32>) -> ()
  %u3_1 = tensor.cast %r3#1 : tensor<i32> to tensor<*xi32>
  call @printMemrefI32(%u3_1) : (tensor<*xi32>) -> ()
  %c4_0 = arith.constant dense<[[0.5, 0.25, 0.25], [0.25, 0.5, 0.25], [0.75, 0.125, 0.125], [0.0, 1.0, 0.0], [0.25, 0.25, 0.5]]> : tensor<5x3xf32>
  %a4_0 = tensor.cast %c4_0 : tensor<5x3xf32> to tensor<?x?xf32>
  %c4_1 = arith.constant dense<[0, 0, 1, -1, 2]> : tensor<5xi32>
  %a4_1 = tensor.cast %c4_1 : tensor<5xi32> to tensor<?xi32>
  %c4_2 = arith.constant dense<[2, 1, 3]> : tensor<3xi32>
  %a4_2 = tensor.cast %c4_2 : tensor<3xi32> to tensor<?xi32>
  %r4:2 = func.call @pool(%a4_0, %a4_1, %a4_2) : (tensor<?x?xf32>, tensor<?xi32>, tensor<?xi32>) -> (tensor<?x?xi32>, tensor<?x?xf32>)
  %u4_0 = tensor.cast %r4#0 : tensor<?x?xi32> to tensor<*xi32>
  call @printMemrefI32(%u4_0) : (tensor<*xi32>) -> ()
  %u4_1 = tensor.cast %r4#1 : tensor<?x?xf32> to tensor<*xf32>
  call @printMemrefF32(%u4_1) : (tensor<*xf32>) -> ()
  return
}
func.func private @printMemrefF32(%x: tensor<*xf32>)
func.func private @printMemrefI32(%x: tensor<*xi32>)

// after: an EOS ends its document
// CHECK: shape [2, 6]
// CHECK-NEXT: {{\[\[}}0, 1, 1, 1, 2, 2],
// CHECK-NEXT: [3, 3, 4, 5, 5, 5]]
// CHECK-NEXT: shape []
// CHECK-NEXT: [6]
// before: an EOS opens the next document, one at position 0 opens nothing
// CHECK-NEXT: shape [2, 6]
// CHECK-NEXT: {{\[\[}}0, 0, 0, 1, 1, 2],
// CHECK-NEXT: [3, 4, 5, 5, 5, 5]]
// CHECK-NEXT: shape []
// CHECK-NEXT: [6]
// padding belongs to no document and ends none
// CHECK-NEXT: shape [2, 6]
// CHECK-NEXT: {{\[\[}}0, 1, 1, 1, 2, 2],
// CHECK-NEXT: [3, 3, 4, -1, -1, 5]]
// CHECK-NEXT: shape []
// CHECK-NEXT: [6]
// before_pad
// CHECK-NEXT: shape [2, 6]
// CHECK-NEXT: {{\[\[}}0, 0, 0, 1, 1, 2],
// CHECK-NEXT: [3, 4, 5, -1, -1, 5]]
// CHECK-NEXT: shape []
// CHECK-NEXT: [6]
// ties keep the lower index; padding counts nowhere and is not masked
// CHECK-NEXT: shape [3, 3]
// CHECK-NEXT: {{\[\[}}1, 1, 0],
// CHECK-NEXT: [1, 0, 0],
// CHECK-NEXT: [1, 1, 1]]
// CHECK-NEXT: shape [5, 3]
// CHECK-NEXT: {{\[\[}}0.5, 0.25, -inf],
// CHECK-NEXT: [0.25, 0.5, -inf],
// CHECK-NEXT: [0.75, -inf, -inf],
// CHECK-NEXT: [0, 1, 0],
// CHECK-NEXT: [0.25, 0.25, 0.5]]
