# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Counts machine instructions of cubins, whoever made them: the loops of a kernel and what is in them.

emo-device reports one loop of each kernel; a kernel whose warps have different work has several that count. Codes and loops are as in
lib/Target/CUDA/DeviceCode/Sass.cpp, and a test compares the two.
"""

import collections
import struct

from ..errors import Error

_NOP, _BSYNC, _BSSY, _BRA, _BRX, _EXIT, _RET, _BRXU = 0x118, 0x141, 0x145, 0x147, 0x149, 0x14D, 0x150, 0x158
_HMMA, _LDGSTS, _TMA, _HGMMA = 0x03C, 0x1AE, 0x1B4, 0x1F0
_BAR, _SYNCS, _SYNCS_ADDRESS, _ARRIVES = 0x11D, 0x1A7, 0x1B2, 0x1B0
# What no round leaves out.
_WORK = (_HMMA, _HGMMA, _LDGSTS, _TMA, _BAR, _SYNCS, _SYNCS_ADDRESS, _ARRIVES)

Loop = collections.namedtuple("Loop", "start instructions issued matrix fma copies boxes")
Loop.__doc__ = """A loop: its `instructions`; those `issued` in the shortest round that has all matrix instructions, copies and barriers,
as when no score has to be masked; `fma` multiply-adds of `matrix` matrix instructions, a warp's share; `copies` by cp.async, `boxes` by
TMA."""


class Kernel:
    """One kernel's code. `instructions`: their number; `own_instructions`: without subroutines; `loops`: innermost ones, by address."""

    def __init__(self, code, sm):
        self._code = list(struct.iter_unpack("<QQ", code[: len(code) // 16 * 16]))
        while self._code and self._code[-1][0] & 0x1FF == _NOP:
            self._code.pop()
        self._sm = sm
        self.instructions = len(self._code)
        self._find_blocks()
        self.loops = self._find_loops()

    def main_loop(self):
        """The loop with most multiply-adds of matrix instructions, of these the shortest; None without matrix instructions."""
        return min((loop for loop in self.loops if loop.fma), key=lambda loop: (-loop.fma, loop.instructions), default=None)

    def copy_loop(self):
        """The longest loop that fills shared memory for others: without matrix instructions."""
        return max((loop for loop in self.loops if not loop.matrix and (loop.boxes or loop.copies)), key=lambda loop: loop.instructions, default=None)

    def _target(self, at):
        low, high = self._code[at]
        words = (low >> 34 | (high & 0x3FFFF) << 30) & (1 << 48) - 1
        words -= (words >> 47) << 48
        if self._sm >= 90 and low & 0x1FF == _BRA:
            words = words * 256 + (low >> 16 & 0xFF)
        to = at + 1 + words // 4
        return to if 0 <= to < len(self._code) else None

    def _next(self, at):
        """Where execution may go on behind a branch; None behind anything else."""
        low, high = self._code[at]
        code, guarded, to = low & 0x1FF, low >> 12 & 7 != 7 or low >> 15 & 1, []
        if code == _BRA:
            to, falls = [self._target(at)], guarded or high >> 23 & 0x1F != 7
        elif code == _BSYNC:  # where a BSSY of the same barrier says
            meetings = [i for i in range(at) if self._code[i][0] & 0x1FF == _BSSY and self._code[i][0] >> 16 & 15 == low >> 16 & 15]
            to = [target for target in map(self._target, meetings) if target is not None and target > at]
            falls = not to
        elif code in (_EXIT, _RET, _BRX, _BRXU):
            falls = guarded
        else:
            return None
        return [i for i in to + [at + 1] * bool(falls) if i is not None and i < len(self._code)]

    def _find_blocks(self):
        ends = {at: to for at, to in ((at, self._next(at)) for at in range(len(self._code))) if to is not None}
        leaders = {0} | {to for many in ends.values() for to in many} | {at + 1 for at in ends if at + 1 < len(self._code)}
        self._starts = sorted(leaders) + [len(self._code)]
        number = {start: block for block, start in enumerate(self._starts)}
        self._successors = []
        for block in range(len(self._starts) - 1):
            last = self._starts[block + 1] - 1
            follow = ends.get(last, [last + 1] if last + 1 < len(self._code) else [])
            self._successors.append([number[to] for to in follow])

    def _find_loops(self):
        """Natural loops without one inside that copies or multiplies, too."""
        predecessors, open_, reachable = collections.defaultdict(list), [0], set()
        while open_:
            block = open_.pop()
            if block not in reachable:
                reachable.add(block)
                for to in self._successors[block]:
                    predecessors[to].append(block)
                    open_.append(to)
        self.own_instructions = sum(len(self._block(block)) for block in reachable)
        dominators = {block: reachable for block in reachable}
        dominators[0], changed = {0}, True
        while changed:
            changed = False
            for block in sorted(reachable - {0}):
                now = set.intersection(*(dominators[before] for before in predecessors[block])) | {block}
                changed |= now != dominators[block]
                dominators[block] = now
        bodies, backward = {}, set()
        for block in reachable:
            for header in self._successors[block]:
                if header in dominators[block]:
                    backward.add((block, header))
                    body, work = bodies.setdefault(header, {header}), [block]
                    while work:
                        member = work.pop()
                        if member not in body:
                            body.add(member)
                            work += predecessors[member]
        loops = {header: self._count(header, body, backward) for header, body in bodies.items()}
        busy = {header for header, loop in loops.items() if loop.matrix or loop.boxes or loop.copies}
        return sorted(
            loop
            for header, loop in loops.items()
            if loop.instructions > 1 and not any(bodies[other] < bodies[header] for other in busy)
        )

    def _block(self, block):
        return range(self._starts[block], self._starts[block + 1])

    def _count(self, header, body, backward):
        count, fma = collections.Counter(), 0
        for at in (at for block in body for at in self._block(block)):
            low, high = self._code[at]
            if low >> 12 & 15 == 15:  # padding that is never executed
                continue
            count[low & 0x1FF] += 1
            if low & 0x1FF == _HMMA:
                fma += 16 * 8 * (16 if high >> 11 & 1 else 8)
            elif low & 0x1FF == _HGMMA:  # of four warps
                fma += 64 * ((low >> 53 & 0x1F) + 1) * 8 * 16 // 4
        start, instructions = min(self._starts[block] for block in body) * 16, sum(len(self._block(block)) for block in body)
        issued = self._shortest_round(header, body, backward)
        return Loop(start, instructions, issued, count[_HMMA] + count[_HGMMA], fma, count[_LDGSTS], count[_TMA])

    def _shortest_round(self, header, body, backward):
        def cost(block):  # most work first, then fewest instructions
            codes = [self._code[at] for at in self._block(block)]
            return -sum(low & 0x1FF in _WORK and low >> 12 & 15 != 15 for low, _ in codes), len(codes)

        best, ends = {}, {block for block, to in backward if to == header}
        order, seen = [], set()

        def visit(block):  # depth first: a block behind all that follow it
            stack = [(block, iter(self._successors[block]))]
            seen.add(block)
            while stack:
                top, following = stack[-1]
                to = next((to for to in following if to in body and to not in seen and (top, to) not in backward), None)
                if to is None:
                    order.append(top)
                    stack.pop()
                else:
                    seen.add(to)
                    stack.append((to, iter(self._successors[to])))

        visit(header)
        for block in order:
            own = cost(block)
            after = [best[to] for to in self._successors[block] if to in best and (block, to) not in backward]
            after += [(0, 0)] * (block in ends)
            if after:
                work, length = min(after)
                best[block] = own[0] + work, own[1] + length
        return best[header][1] if header in best else 0


def read(path):
    """Kernels of a cubin by name. Error: it is none."""
    with open(path, "rb") as file:
        data = file.read()
    if data[:4] != b"\x7fELF" or struct.unpack_from("<H", data, 18)[0] != 190:
        raise Error("%s is not a cubin" % path)
    (flags,) = struct.unpack_from("<I", data, 48)
    sm = flags >> 8 & 0xFF if data[8] >= 8 else flags & 0xFF
    (offset,) = struct.unpack_from("<Q", data, 40)
    size, number, names = struct.unpack_from("<HHH", data, 58)
    sections = [struct.unpack_from("<IIQQQQIIQQ", data, offset + i * size) for i in range(number)]
    kernels = {}
    for section in sections:
        begin = sections[names][4] + section[0]
        name = data[begin : data.index(b"\0", begin)].decode()
        if name.startswith(".text."):
            kernels[name[6:]] = Kernel(data[section[4] : section[4] + section[5]], sm)
    return kernels
