#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Trains tokenizer.model from a corpus that make_corpus.py wrote. Needs the sentencepiece package.

    train_tokenizer.py --corpus DIR/pretrain_text.jsonl DIR/pretrain_chats.jsonl --out ../ [--megabytes 12]

Lines are split at line ends, so a line end is always the byte token <0x0A> and never part of a longer piece: the
parts of a chat meet there, and no token may straddle the edge of an answer.
"""

import argparse
import io
import json
import os

import sentencepiece


def lines(path, limit):
    """Texts and messages of a file, one line at a time, until `limit` bytes are given out."""
    with open(path, encoding="utf-8") as rows:
        for row in rows:
            row = json.loads(row)
            for text in [row["text"]] if "text" in row else [m["content"] for m in row["messages"]]:
                for line in text.split("\n"):
                    if line.strip():
                        limit -= len(line)
                        yield line
            if limit < 0:
                return


def all_lines(paths, limit):
    for path in paths:
        yield from lines(path, limit / len(paths))


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--corpus", required=True, nargs="+")
    parser.add_argument("--out", required=True)
    parser.add_argument("--megabytes", type=float, default=12)
    args = parser.parse_args()
    model = io.BytesIO()  # a file name would be written into the model
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=all_lines(args.corpus, args.megabytes * 1e6),
        model_writer=model,
        model_type="bpe",
        vocab_size=4096,
        byte_fallback=True,
        character_coverage=1.0,
        normalization_rule_name="identity",
        add_dummy_prefix=False,
        remove_extra_whitespaces=False,
        split_digits=True,
        unk_id=0,
        bos_id=1,
        eos_id=2,
        pad_id=-1,
        control_symbols=["<|system|>", "<|user|>", "<|assistant|>", "<|end|>"],
        required_chars="".join(map(chr, range(33, 127))) + "äöüßéèàçñ–—’“”…",
        max_sentence_length=8192,
        num_threads=1,
        hard_vocab_limit=False,
        minloglevel=1,
    )
    with open(os.path.join(args.out, "tokenizer.model"), "wb") as out:
        out.write(model.getvalue())


if __name__ == "__main__":
    main()
