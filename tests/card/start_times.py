#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long a run takes to its first step: a 1B folder of random weights on a card, and the bundled model on the CPU, each started
more than once, so that the later ones find files and compiled kernels where the first left them.

start_times.py LUTHIER [--device cuda]
A line a start: seconds until each event first came. Exit 1: a run failed. Needs torch and numpy.
"""
import argparse, json, pathlib, shutil, struct, subprocess, sys, tempfile, time

import torch

ROOT = pathlib.Path(__file__).resolve().parents[2]
a = argparse.ArgumentParser()
a.add_argument("luthier")
a.add_argument("--device", default="cuda")
a = a.parse_args()
work = pathlib.Path(tempfile.mkdtemp())
bundled = ROOT / "resources/models/luthier-tiny"
failed = 0


def make_1b(folder):
    shutil.copytree(bundled, folder)
    config = json.loads((folder / "config.json").read_text())
    hidden, inner, layers, heads, kv, dim, vocab = 2048, 8192, 16, 32, 8, 64, 128256
    config.update(hidden_size=hidden, intermediate_size=inner, num_hidden_layers=layers, num_attention_heads=heads, num_key_value_heads=kv,
                  head_dim=dim, vocab_size=vocab)
    (folder / "config.json").write_text(json.dumps(config))
    shapes = {"model.embed_tokens.weight": (vocab, hidden), "model.norm.weight": (hidden,)}
    for i in range(layers):
        p = f"model.layers.{i}."
        shapes |= {p + "input_layernorm.weight": (hidden,), p + "post_attention_layernorm.weight": (hidden,),
                   p + "self_attn.q_proj.weight": (heads * dim, hidden), p + "self_attn.k_proj.weight": (kv * dim, hidden),
                   p + "self_attn.v_proj.weight": (kv * dim, hidden), p + "self_attn.o_proj.weight": (hidden, heads * dim),
                   p + "mlp.gate_proj.weight": (inner, hidden), p + "mlp.up_proj.weight": (inner, hidden), p + "mlp.down_proj.weight": (hidden, inner)}
    header, at = {}, 0
    for name, shape in shapes.items():
        size = 2 * torch.Size(shape).numel()
        header[name] = {"dtype": "BF16", "shape": list(shape), "data_offsets": [at, at + size]}
        at += size
    head = json.dumps(header).encode()
    head += b" " * (-len(head) % 8)
    with open(folder / "model.safetensors", "wb") as file:
        file.write(struct.pack("<Q", len(head)) + head)
        for shape in shapes.values():
            x = torch.ones(shape) if len(shape) == 1 else torch.randn(shape, device=a.device if torch.cuda.is_available() else "cpu") * 0.02
            file.write(x.to(torch.bfloat16).cpu().view(torch.uint8).numpy().tobytes())


def start(name, model, device, dtype, length):
    global failed
    recipe = {"version": 1, "model": {"path": str(model), "dtype": dtype}, "data": {"train": [str(ROOT / "datasets/workshop_instructions.jsonl")], "max_length": length},
              "method": {"kind": "lora", "rank": 16, "target_modules": ["all-linear"]}, "run": {"max_steps": 2, "batch_size": 2, "gradient_accumulation": 1}}
    path = work / "recipe.json"
    path.write_text(json.dumps(recipe))
    out = work / "run"
    shutil.rmtree(out, ignore_errors=True)
    begin = time.time()
    run = subprocess.Popen([a.luthier, "tune", path, "--set", f"device={device}", "--out", out, "--json", "--quiet"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    first = {}
    for line in run.stdout:
        event = json.loads(line).get("event", "?")
        first.setdefault(event, time.time() - begin)
    said = run.stderr.read()
    if run.wait():
        failed += 1
        print(f"FAIL {name}: {said.strip()[-300:]}", flush=True)
        return
    print(f"{name}: first step after {first.get('step', float('nan')):.2f} s; " + ", ".join(f"{k} {v:.2f}" for k, v in first.items()), flush=True)


one_b = work / "1b"
if a.device == "cuda":
    make_1b(one_b)
    for i in ("first", "second", "third"):
        start(f"1B on the card, {i} start", one_b, a.device, "bf16", 512)
for i in ("first", "second"):
    start(f"bundled model on the CPU, {i} start", bundled, "cpu", "fp32", 256)
shutil.rmtree(work, ignore_errors=True)
sys.exit(1 if failed else 0)
