// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// --dump-weights: the weights blob of a module, as an artifact would carry it; --weights-table: where each parameter lies in it.
#include "Translations.h"

#include "emo/Pipelines/Register.h"
#include "emo/Target/Weights.h"
#include "mlir/Tools/mlir-translate/Translation.h"

using namespace mlir;
using namespace emo;

static LogicalResult dumpWeights(ModuleOp module, raw_ostream &os) {
  WeightsLayout layout = layoutWeights(module);
  // One thread computes pieces in order: they can be written at once, whatever the size of the whole.
  int64_t written = 0;
  auto write = [&](int64_t offset, const char *data, int64_t bytes) {
    os.write_zeros(offset - written);
    os.write(data, bytes);
    written = offset + bytes;
    return true;
  };
  if (failed(runWeightPrograms(layout, weightsFolder(module, ""), WeightsRun(), write)))
    return failure();
  os.write_zeros(layout.bytes - written);
  return success();
}

static LogicalResult printTable(ModuleOp module, raw_ostream &os) {
  WeightsLayout layout = layoutWeights(module);
  for (const WeightsLayout::Entry &entry : layout.entries) {
    ParamOp param = entry.param;
    os << entry.offset << " " << entry.bytes << " " << param.getSymName() << " " << param.getType() << "\n";
  }
  os << layout.bytes << " end\n";
  return success();
}

void emo::registerWeightTranslations() {
  static TranslateFromMLIRRegistration dump(
      "dump-weights", "compute the parameters of a module and write them one after the other",
      dumpWeights, registerAllDialects);
  static TranslateFromMLIRRegistration table(
      "weights-table", "list offset, bytes, name and type of the parameters in the weights of a module",
      printTable, registerAllDialects);
}
