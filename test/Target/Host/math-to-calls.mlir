// RUN: emo-opt %s --emo-math-to-calls | FileCheck %s

// CHECK-DAG: func.func private @erff(f32) -> f32
// CHECK-DAG: func.func private @cbrt(f64) -> f64
// CHECK: func.func @f
func.func @f(%x: f32, %y: f64, %z: bf16) -> (f32, f64, bf16, f32) {
  // CHECK: call @erff(%{{.*}}) : (f32) -> f32
  // CHECK: call @cbrt(%{{.*}}) : (f64) -> f64
  // CHECK: %[[WIDE:.*]] = arith.extf %{{.*}} : bf16 to f32
  // CHECK: %[[ERF:.*]] = call @erff(%[[WIDE]])
  // CHECK: arith.truncf %[[ERF]] : f32 to bf16
  // CHECK: math.exp
  %0 = math.erf %x : f32
  %1 = math.cbrt %y : f64
  %2 = math.erf %z : bf16
  %3 = math.exp %x : f32
  return %0, %1, %2, %3 : f32, f64, bf16, f32
}

// Kernels have vector code of their own.
module @kernels attributes {emo.isa = "x86-64-v4"} {
  // CHECK: math.erf %{{.*}} : vector<16xf32>
  func.func @k(%x: vector<16xf32>) -> vector<16xf32> {
    %0 = math.erf %x : vector<16xf32>
    return %0 : vector<16xf32>
  }
}
