// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/files.h"
#include "core/cli/command.h"
#include "core/cli/run_project.h"
#include "core/report/run_report.h"

#include <CLI/App.hpp>

namespace luthier::cli {

namespace fs = std::filesystem;

namespace {

constexpr const char* kResults = "results.json";

struct Flags {
    std::string target;
    std::string project;
    std::string out;
};

void setup(CLI::App& app, Flags& flags)
{
    app.add_option("run", flags.target, "Number or name of a run of the project, the run's folder, or the folder of an evaluation")->required()->option_text("RUN");
    app.add_option("--project", flags.project, "Project folder")->envname("LUTHIER_PROJECT")->option_text("DIR");
    app.add_option("-o,--out", flags.out, "Page to write; usually report.html in the run's or the evaluation's folder")->option_text("FILE.html");
}

// The run's number in the project around its folder, or of the project that was named.
Result<store::RunRow> runOf(const Flags& flags, std::shared_ptr<store::Project>& project)
{
    std::error_code code;
    const bool isFolder = fs::is_directory(flags.target, code) && !projectAround(flags.target).empty();
    auto opened = lookInto(isFolder ? projectAround(flags.target) : fs::path(flags.project));
    if (!opened) {
        return opened.error();
    }
    project = *opened;
    if (!project) {
        return Error{"say which project: --project DIR, or LUTHIER_PROJECT; or give the folder of one of its runs, or of an evaluation"};
    }
    const fs::path whole = fs::absolute(flags.target, code).lexically_normal();
    return findRun(*project, isFolder ? (whole.has_filename() ? whole : whole.parent_path()).filename().string() : flags.target);
}

int write(const fs::path& path, const std::string& html, Context& context)
{
    if (auto written = base::writeFileAtomically(path, html); !written) {
        return context.fail(written.message());
    }
    if (context.console.isJson()) {
        context.console.line({{"report", path.string()}, {"bytes", html.size()}});
    } else {
        context.console.text(path.string());
    }
    return kDone;
}

int run(const Flags& flags, Context& context)
{
    if (fs::path(flags.out).extension() == ".pdf") {
        return context.fail(flags.out + ": PDF is written by the window (Evaluate, Save report); here the page is written as .html, which every browser prints");
    }
    std::error_code code;
    if (fs::exists(fs::path(flags.target) / kResults, code)) {
        const auto results = base::readJson(fs::path(flags.target) / kResults);
        if (!results) {
            return context.fail(results.message());
        }
        const fs::path out = flags.out.empty() ? fs::path(flags.target) / "report.html" : fs::path(flags.out);
        return write(out, report::toHtml(*results, "Evaluation"), context);
    }
    std::shared_ptr<store::Project> project;
    const auto row = runOf(flags, project);
    context.console.progress("reading and hashing what the run was made from");
    const auto report = row ? report::runReport(*project, row->id, context.cancel) : Result<report::RunReport>(row.error());
    context.console.endProgress();
    if (!report) {
        return context.fail(report.message());
    }
    return write(flags.out.empty() ? fs::path(row->folder) / "report.html" : fs::path(flags.out), report::toHtml(*report), context);
}

} // namespace

Command reportCommand()
{
    return command<Flags>("report", "A page that stands alone about a run or an evaluation: curves, results, settings, hashes, what was not measured",
                          "luthier report 3 --project ~/tunes\n"
                          "luthier report ~/tunes/runs/3 --out run3.html\n"
                          "luthier report ~/tunes/evaluations/1",
                          setup, run)
        .withTensorsOnlyIn({});
}

} // namespace luthier::cli
