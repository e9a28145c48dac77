// SPDX-License-Identifier: GPL-3.0-or-later
// Families: one row for each model_type whose config.json can be read. A new family is one reader and one
// row.
// Torch-free. Errors name the key of config.json, what stands there and what is allowed.
#pragma once

#include "core/base/json.h"
#include "core/base/result.h"
#include "core/nn/decoder_config.h"

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

// Both spellings: rope_theta with rope_scaling, and rope_parameters.
void readRope(ConfigReader& reader, DecoderConfig& config, double usualTheta);

} // namespace luthier::nn
