// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/tokenizers/tokenizer_spec.h"

#include "core/text/characters/utf8.h"
#include "core/text/tokenizers/models/bpe_model.h"
#include "core/text/tokenizers/models/unigram_model.h"
#include "core/text/tokenizers/models/word_piece_model.h"
#include "core/text/tokenizers/staged_tokenizer.h"

#include <algorithm>

namespace luthier::text {

namespace {

constexpr std::string_view kSpaceMark = "\xE2\x96\x81"; // U+2581

std::string inQuotes(std::string_view text)
{
    return "\"" + std::string(text.substr(0, 80)) + (text.size() > 80 ? "...\"" : "\"");
}

void translateBytes(TokenizerStages& stages)
{
    std::string raw;
    for (TokenId id = 0; id < stages.spellings.end(); ++id) {
        if (stages.spellings.has(id) && bytesOfLetters(stages.spellings.piece(id), raw)) {
            stages.bytes.add(id, raw);
        }
    }
}

// Whether no piece that merging makes goes on with a space mark after something else. Then a text may be cut before
// such marks: each stretch merges as it would inside the whole, and words can be remembered.
bool mayCutAtMarks(const TokenizerSpec& spec, const PieceTable& spellings)
{
    const auto goesOn = [](std::string_view piece) {
        for (auto at = piece.find(kSpaceMark, 1); at != std::string_view::npos; at = piece.find(kSpaceMark, at + 1)) {
            if (!piece.substr(0, at).ends_with(kSpaceMark)) {
                return true;
            }
        }
        return false;
    };
    return !spec.ignoreMerges && spellings.find(kSpaceMark) != PieceTable::kNone
           && std::none_of(spec.merges.begin(), spec.merges.end(), [&](const TokenizerSpec::Merge& merge) {
                  return goesOn(spellings.piece(merge.made));
              });
}

// Before each space mark that does not follow another.
class MarkSplitter : public Splitter {
public:
    std::size_t split(std::string_view text, std::size_t at, std::vector<Range>& out) const override
    {
        for (std::size_t made = 0; at < text.size() && made < kPieceBatch; ++made) {
            std::size_t from = at;
            while (text.substr(from, kSpaceMark.size()) == kSpaceMark) {
                from += kSpaceMark.size();
            }
            const auto stop = std::min(text.find(kSpaceMark, from), text.size());
            out.push_back({at, stop});
            at = stop;
        }
        return at;
    }
};

std::unique_ptr<PieceModel> makeBpe(const TokenizerSpec& spec, TokenizerStages& stages)
{
    BpeSettings settings;
    settings.byteLevel = stages.preTokenizer.isByteLevel();
    settings.ignoreMerges = spec.ignoreMerges;
    settings.byteFallback = spec.byteFallback;
    settings.fuseUnknown = spec.fuseUnknown;
    settings.unknown = spec.unknown;
    if (settings.byteLevel) {
        translateBytes(stages);
    } else if (mayCutAtMarks(spec, stages.spellings)) {
        stages.preTokenizer.append(std::make_shared<MarkSplitter>());
    }
    auto model = std::make_unique<BpeModel>(settings.byteLevel ? stages.bytes : stages.spellings, settings);
    for (const auto& merge : spec.merges) {
        model->addMerge(merge.left, merge.right, merge.made);
    }
    model->finish();
    return model;
}

Result<std::unique_ptr<PieceModel>> makeModel(const TokenizerSpec& spec, TokenizerStages& stages)
{
    if (spec.kind == ModelKind::Bpe) {
        return makeBpe(spec, stages);
    }
    if (stages.preTokenizer.isByteLevel()) {
        return Error{"pre_tokenizer: ByteLevel goes with a BPE model only"};
    }
    if (spec.kind == ModelKind::Unigram) {
        return makeUnigram(stages.spellings, {spec.scores, spec.unknown, spec.byteFallback});
    }
    return std::unique_ptr<PieceModel>(
        std::make_unique<WordPieceModel>(stages.spellings, spec.wordPrefix, spec.longestWord, spec.unknown));
}

Result<void> checkAdded(const TokenizerSpec& spec)
{
    if (spec.added.size() > kMostAddedTokens) {
        return Error{"added_tokens: " + std::to_string(spec.added.size()) + " tokens; the limit is "
                     + std::to_string(kMostAddedTokens)};
    }
    for (const auto& token : spec.added) {
        const auto own = spec.spellings.piece(token.id);
        if (token.id < 0 || token.id > kLargestTokenId || token.content.empty()
            || token.content.size() > kLongestAddedToken || !isValidUtf8(token.content)) {
            return Error{"added_tokens: " + inQuotes(token.content) + " with id " + std::to_string(token.id)
                         + "; a token needs an id from 0 to " + std::to_string(kLargestTokenId)
                         + " and a spelling of 1 to " + std::to_string(kLongestAddedToken) + " bytes"};
        }
        if (spec.spellings.has(token.id) && own != token.content) {
            return Error{"added_tokens: " + inQuotes(token.content) + " has id " + std::to_string(token.id)
                         + ", which is " + inQuotes(own) + " in model.vocab"};
        }
    }
    return {};
}

Result<void> checkProcessor(const StagedTokenizer& tokenizer, const PostProcessor& processor)
{
    for (const auto* side : {&processor.before, &processor.after}) {
        for (const auto id : *side) {
            if (tokenizer.piece(id).empty()) {
                return Error{"post_processor: adds the token id " + std::to_string(id) + ", which no token has"};
            }
        }
    }
    return {};
}

} // namespace

Result<void> TokenizerSpec::addPiece(TokenId id, std::string_view spelling, bool mayRepeat)
{
    if (id < 0 || id > kLargestTokenId) {
        return Error{inQuotes(spelling) + " has the id " + std::to_string(id) + "; ids go from 0 to "
                     + std::to_string(kLargestTokenId)};
    }
    if (spelling.size() > kLongestSpelling || spellings.count() >= kMostVocabulary) {
        return Error{inQuotes(spelling) + ": a token may have " + std::to_string(kLongestSpelling)
                     + " bytes, a vocabulary " + std::to_string(kMostVocabulary) + " tokens"};
    }
    if (!isValidUtf8(spelling)) {
        return Error{"the token with id " + std::to_string(id) + " is not valid UTF-8"};
    }
    if (!(mayRepeat ? spellings.addAgain(id, spelling) : spellings.add(id, spelling))) {
        const bool twice = !mayRepeat && spellings.find(spelling) != PieceTable::kNone;
        return Error{twice ? inQuotes(spelling) + " stands twice"
                           : inQuotes(spelling) + " has the id " + std::to_string(id) + ", which "
                                 + inQuotes(spellings.piece(id)) + " has too"};
    }
    return {};
}

Result<void> TokenizerSpec::addMerge(std::string_view left, std::string_view right)
{
    const std::string whole = std::string(left) + std::string(right);
    const Merge merge{spellings.find(left), spellings.find(right), spellings.find(whole)};
    for (const auto& [id, text] : {std::pair<TokenId, std::string_view>{merge.left, left}, {merge.right, right}, {merge.made, whole}}) {
        if (id == PieceTable::kNone) {
            return Error{inQuotes(text) + " is not in the vocabulary"};
        }
    }
    if (merges.size() >= kMostMerges) {
        return Error{"more than " + std::to_string(kMostMerges) + " merges"};
    }
    merges.push_back(merge);
    return {};
}

Result<std::shared_ptr<const Tokenizer>> buildTokenizer(TokenizerSpec spec)
{
    auto normalizer = Normalizer::fromJson(spec.normalizer, "normalizer");
    auto preTokenizer = PreTokenizer::fromJson(spec.preTokenizer, "pre_tokenizer");
    auto postProcessor = PostProcessor::fromJson(spec.postProcessor, "post_processor");
    auto decoder = TokenDecoder::fromJson(spec.decoder, "decoder");
    auto added = checkAdded(spec);
    const Error* problem = !normalizer      ? &normalizer.error()
                           : !preTokenizer  ? &preTokenizer.error()
                           : !postProcessor ? &postProcessor.error()
                           : !decoder       ? &decoder.error()
                           : !added         ? &added.error()
                                            : nullptr;
    if (problem != nullptr) {
        return *problem;
    }
    auto stages = std::make_unique<TokenizerStages>();
    stages->normalizer = std::move(*normalizer);
    stages->preTokenizer = std::move(*preTokenizer);
    stages->postProcessor = *postProcessor;
    stages->decoder = std::move(*decoder);
    stages->spellings = std::move(spec.spellings);
    stages->added = std::move(spec.added);
    auto model = makeModel(spec, *stages);
    if (!model) {
        return model.error();
    }
    stages->model = std::move(*model);
    const auto idOf = [&](const std::string& text) -> std::optional<TokenId> {
        for (const auto& token : stages->added) {
            if (!text.empty() && token.content == text) {
                return token.id;
            }
        }
        const auto id = text.empty() ? PieceTable::kNone : stages->spellings.find(text);
        return id == PieceTable::kNone ? std::nullopt : std::optional(id);
    };
    stages->bos = idOf(spec.bos);
    stages->eos = idOf(spec.eos);
    stages->pad = idOf(spec.pad);
    auto tokenizer = std::make_shared<StagedTokenizer>(std::move(stages));
    if (auto good = checkProcessor(*tokenizer, *postProcessor); !good) {
        return good.error();
    }
    return std::shared_ptr<const Tokenizer>(std::move(tokenizer));
}

} // namespace luthier::text
