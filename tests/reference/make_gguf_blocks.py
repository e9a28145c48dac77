#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes gguf_blocks.json: two blocks of each number format of GGUF as hexadecimal bytes, and the numbers that the
`gguf` package (0.19.0) makes of them. The bytes are random, with scales of a usual size.
"""

import json
import pathlib

import numpy
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType
from gguf.quants import dequantize

# Where the fp16 scales of a block stand.
FORMATS = {"F32": (), "F16": (), "BF16": (), "Q8_0": (0,), "Q4_0": (0,), "Q4_1": (0, 2), "Q5_0": (0,), "Q5_1": (0, 2),
           "Q4_K": (0, 2), "Q5_K": (0, 2), "Q6_K": (208,)}


def main():
    random = numpy.random.default_rng(7)
    rows = []
    for name, scales in FORMATS.items():
        kind = GGMLQuantizationType[name]
        elements, size = GGML_QUANT_SIZES[kind]
        if scales:
            block = random.integers(0, 256, (2, size), dtype=numpy.uint8)
            for at in scales:
                block[:, at:at + 2] = random.normal(0, 0.02, (2, 1)).astype(numpy.float16).view(numpy.uint8)
            block = block.reshape(-1)
        else:
            numbers = random.normal(0, 1, 6).astype(numpy.float32)
            numbers[0], numbers[1], numbers[2] = -0.0, 6e-8, 65504.0
            block = {"F32": numbers.view(numpy.uint8), "F16": numbers.astype(numpy.float16).view(numpy.uint8),
                     "BF16": (numbers.view(numpy.uint32) >> 16).astype(numpy.uint16).view(numpy.uint8)}[name]
        if name == "F16":
            made = block.view(numpy.float16)
        else:
            made = dequantize(block.view(numpy.float32) if name == "F32" else block, kind)
        made = numpy.asarray(made, dtype=numpy.float32).reshape(-1)
        rows.append({"format": name, "bytes": block.tobytes().hex(), "numbers": [float(x) for x in made]})
        assert len(made) == len(block) // size * elements
    target = pathlib.Path(__file__).parent / "gguf_blocks.json"
    target.write_text("[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]\n")


if __name__ == "__main__":
    main()
