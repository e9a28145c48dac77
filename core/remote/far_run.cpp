// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/remote/far_run.h"

#include "core/base/files.h"
#include "core/objectives/rollout_settings.h"
#include "core/ranks/launcher.h"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <thread>
#include <unistd.h>
#include <utility>

namespace luthier::remote {

namespace fs = std::filesystem;

namespace {

constexpr const char* kNote = "remote.json";
constexpr const char* kEvents = "events.jsonl";
constexpr auto kAgainAfter = std::chrono::seconds(3);

struct Note {
    std::vector<std::string> hosts;
    std::string program;
    std::string folder; // there, on every host
};

struct Seat { // one rank
    std::size_t host = 0;
    std::string device;
    int local = 0;
    int localSize = 1;
};

std::string newName()
{
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(now).count()) + "-" + std::to_string(::getpid());
}

Result<Note> readNote(const fs::path& out)
{
    const auto json = base::readJson(out / kNote);
    if (!json) {
        return Error{out.string() + " is no folder of a run on another machine: " + json.message()};
    }
    if (!json->is_object() || !json->value("hosts", Json()).is_array() || json->value("hosts", Json()).empty()) {
        return Error{(out / kNote).string() + ": \"hosts\" is missing"};
    }
    Note note;
    for (const Json& host : (*json)["hosts"]) {
        note.hosts.push_back(host.get<std::string>());
    }
    note.program = json->value("program", std::string("luthier"));
    note.folder = json->value("folder", std::string());
    return note;
}

Result<Host> firstHost(const Note& note)
{
    return Host::named(note.hosts.front(), note.program);
}

// Everything that the recipe names, there.
Result<config::RunConfig> bringAll(const FarPlan& plan, const Host& host, const HostFacts& facts)
{
    config::RunConfig config = plan.config;
    std::vector<std::string*> paths{&config.model.path};
    if (!config.model.adapter.empty()) {
        paths.push_back(&config.model.adapter);
    }
    if (!std::as_const(config.objective).of<objectives::AnswerSettings>().rewardModel.empty()) {
        paths.push_back(&config.objective.of<objectives::AnswerSettings>().rewardModel);
    }
    for (auto* files : {&config.data.train, &config.data.heldOut, &config.data.general}) {
        for (std::string& file : *files) {
            paths.push_back(&file);
        }
    }
    for (std::string* path : paths) {
        plan.tell(host.name() + ": " + fs::path(*path).filename().string());
        auto there = host.bring(*path, facts, plan.copies, plan.cancel);
        if (!there) {
            return there.error();
        }
        *path = std::move(*there);
    }
    return config;
}

// Starts a command that outlives the connection, in the run's folder: its output and errors in files, its number in "pid", and
// its code in "code" once it has ended.
std::string startScript(const std::string& folder, const std::string& command, const std::string& suffix)
{
    const std::string guarded = command + " > events" + suffix + ".jsonl 2> errors" + suffix + ".txt & p=$!; echo $p > pid" + suffix + "; wait $p; echo $? > code" + suffix
                                + ".part; mv code" + suffix + ".part code" + suffix;
    return "cd " + quoted(folder) + " && mkdir -p out && touch events" + suffix + ".jsonl && (setsid sh -c " + quoted(guarded) + " < /dev/null > /dev/null 2>&1 &)";
}

std::string rankCommand(const FarPlan& plan, const std::vector<Seat>& seats, std::size_t rank, const std::string& address, const std::string& session, std::int64_t cores)
{
    const Seat& seat = seats[rank];
    return "env RANK=" + std::to_string(rank) + " WORLD_SIZE=" + std::to_string(seats.size()) + " LOCAL_RANK=" + std::to_string(seat.local)
           + " LOCAL_WORLD_SIZE=" + std::to_string(seat.localSize) + " MASTER_ADDR=" + quoted(address) + " MASTER_PORT=" + std::to_string(plan.port)
           + " TORCHELASTIC_RUN_ID=" + session + " " + plan.program + " tune recipe.json --out out --json --device " + seat.device + " --threads "
           + std::to_string(std::max<std::int64_t>(1, cores / seat.localSize));
}

class Start {
public:
    explicit Start(const FarPlan& plan) : m_plan(plan), m_name(newName()) {}

    Result<void> go();

private:
    Result<void> lookAtHosts();
    Result<void> prepare();
    Result<void> startAll();
    std::string folderOn(std::size_t host) const { return m_facts[host].home + "/.cache/luthier/runs/" + m_name; }

    const FarPlan& m_plan;
    std::string m_name;
    std::vector<Host> m_hosts;
    std::vector<HostFacts> m_facts;
    std::vector<Seat> m_seats;
};

Result<void> Start::lookAtHosts()
{
    for (const std::string& name : m_plan.hosts) {
        m_plan.tell(name + ": looking");
        auto host = Host::named(name, m_plan.program);
        auto facts = host ? host->facts() : Result<HostFacts>(host.error());
        if (!facts) {
            return facts.error();
        }
        const bool usual = m_plan.devices == "all" && facts->cards == 0;
        auto devices = ranks::devicesOf(usual ? "cpu" : m_plan.devices, static_cast<int>(facts->cards));
        if (!devices) {
            return Error{name + ": " + devices.message()};
        }
        for (std::size_t i = 0; i < devices->size(); ++i) {
            m_seats.push_back({m_hosts.size(), (*devices)[i], static_cast<int>(i), static_cast<int>(devices->size())});
        }
        m_hosts.push_back(std::move(*host));
        m_facts.push_back(std::move(*facts));
    }
    const auto isCpu = [](const Seat& seat) { return seat.device == "cpu"; };
    if (std::any_of(m_seats.begin(), m_seats.end(), isCpu) && !std::all_of(m_seats.begin(), m_seats.end(), isCpu)) {
        return Error{"Some of the hosts have cards and others none; processors and cards cannot share a run. Leave some out, or give --devices cpu"};
    }
    return {};
}

Result<void> Start::prepare()
{
    for (std::size_t i = 0; i < m_hosts.size(); ++i) {
        auto config = bringAll(m_plan, m_hosts[i], m_facts[i]);
        if (!config) {
            return config.error();
        }
        config->model.device = "auto";
        const std::string folder = folderOn(i);
        auto written = m_hosts[i].need("writing the recipe", "mkdir -p " + quoted(folder) + " && cat > " + quoted(folder + "/recipe.json"),
                                       {base::dumpJson(config::toJson(*config), 2), m_plan.cancel, {}});
        if (!written) {
            return written.error();
        }
    }
    return {};
}

Result<void> Start::startAll()
{
    const std::string address = m_hosts.size() > 1 ? m_hosts.front().address() : "127.0.0.1";
    for (std::size_t rank = m_seats.size(); rank-- > 0;) { // rank 0 is last: the others wait for it
        const std::size_t host = m_seats[rank].host;
        const std::string command = m_seats.size() == 1 ? m_plan.program + " tune recipe.json --out out --json --device " + m_seats[0].device
                                                        : rankCommand(m_plan, m_seats, rank, address, m_name, m_facts[host].cores);
        auto started = m_hosts[host].need("starting", startScript(folderOn(host), command, rank == 0 ? "" : "-" + std::to_string(rank)));
        if (!started) {
            for (std::size_t i = 0; i < m_hosts.size(); ++i) {
                static_cast<void>(m_hosts[i].run("cd " + quoted(folderOn(i)) + " && kill $(cat pid*) 2>/dev/null"));
            }
            return started.error();
        }
    }
    return {};
}

Result<void> Start::go()
{
    std::error_code code;
    fs::create_directories(m_plan.out, code);
    if (fs::exists(m_plan.out / kNote, code)) {
        return Error{m_plan.out.string() + " has a run on " + readNote(m_plan.out)->hosts.front() + " already; follow it with luthier remote follow, or give another folder"};
    }
    for (const auto step : {&Start::lookAtHosts, &Start::prepare}) {
        if (auto done = (this->*step)(); !done) {
            return done;
        }
    }
    if (auto kept = base::writeFileAtomically(m_plan.out / "asked.json", base::dumpJson(config::toJson(m_plan.config), 2)); !kept) {
        return kept;
    }
    const Json note{{"hosts", m_plan.hosts}, {"program", m_plan.program}, {"folder", folderOn(0)}};
    if (auto written = base::writeFileAtomically(m_plan.out / kNote, base::dumpJson(note, 2)); !written) {
        return written; // before it starts, so that it can always be found again
    }
    auto started = startAll();
    if (!started) {
        fs::remove(m_plan.out / kNote, code);
    }
    return started;
}

// Strings that begin with `from` begin with `to`.
Json withPaths(Json value, const std::string& from, const std::string& to)
{
    if (value.is_string() && value.get<std::string>().rfind(from, 0) == 0) {
        return to + value.get<std::string>().substr(from.size());
    }
    if (value.is_structured()) {
        for (Json& part : value) {
            part = withPaths(std::move(part), from, to);
        }
    }
    return value;
}

// Bytes of the host's file, as they come, into this machine's copy; whole lines become events.
class Copy {
public:
    Copy(const fs::path& out, const Note& note, const Following& following)
        : m_out(fs::absolute(out).lexically_normal()), m_file(m_out / kEvents, std::ios::binary | std::ios::app), m_from(note.folder + "/out"), m_following(following)
    {
        std::error_code code;
        const auto size = fs::file_size(m_out / kEvents, code);
        m_size = code ? 0 : static_cast<std::int64_t>(size);
    }

    std::int64_t size() const { return m_size; }

    void take(std::string_view bytes)
    {
        m_file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
        m_file.flush();
        m_size += static_cast<std::int64_t>(bytes.size());
        m_line += bytes;
        for (std::size_t end = 0; (end = m_line.find('\n')) != std::string::npos; m_line.erase(0, end + 1)) {
            if (auto event = base::parseJson(m_line.substr(0, end)); event && m_following.onEvent) {
                m_following.onEvent(withPaths(std::move(*event), m_from, m_out.string()));
            }
        }
    }

private:
    fs::path m_out;
    std::ofstream m_file;
    std::string m_from;
    const Following& m_following;
    std::int64_t m_size = 0;
    std::string m_line;
};

std::string lastErrors(const Host& host, const std::string& folder)
{
    const auto said = host.run("tail -c 600 " + quoted(folder + "/errors.txt"));
    std::string text = said ? said->out : std::string();
    while (!text.empty() && text.back() == '\n') {
        text.pop_back();
    }
    text = text.substr(text.rfind('\n') == std::string::npos ? 0 : text.rfind('\n') + 1);
    return text.rfind("luthier: ", 0) == 0 ? text.substr(9) : text;
}

} // namespace

Result<void> startFar(const FarPlan& plan)
{
    return Start(plan).go();
}

Result<FarEnd> followFar(const fs::path& out, const Following& following)
{
    const auto note = readNote(out);
    const auto host = note ? firstHost(*note) : Result<Host>(note.error());
    if (!host) {
        return host.error();
    }
    Copy copy(out, *note, following);
    bool lost = false;
    for (;;) {
        const std::string script = "cd " + quoted(note->folder) + " && { tail -c +" + std::to_string(copy.size() + 1)
                                   + " -f events.jsonl & t=$!; while [ ! -e code ]; do sleep 0.3; done; sleep 0.7; kill $t; }";
        const auto end = host->run(script, {{}, following.cancel, [&](std::string_view bytes) {
                                                if (std::exchange(lost, false)) {
                                                    following.tell("Connected again to " + host->name() + ".");
                                                }
                                                copy.take(bytes);
                                            }});
        if (following.cancel.isCancelled()) {
            return Error{"cancelled"};
        }
        const auto code = end ? host->run("cat " + quoted(note->folder + "/code")) : Result<ShellEnd>(end.error());
        if (code && code->code == 0) {
            FarEnd ended{std::atoi(code->out.c_str()), {}};
            ended.sentence = ended.code == 0 ? std::string() : lastErrors(*host, note->folder);
            auto fetched = fetchFar(out, false, following.cancel);
            return fetched ? Result<FarEnd>(std::move(ended)) : Result<FarEnd>(fetched.error());
        }
        if (end && end->code != 0 && end->code != 128 + 15) {
            return Error{host->name() + ": the run's folder " + note->folder + " cannot be read: " + end->err};
        }
        if (!std::exchange(lost, true)) {
            following.tell("The connection to " + host->name() + " is lost; the run goes on there, and this looks for it every few seconds.");
        }
        std::this_thread::sleep_for(kAgainAfter);
    }
}

Result<void> stopFar(const fs::path& out)
{
    const auto note = readNote(out);
    const auto host = note ? firstHost(*note) : Result<Host>(note.error());
    if (!host) {
        return host.error();
    }
    const auto done = host->need("stopping", "cd " + quoted(note->folder) + " && { [ -e code ] || kill -INT $(cat pid); }");
    return done ? Result<void>() : Result<void>(done.error());
}

Result<void> fetchFar(const fs::path& out, bool checkpoints, const base::CancelToken& cancel)
{
    const auto note = readNote(out);
    const auto host = note ? firstHost(*note) : Result<Host>(note.error());
    if (!host) {
        return host.error();
    }
    return host->fetch(note->folder + "/out", checkpoints ? std::vector<std::string>() : std::vector<std::string>{"checkpoints"}, out, cancel);
}

} // namespace luthier::remote
