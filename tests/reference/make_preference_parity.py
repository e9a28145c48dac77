#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What TRL makes of preferences on llama/plain: every loss with its gradients on one fixed batch, and 20 steps of DPO and of a
reward model with LoRA. Needs trl 1.16 beside requirements.txt.

Reads llama/plain (make_llama_parity.py) and its LoRA folders (make_training_parity.py); writes
  preference_expected.json      rows, per loss its value and gradients, per step loss; rewards at the end
  llama/plain/reward_start/     LoRA with its head (a PEFT folder for sequence classification) before the first step
  llama/plain/reward_end/       the same after the last

Rows are texts of words "t<id>" for a tokenizer that knows just these, so that TRL's own tokenising gives the ids below. TRL
puts the end mark (id 2) behind each answer.
"""

import json
import os
import tempfile

from reference import HERE, LLAMA, floats, versions, write_json

os.environ["TRL_EXPERIMENTAL_SILENCE"] = "1"

import torch
import trl
from datasets import Dataset
from make_training_parity import save_adapter
from peft import LoraConfig, PeftModel, get_peft_model
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification, PreTrainedTokenizerFast
from transformers.utils import logging
from trl import DPOConfig, DPOTrainer, KTOConfig, KTOTrainer, RewardConfig, RewardTrainer
from trl.experimental.cpo import CPOConfig, CPOTrainer
from trl.experimental.orpo import ORPOConfig, ORPOTrainer

MODEL = LLAMA / "plain"
STEPS, BATCH, ACCUMULATION = 20, 2, 2
RATE = 5e-3
FIXED = 4  # pairs of the fixed batch
SHOWN = ["model.embed_tokens.weight", "model.layers.0.self_attn.v_proj.weight", "model.layers.1.mlp.down_proj.weight", "model.norm.weight", "lm_head.weight"]
PAIR_LOSSES = {
    "sigmoid": {"loss_type": ["sigmoid"]},
    "ipo": {"loss_type": ["ipo"]},
    "hinge": {"loss_type": ["hinge"], "beta": 2.0},
    "robust": {"loss_type": ["robust"], "label_smoothing": 0.1},
    "sigmoid_nll": {"loss_type": ["sigmoid", "sft"], "loss_weights": [1.0, 0.5]},
}


def make_rows():
    generator = torch.Generator().manual_seed(21)

    def draw(low, high, count=1):
        return torch.randint(low, high, (count,), generator=generator).tolist()

    rows = []
    for _ in range(STEPS * BATCH * ACCUMULATION):
        prompt = [1] + draw(4, 128, draw(2, 9)[0])
        chosen = [token + 100 for token in prompt[1:]][:draw(2, 8)[0]]
        rejected = draw(4, 250, draw(2, 8)[0])
        rows.append({"prompt": prompt, "chosen": chosen, "rejected": rejected, "margin": draw(0, 4)[0] / 2, "good": bool(draw(0, 2)[0])})
    rows[0]["good"], rows[1]["good"] = True, False
    return rows


def words(ids):
    return " ".join(f"t{token}" for token in ids)


def tokenizer():
    # Marks are found inside of words, too, so they look like none.
    marks = {"<pad>": 0, "</s>": 2, "<unk>": 3}
    words_only = Tokenizer(models.WordLevel({f"t{i}": i for i in range(256) if i not in marks.values()} | marks, unk_token="<unk>"))
    words_only.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    made = PreTrainedTokenizerFast(tokenizer_object=words_only, unk_token="<unk>", eos_token="</s>", pad_token="<pad>")
    assert made("t1 t200 t21</s>")["input_ids"] == [1, 200, 21, 2]
    return made


def pairs_of(rows, margin=False):
    columns = {"prompt": [words(row["prompt"]) + " " for row in rows], "chosen": [words(row["chosen"]) for row in rows],
               "rejected": [words(row["rejected"]) for row in rows]}
    if margin:
        columns["margin"] = [row["margin"] for row in rows]
    return Dataset.from_dict(columns)


def judged_of(rows):
    return Dataset.from_dict({"prompt": [words(row["prompt"]) + " " for row in rows],
                              "completion": [words(row["chosen"] if row["good"] else row["rejected"]) for row in rows],
                              "label": [row["good"] for row in rows]})


def base_model():
    return AutoModelForCausalLM.from_pretrained(MODEL, dtype=torch.float32, attn_implementation="eager")


def policy_model():
    """All weights train, and differ from the reference's."""
    return PeftModel.from_pretrained(base_model(), MODEL / "adapter_end").merge_and_unload().requires_grad_(True)


def common(folder, batch=FIXED, accumulation=1, **more):
    return dict(output_dir=folder, per_device_train_batch_size=batch, gradient_accumulation_steps=accumulation, learning_rate=RATE,
                max_steps=STEPS, logging_steps=1, save_strategy="no", report_to=[], bf16=False, fp16=False, use_cpu=True, seed=1,
                gradient_checkpointing=False, remove_unused_columns=False, dataloader_pin_memory=False,
                train_sampling_strategy="sequential", lr_scheduler_type="linear", warmup_steps=0, weight_decay=0.0, max_grad_norm=1.0) | more


def gradients_of(model):
    parameters = {name: parameter for name, parameter in model.named_parameters() if parameter.grad is not None}
    norm = torch.sqrt(sum((parameter.grad ** 2).sum() for parameter in parameters.values()))
    shown = {name: {"norm": parameters[name].grad.norm().item(), "first": floats(parameters[name].grad.flatten()[-8:])} for name in SHOWN
             if name in parameters}
    return {"norm": norm.item(), "tensors": shown}


def one_batch(trainer):
    batch = next(iter(trainer.get_train_dataloader()))
    trainer.model.train()
    trainer.model.zero_grad()
    loss = trainer.compute_loss(trainer.model, batch)
    loss.backward()
    return {"loss": loss.item(), "gradients": gradients_of(trainer.model)}


def pair_losses(rows, folder):
    found = {}
    for name, settings in PAIR_LOSSES.items():
        trainer = DPOTrainer(policy_model(), base_model(), args=DPOConfig(**common(folder, **settings)), processing_class=tokenizer(),
                             train_dataset=pairs_of(rows[:FIXED]))
        found["dpo_" + name] = one_batch(trainer)
    # TRL has conservative smoothing in CPO, which is DPO with a reference that finds every answer certain.
    settings = dict(loss_type="sigmoid", cpo_alpha=0.0, beta=0.1, label_smoothing=0.1)
    trainer = CPOTrainer(policy_model(), args=CPOConfig(**common(folder, **settings)), processing_class=tokenizer(),
                         train_dataset=pairs_of(rows[:FIXED]))
    found["dpo_conservative"] = one_batch(trainer)
    trainer = ORPOTrainer(policy_model(), args=ORPOConfig(**common(folder, beta=0.3)), processing_class=tokenizer(),
                          train_dataset=pairs_of(rows[:FIXED]))
    found["orpo"] = one_batch(trainer)
    settings = dict(loss_type="simpo", cpo_alpha=0.0, beta=2.5, simpo_gamma=1.375)
    trainer = CPOTrainer(policy_model(), args=CPOConfig(**common(folder, **settings)), processing_class=tokenizer(),
                         train_dataset=pairs_of(rows[:FIXED]))
    found["simpo"] = one_batch(trainer)
    trainer = KTOTrainer(policy_model(), base_model(), args=KTOConfig(**common(folder, desirable_weight=1.5, undesirable_weight=0.75)),
                         processing_class=tokenizer(), train_dataset=judged_of(rows[:FIXED]))
    found["kto"] = one_batch(trainer)
    return found


class Losses:
    """The loss of every step as training saw it, unrounded."""

    def __init__(self, trainer):
        self.steps, self.parts = [], []
        compute = trainer.compute_loss

        def recorded(*args, **kwargs):
            loss = compute(*args, **kwargs)
            self.parts.append(loss.item())
            if len(self.parts) == ACCUMULATION:
                self.steps.append(sum(self.parts) / ACCUMULATION)
                self.parts = []
            return loss

        trainer.compute_loss = recorded


def dpo_steps(rows, folder):
    model = PeftModel.from_pretrained(base_model(), MODEL / "adapter_start", is_trainable=True)
    trainer = DPOTrainer(model, args=DPOConfig(**common(folder, BATCH, ACCUMULATION)), processing_class=tokenizer(),
                         train_dataset=pairs_of(rows))
    losses = Losses(trainer)
    trainer.train()
    norms = [entry["grad_norm"] for entry in trainer.state.log_history if "grad_norm" in entry]
    return {"learning_rate": RATE, "losses": losses.steps, "grad_norms": norms}


def scorer():
    model = AutoModelForSequenceClassification.from_pretrained(MODEL, num_labels=1, dtype=torch.float32, attn_implementation="eager")
    model.config.pad_token_id = 0
    return model


def scores_of(model, rows):
    """Each sequence alone, so that nothing is padded."""
    model.eval()
    with torch.no_grad():
        return [[model(torch.tensor([row["prompt"] + row[side] + [2]])).logits.item() for side in ("chosen", "rejected")] for row in rows]


def reward_steps(rows, folder):
    torch.manual_seed(5)
    config = LoraConfig(r=4, lora_alpha=8, lora_dropout=0.0, target_modules=["q_proj", "v_proj"], task_type="SEQ_CLS")
    model = get_peft_model(scorer(), config)
    save_adapter(model, MODEL / "reward_start")
    start = scores_of(model, rows[:FIXED])
    settings = dict(center_rewards_coefficient=0.01, disable_dropout=True)
    trainer = RewardTrainer(model, args=RewardConfig(**common(folder, BATCH, ACCUMULATION, **settings)), processing_class=tokenizer(),
                            train_dataset=pairs_of(rows, margin=True))
    losses = Losses(trainer)
    trainer.train()
    save_adapter(model, MODEL / "reward_end")
    norms = [entry["grad_norm"] for entry in trainer.state.log_history if "grad_norm" in entry]
    return {"learning_rate": RATE, "center": 0.01, "losses": losses.steps, "grad_norms": norms, "start": start,
            "end": scores_of(model, rows[:FIXED])}


def main():
    torch.set_num_threads(1)
    logging.set_verbosity_error()
    rows = make_rows()
    with tempfile.TemporaryDirectory() as folder:
        batch = pair_losses(rows, folder)
        steps = dpo_steps(rows, folder)
        reward = reward_steps(rows, folder)
    write_json(HERE / "preference_expected.json",
               {"made_with": versions() | {"trl": trl.__version__}, "end": 2, "batch": BATCH, "accumulation": ACCUMULATION, "fixed": FIXED,
                "rows": rows, "losses": batch, "dpo_steps": steps, "reward_steps": reward})


if __name__ == "__main__":
    main()
