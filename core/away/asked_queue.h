// SPDX-License-Identifier: GPL-3.0-or-later
// AskedQueue: changes of a project's queue that are asked for by who cannot write the project, since another program has it open: each
// a file of the project's folder queue.asked. Who has the project open for writing takes them. Torch-free.
//
// A change is what the queue was and what it shall be. It is applied to what the queue is by then: what was added comes, what was taken out
// goes, and of what is still there the order is as asked.
// Threads: any; files are taken once, whoever looks.
#pragma once

#include "core/away/waiting_runs.h"

#include <filesystem>
#include <vector>

namespace luthier::away {

using Queue = std::vector<WaitingRun>;

struct QueueChange {
    Queue before;
    Queue after;
};

Result<void> askForChange(const std::filesystem::path& projectFolder, const QueueChange& change);
bool hasAskedChanges(const std::filesystem::path& projectFolder);

// In the order they were asked for; they are no longer asked then. Error: the first that cannot be read, by its file; it is left there,
// renamed, and those behind it wait for the next look.
Result<std::vector<QueueChange>> takeAskedChanges(const std::filesystem::path& projectFolder);

// The first `numBegun` of the queue stay where they are.
void apply(const QueueChange& change, Queue& queue, std::size_t numBegun);

// The project's queue with all that was asked for, kept. The project is open for writing.
Result<Queue> takenQueue(store::Project& project);

} // namespace luthier::away
