// SPDX-License-Identifier: GPL-3.0-or-later
// AdamW, as torch.optim.AdamW computes it:
//   p *= 1 - lr*wd;  m, v moving averages;  p -= lr * (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + eps)
// Moments: "exp_avg", "exp_avg_sq".
#pragma once

#include "core/optim/adamw_settings.h"
#include "core/optim/moment_optimizer.h"

namespace luthier::optim {

class AdamW : public MomentOptimizer {
public:
    AdamW(std::vector<nn::NamedTensor> leaves, const OptimizerSettings& settings,
          std::int64_t pageElements = kPageElements);

private:
    void update(Call& call) const override;
    bool updateAtOnce(const Call& call) const override;

    AdamWSettings m_settings;
};

} // namespace luthier::optim
