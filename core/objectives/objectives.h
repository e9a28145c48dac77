// SPDX-License-Identifier: GPL-3.0-or-later
// Objective: one row of the table of what a run may minimise. Torch-free; what a row does is in its own file.
// A new objective is one file and one line in objectives.cpp; forms, flags, checkpoints and tests loop over the table.
#pragma once

#include "core/base/result.h"
#include "core/data/encoding.h"
#include "core/fields/row.h"
#include "core/measures/measure.h"
#include "core/objectives/objective_settings.h"
#include "core/objectives/rollouts.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace luthier::objectives {

struct LossInput; // core/objectives/loss.h
struct LossValue;

struct Sequence {
    std::vector<text::TokenId> ids;
    std::vector<std::uint8_t> trained; // [ids]: which are targets; the first never is
};

// What a row of the data becomes.
struct EncodedItem {
    std::vector<Sequence> sequences;
    std::vector<float> values; // one for each of Objective::columns
    bool truncated = false;    // something was cut off
    std::string label = {};    // of Objective::labelled
};

// What the sum of a step's losses is divided by: counted over the whole step, so that how it is cut into micro-batches does
// not matter.
enum class Divisor { TrainedTokens, Items };

// How rows become what a step sees.
enum class Layout {
    Items,  // a row is an item
    Windows, // the rows' tokens joined end to end and cut every data.max_length tokens; every token is a target once
    Prompts // a row is a prompt, one sequence without targets; its answers are made while training (`rollouts`)
};

// A trained tensor beside the method's: fp32, normal(0, deviation), named "objective.<name>".
struct Head {
    std::string name;
    std::vector<std::int64_t> sizes; // 0 stands for the number of labels in the data
    double deviation = 0;
};

inline constexpr const char* kLabelColumn = "label";
inline constexpr const char* kWeightColumn = "weight";

struct Objective : fields::Row {
    std::vector<data::ExampleKind> takes = {}; // rows of other kinds are left out, with `needs` as the reason
    std::string needs = {};                    // "conversations, or texts"

    // Errors say why the row gives no example. An item without a target is one with nothing to learn.
    Result<EncodedItem> (*encode)(const data::Encoder& encoder, const data::Example& example,
                                  const data::EncodingSettings& settings) = nullptr;
    // The loss of a micro-batch, differentiable.
    LossValue (*loss)(const LossInput& input) = nullptr;
    // The same for measuring, where it can be had more exactly; null: as `loss`.
    LossValue (*measure)(const LossInput& input) = nullptr;

    Divisor divisor = Divisor::TrainedTokens;
    Layout layout = Layout::Items;
    std::optional<RolloutPlan> rollouts = {};  // of Layout::Prompts
    bool perSequence = false;                  // the loss looks at sequences: micro-batches say where they end
    bool usesReference = false;                // the loss asks what the base says, in a pass of its own
    std::vector<std::string> referenceColumns = {}; // what the reference said of each sequence of an item, where it was asked before the run
    bool mismatches = false;                   // micro-batches bring answers behind prompts that they do not belong to
    bool dropsInputs = true;                   // adapters drop inputs while training; off where log-probabilities are compared
    bool judges = false;                       // the result scores texts and answers none
    bool labelled = false;                     // items have labels: their numbers, in the order of the labels, are the column kLabelColumn
    std::vector<std::string> columns = {};     // numbers that each item brings
    std::string meets = {};                    // one of `columns`: items above 0 in it and the others share each step (train/plan/batch_plan.h)
    std::vector<std::string> measures = {};    // ids (core/measures) of what the loss tells besides itself, in its order
    void (*finish)(measures::Values& values) = nullptr; // of a step or set, once divided: what has a divisor of its own; null: nothing
    std::vector<Head> (*heads)(const ObjectiveSettings& settings, std::int64_t hidden) = nullptr; // null: none
    double rateShare = 1; // its usual learning rate, as a share of the usual one of the method that it is learned with
    bool takesWeights = false; // targets may weigh differently: the per-target column kWeightColumn, and data.weight_by
};

std::span<const Objective> objectives();
const Objective* findObjective(std::string_view id);
// The objective of a recipe (objective.kind). Error: there is none of that name; lists those that there are.
Result<const Objective*> needObjective(const std::string& kind);

} // namespace luthier::objectives
