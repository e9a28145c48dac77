// SPDX-License-Identifier: GPL-3.0-or-later
// What the lines of a shoot-out hold, read from models and the project by jobs.
#include "core/peft/methods/method.h"
#include "ui/models/runs/shootout_table.h"
#include "ui/models/runs/tune_facts.h"

#include <algorithm>

namespace luthier::ui {
namespace {

using State = ShootoutLine::State;

std::vector<store::RunRow> runsOf(store::Project* project)
{
    const auto runs = project == nullptr ? Result<std::vector<store::RunRow>>(std::vector<store::RunRow>()) : project->runs();
    return runs ? *runs : std::vector<store::RunRow>();
}

ShootoutLine planLine(const config::RunConfig& recipe, const std::string& method, std::int64_t steps, const std::vector<store::RunRow>& runs)
{
    ShootoutLine line;
    line.method = QString::fromStdString(method);
    const auto config = train::withMethod(recipe, method);
    if (!config) {
        line.sentence = QString::fromStdString(config.message());
        return line;
    }
    line.measured.learningRate = config->optimizer.learningRate;
    const auto size = train::methodSize(*config);
    if (size) {
        line.size = *size;
    } else {
        line.sentence = QString::fromStdString(size.message());
    }
    const std::optional<double> speed = secondsPerStep(runs, *config);
    if (speed && steps > 0) {
        line.expectedSeconds = *speed * static_cast<double>(steps);
    }
    return line;
}

State stateOf(const std::string& state)
{
    return state == "finished" ? State::Finished
           : state == "running" ? State::Training
           : state == "stopped" ? State::Stopped
           : state == "parked"  ? State::Parked
           : state == "failed"  ? State::Failed
                                : State::Interrupted;
}

void addMeasured(ShootoutLine& line, const store::ShootoutEntry& entry, store::Project& project)
{
    line.sentence = QString::fromStdString(entry.sentence);
    line.state = entry.isCancelled ? State::Cancelled : entry.sentence.empty() ? State::Waiting : State::Failed;
    if (entry.run == 0) {
        return;
    }
    const auto measured = store::measuredRun(project, entry.run);
    if (!measured) {
        line.state = State::Deleted;
        line.sentence = QString::fromStdString(measured.message());
        return;
    }
    line.run = entry.run;
    line.measured = measured->row;
    line.measured.method = train::variantOf(entry.method).method;
    line.measured.settings = train::variantOf(entry.method).settings;
    line.step = measured->run.step;
    line.totalSteps = measured->run.totalSteps;
    line.sentence = QString::fromStdString(measured->run.sentence);
    line.state = entry.isCancelled ? State::Cancelled : stateOf(measured->run.state);
}

} // namespace

bool ShootoutLine::isLeft() const
{
    return state == State::Waiting || state == State::Stopped || state == State::Parked || state == State::Interrupted || state == State::Failed;
}

double secondsLeftInAll(const std::vector<ShootoutLine>& lines)
{
    double known = 0;
    double seconds = 0;
    int unknown = 0;
    int measured = 0;
    for (const ShootoutLine& line : lines) {
        if (line.state == State::Training) {
            if (line.secondsLeft < 0) {
                return -1;
            }
            known += line.secondsLeft;
        }
        if (line.state == State::Finished || line.state == State::Training) {
            seconds += line.measured.ended.seconds + std::max(0.0, line.secondsLeft);
            ++measured;
        } else if (line.state == State::Waiting) {
            known += line.expectedSeconds.value_or(0);
            unknown += line.expectedSeconds ? 0 : 1;
        }
    }
    // Where nothing is known of a method it is taken for as slow as the others.
    return unknown == 0 ? known : measured == 0 ? -1 : known + unknown * seconds / measured;
}

std::vector<ShootoutLine> planMethods(const config::RunConfig& recipe, std::int64_t steps, store::Project* project)
{
    const auto runs = runsOf(project);
    std::vector<ShootoutLine> lines;
    for (const peft::Method& method : peft::methods()) {
        lines.push_back(planLine(recipe, method.id, steps, runs));
    }
    return lines;
}

std::vector<ShootoutLine> readLines(const store::ShootoutRecord& record, std::int64_t steps, store::Project& project)
{
    const auto runs = runsOf(&project);
    const auto recipe = config::fromJson(record.recipe);
    std::vector<ShootoutLine> lines;
    for (const store::ShootoutEntry& entry : record.entries) {
        ShootoutLine line;
        if (recipe && entry.run == 0) {
            line = planLine(*recipe, entry.method, steps, runs);
        }
        line.method = QString::fromStdString(entry.method);
        addMeasured(line, entry, project);
        lines.push_back(std::move(line));
    }
    return lines;
}

} // namespace luthier::ui
