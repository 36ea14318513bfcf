# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""equality.py PROGRAM COUNT TOKENIZER.json...: PROGRAM (emo-tokenizer-test) and the tokenizers library on COUNT seeded texts each. Bytes that
are no UTF-8 are given to the library as Python decodes them."""

import os
import random
import struct
import subprocess
import sys

from tokenizers import Tokenizer

program, count, files = sys.argv[1], int(sys.argv[2]), sys.argv[3:]

WORDS = """the of Once upon a time don't we'll I'VE it's You're def return self.x = {}; for (int i = 0; i < n; ++i) std::vector<int>&
    whole wholesale word sword words façade façades été ete\u0301 naïve ÅNGSTRÖM 'ſ Ⅷ ½ ² x₁ 12345678 3.14159e-10 0x7fff http://a.b/c?d=e""".split()
SPACES = ["\u00a0", "\u3000", "\u2028", "\u2029", "\u200b", "\u180e", "\u0085", "\u1680", "\u202f", "\ufeff", "\r\n", "\n", "\t", "\v", "\f", "\x1c", " "]
EMOJI = ["👩\u200d👩\u200d👧\u200d👦", "🏳\ufe0f\u200d🌈", "👍🏽", "🇩🇪🇫🇷", "1\ufe0f\u20e3", "❤\ufe0f", "🫠"]
SCRIPTS = [(0x20, 0x7F), (0xA0, 0x250), (0x300, 0x370), (0x370, 0x530), (0x590, 0x780), (0x900, 0xE00), (0x1100, 0x1200), (0x1E00, 0x2000),
           (0x2000, 0x2070), (0x2070, 0x2C00), (0x3040, 0x3100), (0x4E00, 0xA000), (0xAC00, 0xD7A4), (0xF900, 0xFB50), (0xFB50, 0xFE00),
           (0xFE20, 0xFE30), (0xFF00, 0x10000), (0x1D100, 0x1D800), (0x1F300, 0x1FB00), (0x20000, 0x2A6E0)]


def character(r):
    """Any of Unicode's 17 planes."""
    while True:
        c = r.randrange(0x110000)
        if not 0xD800 <= c < 0xE000:
            return chr(c)


def piece(r, added):
    kind = r.randrange(16)
    if kind < 3:
        return r.choice(WORDS)
    if kind == 3:
        return "".join(character(r) for _ in range(r.randrange(1, 8)))
    if kind == 4:
        low, high = r.choice(SCRIPTS)
        return "".join(chr(r.randrange(low, high)) for _ in range(r.randrange(1, 12)))
    if kind == 5:
        return r.choice("aeiouAEIOUnNcs가\u1100") + "".join(chr(r.randrange(0x300, 0x370)) for _ in range(r.randrange(1, 6)))
    if kind == 6:
        return r.choice(SPACES) * r.randrange(1, 30)
    if kind == 7:
        return "".join(r.choice(SPACES) for _ in range(r.randrange(1, 10)))
    if kind == 8:
        return r.choice(EMOJI)
    if kind == 9:
        return str(r.randrange(10 ** r.randrange(1, 20)))
    if kind == 10:
        return "".join(r.choice("()[]{}<>|&*+-=/\\!?.,;:'\"`~@#$%^_") for _ in range(r.randrange(1, 8)))
    if kind == 11:
        return r.choice(["'s", "'S", "'re", "'ve", "'LL", "'d", "'t", "'M", "’s", "'ſ", "''s"])
    if kind == 12:
        return r.choice(["שלום עולם", "مرحبا بالعالم", "\u202eabc\u202c", "नमस्ते", "สวัสดี", "こんにちは世界", "안녕하세요"])
    if kind == 13 and added:
        return r.choice(["", " ", "  ", "a"]) + r.choice(added) + r.choice(["", " ", "\n ", "b"])
    if kind == 14 and added:
        token = r.choice(added)
        return token[: r.randrange(len(token) + 1)] + r.choice(added)
    return r.choice([" ", " ", "\n", ""])


def long_texts(r):
    letters = "abcdefghijklmnopqrstuvwxyz"
    yield "a" * 100000
    yield "ab" * 50000
    yield "".join(r.choice(letters) for _ in range(100000))
    yield "".join(r.choice("the ") for _ in range(100000)).replace(" ", "")
    yield "".join(chr(r.randrange(0x4E00, 0x9FA6)) for _ in range(30000))
    yield "7" * 10000
    yield " " * 10000 + "x"
    yield "\n" * 10000
    yield "e" + "".join(r.choice("\u0316\u0301\u0327") for _ in range(3000))


def malformed(r, data):
    """Damages UTF-8: cuts, wrong bytes, surrogates, overlong forms."""
    data = bytearray(data)
    for _ in range(r.randrange(1, 6)):
        at = r.randrange(len(data) + 1)
        kind = r.randrange(4)
        if kind == 0 and data:
            del data[min(at, len(data) - 1)]
        elif kind == 1:
            data[at:at] = bytes([r.randrange(256)])
        elif kind == 2:
            data[at:at] = r.choice([b"\xed\xa0\x80", b"\xc0\xaf", b"\xf4\x90\x80\x80", b"\xe2\x82", b"\xf0\x9f\x98", b"\xfe", b"\xe0\x80\x80", b"\0"])
        else:
            data = data[: max(1, at)]
    return bytes(data)


def texts_for(r, added):
    yield b""
    for text in long_texts(r):
        yield text.encode()
    for i in range(count):
        data = "".join(r.choice(["", " "]) + piece(r, added) for _ in range(r.randrange(1, 24))).encode()
        yield malformed(r, data) if i % 5 == 4 else data


def run(file, texts):
    request = b"".join(struct.pack("<BI", flags, len(data)) + data for flags, data in texts)
    result = subprocess.run([program, file], input=request, stdout=subprocess.PIPE, check=True).stdout
    at = 0

    def numbers(n):
        nonlocal at
        at += 4 * n
        return list(struct.unpack("<%dI" % n, result[at - 4 * n : at]))

    for _ in texts:
        ids = numbers(numbers(1)[0])
        size = numbers(1)[0]
        at += size
        yield ids, result[at - size : at]
    assert at == len(result)


def main():
    failed = 0
    for file in files:
        r = random.Random(20260501)
        tokenizer = Tokenizer.from_file(file)
        added = sorted(token.content for token in tokenizer.get_added_tokens_decoder().values())
        texts = [(r.choice([0, 0, 1, 2]), data) for data in texts_for(r, added)]
        wrong = ids = 0
        for (flags, data), (got, decoded) in zip(texts, run(file, texts)):
            text = data.decode(errors="replace")
            tokenizer.encode_special_tokens = bool(flags & 1)
            expected = tokenizer.encode(text, add_special_tokens=not flags & 2).ids
            expected_text = tokenizer.decode(expected, skip_special_tokens=False)
            ids += len(expected)
            if got != expected or decoded.decode(errors="replace") != expected_text:
                wrong += 1
                if wrong <= 3:
                    print("%s: flags %d, %r: got %s, expected %s; text %r, expected %r"
                          % (os.path.basename(file), flags, text[:300], got[:100], expected[:100], decoded[:300], expected_text[:300]))
        failed += wrong
        print("%s: %d texts, %d tokens, %d differ" % (os.path.basename(file), len(texts), ids, wrong), flush=True)
    sys.exit(failed != 0)


main()
