#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs `luthier bench step` and bench_peft.py in turn on the same work and prints how they compare.

    bench_ratio.py LUTHIER_BINARY [--repeats 3] [--preset ...] [--batch ...] [--length ...] [--steps ...] [--targets ...]

    bench_ratio.py LUTHIER_BINARY --all [--only TEXT] [--repeats 1]     every step of `luthier bench all` that the peer can do

Taking turns lets a machine that slows down slow both. Prints one JSON object: the medians, all values, and the ratio of
tokens per second (above 1: Luthier is faster) and of peak memory (below 1: Luthier needs less).
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import sys

PEER = pathlib.Path(__file__).resolve().parent / "bench_peft.py"
FLAGS = ["preset", "batch", "length", "steps", "warmup", "targets", "method", "device", "dtype", "threads", "dropout"]


def lines_of(command):
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(command)} ended with {done.returncode}")
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def luthier(binary, flags):
    values = {line["name"]: line["value"] for line in lines_of([binary, "bench", "step", "--json", *flags])}
    return {"tokens_per_second": values["step"], "peak_bytes": values["peak_memory"], "matmul_tflops": values["matmul"]}


def peer(flags):
    return lines_of([sys.executable, str(PEER), *flags])[-1]


def race_all(arguments):
    """One JSON object a row; rows that the peer has nothing for (other families, FP8, paging) are left out and named."""
    rows = lines_of([arguments.binary, "bench", "all", "--list", "--json", "--only", arguments.only])
    for row in rows:
        words = row["command"].split()
        known = [f"--{flag}" for flag in FLAGS] + ["--checkpointing"]
        flags = [word for word in words if word.startswith("--")]
        if "step" not in words or any(flag not in known for flag in flags) or not set(words) & {"tiny", "135m", "1b", "8b"}:
            print(f"left out: {row['name']}", file=sys.stderr)
            continue
        own = [word for word in words if word not in ("bench", "step")]
        own += [] if "--device" in own else ["--device", "cpu" if "CPU" in row["name"] else "cuda"]
        command = [sys.executable, __file__, arguments.binary, "--repeats", str(arguments.repeats), *own]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
        print(json.dumps({"name": row["name"], **(json.loads(done.stdout) if done.returncode == 0 else {"problem": f"ended with {done.returncode}"})}), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary")
    parser.add_argument("--repeats", type=int, default=3)
    for flag in FLAGS:
        parser.add_argument(f"--{flag}")
    parser.add_argument("--checkpointing", action="store_true")
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--only", default="")
    arguments = parser.parse_args()
    if arguments.all:
        return race_all(arguments)
    flags = [part for flag in FLAGS if getattr(arguments, flag) for part in (f"--{flag}", getattr(arguments, flag))]
    flags += ["--checkpointing"] if arguments.checkpointing else []

    ours, theirs = [], []
    for index in range(arguments.repeats):
        ours.append(luthier(arguments.binary, flags))
        theirs.append(peer(flags))
        print(f"{index + 1}/{arguments.repeats}: luthier {ours[-1]['tokens_per_second']:.0f} tokens/s, "
              f"peft {theirs[-1]['tokens_per_second']:.0f}", file=sys.stderr)

    def medians(runs):
        return {key: statistics.median(run[key] for run in runs) for key in ours[0]}

    mine, other = medians(ours), medians(theirs)
    print(json.dumps({
        "ratio": mine["tokens_per_second"] / other["tokens_per_second"],
        "memory_ratio": mine["peak_bytes"] / other["peak_bytes"], "luthier": mine, "peft": other,
        "all": {"luthier": [run["tokens_per_second"] for run in ours], "peft": [run["tokens_per_second"] for run in theirs]},
        "work": flags, "versions": theirs[-1]["versions"], "device": theirs[-1]["device"], "dtype": theirs[-1]["dtype"]}))


if __name__ == "__main__":
    main()
