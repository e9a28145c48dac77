#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Opens a merged folder that `luthier merge` or `luthier export --to hf` wrote with transformers, and compares the logits with
those of base and adapter in PEFT.

    check_merged_in_transformers.py MODEL ADAPTER MERGED [--limit 1e-4]

Tokenizer, chat template and generation settings must open too and be the base's. For the limit write MERGED with --type f32;
in bf16 rounding alone is larger. Exit code 1 when something differs.
"""

import argparse
import pathlib
import sys

from reference import HERE  # sets up the surroundings

import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer, GenerationConfig
from transformers.utils import logging


def logits_of(model, ids):
    with torch.no_grad():
        return model.eval()(torch.tensor([ids])).logits[0].float()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=pathlib.Path)
    parser.add_argument("adapter", type=pathlib.Path)
    parser.add_argument("merged", type=pathlib.Path)
    parser.add_argument("--limit", type=float, default=1e-4)
    arguments = parser.parse_args()
    logging.set_verbosity_error()
    torch.set_num_threads(1)
    tokenizers = [AutoTokenizer.from_pretrained(folder) for folder in (arguments.model, arguments.merged)]
    text = "The river rose in the night, and the geese had found it before anyone was awake."
    ids = [tokenizer(text)["input_ids"] for tokenizer in tokenizers]
    same = ids[0] == ids[1] and tokenizers[0].chat_template == tokenizers[1].chat_template
    ends = [GenerationConfig.from_pretrained(folder).eos_token_id for folder in (arguments.model, arguments.merged)]
    same = same and ends[0] == ends[1]
    base = AutoModelForCausalLM.from_pretrained(arguments.model, dtype=torch.float32, attn_implementation="eager")
    merged = AutoModelForCausalLM.from_pretrained(arguments.merged, dtype=torch.float32, attn_implementation="eager")
    live = logits_of(PeftModel.from_pretrained(base, arguments.adapter), ids[0])
    difference = (logits_of(merged, ids[0]) - live).abs().max().item()
    print(f"logits differ by at most {difference:.2g}; tokenizer, template and ends {'equal' if same else 'DIFFER'}")
    return 0 if same and difference <= arguments.limit else 1


if __name__ == "__main__":
    sys.exit(main())
