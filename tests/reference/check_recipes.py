#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What `luthier recipe --export trl RECIPE` writes, as TRL's own parser takes it.

    check_recipes.py LUTHIER RECIPE        (in an environment with trl)
"""
import json
import subprocess
import sys
import tempfile

import yaml
from trl import DPOConfig, ModelConfig, ScriptArguments, SFTConfig, TrlParser


def main():
    luthier, recipe = sys.argv[1:3]
    with tempfile.NamedTemporaryFile(suffix=".yaml") as file:
        subprocess.run([luthier, "recipe", "--export", "trl", recipe, "--out", file.name], check=True, stdout=subprocess.DEVNULL)
        wanted = json.load(open(recipe))
        kind = {"sft": SFTConfig, "pretrain": SFTConfig, "dpo": DPOConfig}[wanted["objective"]["kind"]]
        script, config, model = TrlParser((ScriptArguments, kind, ModelConfig)).parse_args_and_config(["--config", file.name, "--use_cpu", "true", "--bf16", "false"])[:3]
        text = yaml.safe_load(open(file.name))
    assert config.learning_rate == wanted["optimizer"]["learning_rate"]
    assert config.gradient_accumulation_steps == wanted["run"]["gradient_accumulation"]
    assert config.per_device_train_batch_size == wanted["run"]["batch_size"]
    assert config.warmup_steps == wanted["schedule"]["warmup_ratio"]
    assert config.seed == wanted["run"]["seed"]
    assert script.dataset_name == wanted["data"]["train"][0]
    if model.use_peft:
        assert (model.lora_r, model.lora_alpha) == (wanted["method"]["rank"], wanted["method"]["alpha"])
        assert model.lora_target_modules == wanted["method"]["target_modules"]
    print(f"TRL takes all {len(text)} keys of {recipe}")


main()
