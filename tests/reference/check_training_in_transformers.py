#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Trains tiny random models with all their weights by Luthier and by transformers, step by step over the same rows.

    check_training_in_transformers.py LUTHIER [--only NAME]

Cases are what one member of config.json changes in the forward pass, so that its backward pass is looked at, too. Compared are
the losses of the steps, in fp32, over several bases. What is right is what transformers computes in doubles, and the measure is how far
errors take it from there that are as large as those of transformers' own gradients in fp32: scores that are not scaled make nearly hard
choices, and AdamW steps by the sign of what is small, so that the same errors move some bases a thousand times as far as others. A
fault of a hundred times that size must be found. A case also says how far its losses are from those without that member, so that one
which does nothing cannot pass. Exit code 1 when something differs; one line each.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

from check_exports import make_base  # sets up the surroundings

import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM
from transformers.utils import logging

LIMIT = 2e-6  # nearer to doubles than this is as near as fp32 comes
TIMES = 2     # beside the furthest of a few draws
DRAWS = 4
BASES = 3
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


def base_of(family, changes, folder, seed):
    """The model with weights that do not depend on the changes; the first base is that of check_exports.py."""
    make_base(family, folder)
    config = json.loads((folder / "config.json").read_text())
    config.update(changes)
    (folder / "config.json").write_text(json.dumps(config))
    if seed == 0:
        return
    weights = load_file(folder / "model.safetensors")
    generator = torch.Generator().manual_seed(seed)
    for name, weight in weights.items():
        noise = torch.randn(weight.shape, generator=generator)
        is_norm = name.endswith("weight") and ("norm" in name or ".ln_" in name)
        weights[name] = 1 + 0.1 * noise if is_norm else 0.15 * noise
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})


def with_errors(gradient, share, generator):
    """As fp32 errs: by a share of the whole tensor's gradient, where there is any."""
    filled = gradient != 0
    noise = torch.randn(gradient.shape, generator=generator, dtype=gradient.dtype) * filled
    return gradient + share * gradient.norm() / filled.sum().clamp(min=1).sqrt() * noise


def train_in_transformers(base, rows, attention="eager", dtype=torch.float64, errors=0.0, seed=0):
    """Losses, and the gradients of the first step. `errors`: shares of each gradient's norm that are added to it."""
    generator = torch.Generator().manual_seed(seed)
    model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32, attn_implementation=attention).eval().to(dtype)  # no dropout
    for module in model.modules() if dtype == torch.float64 else ():
        if hasattr(module, "reorder_and_upcast_attn"):
            module.reorder_and_upcast_attn = False  # it insists on fp32, and changes rounding alone
    weights = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(weights, lr=RATE, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0)
    losses, first = [], []
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
        first = first or [weight.grad.double().clone() for weight in weights]
        for weight in weights if errors else ():
            weight.grad = with_errors(weight.grad, errors, generator)
        torch.nn.utils.clip_grad_norm_(weights, 1.0)
        optimizer.step()
        losses.append(loss.item())
    return losses, first


def furthest(a, b):
    return max(abs(x - y) for x, y in zip(a, b))


def train_on(program, family, changes, seed, home):
    """Our losses, transformers' in doubles, and how far from those it is itself: in fp32, by errors of that size, and by a hundred times those."""
    base_of(family, changes, home / "base", seed)
    (home / "rows.jsonl").write_text("".join(json.dumps({"instruction": f"What is {i} and {i * i}?", "output": f"It is {i + 3}, and a bit more than {i}."}) + "\n"
                                             for i in range(STEPS * BATCH)))
    (home / "recipe.json").write_text(json.dumps({
        "model": {"path": str(home / "base"), "chat_template": "chatml", "device": "cpu", "dtype": "fp32"},
        "data": {"train": [str(home / "rows.jsonl")], "max_length": 64, "shuffle": False, "held_out_share": 0, "padding": "longest"},
        "method": {"kind": "full"},
        "optimizer": {"learning_rate": RATE, "weight_decay": 0, "max_grad_norm": 1},
        "schedule": {"kind": "constant", "warmup_ratio": 0},
        "run": {"epochs": 1, "batch_size": BATCH, "gradient_accumulation": 1, "threads": 1}}))
    rows = [row for row in luthier(program, "render", "--model", home / "base", "--chat-template", "chatml", "--data", home / "rows.jsonl") if "ids" in row]
    ours = [event["loss"] for event in luthier(program, "tune", home / "recipe.json", "--out", home / "run") if event["event"] == "step"]
    base = home / "base"
    exact, gradients = train_in_transformers(base, rows)
    theirs = 0
    errors = 0
    for attention in ("eager", "sdpa"):
        losses, rounded = train_in_transformers(base, rows, attention, torch.float32)
        theirs = max(theirs, furthest(losses, exact))
        errors = max(errors, *((a - b).norm().item() / b.norm().item() for a, b in zip(rounded, gradients) if b.norm() > 1e-6))
    moved = max(furthest(train_in_transformers(base, rows, errors=errors, seed=seed)[0], exact) for seed in range(DRAWS))
    fault = furthest(train_in_transformers(base, rows, errors=100 * errors)[0], exact)
    return ours, exact, theirs, moved, fault


def main():
    words = argparse.ArgumentParser()
    words.add_argument("luthier")
    words.add_argument("--only", default="")
    words = words.parse_args()
    torch.set_num_threads(1)
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    failed = False
    plain = {}
    for name, (family, changes) in CASES.items():
        if words.only not in name:
            continue
        for seed in range(BASES):
            with tempfile.TemporaryDirectory() as home:
                ours, exact, theirs, moved, fault = train_on(words.luthier, family, changes, seed, pathlib.Path(home))
            far = furthest(ours, exact)
            limit = TIMES * max(moved, theirs, LIMIT)
            apart = furthest(exact, plain.setdefault((family, seed), exact))
            good = len(ours) == len(exact) == STEPS and far <= limit < fault and (not changes or words.only or apart > limit)
            failed = failed or not good
            print(f"{'ok  ' if good else 'FAIL'} {name:34} {STEPS} steps, {ours[0]:.4f} to {ours[-1]:.4f}, from doubles: {far:.2g}, transformers {theirs:.2g}, "
                  f"errors of its size {moved:.2g}, of a hundred times it {fault:.2g}; {apart:.2g} from the plain one", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
