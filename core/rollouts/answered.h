// SPDX-License-Identifier: GPL-3.0-or-later
// Answered: an answer that a model gave while it trained, with its prompt and all that was made of it, and Update: those that
// were made with the same weights. As JSON they are what `luthier rollouts` prints. Torch-free.
#pragma once

#include "core/base/json.h"
#include "core/base/result.h"
#include "core/objectives/rollouts.h"
#include "core/rewards/rule.h"
#include "core/text/tokenizers/tokenizer.h"

#include <cstdint>
#include <string>
#include <vector>

namespace luthier::rollouts {

struct Answered {
    std::uint32_t file = 0; // of data.train
    std::int64_t row = 0;   // from 0
    std::int64_t group = 0; // of the update, from 0
    std::string prompt;     // the last turn before the answer
    std::string answer;
    std::vector<text::TokenId> promptIds;
    std::vector<text::TokenId> ids; // the one that ended it among them
    std::vector<rewards::Verdict> verdicts; // of each rule, without its weight
    objectives::Rollout numbers;
};

struct Update {
    std::int64_t number = 0; // from 1
    std::int64_t step = 0;   // optimizer steps done when they were made
    double klWeight = 0;     // of this update
    double nextKlWeight = 0; // of the one behind it
    std::vector<Answered> answers;
};

// Every number reads back equal.
Json toJson(const Answered& answered);
Result<Answered> answeredFrom(const Json& json);

} // namespace luthier::rollouts
