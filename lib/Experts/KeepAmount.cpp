// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The words of the command line: how much to keep, by which score, in which layers.
#include "Selection.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSwitch.h"

#include <cmath>

using namespace emo;
using llvm::StringRef;
using llvm::Twine;

/// A decimal number of digits and at most one point; LLVM's parser would take "0x1p3" and "nan", too.
static bool parseDecimal(StringRef text, double &value) {
  return !text.empty() && llvm::isDigit(text.front()) && text.find_first_not_of("0123456789.") == StringRef::npos &&
         !text.getAsDouble(value) && std::isfinite(value);
}

static int64_t bytesOfUnit(StringRef unit) {
  constexpr int64_t k = 1000, ki = 1024;
  return llvm::StringSwitch<int64_t>(unit)
      .Case("B", 1).Case("KB", k).Case("MB", k * k).Case("GB", k * k * k).Case("TB", k * k * k * k)
      .Case("KiB", ki).Case("MiB", ki * ki).Case("GiB", ki * ki * ki).Case("TiB", ki * ki * ki * ki)
      .Default(0);
}

llvm::Expected<KeepAmount> emo::parseKeepAmount(StringRef text) {
  KeepAmount amount;
  amount.text = text.str();
  auto expects = [&](StringRef what) { return llvm::createStringError("--keep" + what + ", got '" + text + "'"); };
  StringRef rest = text;
  if (rest.consume_front("mass:")) {
    amount.kind = KeepAmount::Mass;
    if (!parseDecimal(rest, amount.fraction) || !(amount.fraction > 0) || amount.fraction > 1)
      return expects("=mass:X expects a number above 0 and up to 1");
    return amount;
  }
  if (rest.consume_front("bytes:")) {
    amount.kind = KeepAmount::Bytes;
    size_t digits = rest.find_first_not_of("0123456789.");
    int64_t unit = digits == StringRef::npos ? 0 : bytesOfUnit(rest.substr(digits));
    double number = 0;
    if (!unit || !parseDecimal(rest.take_front(digits), number) || !(number * double(unit) >= 1) || number * double(unit) > 1e18)
      return expects("=bytes:N expects a size such as 4GiB, in B, KB, MB, GB, TB, KiB, MiB, GiB or TiB");
    amount.number = int64_t(number * double(unit));
    return amount;
  }
  if (rest.consume_back("%")) {
    amount.kind = KeepAmount::Percent;
    if (!parseDecimal(rest, amount.fraction) || !(amount.fraction > 0) || amount.fraction > 100)
      return expects("=N% expects a number above 0 and up to 100");
    amount.fraction /= 100;
    return amount;
  }
  if (rest.empty() || rest.find_first_not_of("0123456789") != StringRef::npos || rest.getAsInteger(10, amount.number) || amount.number < 1)
    return expects(" expects a number of experts, N%, mass:X or bytes:N");
  return amount;
}

StringRef emo::policyName(Policy policy) {
  constexpr StringRef names[] = {"router", "frequency", "reap", "easy-ep", "random"};
  return names[int(policy)];
}

StringRef emo::policyKey(Policy policy) {
  constexpr StringRef keys[] = {"router_probability", "topk_frequency", "reap", "easy_ep", ""};
  return keys[int(policy)];
}

llvm::Expected<std::vector<bool>> emo::parseLayers(StringRef text, size_t layers) {
  std::vector<bool> chosen(layers, text.empty());
  llvm::SmallVector<StringRef> parts;
  if (!text.empty())
    text.split(parts, ',');
  for (StringRef part : parts) {
    auto [low, high] = part.split('-');
    size_t first = 0, last = 0;
    bool isRange = part.contains('-');
    if (low.getAsInteger(10, first) || (isRange && high.getAsInteger(10, last)))
      return llvm::createStringError("--layers expects numbers and ranges of layers such as 0-3,7, got '" + text + "'");
    if (!isRange)
      last = first;
    if (first > last || last >= layers)
      return llvm::createStringError("--layers expects ascending ranges of layers from 0 to " + Twine(layers - 1) + ", got '" + part + "'");
    std::fill(chosen.begin() + first, chosen.begin() + last + 1, true);
  }
  return chosen;
}
