#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes quant.json: small weights, and the bytes and numbers that bitsandbytes (0.50.2) makes of them, for NF4 and FP4,
plain and doubly quantised.

The plain PyTorch kernels of bitsandbytes are taken, which round to the nearest number as its CUDA kernels do; its native
CPU kernel looks 8-bit codes up in 65,536 steps and misses the nearest number once in a thousand.
"""

import ctypes
import hashlib


def _no_library(*_args, **_kwargs):
    raise OSError("the plain kernels are wanted")


ctypes.cdll.LoadLibrary = _no_library

import reference  # noqa: E402  (before torch: it sets the surroundings)
import torch  # noqa: E402
from bitsandbytes import functional  # noqa: E402


def usual():
    """288 blocks: two of the nested ones, the second not full. About normal, and made of whole numbers, so that the tests
    make the same."""
    index = torch.arange(96 * 192 * 4) + 1
    return ((index * 2654435761 % 2**32 >> 16).view(-1, 4).sum(1) - 131070).float().div(2**20).view(96, 192)


def weights():
    torch.manual_seed(11)
    edge = torch.randn(4, 64) * 0.02
    edge[1] = 0  # a block of zeros
    edge[2, :3] = torch.tensor([1e-30, -1e-30, 0.0])
    edge[3] = torch.linspace(-1, 1, 64)
    return {
        "usual": usual(),
        "edges": edge,
        "short": torch.randn(3, 50),  # 150 numbers: the last block is not full
        "odd": torch.randn(3, 43),
        "bf16": (torch.randn(16, 64) * 0.1).bfloat16().float(),
    }


def hexed(tensor):
    return tensor.reshape(-1).contiguous().view(torch.uint8).numpy().tobytes().hex()


def hashed(tensor):
    return hashlib.sha256(tensor.reshape(-1).contiguous().view(torch.uint8).numpy().tobytes()).hexdigest()


def main():
    rows = {"dynamic_map": hexed(functional.create_dynamic_map())}
    for kind in ("nf4", "fp4"):
        rows[kind] = hexed(functional.get_4bit_type(kind, device="cpu"))
    for name, weight in weights().items():
        if name != "usual":
            rows[f"{name} weight"] = {"shape": list(weight.shape), "bits": hexed(weight)}
        for kind in ("nf4", "fp4"):
            for nested in (False, True):
                codes, state = functional.quantize_4bit(weight, blocksize=64, quant_type=kind, compress_statistics=nested)
                row = {"weight": name, "kind": kind, "nested": nested, "absmax": hexed(state.absmax)}
                row["codes"] = hexed(codes) if weight.numel() < 1000 else hashed(codes)
                if nested:
                    row["nested_absmax"] = hexed(state.state2.absmax)
                    row["offset"] = hexed(state.offset)
                numbers = functional.dequantize_4bit(codes, state) + 0.0  # one zero
                row["numbers"] = hashed(numbers)
                row["bf16"] = hashed(numbers.bfloat16())
                rows[f"{name} {kind} {'nested' if nested else 'plain'}"] = row
    reference.write_json(reference.HERE / "quant.json", rows)


if __name__ == "__main__":
    main()
