// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What can be said of kernels without running them.
#include "TargetMachine.h"

#include "llvm/IR/InstIterator.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace emo;

static LoopPrediction predictLoop(const KernelReport &report) {
  constexpr double kSchedulers = 4, kSharedBytes = 128, kSpecial = 16, kWarp = 32, kWarpsOfGroup = 4;
  LoopPrediction result;
  const SassCensus &loop = report.sass.loop;
  if (!loop.instructions || !report.occupancy.blocks)
    return result;
  double warps = report.occupancy.blocks * double(llvm::divideCeil(report.threads, 32u));
  // Four warps issue one matrix instruction of a warp group together.
  bool groups = loop.count("HGMMA") + loop.count("IGMMA") + loop.count("QGMMA") != 0;
  double issuers = groups ? warps / kWarpsOfGroup : warps;
  result.issue = loop.instructions * warps / kSchedulers;
  result.matrix = loop.matrixFma * issuers / report.arch->matrixFma;
  result.shared = loop.sharedBytes * issuers / kSharedBytes;
  result.special = loop.count("MUFU") * warps * kWarp / kSpecial;
  std::pair<double, const char *> units[] = {
      {result.matrix, "matrix"}, {result.issue, "issue"}, {result.shared, "shared memory"}, {result.special, "special functions"}};
  for (auto [clocks, name] : units)
    if (clocks > result.clocks) {
      result.clocks = clocks;
      result.bound = name;
    }
  result.matrixShare = result.matrix / result.clocks;
  return result;
}

double emo::predictSeconds(const KernelReport &report, const KernelWork &work) {
  const DeviceArch &arch = *report.arch;
  double memory = work.memoryBytes / (arch.memoryGBs * 1e9);
  // The launch ends with the multiprocessor that has most blocks.
  int64_t blocks = std::max<int64_t>(work.blocks, 1);
  double padded = work.fma * llvm::divideCeil(blocks, int64_t(arch.multiprocessors)) * arch.multiprocessors / blocks;
  double share = report.loop.matrixShare > 0 ? report.loop.matrixShare : 1;
  double matrix = padded / (double(arch.matrixFma) * arch.multiprocessors * arch.gigahertz * 1e9 * share);
  return std::max(memory, matrix);
}

/// Whether a note is about a kernel. Of setmaxnreg ptxas does not say whose it is.
static bool concerns(const PtxasNote &note, const llvm::Function &kernel) {
  if (!note.kernel.empty())
    return note.kernel == kernel.getName();
  return !StringRef(note.text).contains("setmaxnreg") || llvm::any_of(llvm::instructions(kernel), [](const llvm::Instruction &instruction) {
    auto *call = dyn_cast<llvm::CallBase>(&instruction);
    return call && StringRef(deviceOperation(*call)).starts_with("setmaxnreg");
  });
}

FailureOr<std::vector<KernelReport>> emo::reportKernels(const DeviceCode &code, const Assembled &assembled) {
  auto sass = readCubin(assembled.cubin, code.loc);
  if (failed(sass))
    return failure();
  std::vector<KernelReport> reports;
  for (const DeviceKernel &kernel : code.kernels) {
    KernelReport &report = reports.emplace_back();
    report.arch = code.arch;
    report.kernel = kernel.name;
    report.threads = kernel.threads;
    report.dynamicShared = kernel.sharedBytes;
    for (const PtxasKernel &said : assembled.kernels) {
      if (said.name != kernel.name)
        continue;
      report.registers = said.registers;
      report.barriers = said.barriers;
      report.stackBytes = said.stackBytes;
      report.spillStores = said.spillStores;
      report.spillLoads = said.spillLoads;
      report.staticShared = said.staticShared;
    }
    for (const PtxasNote &note : assembled.notes)
      if (concerns(note, *code.module->getFunction(kernel.name)))
        report.notes.push_back(note);
    for (const SassKernel &counted : *sass)
      if (counted.name == kernel.name)
        report.sass = counted;
    report.occupancy = computeOccupancy(*code.arch, report.registers, report.threads, report.staticShared + report.dynamicShared);
    report.loop = predictLoop(report);
  }
  return reports;
}

/// A launch whose time the model knows: bound by memory, or by matrix instructions that the main loop has.
static bool isPredictable(const KernelReport &report, const KernelWork &work) { return work.fma == 0 || report.loop.matrixShare > 0; }

/// Gives the kernels of `arch` the work of their launches.
static void addWork(StringRef arch, DictionaryAttr work, DeviceReport &report) {
  for (KernelReport &kernel : report.kernels) {
    auto numbers = kernel.arch->name == arch ? work.getAs<DenseI64ArrayAttr>(kernel.kernel) : DenseI64ArrayAttr();
    if (!numbers || numbers.size() != 3)
      continue;
    KernelWork launch{double(numbers[1]), double(numbers[2]), numbers[0]};
    if (isPredictable(kernel, launch))
      kernel.work = launch;
  }
}

static CallReport readCall(StringRef arch, StringRef entry, DictionaryAttr call) {
  auto number = [&](StringRef key) { return call.getAs<IntegerAttr>(key).getInt(); };
  ArrayRef<int64_t> layers = call.getAs<DenseI64ArrayAttr>("layers").asArrayRef();
  return {arch.str(),         entry.str(), number("tokens"),         number("positions"),
          number("launches"), layers,      number("temporary_bytes")};
}

void emo::addCalls(ArrayAttr devices, DeviceReport &report) {
  if (!devices)
    return;
  for (auto device : devices.getAsRange<DictionaryAttr>()) {
    StringRef arch = device.getAs<StringAttr>("arch").getValue();
    if (auto work = device.getAs<DictionaryAttr>("work"))
      addWork(arch, work, report);
    for (auto entry : device.getAs<ArrayAttr>("entries").getAsRange<DictionaryAttr>())
      if (auto calls = entry.getAs<ArrayAttr>("calls"))
        for (auto call : calls.getAsRange<DictionaryAttr>())
          report.calls.push_back(readCall(arch, entry.getAs<StringAttr>("name").getValue(), call));
  }
}

//===----------------------------------------------------------------------===//
// Writers
//===----------------------------------------------------------------------===//

static void writeCounts(llvm::json::OStream &json, StringRef name, ArrayRef<SassCount> counts) {
  json.attributeObject(name, [&] {
    for (const SassCount &entry : counts)
      json.attribute(entry.name, entry.count);
  });
}

static void writeCensus(llvm::json::OStream &json, const SassCensus &census) {
  json.attribute("instructions", census.instructions);
  json.attribute("matrix_fma", int64_t(census.matrixFma));
  json.attribute("shared_bytes", int64_t(census.sharedBytes));
  writeCounts(json, "classes", census.classes);
  writeCounts(json, "opcodes", census.opcodes);
}

/// Tenths are as much as a prediction can say, and print alike everywhere.
static double tenths(double value) { return std::round(value * 10) / 10; }
static double thousandths(double value) { return std::round(value * 1000) / 1000; }

/// No service that entries call waits for the device.
static constexpr int64_t kSynchronisations = 0;

static void writeCall(llvm::json::OStream &json, const CallReport &call) {
  json.attribute("arch", call.arch);
  json.attribute("entry", call.entry);
  json.attribute("tokens", call.tokens);
  json.attribute("positions", call.positions);
  json.attribute("launches", call.launches);
  json.attributeArray("launches_of_layers", [&] {
    for (int64_t launches : call.layers)
      json.value(launches);
  });
  json.attribute("host_synchronisations", kSynchronisations);
  json.attribute("temporary_bytes", call.temporaryBytes);
}

void emo::writeReportJSON(const DeviceReport &all, llvm::raw_ostream &out) {
  llvm::json::OStream json(out, 2);
  auto writeKernel = [&](const KernelReport &report) {
    json.attribute("kernel", report.kernel);
    json.attribute("arch", report.arch->name);
    json.attribute("threads", report.threads);
    json.attribute("registers", report.registers);
    json.attribute("barriers", report.barriers);
    json.attribute("stack_bytes", report.stackBytes);
    json.attribute("spill_store_bytes", report.spillStores);
    json.attribute("spill_load_bytes", report.spillLoads);
    json.attribute("static_shared_bytes", report.staticShared);
    json.attribute("dynamic_shared_bytes", report.dynamicShared);
    json.attributeObject("occupancy", [&] {
      json.attribute("blocks", report.occupancy.blocks);
      json.attribute("share", thousandths(report.occupancy.share));
      json.attribute("limit", report.occupancy.limit);
    });
    json.attributeObject("all", [&] { writeCensus(json, report.sass.all); });
    if (report.sass.loop.instructions)
      json.attributeObject("main_loop", [&] {
        json.attribute("start", int64_t(report.sass.loopStart));
        json.attribute("end", int64_t(report.sass.loopEnd));
        writeCensus(json, report.sass.loop);
        json.attributeObject("predicted", [&] {
          json.attribute("issue_clocks", tenths(report.loop.issue));
          json.attribute("matrix_clocks", tenths(report.loop.matrix));
          json.attribute("shared_clocks", tenths(report.loop.shared));
          json.attribute("special_clocks", tenths(report.loop.special));
          json.attribute("bound", report.loop.bound);
          json.attribute("matrix_share_of_peak", thousandths(report.loop.matrixShare));
        });
      });
    if (report.work)
      json.attributeObject("predicted_launch", [&] {
        json.attribute("board", report.arch->board);
        json.attribute("matrix_fma", report.work->fma);
        json.attribute("memory_bytes", report.work->memoryBytes);
        json.attribute("blocks", report.work->blocks);
        json.attribute("microseconds", tenths(predictSeconds(report, *report.work) * 1e6));
      });
    json.attributeArray("notes", [&] {
      for (const PtxasNote &note : report.notes)
        json.object([&] {
          json.attribute("code", note.code);
          json.attribute("error", note.isError);
          json.attribute("text", note.text);
        });
    });
  };
  json.object([&] {
    json.attribute("emo_cuda_report", 1);
    json.attributeArray("kernels", [&] {
      for (const KernelReport &report : all.kernels)
        json.object([&] { writeKernel(report); });
    });
    json.attributeArray("calls", [&] {
      for (const CallReport &call : all.calls)
        json.object([&] { writeCall(json, call); });
    });
  });
  out << "\n";
}

static void writeCounts(llvm::raw_ostream &out, ArrayRef<SassCount> counts) {
  for (auto [i, entry] : llvm::enumerate(counts))
    out << (i ? ", " : "") << entry.count << " " << entry.name;
  out << "\n";
}

void emo::writeCensusText(ArrayRef<SassKernel> kernels, llvm::raw_ostream &out) {
  for (const SassKernel &kernel : kernels) {
    out << kernel.name << ": " << kernel.all.instructions << " instructions: ";
    writeCounts(out, kernel.all.opcodes);
    if (!kernel.loop.instructions)
      continue;
    out << "  main loop at " << llvm::format_hex(kernel.loopStart, 0) << " to " << llvm::format_hex(kernel.loopEnd, 0) << ": "
        << kernel.loop.instructions << " instructions: ";
    writeCounts(out, kernel.loop.opcodes);
  }
}

static void writeCall(llvm::raw_ostream &out, const CallReport &call) {
  out << call.entry << " for " << call.arch << ", " << call.tokens << (call.tokens == 1 ? " token" : " tokens") << " at " << call.positions
      << " positions: " << call.launches << " launches";
  if (!call.layers.empty()) {
    auto [least, most] = std::minmax_element(call.layers.begin(), call.layers.end());
    out << ", a layer " << *least;
    if (*least != *most)
      out << " to " << *most;
  }
  out << ", " << kSynchronisations << " host synchronisations, " << call.temporaryBytes << " bytes of temporaries\n";
}

void emo::writeReportText(const DeviceReport &all, llvm::raw_ostream &out) {
  for (const KernelReport &report : all.kernels) {
    out << report.kernel << " for " << report.arch->name << ": " << report.threads << " threads, " << report.registers << " registers, "
        << report.staticShared + report.dynamicShared << " bytes of shared memory, " << report.barriers << " barriers\n";
    if (report.stackBytes || report.spillStores || report.spillLoads)
      out << "  local memory: " << report.stackBytes << " bytes of stack, " << report.spillStores << " bytes spilled, " << report.spillLoads
          << " bytes reloaded\n";
    out << "  occupancy: " << report.occupancy.blocks << " blocks a multiprocessor, " << llvm::format("%.0f", report.occupancy.share * 100)
        << " % of its threads, limited by " << report.occupancy.limit << "\n";
    out << "  instructions: " << report.sass.all.instructions << "\n";
    if (report.sass.loop.instructions) {
      out << "  main loop: " << report.sass.loop.instructions << " instructions: ";
      writeCounts(out, report.sass.loop.opcodes);
      out << llvm::format("  predicted: bound by %s; %.0f %% of the peak of matrix instructions\n", report.loop.bound.c_str(),
                          report.loop.matrixShare * 100);
    }
    if (report.work)
      out << "  predicted: a launch of " << report.work->blocks << " blocks takes "
          << llvm::format("%.1f us on ", predictSeconds(report, *report.work) * 1e6) << report.arch->board << "\n";
    for (const PtxasNote &note : report.notes)
      out << "  " << (note.isError ? "error" : "note") << " " << note.code << " of ptxas: " << note.text << "\n";
  }
  for (const CallReport &call : all.calls)
    writeCall(out, call);
}
