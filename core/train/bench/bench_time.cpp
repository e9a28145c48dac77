// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/bench/bench_time.h"

#include "core/base/files.h"
#include "core/base/json.h"

#include <algorithm>
#include <cmath>

namespace luthier::train {

namespace {

struct Case {
    const char* name;
    const char* rows;  // "answers", "texts", "pairs"
    std::int64_t steps;
    std::vector<std::pair<std::string, std::string>> settings;
};

const std::vector<Case>& cases()
{
    static const std::vector<Case> table{
        {"lora, mixed lengths", "answers", 40, {{"data.padding", "longest"}}},
        {"lora, like lengths together", "answers", 40, {{"data.padding", "length_buckets"}, {"run.gradient_accumulation", "4"}}},
        {"lora, packed, loss of each row", "answers", 24, {{"data.padding", "packed"}, {"run.row_losses", "true"}}},
        {"lora, evaluated often", "answers", 40, {{"run.eval_every", "4"}}},
        {"lora, answers at each evaluation", "answers", 30, {{"run.eval_every", "6"}, {"run.probe_prompts", "What is oak?,How does glue hold?"}, {"run.probe_tokens", "48"}}},
        {"full, a checkpoint every fourth step", "answers", 32, {{"method.kind", "full"}, {"run.checkpoint_every", "4"}}},
        {"full, texts, some layers twice", "texts", 32, {{"method.kind", "full"}, {"objective.kind", "pretrain"}, {"run.activation_checkpointing", "true"}}},
        {"qlora, shortest first", "answers", 30, {{"method.kind", "qlora"}, {"data.order", "shortest"}}},
        {"dpo", "pairs", 24, {{"objective.kind", "dpo"}}},
        {"lora, curriculum of two epochs", "answers", 60, {{"data.order", "longest"}, {"run.epochs", "2"}}},
        {"dora of all projections, dropout", "answers", 24, {{"method.use_dora", "true"}, {"method.target_modules", "all-linear"}, {"method.dropout", "0.1"}}},
        {"orpo, like lengths together", "pairs", 24, {{"objective.kind", "orpo"}, {"data.padding", "length_buckets"}}},
        {"prefix, evaluated often", "answers", 30, {{"method.kind", "prefix"}, {"run.eval_every", "6"}}},
        {"full, adafactor, accumulated", "answers", 24, {{"method.kind", "full"}, {"optimizer.kind", "adafactor"}, {"run.gradient_accumulation", "3"}}},
        {"a reward model, evaluated", "pairs", 24, {{"objective.kind", "reward"}, {"run.eval_every", "8"}}},
    };
    return table;
}

constexpr int kRows = 240;
constexpr double kShortest = 6;
constexpr double kLongest = 300; // words

// From short to long, as many of each order of magnitude; one after the other they have nothing in common.
std::string words(int row, int salt)
{
    static const char* const kWords[] = {"plank", "chisel", "oak", "saw", "bench", "glue", "joint", "plane"};
    const double place = std::fmod(0.618033988749895 * row, 1.0);
    const auto count = static_cast<int>(kShortest * std::pow(kLongest / kShortest, place));
    std::string text;
    for (int i = 0; i < count; ++i) {
        text += (i ? " " : "") + std::string(kWords[static_cast<std::size_t>(i * 5 + row + salt) % 8]);
    }
    return text;
}

std::string rowsOf(const std::string& kind)
{
    std::string lines;
    for (int row = 0; row < kRows; ++row) {
        const std::string question = "What is " + std::to_string(row) + "?";
        const Json json = kind == "texts"   ? Json{{"text", words(row, 0)}}
                          : kind == "pairs" ? Json{{"prompt", question}, {"chosen", words(row, 0)}, {"rejected", words(row + 1, 3)}}
                                            : Json{{"prompt", question}, {"completion", words(row, 0)}};
        lines += base::dumpJson(json) + "\n";
    }
    return lines;
}

Result<TimeCase> caseOf(const Case& one, const TimeCases& wanted)
{
    config::RunConfig config;
    config.model.path = wanted.model.string();
    config.model.device = wanted.device;
    config.model.dtype = wanted.dtype;
    config.data.train = {(wanted.folder / (std::string(one.rows) + ".jsonl")).string()};
    config.data.maxLength = 768;
    config.data.heldOutShare = 0.1;
    config.method.kind = "lora";
    config.run.batchSize = wanted.batch;
    config.run.gradientAccumulation = 1;
    config.run.epochs = 50;
    config.run.maxSteps = static_cast<std::int64_t>(std::lround(static_cast<double>(one.steps) * wanted.longer));
    for (const auto& [key, value] : one.settings) {
        if (auto set = config::setByKey(config, key, value); !set) {
            return Error{std::string(one.name) + ": " + set.message()};
        }
    }
    config.run.checkpointEvery *= wanted.rarer;
    if (wanted.rarer > 1 && config.method.kind == "full") { // nor its result, at each evaluation that is better
        config.run.maxSteps /= 2;
        config.run.evalEvery = std::max<std::int64_t>(1, config.run.maxSteps / 2);
    }
    return TimeCase{one.name, std::move(config)};
}

} // namespace

Result<std::vector<TimeCase>> writeTimeCases(const TimeCases& wanted)
{
    for (const char* kind : {"answers", "texts", "pairs"}) {
        if (auto written = base::writeFileAtomically(wanted.folder / (std::string(kind) + ".jsonl"), rowsOf(kind)); !written) {
            return written.error();
        }
    }
    std::vector<TimeCase> all;
    for (const Case& one : cases()) {
        if (std::string(one.name).find(wanted.only) == std::string::npos) {
            continue;
        }
        auto made = caseOf(one, wanted);
        if (!made) {
            return made.error();
        }
        all.push_back(std::move(*made));
    }
    return all;
}

} // namespace luthier::train
