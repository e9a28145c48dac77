// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/tokenizers/staged_tokenizer.h"

#include "core/text/characters/utf8.h"
#include "core/text/tokenizers/token_sink.h"

namespace luthier::text {

namespace {

constexpr std::size_t kLongestWord = std::size_t{1} << 30; // bytes; longer ones are cut

std::size_t cutAt(std::string_view word, std::size_t at)
{
    if (word.size() - at <= kLongestWord) {
        return word.size();
    }
    at += kLongestWord;
    while ((static_cast<unsigned char>(word[at]) & 0xC0U) == 0x80U) {
        --at;
    }
    return at;
}

} // namespace

std::vector<Token> StagedTokenizer::encode(std::string_view text, EncodeOptions options) const
{
    TokenSink sink;
    sink.expect(text.size());
    const auto& around = m_stages->postProcessor;
    if (options.addSpecial) {
        for (const auto id : around.before) {
            sink.add(id, 0, 0);
        }
    }
    const auto first = sink.size();
    if (isValidUtf8(text)) {
        encodeInto(text, options.parseSpecial, sink);
    } else {
        std::vector<std::int64_t> origin;
        const auto repaired = replaceInvalid(text, &origin);
        encodeInto(repaired, options.parseSpecial, sink);
        sink.moveBy(first, origin);
    }
    if (options.addSpecial) {
        for (const auto id : around.after) {
            sink.add(id, text.size(), text.size());
        }
    }
    return sink.take();
}

std::vector<TokenId> StagedTokenizer::ids(std::string_view text, EncodeOptions options) const
{
    IdSink sink;
    sink.expect(text.size());
    const auto& around = m_stages->postProcessor;
    for (std::size_t i = 0; options.addSpecial && i < around.before.size(); ++i) {
        sink.add(around.before[i], 0, 0);
    }
    if (isValidUtf8(text)) {
        encodeInto(text, options.parseSpecial, sink);
    } else {
        encodeInto(replaceInvalid(text), options.parseSpecial, sink);
    }
    for (std::size_t i = 0; options.addSpecial && i < around.after.size(); ++i) {
        sink.add(around.after[i], 0, 0);
    }
    return sink.take();
}

template <class Sink>
void StagedTokenizer::encodeInto(std::string_view text, bool special, Sink& sink) const
{
    ScratchPool::Loan scratch(m_pool);
    std::size_t done = 0;
    TokenMatcher::Part part;
    while (m_raw.next(text, done, special, part)) {
        if (part.begin > done) {
            encodePart(text.substr(done, part.begin - done), done, *scratch, special, sink);
        }
        sink.add(part.id, part.begin, part.end);
        done = part.end;
    }
    if (done < text.size()) {
        encodePart(text.substr(done), done, *scratch, special, sink);
    }
}

template <class Sink>
void StagedTokenizer::encodePart(std::string_view text, std::size_t base, EncodeScratch& scratch, bool special,
                                 Sink& sink) const
{
    if (m_stages->normalizer.isEmpty() && m_normalized.isEmpty()) {
        encodeText(text, base, base == 0, scratch, sink);
        return;
    }
    ChangedText changed(text);
    m_stages->normalizer.apply(changed);
    const auto view = changed.view();
    const auto first = sink.size();
    // Unchanged text needs no second placing.
    const auto inner = changed.isChanged() ? 0 : base;
    const auto isStart = [&](std::size_t at) { return base + changed.origin(at) == 0; };
    std::size_t done = 0;
    TokenMatcher::Part part;
    while (m_normalized.next(view, done, special, part)) {
        if (part.begin > done) {
            encodeText(view.substr(done, part.begin - done), inner + done, isStart(done), scratch, sink);
        }
        sink.add(part.id, inner + part.begin, inner + part.end);
        done = part.end;
    }
    if (done < view.size()) {
        encodeText(view.substr(done), inner + done, isStart(done), scratch, sink);
    }
    if (changed.isChanged()) {
        sink.move(first, changed, base);
    }
}

template <class Sink>
void StagedTokenizer::encodeText(std::string_view text, std::size_t base, bool atStart, EncodeScratch& scratch,
                                 Sink& sink) const
{
    const auto& cutter = m_stages->preTokenizer;
    if (!cutter.rewrites()) {
        encodePieces(text, base, scratch, sink);
        return;
    }
    ChangedText changed(text);
    std::vector<Range> pieces;
    cutter.rewrite(changed, atStart, pieces);
    const auto first = sink.size();
    for (const auto& piece : pieces) {
        encodePieces(changed.view().substr(piece.begin, piece.end - piece.begin), piece.begin, scratch, sink);
    }
    sink.move(first, changed, base);
}

// Keys first, so that the cache's lines are on their way when they are looked at.
template <class Sink>
void StagedTokenizer::encodePieces(std::string_view text, std::size_t base, EncodeScratch& scratch, Sink& sink) const
{
    const auto& model = *m_stages->model;
    auto& pieces = scratch.pieces;
    auto& keys = scratch.keys;
    for (std::size_t at = 0; at < text.size();) {
        pieces.clear();
        at = m_stages->preTokenizer.split(text, at, pieces, scratch.spare);
        keys.resize(std::max(keys.size(), pieces.size()));
        for (std::size_t i = 0; i < pieces.size(); ++i) {
            const auto [begin, end] = pieces[i];
            if (end - begin <= WordKey::kLongest) {
                const auto key = WordKey::of(text.data() + begin, end - begin, begin + 16 <= text.size());
                keys[i] = {key, key.hash()};
                scratch.cache.prefetch(keys[i].second);
            }
        }
        for (std::size_t i = 0; i < pieces.size(); ++i) {
            const auto [begin, end] = pieces[i];
            if (end - begin > WordKey::kLongest) {
                encodeWord(text.substr(begin, end - begin), base + begin, scratch, sink, nullptr);
            } else if (const auto* entry = scratch.cache.find(keys[i].first, keys[i].second)) {
                sink.room(WordCache::kMostIds);
                sink.put(*entry, base + begin, base + end, model);
            } else {
                encodeWord(text.substr(begin, end - begin), base + begin, scratch, sink, &keys[i].first);
            }
        }
    }
}

// A word that the short cache does not hold; `key` is null for a long one.
template <class Sink>
void StagedTokenizer::encodeWord(std::string_view word, std::size_t begin, EncodeScratch& scratch, Sink& sink,
                                 const WordKey* key) const
{
    const auto& model = *m_stages->model;
    const bool keeps = word.size() <= WordCache::kLong;
    if (const auto whole = key == nullptr ? PieceTable::kNone : model.whole(*key); whole != PieceTable::kNone) {
        sink.add(whole, begin, begin + word.size());
        scratch.cache.put(*key, {whole, WordCache::kNone, WordCache::kNone, WordCache::kNone});
        return;
    }
    if (keeps) {
        const auto known = scratch.cache.findLong(word);
        for (const auto id : known) {
            const auto end = begin + model.sizeOf(id);
            sink.add(id, begin, end);
            begin = end;
        }
        if (!known.empty()) {
            return;
        }
    }
    auto& symbols = scratch.symbols;
    auto& ids = scratch.ids;
    symbols.clear();
    ids.clear();
    for (std::size_t at = 0; at < word.size();) {
        const auto stop = cutAt(word, at);
        model.encode(word.substr(at, stop - at), scratch.model, symbols);
        at = stop;
    }
    bool plain = keeps;
    for (const auto& [id, length] : symbols) {
        plain = plain && id != PieceTable::kNone && length == model.sizeOf(id);
        if (id != PieceTable::kNone) {
            sink.add(id, begin, begin + length);
            ids.push_back(id);
        }
        begin += length;
    }
    if (plain && key != nullptr && ids.size() <= WordCache::kMostIds) {
        std::array<TokenId, WordCache::kMostIds> kept{WordCache::kNone, WordCache::kNone, WordCache::kNone, WordCache::kNone};
        std::copy(ids.begin(), ids.end(), kept.begin());
        scratch.cache.put(*key, kept);
    } else if (plain) {
        scratch.cache.putLong(word, ids);
    }
}

} // namespace luthier::text
