// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ranks/launcher.h"

#include "core/base/last_line.h"
#include "core/ranks/store_line.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <memory>
#include <optional>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

extern char** environ;

namespace luthier::ranks {

namespace {

using Clock = std::chrono::steady_clock;
constexpr auto kOthersEndWithin = std::chrono::seconds(10);  // once one has failed
constexpr auto kFirstEndsWithin = std::chrono::seconds(120); // it may be saving
constexpr std::size_t kKept = 4096;                          // bytes of what a rank said last
constexpr const char* kFailed = "failed";
constexpr int kInterruptedCode = 130;

struct Child {
    int rank = 0;
    pid_t process = -1;
    int errors = -1; // reads its stderr; none of rank 0
    std::string said;
    std::optional<int> status;
};

// Everything that the child needs between fork and exec, where nothing may be allocated.
struct Start {
    std::vector<std::string> arguments;
    std::vector<std::string> environment;
    std::vector<char*> argv;
    std::vector<char*> envp;

    void point()
    {
        for (auto& text : arguments) {
            argv.push_back(text.data());
        }
        for (auto& text : environment) {
            envp.push_back(text.data());
        }
        argv.push_back(nullptr);
        envp.push_back(nullptr);
    }
};

bool isOurs(const std::string& entry)
{
    static constexpr const char* kNames[] = {"RANK=", "WORLD_SIZE=", "LOCAL_RANK=", "LOCAL_WORLD_SIZE=", "MASTER_ADDR=", "MASTER_PORT=", "TORCHELASTIC_", "LUTHIER_LAUNCHED=", "TORCH_CPP_LOG_LEVEL="};
    return std::any_of(std::begin(kNames), std::end(kNames), [&](const char* name) { return entry.rfind(name, 0) == 0; });
}

Start startOf(const LaunchPlan& plan, int rank, const RankPlace& place)
{
    Start start;
    start.arguments = {"luthier"};
    const auto& own = plan.commands[static_cast<std::size_t>(rank)];
    start.arguments.insert(start.arguments.end(), own.begin(), own.end());
    for (char** entry = environ; *entry != nullptr; ++entry) {
        if (!isOurs(*entry)) {
            start.environment.emplace_back(*entry);
        }
    }
    const std::string size = std::to_string(plan.commands.size());
    for (const auto& [name, value] : {std::pair<const char*, std::string>{"RANK", std::to_string(rank)},
                                      {"WORLD_SIZE", size},
                                      {"LOCAL_RANK", std::to_string(rank)},
                                      {"LOCAL_WORLD_SIZE", size},
                                      {"MASTER_ADDR", place.address},
                                      {"MASTER_PORT", std::to_string(place.port)},
                                      {"TORCHELASTIC_USE_AGENT_STORE", "True"},
                                      {"TORCHELASTIC_RUN_ID", "luthier"},
                                      {"LUTHIER_LAUNCHED", "1"},
                                      {"TORCH_CPP_LOG_LEVEL", "FATAL"}}) {
        start.environment.push_back(std::string(name) + "=" + value);
    }
    start.point();
    return start;
}

[[noreturn]] void becomeRank(const Start& start, pid_t parent, int errors)
{
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) {
        ::_exit(1); // it died before
    }
    ::setpgid(0, 0);
    if (errors >= 0) {
        const int nothing = ::open("/dev/null", O_RDWR);
        ::dup2(nothing, STDIN_FILENO);
        ::dup2(nothing, STDOUT_FILENO);
        ::dup2(errors, STDERR_FILENO);
    }
    ::execve("/proc/self/exe", start.argv.data(), start.envp.data());
    ::_exit(127);
}

class Crew {
public:
    Crew(StoreLine& store, LaunchControl& control) : m_store(store), m_control(control) {}
    ~Crew() { killAll(); }

    Result<void> start(const LaunchPlan& plan, const RankPlace& place);
    LaunchEnd wait();

private:
    void readErrors(int milliseconds);
    void collect();
    void ended(Child& child, int status);
    void obeyInterrupts();
    void endLate();
    void killAll();
    bool isRunning() const;
    std::optional<std::string> failure();
    LaunchEnd end();

    StoreLine& m_store;
    LaunchControl& m_control;
    std::vector<Child> m_children;
    int m_obeyed = 0;
    std::optional<Clock::time_point> m_failedAt;
    std::string m_sentence;
};

Result<void> Crew::start(const LaunchPlan& plan, const RankPlace& place)
{
    for (int rank = 0; rank < static_cast<int>(plan.commands.size()); ++rank) {
        Start start = startOf(plan, rank, place);
        int ends[2] = {-1, -1};
        if (rank > 0 && ::pipe2(ends, O_CLOEXEC) != 0) {
            return Error{std::string("A rank cannot be started: ") + std::strerror(errno)};
        }
        const pid_t parent = ::getpid();
        const pid_t process = ::fork();
        if (process == 0) {
            becomeRank(start, parent, ends[1]);
        }
        if (ends[1] >= 0) {
            ::close(ends[1]);
        }
        if (process < 0) {
            return Error{std::string("A rank cannot be started: ") + std::strerror(errno)};
        }
        Child child;
        child.rank = rank;
        child.process = process;
        child.errors = ends[0];
        m_children.push_back(std::move(child));
    }
    return {};
}

bool Crew::isRunning() const
{
    return std::any_of(m_children.begin(), m_children.end(), [](const Child& child) { return !child.status; });
}

void Crew::readErrors(int milliseconds)
{
    std::vector<pollfd> polled;
    std::vector<Child*> owners;
    for (Child& child : m_children) {
        if (child.errors >= 0) {
            polled.push_back({child.errors, POLLIN, 0});
            owners.push_back(&child);
        }
    }
    if (::poll(polled.data(), polled.size(), milliseconds) <= 0) {
        return;
    }
    for (std::size_t i = 0; i < polled.size(); ++i) {
        if (polled[i].revents == 0) {
            continue;
        }
        char buffer[4096];
        const auto got = ::read(owners[i]->errors, buffer, sizeof buffer);
        if (got <= 0) {
            ::close(owners[i]->errors);
            owners[i]->errors = -1;
            continue;
        }
        std::string& said = owners[i]->said;
        said.append(buffer, static_cast<std::size_t>(got));
        said.erase(0, said.size() > kKept ? said.size() - kKept : 0);
    }
}

std::optional<std::string> Crew::failure()
{
    try {
        return m_store.find(kFailed);
    } catch (const std::exception&) {
        return std::nullopt;
    }
}

void Crew::ended(Child& child, int status)
{
    child.status = status;
    const bool well = WIFEXITED(status) && (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == kInterruptedCode || WEXITSTATUS(status) == 75);
    if (well || m_failedAt) {
        return;
    }
    m_failedAt = Clock::now();
    readErrors(0);
    const std::string name = "Rank " + std::to_string(child.rank);
    std::string sentence;
    if (WIFSIGNALED(status)) {
        const int signal = WTERMSIG(status);
        sentence = name + " (process " + std::to_string(child.process) + ") was ended by signal " + std::to_string(signal) + " (" + ::strsignal(signal) + ")."
                   + (signal == SIGKILL ? " The system does that where memory is short." : "");
    } else {
        const std::string last = base::lastSentence(child.said);
        sentence = name + (last.empty() ? " ended with code " + std::to_string(WEXITSTATUS(status)) + "." : ": " + last);
    }
    try {
        const std::string first = m_store.setOnce(kFailed, sentence);
        // Rank 0 says it where it can.
        m_sentence = child.rank == 0 && !WIFSIGNALED(status) ? std::string() : first;
    } catch (const std::exception&) {
        m_sentence = sentence;
    }
}

void Crew::collect()
{
    for (Child& child : m_children) {
        int status = 0;
        if (!child.status && ::waitpid(child.process, &status, WNOHANG) == child.process) {
            ended(child, status);
        }
    }
}

void Crew::killAll()
{
    for (const Child& child : m_children) {
        if (!child.status) {
            ::kill(child.process, SIGKILL);
            ::waitpid(child.process, nullptr, 0);
        }
    }
}

void Crew::obeyInterrupts()
{
    const int wanted = m_control.interrupts();
    if (wanted > m_obeyed && m_obeyed == 0) {
        m_obeyed = wanted;
        if (!m_children.front().status) {
            ::kill(m_children.front().process, SIGINT);
        }
    }
}

// A failure that a rank told by itself is also one.
void Crew::endLate()
{
    if (!m_failedAt && failure()) {
        m_failedAt = Clock::now();
    }
    if (!m_failedAt) {
        return;
    }
    for (const Child& child : m_children) {
        const auto limit = child.rank == 0 ? std::chrono::duration_cast<Clock::duration>(kFirstEndsWithin) : kOthersEndWithin;
        if (!child.status && Clock::now() - *m_failedAt > limit) {
            ::kill(child.process, SIGKILL);
        }
    }
}

LaunchEnd Crew::end()
{
    const int status = *m_children.front().status;
    if (WIFEXITED(status) && WEXITSTATUS(status) != 0) {
        return {WEXITSTATUS(status), {}}; // it has said why
    }
    return {m_sentence.empty() ? 0 : 1, m_sentence};
}

LaunchEnd Crew::wait()
{
    while (isRunning()) {
        readErrors(50);
        collect();
        obeyInterrupts();
        endLate();
        std::this_thread::sleep_for(std::chrono::milliseconds(10)); // pipes that are at their end answer at once
    }
    return end();
}

} // namespace

Result<LaunchEnd> launch(const LaunchPlan& plan, LaunchControl& control)
{
    RankPlace place;
    place.session = "luthier."; // as place.cpp reads it off what startOf() sets
    auto store = StoreLine::keep(place);
    if (!store) {
        return store.error();
    }
    Crew crew(**store, control);
    if (auto started = crew.start(plan, place); !started) {
        return started.error();
    }
    return crew.wait();
}

} // namespace luthier::ranks
