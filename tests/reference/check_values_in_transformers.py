#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Opens the values of a PPO run with transformers and PEFT, and compares what they say of answers with what Luthier wrote.

    check_values_in_transformers.py BASE VALUES UPDATE [--limit 1e-4]

BASE: the model; VALUES: RUN/adapter/value; UPDATE: rollouts/update-000001.jsonl of a run that goes on from RUN, whose values are
then still those of RUN. The value of an answer's token is what the place before it says. Exit code 1 when something differs.
"""

import argparse
import json
import pathlib
import sys

from reference import HERE  # sets up the surroundings

import torch
from peft import PeftModel
from transformers import AutoModelForTokenClassification


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("base", "values", "update"):
        parser.add_argument(name, type=pathlib.Path)
    parser.add_argument("--limit", type=float, default=1e-4)
    args = parser.parse_args()
    base = AutoModelForTokenClassification.from_pretrained(args.base, num_labels=1, dtype=torch.float32, attn_implementation="eager")
    model = PeftModel.from_pretrained(base, args.values).eval()
    lines = [json.loads(line) for line in args.update.read_text().splitlines()[1:]]
    worst, count, largest = 0.0, 0, 0.0
    with torch.no_grad():
        for row in lines:
            ids = row["prompt_ids"] + row["ids"]
            said = model(input_ids=torch.tensor([ids])).logits[0, :, 0]
            said = said[len(row["prompt_ids"]) - 1:len(ids) - 1]
            own = torch.tensor(row["values"])
            worst = max(worst, (said - own).abs().max().item())
            largest = max(largest, own.abs().max().item())
            count += len(own)
    good = worst <= args.limit and largest > 0
    print(f"{args.values}: {len(lines)} answers, {count} tokens, values up to {largest:.3g}, at most {worst:.2g} apart: {'ok' if good else 'DIFFERS'}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
