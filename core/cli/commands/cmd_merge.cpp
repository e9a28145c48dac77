// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/cli/publishing.h"

#include <CLI/App.hpp>

namespace luthier::cli {

namespace merge_command {
namespace {

struct Flags {
    PublishFlags common;
    std::string into;
    std::string type = "auto";
};

void setup(CLI::App& app, Flags& flags)
{
    addPublishFlags(app, flags.common, true);
    app.add_option("--into", flags.into, "model: weights with the adapters folded in; adapter: one adapter. Usual: a model of one, an "
                                         "adapter of several")
        ->option_text("model");
    app.add_option("--type", flags.type, "A model's numbers: f32, f16, bf16; usual: those of the base")->option_text("auto");
}

int run(const Flags& flags, Context& context)
{
    if (!flags.into.empty() && flags.into != "model" && flags.into != "adapter") {
        context.console.error("--into " + flags.into + ": it is model or adapter");
        return kWrongUsage;
    }
    auto source = sourceOf(flags.common, context);
    if (!source) {
        return context.fail(source.message());
    }
    const bool intoModel = flags.into.empty() ? source->adapters.size() == 1 : flags.into == "model";
    return report(intoModel ? publish::publishModel(*source, flags.common.out, flags.type, watchOf(context))
                            : publish::publishAdapter(*source, flags.common.out, watchOf(context)),
                  context);
}

} // namespace
} // namespace merge_command

Command mergeCommand()
{
    return command<merge_command::Flags>(
        "merge", "Fold an adapter into its base, or several adapters into one",
        "luthier merge --model MODEL --adapter runs/first/adapter --out merged\n"
        "luthier merge --model MODEL --adapter A=0.7 --adapter B=0.3 --how sum --out both\n"
        "luthier merge --model MODEL --adapter A --adapter B --into model --out merged",
        merge_command::setup, merge_command::run);
}

} // namespace luthier::cli
