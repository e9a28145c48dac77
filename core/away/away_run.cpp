// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/away/away_run.h"

#include "core/away/control_forwarder.h"
#include "core/base/child.h"
#include "core/base/files.h"
#include "core/base/last_line.h"
#include "core/remote/far_run.h"
#include "core/remote/json_lines.h"
#include "core/store/event_codec.h"
#include "core/train/control/control_file.h"
#include "core/train/plan/run_rows_file.h"

#include <chrono>
#include <cstdlib>
#include <optional>
#include <string_view>
#include <utility>

namespace luthier::away {

namespace fs = std::filesystem;

namespace {

constexpr const char* kRecipe = "recipe.json";
constexpr const char* kRows = "rows.json";

// Passes events on, and remembers the last.
class Ear {
public:
    Ear(train::RunObserver& observer, ControlForwarder& forwarder) : m_observer(observer), m_forwarder(forwarder) {}

    void hear(const Json& json)
    {
        const auto event = store::eventFromJson(json);
        if (!event) {
            m_observer.onEvent(train::Warning{0, "An event of the run was not understood: " + event.message()});
            return;
        }
        m_forwarder.onEvent(*event);
        if (const auto* end = std::get_if<train::RunEnded>(&*event)) {
            m_end = *end;
            return; // last, once the process has gone
        }
        m_observer.onEvent(*event);
    }
    void hear(std::string_view bytes)
    {
        m_lines.take(bytes, [this](const Json& json) { hear(json); });
    }
    void stage(const std::string& sentence) { m_observer.onEvent(train::StageChanged{sentence, 0, 0}); }
    const std::optional<train::RunEnded>& end() const { return m_end; }

private:
    train::RunObserver& m_observer;
    ControlForwarder& m_forwarder;
    remote::JsonLines m_lines;
    std::optional<train::RunEnded> m_end;
};

train::RunEnded failed(std::string sentence)
{
    return {train::Outcome::Failed, std::move(sentence), 0, {}, 0};
}

// LUTHIER_PROGRAM, or what lies beside this program.
fs::path program()
{
    const char* own = std::getenv("LUTHIER_PROGRAM");
    return own && *own ? fs::path(own) : base::ownProgram().replace_filename("luthier");
}

// What the ranks are started with, in a folder beside the run's that lasts as long as they.
class Asked {
public:
    explicit Asked(const AwayRun& run) : m_folder(run.folder.string() + ".asked")
    {
        m_written = base::makeDirectories(m_folder);
        m_written = m_written ? base::writeFileAtomically(m_folder / kRecipe, base::dumpJson(config::toJson(run.config), 2)) : m_written;
        m_written = m_written ? train::writeRunRows(m_folder / kRows, run.rows) : m_written;
    }
    Asked(const Asked&) = delete;
    Asked& operator=(const Asked&) = delete;
    ~Asked() { static_cast<void>(base::removeTree(m_folder)); }

    const Result<void>& written() const { return m_written; }
    std::string command(const AwayRun& run) const
    {
        const std::string rows = " --rows " + remote::quoted((m_folder / kRows).string());
        return "exec " + remote::quoted(program().string())
               + (run.resume ? " resume " + remote::quoted(run.folder.string()) : " tune " + remote::quoted((m_folder / kRecipe).string()) + " --at-once --out " + remote::quoted(run.folder.string()))
               + rows + " --json --quiet --devices " + remote::quoted(run.place.devices);
    }

private:
    fs::path m_folder;
    Result<void> m_written;
};

train::RunEnded runHere(const AwayRun& run, train::StopControl& control, train::RunObserver& observer)
{
    std::error_code code;
    if (!fs::exists(program(), code)) {
        return failed(program().string() + " is not there, and it starts the ranks; install it beside this program, or train on one device");
    }
    const Asked asked(run);
    if (!asked.written()) {
        return failed(asked.written().message());
    }
    ControlForwarder forwarder(control, [&run](const std::vector<Json>& requests) { static_cast<void>(train::askRun(run.folder, requests)); });
    Ear ear(observer, forwarder);
    ear.stage("starting the ranks on " + run.place.devices);
    const auto end = remote::runShell(asked.command(run), {{}, {}, [&ear](std::string_view bytes) { ear.hear(bytes); }});
    if (!end) {
        return failed(end.message());
    }
    if (ear.end()) {
        return *ear.end();
    }
    const std::string said = base::lastSentence(end->err);
    return failed(said.empty() ? "The ranks ended with code " + std::to_string(end->code) + " and said nothing." : said);
}

std::string hostOf(const fs::path& folder)
{
    const auto where = remote::whereFar(folder);
    return where ? *where : std::string("the other machine");
}

Result<void> begin(const AwayRun& run, Ear& ear)
{
    if (!isFar(run.folder)) {
        remote::FarPlan plan;
        plan.hosts = run.place.hosts;
        plan.program = run.place.program;
        plan.devices = run.place.devices.empty() ? "all" : run.place.devices;
        plan.port = static_cast<int>(run.place.port);
        plan.config = run.config;
        plan.rows = train::areTouched(run.rows) ? train::toJson(run.rows) : Json();
        plan.out = run.folder;
        plan.tell = [&ear](const std::string& doing) { ear.stage(doing); };
        plan.cancel = run.leave;
        return remote::startFar(plan);
    }
    ear.stage(hostOf(run.folder) + ": looking for the run");
    return remote::goOnFar(run.folder);
}

train::RunEnded runFar(const AwayRun& run, train::StopControl& control, train::RunObserver& observer)
{
    std::atomic<bool> works = false;
    std::atomic<bool> stoppedEarly = false; // before it works there
    ControlForwarder forwarder(control, [&](const std::vector<Json>& requests) {
        if (!works) {
            stoppedEarly = true;
            run.leave.cancel();
            return;
        }
        if (const auto asked = remote::askFar(run.folder, requests); !asked) {
            observer.onEvent(train::StageChanged{asked.message(), 0, 0});
        }
    });
    Ear ear(observer, forwarder);
    if (const auto begun = begin(run, ear); !begun) {
        return begun.message() == "cancelled" ? train::RunEnded{train::Outcome::Stopped, {}, 0, {}, 0} : failed(begun.message());
    }
    works = true;
    if (stoppedEarly) {
        static_cast<void>(remote::askFar(run.folder, {{{"do", "stop"}}}));
    }
    const auto followed = remote::followFar(run.folder, {[&ear](const Json& json) { ear.hear(json); }, [&ear](const std::string& sentence) { ear.stage(sentence); }, run.leave});
    if (!followed && followed.message() == "cancelled") {
        return {train::Outcome::Stopped, "It goes on on " + hostOf(run.folder) + " without this program; resuming it follows it again.", 0, {}, 0};
    }
    if (!followed) {
        return failed(followed.message() + " Resuming the run follows it again.");
    }
    return ear.end() ? *ear.end() : failed(followed->sentence.empty() ? "The run on " + hostOf(run.folder) + " ended with code " + std::to_string(followed->code) + "." : followed->sentence);
}

} // namespace

bool isFar(const fs::path& folder)
{
    return remote::whereFar(folder).ok();
}

train::RunEnded runAway(const AwayRun& run, train::StopControl& control, train::RunObserver& observer)
{
    const auto begun = std::chrono::steady_clock::now();
    train::RunEnded ended = isFar(run.folder) || !run.place.hosts.empty() ? runFar(run, control, observer) : runHere(run, control, observer);
    if (ended.seconds == 0) {
        ended.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
    }
    observer.onEvent(ended);
    return ended;
}

} // namespace luthier::away
