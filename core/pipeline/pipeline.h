// SPDX-License-Identifier: GPL-3.0-or-later
// Pipeline: from a base model and preferences to a model that answers as people prefer, stage by stage: tuning on examples,
// collecting preferences, a reward model, then PPO or GRPO over it; or straight to DPO. What was chosen is kept in the project; what
// became of a stage is read off its run, so a pipeline goes on wherever it stood, in the window and on the command line alike.
// Torch-free.
//
// Threads: any; what takes a Project touches disks.
#pragma once

#include "core/base/cancel.h"
#include "core/config/run_config.h"
#include "core/store/project.h"

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace luthier::pipeline {

// The way from preferences to the model.
struct Route {
    const char* id;    // "dpo", "ppo", "grpo": also the objective of its last stage
    const char* label; // English source strings, context "Pipeline"
    const char* help;
    bool needsReward;  // a reward model stands between
};
std::span<const Route> routes();
const Route* findRoute(std::string_view id);

struct Stage {
    const char* id;        // "examples", "preferences", "reward", "tuning"
    const char* label;     // English source strings, context "Pipeline"
    const char* help;
    const char* needs;
    const char* makes;
    const char* check;     // how one sees that it is good
    bool trains;           // a run
    bool isOfReward;       // there where the route needs a reward model
};
std::span<const Stage> stages(); // in their order
const Stage* findStage(std::string_view id);

using Settings = std::vector<std::pair<std::string, std::string>>; // "part.key", value

// How a model makes the pairs (collection.h), where no file of them is chosen.
struct Collecting {
    std::string questions;    // data file whose questions are answered twice, or, with rules and no judge, while the model learns
    std::string judge;        // model folder that is asked by the rubric, or a reward model: folder, adapter or run
    std::string rubric;       // what it is asked; empty: the usual (evaluation/model_judge.h)
    std::int64_t limit = 200; // questions, evenly over the file; 0: all
    std::int64_t maxNew = 128;
    double temperature = 1;
    std::int64_t seed = 42;

    bool isWanted() const { return !questions.empty() && !judge.empty(); }
    friend bool operator==(const Collecting&, const Collecting&) = default;
};

// What a person chose, and which run each stage has.
struct Choices {
    std::string route = "dpo";
    std::string model;       // folder of the base
    std::string examples;    // file to tune on first; empty: the base answers well enough, the stage is left out
    std::string preferences; // file of pairs
    std::string rules;       // rules that reward answers beside the reward model, or without one (questions and no judge), parted by new lines
    std::map<std::string, Settings> settings; // of stages by keyOf(), over the usual ones
    std::map<std::string, store::RunId> runs; // of stages that were begun, by keyOf()
    Collecting collect = {};
    std::string collected = {}; // what the judge said of the pairs in `preferences`; empty: they are a file that was there

    friend bool operator==(const Choices&, const Choices&) = default;
};

std::vector<std::string> rulesOf(std::string_view lines); // of Choices::rules, one a line; empty lines are none

// What a stage keeps its run and its settings under: its id, and of the last one the way, too: ways share neither.
std::string keyOf(const Choices& choices, std::string_view stage);

Result<std::optional<Choices>> readChoices(store::Project& project); // nothing: no pipeline was begun
Result<void> writeChoices(store::Project& project, const Choices& choices);

enum class State {
    LeftOut, // this way does not need it
    Waiting, // for what `missing` says
    Ready,   // to be done now
    Running,
    Stopped, // goes on from its checkpoint
    Failed,
    Done
};
const char* toText(State state); // "left out", "waiting", "ready", ...

// A stage as it stands.
struct View {
    const Stage* stage = nullptr;
    State state = State::Waiting;
    std::string missing = {};        // a sentence: what it waits for, or why its run does not count; empty: nothing
    std::string made = {};           // folder or file; empty: nothing yet
    std::string check = {};          // what its check says, with numbers; empty: not yet
    std::optional<bool> isGood = {}; // what that means; none: nobody can say
    store::RunId run = 0;
};

struct Look {
    std::vector<View> stages;
    std::string next;   // id of the stage to do now; empty: all are done, or one is missing something
    std::string advice; // why DPO is the better choice here, or why this way is one
};
// Counts pairs and reads runs. Errors: the project's, "cancelled".
Result<Look> look(store::Project& project, const Choices& choices, const base::CancelToken& cancel = {});

// What a stage that trains made, of what is chosen now; empty: this way leaves it out. Errors: it is not done, or its run was made of
// something else.
Result<std::string> resultOf(store::Project& project, const Choices& choices, std::string_view stage);

// The recipe of a stage that trains as far as it is known before any other is done. Errors: no such stage, one that this way leaves out.
Result<config::RunConfig> ownRecipe(const Choices& choices, std::string_view stage);

// The recipe of a stage that trains, from what the stages before it made. Errors: what is missing.
Result<config::RunConfig> recipeOf(store::Project& project, const Choices& choices, std::string_view stage);

} // namespace luthier::pipeline
