// SPDX-License-Identifier: GPL-3.0-or-later
// What tests of many answers at once share: the checkpoints of every family, prompts of tokens, and how they are asked. Names torch types.
#pragma once

#include "core/inference/batch_generate.h"
#include "tests/core/letters.h"
#include "tests/support/need.h"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace luthier::support {

inline const std::filesystem::path kFamilies = std::filesystem::path(LUTHIER_SOURCE_DIR) / "tests/reference/families";

inline std::vector<std::string> familyNames()
{
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(kFamilies)) {
        names.push_back(entry.path().filename().string());
    }
    std::sort(names.begin(), names.end());
    return names;
}

// Of the vocabulary of letters.
inline std::vector<text::TokenId> tokensOf(int count, int seed)
{
    std::vector<text::TokenId> ids;
    for (int i = 0; i < count; ++i) {
        ids.push_back((i * i * 7 + i * seed + 3 * seed) % 64);
    }
    return ids;
}

inline inference::BatchOptions together(std::int64_t rows, bool useAdapters = true)
{
    inference::BatchOptions options;
    options.rows = rows;
    options.useAdapters = useAdapters;
    options.logProbs = true;
    return options;
}

inline std::vector<inference::Generation> answer(nn::Decoder& decoder, const std::vector<inference::BatchRequest>& asked, const inference::BatchOptions& options,
                                                 const std::vector<text::TokenId>& stopIds = {})
{
    return need(inference::generateAll(decoder, letters(), asked, stopIds, options));
}

} // namespace luthier::support
