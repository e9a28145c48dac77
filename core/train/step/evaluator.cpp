// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/step/evaluator.h"

#include "core/train/failure.h"
#include "core/train/step/micro_batch.h"

#include <ATen/ops/zeros.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <new>
#include <utility>

namespace luthier::train {

Evaluator::Evaluator(BatchLoss loss, const ItemStore& items, std::int64_t batchSize, std::string set)
    : m_loss(std::move(loss)), m_items(items), m_order(longestFirst(items)),
      m_batches(measuringBatches(items, batchSize, m_loss.decoder().device().is_cpu() && !m_loss.objective().mismatches)), m_set(std::move(set))
{
    for (std::size_t i = 0; i < items.size(); ++i) {
        m_targets += items.numTrained(i);
        m_firsts += items.sequences().numTrained(items.item(i).first);
        m_maxLength = std::max(m_maxLength, items.longest(i));
    }
}

void Evaluator::shareWith(ranks::Team& team)
{
    if (m_loss.objective().mismatches) {
        return;
    }
    m_team = &team;
    const auto all = std::move(m_order);
    m_order.clear();
    std::size_t number = 0;
    for (auto left = std::span<const std::uint32_t>(all); !left.empty(); ++number) { // whole batches, as one process has them: narrow numbers depend on them in their last digits
        const auto batch = left.first(m_batches.next(left));
        if (number % static_cast<std::size_t>(team.size()) == static_cast<std::size_t>(team.rank())) {
            m_order.insert(m_order.end(), batch.begin(), batch.end());
        }
        left = left.subspan(batch.size());
    }
}

bool Evaluator::addUp(at::Tensor& sums, bool isWhole, const std::exception_ptr& problem) const
{
    if (m_team) {
        const at::Tensor host = sums.to(at::kCPU);
        std::vector<double> all(host.const_data_ptr<double>(), host.const_data_ptr<double>() + host.numel());
        all.push_back(isWhole ? 0 : 1);
        all.push_back(problem ? 1 : 0);
        all = m_team->sums(std::move(all));
        std::copy_n(all.begin(), host.numel(), host.mutable_data_ptr<double>());
        sums = host;
        isWhole = all[all.size() - 2] == 0;
        if (all.back() > 0 && !problem) {
            throw std::bad_alloc(); // another rank had no room
        }
    }
    if (problem) {
        std::rethrow_exception(problem);
    }
    return isWhole;
}

std::optional<EvalDone> Evaluator::run(std::int64_t step, const base::Progress& progress, const std::function<bool()>& isStopped)
{
    const at::NoGradGuard noGrad;
    const auto device = m_loss.decoder().device();
    const BatchForm form = formFor(m_loss.objective(), m_maxLength, false, !device.is_cpu());
    const auto& names = m_loss.objective().measures;
    at::Tensor sums = at::zeros({static_cast<std::int64_t>(1 + names.size())}, at::TensorOptions().dtype(at::kDouble).device(device));
    const auto measure = [&](std::span<const std::uint32_t> rows, std::size_t begin) {
        progress(static_cast<std::int64_t>(begin), static_cast<std::int64_t>(m_order.size()));
        MicroBatch batch = makeMicroBatch(m_items, rows, form);
        batch.firstScale = objectives::firstScaleOf(static_cast<std::int64_t>(m_items.size()), m_firsts, batch.ids);
        const auto value = m_loss.measured(toDevice(std::move(batch), device));
        sums.select(0, 0).add_(value.sum);
        for (std::size_t k = 0; k < names.size(); ++k) {
            sums.select(0, static_cast<std::int64_t>(k) + 1).add_(value.measures[k]);
        }
    };
    bool isWhole = false;
    std::exception_ptr problem;
    try {
        isWhole = m_batches.each(m_order, isStopped, measure);
    } catch (const std::exception& thrown) {
        if (!m_team || !isOutOfMemory(thrown)) {
            throw;
        }
        problem = std::current_exception();
    }
    m_loss.decoder().awaitOthers();
    if (!addUp(sums, isWhole, problem)) {
        return std::nullopt;
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
