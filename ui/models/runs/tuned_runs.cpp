// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/runs/tuned_runs.h"
#include "ui/base/amounts.h"

#include "core/config/run_config.h"
#include "core/objectives/objectives.h"
#include "core/peft/folders/origin.h"
#include "core/peft/methods/method.h"
#include "core/store/adapter_library.h"
#include "core/store/run_rows.h"
#include "core/train/checkpoint_result.h"
#include "core/train/plan/held_out_list.h"

#include <QCoreApplication>
#include <QFileInfo>

#include <filesystem>

namespace luthier::ui {
namespace {

namespace fs = std::filesystem;

bool isAdapterFolder(const fs::path& folder)
{
    std::error_code code;
    return fs::is_regular_file(folder / "adapter_config.json", code);
}

bool isModelFolder(const fs::path& folder)
{
    std::error_code code;
    return fs::is_regular_file(folder / "config.json", code);
}

std::string textAt(const Json& recipe, const char* part, const char* key)
{
    if (!recipe.is_object() || !recipe.contains(part) || !recipe[part].is_object() || !recipe[part].contains(key)) {
        return {};
    }
    return recipe[part][key].is_string() ? recipe[part][key].get<std::string>() : std::string();
}

} // namespace

std::string objectiveIn(const Json& recipe)
{
    return textAt(recipe, "objective", "kind");
}

bool scoresOnly(const Json& recipe)
{
    const auto* objective = objectives::findObjective(objectiveIn(recipe));
    return objective != nullptr && objective->judges;
}

namespace {

QString said(const char* text)
{
    return QCoreApplication::translate("luthier::ui::TunedRun", text);
}

// Its result first, then the best of its steps where that is another one; of a run without a result its newest checkpoint.
void appendRun(const store::RunRow& row, std::vector<TunedRun>& runs)
{
    TunedRun run{row.id, QString::fromStdString(row.name), QString::fromStdString(peft::baseOf(row.folder, textAt(row.recipe, "model", "path")).string()),
                 QString::fromStdString(row.result), isAdapterFolder(row.result), row.recipe, QString::fromStdString(row.folder)};
    if (run.name.isEmpty()) {
        run.name = QStringLiteral("#%1").arg(row.id);
    }
    const bool hasResult = !row.result.empty() && (run.isAdapter || isModelFolder(row.result)); // else it is gone
    if (hasResult) {
        runs.push_back(run);
    }
    const fs::path best = fs::path(row.folder) / "best";
    std::error_code code;
    if (!row.folder.empty() && (isAdapterFolder(best) || isModelFolder(best)) && !fs::equivalent(best, row.result, code)) {
        TunedRun kept = run;
        kept.name = said(QT_TRANSLATE_NOOP("luthier::ui::TunedRun", "%1, lowest held-out loss")).arg(run.name);
        kept.result = QString::fromStdString(best.string());
        kept.isAdapter = isAdapterFolder(best);
        runs.push_back(std::move(kept));
    }
    const auto steps = hasResult || row.folder.empty() || row.state == "running" ? std::vector<std::int64_t>() : train::stepsWithCheckpoint(row.folder);
    if (!steps.empty() && !scoresOnly(row.recipe)) {
        const auto* method = peft::findMethod(textAt(row.recipe, "method", "kind"));
        run.checkpoint = steps.back();
        run.name = said(QT_TRANSLATE_NOOP("luthier::ui::TunedRun", "%1, checkpoint of step %2")).arg(run.name, number(run.checkpoint));
        run.result = QStringLiteral("%1/checkpoints/step-%2").arg(run.folder, QString::number(run.checkpoint)); // tells it apart
        run.isAdapter = method == nullptr || method->writesAdapter;
        runs.push_back(std::move(run));
    }
}

} // namespace

TunedRuns readTunedRuns(store::Project& project)
{
    TunedRuns read;
    const Result<std::vector<store::RunRow>> rows = project.runs();
    if (!rows) {
        read.problem = QString::fromStdString(rows.message());
        return read;
    }
    for (const store::RunRow& row : *rows) {
        appendRun(row, scoresOnly(row.recipe) ? read.scorers : read.runs);
    }
    const auto adapters = store::adapters(project);
    if (!adapters) {
        read.problem = QString::fromStdString(adapters.message());
        return read;
    }
    for (const store::LibraryAdapter& adapter : *adapters) {
        if (adapter.run == 0 && adapter.facts.problem.empty()) {
            read.runs.push_back({0, QString::fromStdString(adapter.name), QString::fromStdString(adapter.model), QString::fromStdString(adapter.facts.path.string()), true, {}});
        }
    }
    return read;
}

bool canAnswer(const store::RunRow& run)
{
    std::vector<TunedRun> left;
    if (!scoresOnly(run.recipe)) {
        appendRun(run, left);
    }
    return !left.empty();
}

Result<QString> resultOf(const TunedRun& run)
{
    if (run.checkpoint == 0) {
        return run.result;
    }
    const auto made = train::resultOfCheckpoint(run.folder.toStdString(), run.checkpoint);
    return made ? Result<QString>(QString::fromStdString(made->string())) : made.error();
}

Result<TunedRun> readTunedFolder(const QString& folder)
{
    const fs::path path = folder.toStdString();
    const bool isAdapter = isAdapterFolder(path);
    if (!isAdapter && !isModelFolder(path)) {
        return Error{path.string() + ": neither an adapter (adapter_config.json) nor a model (config.json) lies here; "
                                     "choose the folder that holds one of them"};
    }
    return TunedRun{0, QFileInfo(folder).fileName(), {}, folder, isAdapter, {}};
}

namespace {

// A row as a prompt: everything before the last answer, of a pair with the chosen one. Empty messages: it asks nothing.
PromptItem promptOf(const data::Example& example, std::int64_t row)
{
    PromptItem item;
    if (example.kind == data::ExampleKind::Preference && !example.messages.empty() && !example.chosen.empty()) {
        item.row = row;
        item.messages = example.messages;
        item.expected = QString::fromStdString(example.chosen.back().content);
        return item;
    }
    if (example.kind != data::ExampleKind::Conversation || example.messages.size() < 2
        || example.messages.back().role != "assistant") {
        return item;
    }
    item.row = row;
    item.messages.assign(example.messages.begin(), example.messages.end() - 1);
    item.expected = QString::fromStdString(example.messages.back().content);
    return item;
}

} // namespace

HeldOutPrompts readHeldOut(store::Project* project, const TunedRun& run, std::int64_t limit, const base::CancelToken& cancel)
{
    HeldOutPrompts read;
    const Result<config::RunConfig> config = config::fromJson(run.recipe);
    if (!config) {
        read.problem = QString::fromStdString(config.message());
        return read;
    }
    const Result<train::RunRows> rows = store::runRows(project, config->data);
    if (!rows) {
        read.problem = QString::fromStdString(rows.message());
        return read;
    }
    QStringList files;
    const auto take = [&](const data::Dataset& file, std::int64_t row) {
        const Result<data::Example> example = file.example(row);
        PromptItem item = example ? promptOf(*example, row) : PromptItem{};
        if (item.messages.empty()) {
            return true;
        }
        ++read.total;
        if (const QString name = QFileInfo(QString::fromStdString(file.path().string())).fileName(); !files.contains(name)) {
            files += name;
        }
        if (static_cast<std::int64_t>(read.items.size()) < limit) {
            read.items.push_back(std::move(item));
        }
        return true;
    };
    const fs::path folder((run.folder.isEmpty() ? QFileInfo(run.result).path() : run.folder).toStdString());
    if (rows->heldOut.empty() && !train::hasHeldOutList(folder)) {
        read.problem = QCoreApplication::translate("luthier::ui::TunedRun", "This run kept no rows aside, or nobody wrote down which. A held-out share on Tune keeps some.");
    } else if (const auto walked = train::eachHeldOutRow(folder, *rows, take, cancel); !walked) {
        //: why there are no prompts that a run never learned from
        read.problem = QCoreApplication::translate("luthier::ui::TunedRun", "The rows that this run kept aside cannot be read, or there are none: %1")
                           .arg(QString::fromStdString(walked.message()));
    }
    read.source = files.join(QStringLiteral(", "));
    return read;
}

} // namespace luthier::ui
