#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes tiny Llama checkpoints with random weights and what transformers computes with them.

llama/<variant>/ is a model folder; llama/<variant>/expected.json holds
  ids, logits, greedy, logprobs  the longest case, fp32: logits after each id, 32 greedy tokens after the ids (with cache),
                                 logprobs[i] = ln p(ids[i] | ids[<i]), the first is null
  cases                          other lengths: the same keys, logits only at "positions"
  native                         (bf16 variant) logits at "positions" when computed in the checkpoint's own dtype
"""

import json
import shutil

from reference import LLAMA, floats, readable, versions, write_json

import torch
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM, LlamaConfig, LlamaForCausalLM
from transformers.utils import logging

VOCAB = 256
GREEDY = 32
# Greedy text is only comparable where no two candidates are nearly equal.
SMALLEST_MARGIN = 2e-3

COMMON = dict(
    vocab_size=VOCAB, hidden_size=64, intermediate_size=96, num_attention_heads=4, num_key_value_heads=2,
    max_position_embeddings=256, rms_norm_eps=1e-5, bos_token_id=1, eos_token_id=2, pad_token_id=None,
)
LLAMA3 = dict(rope_type="llama3", factor=4.0, low_freq_factor=1.0, high_freq_factor=4.0,
              original_max_position_embeddings=32)

# name, seed, dtype, shards, config, config.json in the spelling before transformers 5
VARIANTS = [
    ("plain", 1, torch.float32, 1,
     dict(num_hidden_layers=2, tie_word_embeddings=False, rope_parameters=dict(rope_type="default", rope_theta=10000.0)),
     False),
    ("tied_llama3_sharded", 2, torch.float32, 3,
     dict(num_hidden_layers=2, tie_word_embeddings=True, head_dim=24,
          rope_parameters=dict(LLAMA3, rope_theta=50000.0)), True),
    ("bf16_biases", 3, torch.bfloat16, 1,
     dict(num_hidden_layers=3, tie_word_embeddings=False, attention_bias=True, mlp_bias=True,
          rope_parameters=dict(rope_type="default", rope_theta=10000.0)), False),
]


def random_model(config, seed):
    generator = torch.Generator().manual_seed(seed)
    model = LlamaForCausalLM(config)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            if "norm" in name:
                parameter.copy_(1 + 0.1 * noise)
            elif name.endswith("bias"):
                parameter.copy_(0.1 * noise)
            else:
                parameter.copy_(0.2 * noise)
    return model


def write_folder(folder, model, dtype, shards, old_spelling):
    shutil.rmtree(folder, ignore_errors=True)
    model.to(dtype).save_pretrained(folder)
    (folder / "generation_config.json").unlink(missing_ok=True)
    if old_spelling:
        path = folder / "config.json"
        config = json.loads(path.read_text())
        rope = config.pop("rope_parameters")
        config["torch_dtype"] = config.pop("dtype")
        config["rope_theta"] = rope.pop("rope_theta")
        config["rope_scaling"] = rope
        path.write_text(json.dumps(config, indent=2) + "\n")
    if shards > 1:
        split(folder, model, shards)
    readable(folder)


def split(folder, model, shards):
    (folder / "model.safetensors").unlink()
    tensors = {name: tensor.contiguous() for name, tensor in model.state_dict().items()
               if not (name == "lm_head.weight" and model.config.tie_word_embeddings)}
    names = list(tensors)
    step = -(-len(names) // shards)
    weight_map = {}
    for index in range(shards):
        part = names[index * step:(index + 1) * step]
        file = f"model-{index + 1:05d}-of-{shards:05d}.safetensors"
        save_file({name: tensors[name] for name in part}, folder / file, metadata={"format": "pt"})
        weight_map.update({name: file for name in part})
    size = sum(tensor.numel() * tensor.element_size() for tensor in tensors.values())
    index = {"metadata": {"total_size": size}, "weight_map": dict(sorted(weight_map.items()))}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index, indent=2) + "\n")


def load(folder, dtype):
    return AutoModelForCausalLM.from_pretrained(folder, dtype=dtype, attn_implementation="eager").eval()


def greedy(model, ids):
    """Argmax with a cache; returns the tokens and the smallest lead over the second candidate."""
    tokens, margin, cache, step = [], float("inf"), None, torch.tensor([ids])
    for _ in range(GREEDY):
        out = model(step, past_key_values=cache, use_cache=True)
        cache = out.past_key_values
        best = out.logits[0, -1].topk(2)
        margin = min(margin, (best.values[0] - best.values[1]).item())
        tokens.append(best.indices[0].item())
        step = torch.tensor([tokens[-1:]])
    return tokens, margin


def case(model, ids, positions):
    logits = model(torch.tensor([ids])).logits[0]
    logprobs = torch.log_softmax(logits.double(), -1)
    tokens, margin = greedy(model, ids)
    values = [None] + [logprobs[i - 1, ids[i]].item() for i in range(1, len(ids))]
    return {"ids": ids, "positions": positions, "logits": floats(logits[positions]), "greedy": tokens,
            "logprobs": values}, margin


def sequences(model, seed):
    """Random ids whose greedy text has no near ties: 40 ids, 1 id, 17 ids."""
    generator = torch.Generator().manual_seed(seed)
    found = []
    for length in (40, 1, 17):
        while True:
            ids = torch.randint(3, VOCAB, (length,), generator=generator).tolist()
            if greedy(model, ids)[1] >= SMALLEST_MARGIN:
                found.append(ids)
                break
    return found


@torch.no_grad()
def main():
    torch.set_num_threads(1)
    logging.set_verbosity_error()
    for name, seed, dtype, shards, fields, old_spelling in VARIANTS:
        folder = LLAMA / name
        write_folder(folder, random_model(LlamaConfig(**COMMON, **fields), seed), dtype, shards, old_spelling)
        model = load(folder, torch.float32)
        longest, *others = sequences(model, seed)
        main_case, margin = case(model, longest, list(range(len(longest))))
        main_case.pop("positions")
        expected = {"made_with": versions(), "smallest_margin": margin, **main_case}
        expected["cases"] = [case(model, ids, sorted({0, len(ids) // 2, len(ids) - 1}))[0] for ids in others]
        if dtype != torch.float32:
            positions = [0, 20, 39]
            logits = load(folder, dtype)(torch.tensor([longest])).logits[0]
            expected["native"] = {"dtype": str(dtype).removeprefix("torch."), "positions": positions,
                                  "logits": floats(logits[positions])}
        write_json(folder / "expected.json", expected)


if __name__ == "__main__":
    main()
