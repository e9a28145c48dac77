// SPDX-License-Identifier: GPL-3.0-or-later
// PromptSets: prompts that a person keeps under a name to ask them again on another day. Each set is a file of rows in the project's
// folder prompts/, {"messages":[...],"references":["..."]}: every command that reads prompts or rows to evaluate on reads them, too.
//
// Threads: functions block, any thread; two that change the same set at once leave one of both changes.
#pragma once

#include "core/base/cancel.h"
#include "core/base/result.h"
#include "core/data/example.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace luthier::store {

class Project;

struct KeptPrompt {
    std::vector<data::Message> messages; // the last is the question
    std::string reference;               // the right answer; empty: none is known
};

// Names of the project's sets, by the alphabet.
std::vector<std::string> promptSets(const Project& project);
std::filesystem::path promptSetFile(const Project& project, const std::string& name);

// Errors: there is no such set, it cannot be read.
Result<std::vector<KeptPrompt>> readPromptSet(const Project& project, const std::string& name);
// Under a new name a new set. Errors: a name that is no file's name, nothing is asked in it, what disks say.
Result<void> addToPromptSet(Project& project, const std::string& name, const KeptPrompt& prompt);
// Error: there is no such prompt (from 0).
Result<void> removeFromPromptSet(Project& project, const std::string& name, std::int64_t index);
Result<void> removePromptSet(Project& project, const std::string& name);
// Prompts, conversations or questions with answers of any data file; the set is called as the file. Its name. Errors: a set of that name is
// there, nothing is asked in the file.
Result<std::string> importPromptSet(Project& project, const std::filesystem::path& file, const base::CancelToken& cancel = {});

} // namespace luthier::store
