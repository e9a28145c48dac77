// SPDX-License-Identifier: GPL-3.0-or-later
// Regular expression: 1 when the answer has a match. Matching is bounded (text/characters/text_pattern.h).
#include "core/rewards/answer_part.h"
#include "core/rewards/rules_table.h"
#include "core/text/characters/text_pattern.h"

namespace luthier::rewards {

namespace regex_rule {
namespace {

struct RegexSettings {
    std::string pattern;
    bool whole = false;
    bool caseSensitive = true;
};

const fields::Section& settingsSection()
{
    using fields::field;
    static const auto section = fields::section<RuleSettings, RegexSettings>({
        field<&RegexSettings::pattern>("pattern", "Pattern", "A regular expression (PCRE2), such as ^In short: .+"),
        field<&RegexSettings::whole>("whole", "Whole answer", "The pattern must fit the answer from its beginning to its end. Usually off."),
        field<&RegexSettings::caseSensitive>("case_sensitive", "Case sensitive", "Takes A and a for different letters. Usually on."),
    });
    return section;
}

Result<Judge> make(const RuleSettings& all)
{
    const auto settings = all.of<RegexSettings>();
    const std::string wanted = settings.whole && !settings.pattern.empty() ? "\\A(?:" + settings.pattern + ")\\z" : settings.pattern;
    auto pattern = text::TextPattern::compile(wanted, {.isRegex = true, .isCaseSensitive = settings.caseSensitive});
    if (!pattern) {
        return Error{"regex: " + pattern.message()};
    }
    return Judge([pattern = *pattern, part = all.of<PartSettings>()](const Answer& answer) -> Verdict {
        const auto said = partOf(answer.text, part);
        if (!said) {
            return {0, missingPart(part)};
        }
        switch (pattern.fit(*said)) {
        case text::TextPattern::Fit::Yes: return {1, "the pattern fits"};
        case text::TextPattern::Fit::No: return {0, "the pattern does not fit"};
        case text::TextPattern::Fit::LimitMet: break;
        }
        return {0, "looking for the pattern was given up, as it has too many ways to fit; write it without a repetition inside of a repetition"};
    });
}

} // namespace
} // namespace regex_rule

Rule regexRule()
{
    return {{"regex", "Pattern", "1 when a regular expression fits the answer.", {&regex_rule::settingsSection(), &partSection()}}, false, regex_rule::make};
}

} // namespace luthier::rewards
