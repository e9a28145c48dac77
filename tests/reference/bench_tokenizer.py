#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tokenizers beside each other on one pinned core: MB/s of `luthier bench tokenize`, Hugging Face tokenizers and, where
they are installed, gigatoken and tiktoken, on the same mixed text of this machine, with ids compared.

  bench_tokenizer.py --luthier build/bin/luthier MODEL_FOLDER...      folders that hold a tokenizer.json

The text (16 MB unless said) is what lies on any Debian machine: about 40 % English documentation and manual pages, 35 %
Python, C and other sources, 25 % translated manuals and messages in some forty languages. Its bytes differ from machine
to machine, so numbers of one run belong together.
"""

import argparse
import glob
import gzip
import json
import os
import pathlib
import random
import struct
import subprocess
import sys
import tempfile
import time

SOURCES = ["/usr/lib/python3*/**/*.py", "/usr/local/lib/python3*/**/*.py", "/usr/include/**/*.h", "/usr/share/**/*.js",
           "/usr/share/**/*.sh", "/usr/share/perl/**/*.pm"]
PROSE = ["/usr/share/doc/**/*", "/usr/share/common-licenses/*", "/usr/share/man/man*/*.gz", "/usr/share/vim/**/*.txt",
         "/usr/share/perl/**/*.pod"]
TRANSLATED = ["/usr/share/man/[a-z][a-z]*/man*/*.gz", "/usr/share/locale/**/*.mo"]


def messages(raw):
    """The translated strings of a .mo file."""
    count, _, table = struct.unpack("<3I", raw[8:20])
    found = []
    for i in range(1, min(count, 20000)):
        size, at = struct.unpack("<2I", raw[table + 8 * i: table + 8 * i + 8])
        found.append(raw[at: at + size].decode("utf-8").replace("\0", "\n"))
    return "\n".join(found)


def read(path):
    raw = pathlib.Path(path).read_bytes()
    if raw[:4] == b"\xde\x12\x04\x95":
        return messages(raw)
    return (gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw).decode("utf-8")


def documents(patterns, size, chooser):
    paths = sorted(path for pattern in patterns for path in glob.glob(pattern, recursive=True))
    chooser.shuffle(paths)
    found, total = [], 0
    for path in paths:
        if total >= size:
            break
        try:
            text = read(path)[:40000]
        except (OSError, UnicodeDecodeError, struct.error, EOFError, gzip.BadGzipFile):
            continue
        if len(text) > 400 and ".so man" not in text[:20]:
            found.append(text)
            total += len(text.encode())
    return found


def mixed(size):
    chooser = random.Random(7)
    texts = (documents(PROSE, size * 0.40, chooser) + documents(SOURCES, size * 0.35, chooser)
             + documents(TRANSLATED, size * 0.25, chooser))
    chooser.shuffle(texts)
    return texts


def timed(work, repeats):
    """Processor seconds of the first round, in which no word was met before, and of the best after it."""
    seconds = []
    for _ in range(repeats + 1):
        start = time.thread_time()
        work()
        seconds.append(time.thread_time() - start)
    return seconds[0], min(seconds[1:])


def hugging_face(folder, texts, repeats):
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    import tokenizers

    tokenizer = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
    encode = lambda: [tokenizer.encode(text, add_special_tokens=False).ids for text in texts]
    return timed(encode, repeats), encode(), "tokenizers " + tokenizers.__version__


def gigatoken(folder, texts, repeats):
    import importlib.metadata

    import gigatoken as library

    tokenizer = library.Tokenizer(str(folder / "tokenizer.json"))
    encode = lambda: [list(tokenizer.encode(text)) for text in texts]
    plain = lambda: [tokenizer.encode(text) for text in texts]
    return timed(plain, repeats), encode(), "gigatoken " + importlib.metadata.version("gigatoken")


def tiktoken(folder, texts, repeats):
    import tiktoken as library

    spec = json.loads((folder / "tokenizer.json").read_text())
    first = spec["pre_tokenizer"]["pretokenizers"][0]["pattern"]["Regex"]
    letters = {}
    extra = 256
    for byte in range(256):
        printable = 0x21 <= byte <= 0x7E or 0xA1 <= byte <= 0xAC or byte >= 0xAE
        letters[chr(byte if printable else extra)] = byte
        extra += not printable
    ranks = {bytes(letters[c] for c in piece): rank for piece, rank in spec["model"]["vocab"].items()}
    encoding = library.Encoding("bench", pat_str=first, mergeable_ranks=ranks, special_tokens={})
    encode = lambda: [encoding.encode_ordinary(text) for text in texts]
    return timed(encode, repeats), encode(), "tiktoken " + library.__version__


def luthier(program, folder, path, repeats):
    command = [program, "bench", "tokenize", "--model", str(folder), "--file", str(path), "--repeat", str(repeats), "--json"]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    return {row["name"]: row["value"] for row in map(json.loads, lines)}


def luthier_ids(program, folder, path):
    command = [program, "tokenize", "--model", str(folder), "--file", str(path), "--no-special", "--json"]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    return [json.loads(line)["ids"] for line in lines]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--luthier", required=True)
    parser.add_argument("--megabytes", type=float, default=16)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--core", type=int, default=0)
    parser.add_argument("--keep", help="write the mixed text here as well")
    parser.add_argument("folders", nargs="+", type=pathlib.Path)
    flags = parser.parse_args()
    os.sched_setaffinity(0, {flags.core})
    texts = mixed(flags.megabytes * 1e6)
    size = sum(len(text.encode()) for text in texts)
    print(f"{len(texts)} texts, {size / 1e6:.1f} MB, best of {flags.repeat} on core {flags.core}")
    with tempfile.TemporaryDirectory() as work:
        rows = pathlib.Path(work) / "mixed.jsonl"
        rows.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))
        if flags.keep:
            pathlib.Path(flags.keep).write_text("\n".join(texts))
        for folder in flags.folders:
            print(folder.name)
            ours = luthier(flags.luthier, folder, rows, flags.repeat)
            for name, value in ours.items():
                print(f"  luthier {name:24} {value:8.1f} MB/s")
            ids = luthier_ids(flags.luthier, folder, rows)
            for rival in (hugging_face, gigatoken, tiktoken):
                try:
                    (first, seconds), theirs, name = rival(folder, texts, flags.repeat)
                except Exception as problem:  # not installed, or not able to read this vocabulary
                    print(f"  {rival.__name__}: {type(problem).__name__}: {str(problem)[:100]}", file=sys.stderr)
                    continue
                same = sum(a == b for a, b in zip(ids, theirs))
                print(f"  {name:32} {size / seconds / 1e6:8.1f} MB/s, first time {size / first / 1e6:.1f}   same ids in {same} of {len(texts)} texts")


if __name__ == "__main__":
    main()
