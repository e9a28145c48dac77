// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/train_step.h"

#include "core/base/random.h"
#include "core/objectives/chunked_cross_entropy.h"

#include <ATen/Context.h>
#include <ATen/core/Generator.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros.h>
#include <c10/util/Exception.h>

#include <algorithm>
#include <mutex>

namespace luthier::train {

void TrainStep::seedDropout(std::int64_t number) const
{
    base::Random mix(m_seed);
    const std::uint64_t seed = base::Random(mix.next() ^ static_cast<std::uint64_t>(number)).next();
    at::Generator generator = at::globalContext().defaultGenerator(m_decoder.device());
    const std::lock_guard lock(generator.mutex());
    generator.set_current_seed(seed);
}

at::Tensor TrainStep::accumulate(const StepBatches& step, std::int64_t number, const std::function<void()>& between)
{
    seedDropout(number);
    m_decoder.setTraining(true);
    const double scale = 1.0 / static_cast<double>(std::max<std::int64_t>(1, step.trained));
    at::Tensor total = at::zeros({}, at::TensorOptions().dtype(at::kFloat).device(m_decoder.device()));
    for (const MicroBatch& cpu : step.batches) {
        between();
        const MicroBatch batch = toDevice(cpu, m_decoder.device());
        nn::ForwardInput input;
        input.ids = batch.ids;
        input.segments = batch.segments;
        const at::Tensor hidden = pickTargets(m_decoder.hidden(input), batch);
        const at::Tensor loss = objectives::chunkedCrossEntropy(
            hidden, m_decoder.head(), batch.targets,
            objectives::CrossEntropySettings{scale, m_decoder.config().logitSoftcap, 0});
        loss.backward();
        total.add_(loss.detach());
    }
    return total;
}

at::Tensor TrainStep::run(const StepBatches& step, std::int64_t number, double learningRate,
                          const std::function<void()>& between)
{
    at::Tensor total;
    try {
        total = accumulate(step, number, between);
    } catch (const c10::OutOfMemoryError&) {
        if (m_optimizer.isPaged()) {
            throw;
        }
    }
    if (!total.defined()) { // outside of the handler, which keeps what the failed pass held
        m_optimizer.zeroGrad();
        TORCH_CHECK_WITH(OutOfMemoryError, m_optimizer.pageOut(), "CUDA out of memory, and optimizer.paging is off");
        m_notice = "The card had no room for this step, so the optimizer's state ("
                   + std::to_string(m_optimizer.pagedBytes() >> 20) + " MiB) moved to host memory.";
        total = accumulate(step, number, between);
    }
    m_whole = false;
    const at::Tensor norm = m_optimizer.step(learningRate);
    m_whole = true;
    return at::stack({total, norm});
}

} // namespace luthier::train
