// SPDX-License-Identifier: GPL-3.0-or-later
// Numbers: plain memory of fp32 or bfloat16 behind a tensor, and the few things one row does with it. Internal to core:
// numbersOf names a torch type.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace luthier::nn::row {

struct Numbers {
    const void* data = nullptr;
    bool isNarrow = false; // bfloat16

    bool operator==(const Numbers&) const = default;
    const void* from(std::int64_t index) const
    {
        return static_cast<const char*>(data) + index * (isNarrow ? 2 : 4);
    }
};

// Whether the tensor's memory can be read so: fp32 or bfloat16, without gaps.
bool isPlain(const at::Tensor& tensor);
Numbers numbersOf(const at::Tensor& tensor); // undefined: data is null

void widen(const Numbers& from, std::int64_t first, std::int64_t n, float* to);
void narrow(const float* from, std::int64_t n, std::uint16_t* to); // to bfloat16, to nearest even

// A vector in both forms: products with bfloat16 matrices read the rounded one.
struct Vector {
    float* wide = nullptr;
    std::uint16_t* bits = nullptr;
};
// y[i] = m[first + i] . x over n, for `rows` rows of m [., n].
void dots(const Numbers& m, const Vector& x, std::int64_t first, std::int64_t rows, std::int64_t n, float* y);

} // namespace luthier::nn::row
