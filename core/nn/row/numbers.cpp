// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nn/row/numbers.h"

#include "core/nn/kernels/dot_rows.h"
#include "core/nn/kernels/vector_math.h"

#include <algorithm>
#include <cmath>

namespace luthier::nn::row {

bool isPlain(const at::Tensor& tensor)
{
    return tensor.is_contiguous()
           && (tensor.scalar_type() == at::kFloat || tensor.scalar_type() == at::kBFloat16);
}

Numbers numbersOf(const at::Tensor& tensor)
{
    return tensor.defined() ? Numbers{tensor.const_data_ptr(), tensor.scalar_type() == at::kBFloat16} : Numbers{};
}

std::uint16_t rounded(float x)
{
    const auto bits = std::bit_cast<std::uint32_t>(x);
    if (std::isnan(x)) {
        return static_cast<std::uint16_t>((bits >> 16) | 0x40);
    }
    return static_cast<std::uint16_t>((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
}

void widen(const Numbers& from, std::int64_t first, std::int64_t n, float* to)
{
    if (!from.isNarrow) {
        std::copy_n(static_cast<const float*>(from.from(first)), n, to);
        return;
    }
    const auto* bits = static_cast<const std::uint16_t*>(from.from(first));
    for (std::int64_t i = 0; i < n; ++i) {
        to[i] = kernels::widened(bits[i]);
    }
}

void narrow(const float* from, std::int64_t n, std::uint16_t* to)
{
    for (std::int64_t i = 0; i < n; ++i) {
        to[i] = rounded(from[i]);
    }
}

void dots(const Numbers& m, const Vector& x, std::int64_t first, std::int64_t rows, std::int64_t n, float* y)
{
    if (m.isNarrow) {
        kernels::dotRowsBf16(static_cast<const std::uint16_t*>(m.from(first * n)), x.bits, y, rows, n);
    } else {
        kernels::dotRows(static_cast<const float*>(m.from(first * n)), x.wide, y, rows, n);
    }
}

} // namespace luthier::nn::row
