#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Opens with PEFT what Luthier wrote after its twenty steps of each method and compares the logits.

    LUTHIER_KEEP_ADAPTERS=FOLDER tst_method_parity     writes FOLDER/<variant>/
    check_methods_in_peft.py FOLDER [--limit 1e-3]     prints the largest difference of each; 1 when one is larger

The limit is that of the logits in methods_expected.json after training, which both sides computed by themselves.
"""

import argparse
import json
import pathlib
import sys

from reference import HERE, LLAMA

import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM
from transformers.utils import logging


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--limit", type=float, default=1e-3)
    arguments = parser.parse_args()
    logging.set_verbosity_error()
    torch.set_num_threads(1)
    expected = json.loads((HERE / "methods_expected.json").read_text())
    worst = 0.0
    for name, variant in expected.items():
        if not isinstance(variant, dict) or "losses" not in variant:
            continue
        base = AutoModelForCausalLM.from_pretrained(LLAMA / variant["base"], dtype=torch.float32, attn_implementation="eager")
        model = PeftModel.from_pretrained(base, arguments.folder / name).eval()
        with torch.no_grad():
            logits = model(torch.tensor([expected["probe"]])).logits[0]
        end = torch.tensor(variant["end"])
        difference = (logits[-len(end):] - end).abs().max().item()
        print(f"{name}: {difference:.2g}")
        worst = max(worst, difference)
    return 0 if worst <= arguments.limit else 1


if __name__ == "__main__":
    sys.exit(main())
