// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/cli/interrupts.h"

#include "core/cli/ranks/queue_again.h"

#include <csignal>
#include <cstdlib>
#include <pthread.h>
#include <string_view>
#include <unistd.h>

namespace luthier::cli {

namespace {

std::atomic<bool> queueAgain{false};

bool isOfQueue(int signal)
{
    return signal == SIGUSR1 || (signal == SIGTERM && std::getenv("SLURM_JOB_ID") != nullptr);
}

sigset_t watched()
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGUSR1);
    return set;
}

void say(std::string_view text)
{
    [[maybe_unused]] const auto wrote = ::write(STDERR_FILENO, text.data(), text.size());
}

} // namespace

Interrupts::Interrupts()
{
    // A job started with & from a script inherits an ignored SIGINT; whoever sends one still means it.
    std::signal(SIGINT, SIG_DFL);
    std::signal(SIGPIPE, SIG_IGN);
    const sigset_t set = watched();
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    m_watcher = std::thread([this] { watch(); });
}

Interrupts::~Interrupts()
{
    m_ended = true;
    pthread_kill(m_watcher.native_handle(), SIGTERM);
    m_watcher.join();
}

void Interrupts::watch()
{
    const sigset_t set = watched();
    int signal = 0;
    while (sigwait(&set, &signal) == 0 && !m_ended) {
        if (isOfQueue(signal)) { // it may say so several times, and kills by itself
            queueAgain = true;
            if (m_requested.exchange(true)) {
                continue;
            }
        } else if (m_requested.exchange(true)) {
            say("\n");
            ::_exit(130);
        }
        const std::string kept = whatIsKept();
        say("\nStopping" + (kept.empty() ? "" : "; " + kept + " is kept") + ". Once more ends at once.\n");
        trigger();
    }
}

bool asksToBeQueuedAgain()
{
    return queueAgain;
}

void Interrupts::trigger()
{
    const std::lock_guard lock(m_mutex);
    m_token.cancel();
    if (m_handler) {
        m_handler();
    }
}

void Interrupts::setKept(std::string what)
{
    const std::lock_guard lock(m_mutex);
    m_kept = std::move(what);
}

std::string Interrupts::whatIsKept()
{
    const std::lock_guard lock(m_mutex);
    return m_kept;
}

void Interrupts::setHandler(std::function<void()> handler)
{
    const std::lock_guard lock(m_mutex);
    m_handler = std::move(handler);
    if (m_handler && m_token.isCancelled()) {
        m_handler();
    }
}

} // namespace luthier::cli
