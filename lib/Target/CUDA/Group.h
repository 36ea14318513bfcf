// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// emo.kernel.group_by_expert, by itself and as the end of another kernel.
#ifndef EMO_LIB_TARGET_CUDA_GROUP_H
#define EMO_LIB_TARGET_CUDA_GROUP_H

#include "Kernels.h"

namespace emo::cuda {

/// What is known about an op.
struct GroupForm {
  explicit GroupForm(KernelGroupByExpertOp op);

  bool canLaunch() const { return choices > 0 && sharedBytes() <= kPlainSharedBytes; }
  int64_t sharedBytes(int tables = kTables) const { return (tables * warps + 1) * experts * 4; }
  int threads() const { return 32 * warps; }

  static constexpr int kTables = 3; // of counts of each warp: of this block's choices, of those before and those behind

  int64_t choices, experts; // of a token; of all
  int warps = 16;
};

/// Arguments of a kernel. Without `counts` a block counts all choices by itself.
struct GroupArgs {
  Value indices, counts, offsets, tokens, inverse;
  Value total, chunk; // choices, of all and of a block; chunk: a multiple of 32 for each warp
  bool isAlone = false; // one block has all choices
};

class GroupWriter {
public:
  GroupWriter(DeviceEmit &e, const GroupForm &form, const GroupArgs &args)
      : e(e), args(args), choices(form.choices), experts(form.experts), i32(e.b.getI32Type()) {}

  /// counts[block][expert] of the block's chunk.
  void writeCounts();
  void writeSort();

private:
  using ChoiceBody = Fn<void(Value choice, Value exists, Value expert, Value sameExpert)>;
  /// For groups of 32 choices, `step` apart, from `first` on, all lanes of a warp together; sameExpert: lanes.
  void eachChoice(Value first, Value end, int64_t step, ChoiceBody body);
  /// This warp's choices of the block's chunk.
  void eachOwnChoice(ChoiceBody body);
  /// Adds the lanes' choices to this warp's row of a table of counts.
  void count(int table, Value exists, Value expert, Value sameExpert);
  void clearTables();
  Value isFirstBlock() { return args.isAlone ? e.c(1, e.b.getI1Type()) : e.equal(e.block(), e.c(0)); }
  int tables() const { return args.counts || args.isAlone ? 1 : GroupForm::kTables; }
  /// Calls body(expert) for the experts of this thread.
  void eachExpert(Fn<void(Value)> body) { e.loop(e.thread(), e.c(experts), e.threads, body); }
  Value cell(int table, Value warp, Value expert) { return e.at(e.shared(table * e.warps() * experts * 4), e.add(e.mul(warp, experts), expert), i32); }
  Value sumCell(Value expert) { return e.at(e.shared(tables() * e.warps() * experts * 4), expert, i32); }
  Value get(Value address) { return e.load(i32, address, 4); }
  void put(Value value, Value address) { e.store(value, address, 4); }
  /// Choices of all warps that a table has of `expert`.
  Value sumOf(int table, Value expert);
  /// The sums of all smaller experts in place of each sum; the total goes to `offsets` as the last one.
  void scanSums();

  DeviceEmit &e;
  GroupArgs args;
  int64_t choices, experts;
  Type i32;
};

/// All launches of the op.
void launchGroup(KernelGroupByExpertOp op, const GroupForm &form, DeviceHost &host, KernelLibrary &library);

} // namespace emo::cuda
#endif // EMO_LIB_TARGET_CUDA_GROUP_H
