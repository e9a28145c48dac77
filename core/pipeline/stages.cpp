// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/pipeline/pipeline.h"

#include <algorithm>
#include <array>

namespace luthier::pipeline {

std::span<const Route> routes()
{
    static constexpr std::array table{
        Route{"dpo", "Straight from pairs (DPO)", "One run learns from the pairs themselves. Nothing is sampled and no reward model stands between; take it first.", false},
        Route{"ppo", "Reward model, then PPO", "The model answers, a reward model judges, and values spread the credit over the tokens. For tasks where new answers must be tried, and patience with settings.", true},
        Route{"grpo", "Reward model, then GRPO", "The model answers in groups, a reward model judges, and answers are compared with each other. Simpler than PPO; with rules it needs no reward model.", true},
    };
    return table;
}

const Route* findRoute(std::string_view id)
{
    const auto all = routes();
    const auto found = std::find_if(all.begin(), all.end(), [&](const Route& route) { return id == route.id; });
    return found == all.end() ? nullptr : &*found;
}

std::span<const Stage> stages()
{
    static constexpr std::array table{
        Stage{"examples", "Tune on examples", "The model learns the form of answers first (SFT), so that what is preferred is said at all. Leave it out where the model answers well already.",
              "A model and a file of examples", "An adapter that the later stages go on from", "The held-out loss falls", true, false},
        Stage{"preferences", "Collect preferences", "Pairs of a better and a worse answer to one prompt: from a file, from votes on the Judge page, or from a model as judge.",
              "A file of pairs (prompt, chosen, rejected), or questions and a judge", "The pairs that later stages learn from", "Enough pairs, and none without one of its answers", false, false},
        Stage{"reward", "Reward model", "A head on the base learns to score answers as the pairs have them.", "The pairs", "An adapter with a head, which judges answers over the same base",
              "More than 60 % of the held-out pairs the right way round", true, true},
        Stage{"tuning", "Learn what is preferred", "The model itself is tuned, by the way that was chosen above.", "What the stages before made; or questions and rules", "The adapter to answer with",
              "DPO: held-out preference accuracy rises. PPO and GRPO: the held-out reward rises at a small KL", true, false},
    };
    return table;
}

const Stage* findStage(std::string_view id)
{
    const auto all = stages();
    const auto found = std::find_if(all.begin(), all.end(), [&](const Stage& stage) { return id == stage.id; });
    return found == all.end() ? nullptr : &*found;
}

const char* toText(State state)
{
    static constexpr const char* names[] = {"left out", "waiting", "ready", "running", "stopped", "failed", "done"};
    return names[static_cast<std::size_t>(state)];
}

} // namespace luthier::pipeline
