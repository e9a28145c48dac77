#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Speeds on a card with what certifies them: steps in bf16 and with frozen products in 8-bit floats, every family's shape, windows
against none, where the time goes, and a whole tune in both with its held-out loss.

card_speed.py LUTHIER [--laws CARD_FP8] [--only laws,steps,families,windows,profile,tune] [--steps N] [--methods lora,qlora] [--model FOLDER]
A line a measurement: tokens a second, share of what matrix products reach, memory. Exit 77: there is no card.
"""
import argparse, json, pathlib, subprocess, sys, tempfile, time

ROOT = pathlib.Path(__file__).resolve().parents[2]
a = argparse.ArgumentParser()
a.add_argument("luthier")
a.add_argument("--laws")
a.add_argument("--only", default="laws,steps,windows,profile,tune,families")
a.add_argument("--steps", default="8")
a.add_argument("--methods", default="lora,qlora", help="of the tunes")
a.add_argument("--model", default=ROOT / "resources/models/luthier-tiny", help="of the tunes")
a = a.parse_args()
wanted = a.only.split(",")
begin = time.time()
failed = 0

def bench(*flags):
    command = [a.luthier, "--device", "cuda", "--dtype", "bf16", "--json", "bench", "step", "--targets", "all", "--steps", a.steps, *flags]
    out = subprocess.run(command, capture_output=True, text=True)
    if out.returncode:
        return None, out.stderr.strip().splitlines()[-1:] or ["ended without a word"]
    return [json.loads(line) for line in out.stdout.splitlines()], out.stderr.splitlines()

def show(*flags):
    global failed
    lines, said = bench(*flags)
    name = " ".join(flags)
    if lines is None:
        failed += 1
        print(f"FAIL {name}: {said[0]}", flush=True)
        return {}
    at = {x["name"]: x for x in lines if x["name"] != "kernel"}
    print(f"{at['step']['value']:10,.0f} tokens/s {100 * (at['step']['share'] or 0):5.1f} %  {1e3 * at['step_time']['value']:8.2f} ms  "
          f"{at['peak_memory']['value'] / 2**30:6.2f} GiB  {name}" + "".join(f"  [{x}]" for x in said if "recorded" in x or "cannot" in x), flush=True)
    kernels = [x for x in lines if x["name"] == "kernel"]
    for x in kernels[:24]:
        print(f"    {x['value']:8.3f} ms {100 * x['share']:5.1f} % {x['calls']:5} x {x['kernel'][:150]}")
    if kernels:
        print(f"    {sum(x['value'] for x in kernels):8.3f} ms in all kernels", flush=True)
    return at

if "laws" in wanted and a.laws:
    out = subprocess.run([a.laws], stdout=subprocess.PIPE, text=True)
    if out.returncode == 77:
        print(out.stdout, end="")
        sys.exit(77)
    lines = out.stdout.splitlines()
    print("\n".join([x for x in lines if x.startswith("FAIL")] + [x for x in lines if "product" in x or "cosine" in x or "window" in x] + lines[-1:]), flush=True)
    failed += out.returncode != 0
if "steps" in wanted:
    for preset, batch, length in (("1b", "8", "1024"), ("1b", "1", "512"), ("8b", "4", "1024"), ("0.5b", "8", "1024"), ("0.5b", "1", "512"), ("135m", "8", "1024"), ("135m", "4", "256")):
        for held in ("auto", "fp8") if preset in ("1b", "8b") or length == "1024" else ("auto",):
            show("--preset", preset, "--batch", batch, "--length", length, "--frozen-dtype", held)
if "windows" in wanted:
    for window in ("-1", "0"):
        show("--family", "mistral", "--batch", "1", "--length", "8192", "--window", window)
    show("--family", "gemma3", "--batch", "1", "--length", "8192")
if "profile" in wanted:
    for flags in (("--preset", "0.5b"), ("--preset", "1b"), ("--preset", "1b", "--frozen-dtype", "fp8"), ("--preset", "135m")):
        show(*flags, "--batch", "8", "--length", "1024", "--profile")
if "families" in wanted:
    for family in ("llama", "mistral", "qwen2", "qwen3", "gemma2", "gemma3", "phi3", "olmo2", "gpt2"):
        show("--family", family, "--batch", "8", "--length", "1024")
if "tune" in wanted:
    work = pathlib.Path(tempfile.mkdtemp())
    for method in a.methods.split(","):
        losses = {}
        for held in ("bf16", "fp8"):
            recipe = {"version": 1, "model": {"path": str(a.model), "dtype": "bf16", "frozen_dtype": held},
                      "data": {"train": [str(ROOT / "datasets/workshop_instructions.jsonl")]},
                      "method": {"kind": method, "rank": 16, "target_modules": ["all-linear"], "dropout": 0},
                      "optimizer": {"learning_rate": 1e-3}, "run": {"epochs": 2, "batch_size": 16, "gradient_accumulation": 1, "eval_every": 1000000}}
            (work / f"{held}.json").write_text(json.dumps(recipe))
            out = subprocess.run([a.luthier, "tune", work / f"{held}.json", "--set", "device=cuda", "--out", work / f"{method}-{held}", "--json", "--quiet"], capture_output=True, text=True)
            seen = [json.loads(x)["loss"] for x in out.stdout.splitlines() if '"event":"eval"' in x and '"loss"' in x]
            if out.returncode or not seen:
                failed += 1
                print(f"FAIL tune, {method} in {held}: {out.stderr.strip()[-300:]}", flush=True)
                continue
            losses[held] = seen[-1]
            print(f"tune, {method}, frozen products in {held}: held-out loss {seen[0]:.5f} -> {seen[-1]:.5f}", flush=True)
        if len(losses) == 2:
            apart = losses["fp8"] / losses["bf16"] - 1
            failed += abs(apart) > 0.005
            print(f"{'ok  ' if abs(apart) <= 0.005 else 'FAIL'} {method}: held-out loss in fp8 {100 * apart:+.3f} % of bf16's (at most 0.5 %)", flush=True)
print(f"card_speed: {failed} failed; {time.time() - begin:.0f} s")
sys.exit(1 if failed else 0)
