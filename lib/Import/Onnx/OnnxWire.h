// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file Protobuf wire scanner: finds the weights inside an .onnx file without reading them.
#ifndef EMO_LIB_IMPORT_ONNX_ONNXWIRE_H
#define EMO_LIB_IMPORT_ONNX_ONNXWIRE_H

#include "llvm/ADT/StringRef.h"

#include <cstdint>
#include <optional>
#include <string>

namespace emo::onnximport {

/// Tensors whose raw_data is longer than this stay in the file; shorter ones are part of the parsed model.
constexpr uint64_t kMaxInlineBytes = 1024;

/// Key of the external_data entry that stands for a raw_data field left in the file: "OFFSET LENGTH" of its bytes.
constexpr llvm::StringLiteral kRawDataKey = "emo.raw_data";

/// Copies a serialized ModelProto without the raw_data of big initializers and constants of the main graph and of functions; each
/// becomes external data with the entry kRawDataKey. On malformed input returns nothing and sets `error`.
std::optional<std::string> stripRawData(llvm::StringRef model, std::string &error);

} // namespace emo::onnximport

#endif // EMO_LIB_IMPORT_ONNX_ONNXWIRE_H
