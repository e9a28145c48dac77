// SPDX-License-Identifier: GPL-3.0-or-later
// Kinds of GGUF files and the format of each tensor in them. The mixture of q4_k_m is llama.cpp's: the head in Q6_K; of
// value and down projections the first and last eighth of the layers and every third between them too.
#include "core/weights/gguf/save.h"

#include <algorithm>
#include <charconv>
#include <iterator>

namespace luthier::weights {

namespace {

constexpr GgufFileKind kKinds[] = {
    {"f16", "16 bits a weight, exact enough for anything", 1, "F16", false, "llama.cpp; to be quantised there"},
    {"bf16", "16 bits a weight, exactly what a bf16 model holds", 32, "BF16", false, "llama.cpp; to be quantised there"},
    {"q8_0", "8.5 bits a weight, hardly to be told from f16", 7, "Q8_0", false, "Ollama, LM Studio; as good as the model"},
    {"q6_k", "6.6 bits a weight", 18, "Q6_K", false, "Ollama, LM Studio; a little smaller"},
    {"q4_k_m", "about 4.9 bits a weight, the usual choice for a laptop", 15, "Q4_K", true, "Ollama, LM Studio"},
    {"q4_0", "4.5 bits a weight, the oldest and coarsest", 2, "Q4_0", false, "programs that read nothing newer"},
};

constexpr std::int64_t kBytesOfToken = 40; // its text, score and merges, as large vocabularies have them

const gguf::TensorType* typeNamed(std::string_view name)
{
    const auto all = gguf::tensorTypes();
    const auto found = std::find_if(all.begin(), all.end(), [&](const gguf::TensorType& type) { return name == type.name; });
    return found == all.end() ? nullptr : &*found;
}

std::int64_t layerOf(const std::string& name)
{
    std::int64_t layer = -1;
    if (name.starts_with("blk.")) {
        std::from_chars(name.data() + 4, name.data() + name.size(), layer);
    }
    return layer;
}

bool isFiner(std::int64_t layer, std::int64_t layers)
{
    const std::int64_t eighth = layers / 8;
    return layer < eighth || layer >= 7 * layers / 8 || (layer - eighth) % 3 == 2;
}

bool ends(const std::string& name, const char* part)
{
    return name.ends_with(std::string(part) + ".weight");
}

std::string wantedFormat(const GgufFileKind& kind, const std::string& name, std::int64_t layers, bool hasHead)
{
    const std::string usual = kind.format;
    const bool isRounded = usual.starts_with("Q");
    if (isRounded && usual != "Q8_0" && name == (hasHead ? "output.weight" : "token_embd.weight")) {
        return "Q6_K";
    }
    if (kind.isMixed && ends(name, "attn_qkv")) {
        return "Q5_K";
    }
    if (kind.isMixed && (ends(name, "attn_v") || ends(name, "ffn_down")) && isFiner(layerOf(name), layers)) {
        return "Q6_K";
    }
    return usual;
}

// Rows that do not divide into 256, or into 32.
std::string coarser(const std::string& format, std::uint64_t width)
{
    if (width % typeNamed(format)->elements == 0) {
        return format;
    }
    if (width % 32 != 0) {
        return "F16";
    }
    return format == "Q4_K" ? "Q5_0" : "Q8_0";
}

} // namespace

std::span<const GgufFileKind> ggufFileKinds()
{
    return kKinds;
}

const GgufFileKind* findGgufFileKind(std::string_view id)
{
    const auto* found = std::find_if(std::begin(kKinds), std::end(kKinds), [&](const GgufFileKind& kind) { return id == kind.id; });
    return found == std::end(kKinds) ? nullptr : found;
}

std::string ggufFileKindNames()
{
    std::string names;
    for (const GgufFileKind& kind : kKinds) {
        names += (names.empty() ? "" : ", ") + std::string(kind.id);
    }
    return names;
}

const gguf::TensorType* ggufFormatOf(const GgufFileKind& kind, const std::string& name, const std::vector<std::uint64_t>& dims,
                                         std::int64_t layers, bool hasHead)
{
    if (dims.size() < 2 || name.find("_norm.") != std::string::npos || name == "position_embd.weight") {
        return typeNamed("F32");
    }
    return typeNamed(coarser(wantedFormat(kind, name, layers, hasHead), dims[0]));
}

std::int64_t ggufFileBytes(const GgufFileKind& kind, const nn::DecoderConfig& config)
{
    std::int64_t bytes = config.vocab * kBytesOfToken;
    const auto add = [&](const std::string& name, std::int64_t width, std::int64_t rows) {
        const gguf::TensorType* type = ggufFormatOf(kind, name, {static_cast<std::uint64_t>(width), static_cast<std::uint64_t>(rows)}, config.layers, !config.tiedHead);
        bytes += width / type->elements * type->bytes * rows;
    };
    const std::int64_t queries = config.heads * config.headDim;
    const std::int64_t keys = config.kvHeads * config.headDim;
    for (std::int64_t layer = 0; layer < config.layers; ++layer) {
        const std::string block = "blk." + std::to_string(layer) + '.';
        add(block + "attn_q.weight", config.hidden, queries);
        add(block + "attn_k.weight", config.hidden, keys);
        add(block + "attn_v.weight", config.hidden, keys);
        add(block + "attn_output.weight", queries, config.hidden);
        if (config.isGated()) {
            add(block + "ffn_gate.weight", config.hidden, config.intermediate);
        }
        add(block + "ffn_up.weight", config.hidden, config.intermediate);
        add(block + "ffn_down.weight", config.intermediate, config.hidden);
    }
    add("token_embd.weight", config.hidden, config.vocab);
    if (!config.tiedHead) {
        add("output.weight", config.hidden, config.vocab);
    }
    return bytes;
}

} // namespace luthier::weights
