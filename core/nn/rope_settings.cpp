// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nn/families.h"

namespace luthier::nn {

namespace {

constexpr double kLargeFactor = 1e6;

void readLlama3(ConfigReader& reader, ConfigReader& scaling, DecoderConfig& config)
{
    for (const char* key : {"factor", "low_freq_factor", "high_freq_factor"}) {
        if (!scaling.find(key)) {
            scaling.fail(std::string("rope type \"llama3\" needs ") + key);
        }
    }
    config.rope.lowFreqFactor = scaling.number("low_freq_factor", 1, 0, kLargeFactor);
    config.rope.highFreqFactor = scaling.number("high_freq_factor", 4, 0, kLargeFactor);
    if (config.rope.lowFreqFactor >= config.rope.highFreqFactor) {
        scaling.fail("rope: low_freq_factor must be below high_freq_factor");
    }
    const auto top = reader.integer("original_max_position_embeddings", config.maxPositions, 1, 1 << 26);
    config.rope.originalMaxPositions = scaling.integer("original_max_position_embeddings", top, 1, 1 << 26);
}

struct RopeType {
    const char* name;
    void (*read)(ConfigReader& reader, ConfigReader& scaling, DecoderConfig& config);
};

constexpr RopeType kRopeTypes[] = {
    {"default", [](ConfigReader&, ConfigReader&, DecoderConfig&) {}},
    {"linear",
     [](ConfigReader&, ConfigReader& scaling, DecoderConfig&) {
         if (!scaling.find("factor")) {
             scaling.fail("rope type \"linear\" needs factor");
         }
     }},
    {"llama3", readLlama3},
};

void readScaling(ConfigReader& reader, ConfigReader& scaling, DecoderConfig& config)
{
    const std::string type = scaling.text("rope_type", scaling.text("type", "default"));
    std::string known;
    for (const RopeType& row : kRopeTypes) {
        known += (known.empty() ? "" : ", ") + std::string(row.name);
        if (type == row.name) {
            config.rope.type = type;
            config.rope.factor = scaling.number("factor", 1, 0, kLargeFactor);
            row.read(reader, scaling, config);
            return;
        }
    }
    scaling.fail("rope type \"" + type + "\" is not known here; known are " + known);
}

} // namespace

void readRope(ConfigReader& reader, DecoderConfig& config, double usualTheta)
{
    config.rope.theta = reader.number("rope_theta", usualTheta, 0, 1e15);
    // An old file's rope_scaling wins over rope_parameters, as in the reference.
    for (const char* key : {"rope_scaling", "rope_parameters"}) {
        const Json* settings = reader.find(key);
        if (!settings || settings->empty()) {
            continue;
        }
        if (!settings->is_object()) {
            reader.fail(std::string(key) + " must be an object or null");
            return;
        }
        if (settings->contains("full_attention") || settings->contains("sliding_attention")) {
            reader.fail(std::string(key) + " differs by layer type, which this model family does not have");
            return;
        }
        ConfigReader scaling(*settings, std::string(key) + ".");
        config.rope.theta = scaling.number("rope_theta", config.rope.theta, 0, 1e15);
        if (scaling.number("partial_rotary_factor", 1, 0, 1) != 1) {
            scaling.fail(std::string(key)
                         + ".partial_rotary_factor below 1 is not supported for this family");
        }
        readScaling(reader, scaling, config);
        if (scaling.error()) {
            reader.fail(scaling.error()->message);
        }
        return;
    }
    if (reader.number("partial_rotary_factor", 1, 0, 1) != 1) {
        reader.fail("partial_rotary_factor below 1 is not supported for this family");
    }
}

} // namespace luthier::nn
