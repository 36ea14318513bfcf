// RUN: emo-opt %s --emo-kernels-to-cuda=archs=sm_80 --split-input-file --verify-diagnostics

func.func @rank(%x: memref<2x2x2x2x2x2x2x2x2xf32>) {
  %c = arith.constant 1.0 : f32
  // expected-error @+1 {{'linalg.fill' op has no CUDA kernel: expects memrefs of at most 8 dimensions and a body of arith and math ops on floats and integers}}
  linalg.fill ins(%c : f32) outs(%x : memref<2x2x2x2x2x2x2x2x2xf32>)
  return
}

// -----

// A size that depends on data.
func.func @size(%x: memref<4xi32>) -> memref<?xf32> {
  %c0 = arith.constant 0 : index
  // expected-error @+1 {{'memref.load' op has no CUDA kernel and would run on the host, where device memory cannot be read}}
  %0 = memref.load %x[%c0] : memref<4xi32>
  %1 = arith.index_cast %0 : i32 to index
  %2 = memref.alloc(%1) : memref<?xf32>
  return %2 : memref<?xf32>
}
