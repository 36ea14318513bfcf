// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file Schemas of ONNX Runtime's operators (domain com.microsoft) that emo accepts. Part of the code that throws.
#ifndef EMO_LIB_IMPORT_ONNX_CONTRIBSCHEMAS_H
#define EMO_LIB_IMPORT_ONNX_CONTRIBSCHEMAS_H

namespace emo::onnximport {

/// Adds the schemas to ONNX's registry; calls after the first do nothing. May be called from several threads.
void registerContribSchemas();

} // namespace emo::onnximport

#endif // EMO_LIB_IMPORT_ONNX_CONTRIBSCHEMAS_H
