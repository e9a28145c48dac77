#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes optimizer_matrices.json: twenty steps of the optimizers that look at whole matrices, or at blocks of them, by the
programs that they are known from: bitsandbytes' AdamW8bit, transformers' Adafactor, lion-pytorch, torch's Muon with torch's
AdamW for the rest; and PEFT's grouping for LoRA+.

The 8-bit states are coded as bitsandbytes' reference in torch does (backends/default, quantize_blockwise), which takes the nearest code as its kernel for
cards does; its kernel for CPUs looks small numbers up in a coarse table and takes a neighbour for one in ten.

Start and gradients are numbers that need no generator and are exact in fp32 (value()), so the file holds results alone: every
13th number of each leaf after the first, tenth and last step. Needs bitsandbytes and lion-pytorch."""

import importlib.metadata

import reference  # noqa: E402  (before torch: it sets the surroundings)
import bitsandbytes  # noqa: E402
import peft  # noqa: E402
import torch  # noqa: E402
import transformers  # noqa: E402
from lion_pytorch import Lion  # noqa: E402

STEPS = 20
KEPT = (1, 10, 20)
STRIDE = 13

# Name, sizes. Above and below 4096 numbers, wide and tall.
LEAVES = [("layers.0.a.weight", (64, 80)), ("layers.1.b.weight", (48, 20)), ("layers.1.b.bias", (20,)), ("embed_tokens.weight", (70, 64))]
LOW_RANK = [("layers.0.q.lora_A.weight", (4, 32)), ("layers.0.q.lora_B.weight", (32, 4)), ("layers.1.q.lora_A.weight", (4, 32)), ("layers.1.q.lora_B.weight", (32, 4)), ("layers.1.norm.weight", (32,))]

CASES = {
    "adamw_8bit": ("adamw_8bit", {"weight_decay": 0.1, "beta1": 0.9, "beta2": 0.98, "epsilon": 1e-6}, LEAVES, 0.01),
    "adafactor": ("adafactor", {"weight_decay": 0.1, "scale_parameter": False}, LEAVES, 0.01),
    "adafactor, scaled by weights": ("adafactor", {"weight_decay": 0.0, "scale_parameter": True, "clip_threshold": 0.5, "decay_power": 0.7}, LEAVES, 0.05),
    "lion": ("lion", {"weight_decay": 0.1, "lion_beta1": 0.9, "lion_beta2": 0.95}, LEAVES, 0.003),
    "muon": ("muon", {"weight_decay": 0.1, "muon_momentum": 0.95, "muon_nesterov": True, "muon_scale": "match_rms_adamw", "beta1": 0.9, "beta2": 0.98, "epsilon": 1e-6}, LEAVES, 0.01),
    "muon, as it was first": ("muon", {"weight_decay": 0.0, "muon_momentum": 0.9, "muon_nesterov": False, "muon_scale": "original", "beta1": 0.9, "beta2": 0.98, "epsilon": 1e-6}, LEAVES, 0.01),
    "adamw with LoRA+": ("adamw", {"weight_decay": 0.1, "lora_plus_ratio": 16, "beta1": 0.9, "beta2": 0.98, "epsilon": 1e-6}, LOW_RANK, 0.001),
}


def value(index, step, leaf):
    """Exact in fp32: a quotient by 128 of a whole number from -128 to 128."""
    return ((index * index * 31 + index * 17 * (step + 1) + 7 * step + 101 * leaf) % 257 - 128) / 128


def tensor(sizes, step, leaf):
    count = int(torch.Size(sizes).numel())
    return torch.tensor([value(i, step, leaf) for i in range(count)], dtype=torch.float32).reshape(sizes)


def is_decayed(name):
    return "bias" not in name and "norm" not in name


class Both:
    """Two optimizers as one."""

    def __init__(self, *optimizers):
        self.optimizers = optimizers
        self.param_groups = [group for one in optimizers for group in one.param_groups]

    def step(self):
        for one in self.optimizers:
            one.step()


def lora_plus_groups(named, ratio, decay):
    """As peft.optimizers.create_loraplus_optimizer groups them, embeddings aside."""
    groups = []
    for name, leaf in named:
        fast = "lora_B" in name or leaf.ndim == 1
        groups.append({"params": [leaf], "weight_decay": decay if is_decayed(name) else 0.0, "factor": ratio if fast else 1})
    return groups


def make(kind, settings, named, rate):
    decay = settings["weight_decay"]
    groups = [{"params": [leaf], "weight_decay": decay if is_decayed(name) else 0.0, "factor": 1} for name, leaf in named]
    if kind == "adamw_8bit":
        optimizer = bitsandbytes.optim.AdamW8bit(groups, lr=rate, betas=(settings["beta1"], settings["beta2"]), eps=settings["epsilon"])
        for name, leaf in named:
            if "embed" in name:
                bitsandbytes.optim.GlobalOptimManager.get_instance().override_config(leaf, "optim_bits", 32)
        return optimizer
    if kind == "adafactor":
        return transformers.Adafactor(groups, lr=rate, relative_step=False, scale_parameter=settings["scale_parameter"],
                                      clip_threshold=settings.get("clip_threshold", 1.0), decay_rate=-settings.get("decay_power", 0.8))
    if kind == "lion":
        return Lion(groups, lr=rate, betas=(settings["lion_beta1"], settings["lion_beta2"]))
    if kind == "muon":
        inner = [group for group, (name, leaf) in zip(groups, named) if leaf.ndim == 2 and "embed" not in name]
        rest = [group for group, (name, leaf) in zip(groups, named) if not (leaf.ndim == 2 and "embed" not in name)]
        muon = torch.optim.Muon(inner, lr=rate, momentum=settings["muon_momentum"], nesterov=settings["muon_nesterov"], adjust_lr_fn=settings["muon_scale"])
        return Both(muon, torch.optim.AdamW(rest, lr=rate, betas=(settings["beta1"], settings["beta2"]), eps=settings["epsilon"], foreach=False))
    groups = lora_plus_groups(named, settings["lora_plus_ratio"], decay)
    return torch.optim.AdamW(groups, lr=rate, betas=(settings["beta1"], settings["beta2"]), eps=settings["epsilon"], foreach=False)


def run(kind, settings, leaves, rate):
    named = [(name, torch.nn.Parameter(tensor(sizes, 0, place))) for place, (name, sizes) in enumerate(leaves)]
    optimizer = make(kind, settings, named, rate)
    kept = {}
    for step in range(STEPS):
        for place, (_, leaf) in enumerate(named):
            leaf.grad = tensor(leaf.shape, step + 1, place) * (1 + step % 3)
        for group in optimizer.param_groups:
            group["lr"] = rate * (STEPS - step) / STEPS * group["factor"]
        optimizer.step()
        if step + 1 in KEPT:
            kept[str(step + 1)] = [reference.floats(leaf.detach().flatten()[::STRIDE]) for _, leaf in named]
    return {"kind": kind, "settings": settings, "rate": rate, "leaves": [{"name": name, "sizes": list(sizes)} for name, sizes in leaves], "kept": kept}


def code_exactly():
    from bitsandbytes.backends.cpu import ops

    def quantise(values, code, absmax_out, out, blocksize):
        flat = values.reshape(-1)
        padded = torch.nn.functional.pad(flat, (0, -len(flat) % blocksize)).reshape(-1, blocksize)
        absmax = padded.abs().amax(1)
        scaled = (padded / absmax.clamp(min=1e-38).unsqueeze(1)).clamp(-1, 1)
        codes = torch.bucketize(scaled, (code[:-1] + code[1:]) / 2).to(torch.uint8)
        out.copy_(codes.reshape(-1)[: len(flat)].reshape(out.shape))
        absmax_out.copy_(absmax)

    ops._quant_blockwise_fp32_direct = quantise


def main():
    code_exactly()
    torch.manual_seed(3)
    torch.set_num_threads(1)
    written = {"made_with": {"torch": torch.__version__.split("+")[0], "transformers": transformers.__version__, "peft": peft.__version__,
                             "bitsandbytes": bitsandbytes.__version__, "lion-pytorch": importlib.metadata.version("lion-pytorch")}, "stride": STRIDE}
    for name, case in CASES.items():
        written[name] = run(*case)
    reference.write_json(reference.HERE / "optimizer_matrices.json", written)


if __name__ == "__main__":
    main()
