#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes gguf_quantised.json: what other programs make of the same numbers.

`blocks`: bytes by the `gguf` package (0.19.0) for the formats whose rounding is defined. `errors`: root of the mean squared
error of llama.cpp's own search for the K formats, through ggml_quantize_chunk of llama-cpp-python 0.3.36.
"""

import ctypes
import json
import pathlib

import llama_cpp
import numpy
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType
from gguf.quants import dequantize, quantize

COUNT = 1024


def ggml():
    folder = pathlib.Path(llama_cpp.__file__).parent / "lib"
    library = ctypes.CDLL(str(folder / "libggml-base.so"))
    library.ggml_quantize_chunk.restype = ctypes.c_size_t
    library.ggml_quantize_chunk.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64,
                                            ctypes.c_int64, ctypes.c_void_p]
    return library


def main():
    random = numpy.random.default_rng(11)
    numbers = random.normal(0, 0.03, COUNT).astype(numpy.float32)
    numbers[::97] *= 6  # weights have a few large ones
    numbers[256:288] = 0
    numbers[512:768] = numpy.abs(numbers[512:768])  # a minimum above 0
    blocks = {name: quantize(numbers, GGMLQuantizationType[name]).tobytes().hex() for name in ("Q8_0", "Q4_0", "Q5_0", "BF16", "F16")}
    errors = {}
    library = ggml()
    for name in ("Q4_K", "Q5_K", "Q6_K"):
        kind = GGMLQuantizationType[name]
        elements, size = GGML_QUANT_SIZES[kind]
        made = numpy.zeros(COUNT // elements * size, dtype=numpy.uint8)
        library.ggml_quantize_chunk(int(kind), numbers.ctypes.data, made.ctypes.data, 0, 1, COUNT, None)
        errors[name] = float(numpy.sqrt(numpy.mean((dequantize(made, kind).astype(numpy.float64) - numbers) ** 2)))
    target = pathlib.Path(__file__).parent / "gguf_quantised.json"
    rows = {"numbers": [float(x) for x in numbers], "blocks": blocks, "errors": errors}
    target.write_text("{\n" + ",\n".join(f"{json.dumps(key)}: {json.dumps(value)}" for key, value in rows.items()) + "\n}\n")


if __name__ == "__main__":
    main()
