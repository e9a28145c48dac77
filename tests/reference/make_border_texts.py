#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes border_texts.json: greedy texts of transformers' own generate() that run over a border of their rope: longrope, whose
cache is read anew there, and dynamic, which reads beyond its positions.

For each checkpoint of families/: ids, and the tokens that follow. Prompts are drawn until no choice is close.
"""

from reference import HERE, versions, write_json

import torch
from transformers import AutoModelForCausalLM
from transformers.utils import logging

# name, lengths of prompts, new tokens
CASES = [("phi3_longrope", [24, 31, 32, 33, 40], 24), ("llama_dynamic", [24, 39, 40, 41], 36)]
SMALLEST_MARGIN = 1e-3


def generated(name, ids, count):
    model = AutoModelForCausalLM.from_pretrained(HERE / "families" / name, dtype=torch.float32, attn_implementation="eager").eval()
    out = model.generate(torch.tensor([ids]), max_new_tokens=count, do_sample=False, eos_token_id=None, pad_token_id=0,
                         return_dict_in_generate=True, output_scores=True)
    margins = [(best.values[0, 0] - best.values[0, 1]).item() for best in (scores.topk(2) for scores in out.scores)]
    return out.sequences[0, len(ids):].tolist(), min(margins)


def main():
    torch.set_num_threads(1)
    logging.set_verbosity_error()
    cases = []
    for name, lengths, count in CASES:
        for length in lengths:
            generator = torch.Generator().manual_seed(length)
            while True:
                ids = torch.randint(3, 64, (length,), generator=generator).tolist()
                tokens, margin = generated(name, ids, count)
                if margin >= SMALLEST_MARGIN:
                    break
            cases.append({"checkpoint": name, "ids": ids, "tokens": tokens})
    write_json(HERE / "border_texts.json", {"made_with": versions(), "cases": cases})


if __name__ == "__main__":
    main()
