#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes schedules.json: the factor of the learning rate at every step, as transformers' schedules have it, for every row of
core/optim/schedules.cpp and its settings."""

import math

import reference  # noqa: E402  (before torch: it sets the surroundings)
import torch  # noqa: E402
import transformers  # noqa: E402
from transformers import optimization  # noqa: E402

RATE = 0.25  # exact, so that factors are rates over it

# kind, settings by the recipe's keys, steps, warm-up ratio
CASES = [
    ("linear", {}, 40, 0.1),
    ("linear", {}, 7, 0.0),
    ("cosine", {}, 40, 0.1),
    ("cosine", {}, 23, 0.3),
    ("constant", {}, 20, 0.1),
    ("constant", {}, 9, 0.0),
    ("cosine_with_restarts", {"cycles": 2}, 40, 0.1),
    ("cosine_with_restarts", {"cycles": 3}, 31, 0.0),
    ("polynomial", {"power": 1, "floor": 0.0}, 40, 0.1),
    ("polynomial", {"power": 2.5, "floor": 0.1}, 33, 0.2),
    ("inverse_sqrt", {"timescale": 0}, 40, 0.1),
    ("inverse_sqrt", {"timescale": 0}, 40, 0.0),
    ("inverse_sqrt", {"timescale": 7}, 40, 0.1),
    ("warmup_stable_decay", {"decay_ratio": 0.2, "decay_shape": "cosine", "floor": 0.0}, 40, 0.1),
    ("warmup_stable_decay", {"decay_ratio": 0.5, "decay_shape": "linear", "floor": 0.1}, 33, 0.2),
    ("warmup_stable_decay", {"decay_ratio": 0.3, "decay_shape": "1-sqrt", "floor": 0.05}, 30, 0.0),
]


def schedule(optimizer, kind, settings, total, warmup):
    if kind == "linear":
        return optimization.get_linear_schedule_with_warmup(optimizer, warmup, total)
    if kind == "cosine":
        return optimization.get_cosine_schedule_with_warmup(optimizer, warmup, total)
    if kind == "constant":
        return optimization.get_constant_schedule_with_warmup(optimizer, warmup)
    if kind == "cosine_with_restarts":
        return optimization.get_cosine_with_hard_restarts_schedule_with_warmup(optimizer, warmup, total, num_cycles=settings["cycles"])
    if kind == "polynomial":
        # lr_end 0 is kept, a hair above it is transformers' own condition.
        return optimization.get_polynomial_decay_schedule_with_warmup(optimizer, warmup, total, lr_end=RATE * settings["floor"], power=settings["power"])
    if kind == "inverse_sqrt":
        return optimization.get_inverse_sqrt_schedule(optimizer, warmup, timescale=settings["timescale"] or None)
    return optimization.get_wsd_schedule(optimizer, warmup, math.ceil(total * settings["decay_ratio"]), num_training_steps=total,
                                         decay_type=settings["decay_shape"], min_lr_ratio=settings["floor"])


def main():
    cases = []
    for kind, settings, total, ratio in CASES:
        optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=RATE)
        moved = schedule(optimizer, kind, settings, total, math.ceil(total * ratio))
        factors = []
        for _ in range(total + 1): # and what would come behind the last
            factors.append(moved.get_last_lr()[0] / RATE)
            optimizer.step()
            moved.step()
        cases.append({"kind": kind, "settings": {**settings, "warmup_ratio": ratio}, "total": total, "factors": factors})
    reference.write_json(reference.HERE / "schedules.json", {"made_with": {"transformers": transformers.__version__}, "cases": cases})


if __name__ == "__main__":
    main()
