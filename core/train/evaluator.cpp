// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/evaluator.h"

#include "core/objectives/token_log_probs.h"
#include "core/train/micro_batch.h"

#include <ATen/ops/zeros.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <numeric>
#include <utility>

namespace luthier::train {

Evaluator::Evaluator(nn::Decoder& decoder, const TokenStore& rows, std::int64_t batchSize, std::string set)
    : m_decoder(decoder), m_rows(rows), m_set(std::move(set))
{
    m_plan.rows.resize(rows.size());
    std::iota(m_plan.rows.begin(), m_plan.rows.end(), 0u);
    std::stable_sort(m_plan.rows.begin(), m_plan.rows.end(),
                     [&](std::uint32_t a, std::uint32_t b) { return rows.length(a) > rows.length(b); });
    const auto batch = static_cast<std::size_t>(batchSize);
    for (std::size_t end = batch; end < rows.size() + batch; end += batch) {
        m_plan.ends.push_back(std::min(end, rows.size()));
    }
    for (std::size_t i = 0; i < rows.size(); ++i) {
        m_targets += rows.numTrained(i);
    }
}

std::optional<EvalDone> Evaluator::run(std::int64_t step, const base::Progress& progress, const std::function<bool()>& isStopped)
{
    const at::NoGradGuard noGrad;
    const auto device = m_decoder.device();
    at::Tensor sum = at::zeros({}, at::TensorOptions().dtype(at::kDouble).device(device));
    for (std::size_t i = 0; i < m_plan.numBatches(); ++i) {
        if (isStopped()) {
            return std::nullopt;
        }
        progress(static_cast<std::int64_t>(i), static_cast<std::int64_t>(m_plan.numBatches()));
        const MicroBatch batch
            = toDevice(makeMicroBatch(m_rows, m_plan.batch(i), false, !device.is_cpu()), device);
        nn::ForwardInput input;
        input.ids = batch.ids;
        const at::Tensor hidden = pickTargets(m_decoder.hidden(input), batch);
        sum.sub_(objectives::tokenLogProbs(hidden, m_decoder.head(), batch.targets,
                                           {.softcap = m_decoder.config().logitSoftcap})
                     .sum(at::kDouble));
    }
    const double loss = sum.item<double>() / static_cast<double>(std::max<std::int64_t>(1, m_targets));
    return EvalDone{step, m_set, loss, m_targets, {}};
}

} // namespace luthier::train
