// SPDX-License-Identifier: GPL-3.0-or-later
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "core/text/characters/text_pattern.h"

#include <utility>

namespace luthier::text {

namespace {

constexpr std::size_t kLongestPattern = std::size_t{16} << 10;
constexpr std::size_t kLongestResult = std::size_t{64} << 20;
constexpr std::uint32_t kMatchLimit = 2'000'000; // about 10 ms
constexpr std::uint32_t kDepthLimit = 100'000;
constexpr std::uint32_t kHeapLimit = 64 << 10; // KiB
constexpr std::uint32_t kMostGroups = 250;     // nested parentheses

std::string sentenceOf(int code)
{
    PCRE2_UCHAR message[160] = {};
    pcre2_get_error_message(code, message, sizeof message);
    return reinterpret_cast<const char*>(message);
}

PCRE2_SPTR bytesOf(std::string_view text)
{
    return reinterpret_cast<PCRE2_SPTR>(text.data() == nullptr ? "" : text.data());
}

} // namespace

struct TextPattern::Compiled {
    pcre2_code* code = nullptr;
    pcre2_match_context* context = nullptr;
    bool isRegex = false;

    Compiled() = default;
    Compiled(const Compiled&) = delete;
    Compiled& operator=(const Compiled&) = delete;
    ~Compiled()
    {
        pcre2_match_context_free(context);
        pcre2_code_free(code);
    }

    int match(std::string_view text, std::size_t at, pcre2_match_data* data) const
    {
        const int found = pcre2_match(code, bytesOf(text), text.size(), at, 0, data, context);
        return found == PCRE2_ERROR_JIT_STACKLIMIT
                   ? pcre2_match(code, bytesOf(text), text.size(), at, PCRE2_NO_JIT, data, context)
                   : found;
    }
};

namespace {

struct MatchData { // one for each call: cheap beside what is searched
    pcre2_match_data* data;
    explicit MatchData(const pcre2_code* code) : data(pcre2_match_data_create_from_pattern(code, nullptr)) {}
    MatchData(const MatchData&) = delete;
    MatchData& operator=(const MatchData&) = delete;
    ~MatchData() { pcre2_match_data_free(data); }
};

} // namespace

Result<TextPattern> TextPattern::compile(const std::string& pattern, const PatternOptions& options)
{
    if (pattern.empty() || pattern.size() > kLongestPattern) {
        return pattern.empty() ? Error{"there is nothing to look for"}
                               : Error{"the pattern has " + std::to_string(pattern.size()) + " bytes; the limit is "
                                       + std::to_string(kLongestPattern)};
    }
    auto compiled = std::make_shared<Compiled>();
    compiled->isRegex = options.isRegex;
    auto* context = pcre2_compile_context_create(nullptr);
    pcre2_set_parens_nest_limit(context, kMostGroups);
    if (options.isWholeWord) {
        pcre2_set_compile_extra_options(context, PCRE2_EXTRA_MATCH_WORD);
    }
    std::uint32_t flags = PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | (options.isCaseSensitive ? 0U : PCRE2_CASELESS);
    flags |= options.isRegex ? PCRE2_UCP | PCRE2_MULTILINE | PCRE2_NEVER_BACKSLASH_C : PCRE2_LITERAL;
    int code = 0;
    PCRE2_SIZE at = 0;
    compiled->code = pcre2_compile(bytesOf(pattern), pattern.size(), flags, &code, &at, context);
    pcre2_compile_context_free(context);
    if (compiled->code == nullptr) {
        return Error{"the pattern cannot be read at character " + std::to_string(at + 1) + ": " + sentenceOf(code)};
    }
    pcre2_jit_compile(compiled->code, PCRE2_JIT_COMPLETE);
    compiled->context = pcre2_match_context_create(nullptr);
    pcre2_set_match_limit(compiled->context, kMatchLimit);
    pcre2_set_depth_limit(compiled->context, kDepthLimit);
    pcre2_set_heap_limit(compiled->context, kHeapLimit);
    return TextPattern(std::move(compiled));
}

bool TextPattern::matches(std::string_view text) const
{
    return fit(text) == Fit::Yes;
}

TextPattern::Fit TextPattern::fit(std::string_view text) const
{
    const MatchData room(m_compiled->code);
    const int code = m_compiled->match(text, 0, room.data);
    return code >= 0 ? Fit::Yes : code == PCRE2_ERROR_NOMATCH ? Fit::No : Fit::LimitMet;
}

std::vector<TextPattern::Range> TextPattern::find(std::string_view text, std::size_t limit) const
{
    const MatchData room(m_compiled->code);
    std::vector<Range> ranges;
    std::size_t at = 0;
    while (at <= text.size() && ranges.size() < limit && m_compiled->match(text, at, room.data) >= 0) {
        const PCRE2_SIZE* place = pcre2_get_ovector_pointer(room.data);
        const Range range{place[0], place[1]};
        if (range.end > range.begin) {
            ranges.push_back(range);
        }
        // An empty match, or one that \K let begin behind its end, must not come again.
        std::size_t next = range.end > at ? range.end : at + 1;
        while (next < text.size() && (static_cast<unsigned char>(text[next]) & 0xC0U) == 0x80U) {
            ++next;
        }
        at = next;
    }
    return ranges;
}

Result<std::string> TextPattern::replaced(std::string_view text, const std::string& replacement) const
{
    std::uint32_t flags = PCRE2_SUBSTITUTE_GLOBAL | PCRE2_SUBSTITUTE_OVERFLOW_LENGTH | PCRE2_SUBSTITUTE_UNSET_EMPTY;
    flags |= m_compiled->isRegex ? 0U : PCRE2_SUBSTITUTE_LITERAL;
    std::string result(text.size() + replacement.size() + 64, '\0');
    // At most: without JIT where its stack is too small, and once more with the room that is needed.
    constexpr int kMostAttempts = 4;
    for (int attempt = 0; attempt < kMostAttempts; ++attempt) {
        PCRE2_SIZE length = result.size();
        const int done = pcre2_substitute(m_compiled->code, bytesOf(text), text.size(), 0, flags, nullptr, m_compiled->context,
                                          bytesOf(replacement), replacement.size(), reinterpret_cast<PCRE2_UCHAR*>(result.data()), &length);
        if (done >= 0) {
            result.resize(length);
            return result;
        }
        if (done == PCRE2_ERROR_JIT_STACKLIMIT) {
            flags |= PCRE2_NO_JIT;
        } else if (done == PCRE2_ERROR_NOMEMORY && length <= kLongestResult) {
            result.resize(length);
        } else {
            return done == PCRE2_ERROR_NOMEMORY ? Error{"the text would become longer than 64 MiB"}
                                                : Error{"it cannot be replaced: " + sentenceOf(done)};
        }
    }
    return Error{"it cannot be replaced: the pattern needs too much memory on this text"};
}

} // namespace luthier::text
