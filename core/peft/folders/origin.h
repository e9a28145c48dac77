// SPDX-License-Identifier: GPL-3.0-or-later
// Origin: the adapters that a run went on from, kept as origin.json in the run's folder and beside its result:
//   {"from":[{"adapter":"/runs/7/adapter","about":"LoRA, rank 8, q_proj v_proj","content":"<sha256>","merged":false,
//             "base":"/models/small"}, ...]}
// Newest first: the adapter itself, then what that one went on from. Other programs do not look at the file. Torch-free.
#pragma once

#include "core/base/json.h"
#include "core/base/result.h"

#include <filesystem>
#include <string>
#include <vector>

namespace luthier::peft {

struct OriginStep {
    std::filesystem::path adapter; // where it lay when the run began
    std::string about;             // method and details, as AdapterFacts has them
    std::string content;           // SHA-256 of its weights: the same adapter, wherever it lies now
    bool merged = false;           // folded into the base first; else its weights were trained on
    std::filesystem::path base;    // the model that it stood on
};
using Origin = std::vector<OriginStep>; // empty: from the base alone

Result<void> writeOrigin(const std::filesystem::path& folder, const Origin& origin);
// Empty where there is no file. Errors name the file that is damaged.
Result<Origin> readOrigin(const std::filesystem::path& folder);
Json toJson(const Origin& origin);

// The adapter as the newest step, before it what it says of itself. Reads its files.
Result<Origin> originOf(const std::filesystem::path& adapter, const std::filesystem::path& base, bool merged);

// "goes on from /runs/7/adapter (LoRA, rank 8), which went on from ..."; empty for the base alone.
std::string sentenceOf(const Origin& origin);

// Where a run keeps a base that it folded an adapter into, inside its folder.
inline constexpr const char* kMergedBase = "base";
// The model that the result of a run stands on: the merged one where there is one, else what its recipe names.
std::filesystem::path baseOf(const std::filesystem::path& runFolder, const std::filesystem::path& modelPath);

} // namespace luthier::peft
