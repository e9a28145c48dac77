// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ranks/watch.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <sstream>
#include <unistd.h>

namespace luthier::ranks {

namespace {

constexpr auto kEvery = std::chrono::milliseconds(300);
constexpr auto kStoreGone = std::chrono::seconds(4);
constexpr auto kMayBeStuck = std::chrono::seconds(8); // a broken rank's training thread
constexpr auto kAwakeAtMost = std::chrono::milliseconds(1500); // between two looks: more, and this process slept itself
constexpr double kUsualSilence = 6;
constexpr const char* kFailed = "failed";

std::string beatName(int rank)
{
    return "beat/" + std::to_string(rank);
}

std::chrono::duration<double> longestSilence()
{
    const char* text = std::getenv("LUTHIER_RANK_SILENCE");
    const double seconds = text == nullptr ? 0 : std::atof(text);
    return std::chrono::duration<double>(seconds > 0 ? seconds : kUsualSilence);
}

std::string secondsOf(std::chrono::duration<double> time)
{
    return std::to_string(static_cast<long>(time.count())) + " s";
}

// A process that was stopped, or a machine that stood still, hears nothing and cannot say that others were silent.
std::chrono::steady_clock::duration awakeSince(std::chrono::steady_clock::time_point before)
{
    return std::min<std::chrono::steady_clock::duration>(std::chrono::steady_clock::now() - before, kAwakeAtMost);
}

std::string hostName()
{
    char name[256] = {};
    return ::gethostname(name, sizeof name - 1) == 0 ? std::string(name) : std::string("this machine");
}

bool haveAllCome(StoreLine& line, const RankPlace& place)
{
    for (int rank = 0; rank < place.size; ++rank) {
        if (rank != place.rank && !line.find(beatName(rank))) {
            return false;
        }
    }
    return true;
}

} // namespace

void tellFailure(StoreLine& line, const RankPlace& place, const std::string& sentence, std::chrono::milliseconds patience)
{
    try {
        line.setOnce(kFailed, "Rank " + std::to_string(place.rank) + ": " + sentence);
        const auto until = std::chrono::steady_clock::now() + patience;
        while (std::chrono::steady_clock::now() < until && !haveAllCome(line, place)) {
            std::this_thread::sleep_for(kEvery / 3);
        }
        std::this_thread::sleep_for(patience.count() > 0 ? 3 * kEvery : kEvery / 3); // until they have looked
    } catch (const std::exception&) { // the store is gone, and who kept it with it
    }
}

Watch::Watch(RankPlace place, std::unique_ptr<StoreLine> line)
    : m_place(std::move(place)), m_line(std::move(line)), m_host(hostName()), m_others(static_cast<std::size_t>(m_place.size)),
      m_thread([this](const std::stop_token& stop) { work(stop); }), m_guard([this](const std::stop_token& stop) { guard(stop); })
{
}

// A thread that waits for a store without an answer cannot be joined: the process ends, as all it had to say is said.
Watch::~Watch()
{
    m_thread.request_stop();
    for (int i = 0; !m_done && m_storeSeen.load() + kStoreGone < Clock::now(); ++i) {
        if (i == 20) {
            std::fflush(nullptr);
            ::_exit(1);
        }
        std::this_thread::sleep_for(kEvery / 3);
    }
}

std::string Watch::nameOf(int rank) const
{
    const Other& other = m_others[static_cast<std::size_t>(rank)];
    return "Rank " + std::to_string(rank) + (other.host.empty() || other.host == m_host ? std::string() : " on " + other.host);
}

std::optional<int> Watch::missing() const
{
    const std::lock_guard lock(m_mutex);
    for (int rank = 0; rank < m_place.size; ++rank) {
        if (rank != m_place.rank && !m_others[static_cast<std::size_t>(rank)].come) {
            return rank;
        }
    }
    return std::nullopt;
}

void Watch::says(const std::string& doing)
{
    const std::lock_guard lock(m_mutex);
    m_doing = doing;
}

void Watch::waits(bool waiting)
{
    const std::lock_guard lock(m_mutex);
    m_waiting = waiting;
}

void Watch::fail(const std::string& sentence)
{
    std::unique_lock lock(m_mutex);
    m_heard = true;
    if (m_broken) {
        return;
    }
    m_broken = sentence;
    m_brokenAt = Clock::now();
    m_toTell = "Rank " + std::to_string(m_place.rank) + ": " + sentence;
    m_changed.notify_all();
    // Who fails often ends at once, and the others should hear why before they see it go.
    m_changed.wait_for(lock, std::chrono::seconds(2), [this] { return !m_toTell; });
}

std::optional<std::string> Watch::brokenBy() const
{
    const std::lock_guard lock(m_mutex);
    return m_broken;
}

void Watch::heard()
{
    const std::lock_guard lock(m_mutex);
    m_heard = true;
}

void Watch::onBroken(std::function<void()> handler)
{
    const std::lock_guard lock(m_mutex);
    m_onBroken = std::move(handler);
}

void Watch::leave()
{
    std::unique_lock lock(m_mutex);
    m_leaving = true;
    m_changed.notify_all();
    m_changed.wait_for(lock, std::chrono::seconds(2), [this] { return m_leftTold; });
}

bool Watch::haveAllLeft() const
{
    const std::lock_guard lock(m_mutex);
    for (int rank = 0; rank < m_place.size; ++rank) {
        if (rank != m_place.rank && !m_others[static_cast<std::size_t>(rank)].left) {
            return false;
        }
    }
    return true;
}

std::string Watch::whoWorks(bool stepsOnly) const
{
    const std::lock_guard lock(m_mutex);
    for (int rank = 0; rank < m_place.size; ++rank) {
        const Other& other = m_others[static_cast<std::size_t>(rank)];
        if (rank == m_place.rank || other.waiting || other.left || (stepsOnly && other.doing.rfind("step", 0) != 0)) {
            continue;
        }
        return nameOf(rank) + ", which is at " + (other.doing.empty() ? "its start" : other.doing) + " for " + secondsOf(Clock::now() - other.since);
    }
    return {};
}

void Watch::work(const std::stop_token& stop)
{
    while (!stop.stop_requested()) {
        try {
            tell();
            look();
            m_storeSeen = Clock::now();
        } catch (const std::exception&) {
            if (Clock::now() - m_storeSeen.load() > kStoreGone) {
                breakBy(goneSentence());
            }
        }
        endWhereStuck();
        std::unique_lock lock(m_mutex);
        m_changed.wait_for(lock, stop, kEvery, [this] { return m_toTell || (m_leaving && !m_leftTold); });
    }
    m_done = true;
}

std::string Watch::goneSentence() const
{
    return (m_place.storeIsKept ? "Whoever started the ranks" : "Rank 0") + std::string(" cannot be reached any more at ") + m_place.address + ":"
           + std::to_string(m_place.port) + "; what it said last tells why.";
}

// A connection that was cut on the way answers nothing, not even that it is broken.
void Watch::guard(const std::stop_token& stop)
{
    std::mutex mutex;
    std::condition_variable_any wake;
    Clock::time_point seen = m_storeSeen;
    Clock::duration silence{};
    while (!stop.stop_requested()) {
        const Clock::time_point before = Clock::now();
        {
            std::unique_lock lock(mutex);
            wake.wait_for(lock, stop, kEvery, [] { return false; });
        }
        const Clock::time_point last = m_storeSeen;
        silence = last == seen ? silence + awakeSince(before) : Clock::duration{};
        seen = last;
        if (!stop.stop_requested() && silence > longestSilence()) {
            breakBy(goneSentence());
        }
        endWhereStuck();
    }
}

// "number state host \n doing"
void Watch::tell()
{
    std::ostringstream beat;
    std::optional<std::string> failure;
    bool leaving = false;
    {
        const std::lock_guard lock(m_mutex);
        leaving = m_leaving;
        beat << ++m_beats << ' ' << (leaving ? 'l' : m_waiting ? 'w' : 'b') << ' ' << m_host << '\n' << m_doing;
        failure = m_toTell;
    }
    if (failure) {
        m_line->setOnce(kFailed, *failure);
    }
    m_line->set(beatName(m_place.rank), beat.str());
    const std::lock_guard lock(m_mutex);
    m_toTell = failure ? std::nullopt : m_toTell;
    m_leftTold = leaving;
    m_changed.notify_all();
}

void Watch::read(Other& other, const std::string& beat, Clock::duration awake) const
{
    const auto now = Clock::now();
    if (beat == other.beat) {
        other.silence += awake;
        return;
    }
    other.beat = beat;
    other.come = true;
    other.silence = {};
    std::istringstream in(beat);
    std::int64_t number = 0;
    char state = 'b';
    std::string doing;
    in >> number >> state >> other.host;
    in.ignore();
    std::getline(in, doing);
    other.left = state == 'l';
    other.waiting = state == 'w';
    if (doing != other.doing) {
        other.doing = doing;
        other.since = now;
    }
}

void Watch::look()
{
    const Clock::duration awake = awakeSince(m_looked);
    m_looked = Clock::now();
    for (int rank = 0; rank < m_place.size; ++rank) {
        if (rank == m_place.rank) {
            continue;
        }
        const auto beat = m_line->find(beatName(rank));
        const std::lock_guard lock(m_mutex);
        if (beat) {
            read(m_others[static_cast<std::size_t>(rank)], *beat, awake);
        }
    }
    if (const auto failure = m_line->find(kFailed)) {
        breakBy(*failure);
        return;
    }
    std::string silent;
    {
        const std::lock_guard lock(m_mutex);
        for (int rank = 0; rank < m_place.size; ++rank) {
            const Other& other = m_others[static_cast<std::size_t>(rank)];
            if (rank != m_place.rank && other.come && !other.left && other.silence > longestSilence()) {
                silent = nameOf(rank) + " has been silent for " + secondsOf(other.silence) + "; the last it said was: " + other.doing
                         + (other.waiting ? ", waiting for others." : ".") + " It hangs, its machine does, or the network between.";
                break;
            }
        }
    }
    if (!silent.empty()) {
        breakBy(m_line->setOnce(kFailed, silent));
    }
}

void Watch::breakBy(const std::string& sentence)
{
    std::function<void()> handler;
    {
        const std::lock_guard lock(m_mutex);
        if (m_broken || m_leaving) {
            return;
        }
        m_broken = sentence;
        m_brokenAt = Clock::now();
        handler = m_onBroken;
    }
    if (handler) {
        handler();
    }
}

void Watch::endWhereStuck()
{
    std::string sentence;
    {
        const std::lock_guard lock(m_mutex);
        if (!m_broken || m_heard || Clock::now() - m_brokenAt < kMayBeStuck) {
            return;
        }
        sentence = "luthier: " + *m_broken + "\n";
    }
    [[maybe_unused]] const auto wrote = ::write(STDERR_FILENO, sentence.data(), sentence.size());
    ::_exit(1);
}

} // namespace luthier::ranks
