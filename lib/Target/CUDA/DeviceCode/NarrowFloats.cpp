// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "NarrowFloats.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/Analysis/ConstantFolding.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/IntrinsicInst.h"

using namespace llvm;

static bool isBF16(const Value *value) { return value->getType()->getScalarType()->isBFloatTy(); }

static Type *like(Type *shape, Type *scalar) {
  auto *vector = dyn_cast<VectorType>(shape);
  return vector ? VectorType::get(scalar, vector->getElementCount()) : scalar;
}

/// bf16 is the upper half of f32.
static Value *widen(IRBuilder<> &b, Value *x) {
  Type *type = x->getType();
  Value *bits = b.CreateZExt(b.CreateBitCast(x, like(type, b.getInt16Ty())), like(type, b.getInt32Ty()));
  return b.CreateBitCast(b.CreateShl(bits, 16), like(type, b.getFloatTy()));
}

/// f64 -> f32 such that rounding the result again, to a narrower format, rounds as if from f64: inexact results get an odd last bit.
static Value *roundToOdd(IRBuilder<> &b, Value *x) {
  Type *type = x->getType(), *wide = like(type, b.getFloatTy()), *ints = like(type, b.getInt32Ty());
  Value *near = b.CreateFPTrunc(x, wide), *back = b.CreateFPExt(near, type);
  Value *bits = b.CreateBitCast(near, ints);
  Value *even = b.CreateICmpEQ(b.CreateAnd(bits, 1), ConstantInt::get(ints, 0));
  Value *inexact = b.CreateFCmpONE(back, x);
  Value *tooSmall = b.CreateFCmpOLT(b.CreateUnaryIntrinsic(Intrinsic::fabs, back), b.CreateUnaryIntrinsic(Intrinsic::fabs, x));
  Value *odd = b.CreateSelect(tooSmall, b.CreateAdd(bits, ConstantInt::get(ints, 1)), b.CreateSub(bits, ConstantInt::get(ints, 1)));
  return b.CreateBitCast(b.CreateSelect(b.CreateAnd(inexact, even), odd, bits), wide);
}

static Value *narrow(IRBuilder<> &b, Value *x) {
  if (x->getType()->getScalarType()->isDoubleTy())
    x = roundToOdd(b, x);
  Type *type = x->getType(), *ints = like(type, b.getInt32Ty()), *result = like(type, b.getBFloatTy());
  Value *bits = b.CreateBitCast(x, ints), *high = b.CreateLShr(bits, 16);
  Value *half = b.CreateAdd(b.CreateAnd(high, 1), ConstantInt::get(ints, 0x7fff));
  Value *rounded = b.CreateLShr(b.CreateAdd(bits, half), 16);
  Value *quiet = b.CreateOr(high, 0x40);
  Value *value = b.CreateSelect(b.CreateFCmpUNO(x, x), quiet, rounded);
  return b.CreateBitCast(b.CreateTrunc(value, like(type, b.getInt16Ty())), result);
}

/// The replacement of one operation; null: keep it.
static Value *expand(Instruction &op) {
  IRBuilder<> b(&op);
  Type *type = op.getType();
  if (auto *cast = dyn_cast<CastInst>(&op)) {
    Value *from = cast->getOperand(0);
    Type *scalar = from->getType()->getScalarType();
    switch (op.getOpcode()) {
    case Instruction::FPExt:
      return isBF16(from) ? b.CreateFPCast(widen(b, from), type) : nullptr;
    case Instruction::FPTrunc:
      if (isBF16(&op))
        return scalar->isHalfTy() ? nullptr : narrow(b, from);
      return scalar->isDoubleTy() && type->getScalarType()->isHalfTy() ? b.CreateFPTrunc(roundToOdd(b, from), type) : nullptr;
    case Instruction::FPToSI:
    case Instruction::FPToUI:
      return isBF16(from) ? b.CreateCast(cast->getOpcode(), widen(b, from), type) : nullptr;
    case Instruction::SIToFP:
    case Instruction::UIToFP: {
      // Integers of up to 32 bits are exact in f64.
      bool small = type->getScalarType()->isHalfTy() && scalar->getIntegerBitWidth() <= 11;
      if (!isBF16(&op) && (small || !type->getScalarType()->isHalfTy()))
        return nullptr;
      Value *wide = b.CreateCast(cast->getOpcode(), from, like(type, b.getDoubleTy()));
      return isBF16(&op) ? narrow(b, wide) : b.CreateFPTrunc(roundToOdd(b, wide), type);
    }
    default:
      return nullptr;
    }
  }
  if (auto *compare = dyn_cast<FCmpInst>(&op))
    return isBF16(compare->getOperand(0))
               ? b.CreateFCmp(compare->getPredicate(), widen(b, compare->getOperand(0)), widen(b, compare->getOperand(1)))
               : nullptr;
  if (auto *call = dyn_cast<IntrinsicInst>(&op); call && call->getIntrinsicID() == Intrinsic::fma && type->getScalarSizeInBits() == 16) {
    Type *wide = like(type, b.getDoubleTy());
    SmallVector<Value *> args;
    for (Value *arg : call->args())
      args.push_back(b.CreateFPExt(isBF16(arg) ? widen(b, arg) : arg, wide));
    Value *sum = b.CreateIntrinsic(Intrinsic::fma, {wide}, args);
    return isBF16(&op) ? narrow(b, sum) : b.CreateFPTrunc(roundToOdd(b, sum), type);
  }
  if (!isBF16(&op))
    return nullptr;
  if (auto *binary = dyn_cast<BinaryOperator>(&op))
    return narrow(b, b.CreateBinOp(binary->getOpcode(), widen(b, op.getOperand(0)), widen(b, op.getOperand(1))));
  if (op.getOpcode() == Instruction::FNeg) {
    Type *ints = like(type, b.getInt16Ty());
    return b.CreateBitCast(b.CreateXor(b.CreateBitCast(op.getOperand(0), ints), 0x8000), type);
  }
  if (auto *call = dyn_cast<IntrinsicInst>(&op)) {
    if (!all_of(call->args(), [&](const Use &arg) { return arg->getType() == type; }))
      return nullptr;
    SmallVector<Value *> args;
    for (Value *arg : call->args())
      args.push_back(widen(b, arg));
    return narrow(b, b.CreateIntrinsic(call->getIntrinsicID(), {like(type, b.getFloatTy())}, args));
  }
  return nullptr;
}

/// Whether an operation only moves bits.
static bool moves(const Instruction &op) {
  return isa<LoadInst, StoreInst, PHINode, SelectInst, BitCastInst, ExtractElementInst, InsertElementInst, ShuffleVectorInst,
             ExtractValueInst, InsertValueInst, FreezeInst>(op);
}

/// The same type with i16 in place of bf16.
static Type *withoutBF16(Type *type) {
  if (type->isBFloatTy())
    return Type::getInt16Ty(type->getContext());
  if (auto *vector = dyn_cast<VectorType>(type))
    return VectorType::get(withoutBF16(vector->getElementType()), vector->getElementCount());
  if (auto *array = dyn_cast<ArrayType>(type))
    return ArrayType::get(withoutBF16(array->getElementType()), array->getNumElements());
  if (auto *fields = dyn_cast<StructType>(type); fields && fields->isLiteral()) {
    SmallVector<Type *> elements(fields->elements());
    for (Type *&element : elements)
      element = withoutBF16(element);
    return StructType::get(type->getContext(), elements, fields->isPacked());
  }
  return type;
}

static bool hasBF16(const Value *value) { return withoutBF16(value->getType()) != value->getType(); }

/// Null if it is not a simple constant.
static Constant *withoutBF16(Constant *constant, const DataLayout &layout) {
  Type *type = withoutBF16(constant->getType());
  if (isa<PoisonValue>(constant))
    return PoisonValue::get(type);
  if (isa<UndefValue>(constant))
    return UndefValue::get(type);
  if (constant->isNullValue())
    return Constant::getNullValue(type);
  return type->isAggregateType() ? nullptr : ConstantFoldCastOperand(Instruction::BitCast, constant, type, layout);
}

Instruction *emo::expandNarrowFloats(Function &function) {
  for (Instruction &op : make_early_inc_range(instructions(function)))
    if (Value *replacement = expand(op)) {
      op.replaceAllUsesWith(replacement);
      op.eraseFromParent();
    }
  // What is left only moves bits, and code generation would move bf16 as f32: i16 in its place.
  const DataLayout &layout = function.getDataLayout();
  SmallVector<Instruction *> found;
  for (Instruction &op : instructions(function)) {
    bool operands = any_of(op.operands(), [](const Use &use) { return hasBF16(use); });
    if (!operands && !hasBF16(&op))
      continue;
    if (!moves(op))
      return &op;
    for (Value *operand : op.operands())
      if (auto *constant = dyn_cast<Constant>(operand);
          (isa<Argument>(operand) && hasBF16(operand)) || (constant && hasBF16(constant) && !withoutBF16(constant, layout)))
        return &op;
    found.push_back(&op);
  }
  for (Instruction *op : found)
    for (Use &use : op->operands())
      if (auto *constant = dyn_cast<Constant>(use); constant && hasBF16(constant))
        use.set(withoutBF16(constant, layout));
  for (Instruction *op : found)
    op->mutateType(withoutBF16(op->getType()));
  return nullptr;
}
