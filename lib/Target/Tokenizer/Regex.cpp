// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Regular expressions of pre-tokenizers, from Oniguruma's syntax to PCRE2's. What means the same to both is copied; classes that differ are
// written out; what may differ otherwise is refused.
#include "Spec.h"

#include "llvm/ADT/StringExtras.h"

using namespace llvm;
using namespace emo;

/// Unicode's white space. PCRE2's \s has U+180E in addition.
static constexpr StringLiteral kSpace = "\\x{9}-\\x{d}\\x{20}\\x{85}\\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}\\x{202f}\\x{205f}\\x{3000}";
static constexpr StringLiteral kNoSpace =
    "\\x{0}-\\x{8}\\x{e}-\\x{1f}\\x{21}-\\x{84}\\x{86}-\\x{9f}\\x{a1}-\\x{167f}\\x{1681}-\\x{1fff}\\x{200b}-\\x{2027}\\x{202a}-\\x{202e}"
    "\\x{2030}-\\x{205e}\\x{2060}-\\x{2fff}\\x{3001}-\\x{10ffff}";

/// Properties that mean the same to both; scripts are said to be scripts, which PCRE2 else extends.
static std::optional<std::string> propertyOf(StringRef name) {
  static constexpr StringLiteral categories[] = {"L",  "Ll", "Lm", "Lo", "Lt", "Lu", "M",  "Mc", "Me", "Mn", "N",  "Nd", "Nl", "No", "P",
                                                 "Pc", "Pd", "Pe", "Pf", "Pi", "Po", "Ps", "S",  "Sc", "Sk", "Sm", "So", "Z",  "Zl", "Zp", "Zs"};
  static constexpr StringLiteral scripts[] = {"Han", "Hangul", "Hiragana", "Katakana"};
  if (is_contained(categories, name))
    return name.str();
  if (is_contained(scripts, name))
    return ("sc:" + name).str();
  return std::nullopt;
}

namespace {
class Translator {
public:
  explicit Translator(StringRef text) : text(text) {}
  std::optional<std::string> run(std::string &problem);

private:
  bool fail(const Twine &what) {
    if (problem.empty())
      problem = what.str();
    return false;
  }
  bool item();
  bool group();
  bool quantifier();
  bool characterClass();
  bool classItem(std::string &single);
  bool escape(bool inClass, std::string &single);
  bool property(bool negated);
  bool codePoint(size_t digits, std::string &single);
  /// One character that stands for itself, as PCRE2 takes it anywhere.
  std::string literal();

  char peek(size_t ahead = 0) const { return at + ahead < text.size() ? text[at + ahead] : '\0'; }
  bool done() const { return at == text.size(); }

  StringRef text;
  size_t at = 0;
  std::vector<bool> ignoresCase; // of the groups around
  std::string out, problem;
};
} // namespace

static std::string hex(uint32_t point) { return "\\x{" + utohexstr(point, /*LowerCase=*/true) + "}"; }

std::string Translator::literal() {
  unsigned char c = text[at];
  if (c < 0x80) {
    ++at;
    return isAlnum(c) || c == ' ' ? std::string(1, char(c)) : hex(c);
  }
  size_t size = c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
  std::string character = text.substr(at, size).str();
  at += character.size();
  return character;
}

bool Translator::codePoint(size_t digits, std::string &single) {
  uint32_t point;
  StringRef number = text.substr(at, digits);
  if (number.size() != digits || digits == 0 || number.getAsInteger(16, point) || point > 0x10ffff || (point >= 0xd800 && point < 0xe000))
    return fail("a malformed number of a character");
  at += digits;
  single = hex(point);
  return true;
}

/// Behind "\p" or "\P".
bool Translator::property(bool negated) {
  size_t end = text.find('}', at);
  if (peek() != '{' || end == StringRef::npos)
    return fail("a \\p without {...}");
  StringRef name = text.slice(at + 1, end);
  bool inverted = name.consume_front("^");
  std::optional<std::string> known = propertyOf(name);
  if (!known)
    return fail("the property \\p{" + name + "}");
  // What becomes of the other cases is not the same for both.
  if ((name == "Lu" || name == "Ll" || name == "Lt") && !ignoresCase.empty() && ignoresCase.back())
    return fail("\\p{" + name + "} inside of (?i:...)");
  at = end + 1;
  out += (negated != inverted ? "\\P{" : "\\p{") + *known + "}";
  return true;
}

/// Behind a backslash. Characters go to `single`, sets to the output.
bool Translator::escape(bool inClass, std::string &single) {
  if (done())
    return fail("a \\ at its end");
  auto set = [&](StringRef positive, StringRef negative) {
    out += inClass ? positive.str() : ("[" + (negative.empty() ? positive : "^" + negative.str()) + "]").str();
    return true;
  };
  char c = text[at];
  if (static_cast<unsigned char>(c) >= 0x80 || isPunct(c)) {
    single = literal();
    return true;
  }
  ++at;
  switch (c) {
  case 's':
    return set(kSpace, "");
  case 'S':
    return set(kNoSpace, kSpace);
  case 'd':
    return set("\\p{Nd}", "");
  case 'D':
    return set("\\P{Nd}", "");
  case 'p':
  case 'P':
    return property(c == 'P');
  case 't':
    single = hex('\t');
    return true;
  case 'n':
    single = hex('\n');
    return true;
  case 'v':
    single = hex('\v');
    return true;
  case 'f':
    single = hex('\f');
    return true;
  case 'r':
    single = hex('\r');
    return true;
  case 'u':
    return codePoint(4, single);
  case 'x':
    if (peek() == '{') {
      size_t end = text.find('}', ++at);
      return end != StringRef::npos && codePoint(end - at, single) && ++at;
    }
    // Two digits are a byte, which is a character only in ASCII.
    if (peek() >= '8' || !isHexDigit(peek()))
      return fail("a \\x of no ASCII character");
    return codePoint(2, single);
  default:
    return fail(Twine("the escape \\") + StringRef(&c, 1));
  }
}

/// A character or a set of a class.
bool Translator::classItem(std::string &single) {
  single.clear();
  if (done())
    return fail("a [ without ]");
  if (peek() == '[')
    return fail("a [ inside of [...] (write \\[)");
  if (peek() == '&' && peek(1) == '&')
    return fail("&& inside of [...]");
  if (peek() == '\\') {
    ++at;
    return escape(/*inClass=*/true, single);
  }
  single = literal();
  return true;
}

bool Translator::characterClass() {
  out += text[at++];
  if (peek() == '^')
    out += text[at++];
  if (peek() == ']')
    return fail("a ] at the start of [...] (write \\])");
  while (peek() != ']') {
    std::string first, last;
    bool isDash = peek() == '-';
    if (!classItem(first))
      return false;
    out += first;
    if (first.empty() || peek() != '-' || peek(1) == ']')
      continue;
    if (isDash)
      return fail("a - that may be a range or a character (write \\-)");
    ++at;
    size_t before = out.size();
    if (!classItem(last))
      return false;
    if (last.empty()) {
      out.resize(before);
      return fail("a range that ends with a set");
    }
    out += "-" + last;
  }
  out += text[at++];
  return true;
}

bool Translator::group() {
  static constexpr StringLiteral kinds[] = {"(?:", "(?i:", "(?>", "(?=", "(?!", "(?<=", "(?<!"};
  StringRef rest = text.substr(at);
  StringRef kind = "(";
  for (StringRef known : kinds)
    if (rest.starts_with(known))
      kind = known;
  if (kind == "(" && rest.starts_with("(?"))
    return fail("a group " + rest.take_front(3));
  out += kind == "(" ? "(?:" : kind.str();
  at += kind.size();
  ignoresCase.push_back(kind == "(?i:" || (!ignoresCase.empty() && ignoresCase.back()));
  if (ignoresCase.size() > 100)
    return fail("groups nested more than 100 deep");
  return true;
}

/// What repeats the item before it.
bool Translator::quantifier() {
  StringRef rest = text.substr(at);
  bool isInterval = rest.starts_with("{");
  if (isInterval) {
    size_t end = rest.find('}');
    auto [low, high] = rest.slice(1, end).split(',');
    unsigned least, most;
    bool isRange = rest.slice(1, end).contains(',');
    if (end == StringRef::npos || low.getAsInteger(10, least) || least > 1000 || (!high.empty() && (high.getAsInteger(10, most) || most > 1000)))
      return fail("a {...} that is no {n}, {n,} or {n,m} up to 1000");
    out += rest.take_front(end + 1);
    at += end + 1;
    // Oniguruma takes {n}? and {n,m}+ for two quantifiers.
    if (peek() == '+' || (peek() == '?' && !isRange))
      return fail("a " + Twine(peek() == '+' ? "+" : "?") + " behind {...}");
  } else if (peek() == '*' || peek() == '+' || peek() == '?') {
    out += text[at++];
  } else {
    return true;
  }
  if (peek() == '?' || (peek() == '+' && !isInterval))
    out += text[at++];
  if (StringRef("*+?{").contains(peek()) && !done())
    return fail("a quantifier behind a quantifier");
  return true;
}

bool Translator::item() {
  switch (char c = peek()) {
  case '|':
    out += c;
    ++at;
    return true;
  case '(':
    return group();
  case ')':
    if (ignoresCase.empty())
      return fail("a ) without (");
    ignoresCase.pop_back();
    out += c;
    ++at;
    return quantifier();
  case '[':
    return characterClass() && quantifier();
  case '.':
    out += c;
    ++at;
    return quantifier();
  case '^':
  case '$':
    return fail(Twine("the anchor ") + StringRef(&c, 1));
  case '*':
  case '+':
  case '?':
  case '{':
    return fail("a quantifier without anything before it");
  default: {
    std::string single;
    if (c == '\\') {
      ++at;
      if (!escape(/*inClass=*/false, single))
        return false;
    } else {
      single = literal();
    }
    out += single;
    return quantifier();
  }
  }
}

std::optional<std::string> Translator::run(std::string &message) {
  while (!done() && item())
    ;
  if (problem.empty() && !ignoresCase.empty())
    fail("a ( without )");
  message = problem;
  return problem.empty() ? std::optional(out) : std::nullopt;
}

std::optional<std::string> emo::translatePattern(StringRef pattern, std::string &problem) { return Translator(pattern).run(problem); }
