// SPDX-License-Identifier: GPL-3.0-or-later
// UnigramModel: the segmentation of a word whose pieces have the largest sum of scores (Viterbi). A character without a
// piece is unknown, at the smallest score less ten; neighbours that are unknown are one token or fall back to bytes. Scores are natural
// logarithms of probabilities (Kudo 2018).
//
// Threads: const functions may be called from any thread at once.
#pragma once

#include "core/base/result.h"
#include "core/text/tokenizers/models/piece_model.h"

#include <array>
#include <memory>
#include <vector>

namespace luthier::text {

struct UnigramSettings {
    std::vector<double> scores; // by id
    TokenId unknown = PieceTable::kNone;
    bool byteFallback = false;
};

inline constexpr std::size_t kLongestUnigramPiece = 1024; // bytes; a word takes at most this many steps a byte

// `pieces` must outlive the model.
Result<std::unique_ptr<PieceModel>> makeUnigram(const PieceTable& pieces, UnigramSettings settings);

} // namespace luthier::text
