// SPDX-License-Identifier: GPL-3.0-or-later
// CodeTables: the numbers that 4-bit and 8-bit codes stand for, as bitsandbytes has them, between -1 and 1. Torch-free.
//   NF4   quantiles of a normal distribution (QLoRA, 2023): each code is used about equally often
//   FP4   one sign, two exponent and one mantissa bit, divided by 12
//   dynamic map  256 numbers with a moving number of exponent bits (8-bit optimizers, 2021), for absmax constants
// Any thread.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace luthier::quant {

enum class CodeKind { Nf4, Fp4 };

// How weights are to be held.
struct Quantisation {
    CodeKind kind = CodeKind::Nf4;
    bool nested = true; // constants doubly quantised
};

struct CodeTable {
    CodeKind kind;
    std::string_view id;                // "nf4", as settings and files spell it
    std::array<float, 16> values;       // by code
    std::array<float, 15> bounds;       // between neighbours, ascending; a value on a bound takes the lower code
    std::array<std::uint8_t, 16> order; // code of the n-th smallest value
};

std::span<const CodeTable> codeTables();
const CodeTable& codeTable(CodeKind kind);
const CodeTable* findCodeTable(std::string_view id); // null: unknown

// Ascending; bounds lie between neighbours.
const std::array<float, 256>& dynamicMap();
const std::array<float, 255>& dynamicBounds();
// The same without signs: twice the fractions, for what is never negative.
const std::array<float, 256>& positiveMap();
const std::array<float, 255>& positiveBounds();

} // namespace luthier::quant
