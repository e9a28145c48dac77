// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nn/families/families.h"

namespace luthier::nn {

namespace {

constexpr double kLargeFactor = 1e6;
constexpr std::int64_t kMaxPositions = 1 << 26;

struct Reading {
    ConfigReader& top;     // config.json
    ConfigReader& scaling; // the rope object in it
    DecoderConfig& config;
    RopeSettings& rope;
};

void needFactor(Reading& r)
{
    if (!r.scaling.find("factor")) {
        r.scaling.fail("rope type \"" + r.rope.type + "\" needs factor");
    }
}

void readOriginal(Reading& r)
{
    const auto top = r.top.integer("original_max_position_embeddings", r.config.maxPositions, 1, kMaxPositions);
    r.rope.originalMaxPositions = r.scaling.integer("original_max_position_embeddings", top, 1, kMaxPositions);
}

// An explicit factor wins; else the lengths say it.
void readFactorOfLengths(Reading& r)
{
    r.rope.factor = r.scaling.number("factor",
                                     static_cast<double>(r.config.maxPositions)
                                         / static_cast<double>(r.rope.originalMaxPositions),
                                     0, kLargeFactor);
    r.rope.attentionFactor = r.scaling.number("attention_factor", 0, 0, kLargeFactor);
}

void readLlama3(Reading& r)
{
    for (const char* key : {"factor", "low_freq_factor", "high_freq_factor"}) {
        if (!r.scaling.find(key)) {
            r.scaling.fail(std::string("rope type \"llama3\" needs ") + key);
        }
    }
    r.rope.lowFreqFactor = r.scaling.number("low_freq_factor", 1, 0, kLargeFactor);
    r.rope.highFreqFactor = r.scaling.number("high_freq_factor", 4, 0, kLargeFactor);
    if (r.rope.lowFreqFactor >= r.rope.highFreqFactor) {
        r.scaling.fail("rope: low_freq_factor must be below high_freq_factor");
    }
    readOriginal(r);
}

void readYarn(Reading& r)
{
    for (const char* key : {"mscale", "mscale_all_dim"}) {
        if (r.scaling.find(key)) {
            r.scaling.fail(std::string("rope type \"yarn\" with ") + key + " is not known here");
        }
    }
    if (!r.scaling.boolean("truncate", true)) {
        r.scaling.fail("rope type \"yarn\" with truncate false is not known here");
    }
    readOriginal(r);
    readFactorOfLengths(r);
    r.rope.betaFast = r.scaling.number("beta_fast", 32, 0, kLargeFactor);
    r.rope.betaSlow = r.scaling.number("beta_slow", 1, 0, kLargeFactor);
}

std::vector<double> readFactors(Reading& r, const char* key)
{
    const auto count = static_cast<std::size_t>(r.config.rotaryDim / 2);
    const Json* list = r.scaling.find(key);
    bool good = list && list->is_array() && list->size() == count;
    std::vector<double> factors;
    for (std::size_t i = 0; good && i < count; ++i) {
        good = (*list)[i].is_number() && (*list)[i].get<double>() > 0;
        factors.push_back(good ? (*list)[i].get<double>() : 1);
    }
    if (!good) {
        r.scaling.fail(std::string("rope type \"longrope\" needs ") + key + ", a list of " + std::to_string(count)
                       + " numbers above 0");
        factors.assign(count, 1);
    }
    return factors;
}

// original_max_position_embeddings stands at the top level, and what the rope object says of it does not count.
void readLongrope(Reading& r)
{
    const std::int64_t inside
        = r.scaling.integer("original_max_position_embeddings", r.config.maxPositions, 1, kMaxPositions);
    const std::int64_t usual = r.config.family == "phi3" ? 4096 : inside;
    r.rope.originalMaxPositions = r.top.integer("original_max_position_embeddings", usual, 1, kMaxPositions);
    readFactorOfLengths(r);
    r.rope.shortFactor = readFactors(r, "short_factor");
    r.rope.longFactor = readFactors(r, "long_factor");
}

struct RopeType {
    const char* name;
    void (*read)(Reading& reading);
};

constexpr RopeType kRopeTypes[] = {
    {"default", [](Reading&) {}}, {"linear", needFactor}, {"dynamic", needFactor},
    {"llama3", readLlama3},       {"yarn", readYarn},     {"longrope", readLongrope},
};

// phi3 has two older names of one type.
std::string typeName(const Reading& r)
{
    const std::string type = r.scaling.text("rope_type", r.scaling.text("type", "default"));
    return r.config.family == "phi3" && (type == "su" || type == "yarn") ? "longrope" : type;
}

void readType(Reading& r)
{
    const std::string type = typeName(r);
    std::string known;
    for (const RopeType& row : kRopeTypes) {
        known += (known.empty() ? "" : ", ") + std::string(row.name);
        if (type == row.name) {
            r.rope.type = type;
            r.rope.factor = r.scaling.number("factor", 1, 0, kLargeFactor);
            row.read(r);
            return;
        }
    }
    r.scaling.fail("rope type \"" + type + "\" is not known here; known are " + known);
}

void readPartial(ConfigReader& reader, DecoderConfig& config, bool partialRotary)
{
    const double share = reader.number("partial_rotary_factor", 1, 0, 1);
    if (share == 1) {
        return;
    }
    if (!partialRotary) {
        reader.fail("partial_rotary_factor below 1 is not supported for this family");
    }
    config.rotaryDim = static_cast<std::int64_t>(static_cast<double>(config.headDim) * share);
}

void readObject(ConfigReader& reader, const Json& settings, const std::string& where, DecoderConfig& config,
                RopeSettings& rope, bool partialRotary)
{
    if (!settings.is_object()) {
        reader.fail(where + " must be an object or null");
        return;
    }
    ConfigReader scaling(settings, where + ".");
    rope.theta = scaling.number("rope_theta", rope.theta, 0, 1e15);
    readPartial(scaling, config, partialRotary);
    Reading reading{reader, scaling, config, rope};
    readType(reading);
    if (scaling.error()) {
        reader.fail(scaling.error()->message);
    }
}

} // namespace

void readRope(ConfigReader& reader, DecoderConfig& config, double usualTheta, bool partialRotary)
{
    config.rope.theta = reader.number("rope_theta", usualTheta, 0, 1e15);
    readPartial(reader, config, partialRotary);
    // An old file's rope_scaling wins over rope_parameters, as in the reference.
    for (const char* key : {"rope_scaling", "rope_parameters"}) {
        const Json* settings = reader.find(key);
        if (!settings || settings->empty()) {
            continue;
        }
        const bool byLayer = settings->is_object()
                             && (settings->contains("full_attention") || settings->contains("sliding_attention"));
        if (!byLayer) {
            readObject(reader, *settings, key, config, config.rope, partialRotary);
            return;
        }
        if (!config.hasLocalRope) {
            reader.fail(std::string(key) + " differs by layer type, which this model family does not have");
            return;
        }
        for (const auto& [name, rope] : {std::pair<const char*, RopeSettings*>{"full_attention", &config.rope},
                                         {"sliding_attention", &config.localRope}}) {
            if (const auto found = settings->find(name); found != settings->end()) {
                readObject(reader, *found, std::string(key) + "." + name, config, *rope, partialRotary);
            }
        }
        return;
    }
}

} // namespace luthier::nn
