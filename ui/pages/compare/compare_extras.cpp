// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/compare/compare_extras.h"

#include "core/evaluation/contender.h"
#include "core/hub/installed_models.h"
#include "core/store/eval_inputs.h"
#include "core/train/checkpoint_result.h"
#include "ui/pages/compare/compare_choices.h"
#include "ui/pages/compare/compare_column.h"
#include "ui/pages/compare/compare_prompt.h"
#include "ui/pages/compare/compare_reward.h"
#include "ui/theme/icons.h"
#include "ui/workspace/model_library.h"

#include <QMenu>
#include <QSplitter>
#include <QToolButton>

#include <algorithm>
#include <filesystem>

namespace luthier::ui {

namespace {

constexpr std::size_t kMostListed = 30; // runs and models in the menu

// Conversations of the run's training data before the question.
Result<std::vector<data::Message>> shotsOf(const std::shared_ptr<store::Project>& project, store::RunId id, int count, bool nearest, const std::vector<std::int64_t>& shown,
                                           const std::vector<data::Message>& messages)
{
    const auto run = project->run(id);
    const auto training = run ? store::trainingRowsOf(*project, *run) : Result<std::shared_ptr<const data::Dataset>>(run.error());
    if (!training) {
        return training.error();
    }
    evaluation::EvalRow row;
    row.prompt = messages;
    evaluation::Contender contender;
    const auto kind = nearest ? evaluation::ShotChoice::Nearest : evaluation::ShotChoice::Diverse;
    if (auto chosen = shown.empty() ? evaluation::chooseShots(contender, **training, {row}, count, kind) : evaluation::showShots(contender, **training, {row}, shown); !chosen) {
        return chosen.error();
    }
    std::vector<data::Message> shots;
    for (const auto& shot : contender.shotsOfRow.empty() ? contender.shots : contender.shotsOfRow.front()) {
        shots.insert(shots.end(), shot.begin(), shot.end());
    }
    return shots;
}

} // namespace

CompareExtras::CompareExtras(CompareChoices* choices, ModelLibrary* library, QSplitter* columns, CompareReward* reward, QObject* parent)
    : QObject(parent), m_choices(choices), m_library(library), m_splitter(columns), m_reward(reward), m_add(new QToolButton)
{
    m_add->setObjectName(QStringLiteral("addColumn"));
    m_add->setText(tr("Add a column"));
    m_add->setIcon(icon(QStringLiteral("plus")));
    m_add->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    m_add->setPopupMode(QToolButton::InstantPopup);
    m_add->setToolTip(tr("Let another one answer, too: the base with a prompt, another run, a checkpoint, another model; or let a reward model score them"));
    m_add->setMenu(new QMenu(m_add));
    connect(m_add->menu(), &QMenu::aboutToShow, this, &CompareExtras::fillMenu);
}

void CompareExtras::fillMenu()
{
    QMenu* menu = m_add->menu();
    menu->clear();
    connect(menu->addAction(tr("The base with a prompt\u2026")), &QAction::triggered, this, &CompareExtras::askForPrompt);
    const TunedRun* tuned = m_choices->tuned();
    QMenu* runs = menu->addMenu(tr("Another run"));
    for (std::size_t i = 0; i < std::min(kMostListed, m_runs.size()); ++i) {
        const TunedRun& run = m_runs[i];
        if (tuned != nullptr && run.result == tuned->result) {
            continue;
        }
        const QString base = run.model.isEmpty() ? m_choices->model() : run.model; // an imported one may not name its own
        Answerer answerer{run.isAdapter ? base : run.result, run.isAdapter ? QStringList{run.result} : QStringList()};
        if (run.checkpoint > 0) { // it is made to answer when it is first asked
            answerer = {run.model};
            answerer.run = run.folder;
            answerer.step = run.checkpoint;
        }
        connect(runs->addAction(run.name), &QAction::triggered, this, [this, name = run.name, answerer] { add({name, answerer, false}); });
    }
    runs->setEnabled(!runs->isEmpty());
    QMenu* steps = menu->addMenu(tr("A checkpoint of the tuned run"));
    if (tuned != nullptr && tuned->id != 0) {
        const std::filesystem::path folder = tuned->folder.isEmpty() ? std::filesystem::path(tuned->result.toStdString()).parent_path() : std::filesystem::path(tuned->folder.toStdString());
        for (const std::int64_t step : train::stepsWithCheckpoint(folder)) {
            const QString name = tr("%1, step %2").arg(tuned->name, QString::number(step));
            Answerer answerer{tuned->model};
            answerer.run = QString::fromStdString(folder.string());
            answerer.step = step;
            connect(steps->addAction(tr("Step %1").arg(step)), &QAction::triggered, this, [this, name, answerer] { add({name, answerer, false}); });
        }
    }
    steps->setEnabled(!steps->isEmpty());
    QMenu* models = menu->addMenu(tr("Another model"));
    std::size_t listed = 0;
    for (const hub::InstalledModel& model : m_library->models()) {
        const QString path = QString::fromStdString(model.path.string());
        if (model.problem.empty() && path != m_choices->model() && ++listed <= kMostListed) {
            const QString name = QString::fromStdString(model.name);
            connect(models->addAction(name), &QAction::triggered, this, [this, name, path] { add({name, {path}, false}); });
        }
    }
    models->setEnabled(!models->isEmpty());
    menu->addSeparator();
    m_reward->addTo(menu);
}

void CompareExtras::askForPrompt()
{
    const TunedRun* tuned = m_choices->tuned();
    auto* dialog = new ComparePrompt(tuned != nullptr && tuned->id != 0, m_add->window());
    connect(dialog, &ComparePrompt::chosen, this, &CompareExtras::addPrompted);
    dialog->open();
}

void CompareExtras::addPrompted(const QString& system, int count, bool nearest, const std::vector<std::int64_t>& rows)
{
    const int shots = rows.empty() ? count : static_cast<int>(rows.size());
    Answerer answerer;
    answerer.system = system;
    const TunedRun* tuned = m_choices->tuned();
    const bool hasShots = shots > 0 && tuned != nullptr && tuned->id != 0 && m_project;
    Source source{hasShots ? tr("base, prompt and %Ln example(s)", nullptr, shots) : tr("base with a prompt"), answerer, true};
    if (hasShots) {
        source.shots = shots;
        source.isNearest = nearest;
        source.shotsOf = tuned->id;
        source.rows = rows;
        giveShots(source);
    }
    add(std::move(source));
}

void CompareExtras::giveShots(Source& source) const
{
    if (source.shots > 0 && source.shotsOf != 0 && m_project) {
        source.answerer.shotsFor = [project = m_project, id = source.shotsOf, shots = source.shots, nearest = source.isNearest, rows = source.rows](const std::vector<data::Message>& messages) {
            return shotsOf(project, id, shots, nearest, rows, messages);
        };
    }
}

Json CompareExtras::toJson() const
{
    Json columns = Json::array();
    for (const Extra& extra : m_columns) {
        const Source& source = extra.source;
        Json adapters = Json::array();
        for (const QString& adapter : source.answerer.adapters) {
            adapters.push_back(adapter.toStdString());
        }
        columns.push_back({{"name", source.name.toStdString()}, {"of_base", source.isOfBase}, {"model", source.answerer.model.toStdString()}, {"adapters", std::move(adapters)},
                           {"system", source.answerer.system.toStdString()}, {"run", source.answerer.run.toStdString()}, {"step", source.answerer.step},
                           {"shots", source.shots}, {"nearest", source.isNearest}, {"shots_of", source.shotsOf},
                           {"shot_rows", source.rows}});
    }
    return columns;
}

void CompareExtras::restore(const Json& kept)
{
    while (!m_columns.empty()) {
        close(m_columns.back().column);
    }
    for (const Json& column : kept.is_array() ? kept : Json::array()) {
        const auto at = [&](const char* key) { return column.is_object() ? column.value(key, Json()) : Json(); };
        const auto text = [&](const char* key) { return at(key).is_string() ? QString::fromStdString(at(key).get<std::string>()) : QString(); };
        const auto number = [&](const char* key, qint64 otherwise) { return at(key).is_number_integer() ? at(key).get<qint64>() : otherwise; };
        Source source;
        source.name = text("name");
        source.isOfBase = at("of_base") == true;
        source.answerer.model = text("model");
        source.answerer.system = text("system");
        source.answerer.run = text("run");
        source.answerer.step = number("step", -1);
        source.shots = static_cast<int>(std::clamp<qint64>(number("shots", 0), 0, 64));
        source.isNearest = at("nearest") == true;
        source.shotsOf = number("shots_of", 0);
        for (const Json& adapter : at("adapters").is_array() ? at("adapters") : Json::array()) {
            if (adapter.is_string()) {
                source.answerer.adapters += QString::fromStdString(adapter.get<std::string>());
            }
        }
        for (const Json& row : at("shot_rows").is_array() ? at("shot_rows") : Json::array()) {
            if (row.is_number_integer()) {
                source.rows.push_back(row.get<std::int64_t>());
            }
        }
        source.shots = source.rows.empty() ? source.shots : static_cast<int>(source.rows.size());
        giveShots(source);
        if (!source.name.isEmpty() && (source.isOfBase || !source.answerer.model.isEmpty())) {
            add(std::move(source));
        }
    }
}

void CompareExtras::add(Source source)
{
    if (size() >= kMost) {
        return;
    }
    auto* column = new CompareColumn(QStringLiteral("extra%1").arg(++m_number), tr("Beside"), true);
    connect(column, &CompareColumn::closeWanted, this, [this, column] { close(column); });
    m_splitter->addWidget(column);
    m_columns.push_back({std::move(source), column});
    m_add->setEnabled(size() < kMost);
    showContenders();
    Q_EMIT added();
}

void CompareExtras::close(CompareColumn* column)
{
    const auto found = std::find_if(m_columns.begin(), m_columns.end(), [column](const Extra& extra) { return extra.column == column; });
    if (found == m_columns.end()) {
        return;
    }
    const int index = static_cast<int>(found - m_columns.begin());
    m_columns.erase(found);
    column->hide();
    column->setParent(nullptr);
    column->deleteLater(); // its button asked for this
    m_add->setEnabled(true);
    Q_EMIT closed(index);
}

std::vector<Answerer> CompareExtras::answerers() const
{
    std::vector<Answerer> all;
    for (const Extra& extra : m_columns) {
        all.push_back(extra.source.answerer);
        if (extra.source.isOfBase) {
            all.back().model = m_choices->model();
            const TunedRun* tuned = m_choices->tuned();
            all.back().speaksAs = tuned != nullptr && tuned->isAdapter ? QStringList{tuned->result} : QStringList();
        }
    }
    return all;
}

void CompareExtras::showContenders()
{
    for (const Extra& extra : m_columns) {
        const Answerer& who = extra.source.answerer;
        const QString model = extra.source.isOfBase ? m_choices->model() : who.model;
        extra.column->setContender({model + u'\n' + who.adapters.join(u'\n') + u'\n' + who.system + u'\n' + who.run + QString::number(who.step) + extra.source.name, extra.source.name});
    }
}

} // namespace luthier::ui
