// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/trials/sweep.h"

#include "core/base/random.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

namespace luthier::train {

namespace {

constexpr std::size_t kMost = 1000;
constexpr double kLogRatio = 10;
const char kSteps[] = "run.max_steps";

std::optional<double> numberOf(const std::string& text)
{
    double value = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
    return read.ec == std::errc() && read.ptr == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

std::string drawn(const SweepAxis& axis, base::Random& random)
{
    if (!axis.values.empty()) {
        return axis.values[static_cast<std::size_t>(random.below(axis.values.size()))];
    }
    const double share = random.uniform();
    const bool isLog = axis.low > 0 && axis.high / axis.low >= kLogRatio;
    const double value = isLog ? axis.low * std::pow(axis.high / axis.low, share) : axis.low + share * (axis.high - axis.low);
    config::RunConfig usual;
    const auto setting = config::findSetting(axis.key);
    if (setting && std::holds_alternative<std::int64_t>(setting->field->get(setting->part->object(usual)))) {
        return std::to_string(std::llround(value));
    }
    char text[32]; // three digits are as fine as a search needs
    const auto end = std::to_chars(text, text + sizeof text, value, std::chars_format::general, 3).ptr;
    return {text, end};
}

std::int64_t roundsOf(const SweepSpec& spec)
{
    std::int64_t rounds = 1;
    for (std::int64_t left = spec.trials; left >= spec.keepOne && spec.keepOne > 1; left /= spec.keepOne) {
        ++rounds;
    }
    return rounds;
}

std::int64_t firstSteps(const SweepSpec& spec, std::int64_t steps)
{
    if (spec.firstSteps > 0) {
        return spec.firstSteps;
    }
    std::int64_t first = std::max<std::int64_t>(1, steps);
    for (std::int64_t round = 1; round < roundsOf(spec); ++round) {
        first = std::max<std::int64_t>(1, first / spec.keepOne);
    }
    return first;
}

Result<std::vector<Variant>> gridOf(const config::RunConfig& config, const SweepSpec& spec)
{
    std::vector<Variant> all{{config.method.kind, {}}};
    for (const SweepAxis& axis : spec.axes) {
        if (axis.values.empty()) {
            return Error{axis.key + ": a grid needs single values, as " + axis.key + "=1,2,3; ranges are for random draws"};
        }
        std::vector<Variant> more;
        for (const Variant& variant : all) {
            for (const std::string& value : axis.values) {
                Variant next = variant;
                next.settings.emplace_back(axis.key, value);
                more.push_back(std::move(next));
            }
        }
        all = std::move(more);
        if (all.size() > kMost) {
            return Error{"this grid has more than 1000 trials; draw some at random instead"};
        }
    }
    return all;
}

std::vector<Variant> drawnOf(const config::RunConfig& config, const SweepSpec& spec)
{
    std::vector<Variant> all;
    base::Random random(spec.seed);
    for (std::int64_t tries = 0; static_cast<std::int64_t>(all.size()) < spec.trials && tries < 20 * spec.trials; ++tries) {
        Variant variant{config.method.kind, {}};
        for (const SweepAxis& axis : spec.axes) {
            variant.settings.emplace_back(axis.key, drawn(axis, random));
        }
        const bool isKnown = std::any_of(all.begin(), all.end(), [&](const Variant& other) { return other.settings == variant.settings; });
        if (!isKnown) {
            all.push_back(std::move(variant));
        }
    }
    return all;
}

} // namespace

Result<SweepAxis> parseAxis(const std::string& text)
{
    const std::size_t equals = text.find('=');
    SweepAxis axis;
    const std::string key = text.substr(0, equals);
    if (equals == std::string::npos) {
        return Error{"\"" + key + "\" says no values. Say KEY=1,2,3 or KEY=1..10; luthier recipe --list names the settings"};
    }
    const auto setting = config::settingNamed(key);
    if (!setting) {
        return setting.error();
    }
    axis.key = setting->part->key + "." + setting->field->key;
    const std::string values = text.substr(equals + 1);
    if (const std::size_t dots = values.find(".."); dots != std::string::npos) {
        const auto low = numberOf(values.substr(0, dots));
        const auto high = numberOf(values.substr(dots + 2));
        if (!low || !high || !(*low < *high)) {
            return Error{text + ": a range is two numbers, the lower first, as 1e-5..1e-3"};
        }
        axis.low = *low;
        axis.high = *high;
        return axis;
    }
    std::string value;
    for (const char c : values + ",") {
        if (c == ',') {
            if (!value.empty()) {
                axis.values.push_back(value);
            }
            value.clear();
        } else {
            value += c;
        }
    }
    return axis.values.empty() ? Result<SweepAxis>(Error{text + ": say what to try, as " + key + "=1,2,3"}) : axis;
}

Result<std::vector<Variant>> sweepVariants(const config::RunConfig& config, const SweepSpec& spec, std::int64_t steps)
{
    if (spec.kind == SweepKind::List ? spec.list.empty() : spec.axes.empty()) {
        return Error{"say what to try: at least one setting with its values"};
    }
    if (spec.trials < 1 || spec.trials > static_cast<std::int64_t>(kMost) || spec.keepOne < 2) {
        return Error{"a sweep has 1 to 1000 trials, of which one of at least two goes on"};
    }
    std::vector<Variant> variants;
    if (spec.kind == SweepKind::Grid) {
        auto grid = gridOf(config, spec);
        if (!grid) {
            return grid;
        }
        variants = std::move(*grid);
    } else if (spec.kind == SweepKind::List) {
        for (const auto& settings : spec.list) {
            variants.push_back({config.method.kind, settings});
        }
    } else {
        variants = drawnOf(config, spec);
    }
    for (Variant& variant : variants) {
        if (spec.kind == SweepKind::Halving) {
            variant.settings.emplace_back(kSteps, std::to_string(firstSteps(spec, steps)));
        }
        const auto changed = withVariant(config, variant);
        if (!changed) {
            return changed.error();
        }
        if (const auto broken = config::brokenRules(*changed); !broken.empty()) {
            return Error{toText(variant) + ": " + broken.front().sentence};
        }
    }
    return variants;
}

std::vector<Variant> nextRound(const SweepSpec& spec, const std::vector<ShootoutRow>& round, std::int64_t steps)
{
    if (spec.kind != SweepKind::Halving || round.size() < static_cast<std::size_t>(spec.keepOne)) {
        return {};
    }
    std::vector<const ShootoutRow*> good;
    for (const ShootoutRow& row : round) {
        if (row.ended.outcome == Outcome::Finished && row.measures.heldOut() && std::isfinite(*row.measures.heldOut())) {
            good.push_back(&row);
        }
    }
    std::stable_sort(good.begin(), good.end(), [](const auto* a, const auto* b) { return *a->measures.heldOut() < *b->measures.heldOut(); });
    good.resize(std::min(good.size(), round.size() / static_cast<std::size_t>(spec.keepOne)));
    std::vector<Variant> next;
    for (const ShootoutRow* row : good) {
        Variant variant{row->method, row->settings};
        for (auto& [key, value] : variant.settings) {
            if (key == kSteps) {
                const auto now = numberOf(value).value_or(1);
                value = std::to_string(std::min(steps > 0 ? steps : std::int64_t{1} << 40, static_cast<std::int64_t>(now) * spec.keepOne));
            }
        }
        next.push_back(std::move(variant));
    }
    return next;
}

} // namespace luthier::train
