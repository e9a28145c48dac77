// SPDX-License-Identifier: GPL-3.0-or-later
// What tests on the reference checkpoints share: the decoders, their logits and variants of methods. Names torch types.
#pragma once

#include "core/config/run_config.h"
#include "core/nn/decoder.h"
#include "core/weights/load.h"
#include "tests/support/method_variants.h"
#include "tests/support/need.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/tensor.h>
#include <c10/core/GradMode.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

namespace luthier::support {

inline std::shared_ptr<nn::Decoder> decoderOf(const std::filesystem::path& folder, std::optional<quant::Quantisation> asked = {})
{
    return need(weights::loadDecoder(need(weights::ModelFolder::open(folder)), at::kCPU, at::kFloat, {}, asked));
}

// [T, V]
inline at::Tensor logitsOf(nn::Decoder& decoder, const std::vector<std::int64_t>& ids)
{
    const at::NoGradGuard noGrad;
    nn::ForwardInput input;
    input.ids = at::tensor(ids, at::kLong).unsqueeze(0);
    return decoder.logits(decoder.hidden(input))[0];
}

inline double largest(const at::Tensor& difference)
{
    return difference.abs().max().item<double>();
}

} // namespace luthier::support
