// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file What the files of the reference lowering share.
///
/// Plainly right before fast: each step of an op's definition becomes one
/// linalg.generic whose body computes one element from the elements that it
/// needs. The same code serves tensors and buffers: loads are tensor.extract or
/// memref.load, temporaries tensor.empty or memref.alloc.
#ifndef EMO_LIB_CONVERSION_EMOTOLINALG_REFERENCE_H
#define EMO_LIB_CONVERSION_EMOTOLINALG_REFERENCE_H

#include "emo/Conversion/EmoToLinalg.h"
#include "emo/Dialect/Emo/IR/Emo.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace emo::reference {

using Indices = llvm::ArrayRef<mlir::Value>;
using Values = llvm::SmallVector<mlir::Value>;
using Sizes = llvm::SmallVector<mlir::OpFoldResult>;

inline mlir::ShapedType typeOf(mlir::Value value) {
  return llvm::cast<mlir::ShapedType>(value.getType());
}
inline mlir::Type elementOf(mlir::Value value) {
  return typeOf(value).getElementType();
}

/// The type to compute in: the widest of f32 and the operands' float types
/// (null values are ignored).
mlir::Type computeType(llvm::ArrayRef<mlir::Value> operands);

/// Builds the reference lowering of one op.
class Reference {
public:
  Reference(mlir::Operation *op, mlir::PatternRewriter &rewriter);

  using Element = llvm::function_ref<mlir::Value(Indices)>;
  using Elements = llvm::function_ref<Values(Indices, mlir::ValueRange)>;

  // Sizes.
  mlir::OpFoldResult size(mlir::Value shaped, int64_t dim);
  Sizes sizes(mlir::Value shaped);
  mlir::Value dim(mlir::Value shaped, int64_t dim);
  mlir::Value asValue(mlir::OpFoldResult size);
  mlir::OpFoldResult mulSizes(mlir::OpFoldResult a, mlir::OpFoldResult b);

  // Tensors or buffers.
  /// Without contents: a tensor.empty or a new buffer.
  mlir::Value empty(const Sizes &sizes, mlir::Type element);
  /// One out per result of a MODEL op, of these sizes.
  mlir::Value emptyFor(mlir::Value result, const Sizes &sizes);
  /// A temporary whose element at each position is body(indices).
  mlir::Value generate(const Sizes &sizes, mlir::Type element, Element body);
  /// `outs` (of one shape) after writing body(indices, old elements) to every
  /// position; buffers are written in place and returned.
  Values write(mlir::ValueRange outs, Elements body);
  mlir::Value writeOne(mlir::Value out, Element body);
  /// `value` (may be null) with its elements in `type`.
  mlir::Value widened(mlir::Value value, mlir::Type type);
  /// Replaces `op`'s results, or erases an op on buffers.
  void replace(mlir::Operation *op, mlir::ValueRange values);
  mlir::Value load(mlir::Value shaped, Indices indices);
  mlir::Value loadFloat(mlir::Value shaped, Indices indices, mlir::Type type);
  mlir::Value loadIndex(mlir::Value shaped, Indices indices);
  /// `shaped` with one element replaced (a buffer itself, after the store).
  mlir::Value store(mlir::Value value, mlir::Value shaped, Indices indices);

  // Loops.
  /// for i in from..to: carried values = body(i, carried values). Buffers among
  /// the initial values are not carried, only handed through.
  Values loop(mlir::Value from, mlir::Value to, mlir::ValueRange init,
              llvm::function_ref<Values(mlir::Value, mlir::ValueRange)> body);
  /// Sum over 0..count, from the first to the last.
  mlir::Value sum(mlir::Value count, mlir::Type type,
                  llvm::function_ref<mlir::Value(mlir::Value)> term);
  mlir::Value maximum(mlir::Value count, mlir::Type type,
                      llvm::function_ref<mlir::Value(mlir::Value)> term);
  /// How many of 0..count satisfy `condition`, as an index.
  mlir::Value count(mlir::Value count,
                    llvm::function_ref<mlir::Value(mlir::Value)> condition);
  /// `then()` where the condition holds, else `otherwise`.
  mlir::Value onlyIf(mlir::Value condition, mlir::Value otherwise,
                     llvm::function_ref<mlir::Value()> then);

  // Scalars.
  mlir::Value index(int64_t value);
  mlir::Value i32(int64_t value);
  mlir::Value boolean(bool value);
  mlir::Value real(mlir::Type type, double value);
  mlir::Value negativeInfinity(mlir::Type type);
  mlir::Value toFloat(mlir::Value value, mlir::Type type);
  mlir::Value toI32(mlir::Value index);
  mlir::Value toIndex(mlir::Value integer);
  mlir::Value add(mlir::Value x, mlir::Value y);
  mlir::Value sub(mlir::Value x, mlir::Value y);
  mlir::Value mul(mlir::Value x, mlir::Value y);
  mlir::Value div(mlir::Value x, mlir::Value y);
  mlir::Value exp(mlir::Value x);
  mlir::Value sigmoid(mlir::Value x);
  mlir::Value maxf(mlir::Value x, mlir::Value y);
  mlir::Value minf(mlir::Value x, mlir::Value y);
  mlir::Value greater(mlir::Value x, mlir::Value y);
  mlir::Value less(mlir::Value x, mlir::Value y);
  mlir::Value equal(mlir::Value x, mlir::Value y);
  mlir::Value both(mlir::Value x, mlir::Value y);
  mlir::Value either(mlir::Value x, mlir::Value y);
  mlir::Value select(mlir::Value condition, mlir::Value x, mlir::Value y);

  mlir::ImplicitLocOpBuilder b;

private:
  mlir::PatternRewriter &rewriter;
  bool buffers;
};

//===----------------------------------------------------------------------===//
// Steps that MODEL ops and kernel ops have in common; outs are tensors or
// buffers, the updated outs are returned.
//===----------------------------------------------------------------------===//

struct RouteOptions {
  int64_t topK, numShared;
  Scoring scoring;
  RouteOrder order;
  bool normalize;
  double epsilon, scale;
  int64_t numGroups = 1, topGroups = 1;
  bool sparseMixer = false;
  double jitter = 0;
};

/// softmax or sigmoid of each row of `logits` [T, R].
mlir::Value scoreRows(Reference &r, mlir::Value logits, Scoring scoring);
/// i32 [T, R]: how many elements of the row come before each one in descending
/// order, equal ones by index.
mlir::Value rankRows(Reference &r, mlir::Value values);
/// `logits` with -inf for the experts outside the token's pool [D, R];
/// `segments` null: the one row of the pool.
mlir::Value maskRows(Reference &r, mlir::Value logits, mlir::Value pool,
                     mlir::Value segments, mlir::Value out);
/// `logits` [T, R] and `shared` [T, S] (or null) in the type to compute in;
/// outs: weights and indices [T, topK + S].
Values route(Reference &r, mlir::Value logits, mlir::Value bias,
             mlir::Value shared, const RouteOptions &options,
             mlir::ValueRange outs);

/// outs: offsets, tokens, inverse.
Values groupByExpert(Reference &r, mlir::Value indices, mlir::ValueRange outs);
/// The expert of each of `rows` rows (index tensor).
mlir::Value expertOfRows(Reference &r, mlir::Value offsets,
                         mlir::OpFoldResult rows);

struct AttentionOptions {
  double scale;
  bool causal;
};
/// Key and value stores [B, Hkv, C, D] that hold the new keys [B, S, Hkv, D] at
/// start[b] + s (start may be null); everything else stays.
mlir::Value storeKeys(Reference &r, mlir::Value keys, mlir::Value start,
                      mlir::Value store);
/// `key` and `value` read element [b, position, kv head, d].
mlir::Value attend(Reference &r, mlir::Value q,
                   llvm::function_ref<mlir::Value(Indices, mlir::Type)> key,
                   llvm::function_ref<mlir::Value(Indices, mlir::Type)> value,
                   mlir::OpFoldResult kvHeads, mlir::Value start,
                   mlir::Value segments, const AttentionOptions &options,
                   mlir::Value out);

mlir::Value rmsNorm(Reference &r, mlir::Value x, mlir::Value weight,
                    double epsilon, mlir::Value out);
/// Dot products of the rows of a and b [T, H]; the type to compute in is out's.
mlir::Value rowDot(Reference &r, mlir::Value a, mlir::Value b, mlir::Value out);
/// -log softmax(logits)[target] over the last dimension.
mlir::Value crossEntropy(Reference &r, mlir::Value logits, mlir::Value targets,
                         mlir::Value out);
/// The ids of emo.sample.
mlir::Value sampleRows(Reference &r, mlir::Value logits, mlir::Value sampling,
                       mlir::Value out);

} // namespace emo::reference

#endif // EMO_LIB_CONVERSION_EMOTOLINALG_REFERENCE_H
