// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// emo.kernel.matmul: which form of it a call takes. Every sum has one order in each form, so results are the same from run to run.
#include "Matmul.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace emo;
using namespace emo::cuda;

static void branch(DeviceHost &host, Value condition, Fn<void()> yes, Fn<void()> no) {
  auto op = scf::IfOp::create(host.b, condition, /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(host.b);
  host.b.setInsertionPointToStart(op.thenBlock());
  yes();
  host.b.setInsertionPointToStart(op.elseBlock());
  no();
}

static Value less(DeviceHost &host, Value x, Value y) {
  return arith::CmpIOp::create(host.b, arith::CmpIPredicate::ult, x, y);
}

/// Whether lhs's rows, as they are at run time, begin at multiples of `elements`.
static Value hasAlignedRows(DeviceHost &host, Value lhs, int64_t elements) {
  auto metadata = memref::ExtractStridedMetadataOp::create(host.b, lhs);
  Value both = arith::OrIOp::create(host.b, metadata.getOffset(), metadata.getStrides()[0]);
  Value rest = arith::AndIOp::create(host.b, both, host.c(elements - 1));
  return arith::CmpIOp::create(host.b, arith::CmpIPredicate::eq, rest, host.c(0));
}

/// Few rows: one kernel for each number of rows that a warp has sums for.
static void launchFew(Product &product, DeviceHost &host, KernelLibrary &library, int width) {
  if (product.grouped())
    return launchFewRows(product, host, library, width, 1);
  branch(
      host, less(host, product.rows, host.c(2)), [&] { launchFewRows(product, host, library, width, 1); },
      [&] {
        branch(
            host, less(host, product.rows, host.c(5)), [&] { launchFewRows(product, host, library, width, 4); },
            [&] { launchFewRows(product, host, library, width, 8); });
      });
}

static void launchAligned(Product &product, DeviceHost &host, KernelLibrary &library, int width) {
  branch(
      host, less(host, product.rows, host.c(9)), [&] { launchFew(product, host, library, width); },
      [&] { launchSimple(product, host, library, product.element.isF32() ? width : 1); });
}

bool emo::cuda::lowerMatmul(KernelMatmulOp op, KernelLibrary &library) {
  if (!Product::supports(op))
    return false;
  DeviceHost host(op);
  Product product(op, host);
  int width = 16 / bytesOf(product.element);
  bool unknown = false;
  if (!product.isAligned(width, unknown))
    launchAligned(product, host, library, 1);
  else if (!unknown)
    launchAligned(product, host, library, width);
  else
    branch(
        host, hasAlignedRows(host, op.getLhs(), width), [&] { launchAligned(product, host, library, width); },
        [&] { launchSimple(product, host, library, 1); });
  op.erase();
  return true;
}
