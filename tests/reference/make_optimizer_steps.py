#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes optimizer_steps.json: twenty steps of torch's optimizers over two small leaves with given gradients, for every row
of core/optim/optimizers.cpp: the norm of each step's gradients, and the leaves after the first, tenth and last step."""

import reference  # noqa: E402  (before torch: it sets the surroundings)
import torch  # noqa: E402

STEPS = 20
KEPT = (1, 10, 20)
RATE = 0.05

# Settings by the recipe's keys. The bias is not decayed.
CASES = {
    "adamw": ("adamw", {"weight_decay": 0.1, "beta1": 0.9, "beta2": 0.98, "epsilon": 1e-6}, 0.0),
    "adamw, clipped": ("adamw", {"weight_decay": 0.1, "beta1": 0.9, "beta2": 0.98, "epsilon": 1e-3}, 1.0),
    "sgd": ("sgd", {"weight_decay": 0.1, "momentum": 0.9, "nesterov": False}, 0.0),
    "sgd, clipped": ("sgd", {"weight_decay": 0.1, "momentum": 0.9, "nesterov": False}, 1.0),
    "sgd, nesterov": ("sgd", {"weight_decay": 0.1, "momentum": 0.8, "nesterov": True}, 0.0),
    "sgd, no momentum": ("sgd", {"weight_decay": 0.1, "momentum": 0.0, "nesterov": False}, 0.0),
}


def make(kind, settings, leaves):
    weight, bias = leaves
    groups = [{"params": [weight], "weight_decay": settings["weight_decay"]}, {"params": [bias], "weight_decay": 0.0}]
    if kind == "adamw":
        return torch.optim.AdamW(groups, betas=(settings["beta1"], settings["beta2"]), eps=settings["epsilon"], foreach=False)
    return torch.optim.SGD(groups, lr=RATE, momentum=settings["momentum"], nesterov=settings["nesterov"], foreach=False)


def run(kind, settings, clip, start, gradients):
    leaves = [values.clone().requires_grad_(True) for values in start]
    optimizer = make(kind, settings, leaves)
    norms = []
    kept = {}
    for step in range(STEPS):
        for leaf, gradient in zip(leaves, gradients[step]):
            leaf.grad = gradient.clone()
        norms.append(torch.nn.utils.clip_grad_norm_(leaves, clip if clip > 0 else float("inf")))
        for group in optimizer.param_groups:
            group["lr"] = RATE * (STEPS - step) / STEPS
        optimizer.step()
        if step + 1 in KEPT:
            kept[str(step + 1)] = [reference.floats(leaf.detach()) for leaf in leaves]
    return {"kind": kind, "settings": settings, "max_grad_norm": clip, "norms": reference.floats(torch.stack(norms)), "leaves": kept}


def main():
    torch.manual_seed(3)
    torch.set_num_threads(1)
    start = [torch.randn(37), torch.randn(5)]
    gradients = [[torch.randn(37) * (1 + step % 3), torch.randn(5)] for step in range(STEPS)]
    written = {
        "made_with": {"torch": torch.__version__.split("+")[0]},
        "rate": RATE,
        "start": [reference.floats(leaf) for leaf in start],
        "gradients": [[reference.floats(leaf) for leaf in step] for step in gradients],
    }
    for name, (kind, settings, clip) in CASES.items():
        written[name] = run(kind, settings, clip, start, gradients)
    reference.write_json(reference.HERE / "optimizer_steps.json", written)


if __name__ == "__main__":
    main()
