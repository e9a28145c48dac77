#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes tiny checkpoints of every family with random weights and what transformers computes with them.

families/<variant>/ is a model folder (config.json, model.safetensors); expected.json beside it holds
  ids, positions, logits  logits at the positions, fp32
  greedy                  64 greedy tokens after the ids, with a cache
  loss, gradients         mean next-token loss of the ids, and its gradient for a few named weights
"""

import json
import shutil

from reference import HERE, floats, readable, versions, write_json

import torch
from transformers import AutoConfig, AutoModelForCausalLM
from transformers.utils import logging

GREEDY = 64
SMALLEST_MARGIN = 1e-3
LENGTH = 24

COMMON = dict(vocab_size=64, hidden_size=32, intermediate_size=48, num_hidden_layers=3, num_attention_heads=4,
              num_key_value_heads=2, max_position_embeddings=128, bos_token_id=1, eos_token_id=2, pad_token_id=None)
LONGROPE = dict(rope_type="longrope", rope_theta=10000.0, short_factor=[1.0, 1.1], long_factor=[2.0, 3.5],
                original_max_position_embeddings=32)

# name, model_type, settings
VARIANTS = [
    ("llama_linear", "llama", dict(rope_parameters=dict(rope_type="linear", rope_theta=10000.0, factor=2.5))),
    ("llama_dynamic", "llama", dict(max_position_embeddings=40, rope_parameters=dict(rope_type="dynamic", rope_theta=10000.0, factor=2.0))),
    ("llama_yarn", "llama", dict(rope_parameters=dict(rope_type="yarn", rope_theta=10000.0, factor=4.0, original_max_position_embeddings=32))),
    ("mistral", "mistral", dict(sliding_window=7, head_dim=12)),
    ("qwen2", "qwen2", dict(tie_word_embeddings=True)),
    ("qwen2_window", "qwen2", dict(use_sliding_window=True, sliding_window=6, max_window_layers=1)),
    ("qwen3", "qwen3", dict(head_dim=12)),
    ("gemma2", "gemma2", dict(head_dim=8, sliding_window=6, query_pre_attn_scalar=12, attn_logit_softcapping=5.0,
                              final_logit_softcapping=3.0)),
    ("gemma3_text", "gemma3_text", dict(head_dim=8, sliding_window=5, query_pre_attn_scalar=12,
                                        layer_types=["sliding_attention", "full_attention", "sliding_attention"])),
    ("phi3", "phi3", dict(sliding_window=9, original_max_position_embeddings=128)),
    ("phi3_longrope", "phi3", dict(partial_rotary_factor=0.5, original_max_position_embeddings=32, rope_parameters=dict(LONGROPE, partial_rotary_factor=0.5))),
    ("olmo2", "olmo2", dict()),
    ("gpt2", "gpt2", {}),
    ("gpt2_by_layer", "gpt2", dict(scale_attn_by_inverse_layer_idx=True, reorder_and_upcast_attn=True)),
    ("gpt2_unscaled", "gpt2", dict(scale_attn_weights=False)),
]
GPT2 = dict(vocab_size=64, n_embd=32, n_layer=3, n_head=4, n_positions=128, bos_token_id=1, eos_token_id=2,
            resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0)


def random_model(model_type, settings, seed):
    fields = dict(GPT2 if model_type == "gpt2" else COMMON, **settings)
    config = AutoConfig.for_model(model_type, **fields)
    config._attn_implementation = "eager"
    model = AutoModelForCausalLM.from_config(config, attn_implementation="eager")
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            if "norm" in name or ".ln_" in name:
                parameter.copy_(parameter + 0.1 * noise)
            elif name.endswith("bias"):
                parameter.copy_(0.1 * noise)
            else:
                parameter.copy_(0.25 * noise)
    return model.eval()


def greedy(model, ids):
    tokens, margin, cache, step = [], float("inf"), None, torch.tensor([ids])
    for _ in range(GREEDY):
        out = model(step, past_key_values=cache, use_cache=True)
        cache = out.past_key_values
        best = out.logits[0, -1].topk(2)
        margin = min(margin, (best.values[0] - best.values[1]).item())
        tokens.append(best.indices[0].item())
        step = torch.tensor([tokens[-1:]])
    return tokens, margin


def distinct_ids(model, seed, length):
    generator = torch.Generator().manual_seed(seed)
    while True:
        ids = torch.randint(3, 64, (length,), generator=generator).tolist()
        tokens, margin = greedy(model, ids)
        if margin >= SMALLEST_MARGIN:
            return ids, tokens


def names_for(model):
    """The first layer's query weight, its last norm, and the last norm of all."""
    names = [name for name, _ in model.named_parameters()]
    query = next(name for name in names if any(part in name for part in ("q_proj.weight", "qkv_proj.weight", "c_attn.weight")))
    down = [name for name in names if "down_proj.weight" in name or "mlp.c_proj.weight" in name][-1]
    norms = [name for name in names if ("norm" in name or "ln_" in name) and name.endswith("weight")]
    return [query, down, norms[0], norms[-1]]


def expected(model, seed):
    # The cached walk of a dynamic rope depends on what one object met before: a text that stays within one table.
    with torch.no_grad():
        ids, tokens = distinct_ids(model, seed, LENGTH)
    model.zero_grad()
    logits = model(torch.tensor([ids])).logits[0]
    loss = torch.nn.functional.cross_entropy(logits[:-1].float(), torch.tensor(ids[1:]))
    loss.backward()
    parameters = dict(model.named_parameters())
    positions = [0, 1, LENGTH // 2, LENGTH - 1]
    return {"ids": ids, "positions": positions, "logits": floats(logits[positions].detach()), "greedy": tokens,
            "loss": loss.item(), "gradients": {name: floats(parameters[name].grad) for name in names_for(model)}}


def main():
    torch.set_num_threads(1)
    logging.set_verbosity_error()
    for index, (name, model_type, settings) in enumerate(VARIANTS):
        folder = HERE / "families" / name
        shutil.rmtree(folder, ignore_errors=True)
        random_model(model_type, settings, index + 1).save_pretrained(folder)
        (folder / "generation_config.json").unlink(missing_ok=True)
        readable(folder)
        model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
        write_json(folder / "expected.json", {"made_with": versions(), **expected(model, index)})
        print(name, json.dumps({k: v for k, v in json.loads((folder / "config.json").read_text()).items()
                                if "rope" in k or "window" in k or k == "layer_types"}))


if __name__ == "__main__":
    main()
