// SPDX-License-Identifier: GPL-3.0-or-later
// The verbs of `luthier data`: each is a Command of its own, made in a file beside this that holds its flags, what they
// are called and what is done. A new verb is one file, one declaration here and one row in commands/cmd_data.cpp.
#pragma once

#include "core/cli/command.h"
#include "core/cli/data/flags.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace luthier::cli {

// `Flags` is a DataFlags with more. The files and --project are declared here, around what `setup` declares. Works without
// tensors unless its row says so (withTensors).
template <class Flags>
Command dataVerb(std::string name, std::string summary, void (*setup)(CLI::App&, Flags&), int (*run)(const Flags&, Context&))
{
    return {.name = std::move(name), .summary = std::move(summary), .examples = {}, .setup = [setup, run](CLI::App& app) -> Work {
                auto flags = std::make_shared<Flags>();
                addFiles(app, *flags);
                setup(app, *flags);
                addReading(app, *flags);
                return [flags, run](Context& context) { return run(*flags, context); };
            }, .tensorVerbs = std::vector<std::string>()};
}

// A verb that asks a model.
inline Command withTensors(Command verb)
{
    verb.tensorVerbs.reset();
    return verb;
}

Command acceptVerb();
Command augmentVerb();
Command batchVerb();
Command checkVerb();
Command convertVerb();
Command dedupeVerb();
Command diverseVerb();
Command editVerb();
Command excludeVerb();
Command generateVerb();
Command historyVerb();
Command includeVerb();
Command lossVerb();
Command mapVerb();
Command mixVerb();
Command overlapVerb();
Command redoVerb();
Command replaceVerb();
Command showVerb();
Command splitVerb();
Command statsVerb();
Command tagVerb();
Command undoVerb();
Command versionsVerb();

} // namespace luthier::cli
