// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "LowerEntry.h"

#include "Bytes.h"
#include "Dtype.h"
#include "emo/Dialect/Emo/IR/Emo.h"
#include "emo/Runtime/Program.h"

#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

using namespace mlir;
using namespace emo;

namespace {

/// Rewrites one entry function.
class EntryLowering {
public:
  EntryLowering(func::FuncOp function, const llvm::StringMap<int32_t> &params, const llvm::StringMap<int32_t> &kernels)
      : function(function), params(params), kernels(kernels), b(function.getLoc(), function.getContext()) {}

  LogicalResult run();

private:
  Type ptr() { return LLVM::LLVMPointerType::get(b.getContext()); }
  Value i64(int64_t value) { return arith::ConstantOp::create(b, b.getI64IntegerAttr(value)); }
  Value i32(int32_t value) { return arith::ConstantOp::create(b, b.getI32IntegerAttr(value)); }
  Value toI64(Value v);
  Value toIndex(Value v) { return arith::IndexCastOp::create(b, b.getIndexType(), v); }
  Value call(StringRef name, Type result, ValueRange args);
  Value element(Value base, int64_t i) {
    return LLVM::GEPOp::create(b, ptr(), b.getI64Type(), base, ArrayRef<LLVM::GEPArg>{int32_t(i)});
  }
  Type descriptorType(int64_t rank);
  Value makeMemref(MemRefType type, Value data, ArrayRef<Value> sizes);
  Value addressOf(Value memref);

  void replaceArguments();
  LogicalResult replaceReturn();
  Value sizeOf(MemRefType type, ValueRange sizes);
  void lowerAlloc(memref::AllocOp op);
  void lowerView(memref::ViewOp op);
  template <typename Op>
  void replaceMemory(Op op, ValueRange dynamicSizes, Value data);
  void lowerParam(ParamRefOp op);
  void lowerLaunch(LaunchOp op);
  void lowerDeviceLaunch(DeviceLaunchOp op);
  /// The function `prefix` + a letter for each of `args`, which stores them to a block on its stack and ends with what `write` makes of
  /// its `fixed` first arguments and the block, which has room for `more` values of 8 bytes.
  void callWithBlock(StringRef prefix, ValueRange fixed, ValueRange args, int64_t more, function_ref<void(ValueRange, Value)> write);
  void describeMap(Value memref, ArrayRef<int64_t> box, SmallVectorImpl<Value> &values);
  void lowerExpandShape(memref::ExpandShapeOp op);
  LogicalResult lowerAsserts();

  func::FuncOp function;
  const llvm::StringMap<int32_t> &params, &kernels;
  ImplicitLocOpBuilder b;
  bool onDevice = function->hasAttr("emo.device");
  Value context, inputs;
};
} // namespace

//===----------------------------------------------------------------------===//
// Helpers
//===----------------------------------------------------------------------===//

Value EntryLowering::toI64(Value v) {
  if (v.getType().isIndex())
    return arith::IndexCastOp::create(b, b.getI64Type(), v);
  if (v.getType().isF32())
    v = arith::BitcastOp::create(b, b.getI32Type(), v);
  if (v.getType().isF64())
    return arith::BitcastOp::create(b, b.getI64Type(), v);
  if (v.getType().isInteger(64))
    return v;
  return arith::ExtSIOp::create(b, b.getI64Type(), v);
}

Value EntryLowering::call(StringRef name, Type result, ValueRange args) {
  auto op = LLVM::CallOp::create(b, result ? TypeRange{result} : TypeRange{}, name, args);
  return result ? op.getResult() : Value();
}

/// The struct that the conversion to LLVM makes of memrefs: allocated and aligned pointer, offset, sizes, strides.
Type EntryLowering::descriptorType(int64_t rank) {
  SmallVector<Type> fields = {ptr(), ptr(), b.getI64Type()};
  if (rank)
    fields.append(2, LLVM::LLVMArrayType::get(b.getI64Type(), rank));
  return LLVM::LLVMStructType::getLiteral(b.getContext(), fields);
}

/// A row-major memref over `data`.
Value EntryLowering::makeMemref(MemRefType type, Value data, ArrayRef<Value> sizes) {
  int64_t rank = type.getRank();
  Value descriptor = LLVM::PoisonOp::create(b, descriptorType(rank));
  auto insert = [&](Value value, ArrayRef<int64_t> position) {
    descriptor = LLVM::InsertValueOp::create(b, descriptor, value, position);
  };
  insert(data, {0});
  insert(data, {1});
  insert(i64(0), {2});
  Value stride = i64(1);
  for (int64_t d = rank - 1; d >= 0; --d) {
    Value size = type.isDynamicDim(d) ? sizes[d] : i64(type.getDimSize(d));
    insert(size, {3, d});
    insert(stride, {4, d});
    stride = arith::MulIOp::create(b, stride, size);
  }
  return UnrealizedConversionCastOp::create(b, type, descriptor).getResult(0);
}

/// Address of a memref's first element.
Value EntryLowering::addressOf(Value memref) {
  auto type = cast<MemRefType>(memref.getType());
  Value descriptor = UnrealizedConversionCastOp::create(b, descriptorType(type.getRank()), memref).getResult(0);
  Value base = LLVM::ExtractValueOp::create(b, descriptor, ArrayRef<int64_t>{1});
  auto [strides, offset] = type.getStridesAndOffset();
  int64_t elementBytes = bytesOf(type.getElementType());
  if (!ShapedType::isDynamic(offset))
    return offset ? LLVM::GEPOp::create(b, ptr(), b.getI8Type(), base, ValueRange{i64(offset * elementBytes)}).getResult() : base;
  Value elements = toI64(memref::ExtractStridedMetadataOp::create(b, memref).getOffset());
  Value bytes = arith::MulIOp::create(b, elements, i64(elementBytes));
  return LLVM::GEPOp::create(b, ptr(), b.getI8Type(), base, ValueRange{bytes});
}

//===----------------------------------------------------------------------===//
// Entries
//===----------------------------------------------------------------------===//

/// memref arguments are built from emo_buffer {data, dims[8]}, 72 bytes each.
void EntryLowering::replaceArguments() {
  Block &entry = function.front();
  unsigned count = entry.getNumArguments();
  context = entry.addArgument(ptr(), function.getLoc());
  inputs = entry.addArgument(ptr(), function.getLoc());
  b.setInsertionPointToStart(&entry);
  constexpr int64_t kBufferWords = 9;
  for (unsigned i = 0; i < count; ++i) {
    auto type = cast<MemRefType>(entry.getArgument(i).getType());
    Value data = LLVM::LoadOp::create(b, ptr(), element(inputs, i * kBufferWords));
    SmallVector<Value> sizes;
    for (int64_t d = 0; d < type.getRank(); ++d)
      sizes.push_back(type.isDynamicDim(d) ? Value(LLVM::LoadOp::create(b, b.getI64Type(), element(inputs, i * kBufferWords + 1 + d)))
                                           : Value());
    entry.getArgument(i).replaceAllUsesWith(makeMemref(type, data, sizes));
  }
  entry.eraseArguments(0, count);
}

/// Results are copied to the memory that the runtime gives for them; results that are arguments (KV caches) were written in place.
LogicalResult EntryLowering::replaceReturn() {
  auto ret = cast<func::ReturnOp>(function.front().getTerminator());
  b.setInsertionPoint(ret);
  int32_t index = 0;
  for (auto [i, value] : llvm::enumerate(ret.getOperands())) {
    if (function.getResultAttr(i, "emo.in_place"))
      continue;
    auto type = cast<MemRefType>(value.getType());
    int64_t rank = type.getRank();
    Value dims = LLVM::AllocaOp::create(b, ptr(), b.getI64Type(), i64(std::max<int64_t>(rank, 1)));
    SmallVector<Value> sizes;
    for (int64_t d = 0; d < rank; ++d) {
      sizes.push_back(toI64(memref::DimOp::create(b, value, d)));
      LLVM::StoreOp::create(b, sizes.back(), element(dims, d));
    }
    if (onDevice) {
      if (!type.getLayout().isIdentity())
        return function.emitOpError() << "returns a view of device memory, expected whole memory as result " << i;
      call("emo_rt_device_output", Type(), {context, i32(index++), dims, addressOf(value)});
      continue;
    }
    Value data = call("emo_rt_output", ptr(), {context, i32(index++), dims});
    auto dense = MemRefType::get(type.getShape(), type.getElementType());
    memref::CopyOp::create(b, value, makeMemref(dense, data, sizes));
  }
  func::ReturnOp::create(b, i32(0));
  ret.erase();
  return success();
}

/// Bytes of a dense memref; `sizes`: of its dynamic dimensions.
Value EntryLowering::sizeOf(MemRefType type, ValueRange sizes) {
  Value bytes = i64(bytesOf(type.getElementType()));
  unsigned dynamic = 0;
  for (int64_t size : type.getShape())
    bytes = arith::MulIOp::create(b, bytes, ShapedType::isDynamic(size) ? toI64(sizes[dynamic++]) : i64(size));
  return bytes;
}

/// Row-major memory of `op`'s result at `data`.
template <typename Op>
void EntryLowering::replaceMemory(Op op, ValueRange dynamicSizes, Value data) {
  MemRefType type = op.getType();
  SmallVector<Value> sizes;
  unsigned dynamic = 0;
  for (int64_t size : type.getShape())
    sizes.push_back(ShapedType::isDynamic(size) ? toI64(dynamicSizes[dynamic++]) : i64(size));
  op.replaceAllUsesWith(makeMemref(type, data, sizes));
  op.erase();
}

void EntryLowering::lowerAlloc(memref::AllocOp op) {
  b.setInsertionPoint(op);
  b.setLoc(op.getLoc());
  Value bytes = sizeOf(op.getType(), op.getDynamicSizes());
  bool isArena = llvm::any_of(op->getUsers(), [](Operation *user) { return isa<memref::ViewOp>(user); });
  StringRef service = onDevice && isArena ? "emo_rt_arena" : "emo_rt_alloc";
  replaceMemory(op, op.getDynamicSizes(), call(service, ptr(), {context, bytes}));
}

/// A temporary in the arena.
void EntryLowering::lowerView(memref::ViewOp op) {
  b.setInsertionPoint(op);
  b.setLoc(op.getLoc());
  Value arena = addressOf(op.getSource()), offset = toI64(op.getByteShift());
  Value data = onDevice ? call("emo_rt_buffer", ptr(), {context, arena, offset, sizeOf(op.getType(), op.getSizes())})
                        : Value(LLVM::GEPOp::create(b, ptr(), b.getI8Type(), arena, ValueRange{offset}));
  replaceMemory(op, op.getSizes(), data);
}

void EntryLowering::lowerParam(ParamRefOp op) {
  b.setInsertionPoint(op);
  b.setLoc(op.getLoc());
  auto type = cast<MemRefType>(op.getResult().getType());
  Value data = call("emo_rt_param", ptr(), {context, i32(params.lookup(op.getParam()))});
  op.getResult().replaceAllUsesWith(makeMemref(type, data, {}));
  op.erase();
}

/// One function per list of types ('p' for pointers, 'i' for integers), so that a launch is one line.
void EntryLowering::callWithBlock(StringRef prefix, ValueRange fixed, ValueRange args, int64_t more,
                                  function_ref<void(ValueRange, Value)> write) {
  SmallVector<Value> all(fixed);
  std::string name = prefix.str();
  for (Value arg : args) {
    bool isMemref = isa<MemRefType>(arg.getType());
    name += isMemref ? 'p' : 'i';
    all.push_back(isMemref ? addressOf(arg) : toI64(arg));
  }
  auto module = function->getParentOfType<ModuleOp>();
  if (!module.lookupSymbol(name)) {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(module.getBody());
    auto type = LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(b.getContext()), llvm::to_vector(ValueRange(all).getTypes()));
    auto launch = LLVM::LLVMFuncOp::create(b, name, type, LLVM::Linkage::Internal);
    Block *body = launch.addEntryBlock(b);
    b.setInsertionPointToStart(body);
    Value block = LLVM::AllocaOp::create(b, ptr(), b.getI64Type(), i64(std::max<int64_t>(args.size() + more, 1)), /*alignment=*/64);
    for (auto [i, arg] : llvm::enumerate(body->getArguments().drop_front(fixed.size())))
      LLVM::StoreOp::create(b, arg, element(block, i));
    write(ValueRange(body->getArguments()).take_front(fixed.size()), block);
    LLVM::ReturnOp::create(b, ValueRange());
  }
  call(name, Type(), all);
}

void EntryLowering::lowerLaunch(LaunchOp op) {
  b.setInsertionPoint(op);
  b.setLoc(op.getLoc());
  SmallVector<Value> fixed = {context, i32(kernels.lookup(op.getKernel())), toI64(op.getTasks()), toI64(op.getScratchBytes())};
  callWithBlock("emo_launch_", fixed, op.getArgs(), 0, [&](ValueRange given, Value block) {
    call("emo_rt_parallel", Type(), {given[0], given[1], block, given[2], given[3]});
  });
  op.erase();
}

/// What emo_rt_tensor_map takes behind the map itself.
void EntryLowering::describeMap(Value memref, ArrayRef<int64_t> box, SmallVectorImpl<Value> &values) {
  auto type = cast<MemRefType>(memref.getType());
  auto metadata = memref::ExtractStridedMetadataOp::create(b, memref);
  int64_t last = type.getRank() - 1, bytes = bytesOf(type.getElementType());
  Value rows = i64(1);
  for (int64_t d = 0; d < last; ++d)
    rows = arith::MulIOp::create(b, rows, toI64(metadata.getSizes()[d]));
  Value distance = arith::MulIOp::create(b, toI64(metadata.getStrides()[last - 1]), i64(bytes));
  values.append({addressOf(memref), i32(dtypeOf(type.getElementType())), rows, i64(type.getDimSize(last)), distance,
                 i32(box[0]), i32(box[1])});
}

void EntryLowering::lowerDeviceLaunch(DeviceLaunchOp op) {
  b.setInsertionPoint(op);
  b.setLoc(op.getLoc());
  SmallVector<Value> fixed = {context, i32(kernels.lookup(op.getKernel()))};
  for (Value size : {op.getGridX(), op.getGridY(), op.getGridZ()})
    fixed.push_back(toI64(size));
  fixed.push_back(i32(op.getThreads()));
  fixed.push_back(toI64(op.getSharedBytes()));
  size_t common = fixed.size();
  for (auto [i, memref] : llvm::enumerate(op.getMaps()))
    describeMap(memref, op.getBoxes().slice(2 * i, 2), fixed);
  constexpr int64_t kMapSlots = 16; // Program.h
  int64_t count = op.getArgs().size(), maps = op.getMaps().size(), first = llvm::alignTo(count, 8);
  std::string prefix = maps ? "emo_device_launch_" + std::to_string(maps) : "emo_device_launch_";
  callWithBlock(prefix, fixed, op.getArgs(), first - count + maps * kMapSlots, [&](ValueRange given, Value block) {
    size_t each = maps ? (given.size() - common) / maps : 0;
    for (int64_t i = 0; i < maps; ++i) {
      SmallVector<Value> operands = {given[0], element(block, first + i * kMapSlots)};
      llvm::append_range(operands, given.slice(common + i * each, each));
      call("emo_rt_tensor_map", Type(), operands);
    }
    call("emo_rt_launch", Type(), {given[0], given[1], block, i32(count), i32(maps), given[2], given[3], given[4], given[5], given[6]});
  });
  op.erase();
}

/// As a reinterpret_cast: the upstream expansion of metadata crashes on a group with two dynamic sizes.
void EntryLowering::lowerExpandShape(memref::ExpandShapeOp op) {
  b.setInsertionPoint(op);
  b.setLoc(op.getLoc());
  MemRefType type = op.getResultType();
  auto source = memref::ExtractStridedMetadataOp::create(b, op.getSrc());
  auto [known, knownOffset] = type.getStridesAndOffset();
  SmallVector<OpFoldResult> sizes = op.getMixedOutputShape(), strides(type.getRank());
  for (auto [d, group] : llvm::enumerate(op.getReassociationIndices())) {
    Value stride = source.getStrides()[d];
    for (int64_t i : llvm::reverse(group)) {
      strides[i] = ShapedType::isDynamic(known[i]) ? OpFoldResult(stride) : OpFoldResult(b.getIndexAttr(known[i]));
      Value size = getValueOrCreateConstantIndexOp(b, b.getLoc(), sizes[i]);
      stride = arith::MulIOp::create(b, stride, size);
    }
  }
  OpFoldResult offset = ShapedType::isDynamic(knownOffset) ? OpFoldResult(source.getOffset()) : OpFoldResult(b.getIndexAttr(knownOffset));
  op.replaceAllUsesWith(memref::ReinterpretCastOp::create(b, type, source.getBaseBuffer(), offset, sizes, strides).getResult());
  op.erase();
}

/// What an entry asserts about its inputs ends the run with the message.
LogicalResult EntryLowering::lowerAsserts() {
  SmallVector<cf::AssertOp> asserts;
  function.walk([&](cf::AssertOp op) { asserts.push_back(op); });
  auto module = function->getParentOfType<ModuleOp>();
  for (cf::AssertOp op : asserts) {
    if (op->getParentOp() != function)
      return op.emitOpError() << "expects to be outside loops and branches of an entry function";
    b.setLoc(op.getLoc());
    std::string text = (op.getMsg() + Twine('\0')).str();
    OpBuilder detached(b.getContext());
    auto message = LLVM::GlobalOp::create(detached, op.getLoc(), LLVM::LLVMArrayType::get(b.getI8Type(), text.size()), /*isConstant=*/true,
                                          LLVM::Linkage::Private, "emo_message", b.getStringAttr(text));
    SymbolTable(module).insert(message, module.getBody()->begin()); // makes the name unique
    Block *before = op->getBlock();
    Block *after = before->splitBlock(op);
    Block *failed = b.createBlock(after);
    Value address = LLVM::AddressOfOp::create(b, message);
    call("emo_rt_fail", Type(), {context, address, LLVM::ZeroOp::create(b, ptr()), i32(0)});
    func::ReturnOp::create(b, i32(1));
    b.setInsertionPointToEnd(before);
    cf::CondBranchOp::create(b, op.getArg(), after, failed);
    op.erase();
  }
  return success();
}

LogicalResult EntryLowering::run() {
  if (!llvm::hasSingleElement(function.getBody()))
    return function.emitOpError() << "expects structured control flow in entry functions";
  replaceArguments();
  if (failed(replaceReturn()))
    return failure();
  SmallVector<Operation *> work;
  function.walk([&](Operation *op) {
    if (isa<memref::AllocOp, memref::ViewOp, ParamRefOp, LaunchOp, DeviceLaunchOp, memref::ExpandShapeOp>(op))
      work.push_back(op);
  });
  for (Operation *op : work) {
    if (auto alloc = dyn_cast<memref::AllocOp>(op))
      lowerAlloc(alloc);
    else if (auto view = dyn_cast<memref::ViewOp>(op))
      lowerView(view);
    else if (auto param = dyn_cast<ParamRefOp>(op))
      lowerParam(param);
    else if (auto expand = dyn_cast<memref::ExpandShapeOp>(op))
      lowerExpandShape(expand);
    else if (auto launch = dyn_cast<DeviceLaunchOp>(op))
      lowerDeviceLaunch(launch);
    else
      lowerLaunch(cast<LaunchOp>(op));
  }
  // Strided copies have no call in the runtime: they are loops.
  function.walk([&](memref::CopyOp copy) {
    b.setInsertionPoint(copy);
    b.setLoc(copy.getLoc());
    linalg::CopyOp::create(b, ValueRange{copy.getSource()}, ValueRange{copy.getTarget()});
    copy.erase();
  });
  if (failed(lowerAsserts()))
    return failure();
  function.setType(b.getFunctionType({ptr(), ptr()}, {b.getI32Type()}));
  function.removeArgAttrsAttr();
  function.removeResAttrsAttr();
  function.setName(("emo_entry_" + function.getName()).str());
  function->removeAttr("emo.device");
  function->removeAttr("emo.entry");
  return success();
}

LogicalResult emo::lowerEntry(func::FuncOp entry, const llvm::StringMap<int32_t> &params, const llvm::StringMap<int32_t> &kernels) {
  return EntryLowering(entry, params, kernels).run();
}
