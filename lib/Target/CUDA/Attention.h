// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the kernels of emo.kernel.attention share.
#ifndef EMO_LIB_TARGET_CUDA_ATTENTION_H
#define EMO_LIB_TARGET_CUDA_ATTENTION_H

#include "Alignment.h"
#include "Kernels.h"

namespace emo::cuda {

/// A launch's operands or its kernel's arguments; those that an op has not are null.
struct AttentionArgs {
  Value q, k, v, keys, values, out, table, start, segments, sequence, capacity;
  Value qStrides[3], kStrides[3], vStrides[3]; // of batch, token, head
  Value partial, tops;                         // of splits: sums [split, row, D], largest score and sum [split, row, 2]

  /// Those that are not null, in a fixed order, and the same structure with other values.
  Values list() const;
  AttentionArgs with(ValueRange values) const;

private:
  template <typename Self, typename F>
  static void each(Self &self, F visit);
};

/// What is known about an op.
struct AttentionForm {
  explicit AttentionForm(KernelAttentionOp op);

  Value q; // the operand
  Type element;
  int64_t heads, kvHeads, size;
  double scale;
  bool causal;
  int group;          // elements of q, k and v that a thread takes at once; divides size / 2
  std::string key;

  int64_t shared() const { return heads / kvHeads; } // heads of q per head of k
};

/// Parts of all attention kernels.
class AttentionWriter {
public:
  AttentionWriter(DeviceEmit &e, const AttentionForm &form, const AttentionArgs &args)
      : e(e), form(form), args(args), element(form.element), f32(e.b.getF32Type()), i32(e.b.getI32Type()), size(form.size) {}

protected:
  /// Tokens of the row that are in the cache already.
  Value startOf(Value batch) { return args.start ? e.load(i32, e.elementAt(args.start, batch, i32), 4) : e.c(0); }
  Value rowOf(Value base, const Value (&strides)[3], Value batch, Value token, Value head);
  Value qRow(Value batch, Value token, Value head) { return rowOf(args.q, args.qStrides, batch, token, head); }
  Value cacheRow(Value base, Value batch, Value kvHead, Value position);
  Value outRow(Value batch, Value token, Value head);
  /// Elements `column` and `column` + D / 2 onwards of `row`, rotated to `position` and rounded to the element type when there is a table.
  std::pair<Value, Value> rotatedHalves(Value row, Value position, Value column);
  Value segmentAt(Value batch, Value token) { return e.load(i32, e.at(e.rowAt(args.segments, batch, args.sequence, i32), token, i32), 4); }
  /// Scores are kept times log2(e): 2^x is an instruction.
  double scoreScale() { return form.scale * 1.44269504088896340736; }
  /// `top`, or 0 where no key has been seen: then all terms 2^(-inf - 0) are 0.
  Value shiftFor(Value top);
  Value lowest() { return e.f32(-std::numeric_limits<double>::infinity()); }
  /// Keys [low, high) that some query of [first, first + count) of the row may see, and with segments whether the queries belong to one document,
  /// and which. All threads of the block take part and `scratch` (8 bytes for each warp of shared memory) is for this alone.
  struct KeyRange {
    Value low, high, isSingle, segment;
  };
  KeyRange keyRange(Value batch, Value start, Value first, int count, Value scratch);

  DeviceEmit &e;
  const AttentionForm &form;
  const AttentionArgs &args;
  Type element, f32, i32;
  int64_t size;
};

// Each launches one kernel.
void launchFewQueries(DeviceHost &host, KernelLibrary &library, const AttentionForm &form, const AttentionArgs &operands);
bool canLaunchMatrixQueries(const AttentionForm &form);
void launchMatrixQueries(DeviceHost &host, KernelLibrary &library, const AttentionForm &form, const AttentionArgs &operands);
bool canLaunchManyQueries(const AttentionForm &form);
void launchManyQueries(DeviceHost &host, KernelLibrary &library, const AttentionForm &form, const AttentionArgs &operands);

} // namespace emo::cuda
#endif // EMO_LIB_TARGET_CUDA_ATTENTION_H
