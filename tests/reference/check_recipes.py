#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What `luthier recipe --export PROGRAM` writes, as the program's own parser takes it: every key is known to it, and the values are those
of the recipe. Recipes over methods, objectives, optimizers and schedules.

    check_recipes.py LUTHIER trl             (in an environment with trl)
    check_recipes.py LUTHIER llamafactory    (with llamafactory; 0.9.5 wants an environment of its own: transformers 4.57.1, peft 0.18.1,
                                              trl 0.24.0, accelerate 1.11.0, datasets 4.0.0)
    check_recipes.py LUTHIER axolotl         (with axolotl)
"""
import copy
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import yaml

FULL = {"method": {"kind": "full"}}
PAIRS = {"data": {"train": ["pairs.jsonl"]}}
CASES = {
    "lora": {},
    "lora, all linear, dora": {"method": {"target_modules": ["all-linear"], "use_dora": True, "rank": 8, "alpha": 24}},
    "lora, rslora, embedding": {"method": {"use_rslora": True, "modules_to_save": ["embed_tokens"]}},
    "qlora, paged 8-bit adamw": {"method": {"kind": "qlora"}, "optimizer": {"kind": "adamw_8bit", "paging": "on"}},
    "qlora, fp4": {"method": {"kind": "qlora"}, "model": {"quantization": "fp4", "double_quantization": False}},
    "full": {**FULL, "optimizer": {"learning_rate": 2e-5, "weight_decay": 0.1}},
    "full, adafactor, cosine": {**FULL, "optimizer": {"kind": "adafactor"}, "schedule": {"kind": "cosine"}},
    "full, sgd, constant": {**FULL, "optimizer": {"kind": "sgd"}, "schedule": {"kind": "constant"}},
    "full, lion, polynomial": {**FULL, "optimizer": {"kind": "lion"}, "schedule": {"kind": "polynomial"}},
    "restarts": {"schedule": {"kind": "cosine_with_restarts"}},
    "inverse square root": {"schedule": {"kind": "inverse_sqrt"}},
    "texts, packed": {"objective": {"kind": "pretrain"}, "data": {"padding": "packed", "train": ["texts.jsonl"]}},
    "noise and smoothing": {"run": {"neftune_alpha": 5.0, "label_smoothing_factor": 0.1}},
    "steps, evaluations, checkpoints": {"run": {"max_steps": 30, "eval_every": 5, "checkpoint_every": 10, "keep_checkpoints": 3, "seed": 7}},
    "bf16, layers twice, whole conversation": {"model": {"dtype": "bf16"}, "run": {"activation_checkpointing": True}, "data": {"train_on": "all"}},
    "dpo": {"objective": {"kind": "dpo", "beta": 0.2}, **PAIRS},
    "dpo, ipo": {"objective": {"kind": "dpo", "loss": "ipo"}, **PAIRS},
    "dpo, hinge, smoothing": {"objective": {"kind": "dpo", "loss": "sigmoid", "label_smoothing": 0.1}, **PAIRS},
    "kto": {"objective": {"kind": "kto", "desirable_weight": 1.5}, **PAIRS},
    "orpo": {"objective": {"kind": "orpo"}, **PAIRS},
    "simpo": {"objective": {"kind": "simpo"}, **PAIRS},
    "reward": {"objective": {"kind": "reward"}, **PAIRS},
}
SCHEDULES = {"constant": "constant_with_warmup"}
OPTIMIZERS = {"adamw": "adamw_torch", "adamw_8bit": "adamw_8bit", "lion": "lion_8bit"}


def recipe_of(luthier, folder, case):
    base = json.loads(subprocess.run([luthier, "recipe", "--example", case.get("method", {}).get("kind", "lora")], capture_output=True, text=True, check=True).stdout)
    recipe = copy.deepcopy(base)
    recipe["model"]["path"] = "base-model"
    recipe["data"]["train"] = ["answers.jsonl"]
    for part, settings in case.items():
        recipe.setdefault(part, {}).update(settings)
    recipe["data"]["train"] = [str(folder / name) for name in recipe["data"]["train"]]
    path = folder / "recipe.json"
    path.write_text(json.dumps(recipe))
    return path


def export(luthier, program, recipe, target):
    done = subprocess.run([luthier, "recipe", "--export", program, str(recipe), "--out", str(target), "--json"], capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(done.stderr.strip())
    wanted = json.loads(recipe.read_text())
    wanted["objective"] = {"loss": "sigmoid", "label_smoothing": 0, "beta": 0.1, **wanted["objective"]}
    return wanted


def same(theirs, ours, what):
    if isinstance(ours, float) or isinstance(theirs, float):
        assert abs(float(theirs) - float(ours)) <= 1e-9 * max(1.0, abs(float(ours))), f"{what}: {theirs} instead of {ours}"
    else:
        assert theirs == ours, f"{what}: {theirs!r} instead of {ours!r}"


def common(args, wanted):
    """What transformers' training arguments say, in both programs that have them."""
    run, optimizer = wanted["run"], wanted["optimizer"]
    same(args.learning_rate, optimizer["learning_rate"], "learning_rate")
    same(args.gradient_accumulation_steps, run["gradient_accumulation"], "accumulation")
    same(args.per_device_train_batch_size, run["batch_size"], "batch")
    same(args.seed, run["seed"], "seed")
    same(args.num_train_epochs, run["epochs"], "epochs")
    same(args.max_grad_norm, optimizer["max_grad_norm"], "max_grad_norm")
    same(str(getattr(args.lr_scheduler_type, "value", args.lr_scheduler_type)), SCHEDULES.get(wanted["schedule"]["kind"], wanted["schedule"]["kind"]), "schedule")
    same(args.max_steps, run.get("max_steps") or -1, "max_steps")
    if run.get("neftune_alpha"):
        same(args.neftune_noise_alpha, run["neftune_alpha"], "neftune")
    if run.get("checkpoint_every"):
        same(args.save_steps, run["checkpoint_every"], "save_steps")


def trl(path, wanted):
    from trl import DPOConfig, KTOConfig, ModelConfig, RewardConfig, ScriptArguments, SFTConfig, TrlParser

    objective = wanted["objective"]["kind"]
    kinds = {"sft": SFTConfig, "pretrain": SFTConfig, "dpo": DPOConfig, "kto": KTOConfig, "reward": RewardConfig}
    if objective not in kinds:
        return "it has no script for it that takes a file"
    script, config, model = TrlParser((ScriptArguments, kinds[objective], ModelConfig)).parse_args_and_config(["--config", str(path), "--use_cpu", "true", "--bf16", "false"])[:3]
    common(config, wanted)
    same(config.warmup_steps, wanted["schedule"]["warmup_ratio"], "warm-up")
    same(script.dataset_name, wanted["data"]["train"][0], "data")
    same(config.gradient_checkpointing, wanted["run"]["activation_checkpointing"], "checkpointing")
    if objective == "dpo":
        same(config.beta, wanted["objective"]["beta"] or 0.1, "beta")
        same(config.loss_type, [wanted["objective"]["loss"]], "loss")
        same(config.label_smoothing, wanted["objective"]["label_smoothing"], "label smoothing")
    lora(wanted, model.use_peft, model.lora_r, model.lora_alpha, model.lora_target_modules, "all-linear", model.use_dora, model.use_rslora)
    same(bool(model.load_in_4bit), wanted["method"]["kind"] == "qlora", "4 bits")
    return ""


def lora(wanted, used, rank, alpha, targets, everything, dora, rslora):
    method = wanted["method"]
    same(bool(used), method["kind"] in ("lora", "qlora"), "adapter")
    if used:
        same((rank, alpha), (method["rank"], method["alpha"]), "rank and alpha")
        wanted_targets = everything if method["target_modules"] in ("all-linear", ["all-linear"]) else method["target_modules"]
        same([targets] if isinstance(targets, str) else list(targets or []), [wanted_targets] if isinstance(wanted_targets, str) else wanted_targets, "targets")
        same((bool(dora), bool(rslora)), (method["use_dora"], method["use_rslora"]), "dora, rslora")


def llamafactory(path, wanted):
    os.environ["DISABLE_VERSION_CHECK"] = "1"
    from llamafactory.hparams.parser import _parse_train_args, read_args

    sys.argv = ["llamafactory-cli", str(path)]
    file = {**read_args(), "use_cpu": True, "bf16": False, "dataset": "named_by_hand"}
    model, data, training, tuning, _ = _parse_train_args(file)
    common(training, wanted)
    objective, method = wanted["objective"], wanted["method"]
    same(tuning.stage, {"pretrain": "pt", "reward": "rm", "orpo": "dpo", "simpo": "dpo"}.get(objective["kind"], objective["kind"]), "stage")
    same(data.cutoff_len, wanted["data"]["max_length"] - (1 if data.packing or tuning.stage == "pt" else 0), "length")  # it keeps a place when it packs
    same(data.train_on_prompt, wanted["data"]["train_on"] == "all" and objective["kind"] == "sft", "prompt")
    same(model.quantization_bit, 4 if method["kind"] == "qlora" else None, "4 bits")
    same(training.warmup_ratio, wanted["schedule"]["warmup_ratio"], "warm-up") if hasattr(training, "warmup_ratio") else None
    lora(wanted, tuning.finetuning_type == "lora", tuning.lora_rank, tuning.lora_alpha, tuning.lora_target, "all", tuning.use_dora, tuning.use_rslora)
    if objective["kind"] in ("dpo", "orpo", "simpo"):
        same(tuning.pref_loss, objective["loss"] if objective["kind"] == "dpo" else objective["kind"], "loss")
        same(tuning.pref_beta, objective["beta"] or 0.1, "beta") if objective["kind"] == "dpo" else None
    return ""


def axolotl(path, wanted):
    from axolotl.utils.schemas.config import AxolotlInputConfig

    file = yaml.safe_load(path.read_text())
    unknown = [key for key in file if key not in AxolotlInputConfig.model_fields]
    assert not unknown, f"keys that it does not know: {unknown}"
    config = AxolotlInputConfig.model_validate(file)
    run, optimizer, method, objective = wanted["run"], wanted["optimizer"], wanted["method"], wanted["objective"]
    same(float(config.learning_rate), optimizer["learning_rate"], "learning_rate")
    same(config.gradient_accumulation_steps, run["gradient_accumulation"], "accumulation")
    same(config.micro_batch_size, run["batch_size"], "batch")
    same(config.num_epochs, run["epochs"], "epochs")
    same(config.sequence_len, wanted["data"]["max_length"], "length")
    same(config.warmup_ratio, None if objective["kind"] == "simpo" else wanted["schedule"]["warmup_ratio"], "warm-up")
    same(config.seed, run["seed"], "seed")
    same(str(getattr(config.lr_scheduler, "value", config.lr_scheduler)), SCHEDULES.get(wanted["schedule"]["kind"], wanted["schedule"]["kind"]), "schedule")
    same(config.datasets[0].path, wanted["data"]["train"][0], "data")
    rl = str(getattr(config.rl, "value", config.rl or ""))
    same(rl, "" if objective["kind"] in ("sft", "pretrain", "reward") else "ipo" if objective.get("loss") == "ipo" and objective["kind"] == "dpo" else objective["kind"], "rl")
    same(bool(config.load_in_4bit), method["kind"] == "qlora", "4 bits")
    targets = "all" if config.lora_target_linear else config.lora_target_modules
    lora(wanted, config.adapter in ("lora", "qlora"), config.lora_r, config.lora_alpha, targets, "all", config.peft_use_dora, config.peft_use_rslora)
    return ""


def main():
    luthier, program = str(pathlib.Path(sys.argv[1]).resolve()), sys.argv[2]
    only = sys.argv[3] if len(sys.argv) > 3 else ""
    take = {"trl": trl, "llamafactory": llamafactory, "axolotl": axolotl}[program]
    failed = 0
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for rows in ("answers", "texts", "pairs"):
            (folder / f"{rows}.jsonl").write_text("{}\n")
        for case, settings in CASES.items():
            if only not in case:
                continue
            try:
                wanted = export(luthier, program, recipe_of(luthier, folder, settings), folder / "theirs.yaml")
                why = take(folder / "theirs.yaml", wanted)
                print(("skip " if why else "ok   ") + case + (f": {why}" if why else ""), flush=True)
            except Exception as problem:
                failed += 1
                print(f"NOT  {case}: {type(problem).__name__}: {str(problem).strip()[:600]}", flush=True)
    print(f"{failed} of {len(CASES)} do not hold")
    return 1 if failed else 0


sys.exit(main())
