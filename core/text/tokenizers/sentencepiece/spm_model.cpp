// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/tokenizers/sentencepiece/spm_model.h"

#include "core/text/characters/utf8.h"
#include "core/text/tokenizers/sentencepiece/spm_wire.h"

#include <algorithm>
#include <cmath>
#include <unordered_set>

namespace luthier::text {

namespace {

struct FlagRow {
    std::uint32_t number;
    bool SpmModel::*field;
};
struct IdRow {
    std::uint32_t number;
    std::int64_t SpmModel::*field;
};
struct TextRow {
    std::uint32_t number;
    std::string SpmModel::*field;
};

constexpr FlagRow kTrainerFlags[] = {{24, &SpmModel::spaceSuffix}, {35, &SpmModel::byteFallback}};
constexpr IdRow kTrainerIds[] = {
    {40, &SpmModel::unkId}, {41, &SpmModel::bosId}, {42, &SpmModel::eosId}, {43, &SpmModel::padId}};
constexpr TextRow kTrainerTexts[] = {{44, &SpmModel::unkSurface},
                                     {45, &SpmModel::unkPiece},
                                     {46, &SpmModel::bosPiece},
                                     {47, &SpmModel::eosPiece},
                                     {48, &SpmModel::padPiece}};
constexpr FlagRow kNormalizerFlags[] = {
    {3, &SpmModel::dummyPrefix}, {4, &SpmModel::removeExtraSpaces}, {5, &SpmModel::escapeSpaces}};
constexpr TextRow kNormalizerTexts[] = {{1, &SpmModel::normalizer}, {2, &SpmModel::charsmap}};

template <class Flags, class Texts>
void readRows(SpmModel& model, const WireField& field, const Flags& flags, const Texts& texts)
{
    for (const auto& row : flags) {
        if (row.number == field.number && field.type == 0) {
            model.*row.field = field.value != 0;
        }
    }
    for (const auto& row : texts) {
        if (row.number == field.number && field.type == 2) {
            model.*row.field = std::string(field.bytes);
        }
    }
}

Result<SpmPiece> readPiece(const WireField& outer, std::size_t index)
{
    const auto name = "piece " + std::to_string(index);
    SpmPiece piece;
    WireReader reader(outer.bytes, outer.offset);
    WireField field;
    while (reader.next(field)) {
        if (field.number == 1 && field.type == 2) {
            if (field.bytes.size() > kLargestPiece) {
                return Error{name + " is " + std::to_string(field.bytes.size()) + " bytes long; the limit is "
                             + std::to_string(kLargestPiece)};
            }
            piece.text = std::string(field.bytes);
        } else if (field.number == 2 && field.type == 5) {
            piece.score = field.asFloat();
        } else if (field.number == 3 && field.type == 0) {
            if (field.value < 1 || field.value > 6) {
                return Error{name + " has the unknown type " + std::to_string(field.value)};
            }
            piece.type = static_cast<PieceType>(field.value);
        }
    }
    if (!reader.error().empty()) {
        return Error{reader.error()};
    }
    if (piece.text.empty()) {
        return Error{name + " is empty"};
    }
    if (!std::isfinite(piece.score)) {
        return Error{name + " has a score that is not a number"};
    }
    return piece;
}

Result<void> readTrainer(SpmModel& model, const WireField& outer)
{
    WireReader reader(outer.bytes, outer.offset);
    WireField field;
    while (reader.next(field)) {
        readRows(model, field, kTrainerFlags, kTrainerTexts);
        for (const auto& row : kTrainerIds) {
            if (row.number == field.number && field.type == 0) {
                model.*row.field = field.asInt();
            }
        }
        if (field.number == 3 && field.type == 0) {
            if (field.value < 1 || field.value > 4) {
                return Error{"model type " + std::to_string(field.value) + " is unknown; expected unigram or BPE"};
            }
            model.kind = static_cast<SpmKind>(field.value);
        }
    }
    return reader.error().empty() ? Result<void>() : Error{reader.error()};
}

Result<void> readNormalizer(SpmModel& model, const WireField& outer)
{
    WireReader reader(outer.bytes, outer.offset);
    WireField field;
    while (reader.next(field)) {
        readRows(model, field, kNormalizerFlags, kNormalizerTexts);
    }
    return reader.error().empty() ? Result<void>() : Error{reader.error()};
}

// The library looks up at most 32 prefixes of a user-defined piece and reads past its array beyond them.
Result<void> checkPrefixChains(std::vector<std::string_view> texts)
{
    std::sort(texts.begin(), texts.end());
    std::vector<std::string_view> chain;
    for (const auto text : texts) {
        while (!chain.empty() && !text.starts_with(chain.back())) {
            chain.pop_back();
        }
        chain.push_back(text);
        if (chain.size() > 32) {
            return Error{"more than 32 user-defined pieces begin with each other; sentencepiece cannot use them"};
        }
    }
    return {};
}

bool isBytePiece(std::string_view text)
{
    static constexpr std::string_view kHex = "0123456789ABCDEF";
    return text.size() == 6 && text.starts_with("<0x") && text[5] == '>' && kHex.find(text[3]) != kHex.npos
           && kHex.find(text[4]) != kHex.npos;
}

Result<void> checkPiece(const SpmModel& model, const SpmPiece& piece, std::size_t index)
{
    const auto name = "piece " + std::to_string(index);
    const bool inTrie = piece.type == PieceType::UserDefined
                        || (model.kind == SpmKind::Unigram && piece.type != PieceType::Control);
    if (!isValidUtf8(piece.text)) {
        return Error{name + " is not valid UTF-8"};
    }
    if (inTrie && piece.text.find('\0') != std::string::npos) {
        return Error{name + " holds a NUL character, which sentencepiece cannot look up; remove it from the model"};
    }
    if (inTrie && piece.text.size() > kLargestTriePiece) {
        return Error{name + " is " + std::to_string(piece.text.size()) + " bytes long; here the limit is "
                     + std::to_string(kLargestTriePiece)};
    }
    if (piece.type == PieceType::Byte && (!model.byteFallback || !isBytePiece(piece.text))) {
        return Error{name + " is a byte piece, but " + (model.byteFallback ? "is not spelled <0xHH>"
                                                                           : "byte fallback is switched off")};
    }
    return {};
}

Result<void> checkModel(const SpmModel& model)
{
    std::unordered_set<std::string_view> ordinary;
    std::unordered_set<std::string_view> others;
    std::vector<std::string_view> userDefined;
    std::size_t unknowns = 0;
    std::size_t bytes = 0;
    for (std::size_t i = 0; i < model.pieces.size(); ++i) {
        const auto& piece = model.pieces[i];
        if (auto good = checkPiece(model, piece, i); !good) {
            return good;
        }
        unknowns += piece.type == PieceType::Unknown ? 1 : 0;
        bytes += piece.type == PieceType::Byte ? 1 : 0;
        if (piece.type == PieceType::UserDefined) {
            userDefined.push_back(piece.text);
        }
        const bool plain = piece.type == PieceType::Normal || piece.type == PieceType::UserDefined
                           || piece.type == PieceType::Unused;
        if (!(plain ? ordinary : others).insert(piece.text).second) {
            return Error{"piece " + std::to_string(i) + ", \"" + piece.text + "\", stands twice"};
        }
    }
    if (unknowns != 1) {
        return Error{std::to_string(unknowns) + " pieces are marked as unknown; there must be exactly one"};
    }
    if (model.byteFallback && bytes != 256) {
        return Error{"byte fallback needs all 256 byte pieces; " + std::to_string(bytes) + " are there"};
    }
    return checkPrefixChains(std::move(userDefined));
}

Result<void> readField(SpmModel& model, const WireField& field)
{
    if (field.type != 2) {
        return {};
    }
    if (field.number == 1) {
        if (model.pieces.size() >= kMostPieces) {
            return Error{"more than " + std::to_string(kMostPieces) + " pieces"};
        }
        auto piece = readPiece(field, model.pieces.size());
        if (!piece) {
            return piece.error();
        }
        model.pieces.push_back(std::move(*piece));
        return {};
    }
    return field.number == 2 ? readTrainer(model, field) : field.number == 3 ? readNormalizer(model, field)
                                                                             : Result<void>();
}

} // namespace

Result<SpmModel> parseSpmModel(std::string_view bytes)
{
    SpmModel model;
    WireReader reader(bytes);
    WireField field;
    while (reader.next(field)) {
        if (auto read = readField(model, field); !read) {
            return read.error();
        }
    }
    if (!reader.error().empty()) {
        return Error{reader.error()};
    }
    if (model.pieces.empty()) {
        return Error{"no pieces in it; the file is not a sentencepiece model"};
    }
    if (auto good = checkModel(model); !good) {
        return good.error();
    }
    if (auto good = checkCharsmap(model.charsmap); !good) {
        return good.error();
    }
    return model;
}

std::string serializeSpmModel(const SpmModel& model)
{
    WireWriter out;
    for (const auto& piece : model.pieces) {
        WireWriter one;
        one.bytes(1, piece.text);
        one.real(2, piece.score);
        one.varint(3, static_cast<std::int64_t>(piece.type));
        out.bytes(1, one.take());
    }
    WireWriter trainer;
    trainer.varint(3, static_cast<std::int64_t>(model.kind));
    trainer.varint(4, static_cast<std::int64_t>(model.pieces.size()));
    for (const auto& row : kTrainerFlags) {
        trainer.varint(row.number, model.*row.field ? 1 : 0);
    }
    for (const auto& row : kTrainerIds) {
        trainer.varint(row.number, model.*row.field);
    }
    for (const auto& row : kTrainerTexts) {
        trainer.bytes(row.number, model.*row.field);
    }
    out.bytes(2, trainer.take());
    WireWriter normalizer;
    for (const auto& row : kNormalizerTexts) {
        normalizer.bytes(row.number, model.*row.field);
    }
    for (const auto& row : kNormalizerFlags) {
        normalizer.varint(row.number, model.*row.field ? 1 : 0);
    }
    out.bytes(3, normalizer.take());
    return out.take();
}

} // namespace luthier::text
