// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/objectives/score_head.h"

#include <ATen/TensorOperators.h>

namespace luthier::objectives {

namespace {

constexpr double kDeviation = 0.02; // as transformers draws a new head

} // namespace

Head scoreHead(std::int64_t labels, std::int64_t hidden)
{
    return {kScoreHead, {labels, hidden}, kDeviation};
}

at::Tensor lastScores(const at::Tensor& hidden, const at::Tensor& ends, const at::Tensor& weight)
{
    return hidden.reshape({-1, hidden.size(-1)}).index_select(0, ends).to(at::kFloat).mm(weight.t());
}

std::vector<fields::Rule> judgeRules()
{
    return {{{"run.probe_prompts", "objective.kind"},
             "A model with a new head judges texts and answers none: leave the probe prompts empty.",
             [](const fields::SettingsView& run) { return !run.list("run.probe_prompts").empty(); }},
            {{"run.row_losses", "objective.kind"},
             "The loss of each row is that of its tokens, and this objective judges whole texts: switch it off.",
             [](const fields::SettingsView& run) { return run.isOn("run.row_losses"); }}};
}

Sequence judged(std::vector<text::TokenId> ids, std::int64_t longest)
{
    Sequence sequence{std::move(ids), {}};
    sequence.trained.assign(sequence.ids.size(), 0);
    if (!sequence.ids.empty() && static_cast<std::int64_t>(sequence.ids.size()) <= longest) {
        sequence.trained.back() = 1;
    }
    return sequence;
}

} // namespace luthier::objectives
