// SPDX-License-Identifier: GPL-3.0-or-later
// RewardTrust: how far a reward model's scores can be believed, by what its run measured on pairs that it never learned from. It is said
// wherever the model scores.
//
// Threads: blocks, any thread.
#pragma once

#include "core/store/project.h"

#include <filesystem>
#include <optional>
#include <string>

namespace luthier::store {

// Held-out accuracy above which a reward model's scores are worth asking for; chance is 0.5.
inline constexpr double kTrustedRewards = 0.6;

struct RewardTrust {
    std::optional<double> accuracy; // share of held-out pairs whose better answer got the larger score; none: not known
    std::string run;                // that made it; empty: none of the project's
    std::string sentence;           // for people; never empty
};

// `model` is a model, an adapter, or a run's folder, of `project` (which may be null) or of the one that it lies in. A project that cannot be read is no error here: the accuracy is
// not known then, and the sentence says why.
RewardTrust rewardTrustOf(Project* project, const std::filesystem::path& model);

} // namespace luthier::store
