// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// All definitions of the emo dialect; the files are split by concern.
#ifndef EMO_DIALECT_EMO_IR_EMO_TD
#define EMO_DIALECT_EMO_IR_EMO_TD

include "emo/Dialect/Emo/IR/EmoBase.td"
include "emo/Dialect/Emo/IR/EmoAttributes.td"
include "emo/Dialect/Emo/IR/EmoParamOps.td"
include "emo/Dialect/Emo/IR/EmoRoutingOps.td"
include "emo/Dialect/Emo/IR/EmoDocumentOps.td"
include "emo/Dialect/Emo/IR/EmoExpertOps.td"
include "emo/Dialect/Emo/IR/EmoTransformerOps.td"
include "emo/Dialect/Emo/IR/EmoKernelOps.td"
include "emo/Dialect/Emo/IR/EmoLaunchOps.td"

#endif // EMO_DIALECT_EMO_IR_EMO_TD
