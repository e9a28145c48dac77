#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Trains tiny random models of every family with Luthier and opens what it writes as other people would.

    check_exports.py LUTHIER [--families llama,gemma3,...] [--keep DIR]

LUTHIER is the program. For each family: a base without a chat template whose end of a text is not ChatML's end of a turn, a few
steps of LoRA, also on embedding and head, with rows of single tokens and with biases of its own, of all weights, and of an
embedding that is tied; then `merge`, `export --to hf`, `--to adapter`, `--to gguf`.
Compared with one another: log-probabilities of a text by `luthier score` on base and adapter, by PEFT on base and adapter, by
transformers on the merged folder and on the one with all weights trained. No tensor may be missing or left over, the chosen
template must be there and its end must stop. GGUF files are opened by llama.cpp (xllamacpp) where that is installed.
Exit code 1 when something differs; one line each.
"""

import argparse
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

from reference import HERE  # sets up the surroundings

import torch
from peft import PeftModel
from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForImageTextToText, AutoTokenizer, GenerationConfig
from transformers.utils import logging

try:
    import xllamacpp
except ImportError:
    xllamacpp = None

LIMIT = 2e-4
LIMIT_GGUF = 0.15  # llama.cpp rounds activations where weights are rounded
TEXT = "The river rose in the night, and the geese had found it."
SMALL = dict(hidden_size=64, intermediate_size=96, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
             max_position_embeddings=256, pad_token_id=None)
VISION = dict(hidden_size=32, intermediate_size=48, num_hidden_layers=1, num_attention_heads=2, image_size=28, patch_size=14)
GPT2 = dict(n_embd=64, n_layer=2, n_head=4, n_positions=256, resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0)
FAMILIES = {
    "llama": dict(tie_word_embeddings=True),
    "mistral": dict(head_dim=16),
    "qwen2": dict(tie_word_embeddings=True),
    "qwen3": dict(head_dim=16),
    "gemma2": dict(head_dim=16, query_pre_attn_scalar=16, sliding_window=64),
    "gemma3_text": dict(head_dim=16, query_pre_attn_scalar=16, sliding_window=64),
    "gemma3": dict(head_dim=16, query_pre_attn_scalar=16, sliding_window=64),
    "phi3": dict(original_max_position_embeddings=256),
    "olmo2": {},
    "gpt2": None,
}


class Checker:
    def __init__(self, program, folder):
        self.program, self.folder, self.failed = program, folder, False

    def luthier(self, *words):
        done = subprocess.run([self.program, *map(str, words), "--json", "--quiet", "--device", "cpu", "--dtype", "fp32"],
                              capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(f"luthier {words[0]}: {done.stderr.strip()}")
        return [json.loads(line) for line in done.stdout.splitlines()]

    def say(self, family, what, good, detail=""):
        self.failed = self.failed or not good
        print(f"{'ok  ' if good else 'FAIL'} {family:12} {what:42} {detail}", flush=True)

    def near(self, family, what, a, b, limit=LIMIT):
        difference = max(abs(x - y) for x, y in zip(a, b))
        self.say(family, what, len(a) == len(b) and difference <= limit, f"{difference:.2g}")


def make_base(family, folder):
    folder.mkdir(parents=True)
    shutil.copy(HERE / "tokenizers/qwen2.json", folder / "tokenizer.json")
    tokens = {token["content"]: token["id"] for token in json.loads((folder / "tokenizer.json").read_text())["added_tokens"]}
    end = tokens["<|endoftext|>"]
    (folder / "tokenizer_config.json").write_text(json.dumps(
        {"tokenizer_class": "PreTrainedTokenizerFast", "bos_token": "<|endoftext|>", "eos_token": "<|endoftext|>"}))
    vocab = len(AutoTokenizer.from_pretrained(folder))
    ends = dict(vocab_size=vocab, bos_token_id=end, eos_token_id=end)
    if family == "gemma3":
        config = AutoConfig.for_model("gemma3", text_config=dict(SMALL, **FAMILIES[family], **ends), vision_config=VISION,
                                      mm_tokens_per_image=4, image_token_index=1, boi_token_index=2, eoi_token_index=3, **{k: end for k in ("bos_token_id", "eos_token_id")})
        model = AutoModelForImageTextToText.from_config(config)
    else:
        fields = dict(GPT2, **ends) if FAMILIES[family] is None else dict(SMALL, **FAMILIES[family], **ends)
        model = AutoModelForCausalLM.from_config(AutoConfig.for_model(family, **fields))
    generator = torch.Generator().manual_seed(7)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            parameter.copy_(parameter + 0.1 * noise if "norm" in name or ".ln_" in name else 0.15 * noise)
    model.generation_config = GenerationConfig(bos_token_id=end, eos_token_id=end)
    model.save_pretrained(folder)
    return tokens["<|im_end|>"], end


def open_in_transformers(folder):
    config = AutoConfig.from_pretrained(folder)
    kind = AutoModelForImageTextToText if config.model_type == "gemma3" else AutoModelForCausalLM
    model, info = kind.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager", output_loading_info=True)
    odd = {key: sorted(map(str, value)) for key, value in info.items() if value}
    return model.eval(), odd


def log_probs(model, ids):
    with torch.no_grad():
        logits = model(input_ids=torch.tensor([ids])).logits[0].double()
    rows = torch.log_softmax(logits, -1)
    return [rows[i, ids[i + 1]].item() for i in range(len(ids) - 1)]


def recipe(base, rows, out, method):
    path = out.with_suffix(".json")
    path.write_text(json.dumps({
        "model": {"path": str(base), "chat_template": "chatml", "device": "cpu", "dtype": "fp32"},
        "data": {"train": [str(rows)], "max_length": 64}, "method": method,
        "optimizer": {"learning_rate": 5e-3}, "run": {"epochs": 2, "batch_size": 2, "threads": 1}}))
    return path


def check_family(check, family):
    home = check.folder / family
    base = home / "base"
    mark, end = make_base(family, base)
    rows = home / "rows.jsonl"
    rows.write_text("".join(json.dumps({"instruction": f"What is {i}?", "output": f"It is {i} and a bit."}) + "\n" for i in range(6)))
    ids = AutoTokenizer.from_pretrained(base)(TEXT)["input_ids"]
    numbers = ",".join(map(str, ids))
    projections = ["all-linear"]
    embedding = "wte" if family == "gpt2" else "embed_tokens"
    trainings = {
        "lora": {"kind": "lora", "rank": 4, "dropout": 0, "target_modules": projections},
        "saved": {"kind": "lora", "rank": 4, "dropout": 0, "target_modules": projections,
                  "modules_to_save": [embedding, "lm_head"]},
        "heads": {"kind": "lora", "rank": 4, "dropout": 0, "target_modules": projections + [embedding, "lm_head"]},
        "tokens": {"kind": "lora", "rank": 4, "dropout": 0, "target_modules": projections, "trainable_token_indices": ["<|im_end|>", "5", "6"]},
        "full": {"kind": "full"},
    }
    if family == "qwen2":
        trainings["biases"] = {"kind": "lora", "rank": 4, "dropout": 0, "target_modules": ["q_proj", "v_proj"], "lora_bias": True}

    def score(*words):
        return check.luthier("score", *words, "--ids", numbers)[0]["logprobs"][1:]

    def template_and_end(folder, what):
        tokenizer = AutoTokenizer.from_pretrained(folder)
        text = tokenizer.apply_chat_template([{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Ho"}], tokenize=False)
        ends = GenerationConfig.from_pretrained(folder).eos_token_id
        ends = ends if isinstance(ends, list) else [ends]
        check.say(family, what + ": template and ends", text.endswith("Ho<|im_end|>\n") and {mark, end} <= set(ends), str(ends))

    for name, method in trainings.items():
        out = home / f"run-{name}"
        try:
            check.luthier("tune", recipe(base, rows, out, method), "--out", out)
        except RuntimeError as problem:
            check.say(family, f"{name}: trains", False, str(problem)[:300])
            continue
        if name == "full":
            model, odd = open_in_transformers(out / "model")
            check.say(family, "full: every tensor has its place", not odd, str(odd)[:200] if odd else "")
            check.near(family, "full: transformers and luthier", log_probs(model, ids), score("--model", out / "model"))
            template_and_end(out / "model", "full")
            continue
        adapter = out / "adapter"
        live = score("--model", base, "--adapter", adapter)
        check.say(family, f"{name}: the adapter does something", max(abs(a - b) for a, b in zip(live, score("--model", base))) > 0.01)
        check.luthier("export", "--model", base, "--adapter", adapter, "--to", "adapter", "--out", home / f"{name}-adapter")
        adapted, _ = open_in_transformers(base)
        opened = PeftModel.from_pretrained(adapted, home / f"{name}-adapter")
        check.near(family, f"{name}: PEFT and luthier", log_probs(opened.eval(), ids), live)
        merged = home / f"{name}-merged"
        try:
            check.luthier("merge", "--model", base, "--adapter", adapter, "--type", "f32", "--out", merged)
        except RuntimeError as problem:
            check.say(family, f"{name}: merges", False, str(problem)[:300])
            continue
        model, odd = open_in_transformers(merged)
        check.say(family, f"{name}: every tensor has its place", not odd, str(odd)[:200] if odd else "")
        check.near(family, f"{name}: merged in transformers and luthier", log_probs(model, ids), live)
        template_and_end(merged, f"{name} merged")
        if family == "gemma3":
            first, second = (dict(open_in_transformers(f)[0].named_parameters()) for f in (base, merged))
            towers = [key for key in first if "vision" in key or "projector" in key]
            check.say(family, f"{name}: what sees is unchanged", bool(towers) and all(torch.equal(first[k], second[k]) for k in towers), f"{len(towers)} tensors")
        for kind in ("f16", "q8_0", "q4_0") if name in ("lora", "saved") else ("f16",):
            file = home / f"{name}-{kind}.gguf"
            try:
                proof = check.luthier("export", "--model", base, "--adapter", adapter, "--to", "gguf", "--type", kind, "--out", file)[0]["proof"]
            except RuntimeError as problem:
                # llama.cpp knows no gemma2 with a head of its own.
                check.say(family, f"{name}: {kind}", family == "gemma2" and name != "lora" and "export it as hf" in str(problem), str(problem)[:200])
                continue
            check.say(family, f"{name}: {kind} holds", proof["holds"], f"{proof['max_difference']:.2g}")
            if xllamacpp:
                check_gguf(check, family, f"{name} {kind}", file, check.luthier("score", "--model", file, "--ids", numbers)[0]["logprobs"][1:], ids, mark)


def check_gguf(check, family, what, file, wanted, ids, mark):
    params = xllamacpp.CommonParams()
    params.model.path = str(file)
    params.n_ctx = 256
    params.warmup = False
    params.verbosity = -1
    params.cpuparams.n_threads = 1
    server = xllamacpp.Server(params)

    def ask(**words):
        answer = server.handle_completions({"n_predict": 1, "temperature": 0.0, "cache_prompt": False, **words})
        return (answer if isinstance(answer, dict) else json.loads(answer))["choices"][0]

    # Made to choose what comes after three beginnings of the text, it tells how likely that was.
    worst = 0.0
    for i in (1, len(ids) // 2, len(ids) - 1):
        chosen = ask(prompt=ids[:i], n_probs=1, logit_bias=[[ids[i], 1000.0]])["logprobs"]["content"][0]
        worst = max(worst, abs(chosen["logprob"] - wanted[i - 1]) if chosen["id"] == ids[i] else float("inf"))
    check.say(family, f"{what}: llama.cpp and luthier", worst < LIMIT_GGUF, f"{worst:.2g}")
    # Made to choose the mark, it must stop there.
    ended = ask(prompt=ids, n_predict=4, logit_bias=[[mark, 1000.0]])
    check.say(family, f"{what}: llama.cpp stops at the mark", ended["finish_reason"] == "stop" and ended["text"] == "", str(ended["finish_reason"]))
    talk = server.handle_chat_completions({"messages": [{"role": "user", "content": "Hi"}], "max_tokens": 4, "logit_bias": [[mark, 1000.0]]})
    talk = talk if isinstance(talk, dict) else json.loads(talk)
    told = talk.get("choices", [{}])[0].get("finish_reason")
    check.say(family, f"{what}: llama.cpp chats by the template", told == "stop" and talk["usage"]["prompt_tokens"] > 5, f"{told}, {talk.get('usage', {}).get('prompt_tokens')} tokens")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("luthier", type=pathlib.Path)
    parser.add_argument("--families", default=",".join(FAMILIES))
    parser.add_argument("--keep", type=pathlib.Path)
    arguments = parser.parse_args()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as temporary:
        check = Checker(arguments.luthier.resolve(), arguments.keep or pathlib.Path(temporary))
        for family in arguments.families.split(","):
            try:
                check_family(check, family)
            except Exception as problem:  # the other families still count
                check.say(family, "stopped", False, f"{type(problem).__name__}: {str(problem)[:300]}")
    return 1 if check.failed else 0


if __name__ == "__main__":
    sys.exit(main())
