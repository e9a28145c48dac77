#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Opens a reward model or classifier that Luthier wrote, a folder with transformers or an adapter with PEFT, and compares its
scores with those that `luthier reward` printed.

    check_reward_in_transformers.py FOLDER DATA SCORES [--base MODEL] [--limit 1e-4]

DATA: rows of {"prompt", "chosen", "rejected"} or {"text", "label"}; SCORES: the lines of `luthier reward --json`. Each text is
scored alone and in batches of 16, padded as config.json says. Exit code 1 when something differs.
"""

import argparse
import json
import pathlib
import sys

from reference import HERE  # sets up the surroundings

import torch
from peft import PeftModel
from transformers import AutoModelForSequenceClassification, AutoTokenizer
from transformers.utils import logging

BATCH = 16


def open_model(folder, base, labels):
    settings = dict(dtype=torch.float32, attn_implementation="eager")
    if base is None:
        return AutoModelForSequenceClassification.from_pretrained(folder, **settings)
    model = AutoModelForSequenceClassification.from_pretrained(base, num_labels=labels, **settings)
    model.config.pad_token_id = 0  # stands in no text
    return PeftModel.from_pretrained(model, folder)


def rendered(tokenizer, row):
    if "text" in row:
        return [tokenizer(row["text"])["input_ids"]]
    turns = [[{"role": "user", "content": row["prompt"]}, {"role": "assistant", "content": row[side]}] for side in ("chosen", "rejected")]
    return [tokenizer(tokenizer.apply_chat_template(turn, tokenize=False), add_special_tokens=False)["input_ids"] for turn in turns]


def scores_of(model, texts, size):
    found = []
    with torch.no_grad():
        for first in range(0, len(texts), size):
            some = texts[first:first + size]
            width = max(len(ids) for ids in some)
            padding = model.config.pad_token_id
            ids = torch.tensor([row + [padding] * (width - len(row)) for row in some])
            mask = torch.tensor([[1] * len(row) + [0] * (width - len(row)) for row in some])
            found.extend(model(input_ids=ids, attention_mask=mask).logits.float().tolist())
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("folder", "data", "scores"):
        parser.add_argument(name, type=pathlib.Path)
    parser.add_argument("--base", type=pathlib.Path)
    parser.add_argument("--limit", type=float, default=1e-4)
    arguments = parser.parse_args()
    logging.set_verbosity_error()
    torch.set_num_threads(1)
    rows = [json.loads(line) for line in arguments.data.read_text().splitlines()]
    lines = [json.loads(line) for line in arguments.scores.read_text().splitlines()]
    lines = [line for line in lines if "row" in line and "error" not in line]
    labels = len(lines[0].get("probabilities", [0]))
    tokenizer = AutoTokenizer.from_pretrained(arguments.base or arguments.folder)
    model = open_model(arguments.folder, arguments.base, labels).eval()
    texts, wanted = [], []
    for line in lines:
        texts.extend(rendered(tokenizer, rows[line["row"] - 1]))
        if "probabilities" in line:
            wanted.append(list(line["probabilities"].values()))
        else:
            wanted.extend([[line["chosen"]], [line["rejected"]]])
    largest = 0.0
    for size in (1, BATCH):
        found = scores_of(model, texts, size)
        if labels > 1:
            found = torch.tensor(found).softmax(-1).tolist()
        largest = max(largest, max(abs(a - b) for one, two in zip(found, wanted) for a, b in zip(one, two)))
    print(f"{len(texts)} texts, alone and in batches of {BATCH}: scores differ by at most {largest:.2g}")
    return 0 if largest <= arguments.limit else 1


if __name__ == "__main__":
    sys.exit(main())
