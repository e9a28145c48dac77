// SPDX-License-Identifier: GPL-3.0-or-later
// SpmModel: a sentencepiece tokenizer.model (protobuf ModelProto) read by our own bounded reader, because the
// library trusts the file. What it is given is written again from these checked fields, nothing else.
//
// Threads: plain data. Errors: a sentence with the byte where reading stopped.
#pragma once

#include "core/base/result.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace luthier::text {

enum class PieceType { Normal = 1, Unknown = 2, Control = 3, UserDefined = 4, Unused = 5, Byte = 6 };
enum class SpmKind { Unigram = 1, Bpe = 2, Word = 3, Char = 4 };

struct SpmPiece {
    std::string text;
    float score = 0;
    PieceType type = PieceType::Normal;
};

struct SpmModel {
    std::vector<SpmPiece> pieces; // id = index
    SpmKind kind = SpmKind::Unigram;
    bool byteFallback = false;
    bool spaceSuffix = false; // treat_whitespace_as_suffix
    std::int64_t unkId = 0;
    std::int64_t bosId = 1;
    std::int64_t eosId = 2;
    std::int64_t padId = -1;
    std::string unkSurface = " \xE2\x81\x87 ";
    std::string unkPiece = "<unk>";
    std::string bosPiece = "<s>";
    std::string eosPiece = "</s>";
    std::string padPiece = "<pad>";
    std::string normalizer;
    std::string charsmap;
    bool dummyPrefix = true;
    bool removeExtraSpaces = true;
    bool escapeSpaces = true;
};

inline constexpr std::size_t kLargestSpmFile = std::size_t{64} << 20;
inline constexpr std::size_t kLargestPiece = std::size_t{64} << 10;
inline constexpr std::size_t kLargestTriePiece = std::size_t{8} << 10; // the library recurses once a byte here
inline constexpr std::size_t kMostPieces = std::size_t{1} << 21;
inline constexpr std::size_t kLargestCharsmap = std::size_t{4} << 20;

Result<SpmModel> parseSpmModel(std::string_view bytes);

// A ModelProto of these fields.
std::string serializeSpmModel(const SpmModel& model);

// A charsmap whose double array cannot be left and whose replacements end inside it. Empty is good.
Result<void> checkCharsmap(std::string_view charsmap);

} // namespace luthier::text
