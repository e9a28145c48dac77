# SPDX-License-Identifier: GPL-3.0-or-later
"""What the scripts of this folder share: where they write, how numbers are written, fixed surroundings."""

import json
import os
import pathlib
import sys

os.environ["HF_HUB_OFFLINE"] = "1"
# One thread and no vendor kernels that depend on the machine's load: the same numbers each time.
os.environ.setdefault("OMP_NUM_THREADS", "1")

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
LLAMA = HERE / "llama"


def write_json(path, value):
    """One line for each entry of the top level, so that changes can be read; numbers with their shortest exact form."""
    lines = [f"{json.dumps(key)}: {json.dumps(item, separators=(',', ':'))}" for key, item in value.items()]
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    print(f"{path.relative_to(HERE)}: {path.stat().st_size} bytes", file=sys.stderr)


def readable(folder):
    """safetensors writes files that only their owner may read."""
    for path in folder.iterdir():
        path.chmod(0o644 if path.is_file() else 0o755)


def floats(tensor):
    """Values of an fp32 tensor as nested lists; nine digits give each fp32 value back exactly."""
    if tensor.dim() > 1:
        return [floats(row) for row in tensor]
    return [float(f"{value:.9g}") for value in tensor.float().tolist()]


def versions():
    import torch
    import transformers

    found = {"torch": torch.__version__.split("+")[0], "transformers": transformers.__version__}
    if "peft" in sys.modules:
        found["peft"] = sys.modules["peft"].__version__
    return found
