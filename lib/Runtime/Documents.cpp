// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Documents.h"

#include "Npy.h"

using namespace emo::rt;

bool emo::rt::readTokens(const std::string &path, emo_model *, std::vector<int64_t> &ids, std::string &error) {
  NpyArray array;
  if (!readNpy(path, array, error))
    return false;
  const emo_tensor &tensor = array.tensor;
  if (tensor.rank != 1 || (tensor.dtype != EMO_I32 && tensor.dtype != EMO_I64)) {
    error = "'" + path + "' holds " + emo_dtype_name(tensor.dtype) + " of rank " + std::to_string(tensor.rank) +
            ", expected a stream of token ids: int32 or int64 of rank 1";
    return false;
  }
  ids.resize(tensor.dims[0]);
  for (size_t i = 0; i < ids.size(); ++i)
    ids[i] = tensor.dtype == EMO_I64 ? static_cast<const int64_t *>(tensor.data)[i] : static_cast<const int32_t *>(tensor.data)[i];
  return true;
}
