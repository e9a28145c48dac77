#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes lora_starts.json: what PEFT's PiSSA and OLoRA begin with on llama/plain (s B A of each adapted projection, every 37th number), and
the losses of 20 steps from there on the rows of training_rows.json, all of it by the loop of make_training_parity.py; and the directions,
ranks and losses of its EVA on the batches of those steps, with ranks as they were asked for (rho 1) and dealt out (rho 2).

Factors are alike up to signs, so products are compared; EVA's directions as they are, since their signs are a matter of the method.
PEFT decomposes each batch by a random projection; which batch is the last then depends on the draw (another seed: directions 0.18 apart), so
its whole decomposition is used here."""

from reference import HERE, floats, versions, write_json

import json

import torch
from make_training_parity import BATCH, base_model, micro_batch, train
import peft.tuners.lora.eva as eva
from peft import EvaConfig, LoraConfig, get_peft_model, initialize_lora_eva_weights
from transformers.utils import logging

STRIDE = 37
RATE = 2e-3
EVA_TARGETS = ["q_proj", "v_proj", "o_proj", "up_proj", "down_proj"]


def run(how, rows):
    torch.manual_seed(3)
    config = LoraConfig(r=4, lora_alpha=8, lora_dropout=0.0, target_modules=["q_proj", "v_proj"], bias="none", task_type="CAUSAL_LM",
                        init_lora_weights=how)
    model = get_peft_model(base_model(), config)
    products = {}
    for name, module in model.named_modules():
        if hasattr(module, "lora_A") and "default" in getattr(module, "lora_A"):
            product = module.scaling["default"] * module.lora_B["default"].weight @ module.lora_A["default"].weight
            products[name.removeprefix("base_model.model.")] = floats(product.detach().flatten()[::STRIDE])
    log = train(model, rows, RATE)
    return {"products": products, "losses": [step["loss"] for step in log["steps"]]}


class WholePCA(eva.IncrementalPCA):
    def __init__(self, n_components, **_):
        super().__init__(n_components=n_components, copy=True)


def run_eva(rho, rows):
    eva.IncrementalPCA = WholePCA
    torch.manual_seed(3)
    config = LoraConfig(r=4, lora_alpha=8, lora_dropout=0.0, target_modules=EVA_TARGETS, bias="none", task_type="CAUSAL_LM",
                        init_lora_weights="eva", eva_config=EvaConfig(rho=rho))
    model = get_peft_model(base_model(), config)
    batches = [micro_batch(rows[at:at + BATCH]) for at in range(0, len(rows), BATCH)]
    initialize_lora_eva_weights(model, batches, show_progress_bar=False)
    directions = {}
    for name, module in model.named_modules():
        if hasattr(module, "lora_A") and "default" in getattr(module, "lora_A"):
            directions[name.removeprefix("base_model.model.")] = {
                "rank": module.r["default"], "scale": module.scaling["default"], "a": floats(module.lora_A["default"].weight.detach().flatten())}
    log = train(model, rows, RATE)
    return {"rho": rho, "targets": EVA_TARGETS, "directions": directions, "losses": [step["loss"] for step in log["steps"]]}


def main():
    torch.set_num_threads(1)
    logging.set_verbosity_error()
    rows = json.loads((HERE / "training_rows.json").read_text())["rows"]
    write_json(HERE / "lora_starts.json", {"made_with": versions(), "stride": STRIDE, "rank": 4, "alpha": 8, "learning_rate": RATE,
                                           "starts": {how: run(how, rows) for how in ("pissa", "olora")},
                                           "eva": [run_eva(rho, rows) for rho in (1.0, 2.0)]})


if __name__ == "__main__":
    main()
