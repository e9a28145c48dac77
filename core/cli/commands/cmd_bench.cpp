// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/files.h"
#include "core/base/paths.h"
#include "core/cli/bench/bench_all.h"
#include "core/cli/bench/bench_memory.h"
#include "core/cli/bench/bench_shapes.h"
#include "core/cli/bench/bench_time.h"
#include "core/cli/command.h"
#include "core/cli/display.h"
#include "core/cli/inputs.h"
#include "core/cli/ranks/ranked_run.h"
#include "core/objectives/objectives.h"
#include "core/optim/optimizers.h"
#include "core/ranks/team.h"
#include "core/peft/methods/lora_settings.h"
#include "core/peft/methods/method.h"
#include "core/text/tokenizers/bench_tokenize.h"
#include "core/train/bench/bench_generate.h"
#include "core/train/bench/bench_kernels.h"
#include "core/train/bench/bench_step.h"

#include <CLI/App.hpp>

#include <algorithm>
#include <array>

namespace luthier::cli {

namespace bench_command {
namespace {

struct Flags;
struct Verb {
    const char* name;
    const char* summary;
    int (*run)(const Flags&, Context&);
};

struct Flags {
    std::string preset = "tiny";
    std::string family;
    std::int64_t window = -1;
    std::string frozenDtype = "auto";
    bool profile = false;
    std::string model;
    std::int64_t batch = 4;
    std::int64_t length = 512;
    std::int64_t steps = 8;
    std::int64_t warmup = 4;
    std::string targets = "qv";
    std::string method = "lora";
    std::string quantization = "auto";
    std::string paging = "auto";
    std::string objective = "sft";
    bool liveReference = false;
    std::string optimizer = "adamw";
    double dropout = 0;
    bool checkpointing = false;
    std::int64_t prompt = 128;
    std::int64_t tokens = 128;
    std::int64_t answers = 1;
    bool rollouts = false;
    std::string file;
    std::int64_t repeats = 3;
    MemoryBenchFlags memory;
    TimeBenchFlags time;
    AllBenchFlags all;
    RankFlags ranks;
    bool shard = false;
    bool packed = false;
    const Verb* verb = nullptr;
};

// A folder's shape, or a preset's, with room for as many positions.
Result<nn::DecoderConfig> configOf(const Flags& flags, std::int64_t positions)
{
    auto config = !flags.family.empty() ? Result(familyShapeOf(flags.family))
                  : flags.model.empty() ? Result(shapeOf(flags.preset))
                                        : nn::readDecoderConfig(flags.model);
    if (config) {
        for (std::int64_t& window : config->windows) {
            window = flags.window >= 0 && window > 0 ? flags.window : window;
        }
        config->maxPositions = std::max(config->maxPositions, positions);
    }
    return config;
}

// One measurement; limit is what the hardware would allow, 0 where that is not known.
void print(Console& console, const char* name, double value, const char* unit, double limit = 0)
{
    const double share = limit > 0 ? value / limit : 0;
    const bool bytes = std::string_view(unit) == "bytes";
    if (console.isJson()) {
        console.line({{"name", name},
                      {"value", bytes ? Json(static_cast<std::int64_t>(value)) : Json(value)},
                      {"unit", unit},
                      {"limit", limit > 0 ? Json(limit) : Json()},
                      {"share", limit > 0 ? Json(share) : Json()}});
        return;
    }
    std::string text = std::string(name) + "  "
                       + (bytes ? byteSize(value) : fixed(value, value < 100 ? 2 : 0) + " " + unit);
    if (limit > 0) {
        text += "  (" + fixed(share * 100, 1) + " % of " + fixed(limit, limit < 100 ? 2 : 0) + ")";
    }
    console.text(text);
}

// Of a step, the largest first, with their share of its time.
void printKernels(Console& console, const std::vector<train::KernelTime>& kernels, double step)
{
    for (const train::KernelTime& kernel : kernels) {
        const double share = step > 0 ? kernel.seconds / step : 0;
        if (console.isJson()) {
            console.line({{"name", "kernel"}, {"kernel", kernel.name}, {"calls", kernel.calls}, {"value", kernel.seconds * 1e3}, {"unit", "ms"}, {"share", share}});
        } else if (share >= 0.002) {
            console.text(fixed(kernel.seconds * 1e3, 3) + " ms  " + fixed(share * 100, 1) + " %  " + counted(kernel.calls) + " x " + kernel.name.substr(0, 120));
        }
    }
}

int benchStep(const Flags& flags, Context& context)
{
    if (const auto code = launchedRanks(flags.ranks, context)) {
        return *code;
    }
    std::string device = context.globals.deviceOrAuto();
    auto team = joinRanks(device, context);
    auto config = team ? configOf(flags, flags.length) : Result<nn::DecoderConfig>(team.error());
    if (!config) {
        return context.fail(config.message());
    }
    peft::MethodSettings method;
    method.kind = flags.method;
    method.of<peft::LoraSettings>().dropout = flags.dropout;
    if (flags.targets == "all") {
        method.of<peft::LoraSettings>().targetModules = {"all-linear"};
    }
    const auto progress = [&](std::int64_t done, std::int64_t all) {
        context.console.progress("step " + counted(done) + "/" + counted(all));
    };
    auto result = train::benchStep({std::move(*config), method, flags.batch, flags.length, flags.steps,
                                    flags.warmup, device,
                                    context.globals.dtypeOrAuto(), progress, context.cancel, flags.quantization,
                                    flags.checkpointing, flags.paging, flags.objective, flags.liveReference, flags.optimizer, flags.frozenDtype,
                                    flags.profile, *team, flags.shard, flags.packed});
    context.console.endProgress();
    if (*team && result) {
        (*team)->leave();
    } else if (*team) {
        (*team)->fail(result.message());
    }
    if (*team && result && !(*team)->leads()) {
        return kDone;
    }
    if (!result) {
        return context.fail(result.message());
    }
    context.console.note(result->device + ", " + result->dtype + ", " + counted(result->trainableParameters)
                         + " of " + counted(result->totalParameters) + " parameters trained, loss "
                         + fixed(result->loss, 3));
    if (!result->notice.empty()) {
        context.console.warning(result->notice);
    }
    print(context.console, "matmul", result->matmulFlops / 1e12, "TFLOP/s");
    print(context.console, "step", result->tokensPerSecond, "tokens/s",
          result->matmulFlops / result->flopsPerToken);
    print(context.console, "step_time", result->secondsPerStep, "s");
    if (*team && result->tokensPerSecondAlone > 0) {
        print(context.console, "step_alone", result->tokensPerSecondAlone, "tokens/s");
        print(context.console, "ranks_gain", result->tokensPerSecond / result->tokensPerSecondAlone, "times", (*team)->size());
        print(context.console, "wait_share", result->waitShare, "of a step");
    }
    print(context.console, "peak_memory", static_cast<double>(result->peakBytes), "bytes");
    printKernels(context.console, result->kernels, result->secondsPerStep);
    return kDone;
}

int benchGenerate(const Flags& flags, Context& context)
{
    auto config = configOf(flags, flags.prompt + flags.tokens + 32);
    if (!config) {
        return context.fail(config.message());
    }
    auto result = train::benchGenerate({std::move(*config), flags.prompt, flags.tokens,
                                        context.globals.deviceOrAuto(), context.globals.dtypeOrAuto(),
                                        context.cancel, flags.answers, flags.quantization,
                                        flags.rollouts ? base::bundledModel().string() : std::string(), flags.profile});
    if (!result) {
        return context.fail(result.message());
    }
    context.console.note(result->device + ", " + result->dtype);
    print(context.console, "copy", result->copyRate / 1e9, "GB/s");
    print(context.console, "generate", result->tokensPerSecond, "tokens/s",
          result->copyRate / result->bytesPerToken);
    if (flags.answers > 1) {
        print(context.console, "generate_after_prompts", result->stepsAlone, "tokens/s", result->copyRate / result->bytesPerToken);
    }
    if (flags.rollouts) {
        print(context.console, "rollouts", result->rolloutsPerSecond, "tokens/s", result->tokensPerSecond);
    }
    print(context.console, "peak_memory", static_cast<double>(result->peakBytes), "bytes");
    printKernels(context.console, result->kernels, result->secondsPerToken);
    return kDone;
}

// Fails where a fused kernel is further from its plain body than rounding explains.
int benchKernels(const Flags&, Context& context)
{
    auto result = train::benchKernels(context.globals.deviceOrAuto(), context.globals.dtypeOrAuto(), context.cancel);
    if (!result) {
        return context.fail(result.message());
    }
    context.console.note(result->device + ", " + result->dtype);
    double worst = 0;
    for (const auto& check : result->checks) {
        worst = std::max(worst, check.difference);
        if (context.console.isJson()) {
            context.console.line({{"name", check.name}, {"shape", check.shape}, {"difference", check.difference},
                                  {"plain_seconds", check.plainSeconds}, {"fused_seconds", check.fusedSeconds}});
        } else {
            context.console.text(check.name + ", " + check.shape + ": differs by " + fixed(check.difference * 1e6, 2)
                                 + " of a million, " + fixed(check.plainSeconds * 1e6, 0) + " -> "
                                 + fixed(check.fusedSeconds * 1e6, 0) + " us");
        }
    }
    return worst <= result->allowed ? kDone : context.fail("a fused kernel differs from its plain body");
}

// Rows of {"text":...}, a file as one text, or texts of our own.
Result<std::vector<std::string>> benchTexts(const Flags& flags)
{
    constexpr std::size_t kOwnTexts = std::size_t{8} << 20;
    std::vector<std::string> texts;
    if (flags.file.empty()) {
        return text::mixedTexts(kOwnTexts);
    }
    if (isRowFile(flags.file)) {
        auto read = forEachRow(flags.file, [&](std::int64_t row, const Json& value) -> Result<void> {
            if (!value.is_object() || !value.contains("text") || !value["text"].is_string()) {
                return Error{"row " + std::to_string(row) + " needs \"text\""};
            }
            texts.push_back(value["text"].get<std::string>());
            return {};
        });
        return read ? Result<std::vector<std::string>>(std::move(texts)) : Result<std::vector<std::string>>(read.error());
    }
    auto whole = base::readFile(flags.file);
    if (!whole) {
        return whole.error();
    }
    texts.push_back(std::move(*whole));
    return texts;
}

int benchTokenize(const Flags& flags, Context& context)
{
    auto tokenizer = text::loadTokenizer(flags.model);
    if (!tokenizer) {
        return context.fail(tokenizer.message());
    }
    auto texts = benchTexts(flags);
    if (!texts) {
        return context.fail(texts.message());
    }
    auto result = text::benchTokenize(**tokenizer, *texts, static_cast<int>(flags.repeats), context.cancel);
    if (!result) {
        return context.fail(result.message());
    }
    context.console.note((*tokenizer)->kind() + ", " + counted((*tokenizer)->vocabSize()) + " tokens; "
                         + counted(static_cast<std::int64_t>(texts->size())) + " texts, " + byteSize(static_cast<double>(result->bytes))
                         + ", " + counted(result->tokens) + " tokens; one core, processor time");
    print(context.console, "tokenize", result->bytesPerSecond / 1e6, "MB/s");
    print(context.console, "tokenize_first_time", result->firstBytesPerSecond / 1e6, "MB/s");
    print(context.console, "tokenize_with_places", result->placedBytesPerSecond / 1e6, "MB/s");
    return kDone;
}

int benchMemoryOf(const Flags& flags, Context& context)
{
    return benchMemory(flags.memory, context);
}

int benchTimeOf(const Flags& flags, Context& context)
{
    return benchTime(flags.time, context);
}

int benchAllOf(const Flags& flags, Context& context)
{
    return benchAll(flags.all, context);
}

constexpr std::array kVerbs = {
    Verb{"step", "Optimizer steps: tokens a second, and the share of what matrix products reach", benchStep},
    Verb{"generate", "Answers, one or many at once: tokens a second, and the share of what copying memory reaches",
         benchGenerate},
    Verb{"kernels", "Fused kernels: how far from their plain bodies, and the time of both", benchKernels},
    Verb{"tokenize", "A tokenizer: megabytes of text a second on one core", benchTokenize},
    Verb{"memory", "Memory as plans predict it beside what a pass takes, for recipes over methods, objectives, families and lengths", benchMemoryOf},
    Verb{"time", "The time of runs as it is measured before they begin beside what they take, for recipes with mixed lengths, evaluations, checkpoints and answers", benchTimeOf},
    Verb{"all", "Every published measurement that this machine can make, each in a process of its own", benchAllOf},
};

void setup(CLI::App& app, Flags& flags)
{
    app.require_subcommand(1);
    const auto number = [](CLI::App* sub, const char* name, std::int64_t& value, const char* help,
                           std::int64_t low) {
        sub->add_option(name, value, help)
            ->check(CLI::Range(low, std::int64_t{1} << 24))
            ->option_text(std::to_string(value));
    };
    for (const Verb& verb : kVerbs) {
        CLI::App* sub = app.add_subcommand(verb.name, verb.summary);
        sub->group("Commands");
        sub->parse_complete_callback([&flags, &verb] { flags.verb = &verb; });
        if (std::string_view(verb.name) == "tokenize") {
            sub->add_option("--model", flags.model, "Model folder; its tokenizer files are enough")->required()->option_text("DIR");
            sub->add_option("--file", flags.file, "Text to measure with; .jsonl: its rows of {\"text\":...}")->option_text("FILE");
            number(sub, "--repeat", flags.repeats, "Rounds after the first; the best counts", 1);
            continue;
        }
        if (verb.run == benchKernels) { continue; } // shapes of its own
        if (verb.run == benchAllOf) {
            sub->add_option("--only", flags.all.only, "Measurements whose name holds this")->option_text("TEXT");
            sub->add_flag("--list", flags.all.list, "Their names and commands; nothing is measured");
            continue;
        }
        if (verb.run == benchMemoryOf) {
            sub->add_option("--size", flags.memory.size, "Size of the models: small, large; auto: large on a card")
                ->check(CLI::IsMember({"auto", "small", "large"}))
                ->option_text("auto");
            sub->add_option("--only", flags.memory.only, "Recipes whose name holds this")->option_text("TEXT");
            sub->add_option("--within", flags.memory.within, "Percent that a prediction may be off; 0: 10, on a card 5")->check(CLI::Range(0.0, 100.0))->option_text("0");
            continue;
        }
        if (verb.run == benchTimeOf) {
            sub->add_option("--model", flags.time.model, "Model folder; the bundled one, on a card one of random weights")->option_text("DIR");
            sub->add_option("--only", flags.time.only, "Recipes whose name holds this")->option_text("TEXT");
            sub->add_option("--within", flags.time.within, "Percent that a prediction may be off")->check(CLI::Range(0.1, 100.0))->option_text("10");
            sub->add_option("--longer", flags.time.longer, "Factor on the number of steps")->check(CLI::Range(0.1, 1000.0))->option_text("1");
            continue;
        }
        auto* preset = sub->add_option("--preset", flags.preset, "Shape of the model: tiny, 135m, 0.5b, 1b, 8b, 65b")
                           ->check(CLI::IsMember(shapeNames()))
                           ->option_text("tiny");
        sub->add_option("--model", flags.model, "Shape from this folder's config.json")
            ->excludes(preset)
            ->option_text("DIR");
        sub->add_option("--family", flags.family, "Shape of a family's model of about a billion weights")
            ->check(CLI::IsMember(familyShapeNames()))
            ->excludes(preset)
            ->option_text("NAME");
        number(sub, "--window", flags.window, "Keys that layers with a window see; 0: all, -1: as the shape has it", -1);
        if (std::string_view(verb.name) == "step") {
            number(sub, "--batch", flags.batch, "Rows of a step, of each rank", 1);
            addRankFlags(*sub, flags.ranks);
            sub->add_flag("--packed", flags.packed, "Texts of mixed lengths (median 200 tokens) packed into as many tokens, other ones each step");
            sub->add_flag("--shard", flags.shard, "Each rank holds a part of the base (with --ranks); of the optimizer where all weights train, as many do unasked");
            sub->add_option("--frozen-dtype", flags.frozenDtype, "What frozen projections multiply in")->check(CLI::IsMember({"auto", "bf16", "fp8"}))->option_text("auto");
            sub->add_flag("--profile", flags.profile, "The card's kernels of a step as well, each with its time");
            number(sub, "--length", flags.length, "Tokens of a row", 1);
            number(sub, "--steps", flags.steps, "Measured steps; their median counts", 1);
            number(sub, "--warmup", flags.warmup, "Steps before them", 0);
            sub->add_option("--targets", flags.targets, "Projections with an adapter: qv, all")
                ->check(CLI::IsMember({"qv", "all"}))
                ->option_text("qv");
            std::vector<std::string> methods;
            for (const auto& method : peft::methods()) {
                methods.emplace_back(method.id);
            }
            sub->add_option("--method", flags.method, "What is trained: any of `luthier tune --method`'s")
                ->check(CLI::IsMember(methods))
                ->option_text("lora");
            std::vector<std::string> objectives;
            for (const auto& objective : objectives::objectives()) {
                objectives.emplace_back(objective.id);
            }
            sub->add_option("--objective", flags.objective, "What is learned; a pair is two rows")->check(CLI::IsMember(objectives))->option_text("sft");
            std::vector<std::string> optimizers;
            for (const auto& optimizer : optim::optimizers()) {
                optimizers.emplace_back(optimizer.id);
            }
            sub->add_option("--optimizer", flags.optimizer, "How gradients change the weights")->check(CLI::IsMember(optimizers))->option_text("adamw");
            sub->add_flag("--live-reference", flags.liveReference, "Ask the reference at every step, instead of once before");
            sub->add_option("--dropout", flags.dropout, "Share of an adapter's inputs dropped; the peers' tables have 0")
                ->check(CLI::Range(0.0, 0.9))
                ->option_text("0");
            sub->add_option("--quantization", flags.quantization, "How the frozen weights are held: auto (nf4 for qlora), none, nf4, fp4")
                ->check(CLI::IsMember({"auto", "none", "nf4", "fp4"}))
                ->option_text("auto");
            sub->add_flag("--checkpointing", flags.checkpointing, "Compute each layer again in the backward pass");
            sub->add_option("--paging", flags.paging, "The optimizer's state in host memory: auto, on, off")
                ->check(CLI::IsMember({"auto", "on", "off"}))
                ->option_text("auto");
        } else {
            number(sub, "--prompt", flags.prompt, "Tokens that are there already", 1);
            number(sub, "--tokens", flags.tokens, "Measured tokens of each answer", 1);
            number(sub, "--batch", flags.answers, "Answers at once; with more than one, reading their prompts counts", 1);
            sub->add_flag("--profile", flags.profile, "The card's kernels of a token of one answer as well, each with its time");
            sub->add_flag("--rollouts", flags.rollouts, "Also as a run over its own answers gives them: drawn, through a LoRA, as texts of the bundled vocabulary");
            sub->add_option("--quantization", flags.quantization, "How the weights are held: none, nf4, fp4")
                ->check(CLI::IsMember({"none", "nf4", "fp4"}))
                ->option_text("none");
        }
    }
}

int run(const Flags& flags, Context& context)
{
    return flags.verb->run(flags, context);
}

} // namespace
} // namespace bench_command

Command benchCommand()
{
    return command<bench_command::Flags>("bench", "How fast this machine trains, answers and tokenizes, beside what it could reach",
                          "luthier bench step --preset 135m --batch 4 --length 512\n"
                          "luthier bench step --preset 1b --targets all --device cuda --json\n"
                          "luthier bench generate --preset 135m\n"
                          "luthier bench generate --preset 1b --batch 64 --device cuda --dtype bf16\n"
                          "luthier bench tokenize --model DIR --file texts.jsonl",
                          bench_command::setup, bench_command::run)
        .withTensorsOnlyIn({"step", "generate", "kernels", "time"});
}

} // namespace luthier::cli
