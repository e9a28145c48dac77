#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes tokenizer_corners.json: small tokenizers in corners that no well-known one has, and what tokenizers makes of texts.

  tokenizer  a tokenizer.json
  cases      [text, ids, the text that they decode to]
  user_defined  a tokenizer.model in base64 whose user-defined pieces begin texts, and by "legacy" [text, ids] of LlamaTokenizer
"""

import base64
import io
import json
import pathlib
import tempfile

from reference import HERE, write_json

import sentencepiece
import tokenizers
from transformers import AutoTokenizer
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

TEXTS = ["中文abc 中", "漢字かな交じり文。テスト、「はい」。", "Hello, 世界! 你好world", "İstanbul Éa ÀÇ ß Σς ΟΔΟΣ", "résumé naïve Å ﬁ", "é̂a ñ", "한국어 각",
         "x<unk>y", "<unk>", " <unk> a", "é<unk>", "a word  b", "aword", "a <mask> b", "a<mask>b", " <mask>\n", "語 文 語文 a文"]


def byte_level(before, normalizer=None):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(before + [pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    tokenizer.decoder = decoders.ByteLevel()
    if normalizer:
        tokenizer.normalizer = normalizer
    tokenizer.train_from_iterator(TEXTS * 3, trainers.BpeTrainer(vocab_size=360, show_progress=False, initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    return tokenizer


def with_fallback():
    pieces = [("<unk>", 0.0)] + [(f"<0x{byte:02X}>", -9.0) for byte in range(256)]
    pieces += [(text, score) for text, score in (("▁", -2.0), ("a", -3.0), ("b", -3.1), ("▁a", -2.5), ("x", -4.0), ("y", -4.0), ("<", -6.0), (">", -6.0))]
    tokenizer = Tokenizer(models.Unigram(pieces, 0, byte_fallback=True))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Sequence([decoders.ByteFallback(), decoders.Metaspace()])
    return tokenizer


def twice():
    pieces = [("<unk>", 0.0), ("a", -3.0), ("b", -3.1), ("\u2581", -2.0), ("ab", -7.0), ("a", -1.0), ("<unk>", -2.0), ("ab", -3.5), ("x", -4.0), ("word", -3.0)]
    tokenizer = Tokenizer(models.Unigram(pieces, 0))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    return tokenizer


def added(**flags):
    tokenizer = byte_level([])
    tokenizer.add_tokens([AddedToken(text, **flags) for text in ("<mask>", "word", "文")])
    return tokenizer


def shapes():
    bare = [normalizers.NFD(), normalizers.StripAccents(), normalizers.Lowercase()]
    yield "split at letters by number", byte_level([pre_tokenizers.Split(Regex(r"[\u4e00-\u9fff\u3040-\u30ff]+"), "isolated")])
    yield "split at each letter of a script", byte_level([pre_tokenizers.Split(Regex(r"\p{Han}"), "isolated")])
    yield "scripts removed", byte_level([pre_tokenizers.Split(Regex(r"[\p{Han}\p{Hiragana}\p{Katakana}]+"), "removed")])
    yield "not of a script, merged", byte_level([pre_tokenizers.Split(Regex(r"\P{Han}+"), "merged_with_next")])
    yield "decomposed, bare, small", byte_level([], normalizers.Sequence(bare))
    yield "small, decomposed, bare, composed", byte_level([], normalizers.Sequence([bare[2], bare[0], bare[1], normalizers.NFC()]))
    yield "unigram with bytes", with_fallback()
    yield "unigram with pieces that stand twice", twice()
    yield "added, single words", added(single_word=True)
    yield "added, strip left", added(lstrip=True, normalized=False)
    yield "added, strip both, single", added(lstrip=True, rstrip=True, single_word=True)


def user_defined():
    bytes_ = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(sentence_iterator=iter(["hello foo bar x two times", "a tool and a bar"] * 20), model_writer=bytes_,
                                             model_type="bpe", vocab_size=295, user_defined_symbols=["<|turn|>", "[X]", "foo"],
                                             byte_fallback=True, normalization_rule_name="identity", remove_extra_whitespaces=False,
                                             hard_vocab_limit=False, minloglevel=2)
    found = {"model": base64.b64encode(bytes_.getvalue()).decode()}
    texts = {False: ["<|turn|>hello", "<|turn|> hello", "[X]", "[X] x", "foo bar", "foobar", "<|turn|><|turn|>x", "hello foo"],
             True: ["<|turn|> hello", "[X]", "[X] two", "foo bar", "hello foo", "<|turn|>hello", "hello <|turn|>hello", "hello<|turn|> hello", "[X]foo bar",
                    "foobar", "x foo x", "xfoox", "<|turn|><|turn|>x", "x[X]two[X]"]}
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "tokenizer.model").write_bytes(bytes_.getvalue())
        for legacy, asked in texts.items():
            (folder / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "LlamaTokenizer", "bos_token": "<s>", "eos_token": "</s>",
                                                                      "unk_token": "<unk>", "legacy": legacy}))
            tokenizer = AutoTokenizer.from_pretrained(folder)
            found["legacy" if legacy else "present"] = [[text, tokenizer(text, add_special_tokens=False)["input_ids"]] for text in asked]
    return found


def main():
    rows = []
    for name, tokenizer in shapes():
        cases = []
        for text in TEXTS:
            ids = tokenizer.encode(text, add_special_tokens=False).ids
            cases.append([text, ids, tokenizer.decode(ids, skip_special_tokens=False)])
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "tokenizer.json"
            tokenizer.save(str(path), pretty=False)
            rows.append({"name": name, "tokenizer": json.loads(path.read_text(encoding="utf-8")), "cases": cases})
    write_json(HERE / "tokenizer_corners.json", {"made_with": {"tokenizers": tokenizers.__version__}, "shapes": rows,
                                                 "user_defined": user_defined()})


if __name__ == "__main__":
    main()
