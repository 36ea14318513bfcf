// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The way of an .onnx file into the onnx dialect; each step relies on the ones before it. See docs/import-onnx.md.
#include "emo/Import/Onnx.h"

#include "../JsonFile/JsonFile.h"
#include "OnnxBuilder.h"
#include "OnnxChecks.h"
#include "OnnxLibrary.h"
#include "OnnxWire.h"
#include "emo/Dialect/Emo/IR/Emo.h"
#include "emo/Dialect/Onnx/IR/Onnx.h"
#include "emo/Dialect/Onnx/IR/OnnxOperators.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/SHA256.h"
#include "onnx/onnx_pb.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/stubs/logging.h>

using namespace mlir;
using namespace emo;
using namespace emo::onnximport;

namespace {

/// The import of one file.
class Importer {
public:
  Importer(StringRef folder, StringRef fileName, const OnnxImportOptions &options, MLIRContext *context)
      : folder(folder), fileName(fileName), options(options), context(context),
        loc(FileLineColLoc::get(context, fileName, 0, 0)) {}

  OwningOpRef<ModuleOp> run(StringRef bytes);

private:
  InFlightDiagnostic error() { return emitError(loc); }
  LogicalResult orError(const Failure &failure, const Twine &step);

  LogicalResult parse(StringRef bytes);
  void adoptMisplacedOps(onnx::GraphProto &graph);
  LogicalResult rejectUnknownOps(StringRef when);
  LogicalResult prepare(DataFolder &data, Weights &weights);
  DictionaryAttr modelAttr();

  std::string folder, fileName, hash;
  const OnnxImportOptions &options;
  MLIRContext *context;
  Location loc;
  onnx::ModelProto model;
};

} // namespace

LogicalResult Importer::orError(const Failure &failure, const Twine &step) {
  if (!failure)
    return success();
  return error() << step << ": " << StringRef(*failure).trim();
}

LogicalResult Importer::parse(StringRef bytes) {
  std::string reason;
  std::optional<std::string> stripped = stripRawData(bytes, reason);
  if (!stripped)
    return error() << "not a valid ONNX file: malformed protobuf: " << reason;
  // Of everything but the weights' bytes, of which it covers the places.
  llvm::SHA256 sha;
  sha.update(*stripped);
  hash = llvm::toHex(sha.final(), /*LowerCase=*/true);
  google::protobuf::LogSilencer silencer; // the library writes to stderr otherwise
  google::protobuf::io::CodedInputStream stream(reinterpret_cast<const uint8_t *>(stripped->data()), stripped->size());
  if (stripped->size() > INT32_MAX)
    return error() << "the model without its weights takes " << stripped->size() << " bytes, expected less than 2 GiB";
  stream.SetTotalBytesLimit(INT32_MAX);
  if (!model.ParseFromCodedStream(&stream) || !stream.ConsumedEntireMessage())
    return error() << "not a valid ONNX file: the protobuf message cannot be parsed";
  return success();
}

/// ONNX Runtime registers some of its own operators in the default domain as well, and exporters use that.
void Importer::adoptMisplacedOps(onnx::GraphProto &graph) {
  static constexpr llvm::StringLiteral misplaced[] = {"SimplifiedLayerNormalization", "SkipSimplifiedLayerNormalization",
                                                      "MoE"};
  for (onnx::NodeProto &node : *graph.mutable_node()) {
    if ((node.domain().empty() || node.domain() == "ai.onnx") && llvm::is_contained(misplaced, node.op_type()))
      node.set_domain("com.microsoft");
    for (onnx::AttributeProto &attribute : *node.mutable_attribute())
      if (attribute.has_g())
        adoptMisplacedOps(*attribute.mutable_g());
  }
}

LogicalResult Importer::rejectUnknownOps(StringRef when) {
  std::vector<UnknownOp> unknown;
  if (failed(orError(findUnknownOps(model, unknown), "looking for the operators' schemas")))
    return failure();
  if (unknown.empty())
    return success();
  InFlightDiagnostic diagnostic = error();
  diagnostic << "the model uses " << unknown.size() << " unknown operator" << (unknown.size() == 1 ? "" : "s") << when << ": ";
  llvm::interleaveComma(unknown, diagnostic, [&](const UnknownOp &op) {
    diagnostic << "'" << op.domain << (op.domain.empty() ? "" : "::") << op.type << "' (" << op.nodes << " node"
               << (op.nodes == 1 ? "" : "s") << ", first '" << op.firstNode << "'";
    if (!op.domainImported)
      diagnostic << ", whose domain the model does not import";
    diagnostic << ")";
  });
  return diagnostic;
}

LogicalResult Importer::prepare(DataFolder &data, Weights &weights) {
  auto emit = [&] { return error(); };
  if (failed(checkStructure(model, context, emit)))
    return failure();
  // What exporters write about shapes inside the graph is at times wrong; everything is inferred from the graph's inputs.
  model.mutable_graph()->clear_value_info();
  model.clear_training_info();
  if (failed(orError(inlineLocalFunctions(model), "inlining of the model's functions")))
    return failure();
  FailureOr<Weights> extracted = extractWeights(model, data, context, emit);
  if (failed(extracted))
    return failure();
  weights = std::move(*extracted);
  adoptMisplacedOps(*model.mutable_graph());
  if (llvm::none_of(model.opset_import(), [](const auto &import) { return import.domain() == "com.microsoft"; })) {
    auto *import = model.add_opset_import();
    import->set_domain("com.microsoft");
    import->set_version(1);
  }
  if (failed(rejectUnknownOps("")))
    return failure();
  // Some adapters of the converter need shapes. A node that is wrong shows up after the conversion.
  if (failed(orError(inferShapes(model, /*strict=*/false), "shape inference")) ||
      failed(orError(convertToNewestOpset(model), "conversion to opset " + Twine(newestOpset()))) ||
      failed(rejectUnknownOps(" after the conversion to the newest opset")) ||
      failed(orError(checkModel(model), "ONNX's checker")))
    return failure();
  model.mutable_graph()->clear_value_info();
  if (failed(orError(inferShapes(model, /*strict=*/true), "shape inference")))
    return failure();
  auto wanted = [](const std::string &domain, const std::string &op) { return !onnxir::isKnownOperator(domain, op); };
  return orError(expandFunctions(model, wanted), "expansion of schema functions");
}

/// What generation needs to know of the model: from the option, else from a config.json beside the file.
DictionaryAttr Importer::modelAttr() {
  Builder builder(context);
  std::optional<int64_t> eos = options.eosId, positions;
  SmallVector<NamedAttribute> attributes;
  attributes.push_back(builder.getNamedAttr("hash", builder.getStringAttr(hash)));
  attributes.push_back(builder.getNamedAttr("name", builder.getStringAttr(llvm::sys::path::stem(fileName))));
  llvm::SmallString<256> path(folder);
  llvm::sys::path::append(path, "config.json");
  if (llvm::sys::fs::exists(path)) {
    auto warning = [&] { return emitWarning(loc) << "config.json beside the model is ignored: it "; };
    auto buffer = readTextFile(path, warning);
    std::optional<llvm::json::Object> config = buffer ? parseJsonObject(buffer->getBuffer(), warning) : std::nullopt;
    auto number = [&](StringRef key, int64_t low, int64_t high) -> std::optional<int64_t> {
      const llvm::json::Value *value = config->get(key);
      // Several ids may end a document; the first one is told to the model.
      if (const llvm::json::Array *list = value ? value->getAsArray() : nullptr)
        value = list->empty() ? nullptr : &list->front();
      if (!value || value->kind() == llvm::json::Value::Null)
        return std::nullopt;
      std::optional<int64_t> integer = value->getAsInteger();
      if (integer && *integer >= low && *integer <= high)
        return integer;
      emitWarning(loc) << "config.json beside the model has '" << key << "' = " << llvm::formatv("{0}", *value).str()
                       << ", which is ignored: expected an integer from " << low << " to " << high;
      return std::nullopt;
    };
    if (config && !eos)
      eos = number("eos_token_id", 0, std::numeric_limits<int32_t>::max());
    if (config)
      positions = number("max_position_embeddings", 1, int64_t(1) << 32);
  }
  if (eos)
    attributes.push_back(builder.getNamedAttr("eos_token_id", builder.getI64IntegerAttr(*eos)));
  if (positions)
    attributes.push_back(builder.getNamedAttr("max_positions", builder.getI64IntegerAttr(*positions)));
  return builder.getDictionaryAttr(attributes);
}

OwningOpRef<ModuleOp> Importer::run(StringRef bytes) {
  context->loadDialect<EmoDialect, onnxir::OnnxDialect, arith::ArithDialect, func::FuncDialect>();
  DataFolder data(folder, fileName, bytes.size());
  Weights weights;
  if (failed(parse(bytes)) || failed(prepare(data, weights)))
    return {};
  OwningOpRef<ModuleOp> module = ModuleOp::create(loc);
  Builder builder(context);
  (*module)->setAttr("emo.phase", builder.getStringAttr("import"));
  (*module)->setAttr("emo.weights_dir", builder.getStringAttr(folder));
  NamedAttrList files;
  for (auto &file : data.getSizes())
    files.set(file.getKey(), builder.getI64IntegerAttr(file.getValue()));
  (*module)->setAttr("emo.weights_files", files.getDictionary(context));
  (*module)->setAttr("emo.model", modelAttr());
  recordTokenizer(*module, folder);
  if (failed(buildModule(model, weights, *module)))
    return {};
  return module;
}

OwningOpRef<ModuleOp> emo::importOnnxBuffer(StringRef bytes, StringRef folder, StringRef fileName,
                                            const OnnxImportOptions &options, MLIRContext *context) {
  return Importer(folder, fileName, options, context).run(bytes);
}

OwningOpRef<ModuleOp> emo::importOnnx(StringRef path, const OnnxImportOptions &options, MLIRContext *context) {
  auto buffer = llvm::MemoryBuffer::getFile(path, /*IsText=*/false, /*RequiresNullTerminator=*/false);
  if (!buffer) {
    emitError(UnknownLoc::get(context)) << "cannot open '" << path << "': " << buffer.getError().message();
    return {};
  }
  StringRef folder = llvm::sys::path::parent_path(path);
  return importOnnxBuffer((*buffer)->getBuffer(), folder.empty() ? "." : folder, llvm::sys::path::filename(path), options,
                          context);
}
