// SPDX-License-Identifier: GPL-3.0-or-later
// What a kernel on a card is given of a tensor.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace luthier::nn::kernels::cuda {

// Where a tensor that is only read begins; an undefined one is a null pointer, which kernels take for "not there".
inline const void* in(const at::Tensor& x)
{
    return x.defined() ? x.const_data_ptr() : nullptr;
}

// Whether 16 bytes can be read at once from its beginning; an undefined one is never read.
inline bool isAligned(const at::Tensor& x)
{
    return !x.defined() || reinterpret_cast<std::uintptr_t>(x.const_data_ptr()) % 16 == 0;
}

} // namespace luthier::nn::kernels::cuda
