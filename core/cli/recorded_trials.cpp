// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/cli/recorded_trials.h"

#include "core/cli/display.h"
#include "core/peft/methods/method.h"

#include <utility>

namespace luthier::cli {

RecordedTrials::RecordedTrials(std::shared_ptr<store::Project> project, const config::RunConfig& recipe,
                               const std::vector<std::string>& methods, std::filesystem::path out, Console& console)
    : m_project(std::move(project)), m_record(store::newShootout(config::toJson(recipe), methods)), m_out(std::move(out)),
      m_console(console)
{
}

train::RunEnded RecordedTrials::tryMethod(std::size_t at, config::RunConfig config, train::StopControl& control,
                                          train::RunObserver& observer)
{
    store::ShootoutEntry& entry = m_record.entries[at];
    const peft::Method* method = peft::findMethod(entry.method);
    config.run.name = (method ? method->label : entry.method) + ", shoot-out"; // as the window names it
    const auto run = recordedRun(std::move(config), m_project, m_out.empty() ? m_out : m_out / entry.method);
    entry.run = run ? run->id : 0;
    entry.sentence = run ? "" : run.message();
    save();
    train::RunEnded ended;
    if (!run) {
        ended.sentence = entry.sentence;
        return ended;
    }
    ended = runToEnd(*run, observer, control, m_console);
    if (ended.outcome == train::Outcome::Stopped) {
        m_console.note("Go on with " + entry.method + ": luthier resume " + run->folder.string());
    }
    return ended;
}

void RecordedTrials::save()
{
    if (const auto saved = store::saveShootout(*m_project, m_record); !saved) {
        m_console.note("Recording: " + oneLine(saved.message()));
    }
}

} // namespace luthier::cli
