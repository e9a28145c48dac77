// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nn/row/numbers.h"

#include "core/nn/kernels/dot_rows.h"

#include <algorithm>

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

void widen(const Numbers& from, std::int64_t first, std::int64_t n, float* to)
{
    if (from.isNarrow) {
        kernels::widenRow(static_cast<const std::uint16_t*>(from.from(first)), n, to);
    } else {
        std::copy_n(static_cast<const float*>(from.from(first)), n, to);
    }
}

void narrow(const float* from, std::int64_t n, std::uint16_t* to)
{
    kernels::narrowRow(from, n, to);
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
