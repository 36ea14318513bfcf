// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Dtype.h"

#include "emo/Runtime/Program.h"

using namespace mlir;

int32_t emo::dtypeOf(Type type) {
  if (type.isF32())
    return EMO_F32;
  if (type.isF64())
    return EMO_F64;
  if (type.isBF16())
    return EMO_BF16;
  if (type.isF16())
    return EMO_F16;
  bool isUnsigned = type.isUnsignedInteger();
  switch (type.getIntOrFloatBitWidth()) {
  case 1:
    return EMO_BOOL;
  case 8:
    return isUnsigned ? EMO_U8 : EMO_I8;
  case 16:
    return isUnsigned ? EMO_U16 : EMO_I16;
  case 32:
    return isUnsigned ? EMO_U32 : EMO_I32;
  default:
    return isUnsigned ? EMO_U64 : EMO_I64;
  }
}
