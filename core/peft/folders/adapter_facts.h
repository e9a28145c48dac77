// SPDX-License-Identifier: GPL-3.0-or-later
// AdapterFacts: what an adapter says of itself, read from its config and its file's header alone. Torch-free.
#pragma once

#include "core/base/result.h"

#include <cstdint>
#include <filesystem>
#include <string>

namespace luthier::peft {

struct AdapterFacts {
    std::filesystem::path path;
    std::string method;          // label of the method's row: "LoRA", "DoRA" where a LoRA has magnitudes; empty: unknown
    std::string details;         // "rank 8, alpha 16, q_proj v_proj"
    std::string baseName;        // base_model_name_or_path
    std::string baseFingerprint; // of the base it was trained on; empty: not recorded
    std::string origin;          // what its training went on from (origin.h), or what is wrong with that file; empty: the base
    std::int64_t parameters = 0;
    std::int64_t bytes = 0;
    std::string problem;         // why it cannot be opened; empty: it can
};

inline constexpr const char* kValueFolder = "value"; // in a result or an adapter: what a run with values expected of its answers

bool isAdapter(const std::filesystem::path& path); // a folder with adapter_config.json, or a GGUF file that is one
AdapterFacts readAdapterFacts(const std::filesystem::path& path);

// Refuses when the adapter was trained on another base than `model`; the sentence names both with their fingerprints.
// An adapter that does not say passes: opening it tells whether its shapes fit.
Result<void> checkParent(const AdapterFacts& adapter, const std::filesystem::path& model);

} // namespace luthier::peft
