// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/cli/publishing.h"
#include "core/weights/gguf/save.h"

#include <CLI/App.hpp>

namespace luthier::cli {

namespace export_command {
namespace {

struct Flags {
    PublishFlags common;
    std::string to;
    std::string type;
};

void setup(CLI::App& app, Flags& flags)
{
    std::string types = "Numbers of the file. hf: f32, f16, bf16, usually the base's. gguf, usually q8_0:";
    for (const weights::GgufFileKind& kind : weights::ggufFileKinds()) {
        types += std::string(" ") + kind.id + " (" + kind.help + ");";
    }
    types.back() = '.';
    addPublishFlags(app, flags.common, false);
    app.add_option("--to", flags.to, "hf: a merged model folder; gguf: a merged model in one file, with a Modelfile for Ollama; "
                                     "adapter: an adapter folder, or a GGUF adapter where PATH ends in .gguf")
        ->required()
        ->option_text("hf|adapter|gguf");
    app.add_option("--type", flags.type, types)->option_text("TYPE");
}

int run(const Flags& flags, Context& context)
{
    if (flags.to != "hf" && flags.to != "adapter" && flags.to != "gguf") {
        context.console.error("--to " + flags.to + ": it is hf, adapter or gguf");
        return kWrongUsage;
    }
    auto source = sourceOf(flags.common, context);
    if (!source) {
        return context.fail(source.message());
    }
    const auto watch = watchOf(context);
    const auto& out = flags.common.out;
    return report(flags.to == "hf"        ? publish::publishModel(*source, out, flags.type.empty() ? "auto" : flags.type, watch)
                  : flags.to == "adapter" ? publish::publishAdapter(*source, out, watch)
                                          : publish::publishGguf(*source, out, flags.type.empty() ? "q8_0" : flags.type, watch),
                  context);
}

} // namespace
} // namespace export_command

Command exportCommand()
{
    return command<export_command::Flags>(
        "export", "Write a tuned model for other programs, opened again and compared before it counts",
        "luthier export --model MODEL --adapter runs/first/adapter --to gguf --type q4_k_m --out mine.gguf\n"
        "luthier export --model MODEL --adapter A --to hf --out merged\n"
        "luthier export --model MODEL --adapter A --to adapter --out a.gguf --json",
        export_command::setup, export_command::run);
}

} // namespace luthier::cli
