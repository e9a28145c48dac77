// SPDX-License-Identifier: GPL-3.0-or-later
// Scanners for the split patterns of well-known vocabularies. Each follows its pattern's alternatives in their order;
// nothing here backtracks further than one run of characters.
#include "core/text/tokenizers/splitting/scan_parts.h"
#include "core/text/tokenizers/splitting/split_patterns.h"
#include "core/text/tokenizers/splitting/splitter.h"

#include <algorithm>

namespace luthier::text {

namespace {

using namespace scan;

// 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
struct Gpt2Scan {
    static const Byte* match(const Classes& classes, const Byte* p, const Byte* end)
    {
        if (*p == '\'') {
            if (const Byte* stop = contraction<false>(p, end)) {
                return stop;
            }
        }
        const Byte* q = *p == ' ' && p + 1 < end ? p + 1 : p;
        const auto c = classes.at(q);
        if ((c.bits & kLetter) != 0) {
            return classes.run<kLetter>(q + c.length, end);
        }
        if ((c.bits & kNumber) != 0) {
            return classes.run<kNumber>(q + c.length, end);
        }
        if ((c.bits & kSpace) == 0) {
            return classes.run<kSpace | kLetter | kNumber, false>(q + c.length, end);
        }
        return spaces<false>(classes, p, end);
    }
};

// (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,Digits}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|...
// Word is what takes the place of \p{L}: letters, or letters and marks.
template <int Digits, unsigned Word>
struct Gpt4Scan {
    static const Byte* match(const Classes& classes, const Byte* p, const Byte* end)
    {
        if (*p == '\'') {
            if (const Byte* stop = contraction<true>(p, end)) {
                return stop;
            }
        }
        const auto c = classes.at(p);
        const Byte* next = p + c.length;
        if ((c.bits & kLetter) != 0) {
            return classes.run<Word>(next, end);
        }
        if ((c.bits & kNumber) != 0) {
            return digits(classes, next, end, Digits - 1);
        }
        if ((c.bits & kLineEnd) == 0 && classes.has<Word>(next, end)) {
            return classes.run<Word>(next, end);
        }
        if ((c.bits & Word) != 0) {
            return next;
        }
        constexpr unsigned kOthers = kSpace | kNumber | Word;
        if ((c.bits & kSpace) == 0 || (*p == ' ' && next < end && (classes.at(next).bits & (kOthers | kLetter)) == 0)) {
            return classes.run<kLineEnd>(classes.run<kOthers | kLetter, false>(next, end), end);
        }
        return spaces<true>(classes, p, end);
    }
};

// [^\r\n\p{L}\p{N}]?U*W+(?i:'s|...)?|[^\r\n\p{L}\p{N}]?U+W*(?i:'s|...)?|\p{N}{1,Digits}| ?[^\s\p{L}\p{N}]+[\r\n/]*|...
// with U = upper case, title case, modifiers, other letters, marks; W = lower case and the last three.
template <int Digits, bool Contractions>
struct Gpt4oScan {
    static const Byte* suffix(const Byte* p, const Byte* end)
    {
        const Byte* stop = Contractions && p < end && *p == '\'' ? contraction<true>(p, end) : nullptr;
        return stop != nullptr ? stop : p;
    }
    // U*W+ from p; null when there is none.
    static const Byte* lowerWord(const Classes& classes, const Byte* p, const Byte* end, const Byte* upperEnd)
    {
        const Byte* stop = classes.run<kLowerish>(upperEnd, end);
        if (stop > upperEnd) {
            return stop;
        }
        for (const Byte* q = upperEnd; q > p;) {
            const Byte* start = lastCharacter(q);
            if ((classes.at(start).bits & kLowerish) != 0) {
                return q;
            }
            q = start;
        }
        return nullptr;
    }
    static const Byte* word(const Classes& classes, const Byte* p, const Byte* end, const Char& c)
    {
        const bool letter = (c.bits & kLetter) != 0;
        const Byte* start = letter ? p : p + c.length;
        const Byte* upperEnd = classes.run<kUpperish>(start, end);
        if (const Byte* stop = lowerWord(classes, start, end, upperEnd)) {
            return suffix(stop, end);
        }
        if (!letter && (c.bits & kMark) != 0) {
            return suffix(p + c.length, end);
        }
        return upperEnd > start ? suffix(upperEnd, end) : nullptr;
    }
    static const Byte* match(const Classes& classes, const Byte* p, const Byte* end)
    {
        const auto c = classes.at(p);
        if ((c.bits & (kLineEnd | kNumber)) == 0) {
            if (const Byte* stop = word(classes, p, end, c)) {
                return stop;
            }
        }
        const Byte* next = p + c.length;
        if ((c.bits & kNumber) != 0) {
            return digits(classes, next, end, Digits - 1);
        }
        constexpr unsigned kOthers = kSpace | kNumber | kLetter;
        if ((c.bits & kSpace) == 0 || (*p == ' ' && next < end && (classes.at(next).bits & kOthers) == 0)) {
            const Byte* stop = classes.run<kOthers, false>(next, end);
            while (stop < end && (*stop == '\r' || *stop == '\n' || *stop == '/')) {
                ++stop;
            }
            return stop;
        }
        return spaces<true>(classes, p, end);
    }
};

// [!-/:-~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+
// matches no control characters and no lone numbers.
struct DeepSeekScan {
    static bool isLatin(Byte c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
    static const Byte* match(const Classes& classes, const Byte* p, const Byte* end)
    {
        const auto c = classes.at(p);
        const Byte* next = p + c.length;
        constexpr unsigned kWord = kLetter | kMark;
        if (*p < 0x80 && (c.bits & kSign) != 0 && next < end && isLatin(*next)) {
            return std::find_if_not(next, end, isLatin);
        }
        if ((c.bits & kLetter) != 0) {
            return classes.run<kWord>(next, end);
        }
        if ((c.bits & (kLineEnd | kSign)) == 0 && classes.has<kWord>(next, end)) {
            return classes.run<kWord>(next, end);
        }
        if ((c.bits & kMark) != 0) {
            return next;
        }
        if ((c.bits & kSign) != 0 || (*p == ' ' && classes.has<kSign>(next, end))) {
            return classes.run<kLineEnd>(classes.run<kSign>(next, end), end);
        }
        return (c.bits & kSpace) != 0 ? spaces<true>(classes, p, end) : nullptr;
    }
};

// \p{N}{1,3}
struct ThreeDigitsScan {
    static const Byte* match(const Classes& classes, const Byte* p, const Byte* end)
    {
        const Byte* stop = digits(classes, p, end, 3);
        return stop == p ? nullptr : stop;
    }
};

// [U+4E00-U+9FA5 U+3040-U+309F U+30A0-U+30FF]+
struct HanKanaScan {
    static bool isOne(const Byte* p)
    {
        int length = 0;
        const auto value = *p < 0xE3 ? 0 : decodeValid(p, length);
        return (value >= 0x4E00 && value <= 0x9FA5) || (value >= 0x3040 && value <= 0x30FF);
    }
    static const Byte* match(const Classes&, const Byte* p, const Byte* end)
    {
        const Byte* stop = p;
        while (stop < end && isOne(stop)) {
            stop += 3;
        }
        return stop == p ? nullptr : stop;
    }
};

template <class Scan>
class ScanSplitter : public Splitter {
public:
    std::size_t split(std::string_view text, std::size_t at, std::vector<Range>& out) const override
    {
        const auto* start = reinterpret_cast<const Byte*>(text.data());
        const Byte* end = start + text.size();
        const Byte* p = start + at;
        const Classes classes;
        const auto put = [&](const Byte* from, const Byte* to) {
            out.push_back({static_cast<std::size_t>(from - start), static_cast<std::size_t>(to - start)});
        };
        for (std::size_t made = 0; p < end && made < kPieceBatch; ++made) {
            const Byte* gap = p;
            const Byte* stop = nullptr;
            while (p < end && (stop = Scan::match(classes, p, end)) == nullptr) {
                p += classes.at(p).length;
            }
            if (p > gap) {
                put(gap, p);
            }
            if (stop != nullptr) {
                put(p, stop);
                p = stop;
            }
        }
        return static_cast<std::size_t>(p - start);
    }
};

struct KnownRow {
    const char* pattern;
    SplitterPtr (*make)();
    bool covers = true;
};

template <class Scan>
SplitterPtr make()
{
    return std::make_shared<ScanSplitter<Scan>>();
}

constexpr unsigned kWordWithMarks = kLetter | kMark;

constexpr KnownRow kKnown[] = {
    {kGpt2Pattern, make<Gpt2Scan>},
    {kLlama3Pattern, make<Gpt4Scan<3, kLetter>>},
    {kQwen2Pattern, make<Gpt4Scan<1, kLetter>>},
    {kQwen35Pattern, make<Gpt4Scan<1, kWordWithMarks>>},
    {kGpt4oPattern, make<Gpt4oScan<3, true>>},
    {kTekkenPattern, make<Gpt4oScan<1, false>>},
    {kDeepSeekPattern, make<DeepSeekScan>, false},
    {kThreeDigitsPattern, make<ThreeDigitsScan>, false},
    {kHanKanaPattern, make<HanKanaScan>, false},
};

} // namespace

SplitterPtr knownPattern(std::string_view pattern, bool covering)
{
    const auto* row = std::find_if(std::begin(kKnown), std::end(kKnown), [&](const KnownRow& known) {
        return pattern == known.pattern && (known.covers || !covering);
    });
    return row == std::end(kKnown) ? nullptr : row->make();
}

SplitterPtr gpt2Pattern()
{
    return kKnown[0].make();
}

} // namespace luthier::text
