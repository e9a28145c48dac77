// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/weights/gguf/settings.h"

#include "core/nn/layers/rope.h"

#include <algorithm>
#include <cmath>
#include <iterator>

namespace luthier::weights {

using nn::NormKind;
using nn::ropeFrequencies;
using nn::RopeSettings;

namespace {

struct FamilyRow {
    const char* family;
    const char* architecture;
};

constexpr FamilyRow kFamilies[] = {
    {"llama", "llama"},   {"mistral", "llama"},       {"qwen2", "qwen2"},  {"qwen3", "qwen3"}, {"gemma2", "gemma2"},
    {"gemma3", "gemma3"}, {"gemma3_text", "gemma3"}, {"phi3", "phi3"},    {"olmo2", "olmo2"}, {"gpt2", "gpt2"},
};

class Writer {
public:
    Writer(const nn::DecoderConfig& config, std::string architecture, gguf::Content& content, std::vector<std::string>& notes)
        : m_config(config), m_architecture(std::move(architecture)), m_content(content), m_notes(notes)
    {
    }

    Result<void> write()
    {
        if (auto good = checkScale(); !good) {
            return good;
        }
        if (auto good = checkHead(); !good) {
            return good;
        }
        addSizes();
        if (auto good = addWindows(); !good) {
            return good;
        }
        if (m_config.attentionSoftcap > 0) {
            m_content.number(key("attn_logit_softcapping"), m_config.attentionSoftcap);
        }
        if (m_config.logitSoftcap > 0) {
            m_content.number(key("final_logit_softcapping"), m_config.logitSoftcap);
        }
        return m_config.rotaryDim > 0 ? addRope() : Result<void>();
    }

private:
    std::string key(const char* name) const { return m_architecture + "." + name; }
    void whole(const char* name, std::int64_t value) { m_content.whole(key(name), static_cast<std::uint64_t>(value)); }

    void addSizes()
    {
        whole("vocab_size", m_config.vocab);
        whole("context_length", m_config.maxPositions);
        whole("embedding_length", m_config.hidden);
        whole("block_count", m_config.layers);
        whole("feed_forward_length", m_config.intermediate);
        whole("attention.head_count", m_config.heads);
        whole("attention.head_count_kv", m_config.kvHeads);
        if (m_config.norm == NormKind::Layer) {
            m_content.number(key("attention.layer_norm_epsilon"), m_config.normEps);
        } else {
            m_content.number(key("attention.layer_norm_rms_epsilon"), m_config.normEps);
            whole("attention.key_length", m_config.headDim);
            whole("attention.value_length", m_config.headDim);
        }
    }

    // It is not written: readers take 1 / sqrt(head size), and 1 / sqrt(hidden / heads) in the 27B models of gemma.
    Result<void> checkScale() const
    {
        const bool large = (m_architecture == "gemma2" && m_config.layers == 46) || (m_architecture == "gemma3" && m_config.layers == 62);
        const std::int64_t size = large ? m_config.hidden / m_config.heads : m_config.headDim;
        const double usual = 1 / std::sqrt(static_cast<double>(size));
        if (m_config.attentionByLayer) {
            return Error{"this model's scores are scaled by the layer (scale_attn_by_inverse_layer_idx), which a GGUF file cannot say; export it as hf"};
        }
        if (m_config.attentionScale > 0 && std::abs(m_config.attentionScale - usual) > 1e-6 * usual) {
            return Error{"this model's scores are not scaled by its head size (query_pre_attn_scalar, scale_attn_weights), which a GGUF file of a "
                         + m_architecture + " model cannot say"};
        }
        return {};
    }

    // llama.cpp takes the embedding of a gemma2 model as its head and refuses a file that has another one.
    Result<void> checkHead() const
    {
        return m_architecture == "gemma2" && !m_config.tiedHead
                   ? Error{"the head of this model is not its embedding any more (one of them was trained alone), which a GGUF file of a "
                           "gemma2 model cannot say; export it as hf, or train embedding and head as one"}
                   : Result<void>();
    }

    // The first layer that sees everything ends a pattern of sliding ones.
    std::int64_t pattern() const
    {
        const auto full = std::find(m_config.windows.begin(), m_config.windows.end(), 0);
        return full == m_config.windows.end() ? 0 : full - m_config.windows.begin() + 1;
    }

    Result<void> addWindows()
    {
        const auto widest = m_config.windows.empty() ? m_config.windows.end()
                                                     : std::max_element(m_config.windows.begin(), m_config.windows.end());
        if (widest == m_config.windows.end() || *widest == 0) {
            return {};
        }
        const bool gemma2 = m_architecture == "gemma2";
        if (!gemma2 && m_architecture != "gemma3") {
            if (m_architecture == "phi3") {
                whole("attention.sliding_window", *widest);
            }
            m_notes.push_back("Layers of this model see " + std::to_string(*widest)
                              + " tokens back; other programs may let them see all, so texts above that length can differ.");
            return {};
        }
        const std::int64_t repeats = gemma2 ? 2 : pattern();
        for (std::size_t i = 0; i < m_config.windows.size(); ++i) {
            const bool full = repeats > 0 && (static_cast<std::int64_t>(i) + 1) % repeats == 0;
            if (m_config.windows[i] != (full ? 0 : *widest)) {
                return Error{"layer " + std::to_string(i) + " sees another number of tokens back than a GGUF file of a "
                             + m_architecture + " model can say"};
            }
        }
        whole("attention.sliding_window", *widest);
        if (!gemma2) {
            whole("attention.sliding_window_pattern", repeats > 0 ? repeats : m_config.layers + 1);
            if (repeats != 6) {
                m_notes.push_back("Every " + std::to_string(repeats) + "th layer of this model sees all tokens; programs that "
                                  "take the usual sixth for granted differ above the window.");
            }
        }
        return {};
    }

    Result<void> addRope()
    {
        const RopeSettings& rope = m_config.rope;
        whole("rope.dimension_count", m_config.rotaryDim);
        m_content.number(key("rope.freq_base"), rope.theta);
        if (m_config.hasLocalRope) {
            m_content.number(key("rope.freq_base_swa"), m_config.localRope.theta);
        }
        if (rope.type == "linear") {
            m_content.text(key("rope.scaling.type"), "linear");
            m_content.number(key("rope.scaling.factor"), rope.factor);
        } else if (rope.type == "yarn") {
            addYarn(rope);
        } else if (rope.type == "llama3") {
            addDivisors("rope_freqs.weight", divisors(rope));
        } else if (rope.type == "longrope" && m_architecture == "phi3") {
            addLongrope(rope);
        } else if (rope.type != "default") {
            return Error{"rope type \"" + rope.type + "\" of a " + m_config.family + " model has no place in a GGUF file"};
        }
        return {};
    }

    void addYarn(const RopeSettings& rope)
    {
        m_content.text(key("rope.scaling.type"), "yarn");
        m_content.number(key("rope.scaling.factor"), rope.factor);
        whole("rope.scaling.original_context_length", rope.originalMaxPositions);
        m_content.number(key("rope.scaling.yarn_beta_fast"), rope.betaFast);
        m_content.number(key("rope.scaling.yarn_beta_slow"), rope.betaSlow);
        if (rope.attentionFactor > 0) { // theirs multiplies the usual one
            m_content.number(key("rope.scaling.attn_factor"), rope.attentionFactor / (0.1 * std::log(std::max(rope.factor, 1.0)) + 1));
        }
    }

    void addLongrope(const RopeSettings& rope)
    {
        whole("rope.scaling.original_context_length", rope.originalMaxPositions);
        m_content.number(key("rope.scaling.attn_factor"), ropeFrequencies(rope, m_config.rotaryDim, m_config.maxPositions, 1).scale);
        addDivisors("rope_factors_short.weight", rope.shortFactor);
        addDivisors("rope_factors_long.weight", rope.longFactor);
        const std::string length = std::to_string(rope.originalMaxPositions);
        m_notes.push_back("llama.cpp picks this model's factors of positions (longrope) by the size of its context, here by the length of the "
                          "text; give it a context of at most " + length + " tokens for texts up to that length, or they can differ.");
    }

    std::vector<double> divisors(const RopeSettings& rope) const
    {
        RopeSettings usual;
        usual.theta = rope.theta;
        const auto plain = ropeFrequencies(usual, m_config.rotaryDim, m_config.maxPositions, 1).inverse;
        const auto scaled = ropeFrequencies(rope, m_config.rotaryDim, m_config.maxPositions, 1).inverse;
        std::vector<double> list;
        for (std::size_t i = 0; i < plain.size(); ++i) {
            list.push_back(plain[i] / scaled[i]);
        }
        return list;
    }

    void addDivisors(const char* name, const std::vector<double>& values)
    {
        const std::vector<float> floats(values.begin(), values.end());
        m_content.add({name, {floats.size()}, gguf::findTensorType(0), [floats](const gguf::Sink& put) {
                           return put(floats.data(), floats.size() * sizeof(float));
                       }});
    }

    const nn::DecoderConfig& m_config;
    std::string m_architecture;
    gguf::Content& m_content;
    std::vector<std::string>& m_notes;
};

} // namespace

Result<GgufArchitecture> ggufArchitectureOf(const nn::DecoderConfig& config)
{
    const auto* row = std::find_if(std::begin(kFamilies), std::end(kFamilies),
                                   [&](const FamilyRow& known) { return config.family == known.family; });
    if (row == std::end(kFamilies)) {
        return Error{"a " + config.family + " model has no architecture in GGUF that is known here"};
    }
    auto layout = gguf::layoutOf(row->architecture);
    return layout ? Result<GgufArchitecture>(GgufArchitecture{row->architecture, *layout}) : Result<GgufArchitecture>(layout.error());
}

Result<void> addGgufSettings(const nn::DecoderConfig& config, gguf::Content& content, std::vector<std::string>& notes)
{
    auto architecture = ggufArchitectureOf(config);
    return architecture ? Writer(config, architecture->name, content, notes).write() : Result<void>(architecture.error());
}

} // namespace luthier::weights
