#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Trains llama/plain for 20 optimizer steps, all weights and with LoRA, as transformers' Trainer would.

Reads llama/plain (make_llama_parity.py); writes
  training_rows.json                 80 rows {"ids": [...], "labels_from": k}: ids before k are prompt; 4 rows a step in this
                                     order, two micro-batches of 2 rows, right-padded
  llama/plain/adapter_start/         the LoRA weights before the first step
  llama/plain/adapter_end/           the LoRA weights after the last
  training_expected.json             per step loss, gradient norm before clipping, learning rate; logits at the end
"""

import json
import shutil

from reference import HERE, LLAMA, floats, readable, versions, write_json

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from transformers import AutoModelForCausalLM, get_linear_schedule_with_warmup
from transformers.trainer_pt_utils import get_parameter_names
from transformers.utils import logging

MODEL = LLAMA / "plain"
STEPS, ACCUMULATION, BATCH = 20, 2, 2
SETTINGS = {"steps": STEPS, "accumulation": ACCUMULATION, "batch": BATCH, "weight_decay": 0.01, "betas": [0.9, 0.999],
            "epsilon": 1e-8, "schedule": "linear", "warmup_ratio": 0.1, "max_grad_norm": 1.0, "pad_id": 0}
LEARNING_RATES = {"full": 1e-3, "lora": 1e-2}
PROBE = [5, 17, 99, 3, 200, 41, 41, 7, 128, 250, 64, 11]


def make_rows():
    """Rows with something to learn: the answer repeats the prompt, shifted by a constant."""
    generator = torch.Generator().manual_seed(7)

    def draw(low, high, count=1):
        return torch.randint(low, high, (count,), generator=generator).tolist()

    rows = []
    for _ in range(STEPS * ACCUMULATION * BATCH):
        prompt = draw(3, 128, draw(2, 10)[0])
        answer = [token + 100 for token in prompt][:draw(1, 9)[0]]
        rows.append({"ids": [1] + prompt + answer + [2], "labels_from": 1 + len(prompt)})
    return rows


def micro_batch(rows):
    width = max(len(row["ids"]) for row in rows)
    ids = torch.full((len(rows), width), SETTINGS["pad_id"])
    labels = torch.full((len(rows), width), -100)
    mask = torch.zeros((len(rows), width), dtype=torch.long)
    for index, row in enumerate(rows):
        length, start = len(row["ids"]), row["labels_from"]
        ids[index, :length] = torch.tensor(row["ids"])
        labels[index, start:length] = ids[index, start:length]
        mask[index, :length] = 1
    return {"input_ids": ids, "labels": labels, "attention_mask": mask}


def base_model():
    return AutoModelForCausalLM.from_pretrained(MODEL, dtype=torch.float32, attn_implementation="eager")


def start_adapter():
    torch.manual_seed(3)
    config = LoraConfig(r=4, lora_alpha=8, lora_dropout=0.0, target_modules=["q_proj", "v_proj"], bias="none",
                        task_type="CAUSAL_LM")
    save_adapter(get_peft_model(base_model(), config), MODEL / "adapter_start")


def save_adapter(model, folder):
    shutil.rmtree(folder, ignore_errors=True)
    model.save_pretrained(folder)
    (folder / "README.md").unlink(missing_ok=True)
    # The base model's place differs from machine to machine.
    path = folder / "adapter_config.json"
    config = json.loads(path.read_text())
    config["base_model_name_or_path"] = None
    for key in ("target_modules", "feedforward_modules", "modules_to_save"):  # sets, written in any order
        if config.get(key):
            config[key].sort()
    path.write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")
    readable(folder)


def decayed_names(model):
    """Trainer's rule: everything except norms and biases."""
    patterns = [r"bias", r"layernorm", r"rmsnorm", r"(?:^|\.)norm(?:$|\.)", r"_norm(?:$|\.)"]
    return set(get_parameter_names(model, [torch.nn.LayerNorm], patterns))


def optimizer_for(model, learning_rate):
    decayed = decayed_names(model)
    trained = [(name, parameter) for name, parameter in model.named_parameters() if parameter.requires_grad]
    groups = [{"params": [p for name, p in trained if (name in decayed) == decay],
               "weight_decay": SETTINGS["weight_decay"] if decay else 0.0} for decay in (True, False)]
    optimizer = torch.optim.AdamW(groups, lr=learning_rate, betas=(0.9, 0.999), eps=SETTINGS["epsilon"], foreach=False)
    return optimizer, sorted(name for name, _ in trained if name not in decayed)


def train(model, rows, learning_rate):
    model.train()
    optimizer, undecayed = optimizer_for(model, learning_rate)
    schedule = get_linear_schedule_with_warmup(optimizer, int(STEPS * SETTINGS["warmup_ratio"]), STEPS)
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    log = []
    for step in range(STEPS):
        taken = rows[step * ACCUMULATION * BATCH:(step + 1) * ACCUMULATION * BATCH]
        batches = [micro_batch(taken[at:at + BATCH]) for at in range(0, len(taken), BATCH)]
        # The token that a row starts with is never predicted, so counting labels is counting targets.
        trained = sum((batch["labels"] != -100).sum() for batch in batches)
        loss = 0.0
        for batch in batches:
            part = model(**batch, num_items_in_batch=trained).loss
            part.backward()
            loss += part.item()
        norm = torch.nn.utils.clip_grad_norm_(parameters, SETTINGS["max_grad_norm"])
        log.append({"step": step + 1, "loss": loss, "grad_norm": norm.item(),
                    "learning_rate": schedule.get_last_lr()[0], "trained_tokens": trained.item()})
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
    model.eval()
    with torch.no_grad():
        logits = model(torch.tensor([PROBE])).logits[0]
    return {"learning_rate": learning_rate, "steps": log, "undecayed": undecayed,
            "probe": {"ids": PROBE, "logits": floats(logits)}}


def main():
    torch.set_num_threads(1)
    logging.set_verbosity_error()
    rows = make_rows()
    write_json(HERE / "training_rows.json", {"rows_a_step": ACCUMULATION * BATCH, "rows": rows})
    start_adapter()
    full = train(base_model(), rows, LEARNING_RATES["full"])
    adapted = PeftModel.from_pretrained(base_model(), MODEL / "adapter_start", is_trainable=True)
    lora = train(adapted, rows, LEARNING_RATES["lora"])
    save_adapter(adapted, MODEL / "adapter_end")
    write_json(HERE / "training_expected.json",
               {"made_with": versions(), "settings": SETTINGS, "full": full, "lora": lora})


if __name__ == "__main__":
    main()
