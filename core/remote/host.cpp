// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/remote/host.h"

#include "core/base/disk_room.h"
#include "core/base/hash.h"
#include "core/base/json.h"
#include "core/base/last_line.h"
#include "core/base/tree_size.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <fstream>
#include <sstream>

namespace luthier::remote {

namespace fs = std::filesystem;

namespace {

constexpr int kSshFailed = 255;
constexpr int kNoSuchProgram = 127;
constexpr std::size_t kKeyLength = 24;

std::string sshProgram()
{
    const char* own = std::getenv("LUTHIER_SSH");
    return own && *own ? own : "ssh";
}

bool isName(const std::string& name)
{
    return !name.empty() && name.front() != '-' && std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_' || c == '@' || c == ':';
    });
}

// "hash  name" lines of a file, or of all files below a folder, as sha256sum reads them; names begin with the last part of `path`.
Result<std::string> sumsOf(const fs::path& path)
{
    std::error_code code;
    std::vector<fs::path> files;
    if (fs::is_directory(path, code)) {
        for (const auto& entry : fs::recursive_directory_iterator(path, code)) {
            if (entry.is_regular_file()) {
                files.push_back(entry.path());
            }
        }
        std::sort(files.begin(), files.end());
    } else {
        files.push_back(path);
    }
    std::string sums;
    for (const fs::path& file : files) {
        const auto hash = base::sha256OfFile(file);
        if (!hash) {
            return hash;
        }
        sums += *hash + "  " + file.lexically_relative(path.parent_path()).string() + "\n";
    }
    return sums.empty() ? Result<std::string>(Error{path.string() + ": there is nothing to copy"}) : Result<std::string>(std::move(sums));
}

} // namespace

std::vector<std::string> namedHosts()
{
    const char* home = std::getenv("HOME");
    std::ifstream file(fs::path(home ? home : "/") / ".ssh/config");
    std::vector<std::string> names;
    for (std::string line; std::getline(file, line);) {
        std::istringstream words(line);
        std::string word;
        words >> word;
        std::transform(word.begin(), word.end(), word.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
        if (word != "host") {
            continue;
        }
        while (words >> word) {
            if (isName(word)) { // no pattern
                names.push_back(word);
            }
        }
    }
    return names;
}

Result<Host> Host::named(const std::string& name, const std::string& program)
{
    if (!isName(name)) {
        return Error{"\"" + name + "\" is no host; write it as ssh takes it: name, user@name, or an alias of ~/.ssh/config"};
    }
    return Host(name, program);
}

std::string Host::ssh() const
{
    return sshProgram() + " -o BatchMode=yes -o ConnectTimeout=8 -o ServerAliveInterval=5 -o ServerAliveCountMax=3 " + quoted(m_name) + " ";
}

Result<ShellEnd> Host::run(const std::string& command, const ShellInput& input) const
{
    auto end = runShell("exec " + ssh() + quoted(command), input);
    if (end && end->code == kSshFailed && end->err.find("Host key verification failed") != std::string::npos) {
        const bool isOther = end->err.find("IDENTIFICATION HAS CHANGED") != std::string::npos;
        return Error{"The machine " + m_name + (isOther ? " shows another key than the one it is known by here. If it was set up anew, remove the old key (ssh-keygen -R " + m_name + ") and confirm the new one: "
                                       : std::string(" is not known to ssh here yet. Confirm its key once in a terminal: "))
                     + sshProgram() + " " + m_name};
    }
    if (end && end->code == kSshFailed) {
        return Error{"The machine " + m_name + " cannot be reached by ssh: " + base::lastLine(end->err) + ". Does \"" + sshProgram() + " " + m_name + "\" work without a password?"};
    }
    return end;
}

Result<std::string> Host::need(const std::string& what, const std::string& command, const ShellInput& input) const
{
    auto end = run(command, input);
    if (!end) {
        return end.error();
    }
    if (end->code != 0) {
        const std::string why = base::lastLine(end->err.empty() ? end->out : end->err);
        return Error{m_name + ": " + what + " failed" + (why.empty() ? " with code " + std::to_string(end->code) : ": " + why)};
    }
    return std::move(end->out);
}

Result<HostFacts> Host::facts() const
{
    const auto end = run(m_program + " launch --describe --json");
    if (!end) {
        return end.error();
    }
    if (end->code == kNoSuchProgram) {
        return Error{m_name + ": there is no program " + m_program + "; install Luthier there, or say where it is by --program"};
    }
    const auto json = base::parseJson(base::lastLine(end->out));
    if (end->code != 0 || !json || !json->is_object() || !json->contains("version")) {
        return Error{m_name + ": " + m_program + " does not say what it is: " + base::lastLine(end->err.empty() ? end->out : end->err)};
    }
    HostFacts facts{(*json)["version"].get<std::string>(), json->value("home", std::string()), json->value("cards", std::int64_t{0}),
                    json->value("cores", std::int64_t{1}), json->value("free_bytes", std::int64_t{0})};
    for (const Json& card : json->value("list", Json::array())) {
        facts.list.push_back({card.value("name", std::string()), card.value("total_bytes", std::int64_t{0}), card.value("free_bytes", std::int64_t{0})});
    }
    if (facts.version != LUTHIER_VERSION) {
        return Error{"The machine " + m_name + " has Luthier " + facts.version + ", and this is " LUTHIER_VERSION "; install the same version on both"};
    }
    return facts;
}

std::string Host::address() const
{
    const auto said = runShell(sshProgram() + " -G " + quoted(m_name));
    std::istringstream lines(said ? said->out : std::string());
    for (std::string key, value; lines >> key && std::getline(lines, value);) {
        if (key == "hostname" && value.size() > 1) {
            return value.substr(1);
        }
    }
    return m_name.substr(m_name.find('@') == std::string::npos ? 0 : m_name.find('@') + 1);
}

Result<std::string> Host::bring(const fs::path& path, const HostFacts& facts, bool copies, const base::CancelToken& cancel) const
{
    const fs::path local = fs::absolute(path).lexically_normal();
    const auto sums = sumsOf(local);
    if (!sums) {
        return sums;
    }
    const auto isThere = [&](const std::string& folder) {
        return run("cd " + quoted(folder) + " && sha256sum -c --quiet - >/dev/null 2>&1", {*sums, cancel, {}});
    };
    if (!copies) {
        const auto shared = isThere(local.parent_path().string());
        if (!shared) {
            return shared.error();
        }
        if (shared->code == 0) {
            return local.string();
        }
    }
    const std::string folder = facts.home + "/.cache/luthier/brought/" + base::sha256(*sums).substr(0, kKeyLength);
    const auto brought = isThere(folder);
    if (!brought) {
        return brought.error();
    }
    if (brought->code != 0) {
        if (const auto size = static_cast<std::int64_t>(base::treeSize(local)); facts.freeBytes > 0 && size > facts.freeBytes) {
            return Error{"The machine " + m_name + " has no room for " + local.filename().string() + ": " + base::bytesText(static_cast<std::uint64_t>(size)) + ", and "
                         + base::bytesText(static_cast<std::uint64_t>(facts.freeBytes)) + " are free in " + facts.home + ". Remove something there (~/.cache/luthier holds what was brought before), or put the files at the same path there"};
        }
        const std::string unpack = "mkdir -p " + quoted(folder) + " && tar -C " + quoted(folder) + " -xf -";
        const auto copied = runShell("tar -C " + quoted(local.parent_path().string()) + " -chf - -- " + quoted(local.filename().string()) + " | " + ssh() + quoted(unpack),
                                     {{}, cancel, {}});
        if (!copied) {
            return copied.error();
        }
        const auto checked = isThere(folder);
        if (!checked || checked->code != 0) {
            return Error{m_name + ": " + local.string() + " did not arrive whole in " + folder + (copied->err.empty() ? "" : ": " + base::lastLine(copied->err))};
        }
    }
    return folder + "/" + local.filename().string();
}

Result<void> Host::fetch(const std::string& folder, const std::vector<std::string>& leftOut, const fs::path& into, const base::CancelToken& cancel) const
{
    std::string without;
    std::string prune;
    for (const std::string& name : leftOut) {
        without += " --exclude=" + quoted("./" + name);
        prune += " -path " + quoted("./" + name) + " -prune -o";
    }
    std::error_code code;
    fs::create_directories(into, code);
    const auto copied = runShell(ssh() + quoted("tar -C " + quoted(folder) + without + " -cf - .") + " | tar -C " + quoted(into.string()) + " -xf -", {{}, cancel, {}});
    if (!copied) {
        return copied.error();
    }
    auto sums = need("reading the results' hashes", "cd " + quoted(folder) + " && find ." + prune + " -type f -exec sha256sum {} +", {{}, cancel, {}});
    if (!sums) {
        return sums.error();
    }
    std::istringstream lines(*sums);
    for (std::string line; std::getline(lines, line);) {
        const auto gap = line.find("  ");
        const fs::path file = gap == std::string::npos ? fs::path() : into / line.substr(gap + 2);
        const auto hash = gap == std::string::npos ? Result<std::string>(Error{line}) : base::sha256OfFile(file);
        if (!hash || *hash != line.substr(0, gap)) {
            return Error{file.string() + " did not arrive as it lies on " + m_name + (copied->err.empty() ? "" : ": " + base::lastLine(copied->err)) + "; fetch it again"};
        }
    }
    return {};
}

} // namespace luthier::remote
