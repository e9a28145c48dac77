#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Loads GGUF files that Luthier wrote with llama.cpp (llama-cpp-python 0.3.36) and compares what it computes.

    check_gguf_in_llama_cpp.py LUTHIER MODEL [--adapter ADAPTER] [--types f16,q8_0,...] [--limit 0.08]

LUTHIER is the program, MODEL a folder. For each type: exported by `luthier export`, opened by the `gguf` package and by
llama.cpp; log-probabilities of a text by `luthier score` on the same file are compared with llama.cpp's. Quantised types are
compared with llama.cpp's own quantisation of the f16 file too: the format of every tensor, and how far either is from f16.
With an adapter each type is written and compared with it merged, too, and its GGUF form is applied to the base's f16 file by
llama.cpp and compared with `luthier score --adapter`.
Exit code 1 when a difference is above the limit or a format is another one.
"""

import argparse
import ctypes
import json
import math
import pathlib
import subprocess
import sys
import tempfile

import llama_cpp
import numpy
from gguf import GGUFReader

TEXT = "The river rose in the night. By morning the lower field was a lake, and the geese had found it before anyone was awake."
FTYPES = {"q8_0": llama_cpp.LLAMA_FTYPE_MOSTLY_Q8_0, "q6_k": llama_cpp.LLAMA_FTYPE_MOSTLY_Q6_K,
          "q4_k_m": llama_cpp.LLAMA_FTYPE_MOSTLY_Q4_K_M, "q4_0": llama_cpp.LLAMA_FTYPE_MOSTLY_Q4_0}


DEFAULTS = llama_cpp.llama_cpp.llama_model_default_params


def plain_params():
    """Without packed weights: matrix units that a virtual machine shows but does not have end the program there."""
    params = DEFAULTS()
    params.use_extra_bufts = False
    return params


llama_cpp.llama_cpp.llama_model_default_params = plain_params


def luthier(program, *words):
    done = subprocess.run([program, *map(str, words), "--json", "--quiet"], capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"luthier {words[0]}: {done.stderr.strip()}")
    return [json.loads(line) for line in done.stdout.splitlines()]


def llama_logprobs(path, ids, adapter=None):
    model = llama_cpp.Llama(str(path), n_ctx=512, logits_all=True, verbose=False, lora_path=adapter and str(adapter), n_threads=2)
    text_ids = model.tokenize(TEXT.encode(), add_bos=True, special=True)
    model.eval(ids)
    logits = numpy.array(model.scores[:len(ids)], dtype=numpy.float64)
    logprobs = logits - numpy.log(numpy.exp(logits - logits.max(1, keepdims=True)).sum(1, keepdims=True)) - logits.max(1, keepdims=True)
    return numpy.array([logprobs[i, ids[i + 1]] for i in range(len(ids) - 1)]), text_ids


def merged(arguments, kind, folder, ids):
    """The same with the adapter in the weights, beside the adapter in `luthier score`."""
    path = folder / f"{kind}-merged.gguf"
    luthier(arguments.luthier, "export", "--model", arguments.model, "--adapter", arguments.adapter, "--to", "gguf", "--type", kind,
            "--out", path)
    own = numpy.array(luthier(arguments.luthier, "score", "--model", path, "--text", TEXT)[0]["logprobs"][1:])
    live = luthier(arguments.luthier, "score", "--model", arguments.model, "--adapter", arguments.adapter, "--text", TEXT)[0]
    other, _ = llama_logprobs(path, ids)
    difference = float(abs(own - other).max() if kind == "f16" else abs(own - other).mean())
    lost = float(abs(other - numpy.array(live["logprobs"][1:])).mean())
    print(f"{kind} merged: {difference:.2g}; in llama.cpp {lost:.2g} on average from the live adapter", flush=True)
    return difference <= arguments.limit and math.isfinite(difference)


def formats(path):
    return {tensor.name: tensor.tensor_type.name for tensor in GGUFReader(str(path)).tensors}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("luthier")
    parser.add_argument("model", type=pathlib.Path)
    parser.add_argument("--adapter", type=pathlib.Path)
    parser.add_argument("--types", default="f16,bf16,q8_0,q6_k,q4_k_m,q4_0")
    parser.add_argument("--limit", type=float, default=0.08)
    arguments = parser.parse_args()
    good = True
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        live = luthier(arguments.luthier, "score", "--model", arguments.model, "--text", TEXT)[0]
        live_values = numpy.array(live["logprobs"][1:])
        for kind in arguments.types.split(","):
            path = folder / f"{kind}.gguf"
            # Differences by rounding are llama.cpp's business here, not the proof's.
            luthier(arguments.luthier, "export", "--model", arguments.model, "--to", "gguf", "--type", kind, "--out", path)
            own = numpy.array(luthier(arguments.luthier, "score", "--model", path, "--text", TEXT)[0]["logprobs"][1:])
            other, ids = llama_logprobs(path, live["ids"])
            # llama.cpp rounds activations to the kind of the weights; only with f16 is that little.
            difference = float(abs(own - other).max() if kind == "f16" else abs(own - other).mean())
            same_ids = ids == live["ids"]
            line = f"{kind}: llama.cpp and Luthier differ by {difference:.2g} {'at most' if kind == 'f16' else 'on average'} on the same file; tokens {'equal' if same_ids else 'DIFFER'}"
            good &= difference <= arguments.limit and same_ids
            if kind in FTYPES:
                quantised = folder / f"{kind}-llama.gguf"
                options = llama_cpp.llama_model_quantize_default_params()
                options.ftype, options.nthread = FTYPES[kind], 2
                assert llama_cpp.llama_model_quantize(str(folder / "f16.gguf").encode(), str(quantised).encode(), ctypes.byref(options)) == 0
                theirs = {name: kind_ for name, kind_ in formats(quantised).items()}
                wrong = {name: (kind_, theirs.get(name)) for name, kind_ in formats(path).items() if theirs.get(name) != kind_}
                theirs_values, _ = llama_logprobs(quantised, live["ids"])
                line += (f"; from fp32 ours is off by {abs(own - live_values).mean():.3g} on average, llama.cpp's quantisation by "
                         f"{abs(theirs_values - live_values).mean():.3g}; other formats: {wrong or 'none'}")
                good &= not wrong
            print(line, flush=True)
            if arguments.adapter:
                good &= merged(arguments, kind, folder, live["ids"])
        if arguments.adapter:
            path = folder / "adapter.gguf"
            luthier(arguments.luthier, "export", "--model", arguments.model, "--adapter", arguments.adapter, "--to", "adapter", "--out", path)
            own = luthier(arguments.luthier, "score", "--model", arguments.model, "--adapter", arguments.adapter, "--text", TEXT)[0]
            other, _ = llama_logprobs(folder / "f16.gguf", own["ids"], path)
            difference = float(abs(numpy.array(own["logprobs"][1:]) - other).max())
            print(f"adapter: {difference:.2g}")
            good &= difference <= arguments.limit and math.isfinite(difference)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
