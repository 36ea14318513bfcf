// RUN: split-file %s %t
// DEFINE: %{set} =
// DEFINE: %{model} =
// DEFINE: %{prune} = not emo-opt --pass-pipeline='builtin.module(emo-prune-experts{experts=%{set}})' %t/%{model}.mlir 2>&1 | FileCheck %s
// RUN: not emo-opt --emo-prune-experts %t/model.mlir 2>&1 | FileCheck %s --check-prefix=NONE
// NONE: error: emo-prune-experts: expects the option experts to name an expert set, got none
// REDEFINE: %{model} = model
// REDEFINE: %{set} = %t/missing.json
// RUN: %{prune} --check-prefix=MISSING
// MISSING: missing.json' cannot be read: No such file or directory
// REDEFINE: %{set} = %t/layers.json
// RUN: %{prune} --check-prefix=LAYERS
// LAYERS: layers.json
// LAYERS-SAME: 2
// REDEFINE: %{set} = %t/range.json
// RUN: %{prune} --check-prefix=RANGE
// RANGE: range.json
// RANGE-SAME: layer 0
// RANGE-SAME: 9
// REDEFINE: %{set} = %t/hash.json
// RUN: %{prune} --check-prefix=HASH
// HASH: hash.json
// HASH-SAME: beef
// HASH-SAME: abcd
// REDEFINE: %{set} = %t/good.json
// REDEFINE: %{model} = step
// RUN: %{prune} --check-prefix=STEP
// STEP: 'func.func' op is an entry point derived from @forward already; prune experts before emo-build-entry-points
// REDEFINE: %{model} = pruned
// RUN: %{prune} --check-prefix=PRUNED
// PRUNED: emo-prune-experts: the module is pruned already; prune the model it was made from
// REDEFINE: %{model} = scoped
// RUN: %{prune} --check-prefix=SCOPED
// SCOPED: 'emo.route' op chooses from document pools; prune experts before emo-scope-experts-to-documents
// REDEFINE: %{model} = dynamic
// RUN: %{prune} --check-prefix=DYNAMIC
// DYNAMIC: 'emo.route' op expects a fixed number of experts to prune, got 'tensor<?x?xf32>'
// REDEFINE: %{model} = dense
// RUN: %{prune} --check-prefix=DENSE
// DENSE: expects a router, found no emo.route
// REDEFINE: %{model} = reader
// RUN: %{prune} --check-prefix=READER
// READER: 'linalg.generic' op reads the indices of experts that are pruned; expected emo.group_by_expert
// REDEFINE: %{model} = offsets
// RUN: %{prune} --check-prefix=OFFSETS
// OFFSETS: 'tensor.extract' op reads the offsets of experts that are pruned; expected emo.expert_mlp or emo.grouped_matmul
// REDEFINE: %{model} = count
// RUN: %{prune} --check-prefix=COUNT
// COUNT: 'emo.group_by_expert' op expects the router's 4 experts, got 'num_experts' = 5
// REDEFINE: %{model} = mixer
// REDEFINE: %{set} = %t/one.json
// RUN: %{prune} --check-prefix=MIXER
// MIXER: 'emo.route' op expects at least 2 routed experts to be kept, got 1
// REDEFINE: %{model} = shared
// REDEFINE: %{set} = %t/shared.json
// RUN: %{prune} --check-prefix=SHARED
// SHARED: shared.json' layer 0 keeps shared experts alone, expected a routed one beside them

//--- good.json
{"layers": [{"keep": [0, 2, 3]}]}
//--- one.json
{"layers": [{"keep": [2]}]}
//--- shared.json
{"layers": [{"keep": [4]}]}
//--- layers.json
{"layers": [{"keep": [0]}, {"keep": [1]}]}
//--- range.json
{"layers": [{"keep": [0, 9]}]}
//--- hash.json
{"model": {"hash": "beef"}, "layers": [{"keep": [0, 2]}]}

//--- model.mlir
module attributes {emo.model = {hash = "abcd"}} {
  func.func @forward(%l: tensor<?x4xf32>) -> tensor<?x2xf32> {
    %w, %i = emo.route %l {top_k = 2 : i64} : tensor<?x4xf32> -> tensor<?x2xf32>, tensor<?x2xi32>
    return %w : tensor<?x2xf32>
  }
}
//--- step.mlir
func.func @forward(%l: tensor<?x4xf32>) -> tensor<?x2xf32> {
  %w, %i = emo.route %l {top_k = 2 : i64} : tensor<?x4xf32> -> tensor<?x2xf32>, tensor<?x2xi32>
  return %w : tensor<?x2xf32>
}
func.func @step() {
  return
}
//--- pruned.mlir
module attributes {emo.model = {expert_set = {}}} {
  func.func @forward(%l: tensor<?x4xf32>) -> tensor<?x2xf32> {
    %w, %i = emo.route %l {top_k = 2 : i64} : tensor<?x4xf32> -> tensor<?x2xf32>, tensor<?x2xi32>
    return %w : tensor<?x2xf32>
  }
}
//--- scoped.mlir
func.func @forward(%l: tensor<?x4xf32>, %p: tensor<1x4xi1>) -> tensor<?x2xf32> {
  %m = emo.mask_experts %l, %p : tensor<?x4xf32>, tensor<1x4xi1>
  %w, %i = emo.route %m {top_k = 2 : i64} : tensor<?x4xf32> -> tensor<?x2xf32>, tensor<?x2xi32>
  return %w : tensor<?x2xf32>
}
//--- dynamic.mlir
func.func @forward(%l: tensor<?x?xf32>) -> tensor<?x2xf32> {
  %w, %i = emo.route %l {top_k = 2 : i64} : tensor<?x?xf32> -> tensor<?x2xf32>, tensor<?x2xi32>
  return %w : tensor<?x2xf32>
}
//--- dense.mlir
func.func @forward(%l: tensor<?x4xf32>) -> tensor<?x4xf32> {
  return %l : tensor<?x4xf32>
}
//--- reader.mlir
func.func @forward(%l: tensor<?x4xf32>, %e: tensor<?x2xi32>) -> tensor<?x2xi32> {
  %w, %i = emo.route %l {top_k = 2 : i64} : tensor<?x4xf32> -> tensor<?x2xf32>, tensor<?x2xi32>
  %r = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]}
      ins(%i : tensor<?x2xi32>) outs(%e : tensor<?x2xi32>) {
  ^bb0(%v: i32, %u: i32):
    %p = arith.addi %v, %v : i32
    linalg.yield %p : i32
  } -> tensor<?x2xi32>
  return %r : tensor<?x2xi32>
}
//--- offsets.mlir
func.func @forward(%l: tensor<?x4xf32>) -> i32 {
  %w, %i = emo.route %l {top_k = 2 : i64} : tensor<?x4xf32> -> tensor<?x2xf32>, tensor<?x2xi32>
  %o, %t, %n = emo.group_by_expert %i {num_experts = 4 : i64} : tensor<?x2xi32> -> tensor<5xi32>, tensor<?xi32>, tensor<?x2xi32>
  %c1 = arith.constant 1 : index
  %first = tensor.extract %o[%c1] : tensor<5xi32>
  return %first : i32
}
//--- count.mlir
func.func @forward(%l: tensor<?x4xf32>) -> tensor<6xi32> {
  %w, %i = emo.route %l {top_k = 2 : i64} : tensor<?x4xf32> -> tensor<?x2xf32>, tensor<?x2xi32>
  %o, %t, %n = emo.group_by_expert %i {num_experts = 5 : i64} : tensor<?x2xi32> -> tensor<6xi32>, tensor<?xi32>, tensor<?x2xi32>
  return %o : tensor<6xi32>
}
//--- mixer.mlir
func.func @forward(%l: tensor<?x4xf32>) -> tensor<?x2xf32> {
  %w, %i = emo.route %l {top_k = 2 : i64, sparse_mixer = true} : tensor<?x4xf32> -> tensor<?x2xf32>, tensor<?x2xi32>
  return %w : tensor<?x2xf32>
}
//--- shared.mlir
func.func @forward(%l: tensor<?x4xf32>) -> tensor<?x3xf32> {
  %w, %i = emo.route %l {top_k = 2 : i64, num_shared = 1 : i64} : tensor<?x4xf32> -> tensor<?x3xf32>, tensor<?x3xi32>
  return %w : tensor<?x3xf32>
}
