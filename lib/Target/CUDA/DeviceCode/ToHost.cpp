// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Device IR -> x86-64: what only a GPU has becomes a call of the emulator (functions emo_sim_*), memory accesses are announced to it.
#include "NarrowFloats.h"
#include "TargetMachine.h"
#include "emo/Runtime/EmulatedCode.h"
#include "emo/Target/HostMachine.h"

#include "llvm/Analysis/ValueTracking.h"
#include "llvm/IR/DebugInfo.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/InlineAsm.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/IR/MDBuilder.h"
#include "llvm/IR/Operator.h"
#include "llvm/IR/ReplaceConstant.h"
#include "llvm/IR/Verifier.h"
#include "llvm/Object/ELFObjectFile.h"
#include "llvm/Transforms/Utils/BasicBlockUtils.h"
#include "llvm/Transforms/Utils/Cloning.h"

#include <mutex>

using namespace mlir;
using namespace emo;
using llvm::Function;
using llvm::GlobalVariable;
using llvm::Instruction;
using llvm::IRBuilder;

#define EMO_MATH_NAME(name) #name,
static constexpr StringLiteral kDirectMath[] = {EMO_SIM_MATH_F32(EMO_MATH_NAME)};
#undef EMO_MATH_NAME


namespace {
class HostLowering {
public:
  HostLowering(const DeviceCode &code, llvm::Module &module) : code(code), module(module), context(module.getContext()) {}
  LogicalResult run(HostCode &result);

private:
  llvm::Type *i64() { return llvm::Type::getInt64Ty(context); }
  llvm::Type *i32() { return llvm::Type::getInt32Ty(context); }
  llvm::PointerType *ptr() { return llvm::PointerType::get(context, 0); }
  llvm::Constant *text(StringRef value);
  llvm::Constant *site(const Instruction &at, StringRef operation);
  llvm::FunctionCallee simulator(StringRef name, llvm::FunctionType *type);
  InFlightDiagnostic error(const Instruction &at);

  void forgetDevice();
  LogicalResult checkGlobals();
  void replaceShared();
  LogicalResult lowerFunction(Function &function);
  void announce(Instruction &access);
  void announce(Instruction &access, llvm::Value *address, llvm::Value *bytes, unsigned flags, StringRef operation);
  bool callDirectly(llvm::CallBase &call, StringRef operation);
  void callWithSlots(llvm::CallBase &call, StringRef symbol, StringRef operation, llvm::Value *results, llvm::Value *args);
  std::string makeEntry(StringRef kernel);

  const DeviceCode &code;
  llvm::Module &module;
  llvm::LLVMContext &context;
  llvm::StringMap<llvm::Constant *> texts;
  llvm::DenseMap<Function *, std::string> names;
  llvm::DenseSet<const llvm::Argument *> maps; // by value, 16 slots of a launch
};
} // namespace

//===----------------------------------------------------------------------===//
// Helpers
//===----------------------------------------------------------------------===//

llvm::Constant *HostLowering::text(StringRef value) {
  llvm::Constant *&known = texts[value];
  if (!known) {
    auto *bytes = llvm::ConstantDataArray::getString(context, value);
    auto *global = new GlobalVariable(module, bytes->getType(), true, GlobalVariable::PrivateLinkage, bytes, "emo_text");
    global->setUnnamedAddr(GlobalVariable::UnnamedAddr::Global);
    known = global;
  }
  return known;
}

/// emo_sim_site: {kernel, operation, line}. Unique to the call: the emulator compares addresses to find lanes that diverged.
llvm::Constant *HostLowering::site(const Instruction &at, StringRef operation) {
  const llvm::DebugLoc &place = at.getDebugLoc();
  auto *type = llvm::StructType::get(ptr(), ptr(), i32());
  auto *value = llvm::ConstantStruct::get(
      type, {text(at.getFunction()->getName()), text(operation), llvm::ConstantInt::get(i32(), place ? place.getLine() : 0)});
  return new GlobalVariable(module, type, true, GlobalVariable::PrivateLinkage, value, "emo_site");
}

llvm::FunctionCallee HostLowering::simulator(StringRef name, llvm::FunctionType *type) { return module.getOrInsertFunction(name, type); }

InFlightDiagnostic HostLowering::error(const Instruction &at) {
  InFlightDiagnostic diagnostic = emitError(code.loc) << "kernel '" << at.getFunction()->getName() << "'";
  if (at.getDebugLoc() && at.getDebugLoc().getLine())
    diagnostic << " (line " << at.getDebugLoc().getLine() << ")";
  diagnostic << " cannot be emulated: ";
  return diagnostic;
}

/// X of llvm.nvvm.X as part of a C name.
static std::string mangle(StringRef operation) {
  std::string name = operation.str();
  for (size_t at; (at = name.find("::")) != std::string::npos;)
    name.replace(at, 2, "_");
  llvm::replace(name, '.', '_');
  return name;
}

/// Slots of 8 bytes that a value takes in a call: one, but for structs and for vectors that do not fit.
static void forEachSlot(llvm::Type *type, llvm::function_ref<void(llvm::Type *, ArrayRef<unsigned>, bool isVector)> visit) {
  if (auto *fields = dyn_cast<llvm::StructType>(type)) {
    for (unsigned i = 0; i < fields->getNumElements(); ++i)
      forEachSlot(fields->getElementType(i), [&](llvm::Type *element, ArrayRef<unsigned> position, bool isVector) {
        SmallVector<unsigned> whole = {i};
        whole.append(position.begin(), position.end());
        visit(element, whole, isVector);
      });
    return;
  }
  auto *vector = dyn_cast<llvm::FixedVectorType>(type);
  if (!vector || vector->getPrimitiveSizeInBits() <= 64)
    return visit(type, {}, false);
  for (unsigned i = 0; i < vector->getNumElements(); ++i)
    visit(vector->getElementType(), {i}, true);
}

static unsigned countSlots(llvm::Type *type) {
  unsigned count = 0;
  if (!type->isVoidTy())
    forEachSlot(type, [&](llvm::Type *, ArrayRef<unsigned>, bool) { ++count; });
  return count;
}

static llvm::Value *toSlot(IRBuilder<> &b, llvm::Value *value) {
  llvm::Type *type = value->getType();
  if (type->isPointerTy())
    return b.CreatePtrToInt(value, b.getInt64Ty());
  return b.CreateZExt(b.CreateBitCast(value, b.getIntNTy(type->getPrimitiveSizeInBits())), b.getInt64Ty());
}

static llvm::Value *fromSlot(IRBuilder<> &b, llvm::Value *slot, llvm::Type *type) {
  if (type->isPointerTy())
    return b.CreateIntToPtr(slot, type);
  return b.CreateBitCast(b.CreateTrunc(slot, b.getIntNTy(type->getPrimitiveSizeInBits())), type);
}

/// The part of a value at `position`: an index of each nested struct, the last one of a vector if `isVector`.
static llvm::Value *part(IRBuilder<> &b, llvm::Value *value, ArrayRef<unsigned> position, bool isVector) {
  ArrayRef<unsigned> fields = isVector ? position.drop_back() : position;
  if (!fields.empty())
    value = b.CreateExtractValue(value, fields);
  return isVector ? b.CreateExtractElement(value, position.back()) : value;
}

static llvm::Value *withPart(IRBuilder<> &b, llvm::Value *whole, llvm::Value *value, ArrayRef<unsigned> position, bool isVector) {
  if (position.empty())
    return value;
  if (!isVector)
    return b.CreateInsertValue(whole, value, position);
  ArrayRef<unsigned> fields = position.drop_back();
  llvm::Value *vector = fields.empty() ? whole : b.CreateExtractValue(whole, fields);
  vector = b.CreateInsertElement(vector, value, position.back());
  return fields.empty() ? vector : b.CreateInsertValue(whole, vector, fields);
}

//===----------------------------------------------------------------------===//
// Whole module
//===----------------------------------------------------------------------===//

/// Attributes and metadata say what holds on a GPU: that a barrier reads no memory, that a load never changes. None of it is true of calls
/// and memory of an emulator.
void HostLowering::forgetDevice() {
  for (llvm::NamedMDNode &node : llvm::make_early_inc_range(module.named_metadata()))
    if (node.getName().starts_with("nvvm"))
      module.eraseNamedMetadata(&node);
  for (Function &function : module) {
    if (function.isIntrinsic())
      continue;
    function.setAttributes({});
    function.setCallingConv(llvm::CallingConv::C);
    function.addFnAttr(llvm::Attribute::NoUnwind);
    if (!function.isDeclaration())
      function.setLinkage(Function::InternalLinkage);
    for (Instruction &instruction : llvm::make_early_inc_range(llvm::instructions(function))) {
      instruction.dropUnknownNonDebugMetadata();
      if (isa<llvm::FPMathOperator>(instruction)) {
        // Waiting is checked with NaNs, so nothing may assume their absence; fusing is the one freedom the GPU's code uses, too.
        bool contract = instruction.hasAllowContract();
        instruction.setFastMathFlags({});
        instruction.setHasAllowContract(contract);
      }
      auto *call = dyn_cast<llvm::CallBase>(&instruction);
      if (!call)
        continue;
      call->setAttributes({});
      call->setCallingConv(llvm::CallingConv::C);
      llvm::Intrinsic::ID id = call->getIntrinsicID();
      if (id == llvm::Intrinsic::assume || id == llvm::Intrinsic::experimental_noalias_scope_decl)
        call->eraseFromParent();
    }
  }
}

LogicalResult HostLowering::checkGlobals() {
  for (GlobalVariable &global : module.globals()) {
    if (global.getName().starts_with("llvm."))
      return emitError(code.loc) << "global '" << global.getName() << "' cannot be emulated";
    if (global.use_empty() || (global.isConstant() && !global.isDeclaration()) || global.getName() == "emo_shared")
      continue;
    return emitError(code.loc) << "global variable '" << global.getName()
                               << "' cannot be emulated: expected constants and @emo_shared only";
  }
  return success();
}

/// The shared window of the block that runs is asked for once in each function.
void HostLowering::replaceShared() {
  GlobalVariable *shared = module.getGlobalVariable("emo_shared");
  if (!shared)
    return;
  llvm::convertUsersOfConstantsToInstructions({shared});
  for (Function &function : module) {
    bool used = llvm::any_of(shared->users(), [&](llvm::User *user) { return cast<Instruction>(user)->getFunction() == &function; });
    if (!used)
      continue;
    IRBuilder<> b(&*function.getEntryBlock().getFirstInsertionPt());
    llvm::Value *base = b.CreateCall(simulator("emo_sim_shared", llvm::FunctionType::get(ptr(), false)));
    base = b.CreateAddrSpaceCast(base, shared->getType());
    shared->replaceUsesWithIf(base, [&](llvm::Use &use) -> bool {
      auto *user = cast<Instruction>(use.getUser());
      return user->getFunction() == &function && user != base;
    });
  }
  shared->eraseFromParent();
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

void HostLowering::announce(Instruction &access, llvm::Value *address, llvm::Value *bytes, unsigned flags, StringRef operation) {
  unsigned space = address->getType()->getPointerAddressSpace();
  const llvm::Value *object = llvm::getUnderlyingObject(address);
  if (isa<llvm::AllocaInst>(object) || space == 4 || space == 5)
    return;
  if (auto *global = dyn_cast<GlobalVariable>(object); global && global->isConstant())
    return;
  IRBuilder<> b(&access);
  auto *checks = module.getOrInsertGlobal("emo_sim_checks", i32());
  llvm::Value *wanted = b.CreateICmpNE(b.CreateLoad(i32(), checks), b.getInt32(0));
  Instruction *then = llvm::SplitBlockAndInsertIfThen(wanted, &access, false, llvm::MDBuilder(context).createBranchWeights(1, 1));
  b.SetInsertPoint(then);
  auto *type = llvm::FunctionType::get(b.getVoidTy(), {ptr(), i32(), i32(), ptr()}, false);
  b.CreateCall(simulator("emo_sim_access", type), {b.CreateAddrSpaceCast(address, ptr()), b.CreateZExtOrTrunc(bytes, i32()),
                                                   b.getInt32(flags | space << EMO_SIM_SPACE_SHIFT), site(access, operation)});
}

void HostLowering::announce(Instruction &access) {
  constexpr unsigned kWrite = EMO_SIM_WRITE, kAtomic = EMO_SIM_ATOMIC;
  auto bytes = [&](llvm::Type *type) { return llvm::ConstantInt::get(i64(), code.module->getDataLayout().getTypeStoreSize(type)); };
  if (auto *load = dyn_cast<llvm::LoadInst>(&access))
    announce(access, load->getPointerOperand(), bytes(load->getType()), load->isAtomic() ? kAtomic : 0, "load");
  else if (auto *store = dyn_cast<llvm::StoreInst>(&access))
    announce(access, store->getPointerOperand(), bytes(store->getValueOperand()->getType()), kWrite | (store->isAtomic() ? kAtomic : 0),
             "store");
  else if (auto *update = dyn_cast<llvm::AtomicRMWInst>(&access))
    announce(access, update->getPointerOperand(), bytes(update->getType()), kWrite | kAtomic, "atomicrmw");
  else if (auto *exchange = dyn_cast<llvm::AtomicCmpXchgInst>(&access))
    announce(access, exchange->getPointerOperand(), bytes(exchange->getNewValOperand()->getType()), kWrite | kAtomic, "cmpxchg");
  else if (auto *transfer = dyn_cast<llvm::MemTransferInst>(&access)) {
    announce(access, transfer->getRawSource(), transfer->getLength(), 0, "memcpy");
    announce(access, transfer->getRawDest(), transfer->getLength(), kWrite, "memcpy");
  } else if (auto *fill = dyn_cast<llvm::MemSetInst>(&access))
    announce(access, fill->getRawDest(), fill->getLength(), kWrite, "memset");
}

//===----------------------------------------------------------------------===//
// Calls
//===----------------------------------------------------------------------===//

/// Special registers and approximate mathematics: cheap and frequent, so they have C signatures.
bool HostLowering::callDirectly(llvm::CallBase &call, StringRef operation) {
  llvm::Type *type = call.getType();
  bool isRegister = operation.starts_with("read.ptx.sreg.") && call.arg_size() == 0 && (type->isIntegerTy(32) || type->isIntegerTy(64));
  std::string name = mangle(operation);
  bool isMath = llvm::is_contained(kDirectMath, StringRef(name).ends_with("_f32") ? StringRef(name).drop_back(2) : StringRef(name));
  if (!isRegister && !isMath)
    return false;
  IRBuilder<> b(&call);
  SmallVector<llvm::Value *> args(call.args());
  call.replaceAllUsesWith(b.CreateCall(simulator("emo_sim_" + name, call.getFunctionType()), args));
  call.eraseFromParent();
  return true;
}

/// void emo_sim_X(uint64_t *results, const uint64_t *args, const emo_sim_site *site)
void HostLowering::callWithSlots(llvm::CallBase &call, StringRef symbol, StringRef operation, llvm::Value *results, llvm::Value *args) {
  IRBuilder<> b(&call);
  auto slot = [&](llvm::Value *base, unsigned i) { return b.CreateConstInBoundsGEP1_32(i64(), base, i); };
  unsigned count = 0;
  for (llvm::Value *arg : call.args())
    forEachSlot(arg->getType(), [&](llvm::Type *, ArrayRef<unsigned> position, bool isVector) {
      b.CreateStore(toSlot(b, part(b, arg, position, isVector)), slot(args, count++));
    });
  llvm::Value *null = llvm::ConstantPointerNull::get(ptr());
  bool isVoid = call.getType()->isVoidTy();
  auto *type = llvm::FunctionType::get(b.getVoidTy(), {ptr(), ptr(), ptr()}, false);
  b.CreateCall(simulator(symbol, type), {isVoid ? null : results, count ? args : null, site(call, operation)});
  if (!isVoid) {
    llvm::Value *value = llvm::PoisonValue::get(call.getType());
    unsigned i = 0;
    forEachSlot(call.getType(), [&](llvm::Type *element, ArrayRef<unsigned> position, bool isVector) {
      value = withPart(b, value, fromSlot(b, b.CreateLoad(i64(), slot(results, i++)), element), position, isVector);
    });
    call.replaceAllUsesWith(value);
  }
  call.eraseFromParent();
}

LogicalResult HostLowering::lowerFunction(Function &function) {
  struct Call {
    llvm::CallBase *call;
    std::string symbol, operation;
  };
  SmallVector<Call> calls;
  SmallVector<Instruction *> accesses;
  unsigned argSlots = 0, resultSlots = 0;
  for (Instruction &instruction : llvm::instructions(function)) {
    auto *call = dyn_cast<llvm::CallBase>(&instruction);
    std::string operation = call ? deviceOperation(*call) : "";
    bool isTrap = call && (call->getIntrinsicID() == llvm::Intrinsic::trap || call->getIntrinsicID() == llvm::Intrinsic::ubsantrap);
    if (isTrap)
      operation = "trap";
    if (operation.empty()) {
      if (call && (call->getIntrinsicID() == llvm::Intrinsic::masked_load || call->getIntrinsicID() == llvm::Intrinsic::masked_store ||
                   call->getIntrinsicID() == llvm::Intrinsic::masked_gather || call->getIntrinsicID() == llvm::Intrinsic::masked_scatter))
        return error(instruction) << "'" << call->getCalledFunction()->getName() << "', expected a branch around an access without a mask";
      if (instruction.mayReadOrWriteMemory() && (!call || isa<llvm::MemIntrinsic>(call)))
        accesses.push_back(&instruction);
      continue;
    }
    unsigned args = 0;
    bool odd = call->getType()->isSized() && call->getType()->isIntegerTy() && call->getType()->getPrimitiveSizeInBits() > 64;
    for (llvm::Value *arg : call->args()) {
      odd |= arg->getType()->isMetadataTy() || (arg->getType()->isIntegerTy() && arg->getType()->getPrimitiveSizeInBits() > 64);
      args += odd ? 0 : countSlots(arg->getType());
    }
    if (odd)
      return error(instruction) << "'" << operation << "' has arguments or results that do not fit 64 bits";
    argSlots = std::max(argSlots, args);
    resultSlots = std::max(resultSlots, countSlots(call->getType()));
    std::string symbol = (call->isInlineAsm() ? "emo_sim_ptx_" : "emo_sim_") + mangle(operation);
    // The mnemonic alone does not say whether A is in shared memory, behind a descriptor, or in registers.
    unsigned accumulators = countSlots(call->getType());
    if (call->isInlineAsm() && StringRef(operation).starts_with("wgmma.mma_async") && call->arg_size() > accumulators &&
        !call->getArgOperand(accumulators)->getType()->isIntegerTy(64))
      symbol += "_rs";
    calls.push_back({call, symbol, operation});
  }
  IRBuilder<> b(&*function.getEntryBlock().getFirstInsertionPt());
  auto *args = b.CreateAlloca(llvm::ArrayType::get(i64(), std::max(argSlots, 1u)), nullptr, "args");
  auto *results = b.CreateAlloca(llvm::ArrayType::get(i64(), std::max(resultSlots, 1u)), nullptr, "results");
  for (Call &call : calls)
    if (call.call->isInlineAsm() || !callDirectly(*call.call, call.operation))
      callWithSlots(*call.call, call.symbol, call.operation, results, args);
  for (Instruction *access : accesses)
    announce(*access);
  return success();
}

/// void emo_emulated_ARCH_KERNEL(const int64_t *args), which unpacks the slots of a launch.
std::string HostLowering::makeEntry(StringRef kernel) {
  Function *body = module.getFunction(kernel);
  std::string name = emulatedSymbol(*code.arch, kernel);
  auto *entry =
      Function::Create(llvm::FunctionType::get(llvm::Type::getVoidTy(context), {ptr()}, false), Function::ExternalLinkage, name, module);
  entry->setVisibility(Function::HiddenVisibility);
  entry->addFnAttr(llvm::Attribute::NoUnwind);
  IRBuilder<> b(llvm::BasicBlock::Create(context, "", entry));
  SmallVector<llvm::Value *> args;
  unsigned next = 0;
  for (llvm::Argument &arg : body->args()) {
    bool isMap = maps.contains(&arg);
    if (isMap)
      next = llvm::alignTo(next, 8); // as emo_rt_launch says
    llvm::Value *slot = b.CreateConstInBoundsGEP1_32(i64(), entry->getArg(0), next);
    args.push_back(isMap ? slot : fromSlot(b, b.CreateLoad(i64(), slot), arg.getType()));
    next += isMap ? 16 : 1;
  }
  b.CreateCall(body, args);
  b.CreateRetVoid();
  return name;
}

LogicalResult HostLowering::run(HostCode &result) {
  for (Function &function : module)
    for (llvm::Argument &arg : function.args())
      if (arg.hasByValAttr())
        maps.insert(&arg);
  forgetDevice();
  if (failed(checkGlobals()))
    return failure();
  replaceShared();
  SmallVector<Function *> bodies;
  for (Function &function : module)
    if (!function.isDeclaration())
      bodies.push_back(&function);
  for (Function *function : bodies) {
    if (failed(lowerFunction(*function)))
      return failure();
    if (Instruction *left = expandNarrowFloats(*function))
      return error(*left) << "'" << left->getOpcodeName() << "' on bf16";
  }
  for (const DeviceKernel &kernel : code.kernels)
    result.entries.push_back(makeEntry(kernel.name));
  llvm::StripDebugInfo(module);
  for (Function &function : llvm::make_early_inc_range(module)) {
    if (function.isDeclaration() && function.use_empty())
      function.eraseFromParent();
    else if (function.getName().starts_with("emo_sim_"))
      result.calls.push_back(function.getName().str());
  }
  llvm::sort(result.calls);
  std::string problem;
  llvm::raw_string_ostream stream(problem);
  if (llvm::verifyModule(module, &stream))
    return emitError(code.loc) << "emulated kernels make invalid LLVM IR: " << problem;
  return success();
}

//===----------------------------------------------------------------------===//
// Interface
//===----------------------------------------------------------------------===//

std::string emo::emulatedSymbol(const DeviceArch &arch, StringRef kernel) { return ("emo_emulated_" + arch.name + "_" + kernel).str(); }

static std::unique_ptr<llvm::TargetMachine> makeEmulatorMachine(Location loc) {
  std::string error;
  std::unique_ptr<llvm::TargetMachine> machine = makeHostMachine("x86-64-v3", "", llvm::CodeGenOptLevel::Default, error);
  if (!machine)
    emitError(loc) << "this compiler cannot write x86-64 code: " << error;
  return machine;
}

FailureOr<HostCode> emo::lowerToHost(const DeviceCode &code) {
  HostCode result{code.loc, llvm::CloneModule(*code.module), {}, {}};
  std::unique_ptr<llvm::TargetMachine> machine = makeEmulatorMachine(code.loc);
  if (!machine)
    return failure();
  result.module->setTargetTriple(machine->getTargetTriple());
  result.module->setDataLayout(machine->createDataLayout());
  if (failed(HostLowering(code, *result.module).run(result)))
    return failure();
  return result;
}

/// Code generation may call a library for what has no instruction: only what every C library or the emulator has will do.
static LogicalResult checkUndefined(StringRef object, Location loc) {
  auto file = llvm::object::ObjectFile::createObjectFile(llvm::MemoryBufferRef(object, "kernels"));
  if (!file)
    return emitError(loc) << "emulated kernels cannot be read back: " << llvm::toString(file.takeError());
  for (const llvm::object::SymbolRef &symbol : (*file)->symbols()) {
    auto flags = symbol.getFlags();
    auto name = symbol.getName();
    if (!flags || !name || !(*flags & llvm::object::SymbolRef::SF_Undefined) || name->empty() || name->starts_with("emo_sim_") ||
        llvm::is_contained({"memcpy", "memmove", "memset", "fmod", "fmodf", "__truncdfhf2", "_GLOBAL_OFFSET_TABLE_"}, *name)) {
      llvm::consumeError(flags.takeError());
      llvm::consumeError(name.takeError());
      continue;
    }
    return emitError(loc) << "emulated kernels call '" << *name << "', which the emulator does not have";
  }
  return success();
}

FailureOr<std::string> emo::emitHostObject(HostCode &code) {
  std::unique_ptr<llvm::TargetMachine> machine = makeEmulatorMachine(code.loc);
  if (!machine)
    return failure();
  FailureOr<std::string> object = generateCode(*code.module, std::move(machine), /*assembly=*/false, code.loc);
  if (failed(object) || failed(checkUndefined(*object, code.loc)))
    return failure();
  return object;
}
