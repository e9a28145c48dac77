// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/evaluator.h"

#include "core/train/micro_batch.h"

#include <ATen/ops/zeros.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <numeric>
#include <utility>

namespace luthier::train {

Evaluator::Evaluator(BatchLoss loss, const ItemStore& items, std::int64_t batchSize, std::string set)
    : m_loss(std::move(loss)), m_items(items), m_set(std::move(set))
{
    m_plan.items.resize(items.size());
    std::iota(m_plan.items.begin(), m_plan.items.end(), 0u);
    std::stable_sort(m_plan.items.begin(), m_plan.items.end(),
                     [&](std::uint32_t a, std::uint32_t b) { return items.longest(a) > items.longest(b); });
    const auto batch = static_cast<std::size_t>(batchSize);
    for (std::size_t end = batch; end < items.size() + batch; end += batch) {
        m_plan.ends.push_back(std::min(end, items.size()));
    }
    for (std::size_t i = 0; i < items.size(); ++i) {
        m_targets += items.numTrained(i);
        m_firsts += items.sequences().numTrained(items.item(i).first);
        m_maxLength = std::max(m_maxLength, items.longest(i));
    }
}

std::optional<EvalDone> Evaluator::run(std::int64_t step, const base::Progress& progress, const std::function<bool()>& isStopped)
{
    const at::NoGradGuard noGrad;
    const auto device = m_loss.decoder().device();
    const BatchForm form = formFor(m_loss.objective(), m_maxLength, false, !device.is_cpu());
    const auto& names = m_loss.objective().measures;
    at::Tensor sums = at::zeros({static_cast<std::int64_t>(1 + names.size())}, at::TensorOptions().dtype(at::kDouble).device(device));
    for (std::size_t i = 0; i < m_plan.numBatches(); ++i) {
        if (isStopped()) {
            return std::nullopt;
        }
        progress(static_cast<std::int64_t>(i), static_cast<std::int64_t>(m_plan.numBatches()));
        MicroBatch batch = makeMicroBatch(m_items, m_plan.batch(i), form);
        batch.firstScale = objectives::firstScaleOf(static_cast<std::int64_t>(m_items.size()), m_firsts, batch.ids);
        const auto value = m_loss.measured(toDevice(std::move(batch), device));
        sums.select(0, 0).add_(value.sum);
        for (std::size_t k = 0; k < names.size(); ++k) {
            sums.select(0, static_cast<std::int64_t>(k) + 1).add_(value.measures[k]);
        }
    }
    const double divisor = static_cast<double>(m_loss.divisor(m_targets, static_cast<std::int64_t>(m_items.size())));
    const at::Tensor means = sums.to(at::kCPU).div_(divisor);
    const double* mean = means.const_data_ptr<double>();
    EvalDone done{step, m_set, mean[0], m_targets, {}};
    for (std::size_t i = 0; i < names.size(); ++i) {
        done.measures.push_back({&measures::measureOf(names[i]), mean[i + 1]});
    }
    if (m_loss.objective().finish) {
        m_loss.objective().finish(done.measures);
    }
    return done;
}

} // namespace luthier::train
