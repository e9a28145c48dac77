// SPDX-License-Identifier: GPL-3.0-or-later
// GgufQuantise: numbers rounded into the blocks of a GGUF file, a row for each format that is written; the way back is
// blocks.h. Torch-free. A format says how blocks are read; how good numbers are found for one is up to the writer:
// here Q4_K and Q5_K fit scale and minimum, Q6_K the scale, by weighted least squares over a few candidates. The others round as
// ggml's quantize_row_*_ref do. Numbers must be finite: who writes a file looks at that first (weights/stored_numbers.h).
//
// Threads: free functions, any thread.
#pragma once

#include <cstdint>
#include <string>

namespace luthier::gguf {

struct Quantiser {
    const char* name; // as tensorTypes() has it
    void (*quantise)(const float* numbers, std::uint8_t* block); // one block
};

const Quantiser* findQuantiser(const std::string& name); // null: cannot be written

std::uint16_t halfOfFloat(float value); // rounded to nearest even

// gguf_quantise_k.cpp
void quantiseQ4K(const float* numbers, std::uint8_t* block);
void quantiseQ5K(const float* numbers, std::uint8_t* block);
void quantiseQ6K(const float* numbers, std::uint8_t* block);

} // namespace luthier::gguf
