#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs `luthier bench step --objective ...` and TRL's trainers in turn on the same work and prints how they compare.

    bench_trl_preferences.py LUTHIER_BINARY [--only dpo,reward] [--preset 1b] [--pairs 4] [--length 1024] [--device cuda] [--dtype bf16]

LoRA of rank 16, alpha 32, no dropout, on all projections of a model with random weights; half of each row is the prompt. TRL runs
as it comes (its own loop, AdamW fused, adapters in fp32 under autocast, its fused head), gradient checkpointing off as here.
Its steps are timed from one step's begin to its end, without the reading of rows. The peak is counted from the first step on, the
weights among it. Generation is what GRPOTrainer does for one group of answers, all of them as long as they may be; here it is
`bench generate --rollouts`. TRL has no PPO.
Each row of each program is a process of its own with a time limit, so that one that fails leaves the others alone.
Prints one JSON object a row as soon as it is known: both figures, and the ratio of tokens per second (above 1: Luthier is faster) and of peak memory
(below 1: Luthier needs less). Needs trl 1.16, transformers 5.17 or later.
"""

import argparse
import json
import os
import select
import signal
import statistics
import subprocess
import sys
import tempfile
import time

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TRL_EXPERIMENTAL_SILENCE"] = "1"

# name: the objective's name, rows for a pair, more of its flags
ROWS = {
    "dpo": ("dpo", 2, []),
    "dpo_live": ("dpo", 2, ["--live-reference"]),
    "reward": ("reward", 2, []),
    "kto": ("kto", 1, []),
    "orpo": ("orpo", 2, []),
    "simpo": ("simpo", 2, []),
    "grpo_generation": ("grpo", 1, []),
}
WORDS = 4000
BUNDLED_VOCAB = 4096  # `bench generate --rollouts` writes its answers in the bundled vocabulary
GENERATIONS = 3


class Row:
    """One program's process for one row: its lines, and what it said last where it failed. Ends with its children at its limit."""

    def __init__(self, command, seconds):
        self.seconds = seconds
        self.said = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.said, text=True, start_new_session=True)

    def wait_until_ready(self):
        """Its first line, after which it waits for a word; returns as well where it failed, which lines() tells."""
        select.select([self.process.stdout], [], [], self.seconds)

    def lines(self, word=""):
        """The JSON lines of stdout; raises what went wrong."""
        try:
            out, _ = self.process.communicate(word, timeout=self.seconds)
        except subprocess.TimeoutExpired:
            self.end()
            raise RuntimeError(f"not done after {self.seconds} s") from None
        if self.process.returncode != 0:
            self.said.seek(0)
            last = [line.strip() for line in self.said if line.strip()][-1:]
            raise RuntimeError(f"exit code {self.process.returncode}: {last[0][:300] if last else 'nothing said'}")
        return [json.loads(line) for line in out.splitlines() if line.startswith('{"')]  # a trainer prints what it logs, too

    def end(self):
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()


def luthier(name, arguments):
    objective, rows, more = ROWS[name]
    common = ["--preset", arguments.preset, "--device", arguments.device, "--dtype", arguments.dtype, "--json"]
    if name == "grpo_generation":
        command = ["bench", "generate", *common, "--batch", str(2 * arguments.pairs), "--prompt", str(arguments.prompt),
                   "--tokens", str(arguments.tokens), "--rollouts"]
    else:
        command = ["bench", "step", *common, "--objective", objective, "--batch", str(2 * arguments.pairs // rows), "--length",
                   str(arguments.length), "--steps", str(arguments.steps), "--warmup", str(arguments.warmup), "--targets", "all", *more]
    values = {line["name"]: line["value"] for line in Row([arguments.binary, *command], arguments.limit).lines()}
    return {"tokens_per_second": values["rollouts" if name == "grpo_generation" else "step"], "peak_bytes": values["peak_memory"]}


def attempt(work):
    """What it gives, or its problem: the other rows still count."""
    try:
        return work()
    except Exception as problem:
        return {"problem": f"{type(problem).__name__}: {problem}"[:400]}


def drive(arguments):
    names = arguments.only.split(",") if arguments.only else list(ROWS)
    unknown = set(names) - set(ROWS)
    if unknown:
        print(f"no such row: {', '.join(sorted(unknown))}; there are {', '.join(ROWS)}", file=sys.stderr)
        return 2
    # TRL is imported for all rows first, which takes longer than a row, and touches the card only when it is told to go.
    peers = {name: Row([sys.executable, os.path.abspath(__file__), *sys.argv[1:], "--peer", name], arguments.limit) for name in names}
    try:
        for peer in peers.values():
            peer.wait_until_ready()
        return compare(names, peers, arguments)
    finally:
        for peer in peers.values():
            peer.end()


def compare(names, peers, arguments):
    failed = []
    for name in names:
        own = attempt(lambda: luthier(name, arguments))
        theirs = attempt(lambda: peers[name].lines("go\n")[-1])
        line = {"name": name, "luthier": own, "trl": theirs}
        if "problem" in own or "problem" in theirs:
            failed.append(name)
        else:
            line["ratio"] = own["tokens_per_second"] / theirs["tokens_per_second"]
            line["memory_ratio"] = own["peak_bytes"] / theirs["peak_bytes"]
        print(json.dumps(line), flush=True)
    if failed:
        print(f"not compared: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


# What follows is TRL alone, a process for each row.


def tokenizer():
    """Words "t<number>" alone, so that TRL's own tokenising gives rows of exactly so many tokens."""
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    marks = {"<pad>": 0, "<s>": 1, "</s>": 2, "<unk>": 3}
    words = Tokenizer(models.WordLevel({f"t{i}": i for i in range(4, WORDS)} | marks, unk_token="<unk>"))
    words.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return PreTrainedTokenizerFast(tokenizer_object=words, unk_token="<unk>", eos_token="</s>", pad_token="<pad>", bos_token="<s>")


def texts(generator, count):
    return " ".join(f"t{generator.randrange(4, WORDS)}" for _ in range(count))


def rows_of(name, arguments):
    """A step's rows for every step; the end mark is the last of each answer's tokens."""
    import random
    from datasets import Dataset

    generator = random.Random(42)
    half = arguments.length // 2
    answer = arguments.length - half - 1
    steps = arguments.warmup + arguments.steps
    if name == "grpo_generation":
        return Dataset.from_dict({"prompt": [texts(generator, arguments.prompt) for _ in range(steps)]})
    if name == "kto":
        count = steps * 2 * arguments.pairs
        return Dataset.from_dict({"prompt": [texts(generator, half) + " " for _ in range(count)],
                                  "completion": [texts(generator, answer) for _ in range(count)], "label": [i % 2 == 0 for i in range(count)]})
    count = steps * arguments.pairs
    return Dataset.from_dict({"prompt": [texts(generator, half) + " " for _ in range(count)],
                              "chosen": [texts(generator, answer) for _ in range(count)],
                              "rejected": [texts(generator, answer) for _ in range(count)]})


def model_of(name, arguments, device, dtype):
    import torch
    import transformers
    from bench_peft import PRESETS

    fields = dict(PRESETS[arguments.preset], rms_norm_eps=1e-5, bos_token_id=1, eos_token_id=2, pad_token_id=0)
    kind = transformers.AutoModelForCausalLM
    if name == "grpo_generation":
        fields["vocab_size"] = BUNDLED_VOCAB
    if name == "reward":
        fields["num_labels"] = 1
        kind = transformers.AutoModelForSequenceClassification
    torch.manual_seed(42)
    with torch.device(device):
        return kind.from_config(transformers.AutoConfig.for_model("llama", **fields), dtype=dtype)


def trainer_of(name, arguments, device, dtype, folder):
    import peft
    import torch
    import trl

    model = model_of(name, arguments, device, dtype)
    judges = {"task_type": "SEQ_CLS", "exclude_modules": ["score"], "modules_to_save": ["score"]}
    lora = peft.LoraConfig(r=16, lora_alpha=32, lora_dropout=0.0, target_modules="all-linear",
                           **(judges if name == "reward" else {"task_type": "CAUSAL_LM"}))
    rows = 2 * arguments.pairs // ROWS[name][1]
    steps = GENERATIONS if name == "grpo_generation" else arguments.warmup + arguments.steps
    common = dict(output_dir=folder, per_device_train_batch_size=rows, max_steps=steps, learning_rate=1e-6, logging_steps=1000,
                  save_strategy="no", report_to=[], bf16=dtype == torch.bfloat16, use_cpu=device.type == "cpu", seed=1,
                  gradient_checkpointing=False, dataloader_pin_memory=device.type == "cuda", disable_tqdm=True)
    given = dict(model=model, processing_class=tokenizer(), train_dataset=rows_of(name, arguments), peft_config=lora)
    if name in ("dpo", "dpo_live"):
        return trl.DPOTrainer(args=trl.DPOConfig(**common, max_length=arguments.length, precompute_ref_log_probs=name == "dpo"), **given)
    if name == "reward":
        return trl.RewardTrainer(args=trl.RewardConfig(**common, max_length=arguments.length), **given)
    if name == "kto":
        # Its order is sequential, as it asks for.
        settings = trl.KTOConfig(**common, max_length=arguments.length, train_sampling_strategy="sequential", precompute_ref_log_probs=True)
        return trl.KTOTrainer(args=settings, **given)
    if name == "orpo":
        from trl.experimental.orpo import ORPOConfig, ORPOTrainer

        return ORPOTrainer(args=ORPOConfig(**common, max_length=arguments.length), **given)
    if name == "simpo":
        from trl.experimental.cpo import CPOConfig, CPOTrainer

        settings = CPOConfig(**common, loss_type="simpo", cpo_alpha=0.0, beta=2.5, simpo_gamma=1.375, max_length=arguments.length)
        return CPOTrainer(args=settings, **given)
    settings = trl.GRPOConfig(**common, num_generations=rows, max_completion_length=arguments.tokens, temperature=1.0,
                              generation_kwargs={"min_new_tokens": arguments.tokens})
    return trl.GRPOTrainer(args=settings, reward_funcs=lambda completions, **_: [float(i % 2) for i in range(len(completions))], **given)


def time_steps(trainer, device, synchronise):
    import transformers

    times = []

    class Times(transformers.TrainerCallback):
        def on_step_begin(self, *_, **__):
            synchronise(device)
            self.begin = time.perf_counter()

        def on_step_end(self, *_, **__):
            synchronise(device)
            times.append(time.perf_counter() - self.begin)

    trainer.add_callback(Times())
    trainer.train()
    return times


def time_generation(trainer, device, synchronise):
    times = []
    make = trainer._generate

    def timed(*given, **more):
        synchronise(device)
        begin = time.perf_counter()
        made = make(*given, **more)
        synchronise(device)
        times.append(time.perf_counter() - begin)
        return made

    trainer._generate = timed
    trainer.train()
    return times


def measure(name, arguments, device, dtype):
    from bench_peft import peak_bytes, reset_peak, synchronise

    generates = name == "grpo_generation"
    warmup = 1 if generates else arguments.warmup
    with tempfile.TemporaryDirectory() as folder:
        trainer = trainer_of(name, arguments, device, dtype, folder)
        if name.startswith("dpo"):
            row = trainer.train_dataset[0]
            assert len(row["prompt_ids"]) + len(row["chosen_ids"]) == arguments.length
        reset_peak(device)
        times = (time_generation if generates else time_steps)(trainer, device, synchronise)
    tokens = 2 * arguments.pairs * (arguments.tokens if generates else arguments.length)
    return {"tokens_per_second": tokens / statistics.median(times[warmup:]), "peak_bytes": peak_bytes(device), "steps": len(times)}


def peer(name, arguments):
    import peft
    import torch
    import transformers
    import trl
    from bench_peft import DTYPES

    transformers.utils.logging.set_verbosity_error()
    print("ready", flush=True)
    sys.stdin.readline()  # Luthier has left the card
    torch.backends.cuda.matmul.allow_tf32 = False
    versions = {"trl": trl.__version__, "torch": torch.__version__, "transformers": transformers.__version__, "peft": peft.__version__}
    print(json.dumps(measure(name, arguments, torch.device(arguments.device), DTYPES[arguments.dtype]) | {"versions": versions}), flush=True)
    return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary")
    parser.add_argument("--only", default="", help="names with commas: " + ",".join(ROWS))
    parser.add_argument("--preset", default="1b")
    parser.add_argument("--pairs", type=int, default=4)
    parser.add_argument("--length", type=int, default=1024)
    parser.add_argument("--prompt", type=int, default=128, help="tokens of a prompt that is answered")
    parser.add_argument("--tokens", type=int, default=256, help="tokens of an answer")
    parser.add_argument("--steps", type=int, default=8)
    parser.add_argument("--warmup", type=int, default=4)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--dtype", default="bf16")
    parser.add_argument("--limit", type=float, default=90, help="seconds that one program may take for one row")
    parser.add_argument("--peer", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    return peer(arguments.peer, arguments) if arguments.peer else drive(arguments)


if __name__ == "__main__":
    sys.exit(main())
