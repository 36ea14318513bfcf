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

static Value less(DeviceHost &host, Value x, Value y) { return arith::CmpIOp::create(host.b, arith::CmpIPredicate::ult, x, y); }

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

// Tiles of weights alone fill a device when rows are few; blocks of 128 rows only when there are enough of them.
static constexpr TensorTile kLow{16, 64, 64, 16, 16, 4}, kMiddle{64, 64, 32, 32, 32, 4}, kLarge{128, 128, 32, 64, 64, 4},
    kLargeLoss{128, 128, 32, 64, 32, 4};                                // leaves registers for exponentials

/// By the rows that a weight meets, on average of the experts.
static void launchTiles(Product &product, DeviceHost &host, KernelLibrary &library) {
  int64_t experts = std::max<int64_t>(1, product.experts);
  auto below = [&](int64_t rows) { return less(host, product.rows, host.c(rows * experts)); };
  int64_t columnTiles = llvm::divideCeil(product.n * product.accumulators, kLarge.columns);
  int64_t enough = llvm::divideCeil(library.arch.multiprocessors, columnTiles) * kLarge.rows; // rows for a block on each multiprocessor
  int64_t large = std::max<int64_t>(96, product.grouped() ? enough / experts : enough);
  branch(
      host, below(17), [&] { launchTensor(product, host, library, kLow); },
      [&] {
        branch(
            host, below(large), [&] { launchTensor(product, host, library, kMiddle); },
            [&] {
              if (library.arch.hasWgmma())
                launchWarpgroups(product, host, library);
              else
                launchTensor(product, host, library, product.op ? kLarge : kLargeLoss);
            });
      });
}

void emo::cuda::launchTiled(Product &product, DeviceHost &host, KernelLibrary &library, int width) {
  if (product.element.isF32() || width == 1)
    launchSimple(product, host, library, width);
  else
    launchTiles(product, host, library);
}

void emo::cuda::launchByWidth(Product &product, Value lhs, DeviceHost &host, Fn<void(int)> launch) {
  int width = 16 / bytesOf(product.element);
  bool unknown = false;
  if (!product.isAligned(lhs, width, unknown))
    launch(1);
  else if (!unknown)
    launch(width);
  else
    branch(
        host, hasAlignedRows(host, lhs, width), [&] { launch(width); }, [&] { launch(1); });
}

bool emo::cuda::lowerMatmul(KernelMatmulOp op, KernelLibrary &library) {
  if (!Product::supports(op))
    return false;
  DeviceHost host(op);
  Product product(op, host);
  launchByWidth(product, op.getLhs(), host, [&](int width) {
    branch(
        host, less(host, product.rows, host.c(9)), [&] { launchFew(product, host, library, width); },
        [&] { launchTiled(product, host, library, width); });
  });
  op.erase();
  return true;
}
