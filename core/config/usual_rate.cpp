// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/config/usual_rate.h"

#include "core/objectives/objectives.h"

#include <array>
#include <charconv>

namespace luthier::config {

namespace {

constexpr double kFar = 10;

std::string shortest(double value)
{
    std::array<char, 32> buffer{};
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::general, 3);
    return {buffer.data(), end.ptr};
}

} // namespace

double usualRate(const std::string& method, const std::string& objective)
{
    const peft::Method* row = peft::findMethod(method);
    const objectives::Objective* what = objectives::findObjective(objective);
    return (row ? row->usualLearningRate : RunConfig{}.optimizer.learningRate) * (what ? what->rateShare : 1);
}

std::string rateNote(const RunConfig& config)
{
    const double usual = usualRate(config.method.kind, config.objective.kind);
    const double now = config.optimizer.learningRate;
    std::string note = "usually " + shortest(usual) + " for " + config.method.kind + " with " + config.objective.kind;
    if (now > usual * kFar || now < usual / kFar) {
        note += now > usual ? "; this is " + shortest(now / usual) + " times as much" : "; this is a " + shortest(usual / now) + "th of it";
    }
    return note;
}

} // namespace luthier::config
