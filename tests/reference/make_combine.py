#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two LoRA adapters of the plain llama base, and what PEFT's add_weighted_adapter makes of them.

Writes combine/first and combine/second (adapter folders) and combine_expected.json: for each row of weights and way of
combining the logits after the last ids of a probe.
"""

import json
import shutil

from reference import HERE, LLAMA, floats, readable, versions, write_json

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from transformers import AutoModelForCausalLM
from transformers.utils import logging

PROBE = [1, 17, 42, 5, 60, 33, 8, 21]
LAST = 2
WEIGHTS = [[0.7, 0.3], [1.0, -0.5]]
ADAPTERS = {
    "first": LoraConfig(r=3, lora_alpha=6, target_modules=["q_proj", "v_proj", "down_proj"], task_type="CAUSAL_LM"),
    "second": LoraConfig(r=3, lora_alpha=4, target_modules=["q_proj", "o_proj"], use_rslora=True, task_type="CAUSAL_LM"),
}


def base():
    return AutoModelForCausalLM.from_pretrained(LLAMA / "plain", dtype=torch.float32, attn_implementation="eager")


def make_adapter(name, config, seed):
    model = get_peft_model(base(), config)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in (p for key, p in model.named_parameters() if "lora_" in key):
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.25)
    folder = HERE / "combine" / name
    shutil.rmtree(folder, ignore_errors=True)
    model.save_pretrained(folder)
    (folder / "README.md").unlink(missing_ok=True)
    path = folder / "adapter_config.json"
    config = json.loads(path.read_text())
    config["base_model_name_or_path"] = ""
    path.write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")
    readable(folder)


def main():
    logging.set_verbosity_error()
    torch.set_num_threads(1)
    for seed, (name, config) in enumerate(ADAPTERS.items()):
        make_adapter(name, config, 100 + seed)
    rows = []
    for weights in WEIGHTS:
        for how, options in {"linear": {}, "cat": {}, "svd": {"svd_rank": 2}}.items():
            model = PeftModel.from_pretrained(base(), HERE / "combine/first", adapter_name="first")
            model.load_adapter(HERE / "combine/second", adapter_name="second")
            model.add_weighted_adapter(["first", "second"], weights, "both", combination_type=how, **options)
            # The new adapter takes over rsLoRA from the first and must be run with the scale that it was made for.
            assert not model.peft_config["both"].use_rslora
            model.set_adapter("both")
            with torch.no_grad():
                logits = model.eval()(torch.tensor([PROBE])).logits[0, -LAST:]
            rows.append({"weights": weights, "how": how, "rank": options.get("svd_rank", 0), "logits": floats(logits)})
    write_json(HERE / "combine_expected.json", {"made_with": versions(), "probe": PROBE, "rows": rows})


if __name__ == "__main__":
    main()
