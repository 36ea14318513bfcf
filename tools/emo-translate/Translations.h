// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Translations that live in the tool.
#ifndef EMO_TOOLS_EMO_TRANSLATE_TRANSLATIONS_H
#define EMO_TOOLS_EMO_TRANSLATE_TRANSLATIONS_H

namespace emo {

/// Registers --dump-weights and --weights-table.
void registerWeightTranslations();

/// Registers --export-hf.
void registerHuggingFaceExport();

} // namespace emo

#endif // EMO_TOOLS_EMO_TRANSLATE_TRANSLATIONS_H
