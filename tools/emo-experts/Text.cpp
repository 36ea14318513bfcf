// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Commands.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/raw_ostream.h"

using namespace emo;

std::string emo::idText(llvm::ArrayRef<int64_t> ids) {
  std::string text;
  for (size_t begin = 0, end; begin < ids.size(); begin = end) {
    for (end = begin + 1; end < ids.size() && ids[end] == ids[end - 1] + 1;)
      ++end;
    // Two neighbours read better as two.
    if (end == begin + 2)
      --end;
    text += (text.empty() ? "" : " ") + std::to_string(ids[begin]);
    if (end > begin + 1)
      text += "-" + std::to_string(ids[end - 1]);
  }
  return text;
}

std::string emo::bytesText(int64_t bytes) {
  constexpr llvm::StringLiteral units[] = {"KB", "MB", "GB", "TB", "PB", "EB"};
  if (bytes < 1000)
    return std::to_string(bytes) + " B";
  double value = double(bytes) / 1000;
  size_t unit = 0;
  for (; value >= 999.95; ++unit)
    value /= 1000;
  return llvm::formatv("{0:f1} {1}", value, units[unit]).str();
}

std::string emo::percentText(std::optional<double> part) { return part ? llvm::formatv("{0:f1} %", *part * 100).str() : "-"; }

void Table::print(llvm::raw_ostream &os) const {
  std::vector<size_t> widths(alignment.size());
  for (const auto &row : rows)
    for (auto [width, cell] : llvm::zip_equal(widths, row))
      width = std::max(width, cell.size());
  for (const auto &row : rows) {
    std::string line;
    for (auto [side, width, cell] : llvm::zip_equal(alignment, widths, row)) {
      std::string space(width - cell.size(), ' ');
      line += (line.empty() ? "" : "  ") + (side == 'l' ? cell + space : space + cell);
    }
    os << llvm::StringRef(line).rtrim() << "\n";
  }
}
