// RUN: emo-opt %s --split-input-file --verify-diagnostics
// Constraints of dispatch and experts, in the order of docs/dialect.md.

// emo.group_by_expert: C1
func.func @f(%i: tensor<?x2xi32>) {
  // expected-error @+1 {{'emo.group_by_expert' op expects 'num_experts' between 1 and 2147483647, got 0}}
  %o, %t, %v = emo.group_by_expert %i {num_experts = 0 : i64} : tensor<?x2xi32> -> tensor<5xi32>, tensor<?xi32>, tensor<?x2xi32>
  return
}
// -----
func.func @f(%i: tensor<?x2xi32>) {
  // expected-error @+1 {{'emo.group_by_expert' op expects 'num_experts' between 1 and 2147483647, got 2147483648}}
  %o, %t, %v = emo.group_by_expert %i {num_experts = 2147483648 : i64} : tensor<?x2xi32> -> tensor<5xi32>, tensor<?xi32>, tensor<?x2xi32>
  return
}
// -----
// C2
func.func @f(%i: tensor<?xi32>) {
  // expected-error @+1 {{'emo.group_by_expert' op expects 'indices' to be [T, k], got 'tensor<?xi32>'}}
  %o, %t, %v = emo.group_by_expert %i {num_experts = 4 : i64} : tensor<?xi32> -> tensor<5xi32>, tensor<?xi32>, tensor<?x2xi32>
  return
}
// -----
func.func @f(%i: tensor<?x2xi32>) {
  // expected-error @+1 {{'emo.group_by_expert' op expects 'offsets' to be [E + 1], got 'tensor<5x1xi32>'}}
  %o, %t, %v = emo.group_by_expert %i {num_experts = 4 : i64} : tensor<?x2xi32> -> tensor<5x1xi32>, tensor<?xi32>, tensor<?x2xi32>
  return
}
// -----
func.func @f(%i: tensor<?x2xi32>) {
  // expected-error @+1 {{'emo.group_by_expert' op expects 'offsets' to be [E + 1] with E = 4 from 'num_experts', got 'tensor<4xi32>'}}
  %o, %t, %v = emo.group_by_expert %i {num_experts = 4 : i64} : tensor<?x2xi32> -> tensor<4xi32>, tensor<?xi32>, tensor<?x2xi32>
  return
}
// -----
func.func @f(%i: tensor<?x2xi32>) {
  // expected-error @+1 {{'emo.group_by_expert' op expects 'offsets' to be [E + 1], got 'tensor<0xi32>'}}
  %o, %t, %v = emo.group_by_expert %i {num_experts = 4 : i64} : tensor<?x2xi32> -> tensor<0xi32>, tensor<?xi32>, tensor<?x2xi32>
  return
}
// -----
func.func @f(%i: tensor<?x2xi32>) {
  // expected-error @+1 {{'emo.group_by_expert' op expects 'tokens' to be [T * k], got 'tensor<?x2xi32>'}}
  %o, %t, %v = emo.group_by_expert %i {num_experts = 4 : i64} : tensor<?x2xi32> -> tensor<5xi32>, tensor<?x2xi32>, tensor<?x2xi32>
  return
}
// -----
func.func @f(%i: tensor<3x2xi32>) {
  // expected-error @+1 {{'emo.group_by_expert' op expects 'tokens' to be [T * k] with T = 3 and k = 2, got 'tensor<5xi32>'}}
  %o, %t, %v = emo.group_by_expert %i {num_experts = 4 : i64} : tensor<3x2xi32> -> tensor<5xi32>, tensor<5xi32>, tensor<?x2xi32>
  return
}
// -----
func.func @f(%i: tensor<?x2xi32>) {
  // expected-error @+1 {{'emo.group_by_expert' op expects 'inverse' to be [T, k], got 'tensor<?xi32>'}}
  %o, %t, %v = emo.group_by_expert %i {num_experts = 4 : i64} : tensor<?x2xi32> -> tensor<5xi32>, tensor<?xi32>, tensor<?xi32>
  return
}
// -----
func.func @f(%i: tensor<?x2xi32>) {
  // expected-error @+1 {{'emo.group_by_expert' op expects 'inverse' to be [T, k] with k = 2 from 'indices', got 'tensor<?x3xi32>'}}
  %o, %t, %v = emo.group_by_expert %i {num_experts = 4 : i64} : tensor<?x2xi32> -> tensor<5xi32>, tensor<?xi32>, tensor<?x3xi32>
  return
}
// -----
func.func @f(%i: tensor<3x2xi32>) {
  // expected-error @+1 {{'emo.group_by_expert' op expects 'inverse' to be [T, k] with T = 3 from 'indices', got 'tensor<4x2xi32>'}}
  %o, %t, %v = emo.group_by_expert %i {num_experts = 4 : i64} : tensor<3x2xi32> -> tensor<5xi32>, tensor<?xi32>, tensor<4x2xi32>
  return
}
// -----
// C3
func.func @f(%i: tensor<1073741824x2xi32>) {
  // expected-error @+1 {{'emo.group_by_expert' op expects less than 2^31 choices, got T = 1073741824 and k = 2}}
  %o, %t, %v = emo.group_by_expert %i {num_experts = 4 : i64} : tensor<1073741824x2xi32> -> tensor<5xi32>, tensor<?xi32>, tensor<?x2xi32>
  return
}
// -----
func.func @f(%i: tensor<9223372036854775807x2xi32>) {
  // expected-error @+1 {{'emo.group_by_expert' op expects less than 2^31 choices, got T = 9223372036854775807 and k = 2}}
  %o, %t, %v = emo.group_by_expert %i {num_experts = 4 : i64} : tensor<9223372036854775807x2xi32> -> tensor<5xi32>, tensor<?xi32>, tensor<?x2xi32>
  return
}
// -----
// emo.dispatch: C1
func.func @f(%x: tensor<8xf32>, %t: tensor<?xi32>) {
  // expected-error @+1 {{'emo.dispatch' op expects 'x' to be [T, H], got 'tensor<8xf32>'}}
  %r = emo.dispatch %x, %t : tensor<8xf32>, tensor<?xi32> -> tensor<?x8xf32>
  return
}
// -----
func.func @f(%x: tensor<?x8xf32>, %t: tensor<?x?xi32>) {
  // expected-error @+1 {{'emo.dispatch' op expects 'tokens' to be [N], got 'tensor<?x?xi32>'}}
  %r = emo.dispatch %x, %t : tensor<?x8xf32>, tensor<?x?xi32> -> tensor<?x8xf32>
  return
}
// -----
func.func @f(%x: tensor<?x8xf32>, %t: tensor<?xi32>) {
  // expected-error @+1 {{'emo.dispatch' op expects 'rows' to be [N, H], got 'tensor<8xf32>'}}
  %r = emo.dispatch %x, %t : tensor<?x8xf32>, tensor<?xi32> -> tensor<8xf32>
  return
}
// -----
func.func @f(%x: tensor<?x8xf32>, %t: tensor<?xi32>) {
  // expected-error @+1 {{'emo.dispatch' op expects 'rows' to be [N, H] with H = 8 from 'x', got 'tensor<?x7xf32>'}}
  %r = emo.dispatch %x, %t : tensor<?x8xf32>, tensor<?xi32> -> tensor<?x7xf32>
  return
}
// -----
func.func @f(%x: tensor<?x8xf32>, %t: tensor<3xi32>) {
  // expected-error @+1 {{'emo.dispatch' op expects 'rows' to be [N, H] with N = 3 from 'tokens', got 'tensor<4x8xf32>'}}
  %r = emo.dispatch %x, %t : tensor<?x8xf32>, tensor<3xi32> -> tensor<4x8xf32>
  return
}
// -----
// C2
func.func @f(%x: tensor<?x8xf32>, %t: tensor<?xi32>) {
  // expected-error @+1 {{'emo.dispatch' op expects 'rows' of the elements of 'x', 'f32', got 'tensor<?x8xf64>'}}
  %r = emo.dispatch %x, %t : tensor<?x8xf32>, tensor<?xi32> -> tensor<?x8xf64>
  return
}
// -----
// emo.grouped_matmul: C1
func.func @f(%r: tensor<8xf32>, %w: tensor<4x16x8xf32>, %o: tensor<5xi32>) {
  // expected-error @+1 {{'emo.grouped_matmul' op expects 'rows' to be [N, K], got 'tensor<8xf32>'}}
  %y = emo.grouped_matmul %r, %w, %o : tensor<8xf32>, tensor<4x16x8xf32>, tensor<5xi32> -> tensor<?x16xf32>
  return
}
// -----
func.func @f(%r: tensor<?x8xf32>, %w: tensor<16x8xf32>, %o: tensor<5xi32>) {
  // expected-error @+1 {{'emo.grouped_matmul' op expects 'weights' to be [E, M, K], got 'tensor<16x8xf32>'}}
  %y = emo.grouped_matmul %r, %w, %o : tensor<?x8xf32>, tensor<16x8xf32>, tensor<5xi32> -> tensor<?x16xf32>
  return
}
// -----
func.func @f(%r: tensor<?x8xf32>, %w: tensor<4x16x7xf32>, %o: tensor<5xi32>) {
  // expected-error @+1 {{'emo.grouped_matmul' op expects 'weights' to be [E, M, K] with K = 8 from 'rows', got 'tensor<4x16x7xf32>'}}
  %y = emo.grouped_matmul %r, %w, %o : tensor<?x8xf32>, tensor<4x16x7xf32>, tensor<5xi32> -> tensor<?x16xf32>
  return
}
// -----
func.func @f(%r: tensor<?x8xf32>, %w: tensor<4x16x8xf32>, %o: tensor<?x?xi32>) {
  // expected-error @+1 {{'emo.grouped_matmul' op expects 'offsets' to be [E + 1], got 'tensor<?x?xi32>'}}
  %y = emo.grouped_matmul %r, %w, %o : tensor<?x8xf32>, tensor<4x16x8xf32>, tensor<?x?xi32> -> tensor<?x16xf32>
  return
}
// -----
func.func @f(%r: tensor<?x8xf32>, %w: tensor<4x16x8xf32>, %o: tensor<4xi32>) {
  // expected-error @+1 {{'emo.grouped_matmul' op expects 'offsets' to be [E + 1] with E = 4 from 'weights', got 'tensor<4xi32>'}}
  %y = emo.grouped_matmul %r, %w, %o : tensor<?x8xf32>, tensor<4x16x8xf32>, tensor<4xi32> -> tensor<?x16xf32>
  return
}
// -----
func.func @f(%r: tensor<?x8xf32>, %w: tensor<4x16x8xf32>, %o: tensor<0xi32>) {
  // expected-error @+1 {{'emo.grouped_matmul' op expects 'offsets' to be [E + 1], got 'tensor<0xi32>'}}
  %y = emo.grouped_matmul %r, %w, %o : tensor<?x8xf32>, tensor<4x16x8xf32>, tensor<0xi32> -> tensor<?x16xf32>
  return
}
// -----
func.func @f(%r: tensor<?x8xf32>, %w: tensor<4x16x8xf32>, %o: tensor<5xi32>, %b: tensor<16xf32>) {
  // expected-error @+1 {{'emo.grouped_matmul' op expects 'bias' to be [E, M], got 'tensor<16xf32>'}}
  %y = emo.grouped_matmul %r, %w, %o bias(%b : tensor<16xf32>) : tensor<?x8xf32>, tensor<4x16x8xf32>, tensor<5xi32> -> tensor<?x16xf32>
  return
}
// -----
func.func @f(%r: tensor<?x8xf32>, %w: tensor<4x16x8xf32>, %o: tensor<5xi32>, %b: tensor<3x16xf32>) {
  // expected-error @+1 {{'emo.grouped_matmul' op expects 'bias' to be [E, M] with E = 4 from 'weights', got 'tensor<3x16xf32>'}}
  %y = emo.grouped_matmul %r, %w, %o bias(%b : tensor<3x16xf32>) : tensor<?x8xf32>, tensor<4x16x8xf32>, tensor<5xi32> -> tensor<?x16xf32>
  return
}
// -----
func.func @f(%r: tensor<?x8xf32>, %w: tensor<4x16x8xf32>, %o: tensor<5xi32>, %b: tensor<4x15xf32>) {
  // expected-error @+1 {{'emo.grouped_matmul' op expects 'bias' to be [E, M] with M = 16 from 'weights', got 'tensor<4x15xf32>'}}
  %y = emo.grouped_matmul %r, %w, %o bias(%b : tensor<4x15xf32>) : tensor<?x8xf32>, tensor<4x16x8xf32>, tensor<5xi32> -> tensor<?x16xf32>
  return
}
// -----
func.func @f(%r: tensor<?x8xf32>, %w: tensor<4x16x8xf32>, %o: tensor<5xi32>) {
  // expected-error @+1 {{'emo.grouped_matmul' op expects 'result' to be [N, M], got 'tensor<16xf32>'}}
  %y = emo.grouped_matmul %r, %w, %o : tensor<?x8xf32>, tensor<4x16x8xf32>, tensor<5xi32> -> tensor<16xf32>
  return
}
// -----
func.func @f(%r: tensor<?x8xf32>, %w: tensor<4x16x8xf32>, %o: tensor<5xi32>) {
  // expected-error @+1 {{'emo.grouped_matmul' op expects 'result' to be [N, M] with M = 16 from 'weights', got 'tensor<?x15xf32>'}}
  %y = emo.grouped_matmul %r, %w, %o : tensor<?x8xf32>, tensor<4x16x8xf32>, tensor<5xi32> -> tensor<?x15xf32>
  return
}
// -----
func.func @f(%r: tensor<3x8xf32>, %w: tensor<4x16x8xf32>, %o: tensor<5xi32>) {
  // expected-error @+1 {{'emo.grouped_matmul' op expects 'result' to be [N, M] with N = 3 from 'rows', got 'tensor<2x16xf32>'}}
  %y = emo.grouped_matmul %r, %w, %o : tensor<3x8xf32>, tensor<4x16x8xf32>, tensor<5xi32> -> tensor<2x16xf32>
  return
}
// -----
// emo.expert_mlp: C1
func.func @f(%r: tensor<8xf32>, %o: tensor<5xi32>, %u: tensor<4x16x8xf32>, %d: tensor<4x6x16xf32>) {
  // expected-error @+1 {{'emo.expert_mlp' op expects 'rows' to be [N, H], got 'tensor<8xf32>'}}
  %y = emo.expert_mlp %r, %o up(%u : tensor<4x16x8xf32>) down(%d : tensor<4x6x16xf32>) : tensor<8xf32>, tensor<5xi32> -> tensor<?x6xf32>
  return
}
// -----
func.func @f(%r: tensor<?x8xf32>, %o: tensor<5xi32>, %u: tensor<16x8xf32>, %d: tensor<4x6x16xf32>) {
  // expected-error @+1 {{'emo.expert_mlp' op expects 'up' to be [E, I, H], got 'tensor<16x8xf32>'}}
  %y = emo.expert_mlp %r, %o up(%u : tensor<16x8xf32>) down(%d : tensor<4x6x16xf32>) : tensor<?x8xf32>, tensor<5xi32> -> tensor<?x6xf32>
  return
}
// -----
func.func @f(%r: tensor<?x8xf32>, %o: tensor<5xi32>, %u: tensor<4x16x7xf32>, %d: tensor<4x6x16xf32>) {
  // expected-error @+1 {{'emo.expert_mlp' op expects 'up' to be [E, I, H] with H = 8 from 'rows', got 'tensor<4x16x7xf32>'}}
  %y = emo.expert_mlp %r, %o up(%u : tensor<4x16x7xf32>) down(%d : tensor<4x6x16xf32>) : tensor<?x8xf32>, tensor<5xi32> -> tensor<?x6xf32>
  return
}
// -----
func.func @f(%r: tensor<?x8xf32>, %o: tensor<?x?xi32>, %u: tensor<4x16x8xf32>, %d: tensor<4x6x16xf32>) {
  // expected-error @+1 {{'emo.expert_mlp' op expects 'offsets' to be [E + 1], got 'tensor<?x?xi32>'}}
  %y = emo.expert_mlp %r, %o up(%u : tensor<4x16x8xf32>) down(%d : tensor<4x6x16xf32>) : tensor<?x8xf32>, tensor<?x?xi32> -> tensor<?x6xf32>
  return
}
// -----
func.func @f(%r: tensor<?x8xf32>, %o: tensor<4xi32>, %u: tensor<4x16x8xf32>, %d: tensor<4x6x16xf32>) {
  // expected-error @+1 {{'emo.expert_mlp' op expects 'offsets' to be [E + 1] with E = 4 from 'up', got 'tensor<4xi32>'}}
  %y = emo.expert_mlp %r, %o up(%u : tensor<4x16x8xf32>) down(%d : tensor<4x6x16xf32>) : tensor<?x8xf32>, tensor<4xi32> -> tensor<?x6xf32>
  return
}
// -----
func.func @f(%r: tensor<?x8xf32>, %o: tensor<5xi32>, %u: tensor<4x16x8xf32>, %d: tensor<6x16xf32>) {
  // expected-error @+1 {{'emo.expert_mlp' op expects 'down' to be [E, O, I], got 'tensor<6x16xf32>'}}
  %y = emo.expert_mlp %r, %o up(%u : tensor<4x16x8xf32>) down(%d : tensor<6x16xf32>) : tensor<?x8xf32>, tensor<5xi32> -> tensor<?x6xf32>
  return
}
// -----
func.func @f(%r: tensor<?x8xf32>, %o: tensor<5xi32>, %u: tensor<4x16x8xf32>, %d: tensor<3x6x16xf32>) {
  // expected-error @+1 {{'emo.expert_mlp' op expects 'down' to be [E, O, I] with E = 4 from 'up', got 'tensor<3x6x16xf32>'}}
  %y = emo.expert_mlp %r, %o up(%u : tensor<4x16x8xf32>) down(%d : tensor<3x6x16xf32>) : tensor<?x8xf32>, tensor<5xi32> -> tensor<?x6xf32>
  return
}
// -----
func.func @f(%r: tensor<?x8xf32>, %o: tensor<5xi32>, %u: tensor<4x16x8xf32>, %d: tensor<4x6x15xf32>) {
  // expected-error @+1 {{'emo.expert_mlp' op expects 'down' to be [E, O, I] with I = 16 from 'up', got 'tensor<4x6x15xf32>'}}
  %y = emo.expert_mlp %r, %o up(%u : tensor<4x16x8xf32>) down(%d : tensor<4x6x15xf32>) : tensor<?x8xf32>, tensor<5xi32> -> tensor<?x6xf32>
  return
}
// -----
func.func @f(%r: tensor<?x8xf32>, %o: tensor<5xi32>, %u: tensor<4x16x8xf32>, %d: tensor<4x6x16xf32>, %g: tensor<16x8xf32>) {
  // expected-error @+1 {{'emo.expert_mlp' op expects 'gate' to be [E, I, H], got 'tensor<16x8xf32>'}}
  %y = emo.expert_mlp %r, %o up(%u : tensor<4x16x8xf32>) down(%d : tensor<4x6x16xf32>) gate(%g : tensor<16x8xf32>) : tensor<?x8xf32>, tensor<5xi32> -> tensor<?x6xf32>
  return
}
// -----
func.func @f(%r: tensor<?x8xf32>, %o: tensor<5xi32>, %u: tensor<4x16x8xf32>, %d: tensor<4x6x16xf32>, %g: tensor<3x16x8xf32>) {
  // expected-error @+1 {{'emo.expert_mlp' op expects 'gate' to be [E, I, H] with E = 4 from 'up', got 'tensor<3x16x8xf32>'}}
  %y = emo.expert_mlp %r, %o up(%u : tensor<4x16x8xf32>) down(%d : tensor<4x6x16xf32>) gate(%g : tensor<3x16x8xf32>) : tensor<?x8xf32>, tensor<5xi32> -> tensor<?x6xf32>
  return
}
// -----
func.func @f(%r: tensor<?x8xf32>, %o: tensor<5xi32>, %u: tensor<4x16x8xf32>, %d: tensor<4x6x16xf32>, %g: tensor<4x15x8xf32>) {
  // expected-error @+1 {{'emo.expert_mlp' op expects 'gate' to be [E, I, H] with I = 16 from 'up', got 'tensor<4x15x8xf32>'}}
  %y = emo.expert_mlp %r, %o up(%u : tensor<4x16x8xf32>) down(%d : tensor<4x6x16xf32>) gate(%g : tensor<4x15x8xf32>) : tensor<?x8xf32>, tensor<5xi32> -> tensor<?x6xf32>
  return
}
// -----
func.func @f(%r: tensor<?x8xf32>, %o: tensor<5xi32>, %u: tensor<4x16x8xf32>, %d: tensor<4x6x16xf32>, %g: tensor<4x16x7xf32>) {
  // expected-error @+1 {{'emo.expert_mlp' op expects 'gate' to be [E, I, H] with H = 8 from 'rows', got 'tensor<4x16x7xf32>'}}
  %y = emo.expert_mlp %r, %o up(%u : tensor<4x16x8xf32>) down(%d : tensor<4x6x16xf32>) gate(%g : tensor<4x16x7xf32>) : tensor<?x8xf32>, tensor<5xi32> -> tensor<?x6xf32>
  return
}
// -----
func.func @f(%r: tensor<?x8xf32>, %o: tensor<5xi32>, %u: tensor<4x16x8xf32>, %d: tensor<4x6x16xf32>, %ub: tensor<16xf32>) {
  // expected-error @+1 {{'emo.expert_mlp' op expects 'up_bias' to be [E, I], got 'tensor<16xf32>'}}
  %y = emo.expert_mlp %r, %o up(%u : tensor<4x16x8xf32>) down(%d : tensor<4x6x16xf32>) up_bias(%ub : tensor<16xf32>) : tensor<?x8xf32>, tensor<5xi32> -> tensor<?x6xf32>
  return
}
// -----
func.func @f(%r: tensor<?x8xf32>, %o: tensor<5xi32>, %u: tensor<4x16x8xf32>, %d: tensor<4x6x16xf32>, %ub: tensor<3x16xf32>) {
  // expected-error @+1 {{'emo.expert_mlp' op expects 'up_bias' to be [E, I] with E = 4 from 'up', got 'tensor<3x16xf32>'}}
  %y = emo.expert_mlp %r, %o up(%u : tensor<4x16x8xf32>) down(%d : tensor<4x6x16xf32>) up_bias(%ub : tensor<3x16xf32>) : tensor<?x8xf32>, tensor<5xi32> -> tensor<?x6xf32>
  return
}
// -----
func.func @f(%r: tensor<?x8xf32>, %o: tensor<5xi32>, %u: tensor<4x16x8xf32>, %d: tensor<4x6x16xf32>, %ub: tensor<4x15xf32>) {
  // expected-error @+1 {{'emo.expert_mlp' op expects 'up_bias' to be [E, I] with I = 16 from 'up', got 'tensor<4x15xf32>'}}
  %y = emo.expert_mlp %r, %o up(%u : tensor<4x16x8xf32>) down(%d : tensor<4x6x16xf32>) up_bias(%ub : tensor<4x15xf32>) : tensor<?x8xf32>, tensor<5xi32> -> tensor<?x6xf32>
  return
}
// -----
func.func @f(%r: tensor<?x8xf32>, %o: tensor<5xi32>, %u: tensor<4x16x8xf32>, %d: tensor<4x6x16xf32>, %db: tensor<6xf32>) {
  // expected-error @+1 {{'emo.expert_mlp' op expects 'down_bias' to be [E, O], got 'tensor<6xf32>'}}
  %y = emo.expert_mlp %r, %o up(%u : tensor<4x16x8xf32>) down(%d : tensor<4x6x16xf32>) down_bias(%db : tensor<6xf32>) : tensor<?x8xf32>, tensor<5xi32> -> tensor<?x6xf32>
  return
}
// -----
func.func @f(%r: tensor<?x8xf32>, %o: tensor<5xi32>, %u: tensor<4x16x8xf32>, %d: tensor<4x6x16xf32>, %db: tensor<3x6xf32>) {
  // expected-error @+1 {{'emo.expert_mlp' op expects 'down_bias' to be [E, O] with E = 4 from 'up', got 'tensor<3x6xf32>'}}
  %y = emo.expert_mlp %r, %o up(%u : tensor<4x16x8xf32>) down(%d : tensor<4x6x16xf32>) down_bias(%db : tensor<3x6xf32>) : tensor<?x8xf32>, tensor<5xi32> -> tensor<?x6xf32>
  return
}
// -----
func.func @f(%r: tensor<?x8xf32>, %o: tensor<5xi32>, %u: tensor<4x16x8xf32>, %d: tensor<4x6x16xf32>, %db: tensor<4x5xf32>) {
  // expected-error @+1 {{'emo.expert_mlp' op expects 'down_bias' to be [E, O] with O = 6 from 'down', got 'tensor<4x5xf32>'}}
  %y = emo.expert_mlp %r, %o up(%u : tensor<4x16x8xf32>) down(%d : tensor<4x6x16xf32>) down_bias(%db : tensor<4x5xf32>) : tensor<?x8xf32>, tensor<5xi32> -> tensor<?x6xf32>
  return
}
// -----
func.func @f(%r: tensor<?x8xf32>, %o: tensor<5xi32>, %u: tensor<4x16x8xf32>, %d: tensor<4x6x16xf32>, %g: tensor<4x16x8xf32>, %gb: tensor<16xf32>) {
  // expected-error @+1 {{'emo.expert_mlp' op expects 'gate_bias' to be [E, I], got 'tensor<16xf32>'}}
  %y = emo.expert_mlp %r, %o up(%u : tensor<4x16x8xf32>) down(%d : tensor<4x6x16xf32>) gate(%g : tensor<4x16x8xf32>) gate_bias(%gb : tensor<16xf32>) : tensor<?x8xf32>, tensor<5xi32> -> tensor<?x6xf32>
  return
}
// -----
func.func @f(%r: tensor<?x8xf32>, %o: tensor<5xi32>, %u: tensor<4x16x8xf32>, %d: tensor<4x6x16xf32>, %g: tensor<4x16x8xf32>, %gb: tensor<3x16xf32>) {
  // expected-error @+1 {{'emo.expert_mlp' op expects 'gate_bias' to be [E, I] with E = 4 from 'up', got 'tensor<3x16xf32>'}}
  %y = emo.expert_mlp %r, %o up(%u : tensor<4x16x8xf32>) down(%d : tensor<4x6x16xf32>) gate(%g : tensor<4x16x8xf32>) gate_bias(%gb : tensor<3x16xf32>) : tensor<?x8xf32>, tensor<5xi32> -> tensor<?x6xf32>
  return
}
// -----
func.func @f(%r: tensor<?x8xf32>, %o: tensor<5xi32>, %u: tensor<4x16x8xf32>, %d: tensor<4x6x16xf32>, %g: tensor<4x16x8xf32>, %gb: tensor<4x15xf32>) {
  // expected-error @+1 {{'emo.expert_mlp' op expects 'gate_bias' to be [E, I] with I = 16 from 'up', got 'tensor<4x15xf32>'}}
  %y = emo.expert_mlp %r, %o up(%u : tensor<4x16x8xf32>) down(%d : tensor<4x6x16xf32>) gate(%g : tensor<4x16x8xf32>) gate_bias(%gb : tensor<4x15xf32>) : tensor<?x8xf32>, tensor<5xi32> -> tensor<?x6xf32>
  return
}
// -----
func.func @f(%r: tensor<?x8xf32>, %o: tensor<5xi32>, %u: tensor<4x16x8xf32>, %d: tensor<4x6x16xf32>) {
  // expected-error @+1 {{'emo.expert_mlp' op expects 'result' to be [N, O], got 'tensor<6xf32>'}}
  %y = emo.expert_mlp %r, %o up(%u : tensor<4x16x8xf32>) down(%d : tensor<4x6x16xf32>) : tensor<?x8xf32>, tensor<5xi32> -> tensor<6xf32>
  return
}
// -----
func.func @f(%r: tensor<?x8xf32>, %o: tensor<5xi32>, %u: tensor<4x16x8xf32>, %d: tensor<4x6x16xf32>) {
  // expected-error @+1 {{'emo.expert_mlp' op expects 'result' to be [N, O] with O = 6 from 'down', got 'tensor<?x8xf32>'}}
  %y = emo.expert_mlp %r, %o up(%u : tensor<4x16x8xf32>) down(%d : tensor<4x6x16xf32>) : tensor<?x8xf32>, tensor<5xi32> -> tensor<?x8xf32>
  return
}
// -----
func.func @f(%r: tensor<3x8xf32>, %o: tensor<5xi32>, %u: tensor<4x16x8xf32>, %d: tensor<4x6x16xf32>) {
  // expected-error @+1 {{'emo.expert_mlp' op expects 'result' to be [N, O] with N = 3 from 'rows', got 'tensor<2x6xf32>'}}
  %y = emo.expert_mlp %r, %o up(%u : tensor<4x16x8xf32>) down(%d : tensor<4x6x16xf32>) : tensor<3x8xf32>, tensor<5xi32> -> tensor<2x6xf32>
  return
}
// -----
// C2
func.func @f(%r: tensor<?x8xf32>, %o: tensor<5xi32>, %u: tensor<4x16x8xf32>, %d: tensor<4x6x16xf32>, %gb: tensor<4x16xf32>) {
  // expected-error @+1 {{'emo.expert_mlp' op expects a 'gate' with 'gate_bias', got none}}
  %y = emo.expert_mlp %r, %o up(%u : tensor<4x16x8xf32>) down(%d : tensor<4x6x16xf32>) gate_bias(%gb : tensor<4x16xf32>) : tensor<?x8xf32>, tensor<5xi32> -> tensor<?x6xf32>
  return
}
// -----
func.func @f(%r: tensor<?x8xf32>, %o: tensor<5xi32>, %u: tensor<4x16x8xf32>, %d: tensor<4x6x16xf32>) {
  // expected-error @+1 {{'emo.expert_mlp' op expects a 'gate' with 'limit', got none}}
  %y = emo.expert_mlp %r, %o up(%u : tensor<4x16x8xf32>) down(%d : tensor<4x6x16xf32>) {limit = 7.0 : f64} : tensor<?x8xf32>, tensor<5xi32> -> tensor<?x6xf32>
  return
}
// -----
func.func @f(%r: tensor<?x8xf32>, %o: tensor<5xi32>, %u: tensor<4x16x8xf32>, %d: tensor<4x6x16xf32>) {
  // expected-error @+1 {{'emo.expert_mlp' op expects a 'gate' with 'beta', got none}}
  %y = emo.expert_mlp %r, %o up(%u : tensor<4x16x8xf32>) down(%d : tensor<4x6x16xf32>) {beta = 1.0 : f64} : tensor<?x8xf32>, tensor<5xi32> -> tensor<?x6xf32>
  return
}
// -----
// C3
func.func @f(%r: tensor<?x8xf32>, %o: tensor<5xi32>, %u: tensor<4x16x8xf32>, %d: tensor<4x6x16xf32>) {
  // expected-error @+1 {{'emo.expert_mlp' op expects 'alpha' with the activation silu only, got gelu}}
  %y = emo.expert_mlp %r, %o up(%u : tensor<4x16x8xf32>) down(%d : tensor<4x6x16xf32>) {activation = #emo.activation<gelu>, alpha = 1.702 : f64} : tensor<?x8xf32>, tensor<5xi32> -> tensor<?x6xf32>
  return
}
// -----
// C4
func.func @f(%r: tensor<?x8xf32>, %o: tensor<5xi32>, %u: tensor<4x16x8xf32>, %d: tensor<4x6x16xf32>, %g: tensor<4x16x8xf32>) {
  // expected-error @+1 {{'emo.expert_mlp' op expects 'limit' to be finite and at least 0, got -7.000000e+00}}
  %y = emo.expert_mlp %r, %o up(%u : tensor<4x16x8xf32>) down(%d : tensor<4x6x16xf32>) gate(%g : tensor<4x16x8xf32>) {limit = -7.0 : f64} : tensor<?x8xf32>, tensor<5xi32> -> tensor<?x6xf32>
  return
}
// -----
func.func @f(%r: tensor<?x8xf32>, %o: tensor<5xi32>, %u: tensor<4x16x8xf32>, %d: tensor<4x6x16xf32>, %g: tensor<4x16x8xf32>) {
  // expected-error @+1 {{'emo.expert_mlp' op expects 'limit' to be finite and at least 0, got nan}}
  %y = emo.expert_mlp %r, %o up(%u : tensor<4x16x8xf32>) down(%d : tensor<4x6x16xf32>) gate(%g : tensor<4x16x8xf32>) {limit = 0x7FF8000000000000 : f64} : tensor<?x8xf32>, tensor<5xi32> -> tensor<?x6xf32>
  return
}
// -----
func.func @f(%r: tensor<?x8xf32>, %o: tensor<5xi32>, %u: tensor<4x16x8xf32>, %d: tensor<4x6x16xf32>, %g: tensor<4x16x8xf32>) {
  // expected-error @+1 {{'emo.expert_mlp' op expects 'alpha' to be finite, got INF}}
  %y = emo.expert_mlp %r, %o up(%u : tensor<4x16x8xf32>) down(%d : tensor<4x6x16xf32>) gate(%g : tensor<4x16x8xf32>) {alpha = 0x7FF0000000000000 : f64} : tensor<?x8xf32>, tensor<5xi32> -> tensor<?x6xf32>
  return
}
// -----
func.func @f(%r: tensor<?x8xf32>, %o: tensor<5xi32>, %u: tensor<4x16x8xf32>, %d: tensor<4x6x16xf32>, %g: tensor<4x16x8xf32>) {
  // expected-error @+1 {{'emo.expert_mlp' op expects 'beta' to be finite, got -INF}}
  %y = emo.expert_mlp %r, %o up(%u : tensor<4x16x8xf32>) down(%d : tensor<4x6x16xf32>) gate(%g : tensor<4x16x8xf32>) {beta = 0xFFF0000000000000 : f64} : tensor<?x8xf32>, tensor<5xi32> -> tensor<?x6xf32>
  return
}
// -----
// emo.combine: C1
func.func @f(%r: tensor<8xf32>, %w: tensor<?x2xf32>, %i: tensor<?x2xi32>) {
  // expected-error @+1 {{'emo.combine' op expects 'rows' to be [N, H], got 'tensor<8xf32>'}}
  %y = emo.combine %r, %w, %i : tensor<8xf32>, tensor<?x2xf32>, tensor<?x2xi32> -> tensor<?x8xf32>
  return
}
// -----
func.func @f(%r: tensor<?x8xf32>, %w: tensor<?xf32>, %i: tensor<?x2xi32>) {
  // expected-error @+1 {{'emo.combine' op expects 'weights' to be [T, k], got 'tensor<?xf32>'}}
  %y = emo.combine %r, %w, %i : tensor<?x8xf32>, tensor<?xf32>, tensor<?x2xi32> -> tensor<?x8xf32>
  return
}
// -----
func.func @f(%r: tensor<?x8xf32>, %w: tensor<?x2xf32>, %i: tensor<?xi32>) {
  // expected-error @+1 {{'emo.combine' op expects 'inverse' to be [T, k], got 'tensor<?xi32>'}}
  %y = emo.combine %r, %w, %i : tensor<?x8xf32>, tensor<?x2xf32>, tensor<?xi32> -> tensor<?x8xf32>
  return
}
// -----
func.func @f(%r: tensor<?x8xf32>, %w: tensor<?x2xf32>, %i: tensor<?x3xi32>) {
  // expected-error @+1 {{'emo.combine' op expects 'inverse' to be [T, k] with k = 2 from 'weights', got 'tensor<?x3xi32>'}}
  %y = emo.combine %r, %w, %i : tensor<?x8xf32>, tensor<?x2xf32>, tensor<?x3xi32> -> tensor<?x8xf32>
  return
}
// -----
func.func @f(%r: tensor<?x8xf32>, %w: tensor<3x2xf32>, %i: tensor<4x2xi32>) {
  // expected-error @+1 {{'emo.combine' op expects 'inverse' to be [T, k] with T = 3 from 'weights', got 'tensor<4x2xi32>'}}
  %y = emo.combine %r, %w, %i : tensor<?x8xf32>, tensor<3x2xf32>, tensor<4x2xi32> -> tensor<?x8xf32>
  return
}
// -----
func.func @f(%r: tensor<?x8xf32>, %w: tensor<?x2xf32>, %i: tensor<?x2xi32>) {
  // expected-error @+1 {{'emo.combine' op expects 'result' to be [T, H], got 'tensor<8xf32>'}}
  %y = emo.combine %r, %w, %i : tensor<?x8xf32>, tensor<?x2xf32>, tensor<?x2xi32> -> tensor<8xf32>
  return
}
// -----
func.func @f(%r: tensor<?x8xf32>, %w: tensor<?x2xf32>, %i: tensor<?x2xi32>) {
  // expected-error @+1 {{'emo.combine' op expects 'result' to be [T, H] with H = 8 from 'rows', got 'tensor<?x7xf32>'}}
  %y = emo.combine %r, %w, %i : tensor<?x8xf32>, tensor<?x2xf32>, tensor<?x2xi32> -> tensor<?x7xf32>
  return
}
// -----
func.func @f(%r: tensor<?x8xf32>, %w: tensor<3x2xf32>, %i: tensor<?x2xi32>) {
  // expected-error @+1 {{'emo.combine' op expects 'result' to be [T, H] with T = 3 from 'weights', got 'tensor<4x8xf32>'}}
  %y = emo.combine %r, %w, %i : tensor<?x8xf32>, tensor<3x2xf32>, tensor<?x2xi32> -> tensor<4x8xf32>
  return
}
// -----
// emo.select: C1
func.func @f(%x: tensor<f32>) {
  // expected-error @+1 {{'emo.select' op expects 'x' of rank 1 to 8, got 'tensor<f32>'}}
  %r = emo.select %x {dim = 0 : i64, indices = array<i64: 0>} : tensor<f32> -> tensor<f32>
  return
}
// -----
func.func @f(%x: tensor<?x4xf32>) {
  // expected-error @+1 {{'emo.select' op expects 'dim' between 0 and 1, got 2}}
  %r = emo.select %x {dim = 2 : i64, indices = array<i64: 0>} : tensor<?x4xf32> -> tensor<?x1xf32>
  return
}
// -----
// C2
func.func @f(%x: tensor<?x4xf32>) {
  // expected-error @+1 {{'emo.select' op expects at least 1 index, got none}}
  %r = emo.select %x {dim = 1 : i64, indices = array<i64>} : tensor<?x4xf32> -> tensor<?x0xf32>
  return
}
// -----
func.func @f(%x: tensor<?x4xf32>) {
  // expected-error @+1 {{'emo.select' op expects 'indices' between 0 and 3, got 4}}
  %r = emo.select %x {dim = 1 : i64, indices = array<i64: 0, 4>} : tensor<?x4xf32> -> tensor<?x2xf32>
  return
}
// -----
func.func @f(%x: tensor<?x4xf32>) {
  // expected-error @+1 {{'emo.select' op expects 'indices' between 0 and 2147483647, got -1}}
  %r = emo.select %x {dim = 0 : i64, indices = array<i64: -1>} : tensor<?x4xf32> -> tensor<1x4xf32>
  return
}
// -----
// C3
func.func @f(%x: tensor<?x4xf32>) {
  // expected-error @+1 {{'emo.select' op expects 'result' to be [a, n] with n = 2 from 'indices', got 'tensor<?x3xf32>'}}
  %r = emo.select %x {dim = 1 : i64, indices = array<i64: 0, 3>} : tensor<?x4xf32> -> tensor<?x3xf32>
  return
}
// -----
// C4
func.func @f(%x: tensor<?x4xf32>) {
  // expected-error @+1 {{'emo.select' op expects 'result' of the elements of 'x', 'f32', got 'tensor<?x2xf64>'}}
  %r = emo.select %x {dim = 1 : i64, indices = array<i64: 0, 3>} : tensor<?x4xf32> -> tensor<?x2xf64>
  return
}
