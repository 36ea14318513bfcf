// RUN: not emo-opt %s --emo-scope-experts-to-documents=boundary=inside 2>&1 | FileCheck %s --check-prefix=BOUNDARY
// BOUNDARY: error: emo-scope-experts-to-documents: expects the option boundary to be after or before, got 'inside'
// RUN: not emo-opt %s --emo-scope-experts-to-documents=attention-boundary=x 2>&1 | FileCheck %s --check-prefix=SECOND
// SECOND: error: emo-scope-experts-to-documents: expects the option attention-boundary to be after or before, got 'x'
// RUN: not emo-opt %s --emo-scope-experts-to-documents=attention=full 2>&1 | FileCheck %s --check-prefix=ATTENTION
// ATTENTION: error: emo-scope-experts-to-documents: expects the option attention to be documents or causal, got 'full'
// RUN: not emo-opt %s --emo-scope-experts-to-documents=pools=0 2>&1 | FileCheck %s --check-prefix=POOLS
// POOLS: error: emo-scope-experts-to-documents: expects the option pools to be input, none or a number of experts, got '0'
// RUN: not emo-opt %s --emo-scope-experts-to-documents=pools=1 2>&1 | FileCheck %s --check-prefix=SMALL
// SMALL: error: emo-scope-experts-to-documents: expects the option pools to be a size of at least top_k = 2, or tokens would choose experts outside their pool, got '1'
// RUN: not emo-opt %s --emo-scope-experts-to-documents="pools=none attention=causal" 2>&1 | FileCheck %s --check-prefix=NOTHING
// NOTHING: error: emo-scope-experts-to-documents: expects the option attention to be documents when pools are none: there is nothing to do, got 'causal'

module attributes {emo.model = {eos_token_id = 1 : i64}} {
  func.func @forward(%ids: tensor<?x?xi64> {emo.role = "token_ids"}, %l: tensor<?x7xf32>) -> tensor<?x2xf32> {
    %w, %i = emo.route %l {top_k = 2 : i64} : tensor<?x7xf32> -> tensor<?x2xf32>, tensor<?x2xi32>
    return %w : tensor<?x2xf32>
  }
}
