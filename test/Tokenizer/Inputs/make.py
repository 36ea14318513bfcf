# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""make.py DATA FOLDER: tokenizers of each family, trained by the tokenizers library on the texts of DATA, as FOLDER/NAME.json."""

import glob
import json
import os
import sys

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

data, folder = sys.argv[1:]
texts = sorted(glob.glob(os.path.join(data, "*.txt")))

LLAMA3 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
DEEPSEEK = (
    r"[!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)


def byte_level(**options):
    return pre_tokenizers.ByteLevel(**{"add_prefix_space": False, **options})


def split(pattern, behavior="isolated", invert=False):
    return pre_tokenizers.Split(pattern, behavior, invert)


def special(text, **options):
    return AddedToken(text, special=True, normalized=False, **options)


def plain(text, **options):
    return AddedToken(text, special=False, **options)


def make(name, pre_tokenizer, added, normalizer=None, post_processor=None, alphabet=True, size=2000, edit=None, **model):
    tokenizer = Tokenizer(models.BPE(**model))
    if normalizer:
        tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre_tokenizer
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet() if alphabet else [],
        special_tokens=["<|endoftext|>"],
    )
    tokenizer.train(texts, trainer)
    for token in added:
        tokenizer.add_tokens([token])
    if post_processor:
        tokenizer.post_processor = post_processor(tokenizer)
    content = json.loads(tokenizer.to_str())
    if edit:
        edit(content)
    with open(os.path.join(folder, name + ".json"), "w") as file:
        json.dump(content, file)


make(
    "gpt2",
    byte_level(),
    [special("<|im_start|>"), special("<|im_end|>", rstrip=True), special("<|"), plain("whole", single_word=True), plain("é")],
)
make(
    "gpt2-prefix",
    byte_level(add_prefix_space=True),
    [special("<mask>", lstrip=True), special("<both>", lstrip=True, rstrip=True), plain("word", single_word=True, normalized=False)],
    # As old files have them.
    edit=lambda content: (
        content["model"].update(merges=[" ".join(pair) for pair in content["model"]["merges"]], continuing_subword_prefix=""),
        content["model"].pop("type"),
    ),
)
make(
    "neox",
    byte_level(),
    [plain(" " * n) for n in range(24, 1, -1)]
    + [special("|||IP_ADDRESS|||"), plain("e\u0301t\u00e9"), plain("\u1e9b\u0323", normalized=False), plain("fa\u00e7ade", single_word=True)],
    normalizer=normalizers.NFC(),
    post_processor=lambda tokenizer: processors.ByteLevel(trim_offsets=True),
)
make(
    "llama3",
    pre_tokenizers.Sequence([split(Regex(LLAMA3)), byte_level(use_regex=False)]),
    [special("<|reserved_special_token_%d|>" % n) for n in range(100)] + [special("<|begin|>"), special("<|eot|>"), plain("<tool>")],
    post_processor=lambda tokenizer: processors.Sequence(
        [
            processors.ByteLevel(trim_offsets=True),
            processors.TemplateProcessing(
                single="<|begin|> $A <|eot|>",
                pair="<|begin|> $A <|begin|> $B",
                special_tokens=[(t, tokenizer.token_to_id(t)) for t in ("<|begin|>", "<|eot|>")],
            ),
        ]
    ),
    ignore_merges=True,
    # Tokens that no merges lead to.
    edit=lambda content: content["model"].update(merges=[m for i, m in enumerate(content["model"]["merges"]) if i % 7 or i < 400]),
)
make(
    "deepseek",
    pre_tokenizers.Sequence(
        [
            split(Regex(r"\p{N}{1,3}")),
            split(Regex("[一-龥\u3040-ゟ゠-ヿ]+")),
            split(Regex(DEEPSEEK)),
            byte_level(use_regex=False),
        ]
    ),
    [special("<｜begin▁of▁sentence｜>"), plain("▁")],
    normalizer=normalizers.Sequence([]),
)
make(
    "behaviours",
    pre_tokenizers.Sequence(
        [
            pre_tokenizers.Digits(individual_digits=True),
            split(Regex(r"\s*\n"), "merged_with_previous"),
            split("-", "merged_with_next"),
            split(Regex(r"[\p{Lu}\p{Nd}]"), "contiguous"),
            split(Regex(r"\t|\u0085|\x{3000}"), "removed"),
            split(Regex(r"(?>[^\S\r]++|(a|b){2,}|c(?<=dc)x+?)"), "isolated", True),
            byte_level(),
        ]
    ),
    [],
    alphabet=False,
    normalizer=normalizers.Sequence([normalizers.NFC()]),
)
