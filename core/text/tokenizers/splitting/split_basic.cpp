// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/characters/char_class.h"
#include "core/text/tokenizers/splitting/splitter.h"

#include <algorithm>

namespace luthier::text {

namespace {

class FinderSplitter : public Splitter {
public:
    FinderSplitter(Finder finder, SplitBehavior behavior, bool invert)
        : m_finder(std::move(finder)), m_behavior(behavior), m_invert(invert)
    {
    }
    std::size_t split(std::string_view text, std::size_t at, std::vector<Range>& out) const override
    {
        std::vector<Stretch> stretches;
        m_finder(text.substr(at), stretches);
        for (auto& stretch : stretches) {
            stretch.range.begin += at;
            stretch.range.end += at;
            stretch.isMatch = stretch.isMatch != m_invert;
        }
        applyBehavior(stretches, m_behavior, out);
        return text.size();
    }

private:
    Finder m_finder;
    SplitBehavior m_behavior;
    bool m_invert;
};

class DigitsSplitter : public Splitter {
public:
    explicit DigitsSplitter(bool individual) : m_individual(individual) {}
    std::size_t split(std::string_view text, std::size_t at, std::vector<Range>& out) const override
    {
        const auto& classes = CharClasses::table();
        const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
        const auto isNumber = [&](std::size_t i, int& length) {
            return (classes.of(decodeValid(bytes + i, length)) & kNumber) != 0;
        };
        for (std::size_t made = 0; at < text.size() && made < kPieceBatch; ++made) {
            int length = 0;
            const bool number = isNumber(at, length);
            std::size_t stop = at + static_cast<std::size_t>(length);
            while (stop < text.size() && !(number && m_individual) && isNumber(stop, length) == number) {
                stop += static_cast<std::size_t>(length);
            }
            out.push_back({at, stop});
            at = stop;
        }
        return at;
    }

private:
    bool m_individual;
};

// Joins a match to its neighbour on the left; matches after a match stay alone.
void mergePrevious(const std::vector<Stretch>& stretches, std::vector<Range>& out)
{
    const auto first = out.size();
    bool before = false;
    for (const auto& [range, isMatch] : stretches) {
        if (isMatch && !before && out.size() > first) {
            out.back().end = range.end;
        } else {
            out.push_back(range);
        }
        before = isMatch;
    }
}

void mergeNext(const std::vector<Stretch>& stretches, std::vector<Range>& out)
{
    const auto first = out.size();
    bool after = false;
    for (auto it = stretches.rbegin(); it != stretches.rend(); ++it) {
        if (it->isMatch && !after && out.size() > first) {
            out.back().begin = it->range.begin;
        } else {
            out.push_back(it->range);
        }
        after = it->isMatch;
    }
    std::reverse(out.begin() + static_cast<std::ptrdiff_t>(first), out.end());
}

void joinEqual(const std::vector<Stretch>& stretches, std::vector<Range>& out)
{
    const auto first = out.size();
    bool before = false;
    for (const auto& [range, isMatch] : stretches) {
        if (isMatch == before && out.size() > first) {
            out.back().end = range.end;
        } else {
            out.push_back(range);
        }
        before = isMatch;
    }
}

} // namespace

void applyBehavior(const std::vector<Stretch>& stretches, SplitBehavior behavior, std::vector<Range>& out)
{
    const auto first = out.size();
    switch (behavior) {
    case SplitBehavior::MergedWithPrevious:
        mergePrevious(stretches, out);
        break;
    case SplitBehavior::MergedWithNext:
        mergeNext(stretches, out);
        break;
    case SplitBehavior::Contiguous:
        joinEqual(stretches, out);
        break;
    default:
        for (const auto& [range, isMatch] : stretches) {
            if (behavior == SplitBehavior::Isolated || !isMatch) {
                out.push_back(range);
            }
        }
    }
    const auto from = out.begin() + static_cast<std::ptrdiff_t>(first);
    out.erase(std::remove_if(from, out.end(), [](const Range& r) { return r.begin == r.end; }), out.end());
}

Finder charFinder(bool (*isDelimiter)(char32_t))
{
    return [isDelimiter](std::string_view text, std::vector<Stretch>& out) {
        const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
        std::size_t begin = 0;
        for (std::size_t at = 0; at < text.size();) {
            int length = 0;
            const bool delimiter = isDelimiter(decodeValid(bytes + at, length));
            const auto stop = at + static_cast<std::size_t>(length);
            if (delimiter) {
                if (begin < at) {
                    out.push_back({{begin, at}, false});
                }
                out.push_back({{at, stop}, true});
                begin = stop;
            }
            at = stop;
        }
        if (begin < text.size()) {
            out.push_back({{begin, text.size()}, false});
        }
    };
}

Finder literalFinder(std::string literal)
{
    return [literal = std::move(literal)](std::string_view text, std::vector<Stretch>& out) {
        std::size_t begin = 0;
        for (std::size_t at = 0; !literal.empty() && (at = text.find(literal, at)) != std::string_view::npos;) {
            if (begin < at) {
                out.push_back({{begin, at}, false});
            }
            out.push_back({{at, at + literal.size()}, true});
            begin = at = at + literal.size();
        }
        if (begin < text.size()) {
            out.push_back({{begin, text.size()}, false});
        }
    };
}

SplitterPtr finderSplitter(Finder finder, SplitBehavior behavior, bool invert)
{
    return std::make_shared<FinderSplitter>(std::move(finder), behavior, invert);
}

SplitterPtr digitsSplitter(bool individual)
{
    return std::make_shared<DigitsSplitter>(individual);
}

} // namespace luthier::text
