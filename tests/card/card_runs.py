#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole runs of the program on a card against the CPU: every method and objective, every padding, activation checkpointing,
dropout, rows of mixed lengths up to 4,096 tokens and longer ones, evaluations and answers in between, and a run that was
stopped and resumed.

card_runs.py LUTHIER [--steps CARD_STEPS] [--device cuda] [--only TEXT]
With --steps that program goes first (card_steps.cpp). A line a case; the last line sums up. Exit 77: there is no card.
--device cpu only shows that the program works.
"""
import argparse, json, os, pathlib, shutil, signal, subprocess, sys, tempfile, time

ROOT = pathlib.Path(__file__).resolve().parents[2]
LIMIT = 1e-4  # of a loss in fp32: sums run in another order

a = argparse.ArgumentParser()
a.add_argument("luthier")
a.add_argument("--steps")
a.add_argument("--device", default="cuda")
a.add_argument("--only", default="")
a = a.parse_args()
begin = time.time()
summary = ""
if a.steps:
    steps = subprocess.run([a.steps, "--device", a.device, "--only", a.only], stdout=subprocess.PIPE, text=True)
    print(steps.stdout, end="", flush=True)
    if steps.returncode == 77:
        sys.exit(77)
    summary = steps.stdout.splitlines()[-1] + "; " if steps.stdout else "card_steps ended without a word; "
    steps_failed = steps.returncode not in (0, 2) # 2: no case of that name
    steps_done = steps.returncode == 0
else:
    steps_failed = steps_done = False

work = pathlib.Path(tempfile.mkdtemp())
shutil.copytree(ROOT / "resources/models/luthier-tiny", work / "model")
config = json.loads((work / "model/config.json").read_text())
config["max_position_embeddings"] = 16384
(work / "model/config.json").write_text(json.dumps(config))
rows = [json.loads(line) for line in (ROOT / "datasets/workshop_instructions.jsonl").read_text().splitlines()]
short = [{"instruction": r["instruction"], "output": r["output"]} for r in rows[:120]]
def long(tokens, key):  # about 45 tokens an answer
    return {"instruction": "Tell me everything.", "output": " ".join(r["output"] for r in rows[120 + key:120 + key + tokens // 45])}
mixed = short[:24] + [long(3000, 0)] + short[24:36] + [long(4000, 100), long(1500, 5)] + short[36:48] + [long(5000, 200)] + short[:12]
(work / "rows.jsonl").write_text("".join(json.dumps(r) + "\n" for r in mixed))
(work / "held.jsonl").write_text("".join(json.dumps(r) + "\n" for r in short[100:108] + [long(7000, 300)]))
(work / "text.txt").write_text("\n\n".join(r["output"] for r in mixed))

def recipe(method="lora", padding="longest", checkpointing=False, dropout=0.0, objective="sft", data="rows.jsonl", **run):
    longest = 1024 if padding == "packed" else 8192
    return {"version": 1, "model": {"path": str(work / "model"), "dtype": "fp32"},
            "data": {"train": [str(work / data)], "held_out": [str(work / ("held.jsonl" if data == "rows.jsonl" else data))],
                     "shuffle": padding != "longest", "padding": padding, "max_length": longest},
            "method": {"kind": method, **({"dropout": dropout} if method in ("lora", "qlora") else {})}, "objective": {"kind": objective},
            "optimizer": {"learning_rate": 1e-3},
            "run": {"epochs": 2 if method == "lora" else 1, "batch_size": 2 if padding != "longest" else 1, "gradient_accumulation": 2, "checkpoint_every": 10**6,
                    "eval_every": 12, "probe_prompts": ["What lies on the bench?"], "probe_tokens": 8,
                    "activation_checkpointing": checkpointing, **run}}

def numbers(lines, kind="step"):
    return [json.loads(x)["loss"] for x in lines if f'"event":"{kind}"' in x]

def tune(name, made, device, stop_after=None):
    file = work / f"{name}.json"
    file.write_text(json.dumps(made))
    command = [a.luthier, "tune", file, "--set", f"device={device}", "--out", work / name, "--json", "--quiet"]
    if stop_after is None:
        out = subprocess.run(command, capture_output=True, text=True)
        lines, error = out.stdout.splitlines(), out.stderr
    else:
        child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        lines, seen = [], 0
        for line in child.stdout:
            lines.append(line)
            seen += '"event":"step"' in line
            if seen == stop_after:
                child.send_signal(signal.SIGINT)
                seen += 1
        child.wait()
        out = subprocess.run([a.luthier, "--device", device, "resume", work / name, "--json", "--quiet"], capture_output=True, text=True)
        lines, error = lines + out.stdout.splitlines(), out.stderr
    losses = numbers(lines)
    if not losses:
        raise RuntimeError(f"{device}: {error.strip()[-300:] or 'no step was done'}")
    return losses, numbers(lines, "eval"), [x for x in lines if "queued one by one" in x]

shown = json.loads(subprocess.run([a.luthier, "recipe", "--list", "--json"], capture_output=True, text=True, check=True).stdout)
objectives = [c for s in shown["settings"] if s["key"] == "objective.kind" for c in s["choices"]]
# A name that is none makes the program list its methods.
every = subprocess.run([a.luthier, "recipe", "--example", "?"], capture_output=True, text=True).stderr.rsplit("there are ", 1)[1].strip().split(", ")
cases = [(f"{m}, {p}{', checkpointed' if c else ''}", recipe(m, p, c), None)
         for i, m in enumerate(every) for j, p in enumerate(("longest", "length_buckets", "packed")) for c in [(i + j) % 2 == 0]]
cases += [("lora, longest, other checkpointing", recipe("lora", "longest", False), None), ("full, longest, other checkpointing", recipe("full", "longest", True), None)]
# Of several rows a card draws other numbers: it pads small batches to round sizes, and each place of a batch has its own.
cases += [(f"{m}, longest, dropout", recipe(m, "longest", m == "lora", 0.1), None) for m in ("lora", "qlora")]
# Against the same run that nothing stopped, on the same device.
cases += [(f"{m}, stopped and resumed", recipe(m, "length_buckets", False, 0.1), 9) for m in every]
for objective in objectives:
    if objective == "pretrain":
        cases += [(f"{objective}, {m}", recipe(m, "packed", objective=objective, data="text.txt"), None) for m in ("lora", "full")]

most = worst_eval = 0.0
failed = done = 0
for index, (name, made, stop) in enumerate(cases):
    if a.only not in name:
        continue
    done += 1
    try:
        card, card_eval, notices = tune(f"card{index}", made, a.device, stop)
        cpu, cpu_eval, _ = tune(f"cpu{index}", made, "cpu" if stop is None else a.device)
        apart = [abs(x - y) for x, y in zip(card, cpu)]
        evals = [abs(x - y) for x, y in zip(card_eval, cpu_eval)] or [0.0]
        good = len(card) == len(cpu) and max(apart + evals) <= LIMIT and not notices
        most, worst_eval = max([most] + apart), max([worst_eval] + evals)
        print(f"  {'ok' if good else 'NO'}  {name}: {len(card)} of {len(cpu)} steps, at most {max(apart):.1e} apart (step "
              f"{apart.index(max(apart)) + 1}), evaluations {max(evals):.1e}{'; ' + notices[0][:200] if notices else ''}", flush=True)
    except Exception as problem:
        good = False
        print(f"  NO  {name}: {problem}", flush=True)
    failed += not good
    for folder in (work / f"card{index}", work / f"cpu{index}"):
        shutil.rmtree(folder, ignore_errors=True)
shutil.rmtree(work)
if not done and not steps_done and not steps_failed:
    sys.exit(f'card: no case has "{a.only}" in its name')
print(f"card: {summary}card_runs: {done} runs on {a.device}, {failed} failed; losses at most {most:.1e} and evaluations {worst_eval:.1e} apart "
      f"from the CPU; {time.time() - begin:.0f} s")
sys.exit(1 if failed or steps_failed else 0)
