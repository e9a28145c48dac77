// SPDX-License-Identifier: GPL-3.0-or-later
// Collection: the stage that has a model judge make preferences. The model, with what the stage before taught it, answers each question
// twice; a judge says which answer is better, in both orders; what it says becomes pairs. Torch-free.
//
// In the project: collected/KEY/, KEY of all that decides the answers: answers.jsonl as they come, preferences.jsonl at the end; and a
// judging with every vote, which people can look at and vote in on the Judge page. Whatever ends it (Ctrl-C, kill -9, a full disk), it goes
// on with what is there, to the same pairs.
//
// Threads: blocks; meant for jobs.
#pragma once

#include "core/base/cancel.h"
#include "core/pipeline/pipeline.h"
#include "core/store/project.h"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace luthier::pipeline {

struct Collected {
    std::string file;          // preferences.jsonl
    std::int64_t judging = 0;  // in the project
    std::int64_t questions = 0;
    std::int64_t equal = 0;    // both answers are the same: nothing to judge
    std::int64_t unanswered = 0;
    std::int64_t judged = 0;
    std::int64_t flips = 0;    // the order of the answers decided: they give no pair
    std::int64_t pairs = 0;    // in the file
    std::string problem;       // the first thing that could not be judged; empty: nothing

    std::string sentence() const;
};

// What goes on ("answering", "judging", "loading the judge"), done and total.
using ToldOfCollection = std::function<void(const std::string& what, std::int64_t done, std::int64_t total)>;

// From choices.model, collect and the stage "examples". Errors: what is missing or cannot be opened, no pair came of it, "cancelled".
Result<Collected> collect(store::Project& project, const Choices& choices, const std::string& device, const std::string& dtype,
                          const ToldOfCollection& told, const base::CancelToken& cancel);

// How far such a stage is: a sentence; empty: not begun. Reads the disk alone.
std::string collectedSoFar(store::Project& project, const Choices& choices);

} // namespace luthier::pipeline
