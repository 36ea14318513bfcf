// RUN: emo-opt %s -split-input-file -verify-diagnostics

func.func @name(%x: tensor<f32>) {
  // expected-error@+1 {{'onnx.node' op expects an operator name, got an empty string}}
  onnx.node "" version 1 (%x) : (tensor<f32>) -> ()
  return
}

// -----

func.func @version(%x: tensor<f32>) {
  // expected-error@+1 {{'onnx.node' op expects a schema version of 1 or more, got 0}}
  onnx.node "Neg" version 0 (%x) : (tensor<f32>) -> ()
  return
}

// -----

func.func @not_increasing(%x: tensor<f32>) {
  // expected-error@+1 {{'onnx.node' op expects omitted_operands to be strictly increasing, got 1 after 1}}
  onnx.node "Clip" version 13 (%x, %x) without_operands [1, 1] : (tensor<f32>, tensor<f32>) -> ()
  return
}

// -----

func.func @beyond(%x: tensor<f32>) {
  // expected-error@+1 {{'onnx.node' op expects each of omitted_results to be below the 2 positions of the node, got 2}}
  %0 = onnx.node "Clip" version 13 (%x) without_results [2] : (tensor<f32>) -> tensor<f32>
  return
}

// -----

func.func @negative(%x: tensor<f32>) {
  // expected-error@+1 {{'onnx.node' op expects each of omitted_operands to be below the 2 positions of the node, got -1}}
  onnx.node "Clip" version 13 (%x) without_operands [-1] : (tensor<f32>) -> ()
  return
}

// -----

func.func @region_count(%x: tensor<i1>) {
  // expected-error@+1 {{'onnx.node' op expects a region for each name in subgraphs, got 0 regions and 1 names}}
  "onnx.node"(%x) <{op_type = "If", domain = "", version = 1 : i64, node_attributes = {}, omitted_operands = array<i64>, omitted_results = array<i64>, subgraphs = ["then_branch"]}> : (tensor<i1>) -> ()
  return
}

// -----

func.func @same_name(%x: tensor<i1>) {
  // expected-error@+1 {{'onnx.node' op expects the names in subgraphs to differ, got "body" twice}}
  onnx.node "If" version 1 (%x) subgraph "body" { onnx.yield } subgraph "body" { onnx.yield } : (tensor<i1>) -> ()
  return
}

// -----

func.func @no_block(%x: tensor<i1>) {
  // expected-error@+1 {{'onnx.node' op expects subgraph "body" to have one block, got 0}}
  onnx.node "If" version 1 (%x) subgraph "body" { } : (tensor<i1>) -> ()
  return
}

// -----

func.func @no_yield(%x: tensor<i1>) {
  // expected-error@+1 {{'onnx.node' op expects subgraph "body" to end in 'onnx.yield'}}
  onnx.node "If" version 1 (%x) subgraph "body" { "llvm.unreachable"() : () -> () } : (tensor<i1>) -> ()
  return
}
