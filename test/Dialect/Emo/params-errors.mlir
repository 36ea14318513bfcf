// RUN: emo-opt %s --split-input-file --verify-diagnostics

// expected-error @+1 {{'emo.param' op expects at least one source}}
emo.param @w : tensor<2xf32> from []
// -----
// expected-error @+1 {{'emo.param' op expects sources to be #emo.source, #emo.literal or #emo.rope_table, got 1 : i64}}
emo.param @w : tensor<2xf32> from [1]
// -----
// expected-error @+1 {{'emo.param' op expects a source offset of at least 0, got -8}}
emo.param @w : tensor<2xf32> from [#emo.source<"m", -8, tensor<2xf32>>]
// -----
// expected-error @+1 {{'emo.param' op expects a source that ends before 2^63, got offset 9223372036854775800 and 8 bytes}}
emo.param @w : tensor<2xf32> from [#emo.source<"m", 9223372036854775800, tensor<2xf32>>]
// -----
// expected-error @+1 {{'emo.param' op expects a source's transforms to be weight transforms, got 1 : i64}}
emo.param @w : tensor<2xf32> from [#emo.source<"m", 0, tensor<2xf32>, [1]>]
// -----
// expected-error @+1 {{'emo.param' op expects the program to consist of weight transforms, got "cast"}}
emo.param @w : tensor<2xf32> from [#emo.source<"m", 0, tensor<2xf32>>] program ["cast"]
// -----
// expected-error @+1 {{'emo.param' op expects sources that differ in dimension 0 only, got 'tensor<2x3xf32>' and 'tensor<2x4xf32>'}}
emo.param @w : tensor<4x3xf32> from [#emo.source<"m", 0, tensor<2x3xf32>>, #emo.source<"m", 0, tensor<2x4xf32>>]
// -----
// expected-error @+1 {{'emo.param' op expects sources that differ in dimension 0 only, got 'tensor<2xf32>' and 'tensor<2xbf16>'}}
emo.param @w : tensor<4xf32> from [#emo.source<"m", 0, tensor<2xf32>>, #emo.source<"m", 0, tensor<2xbf16>>]
// -----
// expected-error @+1 {{'emo.param' op expects sources that differ in dimension 0 only, got 'tensor<f32>' and 'tensor<f32>'}}
emo.param @w : tensor<2xf32> from [#emo.source<"m", 0, tensor<f32>>, #emo.source<"m", 0, tensor<f32>>]
// -----
// expected-error @+1 {{'emo.param' op expects its type to be what sources and program give, got 'tensor<3xf32>' and 'tensor<2xf32>'}}
emo.param @w : tensor<3xf32> from [#emo.source<"m", 0, tensor<2xf32>>]
// -----
// Elements and sizes.
// expected-error @+1 {{'emo.param' op expects elements that are integers of 1, 8, 16, 32 or 64 bits, f16, bf16, f32 or f64, got 'tensor<2xi4>'}}
emo.param @w : tensor<2xf32> from [#emo.source<"m", 0, tensor<2xi4>>] program [#emo.cast<f32>]
// -----
// expected-error @+1 {{'emo.param' op expects elements that are integers of 1, 8, 16, 32 or 64 bits, f16, bf16, f32 or f64, got 'tensor<2xf80>'}}
emo.param @w : tensor<2xf80> from [#emo.source<"m", 0, tensor<2xf32>>] program [#emo.cast<f80>]
// -----
// expected-error @+1 {{'emo.param' op expects elements that are integers of 1, 8, 16, 32 or 64 bits, f16, bf16, f32 or f64, got 'tensor<2xindex>'}}
emo.param @w : tensor<2xindex> from [#emo.literal<dense<1> : tensor<2xindex>>]
// -----
// expected-error @+1 {{'emo.param' op expects a literal to be a tensor, got 'vector<2xf32>'}}
emo.param @w : tensor<2xf32> from [#emo.literal<dense<1.0> : vector<2xf32>>]
// -----
// expected-error @+1 {{'emo.param' op expects a static shape of less than 2^60 elements, got 'tensor<?xf32>'}}
emo.param @w : tensor<2xf32> from [#emo.source<"m", 0, tensor<?xf32>>]
// -----
// expected-error @+1 {{'emo.param' op expects a static shape of less than 2^60 elements, got 'tensor<4294967296x4294967296xf32>'}}
emo.param @w : tensor<2xf32> from [#emo.source<"m", 0, tensor<4294967296x4294967296xf32>>]
// -----
// expected-error @+1 {{'emo.param' op expects a static shape of less than 2^60 elements, got 'tensor<1152921504606846976xf32>'}}
emo.param @w : tensor<1152921504606846976xf32> from [#emo.source<"m", 0, tensor<576460752303423488xf32>>, #emo.source<"m", 0, tensor<576460752303423488xf32>>]
// -----
// Tables.
// expected-error @+1 {{'emo.param' op expects a rotary table of some positions, an even dimension and half as many frequencies, got 2 positions, dimension 3 and 1 frequencies}}
emo.param @w : tensor<2x3xf32> from [#emo.rope_table<2, 3, 1.0 : f64>]
// -----
// expected-error @+1 {{'emo.param' op expects a rotary table of some positions, an even dimension and half as many frequencies, got -2 positions, dimension 4 and 2 frequencies}}
emo.param @w : tensor<2x4xf32> from [#emo.rope_table<-2, 4, 1.0 : f64>]
// -----
// expected-error @+1 {{'emo.param' op expects a rotary table of some positions, an even dimension and half as many frequencies, got 2 positions, dimension 4 and 1 frequencies}}
emo.param @w : tensor<2x4xf32> from [#emo.rope_table<2, 4, 1.0 : f64, [1.0]>]
// -----
// expected-error @+1 {{'emo.param' op expects the theta of a rotary table to be finite and greater than 0, got 0.000000e+00}}
emo.param @w : tensor<2x4xf32> from [#emo.rope_table<2, 4, 0.0 : f64>]
// -----
// expected-error @+1 {{'emo.param' op expects the theta of a rotary table to be finite and greater than 0, got nan}}
emo.param @w : tensor<2x4xf32> from [#emo.rope_table<2, 4, 0x7FF8000000000000 : f64>]
// -----
// expected-error @+1 {{'emo.param' op expects the frequencies of a rotary table to be finite, got INF}}
emo.param @w : tensor<2x4xf32> from [#emo.rope_table<2, 4, 1.0 : f64, [1.0, 0x7FF0000000000000]>]
// -----
// expected-error @+1 {{'emo.param' op expects a static shape of less than 2^60 elements, got 'tensor<4611686018427387904x4xf32>'}}
emo.param @w : tensor<4x4xf32> from [#emo.rope_table<4611686018427387904, 4, 1.0 : f64>]
// -----
// Transforms.
// expected-error @+1 {{'emo.param' op expects a dimension of 'tensor<2xf32>', got 1}}
emo.param @w : tensor<2xf32> from [#emo.source<"m", 0, tensor<2xf32>>] program [#emo.select<1, [0]>]
// -----
// expected-error @+1 {{'emo.param' op expects a dimension of 'tensor<2xf32>', got -1}}
emo.param @w : tensor<2xf32> from [#emo.source<"m", 0, tensor<2xf32>>] program [#emo.slice<-1, 0, 1>]
// -----
// expected-error @+1 {{'emo.param' op expects selected indices below 2, got 2}}
emo.param @w : tensor<1xf32> from [#emo.source<"m", 0, tensor<2xf32>>] program [#emo.select<0, [2]>]
// -----
// expected-error @+1 {{'emo.param' op expects selected indices below 2, got -1}}
emo.param @w : tensor<1xf32> from [#emo.source<"m", 0, tensor<2xf32>>] program [#emo.select<0, [-1]>]
// -----
// expected-error @+1 {{'emo.param' op expects a slice inside dimension 0 of size 2, got offset 1 and size 2}}
emo.param @w : tensor<2xf32> from [#emo.source<"m", 0, tensor<2xf32>>] program [#emo.slice<0, 1, 2>]
// -----
// expected-error @+1 {{'emo.param' op expects a permutation of the dimensions of 'tensor<2x3xf32>', got #emo.transpose<[0, 0]>}}
emo.param @w : tensor<2x3xf32> from [#emo.source<"m", 0, tensor<2x3xf32>>] program [#emo.transpose<[0, 0]>]
// -----
// expected-error @+1 {{'emo.param' op expects a permutation of the dimensions of 'tensor<2x3xf32>', got #emo.transpose<[0]>}}
emo.param @w : tensor<2x3xf32> from [#emo.source<"m", 0, tensor<2x3xf32>>] program [#emo.transpose<[0]>]
// -----
// expected-error @+1 {{'emo.param' op expects a static shape, got #emo.reshape<[-1, 2]>}}
emo.param @w : tensor<2xf32> from [#emo.source<"m", 0, tensor<2xf32>>] program [#emo.reshape<[-1, 2]>]
// -----
// expected-error @+1 {{'emo.param' op expects a shape of 2 elements, got #emo.reshape<[3]>}}
emo.param @w : tensor<3xf32> from [#emo.source<"m", 0, tensor<2xf32>>] program [#emo.reshape<[3]>]
// -----
// expected-error @+1 {{'emo.param' op expects a cast to an integer or floating-point type, got 'index'}}
emo.param @w : tensor<2xindex> from [#emo.source<"m", 0, tensor<2xf32>>] program [#emo.cast<index>]
// -----
// expected-error @+1 {{'emo.param' op expects f32 or bf16 weights [E, N, K], got 'tensor<2x2xf32>'}}
emo.param @w : tensor<2x2xf32> from [#emo.source<"m", 0, tensor<2x2xf32>>] program [#emo.pack<gated = false>]
// -----
// expected-error @+1 {{'emo.param' op expects f32 or bf16 weights [2, E, N, K], got 'tensor<3x1x2x2xf32>'}}
emo.param @w : tensor<2x2xf32> from [#emo.source<"m", 0, tensor<3x1x2x2xf32>>] program [#emo.pack<gated = true>]
// -----
// expected-error @+1 {{'emo.param' op expects f32 or bf16 weights [E, N, K], got 'tensor<1x2x2xf16>'}}
emo.param @w : tensor<2x2xf32> from [#emo.source<"m", 0, tensor<1x2x2xf16>>] program [#emo.pack<gated = false>]
// -----
func.func @f() -> tensor<2xf32> {
  // expected-error @+1 {{'emo.param.ref' op expects 'w' to be an emo.param of the module, found none}}
  %0 = emo.param.ref @w : tensor<2xf32>
  return %0 : tensor<2xf32>
}
// -----
emo.param @w : tensor<2xf32> from [#emo.source<"m", 0, tensor<2xf32>>]
func.func @f() -> tensor<3xf32> {
  // expected-error @+1 {{'emo.param.ref' op expects the type of 'w', 'tensor<2xf32>', got 'tensor<3xf32>'}}
  %0 = emo.param.ref @w : tensor<3xf32>
  return %0 : tensor<3xf32>
}
// -----
emo.param @w : tensor<2x2xf32> from [#emo.source<"m", 0, tensor<2x2xf32>>]
func.func @f() -> memref<2x2xf32, strided<[1, 2]>> {
  // expected-error @+1 {{'emo.param.ref' op expects the type of 'w', 'tensor<2x2xf32>', got 'memref<2x2xf32, strided<[1, 2]>>'}}
  %0 = emo.param.ref @w : memref<2x2xf32, strided<[1, 2]>>
  return %0 : memref<2x2xf32, strided<[1, 2]>>
}
// -----
func.func @w() -> tensor<2xf32> {
  // expected-error @+1 {{'emo.param.ref' op expects 'w' to be an emo.param of the module, found none}}
  %0 = emo.param.ref @w : tensor<2xf32>
  return %0 : tensor<2xf32>
}
// -----
// expected-note @+1 {{see existing symbol definition here}}
emo.param @w : tensor<2xf32> from [#emo.source<"m", 0, tensor<2xf32>>]
// expected-error @+1 {{redefinition of symbol named 'w'}}
emo.param @w : tensor<2xf32> from [#emo.source<"m", 8, tensor<2xf32>>]
// -----
// expected-error @+1 {{'emo.param' op attribute 'type' failed to satisfy constraint: type attribute of statically shaped tensor of any type values}}
emo.param @w : f32 from [#emo.source<"m", 0, tensor<2xf32>>]
// -----
// expected-error @+1 {{expects repeat after a #emo.source, got #emo.literal<dense<1.000000e+00> : tensor<2xf32>>}}
emo.param @p : tensor<4xf32> from [#emo.literal<dense<1.0> : tensor<2xf32>> repeat(2 by 8)]
// -----
// expected-error @+1 {{expects to repeat a source 1 to 1048576 times, got 1048577}}
emo.param @p : tensor<4xf32> from [#emo.source<"m", 0, tensor<4xf32>> repeat(1048577 by 8)]
// -----
// expected-error @+1 {{expects to repeat a source 1 to 1048576 times, got 0}}
emo.param @p : tensor<4xf32> from [#emo.source<"m", 0, tensor<4xf32>> repeat(0 by 8)]
// -----
// expected-error @+1 {{repeats a source past the largest offset, found 3 by 9223372036854775807}}
emo.param @p : tensor<4xf32> from [#emo.source<"m", 0, tensor<4xf32>> repeat(3 by 9223372036854775807)]
