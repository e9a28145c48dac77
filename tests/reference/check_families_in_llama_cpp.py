#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Exports a tiny checkpoint of every family as GGUF and compares what llama.cpp (llama-cpp-python 0.3.36) computes.

    check_families_in_llama_cpp.py LUTHIER [FAMILY ...] [--types f16,q8_0] [--limit 0.02]

LUTHIER is the program; families are the folders of families/ here, all by default. Each gets a tokenizer of single letters,
is exported by `luthier export`, opened by llama.cpp, and the log-probabilities of some ids by `luthier score` on the file are
compared with llama.cpp's: the largest difference with f16, the mean with quantised types (llama.cpp rounds activations there).
A family that `luthier export` refuses is printed with the sentence and counts as good: nothing wrong was written.
Exit code 1 when a difference is above the limit or llama.cpp cannot open a file.
"""

import argparse
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

import numpy

from check_gguf_in_llama_cpp import llama_cpp

FAMILIES = pathlib.Path(__file__).resolve().parent / "families"
NAMES = ["</s>", "<unk>", "<s>", "<|endoftext|>"]
# What a GGUF file of the family cannot say, or llama.cpp leaves out (phi3's window), changed to what it means: the weights fit
# either. As they are the first are refused by `luthier export`, and a phi3's window above its notes.
CHANGES = {"gemma2": {"query_pre_attn_scalar": 8}, "gemma3_text": {"query_pre_attn_scalar": 8}, "mistral": {"sliding_window": None},
           "phi3": {"sliding_window": None},
           # llama.cpp chooses between long and short by the size of its context (256 at least), not by the text's length.
           "phi3_longrope": {"sliding_window": None, "original_max_position_embeddings": 512, "max_position_embeddings": 2048}}
QUANTISED_LIMIT = 0.08
IDS = [1, 17, 4, 33, 8, 25, 40, 2, 11, 30, 19, 6, 44, 13, 27, 9]


def tokenizer(folder, vocab_size):
    """Letters by their bytes, with one merge, since llama.cpp opens no vocabulary without any, and the names it asks a phi3 for."""
    letters = [chr(c) for c in range(ord("!"), ord("!") + min(vocab_size, 90) - 1 - len(NAMES))]
    vocab = {letter: i for i, letter in enumerate(letters + NAMES)}
    vocab["AB"] = len(vocab)
    while len(vocab) < vocab_size:
        vocab[f"<{len(vocab)}>"] = len(vocab)
    content = {"added_tokens": [], "decoder": {"type": "ByteLevel"},
               "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": False, "use_regex": True},
               "model": {"type": "BPE", "vocab": vocab, "merges": ["A B"]}}
    (folder / "tokenizer.json").write_text(json.dumps(content))


def luthier(program, *words):
    done = subprocess.run([program, *map(str, words), "--json", "--quiet"], capture_output=True, text=True)
    return (None, done.stderr.strip()) if done.returncode else (json.loads(done.stdout.splitlines()[0]), "")


def llama_logprobs(path):
    model = llama_cpp.Llama(str(path), n_ctx=64, logits_all=True, verbose=False, n_threads=2)
    model.eval(IDS)
    logits = numpy.array(model.scores[:len(IDS)], dtype=numpy.float64)
    top = logits.max(1, keepdims=True)
    logprobs = logits - top - numpy.log(numpy.exp(logits - top).sum(1, keepdims=True))
    return numpy.array([logprobs[i, IDS[i + 1]] for i in range(len(IDS) - 1)])


def score(program, model):
    found, problem = luthier(program, "score", "--model", model, "--ids", ",".join(map(str, IDS)), "--device", "cpu", "--dtype", "fp32")
    if found is None:
        raise SystemExit(problem)
    return numpy.array(found["logprobs"][1:])


def check(program, family, kind, limit, folder):
    model = folder / family
    if not model.exists():
        shutil.copytree(FAMILIES / family, model)
        config = json.loads((model / "config.json").read_text())
        config |= CHANGES.get(family, {})
        if "original_max_position_embeddings" in CHANGES.get(family, {}):
            config["rope_parameters"]["original_max_position_embeddings"] = config["original_max_position_embeddings"]
        (model / "config.json").write_text(json.dumps(config))
        tokenizer(model, config["vocab_size"])
    path = folder / f"{family}-{kind}.gguf"
    written, problem = luthier(program, "export", "--model", model, "--to", "gguf", "--type", kind, "--out", path)
    if written is None:
        print(f"{family} {kind}: refused: {problem}", flush=True)
        return True
    own = score(program, path)
    try:
        other = llama_logprobs(path)
    except Exception as problem:  # whatever it is, the file is no good there
        print(f"{family} {kind}: llama.cpp cannot use it: {problem}", flush=True)
        return False
    difference = abs(own - other)
    value = float(difference.max() if kind == "f16" else difference.mean())
    limit = limit if kind == "f16" else QUANTISED_LIMIT
    live = float(abs(own - score(program, model)).max())
    good = value <= limit
    print(f"{family} {kind}: llama.cpp and Luthier differ by {value:.2g} {'at most' if kind == 'f16' else 'on average'} on the same "
          f"file; the file and the folder by {live:.2g} at most{'' if good else '  TOO MUCH'}", flush=True)
    return good


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("luthier")
    parser.add_argument("families", nargs="*", default=sorted(f.name for f in FAMILIES.iterdir()))
    parser.add_argument("--types", default="f16,q8_0")
    parser.add_argument("--limit", type=float, default=0.02)
    arguments = parser.parse_args()
    good = True
    with tempfile.TemporaryDirectory() as folder:
        for family in arguments.families:
            for kind in arguments.types.split(","):
                good &= check(arguments.luthier, family, kind, arguments.limit, pathlib.Path(folder))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
