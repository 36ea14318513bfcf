// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "OnnxWire.h"

#include "llvm/ADT/Twine.h"

using namespace llvm;

namespace {

/// Messages on the way from the model to raw_data. Fixed depth: subgraphs inside attributes are not entered.
enum class Message { Model, Graph, Function, Node, Attribute, Tensor, Other };

/// The message that field `number` of `parent` holds, as numbered in onnx.proto.
Message childOf(Message parent, uint64_t number) {
  switch (parent) {
  case Message::Model:
    return number == 7 ? Message::Graph : number == 25 ? Message::Function : Message::Other;
  case Message::Graph:
    return number == 5 ? Message::Tensor : number == 1 ? Message::Node : Message::Other;
  case Message::Function:
    return number == 7 ? Message::Node : Message::Other;
  case Message::Node:
    return number == 5 ? Message::Attribute : Message::Other;
  case Message::Attribute:
    return number == 5 ? Message::Tensor : Message::Other;
  case Message::Tensor:
  case Message::Other:
    break;
  }
  return Message::Other;
}

constexpr uint64_t kRawDataField = 9, kExternalDataField = 13, kDataLocationField = 14;
enum WireType : unsigned { Varint = 0, Fixed64 = 1, Bytes = 2, Fixed32 = 5 };

class Scanner {
public:
  Scanner(StringRef file, std::string &error) : file(file), error(error) {}

  /// Appends the message in bytes [begin, end) of the file to `out`, without big raw_data.
  bool copy(Message message, uint64_t begin, uint64_t end, std::string &out);

private:
  bool fail(uint64_t position, const Twine &what) {
    error = (what + " at byte " + Twine(position)).str();
    return false;
  }
  bool readVarint(uint64_t &position, uint64_t end, uint64_t &value);
  static void writeVarint(uint64_t value, std::string &out);
  static void writeBytes(uint64_t field, StringRef bytes, std::string &out);

  StringRef file;
  std::string &error;
};

} // namespace

bool Scanner::readVarint(uint64_t &position, uint64_t end, uint64_t &value) {
  uint64_t start = position;
  value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    if (position == end)
      return fail(start, "truncated number");
    uint8_t byte = file[position++];
    value |= uint64_t(byte & 0x7f) << shift;
    if (!(byte & 0x80))
      return true;
  }
  return fail(start, "number of more than 64 bits");
}

void Scanner::writeVarint(uint64_t value, std::string &out) {
  for (; value >= 0x80; value >>= 7)
    out.push_back(char(value | 0x80));
  out.push_back(char(value));
}

void Scanner::writeBytes(uint64_t field, StringRef bytes, std::string &out) {
  writeVarint(field << 3 | Bytes, out);
  writeVarint(bytes.size(), out);
  out.append(bytes.data(), bytes.size());
}

bool Scanner::copy(Message message, uint64_t begin, uint64_t end, std::string &out) {
  uint64_t position = begin;
  while (position < end) {
    uint64_t start = position, tag, length = 0;
    if (!readVarint(position, end, tag))
      return false;
    uint64_t number = tag >> 3;
    switch (tag & 7) {
    case Varint:
      if (!readVarint(position, end, length))
        return false;
      out.append(file.data() + start, position - start);
      continue;
    case Fixed64:
    case Fixed32:
      length = (tag & 7) == Fixed64 ? 8 : 4;
      if (length > end - position)
        return fail(start, "truncated field");
      position += length;
      out.append(file.data() + start, position - start);
      continue;
    case Bytes:
      break;
    default:
      return fail(start, "unknown wire type " + Twine(tag & 7));
    }
    if (!readVarint(position, end, length))
      return false;
    if (length > end - position)
      return fail(start, "field of " + Twine(length) + " bytes where only " + Twine(end - position) + " are left");
    if (message == Message::Tensor && number == kRawDataField && length > emo::onnximport::kMaxInlineBytes) {
      std::string entry;
      writeBytes(1, emo::onnximport::kRawDataKey, entry);
      writeBytes(2, (Twine(position) + " " + Twine(length)).str(), entry);
      writeBytes(kExternalDataField, entry, out);
      writeVarint(kDataLocationField << 3 | Varint, out);
      writeVarint(1, out);
    } else if (Message child = childOf(message, number); child != Message::Other) {
      std::string inner;
      if (!copy(child, position, position + length, inner))
        return false;
      writeBytes(number, inner, out);
    } else {
      out.append(file.data() + start, position + length - start);
    }
    position += length;
  }
  return true;
}

std::optional<std::string> emo::onnximport::stripRawData(StringRef model, std::string &error) {
  std::string out;
  if (!Scanner(model, error).copy(Message::Model, 0, model.size(), out))
    return std::nullopt;
  return out;
}
