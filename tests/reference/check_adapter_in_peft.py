#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Loads an adapter folder that Luthier wrote with PEFT and compares what the adapted model computes.

    check_adapter_in_peft.py MODEL ADAPTER IDS.json [--limit 1e-4]

IDS.json: {"ids": [...]} or {"ids": [...], "logits": [[...], ...]}, logits after each id (or after the last few). Without
logits the ones that PEFT computes are printed as the same JSON; with them the largest difference is printed, and a larger one
than the limit ends in exit code 1. "probe" of training_expected.json's parts has this form.
"""

import argparse
import json
import pathlib
import sys

from reference import floats

import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM
from transformers.utils import logging


def adapted_logits(model, adapter, ids):
    base = AutoModelForCausalLM.from_pretrained(model, dtype=torch.float32, attn_implementation="eager")
    adapted = PeftModel.from_pretrained(base, adapter).eval()
    with torch.no_grad():
        return adapted(torch.tensor([ids])).logits[0], base.get_parameter("lm_head.weight").shape[0]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("adapter")
    parser.add_argument("ids", type=pathlib.Path)
    parser.add_argument("--limit", type=float, default=1e-4)
    arguments = parser.parse_args()
    logging.set_verbosity_error()
    torch.set_num_threads(1)

    given = json.loads(arguments.ids.read_text())
    logits, vocab = adapted_logits(arguments.model, arguments.adapter, given["ids"])
    if "logits" not in given:
        print(json.dumps({"ids": given["ids"], "logits": floats(logits)}))
        return 0
    other = torch.tensor(given["logits"])
    if other.dim() != 2 or other.shape[0] > logits.shape[0] or other.shape[1] != vocab:
        print(f"logits are {list(other.shape)}, but {len(given['ids'])} ids and {vocab} tokens were expected", file=sys.stderr)
        return 2
    difference = (logits[-other.shape[0]:] - other).abs().max().item()
    print(json.dumps({"max_difference": difference, "limit": arguments.limit, "positions": other.shape[0]}))
    return 0 if difference <= arguments.limit else 1


if __name__ == "__main__":
    sys.exit(main())
