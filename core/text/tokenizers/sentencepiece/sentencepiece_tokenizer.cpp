// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/tokenizers/sentencepiece/sentencepiece_tokenizer.h"

#include "core/base/files.h"
#include "core/text/characters/utf8.h"
#include "core/text/tokenizers/sentencepiece/sentencepiece_class.h"

#include <algorithm>
#include <charconv>
#include <unordered_map>
#include <unordered_set>

namespace luthier::text {

namespace {

// The next space from `from` on that stands alone between two letters or signs.
std::size_t singleSpace(std::string_view text, std::size_t from)
{
    const auto isSpace = [text](std::size_t at) { return text[at] == ' ' || text[at] == kSpaceMark.back() || text[at] == kSpaceMark.front(); };
    for (std::size_t at = text.find(' ', from); at != std::string_view::npos && at + 1 < text.size(); at = text.find(' ', at + 1)) {
        if (at > 0 && !isSpace(at - 1) && !isSpace(at + 1)) {
            return at;
        }
    }
    return std::string_view::npos;
}

} // namespace

SentencePieceTokenizer::SentencePieceTokenizer(SpmModel model, const TokenizerConfig& config)
    : m_model(std::move(model)), m_legacy(config.legacy.value_or(true)),
      m_prefixSpace(config.addPrefixSpace.value_or(true)), m_addBos(config.addBos.value_or(true)),
      m_addEos(config.addEos.value_or(false))
{
    if (m_legacy) {
        m_prefixSpace = false; // the library's own dummy prefix does it, once a segment
        m_dropsPrefix = m_model.dummyPrefix;
    } else {
        m_model.dummyPrefix = false;
        m_dropsPrefix = m_prefixSpace;
    }
    std::vector<AddedToken> userDefined;
    for (std::size_t i = 0; i < m_model.pieces.size(); ++i) {
        m_ids.emplace(m_model.pieces[i].text, static_cast<TokenId>(i));
        if (m_model.pieces[i].type == PieceType::UserDefined && !m_model.pieces[i].text.empty()) {
            userDefined.push_back({static_cast<TokenId>(i), m_model.pieces[i].text});
        }
    }
    m_userDefined = AddedTokens(std::move(userDefined));
    collectAdded(config);
    m_endsWordsAtSpaces = endsWordsAtSpaces();
    m_bos = specialId(config, "bos_token", m_model.bosId);
    m_eos = specialId(config, "eos_token", m_model.eosId);
    m_pad = specialId(config, "pad_token", m_model.padId);
}

void SentencePieceTokenizer::collectAdded(const TokenizerConfig& config)
{
    std::vector<AddedToken> tokens = config.added;
    const std::unordered_set<std::string> special(config.specialTexts.begin(), config.specialTexts.end());
    for (auto& token : tokens) {
        token.special = token.special || special.count(token.content) > 0;
    }
    for (std::size_t i = 0; i < m_model.pieces.size(); ++i) {
        const auto& piece = m_model.pieces[i];
        const bool control = piece.type == PieceType::Control || piece.type == PieceType::Unknown;
        if (control || special.count(piece.text) > 0) {
            AddedToken token;
            token.id = static_cast<TokenId>(i);
            token.content = piece.text;
            token.special = true;
            tokens.push_back(std::move(token));
        }
    }
    m_vocabSize = static_cast<std::int64_t>(m_model.pieces.size());
    for (const auto& token : tokens) {
        m_vocabSize = std::max<std::int64_t>(m_vocabSize, token.id + 1);
    }
    m_added = AddedTokens(std::move(tokens));
}

// Whether no piece reaches over a space into the word before it, so that what stands on both sides of one is split alike alone
// and together. Only of byte pair encoding, whose merges know nothing but the two that merge; and only where spaces stay as they are.
bool SentencePieceTokenizer::endsWordsAtSpaces() const
{
    const bool keepsSpaces = m_model.escapeSpaces && m_model.charsmap.empty() && !m_model.spaceSuffix && m_ids.contains(kSpaceMark)
                             && (m_model.dummyPrefix || !m_model.removeExtraSpaces);
    return keepsSpaces && m_model.kind == SpmKind::Bpe && std::none_of(m_model.pieces.begin(), m_model.pieces.end(), [](const SpmPiece& piece) {
               const auto inner = piece.text.find_first_not_of(kSpaceMark);
               const bool isWhole = piece.type == PieceType::UserDefined && piece.text.starts_with(kSpaceMark) && inner != std::string::npos;
               return isWhole || piece.text.find(' ') != std::string::npos || (inner != std::string::npos && piece.text.find(kSpaceMark, inner) != std::string::npos);
           });
}

std::optional<TokenId> SentencePieceTokenizer::specialId(const TokenizerConfig& config, const char* name,
                                                         std::int64_t modelId) const
{
    if (config.specials.contains(name)) {
        return idOf(config.special(name));
    }
    const bool there = modelId >= 0 && modelId < static_cast<std::int64_t>(m_model.pieces.size());
    return there ? std::optional(static_cast<TokenId>(modelId)) : std::nullopt;
}

Result<void> SentencePieceTokenizer::start()
{
    try {
        const auto status = m_processor.LoadFromSerializedProto(serializeSpmModel(m_model));
        if (!status.ok()) {
            return Error{std::string("sentencepiece refuses it: ") + status.message()};
        }
        m_unkLength = m_processor.EncodeAsIds(m_model.unkPiece).size();
    } catch (const std::exception& problem) {
        return Error{std::string("sentencepiece refuses it: ") + problem.what()};
    }
    return {};
}

std::vector<Token> SentencePieceTokenizer::encode(std::string_view text, EncodeOptions options) const
{
    std::vector<Token> tokens;
    if (options.addSpecial && m_addBos && m_bos) {
        tokens.push_back({*m_bos, 0, 0});
    }
    const auto first = tokens.size();
    std::vector<std::int64_t> origin;
    const bool clean = isValidUtf8(text);
    const std::string repaired = clean ? std::string() : replaceInvalid(text, &origin);
    const auto body = encodeClean(clean ? text : repaired, options.parseSpecial);
    tokens.insert(tokens.end(), body.begin(), body.end());
    for (std::size_t i = first; i < tokens.size() && !clean; ++i) {
        tokens[i].begin = origin[static_cast<std::size_t>(tokens[i].begin)];
        tokens[i].end = origin[static_cast<std::size_t>(tokens[i].end)];
    }
    if (options.addSpecial && m_addEos && m_eos) {
        const auto end = static_cast<std::int64_t>(text.size());
        tokens.push_back({*m_eos, end, end});
    }
    return tokens;
}

// Such pieces are taken out of a text before anything else, as Hugging Face does, so no dummy prefix comes in front of one.
bool SentencePieceTokenizer::beginsWithUserDefined(std::string_view text) const
{
    return std::any_of(m_userDefined.all().begin(), m_userDefined.all().end(), [&](const AddedToken& piece) { return text.starts_with(piece.content); });
}

// Where the library begins anew, with a dummy prefix of its own: what follows such a piece gets one, unless it has its space.
std::vector<std::size_t> SentencePieceTokenizer::legacyBorders(std::string_view text) const
{
    std::vector<std::size_t> borders;
    bool isBehindPiece = false;
    const bool puts = m_legacy && m_model.dummyPrefix && !m_userDefined.all().empty();
    for (const AddedTokens::Part& part : puts ? m_userDefined.split(text, true) : std::vector<AddedTokens::Part>()) {
        const std::string_view here = text.substr(part.begin, part.end - part.begin);
        if (isBehindPiece && !part.token && !here.starts_with(' ') && !here.starts_with(kSpaceMark)) {
            borders.push_back(part.begin);
        }
        isBehindPiece = part.token != nullptr;
    }
    borders.push_back(text.size());
    return borders;
}

std::vector<Token> SentencePieceTokenizer::encodeClean(std::string_view text, bool special) const
{
    std::vector<Token> tokens;
    const auto parts = m_added.split(text, special);
    const bool isBare = beginsWithUserDefined(text);
    for (std::size_t i = 0; i < parts.size(); ++i) {
        const auto& part = parts[i];
        const bool prefix = i == 0 && m_prefixSpace && !isBare;
        if (part.token == nullptr) {
            std::size_t begin = part.begin;
            for (const std::size_t border : legacyBorders(text.substr(part.begin, part.end - part.begin))) {
                encodeSegment(text.substr(begin, part.begin + border - begin), static_cast<std::int64_t>(begin), prefix && begin == part.begin, tokens);
                begin = part.begin + border;
            }
            // The library has put its own in front of it.
            if (i == 0 && isBare && m_legacy && !tokens.empty() && m_model.pieces[static_cast<std::size_t>(tokens[0].id)].text == kSpaceMark) {
                tokens.erase(tokens.begin());
            }
            continue;
        }
        // The prefix stands alone here, and is dropped before a special token.
        if (prefix && !part.token->special) {
            encodeSegment({}, 0, true, tokens);
        }
        tokens.push_back({part.token->id, static_cast<std::int64_t>(part.begin),
                          static_cast<std::int64_t>(part.end)});
    }
    return tokens;
}

void SentencePieceTokenizer::encodeSegment(std::string_view text, std::int64_t begin, bool prefix,
                                           std::vector<Token>& out) const
{
    std::string longer;
    std::size_t skip = 0;
    const auto size = text.size();
    if (prefix) {
        longer = std::string(kSpaceMark) + std::string(text);
        text = longer;
    }
    // The library would strip spaces at the front; the unknown token's spelling shields them and is cut off again.
    if (!m_legacy && m_model.removeExtraSpaces && (text.starts_with(' ') || text.starts_with(kSpaceMark))) {
        longer = m_model.unkPiece + std::string(text);
        text = longer;
        skip = m_unkLength;
    }
    const auto first = out.size();
    runModel(text, begin - static_cast<std::int64_t>(text.size() - size), skip, out);
    // What was put in front has no place in the text.
    for (std::size_t i = first; i < out.size() && out[i].begin < begin; ++i) {
        out[i].begin = begin;
        out[i].end = std::max(out[i].end, begin);
    }
}

// Word by word, where that is the same, for most words were met before. Whole, the library's queue of merges outgrows every cache, too.
void SentencePieceTokenizer::runModel(std::string_view text, std::int64_t shift, std::size_t skip, std::vector<Token>& out) const
{
    if (!m_endsWordsAtSpaces) {
        return runPart(text, shift, skip, out);
    }
    LoanPool<SpmWords>::Loan words(m_words);
    std::size_t begin = 0;
    bool isBehindSpace = false; // one that is not part of what the library is given
    while (true) {
        const std::size_t space = singleSpace(text, begin + 1);
        const auto first = out.size();
        runWord(text.substr(begin, space - begin), shift + static_cast<std::int64_t>(begin), skip, *words, out);
        if (isBehindSpace && out.size() > first) {
            --out[first].begin; // the space before it is its own
        }
        if (space == std::string_view::npos) {
            return;
        }
        skip = 0;
        isBehindSpace = m_model.dummyPrefix; // the library puts the space there
        begin = space + (isBehindSpace ? 1 : 0);
    }
}

void SentencePieceTokenizer::runWord(std::string_view word, std::int64_t shift, std::size_t skip, SpmWords& words, std::vector<Token>& out) const
{
    const bool isKept = skip == 0 && !word.empty() && word.size() <= SpmWords::kLongest;
    const auto known = isKept ? words.find(word) : std::span<const SpmWords::Piece>();
    for (const SpmWords::Piece& piece : known) {
        out.push_back({piece.id, shift + piece.begin, shift + piece.end});
    }
    if (!known.empty()) {
        return;
    }
    const auto first = out.size();
    runPart(word, shift, skip, out);
    if (isKept && out.size() > first) {
        words.put(word, std::span(out).subspan(first), shift);
    }
}

void SentencePieceTokenizer::runPart(std::string_view text, std::int64_t shift, std::size_t skip, std::vector<Token>& out) const
{
    const auto encoded = m_processor.EncodeAsImmutableProto(text);
    const auto count = encoded.pieces_size();
    skip = count >= skip ? skip : 0;
    for (std::size_t i = 0; i < count;) {
        const auto piece = encoded.pieces(static_cast<int>(i));
        // The bytes of one unknown character come in a row; only the last of them carries its place.
        std::size_t run = 1;
        std::int64_t end = piece.end();
        if (isByte(static_cast<TokenId>(piece.id()))) {
            while (end == piece.begin() && i + run < count
                   && isByte(static_cast<TokenId>(encoded.pieces(static_cast<int>(i + run)).id()))) {
                end = encoded.pieces(static_cast<int>(i + run)).end();
                ++run;
            }
        }
        const std::int64_t begin = piece.begin();
        const auto steps = static_cast<std::int64_t>(run);
        for (std::size_t k = 0; k < run; ++k, ++i) {
            const auto at = static_cast<std::int64_t>(k);
            if (i >= skip) {
                out.push_back({static_cast<TokenId>(encoded.pieces(static_cast<int>(i)).id()),
                               shift + begin + (end - begin) * at / steps,
                               shift + begin + (end - begin) * (at + 1) / steps});
            }
        }
    }
}

Result<std::shared_ptr<const Tokenizer>> loadSentencePiece(const std::filesystem::path& folder)
{
    const auto path = folder / "tokenizer.model";
    auto bytes = base::readFile(path, kLargestSpmFile);
    if (!bytes) {
        return bytes.error();
    }
    auto model = parseSpmModel(*bytes);
    if (!model) {
        return Error{path.string() + ", " + model.message()};
    }
    auto config = readTokenizerConfig(folder);
    if (!config) {
        return config.error();
    }
    auto tokenizer = std::make_shared<SentencePieceTokenizer>(std::move(*model), *config);
    if (auto started = tokenizer->start(); !started) {
        return Error{path.string() + ", " + started.message()};
    }
    return std::shared_ptr<const Tokenizer>(std::move(tokenizer));
}

} // namespace luthier::text
