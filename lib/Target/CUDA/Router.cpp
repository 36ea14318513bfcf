// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// emo.kernel.router: one launch; of few tokens, whose logits are more work than a block each can do, two. The second one is a single block then,
// which also groups the choices by expert.
#include "Alignment.h"
#include "Group.h"
#include "Router.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace emo;
using namespace emo::cuda;

static constexpr int kThreads = 128, kWarps = kThreads / 32;

namespace {

class RouterLaunches {
public:
  RouterLaunches(KernelRouterOp op, DeviceHost &host, KernelLibrary &library);
  bool fitsBlock() const { return kBlockTile.tokens * rows * 4 <= kPlainSharedBytes && rows >= kBlockTile.rows; }
  void launchTogether();
  void launchLogits(LogitTile tile, Value logits);
  void launchSelection(Value logits);
  /// One block, for few tokens.
  void launchSelectionAndGroup(Value logits, KernelGroupByExpertOp group, const GroupForm &form);

  Value tokens;
  int64_t size, rows;

private:
  static int threadsOf(LogitTile tile) { return 32 * tile.tokenWarps * tile.rowWarps; }
  /// From the launch's arguments that begin with those of `selection`.
  SelectArgs selectArgs(ValueRange args);

  KernelRouterOp op;
  DeviceHost &host;
  KernelLibrary &library;
  std::string key;
  Values selection; // operands
  int bias, pool, stride, segments, scores; // positions among them of those that not every router has; -1: none
};

} // namespace

RouterLaunches::RouterLaunches(KernelRouterOp op, DeviceHost &host, KernelLibrary &library)
    : tokens(host.dim(op.getX(), 0)), size(cast<MemRefType>(op.getX().getType()).getDimSize(1)),
      rows(cast<MemRefType>(op.getWeight().getType()).getDimSize(0)), op(op), host(host), library(library), key(keyOf(op)) {
  selection = {op.getOuts()[0], op.getOuts()[1], tokens};
  auto optional = [&](Value operand) {
    if (operand)
      selection.push_back(operand);
    return operand ? int(selection.size()) - 1 : -1;
  };
  bias = optional(op.getBias());
  pool = optional(op.getPool());
  stride = optional(op.getPool() ? host.stride(op.getPool(), 0) : Value());
  segments = optional(op.getSegments());
  scores = optional(op.getOuts().size() == 3 ? op.getOuts()[2] : Value());
}

SelectArgs RouterLaunches::selectArgs(ValueRange args) {
  auto at = [&](int i) { return i < 0 ? Value() : Value(args[i]); };
  return {args[0], args[1], args[2], at(bias), at(pool), at(stride), at(segments), at(scores)};
}

/// A block has 16 tokens, whose logits stay in shared memory.
void RouterLaunches::launchTogether() {
  constexpr LogitTile tile = kBlockTile;
  KernelShape shape{threadsOf(tile), groupFor({op.getX(), op.getWeight()}, size), tile.tokens * rows * 4};
  Values operands = selection;
  operands.append({op.getX(), op.getWeight()});
  StringRef name = library.get("router_" + Twine(size) + "x" + Twine(rows), key, shape, operands, [&](DeviceEmit &e, ValueRange args) {
    SelectArgs own = selectArgs(args);
    Value x = args[selection.size()], weight = args[selection.size() + 1];
    Value first = e.mul(e.block(), tile.tokens);
    Type f32 = e.b.getF32Type();
    auto rowOf = [&](Value token) { return e.at(e.shared(), e.mul(e.sub(token, first), rows), f32); };
    e.loop(e.c(0), e.c(rows), tile.rows * tile.rowWarps, [&](Value firstRow) {
      LogitsWriter(e, op, tile).write(x, weight, own.tokens, first, firstRow,
                                      [&](Value logit, Value token, Value row) { e.store(logit, e.at(rowOf(token), row, f32), 4); });
    });
    e.barrier();
    for (int i = 0; i < tile.tokens; i += e.warps()) {
      Value token = e.add(first, e.add(e.warp(), i));
      e.onlyIf(e.less(token, own.tokens), [&] { SelectWriter(e, op, own).write(token, rowOf(token)); });
    }
  });
  host.launch(name, operands, host.ceilDiv(tokens, tile.tokens), shape);
}

void RouterLaunches::launchLogits(LogitTile tile, Value logits) {
  KernelShape shape{threadsOf(tile), groupFor({op.getX(), op.getWeight()}, size), 0};
  Values operands = {op.getX(), op.getWeight(), logits, tokens};
  StringRef name = library.get("router_logits_" + Twine(size) + "x" + Twine(rows), key + ";" + std::to_string(tile.tokens), shape, operands,
                               [&](DeviceEmit &e, ValueRange args) { LogitsWriter(e, op, tile).write(args); });
  host.launch(name, operands,
              {host.ceilDiv(tokens, tile.tokens * tile.tokenWarps), host.c(llvm::divideCeil(rows, tile.rows * tile.rowWarps))}, shape);
}

void RouterLaunches::launchSelection(Value logits) {
  KernelShape shape{kThreads, 1, 0};
  Values operands = selection;
  operands.push_back(logits);
  StringRef name = library.get("router_select_" + Twine(rows), key, shape, operands, [&](DeviceEmit &e, ValueRange args) {
    SelectArgs own = selectArgs(args);
    Value token = e.add(e.mul(e.block(), kWarps), e.warp());
    e.onlyIf(e.less(token, own.tokens),
             [&] { SelectWriter(e, op, own).write(token, e.rowAt(args[selection.size()], token, rows, e.b.getF32Type())); });
  });
  host.launch(name, operands, host.ceilDiv(tokens, kWarps), shape);
}

void RouterLaunches::launchSelectionAndGroup(Value logits, KernelGroupByExpertOp group, const GroupForm &form) {
  KernelShape shape{form.threads(), 1, form.sharedBytes(/*tables=*/1)};
  Values operands = selection;
  operands.append({logits, group.getOuts()[0], group.getOuts()[1], group.getOuts()[2]});
  StringRef name = library.get("router_select_group_" + Twine(rows), key + keyOf(group), shape, operands, [&](DeviceEmit &e, ValueRange args) {
    SelectArgs own = selectArgs(args);
    ValueRange rest = args.drop_front(selection.size());
    e.loop(e.warp(), own.tokens, e.warps(), [&](Value token) { SelectWriter(e, op, own).write(token, e.rowAt(rest[0], token, rows, e.b.getF32Type())); });
    // The first barrier of the sort is in front of what reads the choices.
    Value total = e.mul(own.tokens, form.choices);
    Value chunk = e.mul(e.div(e.add(total, e.threads - 1), e.c(e.threads)), e.threads);
    GroupWriter(e, form, {own.indices, {}, rest[1], rest[2], rest[3], total, chunk, /*isAlone=*/true}).writeSort();
  });
  host.launch(name, operands, host.c(1), shape);
}

bool emo::cuda::lowerRouter(KernelRouterOp op, KernelLibrary &library) {
  auto group = kernelBehind<KernelGroupByExpertOp>(op);
  if (group && (group.getIndices() != op.getOuts()[1] || !GroupForm(group).canLaunch()))
    group = {};
  DeviceHost host(group ? group.getOperation() : op);
  RouterLaunches launches(op, host, library);
  if (launches.size == 0 || launches.rows == 0)
    return false;
  auto isFew = arith::CmpIOp::create(host.b, arith::CmpIPredicate::ult, launches.tokens, host.c(kFewTokens));
  auto branch = scf::IfOp::create(host.b, isFew, /*withElseRegion=*/true);
  auto launchBoth = [&](LogitTile tile, bool groups) {
    auto type = MemRefType::get({ShapedType::kDynamic, launches.rows}, host.b.getF32Type());
    Value logits = memref::AllocOp::create(host.b, type, ValueRange{launches.tokens}, host.b.getI64IntegerAttr(64));
    launches.launchLogits(tile, logits);
    if (groups)
      launches.launchSelectionAndGroup(logits, group, GroupForm(group));
    else
      launches.launchSelection(logits);
  };
  OpBuilder::InsertionGuard guard(host.b);
  host.b.setInsertionPointToStart(branch.thenBlock());
  launchBoth(kSmallTile, bool(group));
  host.b.setInsertionPointToStart(branch.elseBlock());
  if (launches.fitsBlock())
    launches.launchTogether();
  else
    launchBoth(kLargeTile, false);
  if (group) {
    launchGroup(group, GroupForm(group), host, library);
    group->setAttr(kLoweredAttr, host.b.getUnitAttr());
  }
  op.erase();
  return true;
}
