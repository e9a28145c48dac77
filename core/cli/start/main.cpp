// SPDX-License-Identifier: GPL-3.0-or-later
// The program `luthier`: everything but LibTorch. What would call into LibTorch starts the program with it instead, from the
// beginning; commands that need it say so beforehand (Command::tensorVerbs), so this is the last resort.
#include "core/base/thread_patience.h"
#include "core/cli/start/application.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <unistd.h>

namespace {

char** arguments = nullptr;

} // namespace

// What stands in for every function of LibTorch (stand_ins.cmake) calls this.
extern "C" void luthierStartTensors()
{
    std::error_code code;
    auto program = std::filesystem::read_symlink("/proc/self/exe", code);
    program.replace_filename("luthier-tensors");
    std::fflush(nullptr);
    luthier::base::setThreadPatience();
    execv(program.c_str(), arguments);
    std::fprintf(stderr, "luthier: the half of this program that computes could not be started: %s: %s; it belongs beside luthier\n",
                 program.c_str(), std::strerror(errno));
    std::_Exit(1);
}

int main(int argc, char** argv)
{
    arguments = argv;
    return luthier::cli::runCommandLine(argc, argv, luthierStartTensors);
}
