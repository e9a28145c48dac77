// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/cli/data/verbs.h"
#include "core/cli/display.h"
#include "core/data/making/augment.h"
#include "core/data/making/generated_rows.h"

#include <CLI/App.hpp>

#include <algorithm>
#include <array>

namespace luthier::cli {

namespace {

template <class Table>
std::vector<std::string> idsOf(const Table& table)
{
    std::vector<std::string> ids;
    for (const auto& row : table) {
        ids.emplace_back(row.id);
    }
    return ids;
}

CLI::Option* addOut(CLI::App& app, DataFlags& flags, const char* help)
{
    return app.add_option("-o,--out", flags.out, help)->option_text("FILE");
}

void addSeed(CLI::App& app, DataFlags& flags)
{
    app.add_option("--seed", flags.seed, "Other rows for another number; usually 42, as in recipes")->option_text("N");
}

void addTo(CLI::App& app, DataFlags& flags, const char* help)
{
    app.add_option("--to", flags.to, help)->check(CLI::IsMember(idsOf(data::rowShapes())))->option_text("SHAPE");
}

void showFlags(CLI::App& app, DataFlags& flags)
{
    app.add_option("--first", flags.first, "So many rows; 0: all; usually 20")->check(CLI::NonNegativeNumber)->option_text("N");
}

void countFlags(CLI::App& app, DataFlags& flags)
{
    app.add_option("--model", flags.model, "Also count the tokens of this model")->option_text("DIR");
    app.add_option("--max-length", flags.maxLength, "Longer rows are cut; usually 1024")
        ->check(CLI::Range(std::int64_t{8}, std::int64_t{1048576}))
        ->option_text("TOKENS");
}

void addNear(CLI::App& app, DataFlags& flags)
{
    app.add_flag("--near", flags.near, "Also rows that are nearly the same");
    app.add_option("--similarity", flags.similarity, "Share of common word triples from which rows are nearly the same; usually 0.8")
        ->check(CLI::Range(0.5, 1.0))
        ->option_text("X");
}

void dedupeFlags(CLI::App& app, DataFlags& flags)
{
    addOut(app, flags, "Write the rows without the repeated ones (.jsonl, .csv, .tsv)");
    addNear(app, flags);
    app.add_option("--against", flags.against, "Also rows that stand in this held-out file")->option_text("FILE");
}

void replaceFlags(CLI::App& app, DataFlags& flags)
{
    addOut(app, flags, "Write the rows with the changes (.jsonl, .csv, .tsv); without it they are only told");
    app.add_option("--find", flags.find, "Text to find, in capitals or small letters")->required()->option_text("TEXT");
    app.add_flag("--save", flags.save, "Keep the changes as one step of --project, which undo takes back");
    app.add_option("--with", flags.with, "What stands there instead; nothing removes it")->option_text("TEXT");
    app.add_option("--field", flags.field, "In this field, or the turns of this role, alone")->option_text("NAME");
    app.add_flag("--regex", flags.regex, "Read --find as a regular expression (PCRE2); $1 in --with is a group");
    app.add_flag("--case", flags.matchCase, "Capital and small letters differ");
    app.add_flag("--words", flags.wholeWords, "Whole words only");
    app.add_option("--first", flags.first, "Changes that --json shows")->check(CLI::NonNegativeNumber)->option_text("N");
}

void splitFlags(CLI::App& app, DataFlags& flags)
{
    addOut(app, flags, "rows.jsonl gives rows.train.jsonl and rows.held_out.jsonl")->required();
    app.add_option("--share", flags.share, "Of the rows that is held out; usually 0.1")->check(CLI::Range(0.0, 0.9))->option_text("X");
    auto* by = app.add_option("--by", flags.by, "Hold out this share of every value of a field")->option_text("FIELD");
    app.add_flag("--by-tag", flags.byTag, "Hold out this share of every tag that the rows have in --project")->excludes(by);
    addSeed(app, flags);
    addTo(app, flags, "Write the rows in another shape");
}

void mixFlags(CLI::App& app, DataFlags& flags)
{
    addOut(app, flags, "The mixture (.jsonl, .csv, .tsv)")->required();
    app.add_option("--weight", flags.weights, "Of each file, in their order; usually as many rows as it has")->option_text("W...");
    app.add_option("--rows", flags.rows, "Rows in all; usually as many as there are, none twice")->check(CLI::NonNegativeNumber)->option_text("N");
    app.add_option("--general", flags.general, "Mix in rows of this file against forgetting; \"bundled\": general texts that come with Luthier")->option_text("FILE");
    app.add_option("--share", flags.share, "Of the mixture that is general; usually 0.1")->check(CLI::Range(0.0, 0.9))->option_text("X");
    addSeed(app, flags);
    addTo(app, flags, "Write all rows in this shape");
}

void augmentFlags(CLI::App& app, DataFlags& flags)
{
    std::string help = "What to change:";
    for (const auto& way : data::augmentations()) {
        help += std::string(" ") + way.id;
    }
    addOut(app, flags, "All rows and those made from them (.jsonl)")->required();
    app.add_option("--way", flags.ways, help)->required()->check(CLI::IsMember(idsOf(data::augmentations())))->option_text("ID...");
    app.add_option("--times", flags.times, "New rows of each kind for every row; usually 1")->check(CLI::Range(1, 100))->option_text("N");
    app.add_option("--strength", flags.strength, "How much noise, 0 to 1; usually 0.1")->check(CLI::Range(0.0, 1.0))->option_text("X");
    app.add_option("--held-out-share", flags.heldOutShare, "Make nothing from the rows a split with this share and seed holds out")
        ->check(CLI::Range(0.0, 0.9))
        ->option_text("X");
    addSeed(app, flags);
}

void convertFlags(CLI::App& app, DataFlags& flags)
{
    addOut(app, flags, "The file to write: .jsonl, .csv, .tsv or .parquet")->required();
    addTo(app, flags, "Shape of the rows; usually they keep theirs");
}

void overlapFlags(CLI::App& app, DataFlags& flags)
{
    addOut(app, flags, "Write the training rows that are not held out");
    addNear(app, flags);
}

void mapFlags(CLI::App& app, DataFlags& flags)
{
    app.add_option("--max-rows", flags.maxRows, "Of more rows so many are taken; usually 100000")->check(CLI::Range(1, 1000000))->option_text("N");
    app.add_flag("--prompts", flags.promptsAlone, "By their prompts alone");
    app.add_option("--features", flags.features, "What rows are compared by: hashed words (usual), or the token embeddings of --model")
        ->check(CLI::IsMember({"hashed", "model"}))
        ->option_text("hashed|model");
    app.add_option("--model", flags.model, "Model folder, for --features model")->option_text("DIR");
    addSeed(app, flags);
}

void diverseFlags(CLI::App& app, DataFlags& flags)
{
    app.add_option("--keep", flags.keep, "So many rows, each as far from the others as can be; usually 100")
        ->check(CLI::PositiveNumber)
        ->option_text("N");
    addOut(app, flags, "Write them, in the order of the file");
    addTo(app, flags, "Write the rows in another shape");
    mapFlags(app, flags);
}

void lossFlags(CLI::App& app, DataFlags& flags)
{
    app.add_option("--model", flags.model, "Measure with this model")->option_text("DIR");
    app.add_option("--adapter", flags.adapters, "And with this adapter: before and after")->allow_extra_args(false)->option_text("DIR");
    app.add_option("--run", flags.run, "As this run measured them (run.row_losses)")->option_text("DIR");
    app.add_option("--project", flags.project, "Keep them in this project, too")->option_text("DIR");
    app.add_option("--run-id", flags.runId, "As those of this run of the project")->check(CLI::NonNegativeNumber)->option_text("N");
    app.add_option("--sort", flags.sort, "hardest (usual) or row")->check(CLI::IsMember({"hardest", "row"}))->option_text("HOW");
    app.add_option("--only", flags.only, "never_learned, or suspect: its neighbours were learned")
        ->check(CLI::IsMember({"never_learned", "suspect"}))
        ->option_text("WHICH");
    app.add_option("--max-length", flags.maxLength, "Longer rows are cut; usually 1024")
        ->check(CLI::Range(std::int64_t{8}, std::int64_t{1048576}))
        ->option_text("TOKENS");
    showFlags(app, flags);
}

void generateFlags(CLI::App& app, DataFlags& flags)
{
    std::string help = "What the model makes:";
    for (const auto& way : data::generationWays()) {
        help += std::string(" ") + way.id;
    }
    addOut(app, flags, "Where the rows wait for review (.jsonl)")->required();
    app.add_option("--model", flags.model, "Model folder")->required()->option_text("DIR");
    app.add_option("--adapter", flags.adapters, "Adapter folder, DIR=0.7 to weigh it; may be repeated")->allow_extra_args(false)->option_text("DIR");
    app.add_option("--way", flags.ways, help)->required()->check(CLI::IsMember(idsOf(data::generationWays())))->option_text("ID...");
    app.add_option("--times", flags.times, "New rows of each kind for every row; usually 1")->check(CLI::Range(1, 100))->option_text("N");
    app.add_option("--max-new", flags.maxNew, "Tokens of an answer; usually 256")->check(CLI::Range(1, 32768))->option_text("N");
    app.add_option("--temperature", flags.temperature, "How freely it words; usually 0.8")->check(CLI::Range(0.0, 5.0))->option_text("X");
    app.add_option("--held-out-share", flags.heldOutShare, "Make nothing from the rows a split with this share and seed holds out")
        ->check(CLI::Range(0.0, 0.9))
        ->option_text("X");
    showFlags(app, flags);
    addSeed(app, flags);
}

void acceptFlags(CLI::App& app, DataFlags& flags)
{
    addOut(app, flags, "The accepted rows")->required();
    app.add_flag("--all", flags.all, "Also what nobody reviewed");
}

void batchFlags(CLI::App& app, DataFlags& flags)
{
    app.add_option("--step", flags.step, "Optimizer step, from 1")->required()->check(CLI::PositiveNumber)->option_text("N");
}

constexpr std::array kVerbs = {
    DataVerb{"show", "Rows as they are read", showFlags, showRows},
    DataVerb{"check", "What is wrong with which row, and repeated rows", countFlags, checkFiles},
    DataVerb{"stats", "Counts, lengths, labels, openings and scripts", countFlags, fileStats},
    DataVerb{"dedupe", "Rows that repeat an earlier one, or nearly do", dedupeFlags, dedupeFiles},
    DataVerb{"split", "Hold some rows out, as training does", splitFlags, splitFiles},
    DataVerb{"mix", "Several files in one, shuffled, by weight", mixFlags, mixFiles},
    DataVerb{"augment", "More rows that say the same in another form", augmentFlags, augmentFiles},
    DataVerb{"overlap", "Training rows that stand in the held-out file", overlapFlags, overlapFiles},
    DataVerb{"diverse", "Rows that stand for all others", diverseFlags, diverseRows},
    DataVerb{"map", "Every row as a point, rows of like words near each other", mapFlags, mapFiles},
    DataVerb{"loss", "What each row costs a model, before and after tuning", lossFlags, rowLosses},
    DataVerb{"batch", "The rows a step of a run learned from; FILE is the run's folder", batchFlags, batchRows},
    DataVerb{"generate", "New rows made by a model, for review", generateFlags, generateRows},
    DataVerb{"accept", "The accepted rows of a review file", acceptFlags, acceptRows},
    DataVerb{"replace", "A text or pattern replaced in every row", replaceFlags, replaceRows},
    DataVerb{"convert", "Another file format, another shape of rows", convertFlags, convertFiles},
    DataVerb{"edit", "Change a row: its texts, its turns, their roles", editFlags, editRow},
    DataVerb{"tag", "Tags on rows, or which there are", tagFlags, tagRows},
    DataVerb{"exclude", "Leave rows out of training", markFlags, excludeRows},
    DataVerb{"include", "Take rows in again", markFlags, includeRows},
    DataVerb{"undo", "Take the newest step of editing back", stepFlags, undoSteps},
    DataVerb{"redo", "Do again what was undone", stepFlags, redoSteps},
    DataVerb{"history", "The steps of editing that can be undone", historyFlags, showHistory},
    DataVerb{"versions", "Named states of a file: list, save NAME, diff A B, restore NAME, delete NAME", versionFlags, fileVersions},
};

void setup(CLI::App& app, DataFlags& flags)
{
    app.require_subcommand(1);
    for (const DataVerb& verb : kVerbs) {
        CLI::App* sub = app.add_subcommand(verb.name, verb.summary);
        sub->group("Commands");
        sub->add_option("files", flags.files, "Data files: JSON, JSONL, CSV, TSV, Parquet, Arrow or text, also packed with gzip or zstd, or folders of texts")->required()->option_text("FILE...");
        sub->add_option("--format", flags.format, "Shape of the rows; auto looks at the first")->option_text("ID");
        sub->add_option("--map", flags.columns, "What the files call a field, as prompt=question,answer=solution")
            ->delimiter(',')
            ->option_text("FIELD=COLUMN...");
        verb.flags(*sub, flags);
        if (sub->get_option_no_throw("--project") == nullptr) {
            sub->add_option("--project", flags.project, "Read the rows with the edits of this project, without those left out")->option_text("DIR");
        }
        sub->parse_complete_callback([&flags, &verb] { flags.verb = &verb; });
    }
}

int run(const DataFlags& flags, Context& context)
{
    return flags.verb->run(flags, context);
}

} // namespace

Result<data::Encoder> loadEncoder(const DataFlags& flags)
{
    return flags.model.empty() ? Result<data::Encoder>(data::Encoder{}) : data::Encoder::load(flags.model);
}

data::WalkOptions walkOptions(const std::string& what, Context& context)
{
    data::WalkOptions options;
    options.threads = context.globals.threads;
    options.cancel = context.cancel;
    options.progress = [&context, what, isFirst = true](std::int64_t done, std::int64_t total) mutable {
        // Small files are done before anybody could read a line.
        if (!std::exchange(isFirst, false)) {
            context.console.progress(what + " " + counted(done) + " of " + counted(total));
        }
    };
    return options;
}

Json rowsFromOne(const std::vector<std::int64_t>& rows)
{
    Json list = Json::array();
    for (const std::int64_t row : rows) {
        list.push_back(row + 1);
    }
    return list;
}

Command dataCommand()
{
    return command<DataFlags>("data", "Look at data files, clean, split, mix and convert them",
                              "luthier data show rows.jsonl --first 5\n"
                              "luthier data check rows.jsonl more.csv --model MODEL --json\n"
                              "luthier data dedupe rows.jsonl --near --out clean.jsonl\n"
                              "luthier data split clean.jsonl --out set.jsonl\n"
                              "luthier data convert rows.csv --to chat --out rows.jsonl\n"
                              "luthier data edit rows.jsonl --row 3 --turn 2 --set \"Better so.\" --project ~/tunes\n"
                              "luthier data exclude rows.jsonl --check refusal --project ~/tunes",
                              setup, run);
}

} // namespace luthier::cli
