// SPDX-License-Identifier: GPL-3.0-or-later
// Publishing: what merge and export share: the model and its adapters as flags, progress, and the report.
#pragma once

#include "core/cli/command.h"
#include "core/publish/publish.h"

#include <string>
#include <vector>

namespace luthier::cli {

struct PublishFlags {
    std::string model;
    std::vector<std::string> adapters;
    std::string how = "sum";
    std::int64_t rank = 0;
    std::string out;
    std::string data; // rows for the proof
    std::string project;
    std::string chatTemplate = "folder";
};

// --model, --adapter, --how, --rank, --data, --project and --out.
void addPublishFlags(CLI::App& app, PublishFlags& flags, bool needsAdapter);

// Errors: rows of --data that cannot be read.
Result<publish::Source> sourceOf(const PublishFlags& flags, const Context& context);
publish::Watch watchOf(Context& context);

// Prints the report or the failure; the exit code.
int report(const Result<publish::Published>& published, Context& context);

} // namespace luthier::cli
