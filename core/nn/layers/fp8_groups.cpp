// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nn/layers/fp8_groups.h"

#include "core/nn/layers/linear_group.h"

#include <algorithm>
#include <string>

namespace luthier::nn {

namespace {

constexpr std::int64_t kNarrowest = 128;
constexpr std::int64_t kTogether = 16;

} // namespace

bool takesFp8(const LinearGroup& group)
{
    const bool whole = group.inputs() % kTogether == 0 && group.outputs() % kTogether == 0;
    return !group.isQuantised() && whole && std::min(group.inputs(), group.outputs()) >= kNarrowest;
}

bool readsNumbersForward(const LinearGroup& group)
{
    const auto digit = group.path.find_first_of("0123456789"); // "model.layers.0.self_attn", "h.0.attn"
    return digit != std::string::npos && group.path[digit] == '0';
}

std::int64_t fp8Bytes(const LinearGroup& group)
{
    const std::int64_t scales = (group.inputs() + group.outputs()) * static_cast<std::int64_t>(sizeof(float));
    return takesFp8(group) ? 2 * group.inputs() * group.outputs() + scales : 0;
}

} // namespace luthier::nn
