// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/child.h"

#include <chrono>
#include <csignal>
#include <cstring>
#include <thread>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace luthier::base {

namespace fs = std::filesystem;

namespace {

constexpr auto kPause = std::chrono::milliseconds(20);

} // namespace

fs::path ownProgram()
{
    std::error_code code;
    return fs::read_symlink("/proc/self/exe", code);
}

Result<int> runChild(const std::vector<std::string>& command, const fs::path& out, const fs::path& err, const CancelToken& cancel)
{
    std::vector<char*> arguments;
    for (const std::string& word : command) {
        arguments.push_back(const_cast<char*>(word.c_str()));
    }
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    const int flags = O_WRONLY | O_CREAT | O_TRUNC;
    posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, out.c_str(), flags, 0600);
    posix_spawn_file_actions_addopen(&files, STDERR_FILENO, err.c_str(), flags, 0600);
    posix_spawnattr_t attributes; // signals that this program watches for are the child's own again
    posix_spawnattr_init(&attributes);
    sigset_t none;
    sigemptyset(&none);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    pid_t child = 0;
    const int failed = ::posix_spawn(&child, arguments[0], &files, &attributes, arguments.data(), environ);
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
    if (failed != 0) {
        return Error{command.front() + " could not be started: " + std::strerror(failed)};
    }
    int status = 0;
    bool isCancelled = false;
    while (::waitpid(child, &status, WNOHANG) == 0) {
        if (cancel.isCancelled() && !isCancelled) {
            isCancelled = true;
            ::kill(child, SIGTERM);
        }
        std::this_thread::sleep_for(kPause);
    }
    if (isCancelled) {
        return Error{"cancelled"};
    }
    if (WIFSIGNALED(status)) {
        return Error{command.front() + " was ended by signal " + std::to_string(WTERMSIG(status))};
    }
    return WEXITSTATUS(status);
}

} // namespace luthier::base
