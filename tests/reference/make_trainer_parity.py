#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes trainer_expected.json: the losses of 50 optimizer steps of transformers' own Trainer on llama/plain and the rows of
training_rows.json (in their order, two and a half times), for three recipes: all weights by AdamW under a cosine, a LoRA by LoRA+'s rates
(PEFT's create_loraplus_optimizer), and all weights by Adafactor with label smoothing under an inverse square root.

Reads what make_training_parity.py wrote."""

import json
import tempfile

from reference import HERE, LLAMA, versions, write_json

import torch
from make_training_parity import MODEL, base_model, micro_batch
from peft import PeftModel
from peft.optimizers import create_loraplus_optimizer
from transformers import Trainer, TrainingArguments
from transformers.utils import logging

STEPS = 50

# `recipe` by Luthier's keys.
CASES = {
    "full": {
        "method": "full",
        "recipe": {"optimizer.kind": "adamw", "optimizer.learning_rate": 1e-3, "optimizer.weight_decay": 0.01, "schedule.kind": "cosine",
                   "schedule.warmup_ratio": 0.1, "run.batch_size": 2, "run.gradient_accumulation": 2},
        "arguments": {"optim": "adamw_torch", "lr_scheduler_type": "cosine", "warmup_steps": 5},
    },
    "lora": {
        "method": "lora",
        "recipe": {"optimizer.kind": "adamw", "optimizer.learning_rate": 2e-3, "optimizer.weight_decay": 0.01, "optimizer.lora_plus_ratio": 8,
                   "schedule.kind": "linear", "schedule.warmup_ratio": 0.1, "run.batch_size": 2, "run.gradient_accumulation": 2},
        "arguments": {"lr_scheduler_type": "linear", "warmup_steps": 5},
    },
    "adafactor": {
        "method": "full",
        "recipe": {"optimizer.kind": "adafactor", "optimizer.learning_rate": 2e-3, "optimizer.weight_decay": 0.01, "schedule.kind": "inverse_sqrt",
                   "schedule.warmup_ratio": 0.1, "run.batch_size": 4, "run.gradient_accumulation": 1, "run.label_smoothing_factor": 0.1},
        "arguments": {"optim": "adafactor", "lr_scheduler_type": "inverse_sqrt", "warmup_steps": 5, "label_smoothing_factor": 0.1},
    },
}


class InOrder(Trainer):
    """Rows in their order; keeps what each optimizer step's loss was, unrounded."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.losses = []
        self.rates = []

    def _get_train_sampler(self, *args, **kwargs):
        return torch.utils.data.SequentialSampler(self.train_dataset)

    def training_step(self, model, inputs, *args, **kwargs):
        loss = super().training_step(model, inputs, *args, **kwargs)
        if len(self.losses) == self.state.global_step:
            self.losses.append(0.0)
            self.rates.append(self.lr_scheduler.get_last_lr()[0])
        self.losses[-1] += loss.item()
        return loss


def run(case, rows):
    recipe = case["recipe"]
    with tempfile.TemporaryDirectory() as folder:
        arguments = TrainingArguments(
            output_dir=folder, max_steps=STEPS, per_device_train_batch_size=recipe["run.batch_size"],
            gradient_accumulation_steps=recipe["run.gradient_accumulation"], learning_rate=recipe["optimizer.learning_rate"],
            weight_decay=recipe["optimizer.weight_decay"], max_grad_norm=1.0, report_to=[], save_strategy="no", use_cpu=True, seed=1,
            logging_steps=1, disable_tqdm=True, remove_unused_columns=False, dataloader_pin_memory=False, **case["arguments"])
        model = base_model()
        optimizers = (None, None)
        if case["method"] == "lora":
            model = PeftModel.from_pretrained(model, MODEL / "adapter_start", is_trainable=True)
            optimizer = create_loraplus_optimizer(model, torch.optim.AdamW, lr=recipe["optimizer.learning_rate"],
                                                  loraplus_lr_ratio=recipe["optimizer.lora_plus_ratio"],
                                                  loraplus_weight_decay=recipe["optimizer.weight_decay"], weight_decay=recipe["optimizer.weight_decay"])
            optimizers = (optimizer, None)
        trainer = InOrder(model=model, args=arguments, train_dataset=rows, data_collator=micro_batch, optimizers=optimizers)
        trainer.train()
        return {"method": case["method"], "recipe": recipe, "losses": trainer.losses, "rates": trainer.rates}


def main():
    torch.set_num_threads(1)
    logging.set_verbosity_error()
    rows = json.loads((HERE / "training_rows.json").read_text())["rows"]
    expected = {name: run(case, rows) for name, case in CASES.items()}
    write_json(HERE / "trainer_expected.json", {"made_with": versions(), "steps": STEPS, "cases": expected})


if __name__ == "__main__":
    main()
