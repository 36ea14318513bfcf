// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "DeviceCalls.h"

#include "Bytes.h"
#include "emo/Dialect/Emo/IR/Emo.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/Builders.h"
#include "mlir/Interfaces/ViewLikeInterface.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

#include <map>

using namespace mlir;
using namespace emo;

static RewritePatternSet canonicalization(MLIRContext *context) {
  RewritePatternSet patterns(context);
  for (Dialect *dialect : context->getLoadedDialects())
    dialect->getCanonicalizationPatterns(patterns);
  for (RegisteredOperationName op : context->getRegisteredOperations())
    op.getCanonicalizationPatterns(patterns, context);
  return patterns;
}

DeviceCalls::DeviceCalls(ModuleOp module) : context(module.getContext()), patterns(canonicalization(context)) {
  constexpr int64_t kMany = 2048;
  tokens = kMany;
  if (auto model = module->getAttrOfType<DictionaryAttr>("emo.model"))
    if (auto positions = model.getAs<IntegerAttr>("max_positions"); positions && positions.getInt() > 0)
      tokens = std::min(tokens, positions.getInt());
}

//===----------------------------------------------------------------------===//
// An entry for given sizes
//===----------------------------------------------------------------------===//

/// Sizes of the entry's named dimensions for one sequence.
static llvm::StringMap<int64_t> sizesOf(func::FuncOp entry, int64_t tokens, int64_t positions) {
  llvm::StringMap<int64_t> sizes;
  for (unsigned i = 0; i < entry.getNumArguments(); ++i) {
    auto role = entry.getArgAttrOfType<StringAttr>(i, "emo.role");
    auto dims = entry.getArgAttrOfType<ArrayAttr>(i, "emo.dims");
    if (!role || !dims)
      continue;
    auto set = [&](unsigned d, int64_t size) {
      if (d < dims.size() && !cast<StringAttr>(dims[d]).empty())
        sizes[cast<StringAttr>(dims[d])] = size;
    };
    if (role.getValue() == "token_ids" || role.getValue() == "kv_cache" || role.getValue() == "sampling")
      set(0, 1);
    if (role.getValue() == "token_ids")
      set(1, tokens);
    if (role.getValue() == "kv_cache")
      set(2, positions);
  }
  return sizes;
}

/// A copy of `entry` for arguments of the given sizes; null when a size is not among them.
static OwningOpRef<func::FuncOp> specialise(func::FuncOp entry, const llvm::StringMap<int64_t> &sizes) {
  OwningOpRef<func::FuncOp> copy = entry.clone();
  OpBuilder b = OpBuilder::atBlockBegin(&copy->front());
  for (BlockArgument argument : copy->getArguments()) {
    auto type = dyn_cast<MemRefType>(argument.getType());
    if (!type || type.hasStaticShape())
      continue;
    auto dims = entry.getArgAttrOfType<ArrayAttr>(argument.getArgNumber(), "emo.dims");
    SmallVector<int64_t> shape(type.getShape());
    for (int64_t d = 0; d < type.getRank(); ++d) {
      if (!type.isDynamicDim(d))
        continue;
      auto found = dims && d < int64_t(dims.size()) ? sizes.find(cast<StringAttr>(dims[d]).getValue()) : sizes.end();
      if (found == sizes.end())
        return nullptr;
      shape[d] = found->second;
    }
    argument.setType(MemRefType::get(shape, type.getElementType()));
    auto cast = memref::CastOp::create(b, argument.getLoc(), type, argument);
    argument.replaceAllUsesExcept(cast, cast);
  }
  return copy;
}

//===----------------------------------------------------------------------===//
// Its launches
//===----------------------------------------------------------------------===//

/// What is behind views and casts.
static Value origin(Value memref) {
  while (auto view = memref.getDefiningOp<ViewLikeOpInterface>())
    memref = view.getViewSource();
  return memref;
}

static bool isParam(Value memref) { return origin(memref).getDefiningOp<ParamRefOp>() != nullptr; }

/// The layer that a parameter belongs to: the first number in a name such as "layers.3.router".
static std::optional<int64_t> layerOf(StringRef param) {
  for (StringRef part : llvm::split(param, '.'))
    if (int64_t layer; !part.getAsInteger(10, layer) && layer >= 0)
      return layer;
  return std::nullopt;
}

static std::optional<int64_t> layerOf(DeviceLaunchOp launch) {
  for (Value arg : launch->getOperands())
    if (isa<MemRefType>(arg.getType()))
      if (auto param = origin(arg).getDefiningOp<ParamRefOp>())
        if (std::optional<int64_t> layer = layerOf(param.getParam()))
          return layer;
  return std::nullopt;
}

/// Launches of each layer: from the first one with a parameter of it to the last one, and those behind it without any parameter.
static SmallVector<int64_t> countLayers(ArrayRef<DeviceLaunchOp> launches) {
  std::map<int64_t, size_t> last;
  for (auto [i, launch] : llvm::enumerate(launches))
    if (std::optional<int64_t> layer = layerOf(launch))
      last[*layer] = i;
  std::map<int64_t, int64_t> counts;
  std::optional<int64_t> current;
  for (auto [i, launch] : llvm::enumerate(launches)) {
    bool hasParam =
        llvm::any_of(DeviceLaunchOp(launch)->getOperands(), [](Value arg) { return isa<MemRefType>(arg.getType()) && isParam(arg); });
    if (std::optional<int64_t> layer = layerOf(launch))
      current = layer;
    else if (current && hasParam && i > last[*current])
      current = std::nullopt;
    if (current)
      ++counts[*current];
  }
  SmallVector<int64_t> list;
  for (auto [layer, count] : counts)
    list.push_back(count);
  return list;
}

/// Through casts to the type with all sizes.
static MemRefType knownType(Value memref) {
  auto type = cast<MemRefType>(memref.getType());
  while (!type.hasStaticShape()) {
    auto view = memref.getDefiningOp<memref::CastOp>();
    if (!view)
      break;
    memref = view.getSource();
    type = cast<MemRefType>(memref.getType());
  }
  return type;
}

static int64_t sizeOf(MemRefType type) { return type.getNumElements() * bytesOf(type.getElementType()); }

/// Blocks, multiply-adds and bytes of a launch whose kernel is one of a known kind: it reads and writes its memory once, and a product
/// multiplies each row of its result, the last of its args, with matrices of weights.
static std::optional<std::array<int64_t, 3>> workOf(DeviceLaunchOp launch) {
  StringRef kernel = launch.getKernel();
  bool isProduct = kernel.starts_with("linear_") || kernel.starts_with("expert_");
  if (!isProduct && !kernel.starts_with("rms_norm_") && !kernel.starts_with("combine_") && !kernel.starts_with("row_dot_"))
    return std::nullopt;
  int64_t blocks = 1;
  for (Value size : {launch.getGridX(), launch.getGridY(), launch.getGridZ()}) {
    std::optional<int64_t> known = getConstantIntValue(size);
    if (!known)
      return std::nullopt;
    blocks *= *known;
  }
  auto isMemRef = [](Value arg) { return isa<MemRefType>(arg.getType()); };
  SmallVector<Value> args = llvm::filter_to_vector(launch.getArgs(), isMemRef),
                     memrefs = llvm::filter_to_vector(launch->getOperands(), isMemRef);
  if (args.empty() || !llvm::all_of(memrefs, [](Value arg) { return knownType(arg).hasStaticShape(); }))
    return std::nullopt;
  MemRefType result = knownType(args.back());
  int64_t rows = result.getRank() ? result.getDimSize(0) : 1, fma = 0, bytes = 0;
  for (Value arg : memrefs) {
    MemRefType type = knownType(arg);
    // Of experts' weights so many as there are rows at most.
    if (isProduct && type.getRank() == 3 && isParam(arg))
      type = MemRefType::get({std::min(type.getDimSize(0), rows), type.getDimSize(1), type.getDimSize(2)}, type.getElementType());
    bytes += sizeOf(type);
    if (isProduct && type.getRank() >= 2 && isParam(arg))
      fma += rows * type.getDimSize(type.getRank() - 1) * type.getDimSize(type.getRank() - 2);
  }
  return std::array<int64_t, 3>{blocks, fma, bytes};
}

//===----------------------------------------------------------------------===//
// Calls
//===----------------------------------------------------------------------===//

DictionaryAttr DeviceCalls::predict(func::FuncOp entry, int64_t tokens, int64_t positions) {
  OwningOpRef<func::FuncOp> copy = specialise(entry, sizesOf(entry, tokens, positions));
  if (!copy || failed(applyPatternsGreedily(*copy, patterns)))
    return {};
  SmallVector<DeviceLaunchOp> launches;
  int64_t bytes = 0;
  WalkResult walked = copy->walk([&](Operation *op) {
    auto launch = dyn_cast<DeviceLaunchOp>(op);
    auto alloc = dyn_cast<memref::AllocOp>(op);
    if (!launch && !alloc)
      return WalkResult::advance();
    // Everything is known, or nothing is said.
    if (op->getParentOp() != *copy || (alloc && !alloc.getType().hasStaticShape()))
      return WalkResult::interrupt();
    if (alloc)
      bytes += sizeOf(alloc.getType());
    else if (getConstantIntValue(launch.getGridX()) != 0 && getConstantIntValue(launch.getGridY()) != 0 &&
             getConstantIntValue(launch.getGridZ()) != 0)
      launches.push_back(launch);
    return WalkResult::advance();
  });
  if (walked.wasInterrupted())
    return {};
  Builder b(entry.getContext());
  for (DeviceLaunchOp launch : launches)
    if (auto known = workOf(launch);
        known && llvm::none_of(work, [&](const NamedAttribute &other) { return other.getName() == launch.getKernelAttr(); }))
      work.push_back(b.getNamedAttr(launch.getKernel(), b.getDenseI64ArrayAttr(*known)));
  return b.getDictionaryAttr({b.getNamedAttr("tokens", b.getI64IntegerAttr(tokens)),
                              b.getNamedAttr("positions", b.getI64IntegerAttr(positions)),
                              b.getNamedAttr("launches", b.getI64IntegerAttr(launches.size())),
                              b.getNamedAttr("layers", b.getDenseI64ArrayAttr(countLayers(launches))),
                              b.getNamedAttr("temporary_bytes", b.getI64IntegerAttr(bytes))});
}

ArrayAttr DeviceCalls::predict(func::FuncOp entry) {
  SmallVector<Attribute> calls;
  bool hasTokens = false, hasCaches = false, samples = false;
  for (unsigned i = 0; i < entry.getNumArguments(); ++i)
    if (auto role = entry.getArgAttrOfType<StringAttr>(i, "emo.role")) {
      hasTokens |= role.getValue() == "token_ids";
      hasCaches |= role.getValue() == "kv_cache";
      samples |= role.getValue() == "sampling";
    }
  if (hasTokens)
    if (DictionaryAttr call = predict(entry, tokens, tokens))
      calls.push_back(call);
  if ((hasTokens && hasCaches) || samples)
    if (DictionaryAttr call = predict(entry, 1, tokens))
      calls.push_back(call);
  return Builder(entry.getContext()).getArrayAttr(calls);
}

DictionaryAttr DeviceCalls::takeWork() { return DictionaryAttr::get(context, std::exchange(work, {})); }
