#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Optimizers, starts and other settings of a step, on a card beside the CPU: the losses of 16 steps in fp32 of the bundled model, and on the
card itself a run that is parked and resumed beside one that is not. Prints a line a case and ends with how many do not hold.

    python3 card_training.py LUTHIER [DEVICE]
"""

import json
import pathlib
import signal
import subprocess
import sys
import tempfile

STEPS = 16
FAR = 2e-3
MODEL = pathlib.Path(__file__).resolve().parents[2] / "resources/models/luthier-tiny"

FULL = {"method.kind": "full", "optimizer.learning_rate": "1e-4"}
CASES = {
    "adamw": {},
    "8-bit adamw, all weights": {**FULL, "optimizer.kind": "adamw_8bit"},
    "adafactor, all weights": {**FULL, "optimizer.kind": "adafactor"},
    "muon, all weights": {**FULL, "optimizer.kind": "muon"},
    "lion": {"optimizer.kind": "lion", "optimizer.learning_rate": "1e-4"},
    "LoRA+ and rates by layer": {"optimizer.lora_plus_ratio": "8", "optimizer.layer_decay": "0.9"},
    "NEFTune": {"run.neftune_alpha": "10", "data.padding": "longest"},
    "label smoothing": {"run.label_smoothing_factor": "0.1"},
    "weights of rows": {"data.weight_by": "weight"},
    "PiSSA": {"method.init_lora_weights": "pissa"},
    "OLoRA": {"method.init_lora_weights": "olora"},
    "some layers twice": {"run.activation_checkpointing": "true", "run.checkpointed_layers": "2"},
}
# Recorded passes pad batches, so that noise falls on other places than on the CPU: no step is comparable one by one. What is held instead:
# on both devices the losses are others than without the setting, and move by alike amounts, and in the mean the runs learn alike.
NOISY = {"NEFTune": {"run.neftune_alpha": "0"}}
LEAST_MOVED = 1e-3


def tune(luthier, folder, name, settings, device, stop_at=0):
    flags = [flag for key, value in settings.items() for flag in ("--set", f"{key}={value}")]
    command = [luthier, "tune", str(folder / "recipe.json"), "--out", str(folder / name), "--device", device, "--dtype", "fp32", "--json", *flags]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    losses = {}
    for line in process.stdout:
        event = json.loads(line)
        if event["event"] == "step":
            losses[event["step"]] = event["loss"]
            if event["step"] == stop_at:
                process.send_signal(signal.SIGINT)
    process.wait()
    if process.returncode not in (0, 130):
        raise RuntimeError(process.stderr.read()[-500:])
    return losses


def resume(luthier, folder, name, device):
    done = subprocess.run([luthier, "resume", str(folder / name), "--device", device, "--json"], capture_output=True, text=True, check=True)
    return {event["step"]: event["loss"] for event in map(json.loads, done.stdout.splitlines()) if event["event"] == "step"}


def noise(luthier, folder, number, settings, without, device, card):
    """What is wrong with a noisy case, and the amounts by which its losses moved on the card and on the CPU."""
    cpu = tune(luthier, folder, f"cpu{number}", settings, "cpu")
    moved = []
    for place, (where, noisy) in enumerate(((device, card), ("cpu", cpu))):
        quiet = tune(luthier, folder, f"quiet{number}.{place}", {**settings, **without}, where)
        moved.append(sum(abs(noisy[step] - quiet[step]) for step in quiet) / len(quiet))
    means = [sum(losses.values()) / len(losses) for losses in (card, cpu)]
    wrong = "no noise on the card" if moved[0] < LEAST_MOVED else "no noise on the CPU" if moved[1] < LEAST_MOVED else ""
    if not wrong and not 1 / 4 < moved[0] / moved[1] < 4:
        wrong = "noise of another size"
    if not wrong and abs(means[0] - means[1]) > 2 * max(moved):
        wrong = f"mean losses {means[0]:.4f} and {means[1]:.4f}"
    return wrong, moved


def main():
    luthier = sys.argv[1]
    device = sys.argv[2] if len(sys.argv) > 2 else "cuda"
    failed = 0
    with tempfile.TemporaryDirectory() as place:
        folder = pathlib.Path(place)
        rows = [{"prompt": f"What lies on bench {i}?", "completion": "Number " + "saws " * (i * 7 % 11) + str(i), "weight": 1 + i % 3} for i in range(40)]
        (folder / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)) + "\n")
        recipe = {"version": 1, "model": {"path": str(MODEL)}, "data": {"train": ["rows.jsonl"], "unread": "ignore"},
                  "method": {"kind": "lora", "rank": 4, "dropout": 0}, "optimizer": {"learning_rate": 1e-3},
                  "run": {"max_steps": STEPS, "epochs": 100, "batch_size": 4, "gradient_accumulation": 2, "eval_every": 1000}}
        (folder / "recipe.json").write_text(json.dumps(recipe))
        for number, (name, settings) in enumerate(CASES.items()):
            try:
                card = tune(luthier, folder, f"card{number}", settings, device)
                if name in NOISY:
                    wrong, moved = noise(luthier, folder, number, settings, NOISY[name], device, card)
                    far, beside = 0.0, wrong or f"noise moves a loss by {moved[0]:.1e}, on the CPU by {moved[1]:.1e}"
                else:
                    wrong = ""
                    far = max(abs(loss - card[step]) for step, loss in tune(luthier, folder, f"cpu{number}", settings, "cpu").items())
                    beside = f"{far:.1e} from the CPU"
                parts = tune(luthier, folder, f"parts{number}", settings, device, stop_at=6)
                parts |= resume(luthier, folder, f"parts{number}", device)
                apart = max(abs(loss - card[step]) for step, loss in parts.items())
                holds = len(card) == STEPS and not wrong and far <= FAR and apart <= FAR
                print(f"{'ok  ' if holds else 'FAIL'} {name}: {beside}, {apart:.1e} resumed from uninterrupted", flush=True)
            except Exception as problem:  # noqa: BLE001  (one case must not hide the others)
                holds = False
                print(f"FAIL {name}: {problem}", flush=True)
            failed += not holds
    print(f"card_training: {len(CASES)} cases, {failed} do not hold")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
