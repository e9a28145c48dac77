// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/prompt_sets.h"

#include "core/base/files.h"
#include "core/data/sources/row_source.h"
#include "core/store/eval_inputs.h"

#include <algorithm>

namespace luthier::store {

namespace fs = std::filesystem;

namespace {

constexpr const char* kFolder = "prompts";
constexpr const char* kEnding = ".jsonl";
constexpr std::size_t kLongestName = 100;

Result<void> checkName(const std::string& name)
{
    const bool isOdd = name.empty() || name.size() > kLongestName || name.front() == '.' || name.find_first_of("/\\\n\r\t") != std::string::npos || name.find('\0') != std::string::npos;
    return isOdd ? Result<void>(Error{"\"" + name + "\" cannot name a set of prompts: 1 to " + std::to_string(kLongestName) + " bytes, no slash, no line end, no point in front"})
                 : Result<void>();
}

Result<void> write(const fs::path& file, const std::vector<KeptPrompt>& prompts)
{
    std::string text;
    for (const KeptPrompt& prompt : prompts) {
        Json row{{"messages", data::toJson(prompt.messages)}};
        if (!prompt.reference.empty()) {
            row["references"] = {prompt.reference};
        }
        text += base::dumpJson(row) + "\n";
    }
    auto made = base::makeDirectories(file.parent_path());
    return made ? base::writeFileAtomically(file, text) : made;
}

// Rows as write() leaves them, and {"prompt":"..."}; answers are not wanted.
Result<KeptPrompt> keptPrompt(const Json& row)
{
    KeptPrompt kept;
    const Json turns = row.is_object() ? row.value("messages", row.value("prompt", Json())) : Json();
    if (turns.is_string()) {
        kept.messages.push_back({"user", turns.get<std::string>(), {}});
    }
    for (const Json& turn : turns.is_array() ? turns : Json::array()) {
        if (!turn.is_object() || !turn.value("role", Json()).is_string() || !turn.value("content", Json()).is_string()) {
            return Error{"a turn needs a \"role\" and a \"content\""};
        }
        kept.messages.push_back({turn["role"].get<std::string>(), turn["content"].get<std::string>(), {}});
    }
    if (kept.messages.empty() || kept.messages.back().role == "assistant") {
        return Error{"nothing is asked in it; a row is {\"prompt\":\"...\"} or {\"messages\":[...]}, a question at its end"};
    }
    const Json references = row.value("references", Json());
    if (references.is_array() && !references.empty() && references[0].is_string()) {
        kept.reference = references[0].get<std::string>();
    }
    return kept;
}

Result<std::vector<KeptPrompt>> waitingPrompts(const fs::path& file)
{
    const auto source = data::openSource(file);
    if (!source) {
        return source.error();
    }
    std::vector<KeptPrompt> prompts;
    for (std::int64_t i = 0; i < (*source)->rowCount(); ++i) {
        const auto row = (*source)->row(i);
        auto kept = row ? keptPrompt(*row) : Result<KeptPrompt>(row.error());
        if (!kept) {
            return Error{file.string() + ": row " + std::to_string(i + 1) + ": " + kept.message()};
        }
        prompts.push_back(std::move(*kept));
    }
    return prompts;
}

Result<std::vector<KeptPrompt>> promptsOf(Project& project, const fs::path& file, const base::CancelToken& cancel)
{
    const auto rows = evalRowsOfFile(&project, {file.string()}, {}, cancel);
    if (!rows) { // questions alone are no rows to learn or to measure by
        auto waiting = waitingPrompts(file);
        return waiting && !waiting->empty() ? waiting : Result<std::vector<KeptPrompt>>(rows.error());
    }
    std::vector<KeptPrompt> prompts;
    for (const auto& row : rows->rows) {
        if (!row.prompt.empty()) {
            prompts.push_back({row.prompt, row.references.empty() ? std::string() : row.references.front()});
        }
    }
    return prompts.empty() ? Result<std::vector<KeptPrompt>>(Error{file.string() + ": nothing is asked in it; a row is {\"prompt\":\"...\"} or {\"messages\":[...]}"}) : prompts;
}

} // namespace

std::vector<std::string> promptSets(const Project& project)
{
    std::vector<std::string> names;
    std::error_code code;
    for (fs::directory_iterator it(project.folder() / kFolder, code), end; !code && it != end; it.increment(code)) {
        if (it->path().extension() == kEnding) {
            names.push_back(it->path().stem().string());
        }
    }
    std::sort(names.begin(), names.end());
    return names;
}

fs::path promptSetFile(const Project& project, const std::string& name)
{
    return project.folder() / kFolder / (name + kEnding);
}

Result<std::vector<KeptPrompt>> readPromptSet(const Project& project, const std::string& name)
{
    std::error_code code;
    const fs::path file = promptSetFile(project, name);
    const auto named = checkName(name);
    if (!named || !fs::exists(file, code)) {
        return named ? Error{"there is no set of prompts called \"" + name + "\""} : named.error();
    }
    if (fs::file_size(file, code) == 0 && !code) {
        return std::vector<KeptPrompt>(); // its last prompt was taken out
    }
    return waitingPrompts(file);
}

Result<void> addToPromptSet(Project& project, const std::string& name, const KeptPrompt& prompt)
{
    if (auto named = checkName(name); !named) {
        return named;
    }
    if (prompt.messages.empty() || prompt.messages.back().content.empty()) {
        return Error{"nothing is asked: there is no prompt to keep"};
    }
    std::error_code code;
    const fs::path file = promptSetFile(project, name);
    auto prompts = fs::exists(file, code) ? readPromptSet(project, name) : Result<std::vector<KeptPrompt>>(std::vector<KeptPrompt>());
    if (!prompts) {
        return prompts.error();
    }
    prompts->push_back(prompt);
    return write(file, *prompts);
}

Result<void> removeFromPromptSet(Project& project, const std::string& name, std::int64_t index)
{
    auto prompts = readPromptSet(project, name);
    if (!prompts) {
        return prompts.error();
    }
    if (index < 0 || index >= static_cast<std::int64_t>(prompts->size())) {
        return Error{"the set \"" + name + "\" has no prompt " + std::to_string(index + 1)};
    }
    prompts->erase(prompts->begin() + index);
    return write(promptSetFile(project, name), *prompts);
}

Result<void> removePromptSet(Project& project, const std::string& name)
{
    std::error_code code;
    const auto named = checkName(name);
    if (!named) {
        return named;
    }
    const bool isGone = fs::remove(promptSetFile(project, name), code);
    return isGone ? Result<void>() : Error{"the set \"" + name + "\" could not be removed" + (code ? ": " + code.message() : "; there is none")};
}

Result<std::string> importPromptSet(Project& project, const fs::path& file, const base::CancelToken& cancel)
{
    const std::string name = file.stem().string();
    std::error_code code;
    if (auto named = checkName(name); !named) {
        return named.error();
    }
    if (fs::exists(promptSetFile(project, name), code)) {
        return Error{file.string() + ": there is a set called \"" + name + "\" already; rename the file, or remove that set"};
    }
    const auto prompts = promptsOf(project, file, cancel);
    auto written = prompts ? write(promptSetFile(project, name), *prompts) : Result<void>(prompts.error());
    return written ? Result<std::string>(name) : written.error();
}

} // namespace luthier::store
