#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Trains tiny random models with all their weights by Luthier and by transformers, step by step over the same rows.

    check_training_in_transformers.py LUTHIER [--only NAME]

Cases are what one member of config.json changes in the forward pass, so that its backward pass is looked at, too. Compared are
the losses of the steps, in fp32; a case also says how far the losses are from those without that member,
so that one which does nothing cannot pass. Exit code 1 when something differs; one line each.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

from check_exports import make_base  # sets up the surroundings

import torch
from transformers import AutoModelForCausalLM

LIMIT = 2e-5
# Scores that are not scaled make nearly hard choices, which rounding moves: transformers' own losses lie 5.5e-6 from those of doubles
# there, ours 2.4e-5 from transformers'.
LIMITS = {"gpt2, scores unscaled": 5e-5}
STEPS, BATCH, RATE = 12, 2, 2e-3
CASES = {
    "gpt2": ("gpt2", {}),
    "gpt2, scores by layer": ("gpt2", dict(scale_attn_by_inverse_layer_idx=True)),
    "gpt2, scores by layer, in fp32": ("gpt2", dict(scale_attn_by_inverse_layer_idx=True, reorder_and_upcast_attn=True)),
    "gpt2, scores unscaled": ("gpt2", dict(scale_attn_weights=False)),
    "llama": ("llama", {}),
}


def luthier(program, *words):
    done = subprocess.run([program, *map(str, words), "--json", "--quiet", "--device", "cpu", "--dtype", "fp32"], capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"luthier {words[0]}: {done.stderr.strip()}")
    return [json.loads(line) for line in done.stdout.splitlines()]


def base_of(family, changes, folder):
    """The model with weights that do not depend on the changes."""
    make_base(family, folder)
    config = json.loads((folder / "config.json").read_text())
    config.update(changes)
    (folder / "config.json").write_text(json.dumps(config))


def losses_of_transformers(base, rows):
    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32, attn_implementation="eager").eval()  # no dropout
    weights = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(weights, lr=RATE, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0)
    losses = []
    for step in range(STEPS):
        batch = rows[step * BATCH:(step + 1) * BATCH]
        width = max(len(row["ids"]) for row in batch)
        ids, labels, mask = (torch.full((BATCH, width), fill) for fill in (0, -100, 0))
        for i, row in enumerate(batch):
            length = len(row["ids"])
            ids[i, :length] = torch.tensor(row["ids"])
            labels[i, :length] = torch.tensor([token if trained else -100 for token, trained in zip(row["ids"], row["trained"])])
            mask[i, :length] = 1
        logits = model(input_ids=ids, attention_mask=mask).logits[:, :-1]
        loss = torch.nn.functional.cross_entropy(logits.reshape(-1, logits.shape[-1]), labels[:, 1:].reshape(-1), ignore_index=-100)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(weights, 1.0)
        optimizer.step()
        losses.append(loss.item())
    return losses


def main():
    words = argparse.ArgumentParser()
    words.add_argument("luthier")
    words.add_argument("--only", default="")
    words = words.parse_args()
    failed = False
    plain = {}
    for name, (family, changes) in CASES.items():
        if words.only not in name:
            continue
        with tempfile.TemporaryDirectory() as home:
            home = pathlib.Path(home)
            base_of(family, changes, home / "base")
            (home / "rows.jsonl").write_text("".join(json.dumps({"instruction": f"What is {i} and {i * i}?", "output": f"It is {i + 3}, and a bit more than {i}."}) + "\n"
                                                     for i in range(STEPS * BATCH)))
            (home / "recipe.json").write_text(json.dumps({
                "model": {"path": str(home / "base"), "chat_template": "chatml", "device": "cpu", "dtype": "fp32"},
                "data": {"train": [str(home / "rows.jsonl")], "max_length": 64, "shuffle": False, "held_out_share": 0, "padding": "longest"},
                "method": {"kind": "full"},
                "optimizer": {"learning_rate": RATE, "weight_decay": 0, "max_grad_norm": 1},
                "schedule": {"kind": "constant", "warmup_ratio": 0},
                "run": {"epochs": 1, "batch_size": BATCH, "gradient_accumulation": 1, "threads": 1}}))
            rows = [row for row in luthier(words.luthier, "render", "--model", home / "base", "--chat-template", "chatml", "--data", home / "rows.jsonl") if "ids" in row]
            events = luthier(words.luthier, "tune", home / "recipe.json", "--out", home / "run")
            ours = [event["loss"] for event in events if event["event"] == "step"]
            theirs = losses_of_transformers(home / "base", rows)
        far = max(abs(a - b) for a, b in zip(ours, theirs))
        plain.setdefault(family, theirs)
        apart = max(abs(a - b) for a, b in zip(theirs, plain[family]))
        good = len(ours) == len(theirs) == STEPS and far <= LIMITS.get(name, LIMIT) and (not changes or words.only or apart > 100 * LIMIT)
        failed = failed or not good
        print(f"{'ok  ' if good else 'FAIL'} {name:34} {STEPS} steps, {ours[0]:.4f} to {ours[-1]:.4f}: {far:.2g} apart; {apart:.2g} from the plain one", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
