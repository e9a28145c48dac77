#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run whose memory is taken away while it is at work, by another program that holds nearly all of the card. Rows grow, so that later
steps need more than earlier ones. With one row a step it has to end, saying three changes that need less, and go on from its last
step once the memory is there again; with eight it has to go on with smaller batches. Either way its losses are those of a run that
nobody disturbed. About half a minute. On the CPU, DEVICE cpu, a limit on the process takes the place of the other program.

    python3 out_of_memory.py LUTHIER [DEVICE]
"""

import ctypes
import json
import os
import pathlib
import resource
import shutil
import subprocess
import sys
import tempfile

ROWS = {1: 320, 8: 1600}  # by the rows of a step: as many steps as are left when the run is held
LONGEST = {1: 5000, 8: 640}  # words of an answer at the end; a run keeps memory at hand that many rows fit into, so that one alone must be long
LEFT = {1: 6 << 20, 8: 512 << 20}  # bytes that the other program leaves, by the rows of a step: less than a row, less than eight
FAR = 2e-3      # of a loss in fp32
ROOT = pathlib.Path(__file__).resolve().parents[2]


class Card:
    """Takes all but a little of the card's memory, in pieces, by the driver itself."""

    def __init__(self, number):
        self.cuda = ctypes.CDLL("libcuda.so.1")
        self.do("cuInit", 0)
        device = ctypes.c_int()
        self.do("cuDeviceGet", ctypes.byref(device), number)
        context = ctypes.c_void_p()
        self.do("cuDevicePrimaryCtxRetain", ctypes.byref(context), device)
        self.do("cuCtxSetCurrent", context)
        self.held = []

    def do(self, name, *arguments):
        code = getattr(self.cuda, name)(*arguments)
        if code != 0:
            raise RuntimeError(f"{name}: {code}")

    def take(self, _, left):
        piece = 4 << 30
        while piece >= 2 << 20:
            free, total = ctypes.c_size_t(), ctypes.c_size_t()
            self.do("cuMemGetInfo_v2", ctypes.byref(free), ctypes.byref(total))
            where = ctypes.c_uint64()
            if free.value < left + piece or self.cuda.cuMemAlloc_v2(ctypes.byref(where), ctypes.c_size_t(piece)) != 0:
                piece //= 2
            else:
                self.held.append(where.value)
        self.do("cuMemGetInfo_v2", ctypes.byref(free), ctypes.byref(total))
        return free.value

    def give(self):
        for where in self.held:
            self.do("cuMemFree_v2", ctypes.c_uint64(where))
        self.held = []


class Host:
    def take(self, process, left):
        pages = int(open(f"/proc/{process.pid}/statm").read().split()[0])
        limit = pages * os.sysconf("SC_PAGE_SIZE") + left
        resource.prlimit(process.pid, resource.RLIMIT_AS, (limit, resource.RLIM_INFINITY))
        return left

    def give(self):
        pass


def recipe(folder, batch):
    rows = []
    for i in range(ROWS[batch]):
        words = " ".join(("oak", "saw", "glue", "plane")[(i + k) % 4] for k in range(4 + int((i / ROWS[batch]) ** 2 * LONGEST[batch])))
        rows.append(json.dumps({"prompt": f"What is {i}?", "completion": words}))
    (folder / f"rows{batch}.jsonl").write_text("\n".join(rows) + "\n")
    path = folder / f"recipe{batch}.json"
    path.write_text(json.dumps({
        "model": {"path": str(folder / "model"), "dtype": "fp32"},
        "data": {"train": [str(folder / f"rows{batch}.jsonl")], "max_length": 8192, "order": "shortest", "padding": "longest", "held_out_share": 0},
        "method": {"kind": "lora", "target_modules": "all-linear", "dropout": 0},
        "optimizer": {"paging": "off"},
        "run": {"batch_size": batch, "gradient_accumulation": 1, "epochs": 1, "checkpoint_every": 10000}}))
    return path


class Run:
    def __init__(self, luthier, arguments, device):
        flags = ["--device", device, "--dtype", "fp32"] if arguments[0] == "tune" else ["--device", device]
        self.process = subprocess.Popen([luthier, *arguments, "--at-once", "--json", *flags], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.losses, self.warnings, self.end = {}, [], {}

    def read(self, until=None):
        for line in self.process.stdout:
            event = json.loads(line)
            kind = event.get("event")
            if kind == "step":
                self.losses[event["step"]] = event["loss"]
            elif kind == "warning":
                self.warnings.append(event)
            elif kind == "end":
                self.end = event
            if until and until(event):
                return
        self.error = self.process.stderr.read()
        self.code = self.process.wait()


def ask(folder, what):
    (folder / "control.new").write_text(json.dumps({"do": what}) + "\n")
    os.rename(folder / "control.new", folder / "control.jsonl")


def disturbed(luthier, folder, batch, device, memory):
    out = folder / f"disturbed{batch}"
    run = Run(luthier, ["tune", str(recipe(folder, batch)), "--out", str(out)], device)
    run.read(lambda event: event.get("event") == "step" and event["step"] >= 3)
    ask(out, "hold")
    run.read(lambda event: event.get("stage") == "held")
    if run.process.poll() is not None:
        raise RuntimeError("it was over before it was held: " + run.error[-300:])
    left = memory.take(run.process, LEFT[batch])
    print(f"batch {batch}: held at step {max(run.losses)}, the other program leaves {left >> 20} MiB", flush=True)
    ask(out, "go")
    run.read()
    memory.give()
    return run, out


def check(failures, holds, what):
    print(("ok   " if holds else "NOT  ") + what, flush=True)
    if not holds:
        failures.append(what)


def apart(a, b):
    return max((abs(a[step] - b[step]) for step in set(a) & set(b)), default=float("inf"))


def main():
    luthier = str(pathlib.Path(sys.argv[1]).resolve())
    device = sys.argv[2] if len(sys.argv) > 2 else "cuda"
    os.environ.setdefault("LUTHIER_RESOURCES", str(ROOT / "resources"))
    failures = []
    if device == "cpu":
        LONGEST[1] = LONGEST[8]  # the limit is on what a process may take, whatever it keeps at hand
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        shutil.copytree(ROOT / "resources/models/luthier-tiny", folder / "model")
        config = json.loads((folder / "model/config.json").read_text())
        (folder / "model/config.json").write_text(json.dumps({**config, "max_position_embeddings": 16384}))
        memory = Host() if device == "cpu" else Card(int(device.partition(":")[2] or 0))

        alone = Run(luthier, ["tune", str(recipe(folder, 1)), "--out", str(folder / "alone1")], device)
        alone.read()
        run, out = disturbed(luthier, folder, 1, device, memory)
        print("     ended with", run.code, run.error.strip().splitlines()[-1:] or "")
        check(failures, run.code == 1 and "ran out of memory" in run.error, "without room for a single row it ends and says why")
        told = [warning for warning in run.warnings if warning.get("cause") == "memory"]
        check(failures, len(told) == 1 and len(told[0]["remedies"]) == 3, "three changes that need less are told")
        for remedy in told[0]["remedies"] if told else []:
            print("       ", remedy["sentence"] if isinstance(remedy, dict) and "sentence" in remedy else remedy)
        last = max(run.losses)
        check(failures, bool(told) and f"Go on from step {last}" in told[0]["sentence"], f"and how to go on from step {last}")
        check(failures, last < ROWS[1], "it was not over before")
        on = Run(luthier, ["resume", str(out)], device)
        on.read()
        check(failures, on.code == 0 and min(on.losses, default=0) == last + 1 and max(on.losses, default=0) == ROWS[1], f"with memory it goes on at step {last + 1} and finishes")
        far = apart({**run.losses, **on.losses}, alone.losses)
        check(failures, far <= FAR and len({**run.losses, **on.losses}) == ROWS[1], f"its {ROWS[1]} losses are those of a run alone: {far:.1e}")

        alone = Run(luthier, ["tune", str(recipe(folder, 8)), "--out", str(folder / "alone8")], device)
        alone.read()
        run, out = disturbed(luthier, folder, 8, device, memory)
        check(failures, run.code == 0 and max(run.losses) == ROWS[8] // 8, "with eight rows a step it goes on")
        said = [warning["sentence"] for warning in run.warnings]
        check(failures, any("memory" in sentence.lower() for sentence in said), f"and says what it had to do: {said}")
        check(failures, apart(run.losses, alone.losses) <= FAR, f"its losses are those of a run alone: {apart(run.losses, alone.losses):.1e}")
    print(f"{len(failures)} do not hold")
    return 1 if failures else 0


sys.exit(main())
