// SPDX-License-Identifier: GPL-3.0-or-later
// RunConfig: everything that decides a run, in parts. A recipe file is its JSON:
//   {"version":1,"model":{...},"data":{...},"method":{"kind":"lora",...},"objective":{...},"optimizer":{...},
//    "schedule":{...},"run":{...}}
// Defaults are the usual starting point: learning rate 2e-5, 3 epochs, batch 4, accumulation 4,
// warm-up 0.1, weight decay 0.01; LoRA rank 16, alpha 32, q_proj and v_proj, dropout 0.05.
#pragma once

#include "core/base/json.h"
#include "core/config/record.h"

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace luthier::config {

struct ModelSettings {
    std::string path;                 // Hugging Face folder
    std::string chatTemplate = "folder"; // the folder's own, or the id of a known one
    bool fromScratch = false;         // random weights from config.json alone (pretraining)
    std::string device = "auto";      // auto, cpu, cuda, cuda:N
    std::string dtype = "auto";       // auto, fp32, bf16, fp16: what the frozen weights and activations are
    std::string quantization = "auto"; // auto: as the method asks and the folder stores; none, nf4, fp4
    bool doubleQuantization = true;   // the constants of quantised weights, too
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
};

struct MethodSettings {
    std::string kind = "lora"; // id of a method row
    // LoRA
    std::int64_t rank = 16;
    double alpha = 32;
    double dropout = 0.05;
    std::vector<std::string> targetModules = {"q_proj", "v_proj"}; // names, or "all-linear"
    std::vector<std::string> rankPattern;   // "pattern=rank"
    std::vector<std::string> alphaPattern;  // "pattern=alpha"
    bool useRslora = false;
    bool useDora = false;
    std::string bias = "none";              // none, all, lora_only
    std::vector<std::string> modulesToSave; // embeddings, head and norms trained whole
    // IA3
    std::vector<std::string> ia3Modules = {"k_proj", "v_proj", "down_proj"};
    std::vector<std::string> feedforwardModules = {"down_proj"}; // those of them scaled at their input
    // Prompt and prefix tuning
    std::int64_t virtualTokens = 20;
    std::string promptText;            // its tokens' embeddings are the start; empty: random
    bool prefixProjection = false;
    std::int64_t encoderHiddenSize = 0; // of the projection; 0: as wide as a layer's keys
    // Bottleneck layers
    std::string bottleneckPlaces = "pfeiffer"; // pfeiffer, houlsby
    std::int64_t reductionFactor = 16;
    std::string nonLinearity = "relu"; // relu, swish, gelu, tanh
    // Full tuning
    std::int64_t frozenLayers = 0;     // the first n
    bool freezeEmbeddings = false;
};

struct ObjectiveSettings {
    std::string kind = "sft"; // id of an objective row
};

struct OptimizerSettings {
    std::string kind = "adamw";
    double learningRate = 2e-5;
    double weightDecay = 0.01;
    double beta1 = 0.9;
    double beta2 = 0.999;
    double epsilon = 1e-8;
    double maxGradNorm = 1.0; // 0: no clipping
    std::string paging = "auto"; // auto, on, off: moments and masters in host memory
};

struct ScheduleSettings {
    std::string kind = "linear"; // linear, cosine, constant
    double warmupRatio = 0.1;
};

struct RunSettings {
    std::string name;
    double epochs = 3;
    std::int64_t maxSteps = 0; // 0: epochs decide
    std::int64_t batchSize = 4;
    std::int64_t gradientAccumulation = 4;
    std::int64_t seed = 42;
    std::int64_t evalEvery = 0;       // optimizer steps; 0: about ten times a run, and at start and end
    std::int64_t checkpointEvery = 0; // optimizer steps; 0: about five times a run
    std::int64_t keepCheckpoints = 2;
    bool rowLosses = false;           // measure every row before and after
    std::vector<std::string> probePrompts; // answered at start, at each evaluation and at the end
    std::int64_t probeTokens = 64;
    bool activationCheckpointing = false;
    std::int64_t threads = 0; // CPU threads; 0: all physical cores
};

struct RunConfig {
    ModelSettings model;
    DataSettings data;
    MethodSettings method;
    ObjectiveSettings objective;
    OptimizerSettings optimizer;
    ScheduleSettings schedule;
    RunSettings run;
};

// One part of RunConfig with its table, in the order of work. New part: one row in run_config.cpp.
struct Part {
    std::string key;
    std::string label;
    std::vector<Field> fields;
    void* (*object)(RunConfig&);
};
std::span<const Part> parts();

Record recordOf(RunConfig& config, const Part& part);

// A complete recipe: every field of every part, with "version".
Json toJson(const RunConfig& config);
// Starts from defaults. Unknown parts and keys, wrong types and ranges are sentences.
Result<RunConfig> fromJson(const Json& recipe);

// `key` is "part.key", or the key alone where it is unique ("learning_rate").
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
