// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Runs emulated CUDA kernels: every thread of a CTA is a fiber, warps meet in their collectives, and what a GPU would leave undefined
// is an error. docs/emulator.md says what is modelled and how to read a report.
#ifndef EMO_LIB_RUNTIME_EMULATOR_EMULATOR_H
#define EMO_LIB_RUNTIME_EMULATOR_EMULATOR_H

#include <cstddef>
#include <cstdint>
#include <string>

namespace emo::rt::emulator {

struct Dim {
  uint32_t x = 1, y = 1, z = 1;
};

/// Which thread runs next where the device leaves it open.
enum class Schedule {
  InOrder,  // lanes and warps in ascending order
  Reversed, // descending
  RunAhead, // one warp (seed mod warps) runs whenever it can, the others only while it waits
  Random    // by seed, also in the middle of a run of plain accesses
};

struct Options {
  bool lazy = false; // asynchronous copies land as late as the program allows; their destination holds NaN meanwhile
  Schedule schedule = Schedule::InOrder;
  uint64_t seed = 0;
  bool checks = true;
  int threads = 1; // of the host, over which CTAs are spread
};

/// Sums over a launch. Of accesses: as warps do them, i.e. one of 32 lanes counts once.
struct Counters {
  uint64_t collectives = 0;
  uint64_t barriers = 0; // arrivals of warps
  uint64_t mma = 0;
  uint64_t wgmma = 0;
  uint64_t ldmatrix = 0;
  uint64_t stmatrix = 0;
  uint64_t asyncCopies = 0; // cp.async, by threads
  uint64_t bulkCopies = 0;  // bulk and tensor copies
  uint64_t tmaBytes = 0;
  uint64_t mbarrierWaits = 0;
  uint64_t switches = 0;
  // Only with checks:
  uint64_t sharedAccesses = 0;
  uint64_t bankConflicts = 0; // extra passes over shared memory
  uint64_t globalAccesses = 0;
  uint64_t globalSectors = 0; // of 32 bytes
  uint64_t globalBytes = 0;   // that were asked for; sectors * 32 / bytes is the waste

  Counters &operator+=(const Counters &other);
};

struct Launch {
  const char *name;
  void (*kernel)(const int64_t *);
  const int64_t *args;
  Dim grid;
  uint32_t threads;
  uint32_t sharedBytes;
};

/// Runs a launch to its end. False when a check failed: `error` holds the report, memory what was written until then; further launches
/// are fine. One launch runs at a time in a process; others wait. `counters` are added to.
bool launch(const Launch &, const Options &, Counters &, std::string &error);

/// Device memory. Kernels may access only what some Memory of the process holds. Thread-safe.
class Memory {
public:
  Memory() = default;
  Memory(const Memory &) = delete;
  Memory &operator=(const Memory &) = delete;
  ~Memory();

  /// Zeroed, at a multiple of 256 bytes, with a redzone on both sides. `what` names it in reports. Null when there is no memory.
  void *allocate(size_t bytes, const char *what);
  /// Memory of somebody else. `readOnly`: a write is an error, and reads are not followed for races.
  void registerHost(const void *data, size_t bytes, const char *what, bool readOnly);
  /// Ends an allocation or a registration of this object; null is ignored.
  void release(const void *data);
};

/// Values are those of the CUDA driver's enumerations.
enum class TensorType : uint32_t { U8, U16, U32, I32, U64, I64, F16, F32, F64, BF16, F32Ftz, Tf32, Tf32Ftz };
enum class TensorInterleave : uint32_t { None, Bytes16, Bytes32 };
enum class TensorSwizzle : uint32_t { None, Bytes32, Bytes64, Bytes128 };
enum class TensorFill : uint32_t { Zero, NaN };

/// The emulator's cuTensorMapEncodeTiled, with its parameters and its rules: `map` gets 128 bytes, which mean something to the emulator
/// only. `strides` are rank - 1 numbers of bytes. False with a message when the driver would refuse.
bool encodeTensorMapTiled(void *map, TensorType type, uint32_t rank, const void *address, const uint64_t *dims, const uint64_t *strides,
                          const uint32_t *box, const uint32_t *elementStrides, TensorInterleave interleave, TensorSwizzle swizzle,
                          uint32_t l2Promotion, TensorFill fill, std::string &error);

} // namespace emo::rt::emulator
#endif // EMO_LIB_RUNTIME_EMULATOR_EMULATOR_H
