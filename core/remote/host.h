// SPDX-License-Identifier: GPL-3.0-or-later
// Host: another machine, reached by the system's ssh with its keys and configuration; nothing of our own stands there but what
// is copied. Torch-free.
//
// LUTHIER_SSH replaces "ssh" (with flags, where wanted). Nobody is asked for a password: what needs one fails with a sentence.
#pragma once

#include "core/base/cancel.h"
#include "core/remote/card_facts.h"
#include "core/remote/shell.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace luthier::remote {

// As `luthier launch --describe --json` says it there.
struct HostFacts {
    std::string version;
    std::string home;
    std::int64_t cards = 0;
    std::int64_t cores = 1;
    std::int64_t freeBytes = 0; // of the disk of the home folder
    std::vector<CardFacts> list = {}; // the cards, where they are named
};

// Names that ~/.ssh/config gives to hosts, without patterns.
std::vector<std::string> namedHosts();

class Host {
public:
    // Errors: a name that is none.
    static Result<Host> named(const std::string& name, const std::string& program = "luthier");

    const std::string& name() const { return m_name; }
    const std::string& program() const { return m_program; }

    // A shell's command there. Errors: the host cannot be reached; a code other than 0 is none.
    Result<ShellEnd> run(const std::string& command, const ShellInput& input = {}) const;
    // The same where another code than 0 is an error, which names what was to be done.
    Result<std::string> need(const std::string& what, const std::string& command, const ShellInput& input = {}) const;

    // Errors: no luthier there, or one of another version.
    Result<HostFacts> facts() const;
    // The address that others reach it by, as ssh's configuration names it.
    std::string address() const;

    // A file or folder with these bytes there, copied where they are missing and checked by their hashes: its path there. One
    // that lies at the same path with the same bytes is used where it is, unless a copy is wanted.
    Result<std::string> bring(const std::filesystem::path& path, const HostFacts& facts, bool copies, const base::CancelToken& cancel) const;
    // What lies in `folder` there, but for `leftOut`, into a folder here, checked by hashes.
    Result<void> fetch(const std::string& folder, const std::vector<std::string>& leftOut, const std::filesystem::path& into, const base::CancelToken& cancel) const;

private:
    Host(std::string name, std::string program) : m_name(std::move(name)), m_program(std::move(program)) {}
    std::string ssh() const; // up to the command

    std::string m_name;
    std::string m_program;
};

} // namespace luthier::remote
