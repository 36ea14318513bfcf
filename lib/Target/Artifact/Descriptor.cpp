// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Descriptor.h"

#include "../Host/Dtype.h"
#include "emo/Runtime/Program.h"
#include "emo/Runtime/TokenizerTables.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Config/llvm-config.h"
#include "llvm/IR/Constants.h"
#include "llvm/Support/JSON.h"

#include <cstring>

using namespace mlir;
using namespace emo;

std::string emo::kernelSymbol(StringRef kernel, StringRef isa) { return (kernel + "." + isa).str(); }

//===----------------------------------------------------------------------===//
// Manifest
//===----------------------------------------------------------------------===//

static llvm::json::Value toJson(Attribute attr) {
  if (auto text = dyn_cast<StringAttr>(attr))
    return text.getValue();
  if (auto number = dyn_cast<IntegerAttr>(attr))
    return number.getValue().getSExtValue();
  if (auto number = dyn_cast<FloatAttr>(attr))
    return number.getValueAsDouble();
  if (auto numbers = dyn_cast<DenseI64ArrayAttr>(attr))
    return llvm::json::Array(numbers.asArrayRef());
  if (auto array = dyn_cast<ArrayAttr>(attr)) {
    llvm::json::Array values;
    for (Attribute element : array)
      values.push_back(toJson(element));
    return values;
  }
  if (auto dictionary = dyn_cast<DictionaryAttr>(attr)) {
    llvm::json::Object object;
    for (NamedAttribute entry : dictionary)
      object[entry.getName().getValue()] = toJson(entry.getValue());
    return object;
  }
  return nullptr;
}

/// What calls of a device's entries come to: {"forward": [{"tokens": 512, ...}], ...}.
static llvm::json::Value callsJson(ArrayAttr entries) {
  llvm::json::Object object;
  for (auto entry : entries.getAsRange<DictionaryAttr>())
    if (auto calls = entry.getAs<ArrayAttr>("calls"))
      object[entry.getAs<StringAttr>("name").getValue()] = toJson(calls);
  return object;
}

std::string emo::manifestJson(ModuleOp module, StringRef tokenizer, ArrayRef<DeviceBinary> binaries) {
  llvm::json::Object manifest;
  if (auto model = module->getAttrOfType<DictionaryAttr>("emo.model"))
    for (NamedAttribute entry : model) {
      StringRef key = entry.getName().getValue();
      manifest[key == "name" ? "model" : key == "hash" ? "model_hash" : key] = toJson(entry.getValue());
    }
  if (auto missing = module->getAttrOfType<DictionaryAttr>("emo.missing_entries"))
    manifest["missing_entries"] = toJson(missing);
  if (!tokenizer.empty()) {
    emo_tokenizer_header header;
    memcpy(&header, tokenizer.data(), sizeof header);
    manifest["tokenizer"] = llvm::json::Object{{"kind", "byte-level BPE"}, {"tokens", int64_t(header.ends.count)}};
  }
  llvm::json::Object devices;
  for (const DeviceBinary &binary : binaries)
    devices[binary.arch] = llvm::json::Object{{"kernels", int64_t(binary.kernels.size())},
                                              {"ptx_bytes", int64_t(binary.ptx.size())},
                                              {"cubin_bytes", int64_t(binary.cubin.size())},
                                              {"entries", callsJson(binary.entries)}};
  if (!devices.empty())
    manifest["devices"] = std::move(devices);
  manifest["compiler"] = "emo " EMO_VERSION ", LLVM " LLVM_VERSION_STRING;
  return llvm::formatv("{0}", llvm::json::Value(std::move(manifest)));
}

//===----------------------------------------------------------------------===//
// Constants
//===----------------------------------------------------------------------===//

namespace {
class DescriptorBuilder {
public:
  DescriptorBuilder(llvm::Module &host) : host(host), context(host.getContext()) {}

  llvm::Constant *i32(int32_t value) { return llvm::ConstantInt::get(llvm::Type::getInt32Ty(context), uint32_t(value)); }
  llvm::Constant *i64(int64_t value) { return llvm::ConstantInt::get(llvm::Type::getInt64Ty(context), uint64_t(value)); }
  llvm::Constant *null() { return llvm::ConstantPointerNull::get(llvm::PointerType::get(context, 0)); }
  llvm::Constant *record(ArrayRef<llvm::Constant *> fields) { return llvm::ConstantStruct::getAnon(context, fields); }
  llvm::Constant *text(StringRef value) { return global(llvm::ConstantDataArray::getString(context, value)); }
  llvm::Constant *array(ArrayRef<llvm::Constant *> elements) {
    if (elements.empty())
      return null();
    return global(llvm::ConstantArray::get(llvm::ArrayType::get(elements[0]->getType(), elements.size()), elements));
  }
  llvm::Constant *data(StringRef bytes) {
    auto *variable = cast<llvm::GlobalVariable>(global(llvm::ConstantDataArray::getString(context, bytes, /*AddNull=*/false)));
    variable->setAlignment(llvm::Align(64));
    return variable;
  }
  /// A constant of the runtime.
  llvm::Constant *external(StringRef name) {
    return new llvm::GlobalVariable(host, llvm::PointerType::get(context, 0), /*isConstant=*/true, llvm::GlobalValue::ExternalLinkage,
                                    nullptr, name);
  }
  llvm::Constant *function(StringRef name, llvm::FunctionType *type) {
    return cast<llvm::Constant>(host.getOrInsertFunction(name, type).getCallee());
  }

  llvm::Constant *value(DictionaryAttr desc);
  llvm::Constant *values(ArrayAttr descs) {
    SmallVector<llvm::Constant *> constants;
    for (Attribute desc : descs)
      constants.push_back(value(cast<DictionaryAttr>(desc)));
    return array(constants);
  }

  llvm::Module &host;
  llvm::LLVMContext &context;

private:
  llvm::Constant *global(llvm::Constant *initializer) {
    auto *variable = new llvm::GlobalVariable(host, initializer->getType(), /*isConstant=*/true,
                                              llvm::GlobalValue::PrivateLinkage, initializer);
    variable->setUnnamedAddr(llvm::GlobalValue::UnnamedAddr::Global);
    return variable;
  }
};
} // namespace

static int32_t roleOf(DictionaryAttr desc) {
  auto role = desc.getAs<StringAttr>("role");
  return llvm::StringSwitch<int32_t>(role ? role.getValue() : "")
      .Case("token_ids", EMO_ROLE_TOKEN_IDS)
      .Case("kv_cache", EMO_ROLE_KV_CACHE)
      .Case("lengths", EMO_ROLE_LENGTHS)
      .Case("segments", EMO_ROLE_SEGMENTS)
      .Case("logits", EMO_ROLE_LOGITS)
      .Case("losses", EMO_ROLE_LOSSES)
      .Case("expert_mask", EMO_ROLE_EXPERT_MASK)
      .Case("router_probabilities", EMO_ROLE_ROUTER_PROBABILITIES)
      .Case("expert_indices", EMO_ROLE_EXPERT_INDICES)
      .Case("sampling", EMO_ROLE_SAMPLING)
      .Case("next_ids", EMO_ROLE_NEXT_IDS)
      .Default(EMO_ROLE_PLAIN);
}

llvm::Constant *DescriptorBuilder::value(DictionaryAttr desc) {
  auto type = cast<MemRefType>(desc.getAs<TypeAttr>("type").getValue());
  auto symbols = desc.getAs<ArrayAttr>("dims");
  SmallVector<llvm::Constant *> dims;
  for (int64_t d = 0; d < type.getRank(); ++d) {
    StringRef symbol = symbols && d < int64_t(symbols.size()) ? cast<StringAttr>(symbols[d]).getValue() : "";
    dims.push_back(record({i64(type.isDynamicDim(d) ? -1 : type.getDimSize(d)), text(symbol)}));
  }
  auto range = desc.getAs<DenseI64ArrayAttr>("range");
  return record({text(desc.getAs<StringAttr>("name").getValue()), i32(dtypeOf(type.getElementType())), i32(roleOf(desc)),
                 i32(type.getRank()), i32(0), array(dims), i64(range ? range[0] : 0), i64(range ? range[1] : 0)});
}

LogicalResult emo::addDescriptor(ModuleOp module, const WeightsLayout &weights, StringRef tokenizer, ArrayRef<DeviceBinary> binaries,
                                 llvm::Module &host) {
  DescriptorBuilder d(host);
  llvm::Type *ptr = llvm::PointerType::get(d.context, 0), *i64 = llvm::Type::getInt64Ty(d.context);
  auto *entryType = llvm::FunctionType::get(llvm::Type::getInt32Ty(d.context), {ptr, ptr}, false);
  auto *kernelType = llvm::FunctionType::get(llvm::Type::getVoidTy(d.context), {ptr, i64, ptr}, false);

  SmallVector<llvm::Constant *> params, names, tables;
  auto makeEntries = [&](ArrayAttr descs) {
    SmallVector<llvm::Constant *> entries;
    for (Attribute attr : descs) {
      auto entry = cast<DictionaryAttr>(attr);
      StringRef name = entry.getAs<StringAttr>("name").getValue();
      auto inputs = entry.getAs<ArrayAttr>("inputs"), outputs = entry.getAs<ArrayAttr>("outputs");
      entries.push_back(d.record({d.text(name), d.function(entry.getAs<StringAttr>("symbol").getValue(), entryType), d.i32(inputs.size()),
                                  d.i32(outputs.size()), d.values(inputs), d.values(outputs)}));
    }
    return d.array(entries);
  };
  auto cpuEntries = module->getAttrOfType<ArrayAttr>("emo.entries");
  for (const WeightsLayout::Entry &entry : weights.entries) {
    ParamOp param = entry.param;
    params.push_back(d.record({d.text(param.getSymName()), d.i64(entry.offset), d.i64(entry.bytes)}));
  }
  SmallVector<StringRef> kernels;
  if (auto list = module->getAttrOfType<ArrayAttr>("emo.kernels"))
    for (Attribute name : list)
      kernels.push_back(cast<StringAttr>(name).getValue());
  for (StringRef kernel : kernels)
    names.push_back(d.text(kernel));
  for (ModuleOp nested : module.getOps<ModuleOp>())
    if (auto isa = nested->getAttrOfType<StringAttr>("emo.isa")) {
      SmallVector<llvm::Constant *> functions;
      for (StringRef kernel : kernels) {
        ModuleOp level = findKernelModule(nested, kernel);
        if (!level)
          return nested.emitError() << "lacks the kernel '" << kernel << "', expected it in the level '" << isa.getValue()
                                    << "' or in a level that emo.base_isa names";
        StringRef name = level->getAttrOfType<StringAttr>("emo.isa").getValue();
        functions.push_back(d.function(kernelSymbol(kernel, name), kernelType));
      }
      tables.push_back(d.record({d.text(isa.getValue()), d.array(functions)}));
    }
  SmallVector<llvm::Constant *> devices;
  bool emulated = false;
  auto *emulatedType = llvm::FunctionType::get(llvm::Type::getVoidTy(d.context), {ptr}, false);
  for (const DeviceBinary &binary : binaries) {
    SmallVector<llvm::Constant *> deviceKernels;
    for (auto [i, kernel] : llvm::enumerate(binary.kernels.getAsRange<StringAttr>()))
      deviceKernels.push_back(d.record({d.text(kernel.getValue()), binary.emulated.empty() ? d.null() : d.function(binary.emulated[i], emulatedType)}));
    emulated |= !binary.emulated.empty();
    devices.push_back(d.record({d.text(binary.arch), d.i32(binary.entries.size()), d.i32(deviceKernels.size()), makeEntries(binary.entries),
                                d.array(deviceKernels), d.text(binary.ptx), binary.cubin.empty() ? d.null() : d.data(binary.cubin),
                                d.i64(binary.cubin.size())}));
  }
  llvm::Constant *program = d.record(
      {d.i32(EMO_PROGRAM_ABI), d.i32(cpuEntries.size()), makeEntries(cpuEntries), d.i32(params.size()), d.i32(kernels.size()), d.array(params),
       d.array(names), d.i32(tables.size()), d.i32(devices.size()), d.array(tables), d.text(manifestJson(module, tokenizer, binaries)), d.i64(weights.bytes),
       d.text(weights.bytes ? weights.hash : ""), tokenizer.empty() ? d.null() : d.data(tokenizer), d.i64(tokenizer.size()),
       tokenizer.empty() ? d.null() : d.external("emo_rt_tokenizer"), d.array(devices),
       emulated ? d.external("emo_rt_emulator") : d.null(), devices.empty() ? d.null() : d.external("emo_rt_cuda")});
  auto *variable = new llvm::GlobalVariable(host, program->getType(), /*isConstant=*/true, llvm::GlobalValue::ExternalLinkage,
                                            program, "emo_program");
  variable->setAlignment(llvm::Align(16));
  return success();
}
