// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/cli/runs/recorded_trials.h"

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
    const train::Variant variant = train::variantOf(entry.method);
    const peft::Method* method = peft::findMethod(variant.method);
    config.run.name = method ? method->label : variant.method; // as the window names it
    for (const auto& [key, value] : variant.settings) {
        config.run.name += ", " + key.substr(key.find('.') + 1) + " " + value;
    }
    config.run.name += variant.settings.empty() ? ", shoot-out" : ", sweep";
    const std::string folder = variant.settings.empty() ? entry.method : std::to_string(at + 1);
    const auto run = recordedRun(std::move(config), m_project, m_out.empty() ? m_out : m_out / folder);
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
        m_console.warning("Recording: " + oneLine(saved.message()));
    }
}

} // namespace luthier::cli
