// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file The ONNX library behind a wall: its exceptions come out as messages. Nothing else of emo may call what throws.
#ifndef EMO_LIB_IMPORT_ONNX_ONNXLIBRARY_H
#define EMO_LIB_IMPORT_ONNX_ONNXLIBRARY_H

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace onnx {
class ModelProto;
class NodeProto;
} // namespace onnx

namespace emo::onnximport {

/// What went wrong, in the library's words; nothing when all went well.
using Failure = std::optional<std::string>;

/// Newest opset of the default domain.
int newestOpset();

/// Puts the bodies of the model's functions in place of their calls. Has to come before the version conversion, which drops them.
Failure inlineLocalFunctions(onnx::ModelProto &model);

/// An operator without a schema at the opsets that the model imports.
struct UnknownOp {
  std::string domain, type, firstNode;
  int nodes = 0;
  bool domainImported = false;
};

/// All of them, in the order of their first node.
Failure findUnknownOps(const onnx::ModelProto &model, std::vector<UnknownOp> &unknown);

/// Converts the default domain to the newest opset.
Failure convertToNewestOpset(onnx::ModelProto &model);

/// ONNX's own checker.
Failure checkModel(const onnx::ModelProto &model);

/// Shape and type inference. `strict`: an inconsistent node is a failure rather than a node without types.
Failure inferShapes(onnx::ModelProto &model, bool strict);

/// Puts the schema's function body in place of each node that `wanted(domain, op_type)` accepts and whose schema has one.
Failure expandFunctions(onnx::ModelProto &model,
                        const std::function<bool(const std::string &, const std::string &)> &wanted);

/// Since-version of the node's schema at the opsets that the model imports; 0 when there is none.
int sinceVersion(const onnx::ModelProto &model, const onnx::NodeProto &node);

} // namespace emo::onnximport

#endif // EMO_LIB_IMPORT_ONNX_ONNXLIBRARY_H
