// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/cli/runs/runs_verbs.h"

#include "core/base/files.h"
#include "core/cli/display.h"
#include "core/cli/run_project.h"
#include "core/cli/table.h"
#include "core/config/run_config.h"
#include "core/report/event_logs.h"
#include "core/report/run_sheet.h"
#include "core/store/runs/run_archive.h"
#include "core/store/runs/run_checkpoints.h"
#include "core/store/runs/run_search.h"

#include <algorithm>
#include <charconv>

namespace luthier::cli {

namespace {

std::string joined(const std::vector<std::string>& words)
{
    std::string text;
    for (const std::string& word : words) {
        text += (text.empty() ? "" : ", ") + word;
    }
    return text;
}

} // namespace

bool isWanted(const store::RunRow& row, const RunsFlags& flags)
{
    if (!flags.state.empty() && row.state != flags.state) {
        return false;
    }
    if (!flags.tag.empty() && std::find(row.tags.begin(), row.tags.end(), flags.tag) == row.tags.end()) {
        return false;
    }
    return store::matches(row, flags.search);
}

int noteRun(const RunsFlags& flags, ProjectPointer project, Context& context)
{
    const auto row = findRun(*project, flags.arguments.front());
    const auto done = row ? project->annotateRun(row->id, flags.arguments[1], row->tags) : Result<void>(row.error());
    return done ? context.done({{"id", row->id}, {"notes", flags.arguments[1]}}, "Run " + std::to_string(row->id) + " has its note.") : context.fail(done.message());
}

int tagRun(const RunsFlags& flags, ProjectPointer project, Context& context)
{
    const auto row = findRun(*project, flags.arguments.front());
    std::vector<std::string> tags = row ? row->tags : std::vector<std::string>();
    std::string word;
    for (const char c : flags.arguments[1] + ",") { // "good,-old": a minus takes one away
        if (c != ',') {
            word += c;
            continue;
        }
        const std::string name = word.starts_with('-') ? word.substr(1) : word;
        std::erase(tags, name);
        if (!word.empty() && !word.starts_with('-')) {
            tags.push_back(name);
        }
        word.clear();
    }
    const auto done = row ? project->annotateRun(row->id, row->notes, tags) : Result<void>(row.error());
    return done ? context.done({{"id", row->id}, {"tags", tags}}, "Run " + std::to_string(row->id) + (tags.empty() ? " has no tags." : ": " + joined(tags) + "."))
                : context.fail(done.message());
}

int listTrash(const RunsFlags&, ProjectPointer project, Context& context)
{
    const auto rows = project->deletedRuns();
    if (!rows) {
        return context.fail(rows.message());
    }
    Table table({{"run", false, true}, {"name", true}, {"created"}});
    for (const store::RunRow& row : *rows) {
        if (context.console.isJson()) {
            context.console.line({{"id", row.id}, {"name", row.name}, {"created", row.created}});
        }
        table.add({std::to_string(row.id), row.name, row.created});
    }
    if (!context.console.isJson()) {
        context.console.text(table.isEmpty() ? "The trash is empty." : table.toText(context.console.width()) + "\nluthier runs restore RUN brings one back.");
    }
    return kDone;
}

int restoreRun(const RunsFlags& flags, ProjectPointer project, Context& context)
{
    const std::string& word = flags.arguments.front();
    store::RunId id = 0;
    const auto parsed = std::from_chars(word.data(), word.data() + word.size(), id);
    if (parsed.ec != std::errc() || parsed.ptr != word.data() + word.size()) {
        return context.fail(word + ": say the number of a run in the trash; luthier runs trash lists them");
    }
    const auto done = project->restoreRun(id);
    return done ? context.done({{"id", id}, {"restored", true}}, "Run " + std::to_string(id) + " is back.") : context.fail(done.message());
}

// What the window's "Use these settings" takes.
int recipeOfRun(const RunsFlags& flags, ProjectPointer project, Context& context)
{
    const auto row = findRun(*project, flags.arguments.front());
    auto config = row ? config::fromJson(row->recipe) : Result<config::RunConfig>(row.error());
    if (!config) {
        return context.fail(config.message());
    }
    config->run.name.clear(); // it is the run's
    const Json recipe = config::toJson(*config);
    const std::string text = base::dumpJson(recipe, 2);
    if (flags.out.empty()) {
        return context.done(recipe, text);
    }
    const auto written = base::writeFileAtomically(flags.out, text + "\n");
    return written ? context.done({{"id", row->id}, {"file", flags.out}}, "The recipe of run " + std::to_string(row->id) + " is in " + flags.out + ".") : context.fail(written.message());
}

int sheetOfRun(const RunsFlags& flags, ProjectPointer project, Context& context)
{
    const auto row = findRun(*project, flags.arguments.front());
    const auto sheet = row ? report::runSheet(*project, row->id, context.cancel) : Result<Json>(row.error());
    if (!sheet) {
        return context.fail(sheet.message());
    }
    if (!flags.out.empty()) {
        if (const auto written = base::writeFileAtomically(flags.out, base::dumpJson(*sheet, 2) + "\n"); !written) {
            return context.fail(written.message());
        }
    }
    return context.done(*sheet, report::sheetText(*sheet));
}

int exportRun(const RunsFlags& flags, ProjectPointer project, Context& context)
{
    const auto row = findRun(*project, flags.arguments.front());
    if (!row) {
        return context.fail(row.message());
    }
    const std::string out = flags.out.empty() ? "run-" + std::to_string(row->id) + ".luthier-run" : flags.out;
    store::ArchiveSettings settings{flags.checkpoints, {}, context.cancel};
    settings.progress = [&](std::int64_t done, std::int64_t) { context.console.progress("packed " + byteSize(static_cast<double>(done))); };
    const auto done = store::writeRunArchive(*project, row->id, out, settings);
    context.console.endProgress();
    return done ? context.done({{"id", row->id}, {"file", out}}, "Run " + std::to_string(row->id) + " is in " + out + ".") : context.fail(done.message());
}

int importRun(const RunsFlags& flags, ProjectPointer project, Context& context)
{
    const auto row = store::readRunArchive(*project, flags.arguments.front(), {false, {}, context.cancel});
    return row ? context.done({{"id", row->id}, {"name", row->name}}, "It is run " + std::to_string(row->id) + " here: " + row->name + ".") : context.fail(row.message());
}

int logsOfRun(const RunsFlags& flags, ProjectPointer project, Context& context)
{
    if (flags.out.empty() && flags.lines.empty()) {
        context.console.error("say what: --tensorboard DIR, --jsonl FILE, or both");
        return kWrongUsage;
    }
    const auto row = findRun(*project, flags.arguments.front());
    const auto events = row ? project->events(row->id) : Result<std::vector<train::Event>>(row.error());
    if (!events) {
        return context.fail(events.message());
    }
    Json json{{"id", row->id}};
    std::string sentence;
    if (!flags.out.empty()) {
        const auto file = report::writeTensorBoard(*row, *events, flags.out);
        if (!file) {
            return context.fail(file.message());
        }
        json["tensorboard"] = file->string();
        sentence = file->string() + "\n";
    }
    if (!flags.lines.empty()) {
        if (const auto written = report::writeJsonLines(*events, flags.lines); !written) {
            return context.fail(written.message());
        }
        json["jsonl"] = flags.lines;
        sentence += flags.lines + "\n";
    }
    sentence.pop_back();
    return context.done(json, sentence);
}

int checkpointsOfRun(const RunsFlags& flags, ProjectPointer project, Context& context)
{
    const auto row = findRun(*project, flags.arguments.front());
    const auto all = row ? store::checkpointsOf(*project, row->id) : Result<std::vector<store::RunCheckpoint>>(row.error());
    if (!all) {
        return context.fail(all.message());
    }
    Table table({{"step", false, true}, {"loss", false, true}, {"held-out", false, true}, {"size", false, true}, {"folder", true}});
    for (const store::RunCheckpoint& one : *all) {
        const auto number = [](const std::optional<double>& value) { return value ? fixed(*value, 4) : std::string("-"); };
        table.add({counted(one.step), number(one.loss), number(one.heldOut) + (one.isLowest ? " lowest" : ""), byteSize(static_cast<double>(one.bytes)), one.folder.string()});
        if (context.console.isJson()) {
            context.console.line({{"step", one.step}, {"loss", one.loss ? Json(*one.loss) : Json()}, {"held_out", one.heldOut ? Json(*one.heldOut) : Json()},
                                  {"lowest", one.isLowest}, {"bytes", one.bytes}, {"folder", one.folder.string()}});
        }
    }
    if (!context.console.isJson()) {
        context.console.text(table.isEmpty() ? "The run has no checkpoint."
                                             : table.toText(context.console.width()) + "\nGo on from one:  luthier resume " + row->folder
                                                   + " --step N\nAnother run from it, with other settings:  luthier resume " + row->folder + " --step N --out DIR --set KEY=VALUE");
    }
    return kDone;
}

// The setting of the first against each other's: where any differ.
int diffRuns(const RunsFlags& flags, ProjectPointer project, Context& context)
{
    std::vector<config::RunConfig> configs;
    std::vector<Column> columns{{"setting"}};
    for (const auto& word : flags.arguments) {
        auto row = findRun(*project, word);
        auto config = row ? config::fromJson(row->recipe) : Result<config::RunConfig>(row.error());
        if (!config) {
            return context.fail("run " + word + ": " + config.message());
        }
        configs.push_back(std::move(*config));
        columns.push_back({"run " + word, true});
    }
    std::vector<std::string> keys;
    for (std::size_t i = 1; i < configs.size(); ++i) {
        for (const auto& row : config::difference(configs[0], configs[i])) {
            if (std::find(keys.begin(), keys.end(), row.key) == keys.end()) {
                keys.push_back(row.key);
            }
        }
    }
    Table table(columns);
    Json differences = Json::array();
    for (const std::string& key : keys) {
        std::vector<std::string> cells{key};
        for (const config::RunConfig& config : configs) {
            store::RunRow shown;
            shown.recipe = config::toJson(config);
            cells.push_back(store::settingOf(shown, key));
        }
        Json line{{"key", key}, {"left", cells[1]}, {"right", cells[2]}, {"values", std::vector<std::string>(cells.begin() + 1, cells.end())}};
        differences.push_back(std::move(line));
        table.add(std::move(cells));
    }
    if (context.console.isJson()) {
        context.console.line({{"differences", std::move(differences)}});
    } else {
        context.console.text(table.isEmpty() ? "The recipes are equal." : table.toText(context.console.width()));
    }
    return kDone;
}

} // namespace luthier::cli
