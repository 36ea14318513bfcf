// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file The proof that a value is a mixture of experts: what is found on the way.
#ifndef EMO_LIB_TRANSFORMS_RAISEONNX_EXPERTPROOF_H
#define EMO_LIB_TRANSFORMS_RAISEONNX_EXPERTPROOF_H

#include "RaiseOnnx.h"

namespace emo::raise {

/// One expert network applied to the row: down(act(gate(x)) * up(x)), or down(act(up(x))) without a gate.
struct ExpertMlp {
  ExprRef x = nullptr;                                     ///< x[t, k]: a load with the row and the summed variable
  ExprRef gate = nullptr, up = nullptr, down = nullptr;    ///< loads of the weights
  ExprRef inner = nullptr, hidden = nullptr, out = nullptr; ///< index variables: expert column, input column, output column
  Activation activation = Activation::Silu;
};

/// weight(t) * expert(x[t]).
struct Contribution {
  ExpertMlp mlp;
  ExprRef weight = nullptr;
};

/// How tokens choose: the TopK and what is around it.
struct Router {
  onnxir::NodeOp topK;
  mlir::Value x, weight; ///< logits = x * weight^T, weight [experts, hidden] before `firstRow` and `experts` select its rows
  bool transposed = false; ///< weight is [hidden, experts]
  int64_t firstRow = 0, experts = 0, choices = 0;
  Scoring scoring = Scoring::Softmax;
  RouteOrder order = RouteOrder::ScoreThenTopK;
};

/// The whole layer, ready to be built.
struct MoeLayer {
  Router router;
  mlir::Value x;
  int64_t numShared = 0;
  bool normalize = false;
  double epsilon = 0, scale = 1;
  Activation activation = Activation::Silu;
  llvm::SmallVector<ExpertWeight> gate, up, down; ///< in order of the expert's id, shared experts last
};

/// Tries to prove that `value` [T, H] is the output of the expert layer whose experts `topK` selects.
class ExpertProof {
public:
  ExpertProof(RaiseContext &context, ElementEvaluator &evaluator, onnxir::NodeOp topK)
      : context(context), evaluator(evaluator), factory(evaluator.getFactory()), topK(topK) {}

  /// On failure the missing fact is in `reason()`, and `progress()` says how far the proof came.
  bool prove(mlir::Value value, MoeLayer &layer);

  const std::string &reason() const { return why; }
  int progress() const { return steps; }

private:
  bool fail(const llvm::Twine &reason);

  bool proveRouter(Router &router);
  bool proveLogits(ExprRef logits, ExprRef expert, Router &router);
  bool collect(ExprRef element, llvm::SmallVectorImpl<Contribution> &found);
  bool collectTerm(ExprRef term, ExprRef outerWeight, llvm::SmallVectorImpl<Contribution> &found);
  bool collectChoices(ExprRef sum, ExprRef outerWeight, llvm::SmallVectorImpl<Contribution> &found);
  bool matchMlp(ExprRef expr, ExpertMlp &mlp);
  bool matchProjection(ExprRef expr, ExprRef inner, ExprRef &weight, ExprRef &x, ExprRef &hidden);
  bool assignExperts(llvm::ArrayRef<Contribution> found, MoeLayer &layer);
  bool assignGathered(llvm::ArrayRef<Contribution> found, MoeLayer &layer);
  bool assignStatic(llvm::ArrayRef<Contribution> found, MoeLayer &layer);
  bool matchWeight(ExprRef weight, ExprRef choice, MoeLayer &layer);
  bool expertWeight(ExprRef load, ExprRef row, ExprRef column, ExpertWeight &weight, ExprRef &expert);
  bool appendExpert(const ExpertMlp &mlp, int64_t expert, MoeLayer &layer);

  RaiseContext &context;
  ElementEvaluator &evaluator;
  ExprFactory &factory;
  onnxir::NodeOp topK;
  ExprRef token = nullptr, column = nullptr;
  std::string why;
  int steps = 0;
};

} // namespace emo::raise

#endif // EMO_LIB_TRANSFORMS_RAISEONNX_EXPERTPROOF_H
