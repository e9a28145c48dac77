#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Trains llama/plain, llama/bf16_biases and llama/tied_llama3_sharded for 20 optimizer steps with PEFT's other methods.

Reads training_rows.json (make_training_parity.py); writes
  methods/<variant>/                 the adapter before the first step, in PEFT's own files; bf16_biases is read as fp32
  methods_expected.json              by variant: the settings in Luthier's names, logits of the adapter opened, the starts that
                                     PEFT's file leaves out (a prefix's projection), per step the loss, logits at the end
"""

import json
import math

from reference import HERE, LLAMA, floats, versions, write_json

import torch
from make_training_parity import PROBE, SETTINGS, save_adapter, train
from peft import IA3Config, LoraConfig, PeftModel, PrefixTuningConfig, PromptTuningConfig, get_peft_model
from transformers import AutoModelForCausalLM
from transformers.utils import logging

FOLDER = HERE / "methods"
KEPT_POSITIONS = 1  # the last sees all before it


def lora(rank=4, **more):
    return LoraConfig(r=rank, lora_alpha=8, lora_dropout=0.0, target_modules=more.pop("targets", ["q_proj", "v_proj"]),
                      task_type="CAUSAL_LM", **more)


# name: (base, configuration, settings here, learning rate)
VARIANTS = {
    "rslora": ("plain", lora(use_rslora=True), {"kind": "lora", "use_rslora": True}, 1e-2),
    "patterns": ("plain", lora(targets=["q_proj", "v_proj", "down_proj"], rank_pattern={"layers.1.self_attn.v_proj": 2,
                                                                                         "down_proj": 3},
                               alpha_pattern={"q_proj": 6}),
                 {"kind": "lora", "target_modules": ["q_proj", "v_proj", "down_proj"],
                  "rank_pattern": ["layers.1.self_attn.v_proj=2", "down_proj=3"], "alpha_pattern": ["q_proj=6"]}, 1e-2),
    "dora": ("plain", lora(use_dora=True, targets=["q_proj", "v_proj", "down_proj"]),
             {"kind": "lora", "use_dora": True, "target_modules": ["q_proj", "v_proj", "down_proj"]}, 1e-2),
    "dora_bias": ("bf16_biases", lora(use_dora=True, bias="lora_only"),
                  {"kind": "lora", "use_dora": True, "bias": "lora_only"}, 1e-2),
    "bias_all": ("bf16_biases", lora(bias="all"), {"kind": "lora", "bias": "all"}, 1e-2),
    "whole": ("plain", lora(modules_to_save=["lm_head", "norm"]),
              {"kind": "lora", "modules_to_save": ["lm_head", "norm"]}, 3e-3),
    "heads": ("plain", lora(targets=["q_proj", "embed_tokens", "lm_head"], rank_pattern={"lm_head": 3}),
              {"kind": "lora", "target_modules": ["q_proj", "embed_tokens", "lm_head"], "rank_pattern": ["lm_head=3"]}, 1e-2),
    "heads_tied": ("tied_llama3_sharded", lora(targets=["v_proj", "embed_tokens"]),
                   {"kind": "lora", "target_modules": ["v_proj", "embed_tokens"]}, 1e-2),
    "tokens": ("plain", lora(targets=["q_proj"], trainable_token_indices=[200, 17, 3]),
               {"kind": "lora", "target_modules": ["q_proj"], "trainable_token_indices": ["200", "17", "3"]}, 1e-2),
    "tokens_tied": ("tied_llama3_sharded", lora(targets=["q_proj"], trainable_token_indices=[200, 17, 3]),
                    {"kind": "lora", "target_modules": ["q_proj"], "trainable_token_indices": ["200", "17", "3"]}, 1e-2),
    "low_bias": ("bf16_biases", lora(lora_bias=True), {"kind": "lora", "lora_bias": True}, 1e-2),
    "ia3": ("plain", IA3Config(target_modules=["k_proj", "v_proj", "down_proj"], feedforward_modules=["down_proj"],
                               task_type="CAUSAL_LM"), {"kind": "ia3"}, 3e-2),
    "ia3_biases": ("bf16_biases", IA3Config(target_modules=["k_proj", "v_proj", "o_proj"], feedforward_modules=["o_proj"],
                                            task_type="CAUSAL_LM"),
                   {"kind": "ia3", "ia3_modules": ["k_proj", "v_proj", "o_proj"], "feedforward_modules": ["o_proj"]}, 3e-2),
    "prompt": ("plain", PromptTuningConfig(num_virtual_tokens=5, task_type="CAUSAL_LM"),
               {"kind": "prompt", "num_virtual_tokens": 5}, 3e-2),
    "prefix": ("plain", PrefixTuningConfig(num_virtual_tokens=5, task_type="CAUSAL_LM"),
               {"kind": "prefix", "num_virtual_tokens": 5}, 3e-2),
    "prefix_projected": ("plain", PrefixTuningConfig(num_virtual_tokens=4, prefix_projection=True, encoder_hidden_size=24,
                                                     task_type="CAUSAL_LM"),
                         {"kind": "prefix", "num_virtual_tokens": 4, "prefix_projection": True, "encoder_hidden_size": 24},
                         1e-2),
}


def base_model(name):
    return AutoModelForCausalLM.from_pretrained(LLAMA / name, dtype=torch.float32, attn_implementation="eager")


def shaken(model):
    """Moves what starts as the base away from it, so that opening it shows something."""
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.requires_grad and "prompt_encoder" not in name:
                parameter.add_(torch.randn_like(parameter) * (0.1 * parameter.abs().mean() + 0.02))


def probe(model):
    model.eval()
    with torch.no_grad():
        return floats(model(torch.tensor([PROBE])).logits[0][-KEPT_POSITIONS:])


def projection(model):
    """The parameters that PEFT evaluates and throws away when it saves."""
    return {name.replace("default.", ""): {"shape": list(value.shape), "values": floats(value.detach().flatten())}
            for name, value in model.named_parameters() if "prompt_encoder.default" in name}


def make(name, rows):
    base, config, settings, rate = VARIANTS[name]
    torch.manual_seed(11)
    model = get_peft_model(base_model(base), config)
    shaken(model)
    projected = getattr(config, "prefix_projection", False)
    start = projection(model) if projected else {}
    logits = probe(model)
    save_adapter(model, FOLDER / name)
    # As opened from PEFT's files, and trained on from there where PEFT can.
    can = not config.is_prompt_learning
    opened = PeftModel.from_pretrained(base_model(base), FOLDER / name, is_trainable=can)
    assert max(abs(a - b) for one, two in zip(probe(opened), logits) for a, b in zip(one, two)) < 1e-5, name
    model = opened if can else model
    trained = train(model, rows, rate)
    return {"base": base, "settings": {"rank": 4, "alpha": 8, "dropout": 0, **settings}, "learning_rate": rate,
            "logits": logits, "projection": start, "losses": [step["loss"] for step in trained["steps"]],
            "undecayed": trained["undecayed"], "end": trained["probe"]["logits"][-KEPT_POSITIONS:]}


def main():
    torch.set_num_threads(1)
    logging.set_verbosity_error()
    FOLDER.mkdir(exist_ok=True)
    rows = json.loads((HERE / "training_rows.json").read_text())["rows"]
    made = {name: make(name, rows) for name in VARIANTS}
    for name, entry in made.items():
        assert all(math.isfinite(loss) for loss in entry["losses"]) and entry["losses"][-1] != entry["losses"][0], name
    write_json(HERE / "methods_expected.json",
               {"made_with": versions(), "settings": SETTINGS, "probe": PROBE, **made})


if __name__ == "__main__":
    main()
