// SPDX-License-Identifier: GPL-3.0-or-later
// Blocks: blocks of quantised numbers turned into fp32, a row for each format that is known. Torch-free.
// In each formula d, m and dmin are fp16 numbers of the block and q its small whole numbers. Layouts and formulas are those of
// ggml's block_q4_0 and its like (ggml-common.h, dequantize_row_*). How many numbers a block has, and how many bytes: types.h.
//
// Threads: free functions, any thread.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace luthier::gguf {

struct BlockFormat {
    const char* name; // as tensorTypes() has it
    void (*dequantise)(const std::uint8_t* block, float* out); // one block: TensorType::bytes in, TensorType::elements out
};

std::span<const BlockFormat> blockFormats();
const BlockFormat* findBlockFormat(const std::string& name); // null: cannot be read
std::string blockFormatNames();                              // "F32, F16, ...", for sentences

float floatOfHalf(std::uint16_t bits);

} // namespace luthier::gguf
