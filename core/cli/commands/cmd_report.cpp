// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/child.h"
#include "core/base/files.h"
#include "core/base/scratch_folder.h"
#include "core/cli/command.h"
#include "core/cli/display.h"
#include "core/cli/run_project.h"
#include "core/report/people_votes.h"
#include "core/report/run_report.h"

#include <CLI/App.hpp>

#include <optional>

namespace luthier::cli {

namespace fs = std::filesystem;

namespace report_command {
namespace {

constexpr const char* kResults = "results.json";

struct Flags {
    std::string target;
    std::string project;
    std::string out;
    bool pdf = false;
    bool card = false;
};

constexpr const char* kStudio = "luthier-studio"; // which sets pages on paper

void setup(CLI::App& app, Flags& flags)
{
    app.add_option("run", flags.target, "Number or name of a run of the project, the folder of a run with a project or without one, or that of an evaluation")->required()->option_text("RUN");
    app.add_option("--project", flags.project, "Project folder")->envname("LUTHIER_PROJECT")->option_text("DIR");
    app.add_option("-o,--out", flags.out, "Page to write; usually report.html in the run's or the evaluation's folder")->option_text("FILE.html");
    app.add_flag("--pdf", flags.pdf, "The page on paper, as report.pdf; a --out that ends in .pdf says the same. luthier-studio sets it, which belongs beside this program");
    app.add_flag("--card", flags.card, "The model card instead, as the hub wants it: README.md in the result's folder, or --out. One that is there already stays")
        ->excludes("--pdf");
}

// The folder of the run that lies at or around `folder`: that of an adapter is in it. Empty: no run lies there.
fs::path runFolderAt(const fs::path& folder)
{
    std::error_code code;
    const auto isRun = [&](const fs::path& at) { // a recipe alone is somebody's file
        const auto has = [&](const char* name) { return fs::exists(at / name, code); };
        return has("recipe.json") && (has("checkpoints") || has("adapter") || has("model") || has("best"));
    };
    const fs::path whole = fs::weakly_canonical(fs::absolute(folder, code), code);
    constexpr int kDeepest = 4; // checkpoints/step-40/adapter
    fs::path at = whole.has_filename() ? whole : whole.parent_path();
    for (int i = 0; i < kDeepest && fs::is_directory(folder, code); ++i, at = at.parent_path()) {
        if (isRun(at)) {
            return at;
        }
    }
    return {};
}

// By number, name or folder, of the project around the folder or the one that was named. Null: there is no project, and the folder has to do.
Result<std::optional<store::RunRow>> runOf(const Flags& flags, const fs::path& runFolder, std::shared_ptr<store::Project>& project)
{
    std::error_code code;
    fs::path around = runFolder.empty() ? fs::path() : projectAround(runFolder);
    around = around.empty() && fs::is_directory(flags.target, code) ? projectAround(flags.target) : around; // a link to where the run lies
    auto opened = lookInto(around.empty() ? fs::path(flags.project) : around);
    if (!opened) {
        return opened.error();
    }
    project = *opened;
    if (!project && runFolder.empty()) {
        return Error{flags.target + (fs::is_directory(flags.target, code) ? ": neither a run nor an evaluation lies there (a run has a recipe.json and checkpoints or a result, an evaluation a results.json)" : ": say which project that is a run of: --project DIR, or LUTHIER_PROJECT; or give the folder of a run, or of an evaluation")};
    }
    auto row = project ? findRun(*project, flags.target) : Result<store::RunRow>(Error{""});
    if (row) {
        return std::optional(std::move(*row));
    }
    return runFolder.empty() ? Result<std::optional<store::RunRow>>(row.error()) : std::optional<store::RunRow>();
}

// Of the project that is named, or keeps the evaluation: what people said of these answers.
Result<void> addVotes(const Flags& flags, Json& results)
{
    std::error_code code;
    fs::path folder = fs::absolute(flags.target, code).lexically_normal();
    folder = !flags.project.empty() ? fs::path(flags.project) : (folder.has_filename() ? folder : folder.parent_path()).parent_path().parent_path();
    if (!fs::exists(folder / "luthier.db", code)) {
        return {};
    }
    results["folder"] = flags.target; // it may have been moved since
    const auto project = lookInto(folder);
    return project && *project ? report::addPeople(**project, results) : project ? Result<void>() : project.error();
}

int told(const fs::path& path, std::size_t bytes, Context& context)
{
    return context.done({{"report", path.string()}, {"bytes", bytes}}, path.string());
}

// The window's program sets the page, without a window.
int writePaper(const fs::path& path, const std::string& html, Context& context)
{
    const base::ScratchFolder scratch("luthier-report");
    if (scratch.path().empty()) {
        return context.fail("no folder for temporary files could be made in " + fs::temp_directory_path().string());
    }
    auto page = base::writeFileAtomically(scratch.path() / "page.html", html);
    if (!page) {
        return context.fail(page.message());
    }
    fs::path studio = base::ownProgram();
    studio.replace_filename(kStudio);
    std::error_code code;
    const auto done = !fs::exists(studio, code) ? Result<int>(Error{studio.string() + " is not there"})
                                                : base::runChild({studio.string(), "-platform", "offscreen", "--paper", (scratch.path() / "page.html").string(), "--out",
                                                                  fs::absolute(path, code).string()},
                                                                 scratch.path() / "out", scratch.path() / "err", context.cancel);
    if (!done || *done != 0) {
        const auto said = base::readFile(scratch.path() / "err");
        return context.fail(path.string() + ": the window's program, which sets pages on paper, did not: "
                            + (!done ? done.message() : said && !said->empty() ? oneLine(*said) : "it ended with " + std::to_string(*done))
                            + "; write the page as .html instead, which every browser prints");
    }
    return told(path, static_cast<std::size_t>(fs::file_size(path, code)), context);
}

int write(const Flags& flags, const fs::path& folder, const std::string& html, Context& context)
{
    const bool isPaper = flags.pdf || fs::path(flags.out).extension() == ".pdf";
    const fs::path path = flags.out.empty() ? folder / (isPaper ? "report.pdf" : "report.html") : fs::path(flags.out);
    if (isPaper) {
        return writePaper(path, html, context);
    }
    auto written = base::writeFileAtomically(path, html);
    return written ? told(path, html.size(), context) : context.fail(written.message());
}

int writeCard(const Flags& flags, store::Project& project, const store::RunRow& row, Context& context)
{
    const auto card = report::runCard(project, row.id);
    if (!card) {
        return context.fail(card.message());
    }
    std::error_code code;
    const fs::path path = flags.out.empty() ? fs::path(row.result) / "README.md" : fs::path(flags.out);
    if (fs::exists(path, code)) {
        return context.fail(path.string() + ": a card is there already, and stays; take another --out, or remove it");
    }
    auto written = base::writeFileAtomically(path, *card);
    return written ? told(path, card->size(), context) : context.fail(written.message());
}

int run(const Flags& flags, Context& context)
{
    std::error_code code;
    if (fs::exists(fs::path(flags.target) / kResults, code)) {
        if (flags.card) {
            return context.fail(flags.target + ": this is an evaluation; a card belongs to a run, whose number, name or folder is wanted");
        }
        auto results = base::readJson(fs::path(flags.target) / kResults);
        if (const auto added = results ? addVotes(flags, *results) : Result<void>(); !added) {
            return context.fail(added.message());
        }
        return results ? write(flags, flags.target, report::toHtml(*results, "Evaluation"), context) : context.fail(results.message());
    }
    std::shared_ptr<store::Project> project;
    const fs::path runFolder = runFolderAt(flags.target);
    const auto row = runOf(flags, runFolder, project);
    if (!row) {
        return context.fail(row.message());
    }
    if (flags.card && !*row) {
        return context.fail(flags.target + ": no project knows this run, and a card is made of what one does; luthier tune --project DIR keeps its runs");
    }
    if (flags.card) {
        return writeCard(flags, *project, **row, context);
    }
    context.console.progress("reading and hashing what the run was made from");
    const auto report = *row ? report::runReport(*project, (*row)->id, context.cancel) : report::runReport(runFolder, context.cancel);
    context.console.endProgress();
    return report ? write(flags, *row ? fs::path((*row)->folder) : runFolder, report::toHtml(*report), context) : context.fail(report.message());
}

} // namespace
} // namespace report_command

Command reportCommand()
{
    return command<report_command::Flags>("report", "A page that stands alone about a run or an evaluation: curves, results, settings, hashes, what was not measured",
                          "luthier report 3 --project ~/tunes\n"
                          "luthier report runs/first --out first.html\n"
                          "luthier report 3 --project ~/tunes --pdf\n"
                          "luthier report 3 --project ~/tunes --card\n"
                          "luthier report ~/tunes/evaluations/1",
                          report_command::setup, report_command::run)
        .withTensorsOnlyIn({});
}

} // namespace luthier::cli
