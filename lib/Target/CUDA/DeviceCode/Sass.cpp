// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Counts machine instructions of cubins. NVIDIA documents no encodings: these were read off ptxas' output for kernels of known
// instructions, and a test repeats that.
#include "emo/Target/DeviceCode.h"

#include "llvm/ADT/BitVector.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/Object/ELF.h"
#include "llvm/Support/Endian.h"

#include <map>

using namespace mlir;
using namespace emo;

namespace {
/// The low 9 bits of an instruction name the operation, the next 3 say where its operands are.
struct Opcode {
  unsigned code;
  StringLiteral name, kind;
};
} // namespace

static constexpr Opcode kOpcodes[] = {
    {0x002, "MOV", "move"},         {0x003, "P2R", "move"},             {0x004, "R2P", "move"},         {0x005, "CS2R", "move"},
    {0x006, "VOTE", "shuffle"},     {0x007, "SEL", "move"},             {0x008, "FSEL", "float"},       {0x009, "FMNMX", "float"},
    {0x00a, "FSET", "float"},       {0x00b, "FSETP", "float"},          {0x00c, "ISETP", "integer"},    {0x00f, "VIMNMX3", "integer"},
    {0x010, "IADD3", "integer"},    {0x011, "LEA", "integer"},          {0x012, "LOP3", "integer"},     {0x013, "IABS", "integer"},
    {0x016, "PRMT", "integer"},     {0x017, "IMNMX", "integer"},        {0x019, "SHF", "integer"},      {0x01a, "SGXT", "integer"},
    {0x01b, "BMSK", "integer"},     {0x01c, "PLOP3", "integer"},        {0x020, "FMUL", "float"},       {0x021, "FADD", "float"},
    {0x023, "FFMA", "float"},       {0x024, "IMAD", "integer"},         {0x025, "IMAD", "integer"},     {0x026, "IDP", "integer"},
    {0x027, "IMAD", "integer"},     {0x028, "DMUL", "double"},          {0x029, "DADD", "double"},      {0x02a, "DSETP", "double"},
    {0x02b, "DFMA", "double"},      {0x02d, "PREEXIT", "other"},        {0x02e, "ACQBULK", "other"},    {0x02f, "ELECT", "shuffle"},
    {0x030, "HADD2", "float"},      {0x031, "HFMA2", "float"},          {0x032, "HMUL2", "float"},      {0x034, "HSETP2", "float"},
    {0x036, "VIADD", "integer"},    {0x037, "IMMA", "mma"},             {0x03b, "LDSM", "ldsm"},        {0x03c, "HMMA", "mma"},
    {0x03e, "F2FP", "convert"},     {0x03f, "DMMA", "mma"},             {0x040, "HMNMX2", "float"},     {0x044, "STSM", "stsm"},
    {0x045, "I2FP", "convert"},     {0x046, "VIADDMNMX", "integer"},    {0x048, "VIMNMX", "integer"},   {0x049, "FFMA2", "float"},
    {0x04c, "UVIRTCOUNT", "other"}, {0x051, "UFSEL", "float"},          {0x053, "UFSETP", "float"},     {0x05a, "UI2F", "convert"},
    {0x05c, "UF2I", "convert"},     {0x076, "FMNMX3", "float"},         {0x07a, "QMMA", "mma"},         {0x07f, "OMMA", "mma"},
    {0x082, "UMOV", "move"},        {0x083, "UP2UR", "move"},           {0x085, "UIMNMX", "integer"},   {0x086, "VOTEU", "shuffle"},
    {0x087, "USEL", "move"},        {0x08c, "UISETP", "integer"},       {0x090, "UIADD3", "integer"},   {0x091, "ULEA", "integer"},
    {0x092, "ULOP3", "integer"},    {0x096, "UPRMT", "integer"},        {0x097, "UIADD3", "integer"},   {0x099, "USHF", "integer"},
    {0x09a, "USGXT", "integer"},    {0x09c, "UPLOP3", "integer"},       {0x0a4, "UIMAD", "integer"},    {0x0a5, "UIMAD", "integer"},
    {0x0a6, "UIMAD", "integer"},    {0x0b9, "ULDC", "const"},           {0x0bd, "UFLO", "integer"},     {0x0ca, "R2UR", "move"},
    {0x0cb, "CS2UR", "move"},       {0x0cc, "CREDUX", "shuffle"},       {0x100, "FLO", "integer"},      {0x101, "BREV", "integer"},
    {0x102, "FCHK", "float"},       {0x104, "F2F", "convert"},          {0x105, "F2I", "convert"},      {0x106, "I2F", "convert"},
    {0x107, "FRND", "convert"},     {0x108, "MUFU", "mufu"},            {0x109, "POPC", "integer"},     {0x110, "F2F", "convert"},
    {0x111, "F2I", "convert"},      {0x112, "I2F", "convert"},          {0x118, "NOP", "other"},        {0x119, "S2R", "move"},
    {0x11a, "DEPBAR", "wait"},      {0x11b, "ENDCOLLECTIVE", "branch"}, {0x11c, "B2R", "move"},         {0x11d, "BAR", "barrier"},
    {0x141, "BSYNC", "branch"},     {0x142, "BREAK", "branch"},         {0x143, "CALL", "branch"},      {0x144, "CALL", "branch"},
    {0x145, "BSSY", "branch"},      {0x146, "YIELD", "branch"},         {0x147, "BRA", "branch"},       {0x148, "WARPSYNC", "barrier"},
    {0x149, "BRX", "branch"},       {0x14d, "EXIT", "branch"},          {0x14e, "LEPC", "branch"},      {0x150, "RET", "branch"},
    {0x158, "BRXU", "branch"},      {0x15c, "BPT", "branch"},           {0x15d, "NANOSLEEP", "branch"}, {0x180, "LD", "ldg"},
    {0x181, "LDG", "ldg"},          {0x182, "LDC", "const"},            {0x183, "LDL", "local"},        {0x184, "LDS", "lds"},
    {0x185, "ST", "stg"},           {0x186, "STG", "stg"},              {0x187, "STL", "local"},        {0x188, "STS", "sts"},
    {0x189, "SHFL", "shuffle"},     {0x18a, "ATOM", "atomic"},          {0x18c, "ATOMS", "atomic"},     {0x18d, "ATOMS", "atomic"},
    {0x18e, "RED", "atomic"},       {0x18f, "CCTL", "barrier"},         {0x192, "MEMBAR", "barrier"},   {0x1a1, "MATCH", "shuffle"},
    {0x1a3, "ATOMG", "atomic"},     {0x1a6, "REDG", "atomic"},          {0x1a7, "SYNCS", "mbarrier"},   {0x1a8, "ATOMG", "atomic"},
    {0x1a9, "ATOMG", "atomic"},     {0x1ab, "ERRBAR", "barrier"},       {0x1ac, "LDCU", "const"},       {0x1ae, "LDGSTS", "ldgsts"},
    {0x1af, "LDGDEPBAR", "wait"},   {0x1b0, "ARRIVES", "mbarrier"},     {0x1b2, "SYNCS", "mbarrier"},   {0x1b4, "UTMALDG", "tma"},
    {0x1b5, "UTMASTG", "tma"},      {0x1b6, "UTMAREDG", "tma"},         {0x1b7, "UTMACMDFLUSH", "tma"}, {0x1b9, "UTMACCTL", "tma"},
    {0x1ba, "UBLKCP", "tma"},       {0x1bb, "UBLKRED", "tma"},          {0x1c2, "R2UR", "move"},        {0x1c3, "S2UR", "move"},
    {0x1c4, "REDUX", "shuffle"},    {0x1c5, "WARPGROUP", "wait"},       {0x1c6, "FENCE", "barrier"},    {0x1c7, "UCGABAR", "barrier"},
    {0x1c8, "USETMAXREG", "other"}, {0x1e3, "UTCATOMSWS", "mma"},       {0x1e7, "UTCCP", "tma"},        {0x1e9, "UTCBAR", "mbarrier"},
    {0x1ea, "UTCHMMA", "mma"},      {0x1ed, "STTM", "tmem"},            {0x1ee, "LDTM", "tmem"},        {0x1f0, "HGMMA", "mma"},
    {0x1f1, "IGMMA", "mma"},        {0x1f3, "QGMMA", "mma"},
};

// Meanings that changed between architectures.
static constexpr Opcode kSince100[] = {{0x035, "IADD", "integer"}, {0x04a, "FMUL2", "float"}, {0x04b, "FADD2", "float"}};
static constexpr Opcode kBefore100[] = {{0x035, "HFMA2", "move"}};

namespace {
struct Instruction {
  uint64_t low, high;
  unsigned full() const { return low & 0xfff; }
  unsigned code() const { return low & 0x1ff; }
  unsigned guard() const { return low >> 12 & 0xf; } // predicate 7 is always true, bit 3 negates
  bool guarded() const { return guard() != 7; }
  bool never() const { return guard() == 15; }
};

class KernelReader {
public:
  KernelReader(ArrayRef<uint8_t> bytes, unsigned sm) : sm(sm) {
    for (size_t i = 0; i + 16 <= bytes.size(); i += 16)
      code.push_back({llvm::support::endian::read64le(&bytes[i]), llvm::support::endian::read64le(&bytes[i + 8])});
    while (!code.empty() && code.back().code() == kNop)
      code.pop_back();
  }
  void read(SassKernel &kernel);

private:
  static constexpr unsigned kNop = 0x118, kBra = 0x147, kBssy = 0x145, kBsync = 0x141, kExit = 0x14d, kRet = 0x150, kBrx = 0x149,
                            kBrxu = 0x158;

  const Opcode *find(const Instruction &instruction) const;
  uint64_t matrixFma(const Instruction &instruction) const;
  uint64_t sharedBytes(const Instruction &instruction) const;
  std::optional<size_t> target(size_t at) const;
  void findBlocks();
  SmallVector<llvm::BitVector> findLoops() const;
  SassCensus census(const llvm::BitVector &instructions) const;

  unsigned sm;
  SmallVector<Instruction> code;
  SmallVector<size_t> starts; // of the basic blocks, and the end of the last one
  SmallVector<SmallVector<size_t, 2>> successors;
};
} // namespace

const Opcode *KernelReader::find(const Instruction &instruction) const {
  auto search = [&](ArrayRef<Opcode> table) -> const Opcode * {
    auto *found = llvm::find_if(table, [&](const Opcode &opcode) { return opcode.code == instruction.code(); });
    return found == table.end() ? nullptr : found;
  };
  // Shares its code with FMUL2, which does not run on the unit for values that a warp has in common.
  static constexpr Opcode kUniformMinimum = {0x04a, "UVIMNMX", "integer"}, kPadding = {kNop, "NOP", "other"};
  if (instruction.code() == kUniformMinimum.code && (instruction.high >> 27 & 1))
    return &kUniformMinimum;
  // Padding: ptxas puts loads that never happen between some copies.
  if (instruction.never())
    return &kPadding;
  if (const Opcode *special = search(sm >= 100 ? ArrayRef<Opcode>(kSince100) : ArrayRef<Opcode>(kBefore100)))
    return special;
  return search(kOpcodes);
}

uint64_t KernelReader::matrixFma(const Instruction &instruction) const {
  const Opcode *opcode = find(instruction);
  StringRef name = opcode ? StringRef(opcode->name) : "";
  uint64_t high = instruction.high, columns = ((instruction.low >> 53 & 0x1f) + 1) * 8;
  if (name == "HMMA" && (high >> 19 & 1)) // tf32
    return 16 * 8 * ((high >> 14 & 1) ? 4 : 8);
  if (name == "HMMA")
    return 16 * 8 * ((high >> 11 & 1) ? 16 : 8);
  if (name == "QMMA" || name == "OMMA")
    return 16 * 8 * (name == "QMMA" ? 32 : 64);
  if (name == "HGMMA")
    return 64 * columns * 16;
  if (name == "IGMMA" || name == "QGMMA")
    return 64 * columns * 32;
  return 0;
}

uint64_t KernelReader::sharedBytes(const Instruction &instruction) const {
  constexpr unsigned kLanes = 32;
  const Opcode *opcode = find(instruction);
  StringRef name = opcode ? StringRef(opcode->name) : "";
  if (name == "LDS" || name == "STS") {
    static constexpr unsigned kWidths[] = {1, 1, 2, 2, 4, 8, 16, 16};
    return kLanes * kWidths[instruction.high >> 9 & 7];
  }
  if (name == "LDSM" || name == "STSM")
    return 128 << (instruction.high >> 8 & 3);
  if (name == "LDGSTS")
    return kLanes * 16;
  if (name == "HGMMA" || name == "IGMMA" || name == "QGMMA") // B, and A as if it came from shared memory, too: 32 bytes a row
    return (64 + ((instruction.low >> 53 & 0x1f) + 1) * 8) * 32;
  return 0;
}

/// Where a branch or a BSSY goes.
std::optional<size_t> KernelReader::target(size_t at) const {
  const Instruction &branch = code[at];
  int64_t words = int64_t(branch.low >> 34) | int64_t((branch.high & 0x3ffff) << 30);
  words = int64_t(uint64_t(words) << 16) >> 16;
  // Since sm_90 a branch has the low 8 bits elsewhere.
  if (sm >= 90 && branch.code() == kBra)
    words = words * 256 + int64_t(branch.low >> 16 & 0xff);
  int64_t to = int64_t(at) + 1 + words / 4;
  if (to < 0 || to >= int64_t(code.size()))
    return std::nullopt;
  return to;
}

void KernelReader::findBlocks() {
  SmallVector<SmallVector<size_t, 2>> next(code.size());
  // Lanes that wait at BSYNC go on where a BSSY of the same barrier says: one of those whose region it is in, or anywhere ahead.
  auto barrier = [](const Instruction &instruction) { return unsigned(instruction.low >> 16 & 0xf); };
  auto addMeetings = [&](size_t at) {
    for (size_t i = 0; i < at; ++i)
      if (auto to = code[i].code() == kBssy && barrier(code[i]) == barrier(code[at]) ? target(i) : std::nullopt; to && *to > at)
        next[at].push_back(*to);
  };
  llvm::BitVector leaders(code.size());
  leaders.set(0);
  for (auto [i, instruction] : llvm::enumerate(code)) {
    bool falls = true, ends = true;
    switch (instruction.code()) {
    case kBra:
      if (auto to = target(i))
        next[i].push_back(*to);
      // It may have a predicate of its own besides the guard, or wait for the lanes to agree.
      falls = instruction.guarded() || (instruction.high >> 23 & 0x1f) != 7;
      break;
    case kBsync:
      addMeetings(i);
      falls = next[i].empty();
      break;
    case kExit:
    case kRet:
    case kBrx:
    case kBrxu:
      falls = instruction.guarded();
      break;
    default:
      ends = false;
    }
    if (falls && i + 1 < code.size())
      next[i].push_back(i + 1);
    if (!ends)
      continue;
    for (size_t to : next[i])
      leaders.set(to);
    if (i + 1 < code.size())
      leaders.set(i + 1);
  }
  SmallVector<size_t> blockOf(code.size());
  for (size_t i = 0; i < code.size(); ++i) {
    if (leaders.test(i))
      starts.push_back(i);
    blockOf[i] = starts.size() - 1;
  }
  starts.push_back(code.size());
  for (size_t block = 0; block + 1 < starts.size(); ++block) {
    successors.emplace_back();
    for (size_t to : next[starts[block + 1] - 1])
      successors.back().push_back(blockOf[to]);
  }
}

/// Natural loops, each as the set of its instructions; those with one header are one loop.
SmallVector<llvm::BitVector> KernelReader::findLoops() const {
  size_t count = successors.size();
  // Subroutines are reached by calls only and left out.
  llvm::BitVector reachable(count);
  SmallVector<size_t> open = {0};
  SmallVector<SmallVector<size_t, 2>> predecessors(count);
  while (!open.empty()) {
    size_t block = open.pop_back_val();
    if (reachable.test(block))
      continue;
    reachable.set(block);
    for (size_t to : successors[block]) {
      predecessors[to].push_back(block);
      open.push_back(to);
    }
  }
  SmallVector<llvm::BitVector> dominators(count, llvm::BitVector(count, true));
  dominators[0].reset();
  dominators[0].set(0);
  for (bool changed = true; changed;) {
    changed = false;
    for (size_t block = 1; block < count; ++block) {
      llvm::BitVector now(count, true);
      for (size_t from : predecessors[block])
        now &= dominators[from];
      now.set(block);
      if (now != dominators[block]) {
        dominators[block] = std::move(now);
        changed = true;
      }
    }
  }
  llvm::MapVector<size_t, llvm::BitVector> bodies;
  for (size_t block = 0; block < count; ++block)
    for (size_t header : successors[block]) {
      if (!reachable.test(block) || !dominators[block].test(header))
        continue;
      llvm::BitVector &body = bodies.try_emplace(header, llvm::BitVector(count)).first->second;
      body.set(header);
      SmallVector<size_t> work = {block};
      while (!work.empty()) {
        size_t member = work.pop_back_val();
        if (body.test(member))
          continue;
        body.set(member);
        llvm::append_range(work, predecessors[member]);
      }
    }
  SmallVector<llvm::BitVector> loops;
  for (auto &[header, body] : bodies) {
    llvm::BitVector &instructions = loops.emplace_back(code.size());
    for (unsigned block : body.set_bits())
      instructions.set(starts[block], starts[block + 1]);
    // The branch to itself behind a kernel's last instruction.
    if (instructions.count() == 1)
      loops.pop_back();
  }
  return loops;
}

unsigned SassCensus::count(StringRef opcode) const {
  auto found = llvm::find_if(opcodes, [&](const SassCount &entry) { return entry.name == opcode; });
  return found == opcodes.end() ? 0 : found->count;
}

unsigned SassCensus::countClass(StringRef name) const {
  auto found = llvm::find_if(classes, [&](const SassCount &entry) { return entry.name == name; });
  return found == classes.end() ? 0 : found->count;
}

SassCensus KernelReader::census(const llvm::BitVector &instructions) const {
  SassCensus result;
  std::map<std::string, unsigned> opcodes, classes;
  for (unsigned i : instructions.set_bits()) {
    const Opcode *opcode = find(code[i]);
    ++result.instructions;
    ++opcodes[opcode ? opcode->name.str() : "0x" + llvm::utohexstr(code[i].full(), /*LowerCase=*/true)];
    ++classes[opcode ? opcode->kind.str() : "unknown"];
    result.matrixFma += matrixFma(code[i]);
    result.sharedBytes += sharedBytes(code[i]);
  }
  auto sorted = [](const std::map<std::string, unsigned> &counts, std::vector<SassCount> &list) {
    for (auto &[name, count] : counts)
      list.push_back({name, count});
    llvm::sort(list, [](const SassCount &a, const SassCount &b) { return a.count != b.count ? a.count > b.count : a.name < b.name; });
  };
  sorted(opcodes, result.opcodes);
  sorted(classes, result.classes);
  return result;
}

void KernelReader::read(SassKernel &kernel) {
  if (code.empty())
    return;
  kernel.all = census(llvm::BitVector(code.size(), true));
  findBlocks();
  SmallVector<llvm::BitVector> loops = findLoops();
  SmallVector<SassCensus> counts;
  for (const llvm::BitVector &loop : loops)
    counts.push_back(census(loop));
  auto contains = [&](size_t outer, size_t inner) {
    // Whether all of `inner` is in `outer`, and not the other way round.
    return outer != inner && !loops[inner].test(loops[outer]) && loops[outer].count() > loops[inner].count();
  };
  bool matrix = llvm::any_of(counts, [](const SassCensus &count) { return count.countClass("mma") != 0; });
  std::optional<size_t> best;
  for (size_t i = 0; i < loops.size(); ++i) {
    unsigned here = counts[i].countClass("mma");
    if (matrix && !here)
      continue;
    // Innermost: no loop inside that counts, too.
    if (llvm::any_of(llvm::seq(loops.size()), [&](size_t j) { return contains(i, j) && (!matrix || counts[j].countClass("mma")); }))
      continue;
    auto better = [&] {
      uint64_t mine = counts[i].matrixFma, other = counts[*best].matrixFma;
      if (mine != other)
        return mine > other;
      return matrix ? counts[i].instructions < counts[*best].instructions : counts[i].instructions > counts[*best].instructions;
    };
    if (!best || better())
      best = i;
  }
  if (!best)
    return;
  kernel.loop = std::move(counts[*best]);
  kernel.loopStart = loops[*best].find_first() * 16;
  kernel.loopEnd = loops[*best].find_last() * 16 + 16;
}

FailureOr<std::vector<SassKernel>> emo::readCubin(StringRef cubin, Location loc) {
  using namespace llvm::object;
  auto problem = [&](llvm::Error error) { return emitError(loc) << "cannot be read as a cubin: " << llvm::toString(std::move(error)); };
  auto file = ELFFile<ELF64LE>::create(cubin);
  if (!file)
    return problem(file.takeError());
  constexpr unsigned kEmCuda = 190;
  if (file->getHeader().e_machine != kEmCuda)
    return emitError(loc) << "is not a cubin: expected an ELF file for a GPU";
  // The architecture moved from the lowest byte of the flags to the next one.
  unsigned flags = file->getHeader().e_flags;
  unsigned sm = file->getHeader().e_ident[llvm::ELF::EI_ABIVERSION] >= 8 ? flags >> 8 & 0xff : flags & 0xff;
  auto sections = file->sections();
  if (!sections)
    return problem(sections.takeError());
  std::vector<SassKernel> kernels;
  for (const auto &section : *sections) {
    auto name = file->getSectionName(section);
    if (!name)
      return problem(name.takeError());
    StringRef kernel = *name;
    if (!kernel.consume_front(".text."))
      continue;
    auto bytes = file->getSectionContents(section);
    if (!bytes)
      return problem(bytes.takeError());
    kernels.emplace_back().name = kernel.str();
    KernelReader(*bytes, sm).read(kernels.back());
  }
  return kernels;
}
