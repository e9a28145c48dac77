// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/optim/schedules.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace luthier::optim {

namespace {

using fields::field;

struct RestartSettings {
    std::int64_t cycles = 2;
};

struct PowerSettings {
    double power = 1;
};

struct TimescaleSettings {
    std::int64_t timescale = 0;
};

struct DecaySettingsOfRate {
    double share = 0.1;
    std::string shape = "cosine";
};

struct FloorSettings {
    double floor = 0;
};

const fields::Section& restartSection()
{
    static const auto section = fields::section<ScheduleSettings, RestartSettings>({
        field<&RestartSettings::cycles>("cycles", "Cycles", "How often the rate falls to zero and begins again. 1 to 1000, usually 2.", {.low = 1, .high = 1000}),
    });
    return section;
}

const fields::Section& powerSection()
{
    static const auto section = fields::section<ScheduleSettings, PowerSettings>({
        field<&PowerSettings::power>("power", "Power", "Of what is left of the run: 1 is a line, 2 falls fast at first. Above 0 to 16, usually 1.", {.low = 0, .high = 16, .lowOpen = true}),
    });
    return section;
}

const fields::Section& timescaleSection()
{
    static const auto section = fields::section<ScheduleSettings, TimescaleSettings>({
        field<&TimescaleSettings::timescale>("timescale", "Time scale", "Steps after which the rate begins to fall as their root. 0: those of the warm-up, or 10000 without one (usual).", {.low = 0, .high = 1e9},
            {.advanced = true, .unit = "steps"}),
    });
    return section;
}

const fields::Section& rateDecaySection()
{
    static const auto section = fields::section<ScheduleSettings, DecaySettingsOfRate>({
        field<&DecaySettingsOfRate::share>("decay_ratio", "Decay", "Part of all steps at the end in which the rate falls. 0 to 1, usually 0.1 to 0.2.", {.low = 0, .high = 1}),
        field<&DecaySettingsOfRate::shape>("decay_shape", "Shape of the decay", "How the rate falls at the end. Usually as a cosine.", {},
            {.choices = {{"cosine", "Cosine"}, {"linear", "Linear"}, {"1-sqrt", "One minus the root"}}, .advanced = true}),
    });
    return section;
}

const fields::Section& floorSection()
{
    static const auto section = fields::section<ScheduleSettings, FloorSettings>({
        field<&FloorSettings::floor>("floor", "Lowest rate", "Where the rate ends, as a part of the learning rate. 0 to 1, usually 0.", {.low = 0, .high = 1}, {.advanced = true}),
    });
    return section;
}

double floorOf(const ScheduleSettings& settings)
{
    return settings.of<FloorSettings>().floor;
}

double halfCosine(double progress)
{
    return std::max(0.0, 0.5 * (1 + std::cos(std::numbers::pi * progress)));
}

double linear(const SchedulePlace& place, const ScheduleSettings&)
{
    return std::max(0.0, 1 - place.progress());
}

double cosine(const SchedulePlace& place, const ScheduleSettings&)
{
    return halfCosine(place.progress());
}

double cosineWithRestarts(const SchedulePlace& place, const ScheduleSettings& settings)
{
    const double progress = place.progress();
    const auto cycles = static_cast<double>(settings.of<RestartSettings>().cycles);
    return progress >= 1 ? 0 : halfCosine(std::fmod(cycles * progress, 1.0));
}

double constant(const SchedulePlace&, const ScheduleSettings&)
{
    return 1;
}

double polynomial(const SchedulePlace& place, const ScheduleSettings& settings)
{
    const double floor = floorOf(settings);
    return (1 - floor) * std::pow(1 - place.progress(), settings.of<PowerSettings>().power) + floor;
}

double inverseRoot(const SchedulePlace& place, const ScheduleSettings& settings)
{
    constexpr std::int64_t kUsualTimescale = 10000;
    const std::int64_t asked = settings.of<TimescaleSettings>().timescale;
    const std::int64_t usual = place.warmup > 0 ? place.warmup : kUsualTimescale;
    const auto timescale = static_cast<double>(asked > 0 ? asked : usual);
    const double shift = timescale - static_cast<double>(place.warmup);
    return 1 / std::sqrt((static_cast<double>(place.taken) + shift) / timescale);
}

double warmupStableDecay(const SchedulePlace& place, const ScheduleSettings& settings)
{
    const auto& decay = settings.of<DecaySettingsOfRate>();
    const double floor = floorOf(settings);
    const auto asked = static_cast<std::int64_t>(std::ceil(static_cast<double>(place.total) * decay.share));
    const std::int64_t steps = std::min(asked, place.total - place.warmup);
    const std::int64_t into = place.taken - (place.total - steps);
    if (into < 0) {
        return 1;
    }
    if (into >= steps) {
        return floor;
    }
    const double progress = static_cast<double>(into) / static_cast<double>(steps);
    const double factor = decay.shape == "linear"   ? 1 - progress
                          : decay.shape == "1-sqrt" ? 1 - std::sqrt(progress)
                                                    : halfCosine(progress);
    return std::max(0.0, factor * (1 - floor) + floor);
}

} // namespace

std::vector<fields::Field> scheduleFields()
{
    return {
        field<&ScheduleSettings::warmupRatio>("warmup_ratio", "Warm-up", "Part of all steps in which the learning rate rises from zero. 0 to 1, usually 0.1.", {.low = 0, .high = 1}),
    };
}

double SchedulePlace::progress() const
{
    const auto rest = static_cast<double>(std::max<std::int64_t>(1, total - warmup));
    return std::min(1.0, static_cast<double>(taken - warmup) / rest);
}

std::span<const Schedule> schedules()
{
    static const std::array<Schedule, 7> table{{
        {{"linear", "Linear to zero", "Falls evenly to the end. The usual choice."}, linear},
        {{"cosine", "Cosine to zero", "Stays high for longer and ends softly."}, cosine},
        {{"constant", "Constant", "Does not fall. For runs whose end is not known."}, constant},
        {{"cosine_with_restarts", "Cosine with restarts", "Falls to zero and begins again, several times.", {&restartSection()}}, cosineWithRestarts},
        {{"polynomial", "Polynomial", "Falls as a power of what is left.", {&powerSection(), &floorSection()}}, polynomial},
        {{"inverse_sqrt", "Inverse square root", "Falls ever more slowly and never to zero.", {&timescaleSection()}}, inverseRoot},
        {{"warmup_stable_decay", "Warm-up, stable, decay", "Stays at the top and falls in the last part alone, so a longer run can branch off before it.",
          {&rateDecaySection(), &floorSection()}},
         warmupStableDecay, floorOf},
    }};
    return table;
}

const Schedule* findSchedule(std::string_view id)
{
    const auto all = schedules();
    const auto found = std::find_if(all.begin(), all.end(), [&](const Schedule& s) { return s.id == id; });
    return found == all.end() ? nullptr : &*found;
}

std::int64_t warmupSteps(const ScheduleSettings& settings, std::int64_t total)
{
    return total > 1 ? static_cast<std::int64_t>(std::ceil(static_cast<double>(total) * settings.warmupRatio)) : std::int64_t{0};
}

double learningRateAt(const ScheduleSettings& settings, std::int64_t taken, std::int64_t total)
{
    const std::int64_t warmup = warmupSteps(settings, total);
    const Schedule* found = findSchedule(settings.kind);
    const Schedule& row = found ? *found : schedules().front();
    if (taken < warmup) {
        const double floor = row.floor ? row.floor(settings) : 0;
        return static_cast<double>(taken) / static_cast<double>(warmup) * (1 - floor) + floor;
    }
    return row.multiplier({taken, warmup, total}, settings);
}

} // namespace luthier::optim
