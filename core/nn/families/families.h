// SPDX-License-Identifier: GPL-3.0-or-later
// Families: one row for each model_type whose config.json can be read. A new family is one reader in its own file and
// one row.
// Torch-free. Errors name the key of config.json, what stands there and what is allowed.
#pragma once

#include "core/base/json.h"
#include "core/base/result.h"
#include "core/nn/families/decoder_config.h"

#include <cstdint>
#include <span>
#include <string>

namespace luthier::nn {

// Reads keys with the class defaults of a family; an absent or null key gives the default.
// The first error is kept and later calls return defaults, so that a reader is a plain list of lines.
class ConfigReader {
public:
    // `where` stands before the key in sentences: "rope_parameters." for a nested object.
    explicit ConfigReader(const Json& config, std::string where = {})
        : m_config(config), m_where(std::move(where))
    {
    }

    std::int64_t integer(const char* key, std::int64_t usual, std::int64_t low, std::int64_t high);
    double number(const char* key, double usual, double low, double high); // low itself is not allowed
    bool boolean(const char* key, bool usual);
    std::string text(const char* key, const std::string& usual);
    const Json* find(const char* key) const; // null when absent or null in the file
    bool isSwitchedOff(const char* key) const; // there, and null

    void fail(const std::string& sentence); // keeps the first
    const Error* error() const { return m_error.message.empty() ? nullptr : &m_error; }

private:
    void wrong(const char* key, const Json& value, const std::string& allowed);

    const Json& m_config;
    std::string m_where;
    Error m_error;
};

struct Family {
    const char* modelType;
    void (*read)(ConfigReader& reader, DecoderConfig& config);
};

std::span<const Family> families();

// Class defaults of a family, for what config.json leaves out.
struct FamilyDefaults {
    std::int64_t vocab = 32000;
    std::int64_t hidden = 4096;
    std::int64_t intermediate = 11008;
    std::int64_t layers = 32;
    std::int64_t heads = 32;
    std::int64_t kvHeads = 0; // 0: as many as heads
    std::int64_t headDim = 0; // 0: hidden / heads
    std::int64_t maxPositions = 2048;
    double normEps = 1e-6;
    bool tiedHead = false;
    double theta = 10000;
    const char* activationKey = "hidden_act";
    Activation activation = Activation::SiluGated;
    bool partialRotary = false; // partial_rotary_factor below 1 is known
};

// The sizes, switches and rope that families share.
void readCommon(ConfigReader& reader, DecoderConfig& config, const FamilyDefaults& defaults);

// Both spellings: rope_theta with rope_scaling, and rope_parameters (also one for each kind of layer).
void readRope(ConfigReader& reader, DecoderConfig& config, double usualTheta, bool partialRotary = false);

// Which layers see only `window` keys: layer_types where the file has them, else isSliding(layer).
void readWindows(ConfigReader& reader, DecoderConfig& config, std::int64_t window, bool (*isSliding)(std::int64_t layer));

void readLlama(ConfigReader& reader, DecoderConfig& config);
void readMistral(ConfigReader& reader, DecoderConfig& config);
void readQwen2(ConfigReader& reader, DecoderConfig& config);
void readQwen3(ConfigReader& reader, DecoderConfig& config);
void readGemma2(ConfigReader& reader, DecoderConfig& config);
void readGemma3(ConfigReader& reader, DecoderConfig& config);     // text_config of a model that also sees
void readGemma3Text(ConfigReader& reader, DecoderConfig& config);
void readPhi3(ConfigReader& reader, DecoderConfig& config);
void readOlmo2(ConfigReader& reader, DecoderConfig& config);
void readGpt2(ConfigReader& reader, DecoderConfig& config);

} // namespace luthier::nn
