// SPDX-License-Identifier: GPL-3.0-or-later
// Number: 1 when the answer's last number is the right one.
#include "core/rewards/answer_part.h"
#include "core/rewards/rules_table.h"

#include <cmath>

namespace luthier::rewards {

namespace number_rule {
namespace {

struct NumberSettings {
    std::string value;
    double tolerance = 1e-6;
    std::string which = "last";
};

const fields::Section& settingsSection()
{
    using fields::field;
    static const auto section = fields::section<RuleSettings, NumberSettings>({
        field<&NumberSettings::value>("value", "Number", "The right number. Usually empty: the last one of the answer in the data."),
        field<&NumberSettings::tolerance>("tolerance", "Tolerance", "How far off it may be, as a share of the right number (of 1 where that is smaller). Usually 1e-6.",
                                          {.low = 0, .high = 1}),
        field<&NumberSettings::which>("which", "Which", "Which number of the answer counts. Usually the last.", {},
                                      {.choices = {{"last", "Last"}, {"first", "First"}, {"any", "Any"}}}),
    });
    return section;
}

bool isRight(double value, double right, double tolerance)
{
    return std::abs(value - right) <= tolerance * std::max(1.0, std::abs(right));
}

Result<Judge> make(const RuleSettings& all)
{
    const auto settings = all.of<NumberSettings>();
    const std::vector<double> given = numbersIn(settings.value);
    if (!settings.value.empty() && given.size() != 1) {
        return Error{"number: \"" + settings.value + "\" is no number"};
    }
    return Judge([settings, given, part = all.of<PartSettings>()](const Answer& answer) -> Verdict {
        std::vector<double> right = given;
        if (right.empty() && answer.expected) {
            right = numbersIn(partOf(*answer.expected, part).value_or(*answer.expected));
        }
        if (right.empty()) {
            return {0, "the row has no number to compare with"};
        }
        const auto said = partOf(answer.text, part);
        const std::vector<double> numbers = said ? numbersIn(*said) : std::vector<double>();
        if (numbers.empty()) {
            return {0, said ? "there is no number" : missingPart(part)};
        }
        for (const double value : numbers) {
            if (settings.which == "any" && isRight(value, right.back(), settings.tolerance)) {
                return {1, shortNumber(value) + " is right"};
            }
        }
        const double value = settings.which == "first" ? numbers.front() : numbers.back();
        const bool good = settings.which != "any" && isRight(value, right.back(), settings.tolerance);
        return {good ? 1.0 : 0.0, shortNumber(value) + (good ? " is right" : " is not " + shortNumber(right.back()))};
    });
}

} // namespace
} // namespace number_rule

Rule numberRule()
{
    return {{"number", "Number", "1 when the number in the answer is the right one.", {&number_rule::settingsSection(), &partSection()}}, true, number_rule::make};
}

} // namespace luthier::rewards
