// RUN: emo-opt %s --split-input-file --verify-diagnostics
// Constraints of emo.launch, in the order of docs/dialect.md.

func.func @f(%x: vector<4xf32>, %n: index) {
  // expected-error @+1 {{'emo.launch' op operand #0 must be variadic of strided memref, integer of at most 64 bits, index, f32 or f64, but got 'vector<4xf32>'}}
  emo.launch "k"(%x) tasks(%n) scratch(%n) : vector<4xf32>
  return
}
// -----
func.func @f(%x: i128, %n: index) {
  // expected-error @+1 {{'emo.launch' op operand #0 must be variadic of strided memref, integer of at most 64 bits, index, f32 or f64, but got 'i128'}}
  emo.launch "k"(%x) tasks(%n) scratch(%n) : i128
  return
}
// -----
// C1
func.func @f(%n: index) {
  // expected-error @+1 {{'emo.launch' op expects a nested module with 'emo.isa' that has its kernel 'k', found no such module}}
  emo.launch "k"(%n) tasks(%n) scratch(%n) : index
  return
}
// -----
module {
  func.func @f(%n: index) {
    // expected-error @+1 {{'emo.launch' op expects its kernel 'k' for every module with 'emo.isa', in it or where 'emo.base_isa' leads, found none for that of "x86-64-v3"}}
    emo.launch "k"(%n) tasks(%n) scratch(%n) : index
    return
  }
  module @v2 attributes {emo.isa = "x86-64-v2"} {
    func.func @k(%args: !llvm.ptr, %task: i64, %scratch: !llvm.ptr) {
      return
    }
  }
  module @v3 attributes {emo.isa = "x86-64-v3"} {
  }
}
// -----
// A base that leads in a circle, and one that is not there.
module {
  func.func @f(%n: index) {
    // expected-error @+1 {{'emo.launch' op expects its kernel 'k' for every module with 'emo.isa', in it or where 'emo.base_isa' leads, found none for that of "x86-64-v2"}}
    emo.launch "k"(%n) tasks(%n) scratch(%n) : index
    return
  }
  module @v2 attributes {emo.isa = "x86-64-v2", emo.base_isa = "x86-64-v3"} {
  }
  module @v3 attributes {emo.isa = "x86-64-v3", emo.base_isa = "x86-64-v2"} {
  }
}
// -----
module {
  func.func @f(%n: index) {
    // expected-error @+1 {{'emo.launch' op expects its kernel 'k' for every module with 'emo.isa', in it or where 'emo.base_isa' leads, found none for that of "x86-64-v4"}}
    emo.launch "k"(%n) tasks(%n) scratch(%n) : index
    return
  }
  module @v4 attributes {emo.isa = "x86-64-v4", emo.base_isa = "x86-64-v3"} {
  }
}
