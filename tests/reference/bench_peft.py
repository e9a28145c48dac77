#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""How fast one LoRA training step runs with transformers and PEFT: the peer that `luthier bench step` is set beside.

Random weights, random tokens, LoRA of rank 16, alpha 32 and, as in `luthier bench step`, no dropout unless asked, forward,
loss, backward, clipping at 1.0, AdamW (fused). The model is kept in --dtype; PEFT keeps the adapters in fp32 unless
--adapter-dtype base. --method qlora takes bitsandbytes: NF4, double quantisation, its paged 8-bit AdamW; the peak there
is counted from the first step on, without the making of the codes.
Under torchrun each rank takes --batch rows, first alone and then through DistributedDataParallel, as Trainer has it: tokens_per_second is
that of all of them, alone that of one while the others do the same (the slowest counts).
Prints one JSON object; tokens_per_second is of the median step. Runs with transformers 5.17 or later, torch 2.11 or later.
"""

import argparse
import json
import os
import pathlib
import statistics
import time

os.environ["HF_HUB_OFFLINE"] = "1"

import peft
import torch
import transformers

# Shapes of models that people know, as `luthier bench --preset` has them.
PRESETS = {
    "tiny": dict(vocab_size=4096, hidden_size=256, intermediate_size=704, num_hidden_layers=8, num_attention_heads=8,
                 num_key_value_heads=4, head_dim=32, max_position_embeddings=1024, tie_word_embeddings=True),
    "135m": dict(vocab_size=49152, hidden_size=576, intermediate_size=1536, num_hidden_layers=30, num_attention_heads=9,
                 num_key_value_heads=3, head_dim=64, max_position_embeddings=2048, tie_word_embeddings=True),
    "1b": dict(vocab_size=128256, hidden_size=2048, intermediate_size=8192, num_hidden_layers=16, num_attention_heads=32,
               num_key_value_heads=8, head_dim=64, max_position_embeddings=131072, tie_word_embeddings=True),
    "8b": dict(vocab_size=128256, hidden_size=4096, intermediate_size=14336, num_hidden_layers=32, num_attention_heads=32,
               num_key_value_heads=8, head_dim=128, max_position_embeddings=131072, tie_word_embeddings=False),
}
TARGETS = {"qv": ["q_proj", "v_proj"], "all": "all-linear"}
DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


def synchronise(device):
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def matmul_tflops(device, dtype):
    """Median of matrix products of random normal data for half a second; the ceiling that shares are taken of."""
    size = 8192 if device.type == "cuda" else 1024
    a, b = (torch.randn(size, size, device=device).to(dtype) for _ in range(2))
    out = torch.empty(size, size, device=device, dtype=dtype)
    times, begin = [], time.perf_counter()
    while len(times) < 7 or time.perf_counter() - begin < 0.6:
        start = time.perf_counter()
        torch.mm(a, b, out=out)
        synchronise(device)
        times.append(time.perf_counter() - start)
    return 2 * size**3 / statistics.median(times[2:]) / 1e12


def reset_peak(device):
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
        return
    try:
        pathlib.Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        pass


def peak_bytes(device):
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    for line in pathlib.Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0


def in_codes(model):
    """Every projection of a layer in 4-bit codes, one by one."""
    import bitsandbytes

    for name, module in list(model.named_modules()):
        if not isinstance(module, torch.nn.Linear) or name.endswith("lm_head"):
            continue
        coded = bitsandbytes.nn.Linear4bit(module.in_features, module.out_features, bias=False, compute_dtype=torch.bfloat16,
                                           compress_statistics=True, quant_type="nf4", device="meta")
        coded.weight = bitsandbytes.nn.Params4bit(module.weight.data.cpu(), requires_grad=False, compress_statistics=True,
                                                  quant_type="nf4").to(module.weight.device)
        parent, _, last = name.rpartition(".")
        setattr(model.get_submodule(parent), last, coded)
    model.is_loaded_in_4bit = True
    return model


def make_model(arguments, device, dtype):
    fields = dict(PRESETS[arguments.preset], rms_norm_eps=1e-5, bos_token_id=1, eos_token_id=2)
    if arguments.config:
        fields = json.loads(arguments.config if arguments.config.lstrip().startswith("{")
                            else pathlib.Path(arguments.config).read_text())
    model_type = fields.pop("model_type", "llama")
    config = transformers.AutoConfig.for_model(model_type, **fields)
    torch.manual_seed(42)
    with torch.device(device):
        model = transformers.AutoModelForCausalLM.from_config(config, dtype=dtype)
    model.config.use_cache = False
    if arguments.method == "qlora":
        model = peft.prepare_model_for_kbit_training(in_codes(model), use_gradient_checkpointing=arguments.checkpointing,
                                                     gradient_checkpointing_kwargs={"use_reentrant": False})
        torch.cuda.empty_cache()
        reset_peak(device)
    elif arguments.checkpointing:
        model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
        model.enable_input_require_grads()
    if arguments.method == "full":
        return model.train()
    lora = peft.LoraConfig(r=16, lora_alpha=32, lora_dropout=arguments.dropout, target_modules=TARGETS[arguments.targets],
                           task_type="CAUSAL_LM")
    return peft.get_peft_model(model, lora, autocast_adapter_dtype=arguments.adapter_dtype == "fp32").train()


def step_times(model, arguments, device):
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    if arguments.method == "qlora":
        import bitsandbytes

        optimizer = bitsandbytes.optim.PagedAdamW8bit(trained, lr=1e-4, weight_decay=0.01)
    else:
        optimizer = torch.optim.AdamW(trained, lr=1e-4, weight_decay=0.01, fused=True)
    vocab = getattr(model, "module", model).get_input_embeddings().num_embeddings
    ids = torch.randint(vocab, (arguments.batch, arguments.length), device=device)
    times = []
    for index in range(arguments.warmup + arguments.steps):
        start = time.perf_counter()
        loss = model(input_ids=ids, labels=ids).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        synchronise(device)
        if index >= arguments.warmup:
            times.append(time.perf_counter() - start)
    return times, loss.item(), sum(parameter.numel() for parameter in trained)


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--preset", choices=PRESETS, default="tiny")
    parser.add_argument("--config", help="fields of a config.json, as JSON or as a file, instead of a preset")
    parser.add_argument("--method", choices=["lora", "qlora", "full"], default="lora")
    parser.add_argument("--targets", choices=TARGETS, default="qv")
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--length", type=int, default=512)
    parser.add_argument("--steps", type=int, default=8)
    parser.add_argument("--warmup", type=int, default=4)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--dtype", choices=["auto", *DTYPES], default="auto")
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--dropout", type=float, default=0.0)
    parser.add_argument("--adapter-dtype", choices=["fp32", "base"], default="fp32")
    parser.add_argument("--checkpointing", action="store_true", help="recompute activations in the backward pass")
    return parser.parse_args()


def main():
    arguments = parse()
    transformers.utils.logging.set_verbosity_error()
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    automatic = "cuda" if torch.cuda.is_available() else "cpu"
    device = torch.device(automatic if arguments.device == "auto" else arguments.device)
    ranks = int(os.environ.get("WORLD_SIZE", "1"))
    if ranks > 1:
        if device.type == "cuda":
            device = torch.device("cuda", int(os.environ["LOCAL_RANK"]))
            torch.cuda.set_device(device)
        torch.distributed.init_process_group("nccl" if device.type == "cuda" else "gloo")
    # fp32 products of a GPU in fp32, as elsewhere.
    torch.backends.cuda.matmul.allow_tf32 = False
    name = arguments.dtype if arguments.dtype != "auto" else ("bf16" if device.type == "cuda" else "fp32")
    tflops = matmul_tflops(device, DTYPES[name])
    reset_peak(device)
    model = make_model(arguments, device, DTYPES[name])
    times, loss, trained = step_times(model, arguments, device)
    median = statistics.median(times)
    shared = {}
    if ranks > 1:
        slowest = torch.tensor([median], dtype=torch.float64, device=device)
        torch.distributed.all_reduce(slowest, torch.distributed.ReduceOp.MAX)
        alone = arguments.batch * arguments.length / slowest.item()
        model = torch.nn.parallel.DistributedDataParallel(model, device_ids=[device] if device.type == "cuda" else None)
        times, loss, trained = step_times(model, arguments, device)
        median = statistics.median(times)
        shared = {"ranks": ranks, "alone": alone, "ranks_gain": ranks * arguments.batch * arguments.length / median / alone}
        torch.distributed.barrier()
        torch.distributed.destroy_process_group()
        if int(os.environ["RANK"]) > 0:
            return
    print(json.dumps({
        "tokens_per_second": ranks * arguments.batch * arguments.length / median, **shared, "step_seconds": median, "loss": loss,
        "peak_bytes": peak_bytes(device), "matmul_tflops": tflops, "trained_parameters": trained,
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu", "dtype": name,
        "threads": torch.get_num_threads(),
        "versions": {"torch": torch.__version__, "transformers": transformers.__version__, "peft": peft.__version__}}))


if __name__ == "__main__":
    main()
