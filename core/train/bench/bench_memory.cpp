// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/bench/bench_memory.h"

#include "core/base/files.h"
#include "core/base/json.h"
#include "core/config/run_config.h"
#include "core/nn/decoder.h"
#include "core/nn/families/decoder_config.h"
#include "core/train/failure.h"
#include "core/weights/load.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <c10/core/GradMode.h>

#include <algorithm>

namespace luthier::train {

namespace fs = std::filesystem;

namespace {

struct Case {
    const char* family;
    const char* method;
    const char* objective;
    std::int64_t batch;
    std::int64_t length;
    std::vector<std::pair<std::string, std::string>> settings = {}; // as `--set` takes them
    const char* note = "";
    bool onCard = false; // alone
};

const std::vector<Case>& cases()
{
    static const std::vector<Case> table{
        // methods
        {"llama", "lora", "sft", 4, 256},
        {"llama", "qlora", "sft", 4, 256},
        {"llama", "full", "sft", 4, 256},
        {"llama", "bottleneck", "sft", 4, 256},
        {"llama", "prefix", "sft", 4, 256},
        {"llama", "prompt", "sft", 4, 256},
        {"llama", "ia3", "sft", 4, 256},
        {"llama", "lora", "sft", 4, 256, {{"method.target_modules", "all-linear"}}, "all"},
        {"llama", "lora", "sft", 4, 256, {{"method.use_dora", "true"}}, "dora"},
        // objectives
        {"llama", "lora", "pretrain", 4, 256},
        {"llama", "full", "pretrain", 2, 512},
        {"llama", "lora", "dpo", 2, 256},
        {"llama", "full", "dpo", 2, 256},
        {"llama", "lora", "orpo", 2, 256},
        {"llama", "lora", "simpo", 2, 256},
        {"llama", "lora", "kto", 4, 256},
        {"llama", "lora", "reward", 2, 256},
        {"llama", "lora", "classification", 4, 256},
        // families
        {"gpt2", "lora", "sft", 4, 256, {{"method.target_modules", "all-linear"}}},
        {"gpt2", "full", "sft", 4, 256},
        {"qwen2", "lora", "sft", 4, 256},
        {"qwen3", "lora", "sft", 4, 256},
        {"phi3", "full", "sft", 4, 256},
        {"mistral", "lora", "sft", 4, 512},
        {"olmo2", "lora", "sft", 4, 256},
        {"gemma2", "lora", "sft", 4, 256},
        {"gemma3_text", "lora", "sft", 4, 256},
        {"gemma3_text", "full", "sft", 2, 256},
        // lengths and batches
        {"llama", "lora", "sft", 1, 64},
        {"llama", "lora", "sft", 1, 1024},
        {"llama", "lora", "sft", 8, 512},
        {"llama", "full", "sft", 8, 512},
        {"llama", "qlora", "sft", 1, 1024},
        // settings
        {"llama", "lora", "sft", 8, 512, {{"run.activation_checkpointing", "true"}}, "checkpointed"},
        {"llama", "full", "sft", 4, 512, {{"run.activation_checkpointing", "true"}}, "checkpointed"},
        {"llama", "lora", "sft", 8, 256, {{"data.padding", "packed"}}, "packed"},
        {"llama", "full", "sft", 4, 256, {{"optimizer.kind", "sgd"}}, "sgd"},
        {"llama", "lora", "sft", 4, 256, {{"model.dtype", "bf16"}}, "bf16"},
        {"llama", "full", "sft", 4, 256, {{"model.dtype", "bf16"}}, "bf16"},
        {"llama", "lora", "sft", 4, 512, {{"model.dtype", "fp32"}, {"run.gradient_accumulation", "1"}}, "one batch a step"},
        {"llama", "full", "sft", 4, 256, {{"run.gradient_accumulation", "4"}}, "accumulated"},
        {"llama", "lora", "sft", 4, 256, {{"model.dtype", "bf16"}, {"model.frozen_dtype", "fp8"}}, "fp8", true},
        // written down after the prediction was fitted, and never looked at for it
        {"qwen3", "qlora", "dpo", 2, 256},
        {"gemma2", "full", "sft", 2, 256, {{"run.activation_checkpointing", "true"}}, "checkpointed"},
        {"olmo2", "bottleneck", "sft", 4, 512},
        {"gpt2", "prefix", "pretrain", 2, 512},
        {"mistral", "lora", "kto", 4, 256, {{"method.target_modules", "all-linear"}}, "all"},
        {"phi3", "lora", "reward", 4, 128, {{"method.target_modules", "all-linear"}}, "all"},
        {"qwen2", "full", "orpo", 2, 256, {{"optimizer.kind", "adafactor"}}, "adafactor"},
        {"gemma3_text", "ia3", "classification", 4, 256},
        {"llama", "full", "sft", 4, 256, {{"method.frozen_layers", "3"}, {"method.freeze_embeddings", "true"}}, "upper half"},
    };
    return table;
}

struct Shape {
    std::int64_t hidden, intermediate, layers, heads, kvHeads, vocab;
};
constexpr Shape kSmall{512, 1408, 6, 8, 4, 8192};
constexpr Shape kLarge{2048, 5632, 6, 16, 8, 32000};

Json shapeOf(const std::string& family, const Shape& shape)
{
    Json json{{"model_type", family},
              {"vocab_size", shape.vocab},
              {"max_position_embeddings", 4096},
              {"tie_word_embeddings", true},
              {"torch_dtype", "float32"},
              {"initializer_range", 0.02},
              {"bos_token_id", 1},
              {"eos_token_id", 2}};
    if (family == "gpt2") {
        json.update(Json{{"n_embd", shape.hidden}, {"n_head", shape.heads}, {"n_layer", shape.layers}, {"n_positions", 4096}});
        return json;
    }
    json.update(Json{{"hidden_size", shape.hidden},
                     {"intermediate_size", shape.intermediate},
                     {"num_hidden_layers", shape.layers},
                     {"num_attention_heads", shape.heads},
                     {"num_key_value_heads", shape.kvHeads},
                     {"head_dim", shape.hidden / shape.heads},
                     {"rms_norm_eps", 1e-5}});
    if (family == "phi3") {
        json["tie_word_embeddings"] = false;
        json["original_max_position_embeddings"] = 4096;
    }
    if (family == "gemma2" || family == "gemma3_text" || family == "mistral") {
        json["sliding_window"] = 128;
    }
    if (family == "gemma2" || family == "gemma3_text") {
        json["query_pre_attn_scalar"] = shape.hidden / shape.heads;
    }
    return json;
}

// Numbers as a model of random weights has them, one block again and again: memory does not depend on them, and drawing
// and checking half a billion takes longer than measuring.
void fill(nn::Decoder& decoder)
{
    constexpr std::int64_t kBlock = std::int64_t{1} << 20;
    constexpr double kSpread = 0.02;
    const at::NoGradGuard noGrad;
    const at::Tensor block = at::empty({kBlock}, at::TensorOptions().dtype(decoder.dtype()));
    block.normal_(0, kSpread);
    for (const nn::NamedTensor& leaf : decoder.baseLeaves()) {
        const at::Tensor flat = leaf.tensor.detach().view({-1});
        for (std::int64_t begin = 0; begin < flat.numel(); begin += kBlock) {
            const std::int64_t size = std::min(kBlock, flat.numel() - begin);
            flat.narrow(0, begin, size).copy_(block.narrow(0, 0, size));
        }
    }
}

Result<void> writeModel(const std::string& family, const MemoryCases& wanted)
{
    const Shape& shape = wanted.isLarge ? kLarge : kSmall;
    const fs::path source = wanted.folder / ("shape-" + family);
    std::error_code code;
    fs::create_directories(source, code);
    for (const char* name : {"tokenizer.model", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "generation_config.json", "chat_template.jinja"}) {
        if (fs::exists(wanted.tokenizer / name, code)) {
            fs::copy_file(wanted.tokenizer / name, source / name, code);
        }
    }
    auto done = base::writeFileAtomically(source / "config.json", base::dumpJson(shapeOf(family, shape)));
    const auto config = done ? nn::readDecoderConfig(source) : Result<nn::DecoderConfig>(done.error());
    if (!config) {
        return config.error();
    }
    nn::Decoder decoder(*config, at::kCPU, wanted.isLarge ? at::kBFloat16 : at::kFloat);
    fill(decoder);
    return weights::saveModelFolder(decoder, source, wanted.folder / family, wanted.isLarge ? at::kBFloat16 : at::kFloat);
}

// Long enough to be cut where the longest may be.
std::string words(std::int64_t length, int row)
{
    static const char* const kWords[] = {"plank", "chisel", "oak", "saw", "bench", "glue", "joint", "plane"};
    std::string text;
    for (std::int64_t i = 0; i < length; ++i) {
        text += (i ? " " : "") + std::string(kWords[static_cast<std::size_t>(i * 5 + row) % 8]);
    }
    return text;
}

Json rowOf(const std::string& objective, std::int64_t length, int row)
{
    const std::string question = "What is " + std::to_string(row) + "?";
    if (objective == "pretrain") {
        return {{"text", words(length, row)}};
    }
    if (objective == "classification") { // judged at its end, so it has to be whole
        return {{"text", words(length / 3, row)}, {"label", row % 2 ? "wood" : "iron"}};
    }
    if (objective == "kto") {
        return {{"prompt", question}, {"completion", words(length, row)}, {"label", row % 2 == 0}};
    }
    if (objective == "reward") {
        return {{"prompt", question}, {"chosen", words(length / 3, row)}, {"rejected", words(length / 3, row + 1)}};
    }
    if (objective == "dpo" || objective == "orpo" || objective == "simpo") {
        return {{"prompt", question}, {"chosen", words(length, row)}, {"rejected", words(length, row + 1)}};
    }
    return {{"prompt", question}, {"completion", words(length, row)}};
}

constexpr int kRows = 40;

std::string nameOf(const Case& one)
{
    std::string name = std::string(one.family) + " " + one.method + " " + one.objective + " " + std::to_string(one.batch) + " x " + std::to_string(one.length);
    return *one.note ? name + ", " + one.note : name;
}

Result<MemoryCase> writeCase(const Case& one, const MemoryCases& wanted, std::size_t number)
{
    const fs::path folder = wanted.folder / ("case-" + std::to_string(number));
    if (auto made = base::makeDirectories(folder); !made) {
        return made.error();
    }
    const std::int64_t length = wanted.isLarge ? one.length * 2 : one.length;
    std::string rows;
    for (int row = 0; row < kRows; ++row) {
        rows += base::dumpJson(rowOf(one.objective, length, row)) + "\n";
    }
    config::RunConfig config;
    config.model.path = (wanted.folder / one.family).string();
    config.data.train = {(folder / "rows.jsonl").string()};
    config.data.maxLength = length;
    config.data.padding = "longest";
    config.data.heldOutShare = 0.1;
    config.method.kind = one.method;
    config.objective.kind = one.objective;
    config.run.batchSize = one.batch;
    config.run.gradientAccumulation = 2;
    config.run.maxSteps = 2;
    for (const auto& [key, value] : one.settings) {
        if (auto set = config::setByKey(config, key, value); !set) {
            return set.error();
        }
    }
    if (const auto broken = config::brokenRules(config); !broken.empty()) {
        return Error{nameOf(one) + ": " + broken.front().sentence};
    }
    auto written = base::writeFileAtomically(folder / "rows.jsonl", rows);
    written = written ? base::writeFileAtomically(folder / "recipe.json", base::dumpJson(config::toJson(config), 2)) : std::move(written);
    return written ? Result<MemoryCase>(MemoryCase{nameOf(one), folder / "recipe.json", one.family}) : Result<MemoryCase>(written.error());
}

} // namespace

Result<std::vector<MemoryCase>> writeMemoryCases(const MemoryCases& wanted)
{
    std::vector<MemoryCase> written;
    std::size_t number = 0;
    for (const Case& one : cases()) {
        ++number;
        if (nameOf(one).find(wanted.only) == std::string::npos || (one.onCard && !wanted.isCard)) {
            continue;
        }
        auto made = writeCase(one, wanted, number);
        if (!made) {
            return made.error();
        }
        written.push_back(std::move(*made));
    }
    return written;
}

Result<void> writeMemoryModel(const std::string& family, const MemoryCases& wanted)
{
    try {
        return writeModel(family, wanted);
    } catch (const std::exception& problem) {
        return Error{sentenceOf(problem)};
    }
}

} // namespace luthier::train
