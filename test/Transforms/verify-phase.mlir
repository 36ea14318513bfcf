// RUN: emo-opt %s --emo-verify-phase="phase=raise record=true" | FileCheck %s --check-prefix=RAISE
// RUN: emo-opt %s --emo-verify-phase="phase=raise" | FileCheck %s --check-prefix=CHECKED

// RAISE: module attributes {emo.phase = "raise"}
// CHECKED-NOT: emo.phase
func.func @forward(%x: tensor<?x8xf32>, %w: tensor<4x8xf32>) -> tensor<?x4xf32> {
  %0 = emo.linear %x, %w : tensor<?x8xf32>, tensor<4x8xf32> -> tensor<?x4xf32>
  return %0 : tensor<?x4xf32>
}
