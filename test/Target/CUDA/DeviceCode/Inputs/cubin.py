# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""cubin.py SM OUT [KERNEL INSTRUCTION...]...: writes what a census reads of a cubin.

Instructions: NAME, BRA:N and @BRA:N (jump to instruction N; with a guard), BSSY:N, or low/high words as HEX:HEX.
Kernels are separated by "--".
"""
import struct
import sys

TRUE = 7 << 12
NAMES = {"NOP": 0x918, "EXIT": 0x94D, "HMMA": 0x23C, "FFMA": 0x223, "IADD3": 0x210, "LDS": 0x984, "CALL": 0x944, "RET": 0x950,
         "BSYNC": 0x941, "MUFU": 0x308, "X035": 0x235}
HIGH = {"HMMA": 0x1800, "LDS": 0xC00}  # m16n8k16; 16 bytes


def encode(text, at, sm):
    name, _, to = text.partition(":")
    if name in ("BRA", "@BRA"):
        guard, words = (TRUE if name == "BRA" else 0), (int(to) - at - 1) * 4
        if sm >= 90:  # the low 8 bits stand elsewhere
            low, words = (words & 0xFF) << 16, words >> 8
        else:
            low = 0
        words &= (1 << 48) - 1
        return 0x947 | guard | low | (words & (1 << 30) - 1) << 34, 7 << 23 | words >> 30
    if name == "BSSY":
        return 0x945 | TRUE | (int(to) - at - 1) * 4 << 34, 7 << 23
    if name in NAMES:
        return NAMES[name] | TRUE, HIGH.get(name, 0)
    return int(name, 16), int(to, 16)


def main():
    sm, out, kernels, rest = int(sys.argv[1]), sys.argv[2], [], sys.argv[3:]
    while rest:
        end = rest.index("--") if "--" in rest else len(rest)
        code = b"".join(struct.pack("<QQ", *encode(text, at, sm)) for at, text in enumerate(rest[1:end]))
        kernels.append((".text." + rest[0], code))
        rest = rest[end + 1:]
    names, table = b"\0", []
    for name, _ in kernels + [(".shstrtab", b"")]:
        table.append(len(names))
        names += name.encode() + b"\0"
    offset, body, headers = 64, b"", [struct.pack("<IIQQQQIIQQ", *[0] * 10)]
    for (name, data), at in zip(kernels + [(".shstrtab", names)], table):
        headers.append(struct.pack("<IIQQQQIIQQ", at, 3 if name == ".shstrtab" else 1, 0, 0, offset + len(body), len(data), 0, 0, 1, 0))
        body += data + b"\0" * (-len(data) % 16)
    ident = b"\x7fELF\2\1\1\x41\x08" + b"\0" * 7
    header = ident + struct.pack("<HHIQQQIHHHHHH", 2, 190, 1, 0, 0, offset + len(body), sm << 8 | 4, 64, 0, 0, 64, len(headers), len(headers) - 1)
    with open(out, "wb") as file:
        file.write(header + body + b"".join(headers))


main()
