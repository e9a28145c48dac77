// SPDX-License-Identifier: GPL-3.0-or-later
// Formula: what a small expression over the answer's fields gives (expression.h).
#include "core/rewards/answer_part.h"
#include "core/rewards/expression.h"
#include "core/rewards/rules_table.h"

#include <algorithm>

namespace luthier::rewards {

namespace expression_rule {
namespace {

struct ExpressionSettings {
    std::string formula;
    double low = -10;
    double high = 10;
};

const fields::Section& settingsSection()
{
    using fields::field;
    static const auto section = fields::section<RuleSettings, ExpressionSettings>({
        field<&ExpressionSettings::formula>("formula", "Formula", "Such as words <= 20 and contains(answer, 'please'); true earns 1."),
        field<&ExpressionSettings::low>("low", "Not below", "The reward is cut there. Usually -10.", {.low = -1e6, .high = 1e6}),
        field<&ExpressionSettings::high>("high", "Not above", "The reward is cut there. Usually 10.", {.low = -1e6, .high = 1e6}),
    });
    return section;
}

Result<Judge> make(const RuleSettings& all)
{
    const auto settings = all.of<ExpressionSettings>();
    if (settings.low > settings.high) {
        return Error{"expression: low must not be above high"};
    }
    auto formula = Expression::compile(settings.formula);
    if (!formula) {
        return Error{"expression: " + formula.message()};
    }
    return Judge([settings, formula = *formula](const Answer& answer) -> Verdict {
        const auto value = formula.valueOf(answer);
        return value ? Verdict{std::clamp(*value, settings.low, settings.high), "the formula gives " + shortNumber(*value)}
                     : Verdict{0, "the formula gives no number"};
    });
}

} // namespace
} // namespace expression_rule

Rule expressionRule()
{
    return {{"expression", "Formula", "What a small expression over the answer's fields gives.", {&expression_rule::settingsSection()}}, false, expression_rule::make};
}

} // namespace luthier::rewards
