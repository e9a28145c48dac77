// SPDX-License-Identifier: GPL-3.0-or-later
// Probes: a run's prompts, answered by the model as it is now, greedily. Internal to core: names torch types.
#pragma once

#include "core/config/run_config.h"
#include "core/data/encoding.h"
#include "core/inference/generate.h"
#include "core/inference/stops.h"
#include "core/nn/decoder.h"
#include "core/train/events.h"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace luthier::train {

class Probes {
public:
    // `areTexts`: the data is plain text, so prompts are continued instead of being asked as a user's turn.
    // Prompts that cannot be encoded are left out and told in warnings().
    Probes(nn::Decoder& decoder, const data::Encoder& encoder, const config::RunSettings& settings, bool areTexts);

    const std::vector<std::string>& warnings() const { return m_warnings; }

    // Answers come as SampleDone, what fails as Warning. Ends early when `isStopped` says so.
    void answer(std::int64_t step, RunObserver& observer, const std::function<bool()>& isStopped);
    // Likewise a prompt that is none of the run's.
    void ask(const std::string& prompt, std::int64_t step, RunObserver& observer, const std::function<bool()>& isStopped);

private:
    struct Prompt {
        std::string text;
        std::vector<text::TokenId> ids;
    };

    void answerOne(const Prompt& prompt, std::int64_t step, RunObserver& observer, const std::function<bool()>& isStopped);
    Result<inference::Generation> answerOf(const Prompt& prompt, const inference::GenerateOptions& options);

    nn::Decoder& m_decoder;
    data::Encoder m_encoder;
    bool m_areTexts;
    inference::Stops m_stops;
    std::vector<Prompt> m_prompts;
    std::int64_t m_tokens = 64;
    std::vector<std::string> m_warnings;
};

} // namespace luthier::train
