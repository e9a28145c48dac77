// SPDX-License-Identifier: GPL-3.0-or-later
// Advice: whether to prompt or to tune, by which method and recipe, with the reason for each in a sentence. Rules of tables,
// no measurement: whether it is worth it is shown by answers to held-out rows (evaluation). Torch-free.
//
//   prompting or tuning: data available, complexity, budget, consistency, iteration speed
//   method: limited memory -> QLoRA; several tasks -> one LoRA each; highest quality -> full, if it fits;
//           quick iteration -> LoRA with a small rank
//
// Threads: any.
#pragma once

#include "core/advice/situation.h"
#include "core/advice/wish.h"
#include "core/base/json.h"

#include <string>
#include <utility>
#include <vector>

namespace luthier::advice {

enum class Side { Prompting, Either, Tuning };
const char* toText(Side side); // "prompting", "either", "tuning"

// One line of the first table.
struct Factor {
    std::string id;    // "data"
    std::string label; // "Data available"
    std::string found; // what it is here: "37 rows"
    Side side = Side::Either;
    std::string why;
};

// One line of the second.
struct Scenario {
    std::string id;     // "memory"
    std::string label;  // "Limited memory"
    std::string method; // what it asks for
    bool applies = false;
    std::string why;
};

struct Check {
    std::string id;
    bool isGood = false;
    std::string sentence; // what was found, and what to do where it is not good
};

using Settings = std::vector<std::pair<std::string, std::string>>; // "part.key", value as `--set` takes it

struct Advice {
    Side side = Side::Either;
    std::string why;
    std::vector<Factor> factors;
    std::string method;    // id
    std::string methodWhy;
    std::vector<Scenario> scenarios;
    std::string recipe;    // "task", "instructions", "preferences", "texts"
    std::string recipeWhy;
    std::vector<Check> checks;             // of the recipe and the rows
    std::vector<std::string> measures;     // ids of metrics, the first decides
    std::vector<std::string> more;         // what more would help
    Settings settings;                     // of method and recipe
};

Advice advise(const Wish& wish, const Situation& situation);

Json toJson(const Advice& advice);
Json toJson(const Situation& situation);

// The recipe with the advice's settings. Error: one of them is no setting.
Result<config::RunConfig> withSettings(config::RunConfig config, const Settings& settings);

} // namespace luthier::advice
