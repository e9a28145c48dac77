#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes adapters as PEFT saves them where more than projections is trained, and what PEFT computes with them.

adapter_kinds/<kind>/ is an adapter of families/qwen2, whose head is its embedding and whose q, k and v have biases;
adapter_kinds.json holds for each kind the log-probability of every next token of the ids. Kinds whose name begins with "named"
are the first one under the names that wrappers and raw states of modules give it.
"""

import json
import shutil

from reference import HERE, floats, readable, versions, write_json

import torch
from peft import LoraConfig, get_peft_model
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM
from transformers.utils import logging

IDS = [1, 5, 9, 3, 60, 20, 30, 11, 5, 42, 7, 2]
KINDS = {
    "plain": dict(target_modules=["q_proj", "down_proj"]),
    "heads": dict(target_modules=["q_proj", "lm_head", "embed_tokens"]),
    "tokens": dict(target_modules=["q_proj"], trainable_token_indices=[3, 5, 9]),
    "tokens_by_module": dict(target_modules=["q_proj"], trainable_token_indices={"embed_tokens": [3, 5]}),
    "saved_embedding": dict(target_modules=["q_proj"], modules_to_save=["embed_tokens"]),
    "saved_both": dict(target_modules=["q_proj"], modules_to_save=["embed_tokens", "lm_head"]),
    "saved_tied": dict(target_modules=["q_proj"], modules_to_save=["embed_tokens"], ensure_weight_tying=True),
    "biases": dict(target_modules=["q_proj", "v_proj", "o_proj"], lora_bias=True),
}
NAMES = {
    "named_compiled": lambda key: key.replace("base_model.model.", "base_model.model._orig_mod.", 1),
    "named_parallel": lambda key: "module." + key,
    "named_raw": lambda key: key.replace("lora_A.weight", "lora_A.default.weight").replace("lora_B.weight", "lora_B.default.weight"),
    "named_bare": lambda key: key.replace("base_model.model.", "", 1),
}


def tidy(folder):
    (folder / "README.md").unlink(missing_ok=True)
    path = folder / "adapter_config.json"
    config = json.loads(path.read_text())
    config["base_model_name_or_path"] = ""
    path.write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")
    readable(folder)


def main():
    logging.set_verbosity_error()
    torch.set_num_threads(1)
    rows = {}
    for kind, settings in KINDS.items():
        torch.manual_seed(11)
        base = AutoModelForCausalLM.from_pretrained(HERE / "families/qwen2", dtype=torch.float32, attn_implementation="eager")
        model = get_peft_model(base, LoraConfig(r=2, lora_alpha=3, lora_dropout=0, task_type="CAUSAL_LM", **settings))
        with torch.no_grad():
            for parameter in model.parameters():
                if parameter.requires_grad:
                    parameter.add_(0.2 * torch.randn_like(parameter))
            logits = model.eval()(torch.tensor([IDS])).logits[0].double()
        folder = HERE / "adapter_kinds" / kind
        shutil.rmtree(folder, ignore_errors=True)
        model.save_pretrained(folder)
        tidy(folder)
        chosen = torch.log_softmax(logits, -1)[range(len(IDS) - 1), IDS[1:]]
        rows[kind] = floats(chosen)
    for kind, rename in NAMES.items():
        folder = HERE / "adapter_kinds" / kind
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(HERE / "adapter_kinds/plain", folder)
        tensors = load_file(folder / "adapter_model.safetensors")
        save_file({rename(key): tensor for key, tensor in tensors.items()}, folder / "adapter_model.safetensors")
        readable(folder)
        rows[kind] = rows["plain"]
    write_json(HERE / "adapter_kinds.json", {"made_with": versions(), "ids": IDS, "logprobs": rows})


if __name__ == "__main__":
    main()
