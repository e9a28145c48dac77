// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/remote/shell.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

namespace luthier::remote {

namespace {

constexpr std::size_t kKeptErrors = 8192;
constexpr int kLook = 100; // ms between looks at the cancel token

struct Pipe {
    int read = -1;
    int write = -1;

    bool open() { return ::pipe2(reinterpret_cast<int*>(this), O_CLOEXEC) == 0; }
    static void close(int& end)
    {
        if (end >= 0) {
            ::close(end);
            end = -1;
        }
    }
    ~Pipe()
    {
        close(read);
        close(write);
    }
};

[[noreturn]] void become(const char* command, int in, int out, int err)
{
    ::dup2(in, STDIN_FILENO);
    ::dup2(out, STDOUT_FILENO);
    ::dup2(err, STDERR_FILENO);
    sigset_t none;
    sigemptyset(&none);
    ::pthread_sigmask(SIG_SETMASK, &none, nullptr);
    ::setpgid(0, 0); // Ctrl-C is for this program, which decides
    ::execl("/bin/sh", "sh", "-c", command, static_cast<char*>(nullptr));
    ::_exit(127);
}

// True: at its end.
bool take(int& end, const std::function<void(std::string_view)>& to)
{
    std::array<char, 65536> buffer;
    const auto got = ::read(end, buffer.data(), buffer.size());
    if (got > 0) {
        to({buffer.data(), static_cast<std::size_t>(got)});
        return false;
    }
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) {
        return false;
    }
    Pipe::close(end);
    return true;
}

void give(int& end, const std::string& text, std::size_t& given)
{
    const auto wrote = given < text.size() ? ::write(end, text.data() + given, text.size() - given) : 0;
    if (wrote > 0) {
        given += static_cast<std::size_t>(wrote);
    }
    if (given >= text.size() || (wrote < 0 && errno != EINTR && errno != EAGAIN)) {
        Pipe::close(end);
    }
}

} // namespace

std::string quoted(const std::string& word)
{
    std::string text = "'";
    for (const char c : word) {
        text += c == '\'' ? std::string("'\\''") : std::string(1, c);
    }
    return text + "'";
}

Result<ShellEnd> runShell(const std::string& command, const ShellInput& input)
{
    Pipe in;
    Pipe out;
    Pipe err;
    const bool open = in.open() && out.open() && err.open();
    const pid_t process = open ? ::fork() : -1;
    if (process == 0) {
        become(command.c_str(), in.read, out.write, err.write);
    }
    if (process < 0) {
        return Error{std::string("A command cannot be started: ") + std::strerror(errno)};
    }
    Pipe::close(in.read);
    Pipe::close(out.write);
    Pipe::close(err.write);
    ::fcntl(in.write, F_SETFL, O_NONBLOCK);
    ShellEnd end;
    const auto toOut = [&](std::string_view text) { input.onOutput ? input.onOutput(text) : static_cast<void>(end.out.append(text)); };
    const auto toErr = [&](std::string_view text) {
        end.err.append(text);
        end.err.erase(0, end.err.size() > kKeptErrors ? end.err.size() - kKeptErrors : 0);
    };
    std::size_t given = 0;
    bool cancelled = false;
    while (out.read >= 0 || err.read >= 0) {
        std::array<pollfd, 3> polled{pollfd{out.read, POLLIN, 0}, pollfd{err.read, POLLIN, 0}, pollfd{in.write, POLLOUT, 0}};
        ::poll(polled.data(), polled.size(), kLook);
        if (input.cancel.isCancelled() && !cancelled) {
            cancelled = true;
            ::kill(-process, SIGTERM);
        }
        if (polled[0].revents != 0) {
            take(out.read, toOut);
        }
        if (polled[1].revents != 0) {
            take(err.read, toErr);
        }
        if (polled[2].revents != 0) {
            give(in.write, input.text, given);
        }
    }
    int status = 0;
    while (::waitpid(process, &status, 0) < 0 && errno == EINTR) {
    }
    if (cancelled) {
        return Error{"cancelled"};
    }
    end.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return end;
}

} // namespace luthier::remote
