// SPDX-License-Identifier: GPL-3.0-or-later
// RunConfig: everything that decides a run, in parts. A recipe file is its JSON:
//   {"version":1,"model":{...},"data":{...},"method":{"kind":"lora",...},"objective":{...},"optimizer":{...},
//    "schedule":{...},"run":{...}}
// Parts with a table (method, objective, optimizer) are put together from its rows: each declares its settings and rules in its own
// file, and the recipe holds those of all rows, so that a person can go from one to another and back.
// Defaults are the usual starting point: learning rate 2e-5, 3 epochs, batch 4, accumulation 4,
// warm-up 0.1, weight decay 0.01; LoRA rank 16, alpha 32, q_proj and v_proj, dropout 0.05.
#pragma once

#include "core/base/json.h"
#include "core/fields/record.h"
#include "core/fields/row.h"
#include "core/objectives/objective_settings.h"
#include "core/optim/optimizer_settings.h"
#include "core/optim/schedule_settings.h"
#include "core/peft/methods/method.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace luthier::config {

struct ModelSettings {
    std::string path;                 // Hugging Face folder
    std::string adapter;              // to start from, or a run whose result it is; empty: from the base alone
    bool adapterMerge = false;        // folded into the base first; else its own training goes on
    std::string chatTemplate = "folder"; // the folder's own, or the id of a known one
    std::string templateTime;         // "2024-07-26T13:05:09" for templates that write a date; empty: of the start, kept by the run
    bool fromScratch = false;         // random weights from config.json alone (pretraining)
    std::string device = "auto";      // auto, cpu, cuda, cuda:N
    std::string dtype = "auto";       // auto, fp32, bf16, fp16: what the frozen weights and activations are
    std::string quantization = "auto"; // auto: as the method asks and the folder stores; none, nf4, fp4
    bool doubleQuantization = true;   // the constants of quantised weights, too
    std::string frozenDtype = "auto"; // of the frozen projections on a card: auto (as dtype), bf16, fp8
};

struct DataSettings {
    std::vector<std::string> train;   // files; relative to the recipe
    std::vector<std::string> heldOut; // files; empty: split off by share
    double heldOutShare = 0.1;        // of the rows, chosen by seed and row hash; 0: none
    std::string format = "auto";      // id of a dataset format, or auto
    std::vector<std::string> columns; // "field=column": what the files call a field of the format
    std::int64_t maxLength = 1024;    // tokens; longer rows are cut at the end and counted
    std::string trainOn = "answers";  // answers, all
    std::string stratifyBy;           // a field: every value of it gives its share of held-out rows
    bool shuffle = true;              // new order each epoch
    std::string padding = "length_buckets"; // longest, length_buckets, packed
    std::int64_t limit = 0;           // use only the first n good rows; 0: all
    std::string unread = "say";       // of filled fields that nobody learns from: say, refuse, ignore
    double brokenShare = 0.5;         // of a file's rows; where more give no example the run asks first; 1: never
    std::string systemTurns = "template"; // template: as it writes them; first_question: before the question that follows
    std::string order = "usual";      // usual: as `shuffle` says; shortest, longest, field: in that order in every epoch
    std::string orderBy;              // field: the rows' number in it, lowest first
    std::vector<std::string> general; // files of what the model could do before: measured as the set "general"
    double generalShare = 0;          // general rows mixed into training, as a part of the training rows
    std::string weightBy;             // a field with each row's weight in the loss; empty: all alike
};

using optim::ScheduleSettings;

struct RunSettings {
    std::string name;
    double epochs = 3;
    std::int64_t maxSteps = 0; // 0: epochs decide
    std::int64_t batchSize = 4;
    std::int64_t gradientAccumulation = 4;
    std::int64_t seed = 42;
    std::int64_t evalEvery = 0;       // optimizer steps; 0: about ten times a run, and at start and end
    double evalShare = 0.1;           // of the run's time at most, where evalEvery is 0
    std::int64_t checkpointEvery = 0; // optimizer steps; 0: about five times a run
    std::int64_t keepCheckpoints = 2;
    bool rowLosses = false;           // measure every row before and after
    std::vector<std::string> probePrompts; // answered at start, at each evaluation and at the end
    std::int64_t probeTokens = 64;
    bool activationCheckpointing = false;
    std::int64_t threads = 0; // CPU threads; 0: all physical cores
    std::int64_t checkpointedLayers = 0; // of activationCheckpointing: so many of the first layers; 0: all
    std::int64_t patience = 0;        // evaluations without a better held-out loss that end the run; 0: however many
    double leastChange = 0;           // nats that count as better
    std::string keep = "last";        // last, best: which weights are the result
    double neftuneAlpha = 0;          // noise on the embeddings while training, as NEFTune; 0: none
    double labelSmoothing = 0;        // share of each target's weight that all tokens share
    std::string shard = "auto";       // the frozen base over ranks: auto (where a card has no room for all of it), always, never
};

struct RunConfig {
    ModelSettings model;
    DataSettings data;
    peft::MethodSettings method;
    objectives::ObjectiveSettings objective;
    optim::OptimizerSettings optimizer;
    ScheduleSettings schedule;
    RunSettings run;
};

// One part of RunConfig with its fields, in the order of work. New part: one row in run_config.cpp.
struct Part {
    std::string key;
    std::string label;
    std::vector<fields::Field> fields; // its own, and those of all its rows
    void* (*object)(RunConfig&);
    std::vector<const fields::Row*> rows = {}; // of the table that its "kind" chooses from; empty: there is no table
};
std::span<const Part> parts();
// Null: there is no such part.
const Part* findPart(std::string_view key);

struct Setting {
    const Part* part;
    const fields::Field* field;
};
// `key` is "part.key". None: there is no such setting.
std::optional<Setting> findSetting(std::string_view key);
// Also by the key alone, where it is unique ("learning_rate"). Errors: several have it; none has, with the nearest one.
Result<Setting> settingNamed(std::string_view key);

fields::Record recordOf(RunConfig& config, const Part& part);
// Null: the part has no table, or no row of it has the id that the configuration names.
const fields::Row* chosenRow(const RunConfig& config, const Part& part);
// Whether the setting is looked at: it is of the part itself or of the chosen row.
bool applies(const RunConfig& config, const Part& part, const fields::Field& field);

// A complete recipe: every field of every part, with "version".
Json toJson(const RunConfig& config);
// Starts from defaults. Unknown parts and keys, wrong types and ranges are sentences.
Result<RunConfig> fromJson(const Json& recipe);

// `key` as settingNamed takes it. Errors: its, and those of the value.
Result<void> setByKey(RunConfig& config, std::string_view key, std::string_view text);

// Reads a recipe; relative paths in it become absolute against the file's folder.
Result<RunConfig> readRecipe(const std::filesystem::path& path);

struct Difference {
    std::string key; // "optimizer.learning_rate"
    std::string left;
    std::string right;
};
std::vector<Difference> difference(const RunConfig& left, const RunConfig& right);

// Rules between fields. Empty: the configuration can run.
struct BrokenRule {
    std::vector<std::string> keys; // "part.key"
    std::string sentence;
};
std::vector<BrokenRule> brokenRules(const RunConfig& config);

} // namespace luthier::config
