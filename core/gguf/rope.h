// SPDX-License-Identifier: GPL-3.0-or-later
// GgufRope: rotary settings of a GGUF file in config.json's terms: base, scaling, and the tensors of divisors that stand
// for a scaling of frequencies. Internal to gguf_config.
#pragma once

#include "core/base/json.h"
#include "core/gguf/file.h"

#include <optional>
#include <string>

namespace luthier::gguf {

// The settings of one architecture: keys without "llama.".
struct Settings {
    const File& file;
    std::string arch;

    std::optional<std::int64_t> integer(const char* key) const { return file.integer(arch + "." + key); }
    std::optional<double> number(const char* key) const; // the shortest decimal number of a float
};

Result<void> addRope(const Settings& settings, Json& config);

} // namespace luthier::gguf
