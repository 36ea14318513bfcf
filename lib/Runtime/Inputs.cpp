// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Element types and the checks of a call's inputs.
#include "Model.h"

#include <cstring>

using namespace emo::rt;

size_t emo_dtype_bytes(int32_t dtype) {
  switch (dtype) {
  case EMO_I8: case EMO_U8: case EMO_BOOL:
    return 1;
  case EMO_BF16: case EMO_F16: case EMO_I16: case EMO_U16:
    return 2;
  case EMO_F32: case EMO_I32: case EMO_U32:
    return 4;
  case EMO_F64: case EMO_I64: case EMO_U64:
    return 8;
  }
  return 0;
}

const char *emo_dtype_name(int32_t dtype) {
  static const char *const names[] = {"?", "f32", "f64", "bf16", "f16", "i8", "u8", "i16", "u16", "i32", "u32", "i64", "u64", "bool"};
  return dtype >= EMO_F32 && dtype <= EMO_BOOL ? names[dtype] : names[0];
}

std::string emo::rt::shapeText(const int64_t *dims, int32_t rank) {
  std::string text = "[";
  for (int32_t d = 0; d < rank; ++d)
    text += (d ? ", " : "") + std::to_string(dims[d]);
  return text + "]";
}

static std::string expectedShape(const emo_value_desc &desc) {
  std::string text = "[";
  for (int32_t d = 0; d < desc.rank; ++d) {
    const emo_dim &dim = desc.dims[d];
    text += (d ? ", " : "") + (dim.size >= 0 ? std::to_string(dim.size) : *dim.symbol ? std::string(dim.symbol) : "?");
  }
  return text + "]";
}

template <typename T>
static bool checkRange(const emo_value_desc &desc, const emo_tensor &tensor, std::string &error) {
  int64_t count = 1;
  for (int32_t d = 0; d < tensor.rank; ++d)
    count *= tensor.dims[d];
  const T *values = static_cast<const T *>(tensor.data);
  for (int64_t i = 0; i < count; ++i)
    if (int64_t(values[i]) < desc.min || int64_t(values[i]) >= desc.max) {
      error = "input '" + std::string(desc.name) + "' has the value " + std::to_string(values[i]) + " at element " +
              std::to_string(i) + ", expected values from " + std::to_string(desc.min) + " to " + std::to_string(desc.max - 1);
      return false;
    }
  return true;
}

/// Compiled code takes the lowest bit only to be there.
static bool checkBooleans(const emo_value_desc &desc, const emo_tensor &tensor, int64_t count, std::string &error) {
  const uint8_t *values = static_cast<const uint8_t *>(tensor.data);
  for (int64_t i = 0; i < count; ++i)
    if (values[i] > 1) {
      error = "input '" + std::string(desc.name) + "' has the value " + std::to_string(values[i]) + " at element " + std::to_string(i) +
              ", expected 0 or 1";
      return false;
    }
  return true;
}

static bool checkInput(const emo_value_desc &desc, const emo_tensor &tensor, std::string &error) {
  std::string name = "input '" + std::string(desc.name) + "'";
  bool widens = desc.dtype == EMO_I64 && tensor.dtype == EMO_I32;
  if (tensor.dtype != desc.dtype && !widens) {
    error = name + " has dtype " + emo_dtype_name(tensor.dtype) + ", expected " + emo_dtype_name(desc.dtype) +
            (desc.dtype == EMO_I64 ? " or i32" : "");
    return false;
  }
  if (tensor.rank != desc.rank) {
    error = name + " has rank " + std::to_string(tensor.rank) + ", expected shape " + expectedShape(desc);
    return false;
  }
  bool fits = true;
  int64_t count = 1;
  for (int32_t d = 0; d < desc.rank; ++d) {
    fits &= tensor.dims[d] >= 0 && (desc.dims[d].size < 0 || desc.dims[d].size == tensor.dims[d]);
    fits &= !__builtin_mul_overflow(count, tensor.dims[d], &count);
  }
  if (!fits) {
    error = name + " has shape " + shapeText(tensor.dims, tensor.rank) + ", expected " + expectedShape(desc);
    return false;
  }
  if (!tensor.data && count > 0) {
    error = name + " has no data";
    return false;
  }
  if (desc.dtype == EMO_BOOL)
    return checkBooleans(desc, tensor, count, error);
  if (desc.min >= desc.max)
    return true;
  if (tensor.dtype == EMO_I64)
    return checkRange<int64_t>(desc, tensor, error);
  if (tensor.dtype == EMO_I32)
    return checkRange<int32_t>(desc, tensor, error);
  return true;
}

bool emo::rt::checkInputs(const emo_entry_desc &entry, const emo_tensor *inputs, int32_t numInputs, std::string &error) {
  if (numInputs != entry.num_inputs) {
    error = "entry '" + std::string(entry.name) + "' has " + std::to_string(entry.num_inputs) + " inputs, got " +
            std::to_string(numInputs);
    return false;
  }
  struct Binding {
    const char *symbol;
    int64_t size;
    const char *input;
  };
  std::vector<Binding> bindings;
  for (int32_t i = 0; i < numInputs; ++i) {
    const emo_value_desc &desc = entry.inputs[i];
    if (!checkInput(desc, inputs[i], error))
      return false;
    for (int32_t d = 0; d < desc.rank; ++d) {
      const char *symbol = desc.dims[d].symbol;
      if (desc.dims[d].size >= 0 || !*symbol)
        continue;
      bool bound = false;
      for (const Binding &binding : bindings) {
        if (strcmp(binding.symbol, symbol) != 0)
          continue;
        bound = true;
        if (binding.size != inputs[i].dims[d]) {
          error = "input '" + std::string(desc.name) + "' has " + symbol + " = " + std::to_string(inputs[i].dims[d]) +
                  ", but input '" + binding.input + "' has " + symbol + " = " + std::to_string(binding.size);
          return false;
        }
      }
      if (!bound)
        bindings.push_back({symbol, inputs[i].dims[d], desc.name});
    }
  }
  return true;
}

bool emo::rt::checkPositions(const emo_entry_desc &entry, const emo_tensor *inputs, int64_t maxPositions, std::string &error) {
  const emo_tensor *ids = nullptr, *lengths = nullptr, *cache = nullptr;
  for (int32_t i = 0; i < entry.num_inputs; ++i) {
    const emo_tensor *&found = entry.inputs[i].role == EMO_ROLE_TOKEN_IDS ? ids
                               : entry.inputs[i].role == EMO_ROLE_LENGTHS ? lengths
                                                                          : cache;
    if (entry.inputs[i].role == EMO_ROLE_TOKEN_IDS || entry.inputs[i].role == EMO_ROLE_LENGTHS ||
        entry.inputs[i].role == EMO_ROLE_KV_CACHE)
      found = &inputs[i];
  }
  if (!ids)
    return true;
  if (lengths && ids->dims[1] == 0) {
    error = "entry '" + std::string(entry.name) + "' needs at least one token a row, got none";
    return false;
  }
  int64_t capacity = cache ? cache->dims[2] : INT64_MAX;
  for (int64_t row = 0; row < ids->dims[0]; ++row) {
    int64_t past = lengths ? static_cast<const int32_t *>(lengths->data)[row] : 0;
    int64_t end = past + ids->dims[1];
    if (past < 0) {
      error = "row " + std::to_string(row) + " has the length " + std::to_string(past) + ", expected at least 0";
      return false;
    }
    if (end > capacity) {
      error = "row " + std::to_string(row) + " would have " + std::to_string(end) + " tokens, the KV cache holds " + std::to_string(capacity);
      return false;
    }
    if (maxPositions > 0 && end > maxPositions) {
      error = "row " + std::to_string(row) + " would have " + std::to_string(end) + " tokens, the model has at most " +
              std::to_string(maxPositions) + " positions";
      return false;
    }
  }
  return true;
}
