#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes llama/plain as transformers and bitsandbytes keep it in 4 bits, and what its numbers compute.

quantised/<variant>/          model folder: NF4 doubly quantised; FP4 with plain constants and one projection left out
quantised/expected.json       for each variant ids and the logits of the dequantised model in fp32;
                              "qlora": twenty steps of a LoRA of PEFT's on the dequantised NF4 weights, as in
                              make_training_parity.py (rows, settings and adapter are that script's)

As in make_quant.py the plain kernels of bitsandbytes are taken; its native CPU kernel also needs rows of whole blocks, which
the 96 columns here are not.
"""

import ctypes
import json
import shutil


def _no_library(*_args, **_kwargs):
    raise OSError("the plain kernels are wanted")


ctypes.cdll.LoadLibrary = _no_library

from reference import HERE, LLAMA, floats, readable, versions, write_json

import torch
from bitsandbytes import functional
from bitsandbytes.nn import Linear4bit
from peft import PeftModel
from transformers import AutoModelForCausalLM, BitsAndBytesConfig
from transformers.utils import logging

import make_training_parity as training

IDS = [5, 17, 99, 3, 200, 41, 41, 7, 128, 250, 64, 11]
VARIANTS = {
    "nf4": dict(bnb_4bit_quant_type="nf4", bnb_4bit_use_double_quant=True),
    "fp4": dict(bnb_4bit_quant_type="fp4", bnb_4bit_use_double_quant=False,
                llm_int8_skip_modules=["lm_head", "model.layers.1.self_attn.k_proj"]),
}


def write_folder(name, settings):
    folder = HERE / "quantised" / name
    shutil.rmtree(folder, ignore_errors=True)
    config = BitsAndBytesConfig(load_in_4bit=True, bnb_4bit_compute_dtype=torch.float32, **settings)
    model = AutoModelForCausalLM.from_pretrained(LLAMA / "plain", dtype=torch.float32, quantization_config=config,
                                                 device_map="cpu")
    model.save_pretrained(folder)
    (folder / "generation_config.json").unlink(missing_ok=True)
    readable(folder)
    return model


def dequantised(model):
    plain = AutoModelForCausalLM.from_pretrained(LLAMA / "plain", dtype=torch.float32, attn_implementation="eager")
    with torch.no_grad():
        count = 0
        for path, module in model.named_modules():
            if isinstance(module, Linear4bit):
                target = plain.get_submodule(path).weight
                target.copy_(functional.dequantize_4bit(module.weight.data, module.weight.quant_state).view(target.shape))
                count += 1
    print(count, "projections in 4 bits")
    return plain


def main():
    torch.set_num_threads(1)
    logging.set_verbosity_error()
    expected = {"made_with": versions()}
    for name, settings in VARIANTS.items():
        plain = dequantised(write_folder(name, settings))
        with torch.no_grad():
            expected[name] = {"ids": IDS, "logits": floats(plain(torch.tensor([IDS])).logits[0])}
        if name == "nf4":
            adapted = PeftModel.from_pretrained(plain, LLAMA / "plain" / "adapter_start", is_trainable=True)
            rows = json.loads((HERE / "training_rows.json").read_text())["rows"]
            qlora = training.train(adapted, rows, training.LEARNING_RATES["lora"])
    expected["settings"] = training.SETTINGS
    expected["qlora"] = qlora
    write_json(HERE / "quantised" / "expected.json", expected)


if __name__ == "__main__":
    main()
