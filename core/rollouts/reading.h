// SPDX-License-Identifier: GPL-3.0-or-later
// Reading: how people look at answers that a model gave while it trained: in which order, summed up, token by token, and what it
// said to the same prompt in other updates. Command line and window read by it. Torch-free.
//
// Threads: any; what reads a run's folder touches disks.
#pragma once

#include "core/base/cancel.h"
#include "core/base/result.h"
#include "core/rollouts/answered.h"

#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>
#include <vector>

namespace luthier::rollouts {

// What answers may be sorted by.
struct Order {
    const char* id;    // "reward"
    const char* label; // English source string, context "Rollouts"
    double (*key)(const Answered& answered); // null: as they were made
    bool highestFirst = false;
};
std::span<const Order> orders();
const Order* findOrder(std::string_view id);
void sort(std::vector<Answered>& answers, const Order& order); // stable

// A number that each token of an answer has.
struct TokenNumber {
    const char* id;    // "logprobs"
    const char* label; // English source string, context "Rollouts"
    std::vector<float> (*of)(const Answered& answered); // [n], or empty: the run has none
};
std::span<const TokenNumber> tokenNumbers();

struct UpdateSummary {
    std::int64_t number = 0;
    std::int64_t step = 0; // the first that learned from it, from 1
    std::int64_t answers = 0;
    double reward = 0; // means over its answers
    double kl = 0;
    double tokens = 0;
    double ended = 0;  // share
};
UpdateSummary summaryOf(const Update& update);

// Answers to one row of the data, in the order of the updates that are kept. Errors: as readUpdate; "cancelled".
struct Again {
    std::int64_t update = 0;
    Answered answered;
};
Result<std::vector<Again>> answersTo(const std::filesystem::path& run, std::uint32_t file, std::int64_t row, const base::CancelToken& cancel);

} // namespace luthier::rollouts
