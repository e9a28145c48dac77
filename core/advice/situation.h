// SPDX-License-Identifier: GPL-3.0-or-later
// Situation: what advice is given on: the machine, the model and the rows, looked at and counted. Torch-free.
//
// Threads: lookAround blocks, any thread.
#pragma once

#include "core/base/cancel.h"
#include "core/base/result.h"
#include "core/config/run_config.h"
#include "core/train/plan/run_rows.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace luthier::train {
class PlanCache;
}

namespace luthier::advice {

// A method with its usual settings and the recipe's batch and length.
struct MethodNeed {
    std::string method;
    std::int64_t bytes = 0; // at its peak; 0: it cannot train this model
    bool fits = false;
    std::string problem;    // why it cannot
};

struct RowsSeen {
    std::int64_t rows = 0;           // to learn from, held out ones not among them
    std::int64_t heldOut = 0;
    std::int64_t broken = 0;
    std::int64_t nothingToLearn = 0;
    std::int64_t cut = 0;
    std::int64_t looked = 0;         // rows that the next are of: all, or spread over them
    std::int64_t copies = 0;         // the same as one before
    std::int64_t nearCopies = 0;     // nearly the same as one before, copies among them
    std::int64_t distinctAnswers = 0;
    std::int64_t distinctBeginnings = 0; // first two words of the questions
    std::int64_t distinctShapes = 0;     // of answers: JSON, list, one word, sentence, longer
    std::int64_t pairs = 0;          // rows with a chosen and a rejected answer
    std::int64_t texts = 0;          // rows that are plain texts
    std::int64_t labelled = 0;       // rows that ask for a label
    double meanAnswerWords = 0;
};

struct Situation {
    std::string device;              // "cpu, 2 threads"
    bool isCard = false;
    std::int64_t free = 0;           // bytes; 0: not known
    std::string model;               // its name
    std::int64_t parameters = 0;
    bool answersChats = false;       // it has a chat template of its own
    std::vector<MethodNeed> methods; // lora, qlora, full
    RowsSeen rows;

    const MethodNeed* need(const std::string& method) const; // null: not looked at
};

struct Look {
    const config::RunConfig& config;
    const train::RunRows& rows;
    train::PlanCache* cache = nullptr;
    base::Progress progress = {};
    base::CancelToken cancel = {};
};

// Errors: those of the model and of the files; "cancelled". Rows that cannot be read are counted.
Result<Situation> lookAround(const Look& look);

} // namespace luthier::advice
