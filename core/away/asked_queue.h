// SPDX-License-Identifier: GPL-3.0-or-later
// AskedQueue: changes of a project's queue that are asked for by who cannot write the project, since another program has it open: each
// a file of the project's folder queue.asked. Who has the project open for writing takes them. Torch-free.
//
// A change is what the queue was and what it shall be. It is applied to what the queue is by then: what was added comes, what was taken out
// goes, and of what is still there the order is as asked.
// Threads: any. One program at a time takes them, as one at a time has the project open for writing.
#pragma once

#include "core/away/waiting_runs.h"

#include <filesystem>
#include <string>
#include <vector>

namespace luthier::away {

using Queue = std::vector<WaitingRun>;

struct QueueChange {
    Queue before;
    Queue after;
};

struct AskedChange {
    std::filesystem::path file; // there until the queue that it changed is kept
    QueueChange change;
};

struct AskedChanges {
    std::vector<AskedChange> changes; // in the order they were asked for
    std::string problem;              // of a file that cannot be read, by its name: it is left there, renamed
};

// The file it stands in: gone once it is taken and kept, renamed where it could not be read (wasRefused).
Result<std::filesystem::path> askForChange(const std::filesystem::path& projectFolder, const QueueChange& change);
bool hasAskedChanges(const std::filesystem::path& projectFolder);
bool wasRefused(const std::filesystem::path& asked);

// Removes none that can be read: forgetAsked() does, behind the keeping of what they changed, so that a program that ends in between loses
// nothing.
AskedChanges askedChanges(const std::filesystem::path& projectFolder);
void forgetAsked(const std::vector<std::filesystem::path>& files);

// The first `numBegun` of the queue stay where they are. What was moved otherwise meanwhile stays so, but for what this change moves.
void apply(const QueueChange& change, Queue& queue, std::size_t numBegun);

// The project's queue with all that was asked for, kept. The project is open for writing. `problem`: what could not be read of it.
Result<Queue> takenQueue(store::Project& project, std::string& problem);

// The same to look at: nothing is taken. For who cannot write the project.
Result<Queue> askedQueue(store::Project& project);

} // namespace luthier::away
