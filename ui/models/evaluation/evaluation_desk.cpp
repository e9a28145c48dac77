// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/evaluation/evaluation_desk.h"

#include "core/base/files.h"
#include "core/evaluation/rough_time.h"
#include "core/store/eval_inputs.h"
#include "core/store/runs/reward_trust.h"
#include "core/store/runs/trained_rows.h"
#include "ui/base/amounts.h"
#include "ui/models/runs/tuned_runs.h"
#include "ui/settings/app_settings.h"
#include "ui/workspace/workspace.h"

#include <algorithm>
#include <filesystem>
#include <mutex>
#include <type_traits>
#include <utility>

namespace luthier::ui {

namespace fs = std::filesystem;

// Numbers of the working thread, taken by a timer.
struct EvaluationDesk::Live {
    std::mutex mutex;
    evaluation::EvalProgress progress; // guarded
    std::vector<std::string> notes;    // guarded
    bool isNew = false;                // guarded
};

namespace {

constexpr int kTellMs = 150;
constexpr const char* kChoice = "choice.json"; // in an evaluation's folder: what the page was asked

struct Asked {
    evaluation::EvalRequest request;
    evaluation::EvalSets sets;
    std::vector<std::string> problems; // whether rows were trained on cannot be told
};

QStringList filesIn(const QString& list)
{
    QStringList files;
    for (const QString& file : list.split(u';', Qt::SkipEmptyParts)) {
        if (!file.trimmed().isEmpty()) {
            files += file.trimmed();
        }
    }
    return files;
}

// As `luthier eval --run` reads its flags.
Result<Asked> askedOf(store::Project& project, const EvaluationChoice& choice, const std::string& device, bool withSystems, const base::CancelToken& cancel)
{
    const auto run = project.run(choice.run);
    const auto metrics = run ? metrics::metricsByName(choice.metrics.join(u',').toStdString()) : Result<std::vector<const metrics::Metric*>>(run.error());
    if (!metrics) {
        return metrics.error();
    }
    Asked asked;
    asked.request.metrics = *metrics;
    asked.request.device = device;
    asked.request.metricSettings.pattern = choice.pattern.toStdString();
    const auto needs = [&](unsigned need) { return std::any_of(metrics->begin(), metrics->end(), [need](const auto* metric) { return (metric->needs & need) != 0; }); };
    if (needs(metrics::kSchema) && !choice.schema.isEmpty()) {
        auto schema = base::readFile(choice.schema.toStdString());
        if (!schema) {
            return schema.error();
        }
        asked.request.metricSettings.schema = std::move(*schema);
    }
    // What a metric lacks is said before anything is answered, not after.
    for (const auto* metric : *metrics) {
        if ((metric->needs & (metrics::kPattern | metrics::kSchema)) != 0) {
            if (const auto tried = metric->measure({}, asked.request.metricSettings); !tried) {
                return Error{((metric->needs & metrics::kSchema) != 0 && !choice.schema.isEmpty() ? choice.schema.toStdString() + ": " : "") + tried.message()};
            }
        }
    }
    if (needs(metrics::kReward) && choice.rewardModel.isEmpty()) {
        return Error{"the metric reward needs a reward model that scores the answers; choose one, or leave the metric out"};
    }
    asked.request.sampling.maxNew = choice.maxNew;
    asked.request.byLikelihood = choice.byLikelihood && !choice.bothWays;
    asked.request.bothWays = choice.bothWays;
    asked.request.rewardModel = choice.rewardModel.toStdString();
    if (!choice.rewardModel.isEmpty()) {
        asked.request.rewardTrust = store::rewardTrustOf(&project, asked.request.rewardModel).sentence;
    }
    asked.request.shotChoice = choice.nearest ? evaluation::ShotChoice::Nearest : evaluation::ShotChoice::Diverse;
    const evaluation::EvalRowSettings settings{choice.groupBy.toStdString(), choice.limit};
    asked.request.groupBy = settings.groupBy;
    if (choice.file.isEmpty()) {
        auto held = store::heldOutRowsOf(project, *run, settings, cancel);
        if (!held) {
            return held.error();
        }
        asked.sets.rows = std::move(held->rows);
        asked.request.data = held->source;
    } else {
        auto rows = store::evalRowsOfFile(&project, {choice.file.toStdString()}, settings, cancel);
        if (!rows) {
            return rows.error();
        }
        asked.sets.rows = std::move(*rows);
        asked.request.data = choice.file.toStdString();
    }
    std::vector<std::pair<std::string, int>> general; // files, and how many last words of their texts are wanted
    for (const QString& file : filesIn(choice.general)) {
        general.emplace_back(file.toStdString(), 0);
    }
    for (const QString& file : filesIn(choice.cloze)) {
        general.emplace_back(file.toStdString(), choice.lastWords);
    }
    if (const auto own = general.empty() ? store::generalFileOf(*run) : fs::path(); !own.empty()) {
        general.emplace_back(own.string(), 0);
    }
    for (const auto& [file, lastWords] : general) {
        auto set = store::generalSet(&project, file, choice.limit, lastWords, cancel);
        if (!set) {
            return set.error();
        }
        asked.sets.general.push_back(std::move(*set));
    }
    store::Beside beside;
    if (choice.prompted) {
        beside.system = choice.system.trimmed().toStdString();
        beside.shots = choice.shots;
        if (choice.byHand) {
            auto rows = evaluation::shotRowsOf(choice.shotRows.toStdString());
            if (!rows) {
                return rows.error();
            }
            beside.shots = static_cast<std::int64_t>(rows->size());
            asked.request.shotChoice = evaluation::ShotChoice::ByHand;
            asked.request.shotRows = std::move(*rows);
        }
    }
    if (beside.shots > 0) {
        auto training = store::trainingRowsOf(project, *run, cancel);
        if (!training) {
            return training.error();
        }
        asked.sets.shots = *training;
        asked.request.shotsFrom = (*training)->path();
    }
    beside.checkpoints = choice.checkpoints && withSystems; // they are made into results, which takes a while
    for (const auto id : choice.beside) {
        auto other = project.run(id);
        if (!other) {
            return other.error();
        }
        beside.runs.push_back(std::move(*other));
    }
    auto systems = store::systemsOfRun(*run, beside, cancel);
    auto ready = systems ? evaluation::leaveOutUnmeasurable(asked.request, asked.sets) : Result<void>(systems.error());
    if (!ready) {
        return ready.error();
    }
    std::vector<store::RunRow> runs{*run};
    runs.insert(runs.end(), beside.runs.begin(), beside.runs.end());
    asked.sets.trainedOn = store::trainedOn(&project, runs, *systems, asked.sets.rows.rows, asked.problems, cancel);
    asked.request.systems = std::move(*systems);
    return asked;
}

} // namespace

Json toJson(const EvaluationChoice& choice)
{
    const auto text = [](const QString& word) { return word.toStdString(); };
    Json metrics = Json::array();
    for (const QString& metric : choice.metrics) {
        metrics.push_back(text(metric));
    }
    return {{"run", choice.run}, {"prompted", choice.prompted}, {"system", text(choice.system)}, {"shots", choice.shots}, {"nearest", choice.nearest},
            {"checkpoints", choice.checkpoints}, {"beside", choice.beside}, {"file", text(choice.file)}, {"general", text(choice.general)}, {"cloze", text(choice.cloze)}, {"last_words", choice.lastWords}, {"both_ways", choice.bothWays},
            {"reward_model", text(choice.rewardModel)}, {"metrics", std::move(metrics)}, {"limit", choice.limit}, {"max_new", choice.maxNew},
            {"by_likelihood", choice.byLikelihood}, {"pattern", text(choice.pattern)}, {"schema", text(choice.schema)},
            {"by_hand", choice.byHand}, {"shot_rows", text(choice.shotRows)}, {"group_by", text(choice.groupBy)}};
}

EvaluationChoice choiceFromJson(const Json& json)
{
    EvaluationChoice choice;
    const auto at = [&](const char* key) { return json.is_object() ? json.value(key, Json()) : Json(); };
    const auto text = [&](const char* key, QString& word) { word = at(key).is_string() ? QString::fromStdString(at(key).get<std::string>()) : word; };
    const auto flag = [&](const char* key, bool& value) { value = at(key).is_boolean() ? at(key).get<bool>() : value; };
    const auto number = [&](const char* key, auto& value) { value = at(key).is_number_integer() ? at(key).get<std::remove_reference_t<decltype(value)>>() : value; };
    number("run", choice.run);
    number("shots", choice.shots);
    number("limit", choice.limit);
    number("max_new", choice.maxNew);
    flag("prompted", choice.prompted);
    flag("nearest", choice.nearest);
    flag("by_hand", choice.byHand);
    text("shot_rows", choice.shotRows);
    text("group_by", choice.groupBy);
    flag("checkpoints", choice.checkpoints);
    flag("by_likelihood", choice.byLikelihood);
    text("system", choice.system);
    text("file", choice.file);
    text("general", choice.general);
    text("cloze", choice.cloze);
    number("last_words", choice.lastWords);
    flag("both_ways", choice.bothWays);
    text("reward_model", choice.rewardModel);
    text("pattern", choice.pattern);
    text("schema", choice.schema);
    for (const Json& id : at("beside").is_array() ? at("beside") : Json::array()) {
        if (id.is_number_integer()) {
            choice.beside.push_back(id.get<store::RunId>());
        }
    }
    for (const Json& metric : at("metrics").is_array() ? at("metrics") : Json::array()) {
        if (metric.is_string()) {
            choice.metrics += QString::fromStdString(metric.get<std::string>());
        }
    }
    return choice;
}

EvaluationDesk::EvaluationDesk(Workspace& workspace, QObject* parent) : QObject(parent), m_workspace(workspace)
{
    connect(&m_tell, &QTimer::timeout, this, &EvaluationDesk::deliver);
    connect(&m_workspace, &Workspace::projectChanged, this, [this] {
        cancel();
        m_opening.cancel();
        m_results = Json();
        m_folder.clear();
        Q_EMIT resultsChanged();
        reload();
    });
    connect(&m_workspace, &Workspace::runsChanged, this, &EvaluationDesk::reload);
}

void EvaluationDesk::reload()
{
    const auto project = m_workspace.project();
    struct Read {
        std::vector<EvaluableRun> runs;
        std::vector<evaluation::PastEvaluation> past;
        std::string problem;
    };
    const auto work = [project] {
        Read read;
        if (!project) {
            return read;
        }
        auto rows = project->runs();
        if (!rows) {
            read.problem = rows.message();
            return read;
        }
        for (auto& row : *rows) {
            std::error_code code;
            const bool hasResult = !row.result.empty() && fs::exists(row.result, code);
            if (!scoresOnly(row.recipe) && (hasResult || fs::exists(fs::path(row.folder) / "checkpoints", code))) {
                read.runs.push_back({std::move(row), hasResult});
            }
        }
        read.past = evaluation::pastEvaluations(project->folder() / "evaluations");
        return read;
    };
    m_listing.start(this, work, [this, project](const Read& read) {
        if (project != m_workspace.project()) {
            return;
        }
        m_runs = read.runs;
        m_past = read.past;
        Q_EMIT runsChanged();
        Q_EMIT pastChanged();
        if (!read.problem.empty()) {
            Q_EMIT problemFound(QString::fromStdString(read.problem));
        }
    });
}

void EvaluationDesk::plan(const EvaluationChoice& choice)
{
    const auto project = m_workspace.project();
    if (!project || choice.run == 0 || choice.metrics.isEmpty()) {
        m_planning.cancel();
        Q_EMIT planned(choice.metrics.isEmpty() && choice.run != 0 ? tr("Choose what is measured.") : QString(), false);
        return;
    }
    struct Plan {
        qint64 rows = 0;
        qint64 skipped = 0;
        QString firstSkipped;
        qint64 general = 0;
        std::size_t systems = 0;
        double seconds = -1;
        QStringList told; // of rows that a run learned from, and of the reward model
        QString problem;
    };
    const auto work = [project, choice, device = m_workspace.settings().text(QStringLiteral("device"), QStringLiteral("auto")).toStdString()](const JobControl& control) {
        Plan plan;
        const auto asked = askedOf(*project, choice, device, false, control.cancel);
        const auto settings = asked ? evaluation::answeringOf(asked->request, asked->sets.rows.rows) : Result<evaluation::AnsweringSettings>(asked.error());
        if (!settings) {
            plan.problem = QString::fromStdString(settings.message());
            return plan;
        }
        plan.rows = static_cast<qint64>(asked->sets.rows.rows.size());
        plan.skipped = static_cast<qint64>(asked->sets.rows.skipped.size());
        for (const auto& set : asked->sets.general) {
            plan.general += static_cast<qint64>(set.rows.rows.size());
        }
        plan.systems = asked->request.systems.size();
        for (const auto& trained : asked->sets.trainedOn) {
            plan.told += QString::fromStdString(evaluation::sentenceOf(trained, asked->sets.rows.rows.size()));
        }
        for (const auto& problem : asked->problems) {
            plan.told += QString::fromStdString(problem);
        }
        if (!asked->request.rewardTrust.empty()) {
            plan.told += QString::fromStdString(asked->request.rewardTrust);
        }
        plan.seconds = evaluation::roughSeconds(asked->request, asked->sets, *settings);
        if (!asked->sets.rows.skipped.empty()) {
            const auto& first = asked->sets.rows.skipped.front();
            plan.firstSkipped = tr("row %1: %2").arg(first.row).arg(QString::fromStdString(first.why));
        }
        return plan;
    };
    m_planning.start(this, work, [this](const Plan& plan) {
        if (!plan.problem.isEmpty()) {
            Q_EMIT planned(plan.problem, false);
            return;
        }
        //: how many models answer each
        QString text = tr("%Ln row(s)", nullptr, static_cast<int>(plan.rows)) + tr(" for each of %Ln that answer", nullptr, static_cast<int>(plan.systems));
        if (plan.general > 0) {
            text += tr(", and %Ln general row(s)", nullptr, static_cast<int>(plan.general));
        }
        if (plan.seconds >= 0) {
            text += tr("; roughly %1 here, and the first answers will say it better").arg(duration(plan.seconds));
        }
        text += u'.';
        if (plan.skipped > 0) {
            text += u' ' + tr("%Ln row(s) cannot be asked (%1).", nullptr, static_cast<int>(plan.skipped)).arg(plan.firstSkipped);
        }
        for (const QString& sentence : plan.told) {
            text += u' ' + sentence;
        }
        Q_EMIT planned(text, true);
    });
}

void EvaluationDesk::start(const EvaluationChoice& choice)
{
    const auto project = m_workspace.project();
    if (m_isRunning || !project) {
        return;
    }
    m_isRunning = true;
    m_cancel = {};
    m_live = std::make_shared<Live>();
    m_tell.start(kTellMs);
    Q_EMIT runningChanged();
    Q_EMIT progressed(tr("Reading rows"), 0, 0, -1);
    const auto live = std::weak_ptr<Live>(m_live);
    const auto told = [live](const std::function<void(Live&)>& change) {
        if (const auto alive = live.lock()) {
            const std::lock_guard lock(alive->mutex);
            change(*alive);
        }
    };
    const std::string device = m_workspace.settings().text(QStringLiteral("device"), QStringLiteral("auto")).toStdString();
    const auto work = [project, choice, told, device, cancel = m_cancel]() -> Result<evaluation::Evaluation> {
        const auto asked = askedOf(*project, choice, device, true, cancel);
        const auto settings = asked ? evaluation::answeringOf(asked->request, asked->sets.rows.rows) : Result<evaluation::AnsweringSettings>(asked.error());
        const auto what = settings ? evaluation::askedOf(asked->request, asked->sets, *settings) : Result<Json>(settings.error());
        if (!what) {
            return what.error();
        }
        evaluation::EvalTold callbacks;
        callbacks.progress = [&](const evaluation::EvalProgress& progress) {
            told([&](Live& alive) {
                alive.progress = progress;
                alive.isNew = true;
            });
        };
        callbacks.note = [&](const std::string& sentence) { told([&](Live& alive) { alive.notes.push_back(sentence); }); };
        const fs::path folder = evaluation::folderFor(project->folder() / "evaluations", *what);
        auto kept = base::makeDirectories(folder);
        kept = kept ? base::writeFileAtomically(folder / kChoice, base::dumpJson(toJson(choice), 2) + "\n") : kept;
        return kept ? evaluation::evaluate(asked->request, asked->sets, folder, callbacks, cancel) : Result<evaluation::Evaluation>(kept.error());
    };
    startJob(this, work, [this, project](const Result<evaluation::Evaluation>& evaluation) {
        if (project == m_workspace.project()) {
            take(evaluation);
        }
    });
}

void EvaluationDesk::deliver()
{
    evaluation::EvalProgress progress;
    std::vector<std::string> notes;
    {
        const std::lock_guard lock(m_live->mutex);
        notes = std::exchange(m_live->notes, {});
        if (m_live->isNew) {
            progress = m_live->progress;
        }
        m_live->isNew = false;
    }
    if (!progress.what.empty()) {
        Q_EMIT progressed(QString::fromStdString(progress.what), progress.done, progress.total, progress.secondsLeft);
    }
    for (const auto& note : notes) {
        Q_EMIT noted(QString::fromStdString(note));
    }
}

void EvaluationDesk::take(const Result<evaluation::Evaluation>& evaluation)
{
    m_tell.stop();
    deliver();
    m_live.reset();
    const bool wasCancelled = m_cancel.isCancelled();
    m_isRunning = false;
    Q_EMIT runningChanged();
    if (evaluation) {
        m_results = evaluation->json;
        m_folder = QString::fromStdString(evaluation->folder.string());
        Q_EMIT resultsChanged();
    } else if (wasCancelled) {
        Q_EMIT noted(tr("Stopped. What was answered is kept; the same choices go on from there."));
    } else {
        Q_EMIT problemFound(QString::fromStdString(evaluation.message()));
    }
    reload();
}

void EvaluationDesk::cancel()
{
    if (m_isRunning) {
        m_cancel.cancel();
        Q_EMIT progressed(tr("Stopping after the answers under way"), 0, 0, -1);
    }
}

void EvaluationDesk::open(const QString& folder)
{
    struct Read {
        Result<Json> results;
        Json choice; // null: it was begun elsewhere
    };
    const auto work = [path = fs::path(folder.toStdString())] {
        const auto choice = base::readJson(path / kChoice);
        return Read{evaluation::resultsIn(path), choice ? *choice : Json()};
    };
    m_opening.start(this, work, [this, folder](const Read& read) {
        const auto& results = read.results;
        if (!results) {
            if (read.choice.is_object()) {
                Q_EMIT stoppedOpened(choiceFromJson(read.choice));
            }
            Q_EMIT problemFound(QString::fromStdString(results.message()));
            return;
        }
        m_results = *results;
        m_folder = folder;
        Q_EMIT resultsChanged();
    });
}

} // namespace luthier::ui
