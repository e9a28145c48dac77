// SPDX-License-Identifier: GPL-3.0-or-later
// GgufBlocks: blocks of quantised numbers turned into fp32, a row for each format that is known. Torch-free.
// In each formula d, m and dmin are fp16 numbers of the block and q its small whole numbers.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace luthier::weights {

struct GgufBlockFormat {
    const char* name; // as base::ggufTensorTypes() has it
    void (*dequantise)(const std::uint8_t* block, float* out); // one block
};

std::span<const GgufBlockFormat> ggufBlockFormats();
const GgufBlockFormat* findGgufBlockFormat(const std::string& name); // null: cannot be read
std::string ggufBlockFormatNames();                                  // "F32, F16, ...", for sentences

float floatOfHalf(std::uint16_t bits);

} // namespace luthier::weights
