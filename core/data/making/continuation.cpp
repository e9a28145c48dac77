// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/making/continuation.h"

#include <string_view>

namespace luthier::data {

namespace {

constexpr std::size_t kNowhere = std::string_view::npos;
constexpr const char* kAsked = "Continue this text:\n\n";
constexpr std::string_view kBlanks = " \t\r\n";

bool isBlankAt(std::string_view text, std::size_t at)
{
    return kBlanks.find(text[at]) != kNowhere;
}

// Where a blank ends a word, nearest to `wanted`; of a sentence only when asked for.
std::size_t cutNear(std::string_view text, std::size_t wanted, bool atSentence)
{
    std::size_t best = kNowhere;
    const auto distance = [wanted](std::size_t at) { return at > wanted ? at - wanted : wanted - at; };
    for (std::size_t at = 1; at < text.size(); ++at) {
        const bool ends = isBlankAt(text, at) && !isBlankAt(text, at - 1)
                          && (!atSentence || std::string_view(".!?").find(text[at - 1]) != kNowhere);
        if (ends && (best == kNowhere || distance(at) < distance(best))) {
            best = at;
        }
    }
    return best;
}

} // namespace

Result<Example> continuationOf(const Example& example)
{
    std::string_view text = example.text;
    const std::size_t first = text.find_first_not_of(kBlanks);
    text = first == kNowhere ? std::string_view() : text.substr(first, text.find_last_not_of(kBlanks) + 1 - first);
    std::size_t cut = cutNear(text, text.size() / 3, true);
    cut = cut == kNowhere ? cutNear(text, text.size() / 3, false) : cut;
    if (cut == kNowhere) {
        return Error{"it is a text of a single word, which cannot be continued"};
    }
    Example made;
    made.messages = {{"user", kAsked + std::string(text.substr(0, cut)), {}},
                     {"assistant", std::string(text.substr(text.find_first_not_of(kBlanks, cut))), {}}};
    return made;
}

} // namespace luthier::data
