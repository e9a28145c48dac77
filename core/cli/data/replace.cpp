// SPDX-License-Identifier: GPL-3.0-or-later
// luthier data replace: what would change, and with --out the rows with it.
#include "core/base/amount.h"
#include "core/cli/data/files.h"
#include "core/cli/data/project.h"
#include "core/cli/data/verbs.h"
#include "core/cli/display.h"
#include "core/data/row_fields.h"

#include <CLI/App.hpp>

namespace luthier::cli {

namespace replace_verb {
namespace {

struct Flags : DataFlags {
    std::string out;
    std::string find;
    std::string with;
    std::string field;      // empty: every field
    bool regex = false;
    bool matchCase = false;
    bool wholeWords = false;
    bool save = false;      // replaced rows become an edit of the project
    std::int64_t first = 20;
};

void setup(CLI::App& app, Flags& flags)
{
    addOut(app, flags.out, "Write the rows with the changes (.jsonl, .csv, .tsv); without it they are only told");
    app.add_option("--find", flags.find, "Text to find, in capitals or small letters")->required()->option_text("TEXT");
    app.add_flag("--save", flags.save, "Keep the changes as one step of --project, which undo takes back");
    app.add_option("--with", flags.with, "What stands there instead; nothing removes it")->option_text("TEXT");
    app.add_option("--field", flags.field, "In this field, or the turns of this role, alone")->option_text("NAME");
    app.add_flag("--regex", flags.regex, "Read --find as a regular expression (PCRE2); $1 in --with is a group");
    app.add_flag("--case", flags.matchCase, "Capital and small letters differ");
    app.add_flag("--words", flags.wholeWords, "Whole words only");
    app.add_option("--first", flags.first, "Changes that --json shows")->check(CLI::NonNegativeNumber)->option_text("N");
}

struct Replaced {
    std::int64_t changed = 0;
    Json shown = Json::array(); // the first changes
    store::EditStep step;       // filled for --save
};

// Rows that cannot be read are passed over; they are counted by `data check`.
Result<Replaced> replaceIn(const data::Dataset& dataset, const data::RowQuery& query, const Flags& flags, data::RowSink* sink,
                           Context& context)
{
    Replaced replaced;
    for (std::int64_t row = 0; row < dataset.rowCount(); ++row) {
        if (context.cancel.isCancelled()) {
            return Error{"cancelled"};
        }
        const auto json = dataset.row(row);
        if (!json) {
            continue;
        }
        const auto changed = data::replacedInRow(dataset.format(), *json, query, flags.with);
        if (!changed) {
            return Error{"row " + std::to_string(row + 1) + ": " + changed.message()};
        }
        if (*changed) {
            ++replaced.changed;
            if (static_cast<std::int64_t>(replaced.shown.size()) < flags.first) {
                replaced.shown.push_back({{"row", row + 1}, {"before", *json}, {"after", **changed}});
            }
            if (flags.save) {
                replaced.step.rows.push_back({row, dataset.edit(row), **changed});
            }
        }
        if (auto written = sink ? sink->write(*changed ? **changed : *json) : Result<void>(); !written) {
            return written.error();
        }
    }
    return replaced;
}

// With --save the project is open for writing all the while, so that nobody else edits what is being replaced.
Result<ProjectData> openForReplace(const std::string& file, const Flags& flags, Context& context)
{
    if (flags.save) {
        return openProjectData(flags, context, true);
    }
    auto dataset = openData(file, flags, context);
    return dataset ? Result<ProjectData>(ProjectData{nullptr, std::move(*dataset), {}, file}) : dataset.error();
}

Result<Json> replaceFile(const std::string& file, const data::RowQuery& query, const Flags& flags, Context& context)
{
    auto opened = openForReplace(file, flags, context);
    if (!opened) {
        return opened.error();
    }
    const auto& dataset = opened->dataset;
    std::optional<data::RowSink> sink;
    if (!flags.out.empty()) {
        auto made = data::RowSink::create(flags.out);
        if (!made) {
            return made.error();
        }
        sink.emplace(std::move(*made));
    }
    auto replaced = replaceIn(*dataset, query, flags, sink ? &*sink : nullptr, context);
    if (!replaced) {
        return replaced.error();
    }
    Json object{{"file", file}, {"rows", dataset->rowCount()}, {"changed", replaced->changed}, {"changes", std::move(replaced->shown)}};
    if (sink) {
        if (auto done = sink->commit(context.cancel); !done) {
            return done.error();
        }
        object["out"] = flags.out;
        object["written"] = sink->count();
    }
    if (flags.save) {
        const std::string text = "replacing in " + base::amount(replaced->changed, "row");
        if (auto done = record(*opened, std::move(replaced->step), text, flags); !done) {
            return done.error();
        }
        object["saved"] = true;
    }
    return object;
}

std::string told(const Json& object)
{
    std::string text = object["file"].get<std::string>() + ": " + counted(object["changed"].get<std::int64_t>()) + " of "
                       + base::amount(object["rows"].get<std::int64_t>(), "row") + " "
                       + (object.contains("saved") ? std::string("changed in the project")
                          : object.contains("out") ? "changed; written to " + object["out"].get<std::string>()
                                                 : std::string("would change; --out writes them, --save keeps them in the project"));
    return oneLine(text);
}

int run(const Flags& flags, Context& context)
{
    if (flags.save && flags.project.empty()) {
        return context.fail("--save keeps the changes in a project; say which: --project DIR");
    }
    if (!flags.out.empty() && flags.files.size() > 1) {
        return context.fail("--out takes the rows of one file; mix several into one first");
    }
    const text::PatternOptions options{flags.regex, flags.matchCase, flags.wholeWords};
    auto pattern = text::TextPattern::compile(flags.find, options);
    if (!pattern) {
        return context.fail("--find: " + pattern.message());
    }
    const data::RowQuery query{*pattern, flags.field};
    for (const auto& file : flags.files) {
        const auto object = replaceFile(file, query, flags, context);
        if (!object) {
            return context.fail(object.message());
        }
        context.console.endProgress();
        tell(*object, told(*object), context);
    }
    return kDone;
}

} // namespace
} // namespace replace_verb

Command replaceVerb()
{
    return dataVerb("replace", "A text or pattern replaced in every row", replace_verb::setup, replace_verb::run);
}

} // namespace luthier::cli
