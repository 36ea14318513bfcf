# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""errors.py PROGRAM FOLDER: a small tokenizer.json, changed in one place each; prints NAME: MESSAGE of PROGRAM (emo-tokenizer-test)."""

import copy
import json
import os
import subprocess
import sys

program, folder = sys.argv[1:]
path = os.path.join(folder, "tokenizer.json")


def token(text, id, **options):
    return {"content": text, "id": id, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True, **options}


BYTE_LEVEL = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}
GOOD = {
    "version": "1.0",
    "truncation": None,
    "padding": None,
    "added_tokens": [token("<eos>", 4)],
    "normalizer": {"type": "NFC"},
    "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
        {"type": "Split", "pattern": {"Regex": " ?\\p{L}+"}, "behavior": "Isolated", "invert": False}, BYTE_LEVEL]},
    "post_processor": None,
    "decoder": BYTE_LEVEL,
    "model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "ab": 2, "abb": 3}, "merges": [["a", "b"], ["ab", "b"]]},
}


def report(name, text):
    with open(path, "wb") as file:
        file.write(text)
    result = subprocess.run([program, path], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    print("%s: %s" % (name, result.stdout.replace(folder, "DIR").strip() or "ok"))


def change(name, *keys_and_value):
    content = copy.deepcopy(GOOD)
    place = content
    *keys, last, value = keys_and_value
    for key in keys:
        place = place[key]
    if value is KeyError:
        del place[last]
    else:
        place[last] = value
    report(name, json.dumps(content).encode())


def pattern(name, regex):
    change(name, "pre_tokenizer", "pretokenizers", 0, "pattern", "Regex", regex)


report("good", json.dumps(GOOD).encode())
report("no JSON", b"{")
report("list", b"[]")
report("deep", b'{"a":' + b"[" * 40 + b"]" * 40 + b"}")
report("empty", b"{}")
change("truncation", "truncation", {"max_length": 5})
change("padding", "padding", {"strategy": "BatchLongest"})
change("unigram", "model", {"type": "Unigram", "vocab": []})
change("untyped", "model", "type", KeyError)
change("no vocab", "model", "vocab", KeyError)
change("no merges", "model", "merges", KeyError)
change("dropout", "model", "dropout", 0.1)
change("suffix", "model", "end_of_word_suffix", "</w>")
change("no suffix", "model", "end_of_word_suffix", "")
change("unknown", "model", "unk_token", "a")
change("fallback", "model", "byte_fallback", True)
change("negative id", "model", "vocab", "a", -1)
change("large id", "model", "vocab", "a", 1 << 24)
change("no id", "model", "vocab", "a", "x")
change("same id", "model", "vocab", "a", 1)
change("merge of one", "model", "merges", ["a"])
change("merge of three", "model", "merges", ["a b b"])
change("merge of no tokens", "model", "merges", [["a", "c"]])
change("merge to no token", "model", "merges", [["b", "b"]])
change("merge lines", "model", "merges", ["#version: 0.2", "a b", "ab b"])
change("normalizer", "normalizer", {"type": "Lowercase"})
change("normalizers", "normalizer", {"type": "Sequence", "normalizers": [{"type": "NFC"}, {"type": "NFKC"}]})
change("untyped normalizer", "normalizer", 3)
change("pre-tokenizer", "pre_tokenizer", {"type": "Metaspace"})
change("no pre-tokenizer", "pre_tokenizer", None)
change("not last", "pre_tokenizer", "pretokenizers", [BYTE_LEVEL, BYTE_LEVEL])
change("no ByteLevel", "pre_tokenizer", "pretokenizers", 1, KeyError)
change("no steps", "pre_tokenizer", "pretokenizers", [])
change("behavior", "pre_tokenizer", "pretokenizers", 0, "behavior", "Merged")
change("no pattern", "pre_tokenizer", "pretokenizers", 0, "pattern", {"String": ""})
change("string", "pre_tokenizer", "pretokenizers", 0, "pattern", {"String": "a+(*"})
change("post-processor", "post_processor", {"type": "RobertaProcessing"})
change("template", "post_processor", {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<bos>"}}], "special_tokens": {}})
change("template without text", "post_processor", {"type": "TemplateProcessing", "single": [], "special_tokens": {}})
change("template id", "post_processor", {"type": "TemplateProcessing", "single": [{"Sequence": {"id": "A"}}, {"SpecialToken": {"id": "x"}}],
                                         "special_tokens": {"x": {"ids": [5]}}})
change("decoder", "decoder", {"type": "Metaspace"})
change("no decoder", "decoder", None)
change("no content", "added_tokens", 0, {"id": 4})
change("added id", "added_tokens", 0, "id", 7)
change("added known id", "added_tokens", 0, "content", "ab")
change("added twice", "added_tokens", [token("<eos>", 4), token("<eos>", 5)])
pattern("anchor", "^a")
pattern("word", "\\w+")
pattern("boundary", "a\\b")
pattern("property", "\\p{Alphabetic}+")
pattern("bare property", "\\pL")
pattern("nested class", "[a[b]]")
pattern("intersection", "[a&&b]")
pattern("first bracket", "[]a]")
pattern("dash", "[--a]")
pattern("open class", "[a")
pattern("range to set", "[a-\\d]")
pattern("backwards", "[b-a]")
pattern("flags", "(?i)a")
pattern("case", "(?i:(\\p{Lu}))")
pattern("named", "(?<x>a)")
pattern("open group", "(a")
pattern("closed group", "a)")
pattern("nothing to repeat", "a|*")
pattern("twice", "a+*")
pattern("possessive interval", "a{1,2}+")
pattern("interval", "a{,2}")
pattern("byte", "\\xff")
pattern("surrogate", "\\ud800")
pattern("end", "a\\")
pattern("empty match", "a*")
pattern("lookahead", "(?=a)")
