// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/remote/far_run.h"

#include "core/base/files.h"
#include "core/base/last_line.h"
#include "core/config/named_paths.h"
#include "core/ranks/launcher.h"
#include "core/remote/json_lines.h"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <map>
#include <thread>
#include <unistd.h>
#include <utility>

namespace luthier::remote {

namespace fs = std::filesystem;

namespace {

constexpr const char* kNote = "remote.json";
constexpr const char* kEvents = "events.jsonl";
constexpr auto kAgainAfter = std::chrono::seconds(3);
constexpr int kSignalled = 128; // codes from here on are a shell's for signals; of 130 the run itself has told
constexpr int kKilled = kSignalled + 9;

struct Seat { // one rank
    std::size_t host = 0;
    std::string device;
    int local = 0;
    int localSize = 1;
    std::int64_t threads = 0;
};

struct Note {
    std::vector<std::string> hosts;
    std::string program;
    std::string folder; // on the first host
    std::vector<std::string> folders; // on each
    std::string address; // where ranks of several meet
    int port = 0;
    std::vector<Seat> seats;
    bool hasRows = false;
};

constexpr const char* kRecipe = "recipe.json"; // there
constexpr const char* kRows = "rows.json";

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
    note.folders = json->value("folders", std::vector<std::string>(note.hosts.size(), note.folder));
    note.folders.resize(note.hosts.size(), note.folder);
    note.address = json->value("address", std::string("127.0.0.1"));
    note.port = json->value("port", 29500);
    note.hasRows = json->value("rows", false);
    for (const Json& seat : json->value("seats", Json::array())) {
        const auto host = seat.value("host", std::size_t{0});
        if (host < note.hosts.size()) {
            note.seats.push_back({host, seat.value("device", std::string("cpu")), seat.value("local", 0), seat.value("local_size", 1), seat.value("threads", std::int64_t{0})});
        }
    }
    return note;
}

Json jsonOf(const Note& note)
{
    Json seats = Json::array();
    for (const Seat& seat : note.seats) {
        seats.push_back({{"host", seat.host}, {"device", seat.device}, {"local", seat.local}, {"local_size", seat.localSize}, {"threads", seat.threads}});
    }
    return {{"hosts", note.hosts}, {"program", note.program}, {"folder", note.folder}, {"folders", note.folders}, {"address", note.address}, {"port", note.port}, {"rows", note.hasRows}, {"seats", seats}};
}

Result<Host> firstHost(const Note& note)
{
    return Host::named(note.hosts.front(), note.program);
}

struct Brought {
    config::RunConfig config;
    Json rows;
};

// Everything that the recipe names, there.
Result<Brought> bringAll(const FarPlan& plan, const Host& host, const HostFacts& facts)
{
    config::RunConfig config = plan.config;
    std::map<std::string, std::string> placed;
    Result<void> brought;
    config::eachPath(config, [&](std::string& path) {
        if (!brought) {
            return;
        }
        plan.tell(host.name() + ": " + fs::path(path).filename().string());
        auto there = host.bring(path, facts, plan.copies, plan.cancel);
        if (!there) {
            brought = there.error();
            return;
        }
        placed[path] = *there;
        path = std::move(*there);
    });
    if (!brought) {
        return brought.error();
    }
    Json rows = plan.rows;
    for (const char* key : {"train", "held_out"}) {
        for (Json& file : rows.is_object() && rows.contains(key) ? rows[key] : Json::array()) {
            const auto there = placed.find(file.value("path", std::string()));
            if (there == placed.end()) {
                return Error{"the rows of " + file.value("path", std::string()) + " are given, but the recipe does not name the file"};
            }
            file["path"] = there->second;
        }
    }
    return Brought{std::move(config), std::move(rows)};
}

// Starts a command that outlives the connection, in the run's folder: its output and errors in files, its number in "pid", and
// its code in "code" once it has ended.
std::string startScript(const std::string& folder, const std::string& command, const std::string& suffix)
{
    const std::string events = "events" + suffix + ".jsonl"; // of rank 0, without a suffix, kEvents
    const std::string guarded = command + " >> " + events + " 2> errors" + suffix + ".txt & p=$!; echo $p > pid" + suffix + "; wait $p; echo $? > code" + suffix
                                + ".part; mv code" + suffix + ".part code" + suffix;
    // What a kill cut short stays a line of its own.
    return "cd " + quoted(folder) + " && mkdir -p out && rm -f code" + suffix + " pid" + suffix + " && touch " + events + " && { [ -z \"$(tail -c 1 " + events + ")\" ] || echo >> " + events
           + "; } && (setsid sh -c " + quoted(guarded) + " < /dev/null > /dev/null 2>&1 &)";
}

// What a seat's rank is started with, in the run's folder.
std::string commandOf(const Note& note, std::size_t rank, const std::string& session, bool again)
{
    const Seat& seat = note.seats[rank];
    const std::string work = note.program + (again ? " resume out" : std::string(" tune ") + kRecipe + " --at-once --out out") + (note.hasRows ? std::string(" --rows ") + kRows : std::string())
                             + " --json --device " + seat.device;
    if (note.seats.size() == 1) {
        return work;
    }
    return "env RANK=" + std::to_string(rank) + " WORLD_SIZE=" + std::to_string(note.seats.size()) + " LOCAL_RANK=" + std::to_string(seat.local)
           + " LOCAL_WORLD_SIZE=" + std::to_string(seat.localSize) + " MASTER_ADDR=" + quoted(note.address) + " MASTER_PORT=" + std::to_string(note.port)
           + " TORCHELASTIC_RUN_ID=" + session + " " + work + " --threads " + std::to_string(seat.threads);
}

// Starts all ranks, or none.
Result<void> startRanks(const Note& note, const std::vector<Host>& hosts, bool again)
{
    const std::string session = newName();
    for (std::size_t rank = note.seats.size(); rank-- > 0;) { // rank 0 is last: the others wait for it
        const std::size_t host = note.seats[rank].host;
        auto started = hosts[host].need("starting", startScript(note.folders[host], commandOf(note, rank, session, again), rank == 0 ? "" : "-" + std::to_string(rank)));
        if (!started) {
            for (std::size_t i = 0; i < hosts.size(); ++i) {
                static_cast<void>(hosts[i].run("cd " + quoted(note.folders[i]) + " && kill $(cat pid*) 2>/dev/null"));
            }
            return started.error();
        }
    }
    return {};
}

class Start {
public:
    explicit Start(const FarPlan& plan) : m_plan(plan) {}

    Result<void> go();

private:
    Result<void> lookAtHosts();
    Result<void> prepare();

    const FarPlan& m_plan;
    std::vector<Host> m_hosts;
    std::vector<HostFacts> m_facts;
    Note m_note;
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
        const auto ranks = static_cast<std::int64_t>(devices->size());
        for (std::int64_t i = 0; i < ranks; ++i) {
            m_note.seats.push_back({m_hosts.size(), (*devices)[static_cast<std::size_t>(i)], static_cast<int>(i), static_cast<int>(ranks), std::max<std::int64_t>(1, facts->cores / ranks)});
        }
        m_hosts.push_back(std::move(*host));
        m_facts.push_back(std::move(*facts));
    }
    const auto isCpu = [](const Seat& seat) { return seat.device == "cpu"; };
    if (std::any_of(m_note.seats.begin(), m_note.seats.end(), isCpu) && !std::all_of(m_note.seats.begin(), m_note.seats.end(), isCpu)) {
        return Error{"Some of the hosts have cards and others none; processors and cards cannot share a run. Leave some out, or give --devices cpu"};
    }
    return {};
}

Result<void> Start::prepare()
{
    m_note.hosts = m_plan.hosts;
    m_note.program = m_plan.program;
    m_note.port = m_plan.port;
    m_note.address = m_hosts.size() > 1 ? m_hosts.front().address() : "127.0.0.1";
    const std::string name = newName();
    for (const HostFacts& facts : m_facts) {
        m_note.folders.push_back(facts.home + "/.cache/luthier/runs/" + name);
    }
    m_note.folder = m_note.folders.front();
    m_note.hasRows = !m_plan.rows.is_null();
    for (std::size_t i = 0; i < m_hosts.size(); ++i) {
        auto brought = bringAll(m_plan, m_hosts[i], m_facts[i]);
        if (!brought) {
            return brought.error();
        }
        brought->config.model.device = "auto";
        const std::string& folder = m_note.folders[i];
        const auto write = [&](const char* file, const Json& json) {
            return m_hosts[i].need("writing the recipe", "mkdir -p " + remote::quoted(folder) + " && cat > " + remote::quoted(folder + "/" + file),
                                   {base::dumpJson(json, 2), m_plan.cancel, {}});
        };
        auto written = write(kRecipe, config::toJson(brought->config));
        written = written && m_note.hasRows ? write(kRows, brought->rows) : written;
        if (!written) {
            return written.error();
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
    if (m_plan.cancel.isCancelled()) {
        return Error{"cancelled"};
    }
    if (auto kept = base::writeFileAtomically(m_plan.out / "asked.json", base::dumpJson(config::toJson(m_plan.config), 2)); !kept) {
        return kept;
    }
    if (auto written = base::writeFileAtomically(m_plan.out / kNote, base::dumpJson(jsonOf(m_note), 2)); !written) {
        return written; // before it starts, so that it can always be found again
    }
    auto started = startRanks(m_note, m_hosts, false);
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
        : m_out(fs::absolute(out).lexically_normal()), m_size(wholeLines(m_out / kEvents)), m_file(m_out / kEvents, std::ios::binary | std::ios::app),
          m_from(note.folder + "/out"), m_following(following)
    {
    }

    std::int64_t size() const { return m_size; }

    void take(std::string_view bytes)
    {
        m_file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
        m_file.flush();
        m_size += static_cast<std::int64_t>(bytes.size());
        m_lines.take(bytes, [this](Json event) {
            if (m_following.onEvent) {
                m_following.onEvent(withPaths(std::move(event), m_from, m_out.string()));
            }
        });
    }

private:
    // A line that was cut when its follower ended is read again, from its beginning.
    static std::int64_t wholeLines(const fs::path& path)
    {
        std::error_code code;
        const auto text = fs::exists(path, code) ? base::readFile(path) : Result<std::string>(std::string());
        const auto end = text ? text->rfind('\n') : std::string::npos;
        const auto size = end == std::string::npos ? std::uintmax_t{0} : static_cast<std::uintmax_t>(end + 1);
        if (text && size < text->size()) {
            fs::resize_file(path, size, code);
        }
        return static_cast<std::int64_t>(size);
    }

    fs::path m_out;
    std::int64_t m_size = 0;
    std::ofstream m_file;
    std::string m_from;
    const Following& m_following;
    JsonLines m_lines;
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
        // A run that went with its machine has left no code.
        const std::string script = "cd " + quoted(note->folder) + " && { tail -c +" + std::to_string(copy.size() + 1)
                                   + " -f " + kEvents + " & t=$!; while [ ! -e code ] && { [ ! -s pid ] || kill -0 $(cat pid) 2>/dev/null; }; do sleep 0.3; done; sleep 1; "
                                     "[ -e code ] || echo " + std::to_string(kKilled) + " > code; kill $t; }";
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
            const bool isEndedByItself = ended.code < kSignalled;
            ended.sentence = ended.code == 0 || !isEndedByItself ? std::string() : lastErrors(*host, note->folder);
            if (!isEndedByItself) {
                ended.sentence = "The run on " + host->name() + " was ended from outside (code " + std::to_string(ended.code) + "); it goes on from its last checkpoint by luthier remote resume "
                                 + out.string();
            }
            auto fetched = fetchFar(out, false, following.cancel);
            return fetched ? Result<FarEnd>(std::move(ended)) : Result<FarEnd>(fetched.error());
        }
        if (end && end->code != 0 && end->code < kSignalled) { // by whatever signal: who listened was ended, and the run is no child of it
            return Error{host->name() + ": the run's folder " + note->folder + " cannot be read: " + end->err};
        }
        if (!std::exchange(lost, true)) {
            following.tell("The connection to " + host->name() + " is lost; the run goes on there, and this looks for it every few seconds.");
        }
        std::this_thread::sleep_for(kAgainAfter);
    }
}

Result<std::string> whereFar(const fs::path& out)
{
    const auto note = readNote(out);
    return note ? Result<std::string>(note->hosts.front()) : Result<std::string>(note.error());
}

Result<void> goOnFar(const fs::path& out)
{
    const auto note = readNote(out);
    if (!note) {
        return note.error();
    }
    std::vector<Host> hosts;
    for (const std::string& name : note->hosts) {
        auto host = Host::named(name, note->program);
        if (!host) {
            return host.error();
        }
        hosts.push_back(std::move(*host));
    }
    // What was heard to its end has ended, also where it was killed and says so by its code alone; what ended unheard is heard first.
    const auto heard = base::readFile(out / kEvents);
    const auto event = heard ? base::parseJson(base::lastLine(*heard)) : Result<Json>(Error{});
    const bool isEnd = event && event->is_object() && event->value("event", std::string()) == "end";
    if (isEnd && event->value("outcome", std::string()) == "finished") {
        return {};
    }
    const std::string unheard = " && [ $(wc -c < " + std::string(kEvents) + ") -le " + std::to_string(heard ? heard->size() : 0) + " ] && [ $(cat code) != 0 ]";
    const auto ended = hosts.front().run("cd " + quoted(note->folder) + " && [ -e code ]" + (isEnd ? std::string() : unheard));
    if (!ended || ended->code != 0) {
        return ended ? Result<void>() : Result<void>(ended.error());
    }
    if (note->seats.empty()) {
        return Error{out.string() + ": this run was started by an older Luthier; fetch it with its checkpoints and resume it here"};
    }
    return startRanks(*note, hosts, true);
}

Result<void> askFar(const fs::path& out, const std::vector<Json>& requests)
{
    const auto note = readNote(out);
    const auto host = note ? firstHost(*note) : Result<Host>(note.error());
    if (!host) {
        return host.error();
    }
    std::string lines;
    for (const Json& request : requests) {
        lines += base::dumpJson(request) + "\n";
    }
    const auto done = host->need("asking the run", "cat >> " + quoted(note->folder + "/out/control.jsonl"), {lines, {}, {}});
    return done ? Result<void>() : Result<void>(done.error());
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
