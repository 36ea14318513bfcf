// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Mutate.h"
#include "TargetMachine.h"

#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/PointerIntPair.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/Analysis/LoopInfo.h"
#include "llvm/IR/Dominators.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/IR/ModuleSlotTracker.h"
#include "llvm/IR/PatternMatch.h"
#include "llvm/Transforms/Utils/BasicBlockUtils.h"

using namespace emo;
using namespace llvm::PatternMatch;
using llvm::ArrayRef;
using llvm::BasicBlock;
using llvm::dyn_cast;
using llvm::Instruction;
using llvm::IRBuilder;
using llvm::isa;
using llvm::StringLiteral;
using llvm::StringRef;
using llvm::Value;

namespace {
/// A comparison and what it says of the lanes that a mask lets through.
using Leaf = llvm::PointerIntPair<llvm::ICmpInst *, 1, bool>;

/// Seeds the mutations of one kernel: finds all places first, as each changes the code around it.
class Seeder {
public:
  Seeder(llvm::Function &function, std::vector<Mutation> &mutations) : function(function), mutations(mutations) {}
  void run();

private:
  void findCalls();
  void findMasks();
  void findClamps();
  void addLeaves(Value *condition, bool value, StringLiteral kind);
  void addBranch(llvm::BranchInst &branch, const llvm::LoopInfo &loops, const llvm::DominatorTree &tree);
  void addSelect(llvm::SelectInst &select, StringLiteral kind);
  bool hasEffects(const BasicBlock *start, const BasicBlock *other, const llvm::DominatorTree &tree) const;

  void writeTexts();
  void askAtEntry();

  /// What emo_sim_mutated says of `number`.
  Value *asked(IRBuilder<> &b, uint32_t number);
  /// Whether a new mutation is awake.
  Value *awake(IRBuilder<> &b, StringLiteral kind, const llvm::Twine &what);
  void remove(llvm::CallBase &call, StringLiteral kind);
  /// Calls with another constant.
  void change(llvm::CallBase &call, unsigned operand, int64_t by, StringLiteral kind, const llvm::Twine &what);
  void changeValue(llvm::CallBase &call, unsigned operand, Value *value, StringLiteral kind, const llvm::Twine &what);
  void seedCall(llvm::CallBase &call, StringRef operation);

  llvm::Function &function;
  std::vector<Mutation> &mutations;
  llvm::SmallVector<std::pair<llvm::CallBase *, std::string>> calls;
  llvm::MapVector<Leaf, StringLiteral> leaves;
  llvm::SmallVector<std::pair<llvm::CallBase *, unsigned>> clamps; // and the operand that is not the bound
  llvm::SmallPtrSet<const llvm::User *, 8> exits;                  // of loops: they keep the comparisons that they have
  llvm::DenseMap<const Instruction *, std::string> texts;          // of comparisons and clamps, with the numbers of the code as it was
};
} // namespace

//===----------------------------------------------------------------------===//
// Finding
//===----------------------------------------------------------------------===//

void Seeder::findCalls() {
  for (Instruction &instruction : llvm::instructions(function))
    if (auto *call = dyn_cast<llvm::CallBase>(&instruction))
      if (std::string operation = deviceOperation(*call); !operation.empty())
        calls.push_back({call, operation});
}

/// The comparisons that can make `condition` `value`, each of them alone.
void Seeder::addLeaves(Value *condition, bool value, StringLiteral kind) {
  Value *a, *b;
  if (match(condition, m_Not(m_Value(a))))
    return addLeaves(a, !value, kind);
  if (match(condition, m_Freeze(m_Value(a))))
    return addLeaves(a, value, kind);
  if (match(condition, m_CombineOr(m_LogicalAnd(m_Value(a), m_Value(b)), m_LogicalOr(m_Value(a), m_Value(b))))) {
    addLeaves(a, value, kind);
    return addLeaves(b, value, kind);
  }
  if (auto *compare = dyn_cast<llvm::ICmpInst>(condition); compare && compare->getType()->isIntegerTy(1))
    leaves.insert({Leaf(compare, value), kind});
}

/// Whether what runs on the way from `start` that does not lead over `other` touches memory or other lanes.
bool Seeder::hasEffects(const BasicBlock *start, const BasicBlock *other, const llvm::DominatorTree &tree) const {
  for (const BasicBlock &block : function)
    if (tree.dominates(start, &block) && !tree.dominates(other, &block))
      for (const Instruction &instruction : block)
        if (instruction.mayReadOrWriteMemory())
          return true;
  return false;
}

/// A branch around something: its condition keeps lanes from it.
void Seeder::addBranch(llvm::BranchInst &branch, const llvm::LoopInfo &loops, const llvm::DominatorTree &tree) {
  BasicBlock *block = branch.getParent();
  if (const llvm::Loop *loop = loops.getLoopFor(block); loop && loop->isLoopExiting(block))
    return void(exits.insert(&branch)); // how often it runs, not who
  bool guards[2];
  for (unsigned i = 0; i < 2; ++i) {
    BasicBlock *to = branch.getSuccessor(i);
    guards[i] = to->getSinglePredecessor() == block && to != branch.getSuccessor(1 - i) && hasEffects(to, branch.getSuccessor(1 - i), tree);
  }
  if (guards[0] != guards[1])
    addLeaves(branch.getCondition(), guards[0], "guard");
}

/// Whether the value is how many bytes an asynchronous copy reads.
static bool isCopySize(const Value &value) {
  return llvm::any_of(value.users(), [](const llvm::User *user) {
    auto *call = dyn_cast<llvm::CallBase>(user);
    return call && StringRef(deviceOperation(*call)).starts_with("cp.async.");
  });
}

/// Something or a constant, which stands for what is not there; of two sizes of a copy that is 0.
void Seeder::addSelect(llvm::SelectInst &select, StringLiteral kind) {
  auto *yes = dyn_cast<llvm::Constant>(select.getTrueValue()), *no = dyn_cast<llvm::Constant>(select.getFalseValue());
  if (yes && no && kind == "copy")
    addLeaves(select.getCondition(), !yes->isNullValue(), kind);
  else if (!yes != !no)
    addLeaves(select.getCondition(), !yes, kind);
}

/// A comparison is one mask, whatever it is used for: it counts where it matters most.
void Seeder::findMasks() {
  llvm::DominatorTree tree(function);
  llvm::LoopInfo loops(tree);
  llvm::SmallVector<llvm::SelectInst *> selects;
  llvm::SmallVector<llvm::BranchInst *> branches;
  for (Instruction &instruction : llvm::instructions(function)) {
    if (auto *select = dyn_cast<llvm::SelectInst>(&instruction); select && !select->getType()->isIntOrIntVectorTy(1))
      selects.push_back(select);
    if (auto *branch = dyn_cast<llvm::BranchInst>(&instruction); branch && branch->isConditional())
      branches.push_back(branch);
  }
  for (llvm::SelectInst *select : selects)
    if (isCopySize(*select))
      addSelect(*select, "copy");
  for (llvm::BranchInst *branch : branches)
    addBranch(*branch, loops, tree);
  for (llvm::SelectInst *select : selects)
    addSelect(*select, "select");
}

/// min(place of the lane, bound): what differs between lanes is kept in the bounds.
void Seeder::findClamps() {
  llvm::SetVector<const Instruction *> differs;
  for (const Instruction &instruction : llvm::instructions(function))
    if (auto *call = dyn_cast<llvm::CallBase>(&instruction)) {
      std::string operation = deviceOperation(*call);
      if (operation == "read.ptx.sreg.tid.x" || operation == "read.ptx.sreg.laneid")
        differs.insert(call);
    }
  for (size_t i = 0; i < differs.size(); ++i)
    for (const llvm::User *user : differs[i]->users()) {
      auto *call = dyn_cast<llvm::CallBase>(user);
      bool broadcast = call && StringRef(deviceOperation(*call)).starts_with("shfl.sync.idx");
      if (auto *instruction = dyn_cast<Instruction>(user); instruction && !broadcast)
        differs.insert(instruction);
    }
  for (Instruction &instruction : llvm::instructions(function)) {
    auto *clamp = dyn_cast<llvm::MinMaxIntrinsic>(&instruction);
    if (!clamp || !clamp->getType()->isIntegerTy())
      continue;
    bool of[2];
    for (unsigned i = 0; i < 2; ++i) {
      auto *operand = dyn_cast<Instruction>(clamp->getArgOperand(i));
      of[i] = operand && differs.contains(operand);
    }
    if (of[0] != of[1])
      clamps.push_back({clamp, of[0] ? 0 : 1});
  }
}

//===----------------------------------------------------------------------===//
// Seeding
//===----------------------------------------------------------------------===//

Value *Seeder::asked(IRBuilder<> &b, uint32_t number) {
  auto *type = llvm::FunctionType::get(b.getInt32Ty(), {b.getInt32Ty()}, false);
  Value *call = b.CreateCall(function.getParent()->getOrInsertFunction("emo_sim_mutated", type), {b.getInt32(number)});
  return b.CreateICmpNE(call, b.getInt32(0));
}

Value *Seeder::awake(IRBuilder<> &b, StringLiteral kind, const llvm::Twine &what) {
  mutations.push_back({function.getName().str(), kind, what.str()});
  return asked(b, mutations.size() - 1);
}

void Seeder::remove(llvm::CallBase &call, StringLiteral kind) {
  IRBuilder<> b(&call);
  Value *present = b.CreateNot(awake(b, kind, "removes " + deviceOperation(call)));
  BasicBlock *before = call.getParent();
  Instruction *end = llvm::SplitBlockAndInsertIfThen(present, &call, false);
  BasicBlock *after = call.getParent();
  call.moveBefore(end->getIterator());
  if (call.getType()->isVoidTy() || call.use_empty())
    return;
  // Waits without a wait have seen what they wait for.
  auto *result = llvm::PHINode::Create(call.getType(), 2, "", after->begin());
  call.replaceAllUsesWith(result);
  result->addIncoming(&call, call.getParent());
  result->addIncoming(call.getType()->isIntegerTy(1) ? llvm::ConstantInt::getTrue(call.getContext())
                                                     : llvm::Constant::getNullValue(call.getType()),
                      before);
}

void Seeder::change(llvm::CallBase &call, unsigned operand, int64_t by, StringLiteral kind, const llvm::Twine &what) {
  IRBuilder<> b(&call);
  Instruction *then, *otherwise;
  llvm::SplitBlockAndInsertIfThenElse(awake(b, kind, what), &call, &then, &otherwise);
  auto *other = cast<llvm::CallBase>(call.clone());
  auto *constant = cast<llvm::ConstantInt>(call.getArgOperand(operand));
  other->setArgOperand(operand, llvm::ConstantInt::get(constant->getType(), constant->getSExtValue() + by));
  other->insertBefore(then->getIterator());
  call.moveBefore(otherwise->getIterator());
}

void Seeder::changeValue(llvm::CallBase &call, unsigned operand, Value *value, StringLiteral kind, const llvm::Twine &what) {
  IRBuilder<> b(&call);
  call.setArgOperand(operand, b.CreateSelect(awake(b, kind, what), value, call.getArgOperand(operand)));
}

void Seeder::seedCall(llvm::CallBase &call, StringRef operation) {
  auto is = [&](ArrayRef<StringRef> names) { return llvm::any_of(names, [&](StringRef name) { return operation.starts_with(name); }); };
  auto at = [&](unsigned operand) {
    return operand < call.arg_size() ? dyn_cast<llvm::ConstantInt>(call.getArgOperand(operand)) : nullptr;
  };
  // The mask of a collective: all lanes but the last.
  if (is({"shfl.sync.", "vote.", "match.", "elect.sync", "bar.warp.sync", "redux.sync."})) {
    unsigned operand = is({"redux.sync."}) ? 1 : 0;
    if (auto *mask = at(operand); mask && mask->isMinusOne())
      changeValue(call, operand, llvm::ConstantInt::get(mask->getType(), 0x7fffffff), "lanes", "leaves lane 31 out of " + operation);
  }
  if (is({"barrier", "bar.warp.sync"}))
    return remove(call, "barrier");
  if (is({"setmaxnreg"}))
    return remove(call, "registers");
  if (is({"fence."}))
    return remove(call, "fence");
  if (is({"cp.async.commit", "wgmma.commit", "wgmma.fence"}))
    return remove(call, is({"wgmma.fence"}) ? StringLiteral("fence") : StringLiteral("commit"));
  if (is({"cp.async.wait", "wgmma.wait", "cp.async.bulk.wait"})) {
    if (at(0))
      change(call, 0, 1, "wait", "waits for one group less in " + operation);
    return remove(call, "wait");
  }
  if (is({"mbarrier.", "cp.async.mbarrier."})) {
    for (unsigned i = 0; i < call.arg_size() && is({"mbarrier.init", "mbarrier.arrive.expect", "mbarrier.expect"}); ++i)
      if (auto *number = dyn_cast<llvm::ConstantInt>(call.getArgOperand(i));
          number && number->getType()->isIntegerTy(32) && number->getSExtValue() > 0)
        for (int64_t by : {-1, 1}) {
          int64_t step = by * (is({"mbarrier.init"}) ? 1 : 16);
          changeValue(call, i, llvm::ConstantInt::get(number->getType(), number->getSExtValue() + step), "mbarrier",
                      llvm::Twine(by < 0 ? "lowers" : "raises") + " the number of " + operation);
        }
    return remove(call, "mbarrier");
  }
}

/// Lets the tool leave out blocks, which ask at their beginning.
void Seeder::askAtEntry() {
  IRBuilder<> b(&*function.getEntryBlock().getFirstNonPHIOrDbgOrAlloca());
  Instruction *end = llvm::SplitBlockAndInsertIfThen(asked(b, kSkipsBlock), b.GetInsertPoint(), /*Unreachable=*/true);
  llvm::ReplaceInstWithInst(end, llvm::ReturnInst::Create(function.getContext()));
}

void Seeder::writeTexts() {
  llvm::ModuleSlotTracker slots(function.getParent());
  slots.incorporateFunction(function);
  auto write = [&](const Instruction *instruction) {
    std::string text;
    llvm::raw_string_ostream stream(text);
    instruction->print(stream, slots);
    texts[instruction] = StringRef(text).split(", !").first.trim().str();
  };
  for (auto &[leaf, kind] : leaves)
    write(leaf.getPointer());
  for (auto [clamp, operand] : clamps)
    write(clamp);
}

void Seeder::run() {
  findCalls();
  findMasks();
  findClamps();
  writeTexts();
  for (auto &[leaf, kind] : leaves) {
    llvm::ICmpInst *compare = leaf.getPointer();
    bool value = leaf.getInt();
    IRBuilder<> b(compare->getNextNode());
    b.SetCurrentDebugLocation(compare->getDebugLoc());
    Value *forced = awake(b, kind, llvm::Twine("always ") + (value ? "true: " : "false: ") + texts[compare]);
    auto *result = cast<Instruction>(value ? b.CreateSelect(forced, b.getTrue(), compare) : b.CreateSelect(forced, b.getFalse(), compare));
    compare->replaceUsesWithIf(result, [&](llvm::Use &use) { return use.getUser() != result && !exits.contains(use.getUser()); });
  }
  for (auto [clamp, operand] : clamps) {
    IRBuilder<> b(clamp->getNextNode());
    b.SetCurrentDebugLocation(clamp->getDebugLoc());
    Value *removed = awake(b, "clamp", "removes " + texts[clamp]);
    auto *result = cast<Instruction>(b.CreateSelect(removed, clamp->getArgOperand(operand), clamp));
    clamp->replaceUsesWithIf(result, [&](llvm::Use &use) { return use.getUser() != result; });
  }
  for (auto &[call, operation] : calls)
    seedCall(*call, operation);
  askAtEntry();
}

std::vector<Mutation> emo::seedMutations(DeviceCode &code) {
  std::vector<Mutation> mutations;
  for (llvm::Function &function : *code.module)
    if (!function.isDeclaration())
      Seeder(function, mutations).run();
  return mutations;
}
