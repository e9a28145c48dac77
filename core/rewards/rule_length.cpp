// SPDX-License-Identifier: GPL-3.0-or-later
// Length: 1 while the answer is neither too short nor too long, less the further it is off.
#include "core/rewards/rules_table.h"
#include "core/rewards/text_counts.h"

#include <algorithm>

namespace luthier::rewards {

namespace length_rule {
namespace {

struct LengthSettings {
    std::string unit = "words";
    std::int64_t least = 0;
    std::int64_t most = 0;
    std::int64_t slack = 0;
};

const fields::Section& settingsSection()
{
    using fields::field;
    static const auto section = fields::section<RuleSettings, LengthSettings>({
        field<&LengthSettings::unit>("unit", "Counted in", "What is counted. Usually words.", {},
                                     {.choices = {{"words", "Words"}, {"characters", "Characters"}, {"lines", "Lines"}, {"sentences", "Sentences"}, {"tokens", "Tokens"}}}),
        field<&LengthSettings::least>("least", "At least", "0: it may be as short as it likes.", {.low = 0, .high = 1e9}),
        field<&LengthSettings::most>("most", "At most", "0: it may be as long as it likes.", {.low = 0, .high = 1e9}),
        field<&LengthSettings::slack>("slack", "Slack", "How far off it may be until the reward has fallen to 0, in a straight line. 0: at once.",
                                      {.low = 0, .high = 1e9}),
    });
    return section;
}

std::int64_t countOf(const Answer& answer, const std::string& unit)
{
    if (unit == "tokens") {
        return answer.tokens;
    }
    const TextCounts counts = countsOf(answer.text);
    return unit == "characters" ? counts.characters : unit == "lines" ? counts.lines : unit == "sentences" ? counts.sentences : counts.words;
}

Result<Judge> make(const RuleSettings& all)
{
    const auto settings = all.of<LengthSettings>();
    if (settings.least == 0 && settings.most == 0) {
        return Error{"length: say least, most, or both"};
    }
    if (settings.most > 0 && settings.least > settings.most) {
        return Error{"length: least must not be above most"};
    }
    return Judge([settings](const Answer& answer) -> Verdict {
        const std::int64_t count = countOf(answer, settings.unit);
        const std::int64_t off = std::max<std::int64_t>({0, settings.least - count, settings.most > 0 ? count - settings.most : 0});
        const double fallen = settings.slack > 0 ? static_cast<double>(off) / static_cast<double>(settings.slack) : (off > 0 ? 1.0 : 0.0);
        return {std::max(0.0, 1 - fallen), std::to_string(count) + " " + settings.unit};
    });
}

} // namespace
} // namespace length_rule

Rule lengthRule()
{
    return {{"length", "Length", "1 while the answer is neither too short nor too long.", {&length_rule::settingsSection()}}, false, length_rule::make};
}

} // namespace luthier::rewards
