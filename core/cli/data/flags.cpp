// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/cli/data/flags.h"

#include "core/cli/inputs.h"
#include "core/data/formats/row_writer.h"

#include <CLI/App.hpp>

namespace luthier::cli {

void addFiles(CLI::App& app, DataFlags& flags)
{
    app.add_option("files", flags.files, "Data files: JSON, JSONL, CSV, TSV, Parquet, Arrow or text, also packed with gzip or zstd, or folders of texts")
        ->required()
        ->option_text("FILE...");
    app.add_option("--format", flags.format, "Shape of the rows; auto looks at the first")->option_text("ID");
    app.add_option("--map", flags.columns, "What the files call a field, as prompt=question,answer=solution")
        ->option_text("FIELD=COLUMN...");
}

void addReading(CLI::App& app, DataFlags& flags)
{
    if (app.get_option_no_throw("--project") == nullptr) {
        app.add_option("--project", flags.project, "Read the rows with the edits of this project, without those left out")->option_text("DIR");
    }
}

void addCounting(CLI::App& app, CountFlags& flags)
{
    app.add_option("--model", flags.model, "Also count the tokens of this model")->option_text("DIR");
    addChatTemplate(app, flags.chatTemplate);
    addFoldSystem(app, flags.foldSystem);
    addMaxLength(app, flags.maxLength);
}

void addNear(CLI::App& app, NearFlags& flags)
{
    app.add_flag("--near", flags.near, "Also rows that are nearly the same");
    app.add_option("--similarity", flags.similarity, "Share of common word triples from which rows are nearly the same; usually 0.8")
        ->check(CLI::Range(0.5, 1.0))
        ->option_text("X");
}

CLI::Option* addOut(CLI::App& app, std::string& out, const char* help)
{
    return app.add_option("-o,--out", out, help)->option_text("FILE");
}

void addTo(CLI::App& app, std::string& to, const char* help)
{
    app.add_option("--to", to, help)->check(CLI::IsMember(idsOf(data::rowShapes())))->option_text("SHAPE");
}

void addSeed(CLI::App& app, std::int64_t& seed)
{
    app.add_option("--seed", seed, "Other rows for another number; usually 42, as in recipes")->option_text("N");
}

void addFirst(CLI::App& app, std::int64_t& first)
{
    app.add_option("--first", first, "So many rows; 0: all; usually 20")->check(CLI::NonNegativeNumber)->option_text("N");
}

void addMaxLength(CLI::App& app, std::int64_t& maxLength)
{
    app.add_option("--max-length", maxLength, "Longer rows are cut; usually 1024")
        ->check(CLI::Range(std::int64_t{8}, std::int64_t{1048576}))
        ->option_text("TOKENS");
}

void addTimes(CLI::App& app, std::int64_t& times)
{
    app.add_option("--times", times, "New rows of each kind for every row; usually 1")->check(CLI::Range(1, 100))->option_text("N");
}

void addHeldOutShare(CLI::App& app, double& share)
{
    app.add_option("--held-out-share", share, "Make nothing from the rows a split with this share and seed holds out")
        ->check(CLI::Range(0.0, 0.9))
        ->option_text("X");
}

} // namespace luthier::cli
