// SPDX-License-Identifier: GPL-3.0-or-later
// Contains: 1 when the answer has all (any, none) of some texts in it.
#include "core/rewards/answer_part.h"
#include "core/rewards/rules_table.h"
#include "core/text/characters/text_pattern.h"

namespace luthier::rewards {

namespace contains_rule {
namespace {

struct ContainsSettings {
    std::vector<std::string> texts;
    std::string how = "all";
    bool caseSensitive = false;
    bool wholeWords = false;
};

const fields::Section& settingsSection()
{
    using fields::field;
    static const auto section = fields::section<RuleSettings, ContainsSettings>({
        field<&ContainsSettings::texts>("texts", "Texts", "What is looked for, such as please,thank you."),
        field<&ContainsSettings::how>("how", "How many", "All of them, any, none, or the share of them that is there. Usually all.", {},
                                      {.choices = {{"all", "All"}, {"any", "Any"}, {"none", "None"}, {"share", "Share"}}}),
        field<&ContainsSettings::caseSensitive>("case_sensitive", "Case sensitive", "Takes A and a for different letters. Usually off."),
        field<&ContainsSettings::wholeWords>("whole_words", "Whole words", "Not inside of longer words. Usually off."),
    });
    return section;
}

double rewardOf(std::size_t found, std::size_t all, const std::string& how)
{
    if (how == "share") {
        return static_cast<double>(found) / static_cast<double>(all);
    }
    const bool good = how == "all" ? found == all : how == "any" ? found > 0 : found == 0;
    return good ? 1 : 0;
}

Result<Judge> make(const RuleSettings& all)
{
    const auto settings = all.of<ContainsSettings>();
    std::vector<text::TextPattern> patterns;
    for (const std::string& text : settings.texts) {
        auto pattern = text::TextPattern::compile(text, {.isCaseSensitive = settings.caseSensitive, .isWholeWord = settings.wholeWords});
        if (!pattern) {
            return Error{"contains: " + pattern.message()};
        }
        patterns.push_back(std::move(*pattern));
    }
    if (patterns.empty()) {
        return Error{"contains: name at least one text, as texts=please,thanks"};
    }
    return Judge([patterns, how = settings.how, part = all.of<PartSettings>()](const Answer& answer) -> Verdict {
        const auto said = partOf(answer.text, part);
        if (!said) {
            return {0, missingPart(part)};
        }
        std::size_t found = 0;
        for (const text::TextPattern& pattern : patterns) {
            found += pattern.matches(*said) ? 1 : 0;
        }
        return {rewardOf(found, patterns.size(), how), std::to_string(found) + " of " + std::to_string(patterns.size()) + " found"};
    });
}

} // namespace
} // namespace contains_rule

Rule containsRule()
{
    return {{"contains", "Contains", "1 when some texts stand in the answer.", {&contains_rule::settingsSection(), &partSection()}}, false, contains_rule::make};
}

} // namespace luthier::rewards
