// RUN: emo-opt %s --split-input-file --verify-diagnostics --emo-verify-phase=phase=raise
// RUN: not emo-opt %s --split-input-file --emo-verify-phase=phase=nonsense 2>&1 | FileCheck %s --check-prefix=NAME
// NAME: emo-verify-phase: expects the option phase to be one of import, raise, specialise, differentiate, kernels, bufferize, cuda, cpu, llvm, got 'nonsense'

func.func @dialect(%x: vector<4xf32>) -> vector<4xf32> {
  // expected-error @+2 {{'vector.broadcast' op is not allowed after phase 'raise', which leaves only emo and the dialects builtin, func, arith, math, tensor, linalg, affine, scf, cf}}
  %c = arith.constant 0.0 : f32
  %0 = vector.broadcast %c : f32 to vector<4xf32>
  return %0 : vector<4xf32>
}

// -----

func.func @group(%w: tensor<4x8xf32>, %i: tensor<?xi32>, %e: tensor<?x8xf32>) -> tensor<?x8xf32> {
  // expected-error @+2 {{'emo.kernel.gather_rows' op is not allowed after phase 'raise'}}
  // expected-note @+1 {{emo kernel ops do not belong to this phase}}
  %0 = emo.kernel.gather_rows table(%w : tensor<4x8xf32>) ids(%i : tensor<?xi32>) outs(%e : tensor<?x8xf32>) -> tensor<?x8xf32>
  return %0 : tensor<?x8xf32>
}

// -----

// expected-error @+1 {{'func.func' op has a value of type 'memref<4xf32>'; phase 'raise' expects tensors, no memrefs}}
func.func @types(%x: memref<4xf32>) {
  return
}
