// SPDX-License-Identifier: GPL-3.0-or-later
// Finding runs and seeing more of them: the search, columns of settings, small curves, notes and the doctor's findings.
#include "core/store/runs/run_search.h"
#include "ui/forms/field_editor.h"
#include "ui/base/amounts.h"
#include "ui/forms/recipe_document.h"
#include "ui/models/runs/run_color.h"
#include "ui/pages/runs/runs_model.h"
#include "ui/pages/runs/runs_notes.h"
#include "ui/pages/runs/runs_page.h"
#include "ui/pages/runs/runs_side.h"
#include "ui/settings/app_settings.h"
#include "ui/widgets/lists/no_match.h"
#include "ui/widgets/status_label.h"
#include "ui/widgets/vertical_scroll.h"
#include "ui/workspace/places.h"
#include "ui/workspace/workspace.h"

#include <QComboBox>
#include <QAction>
#include <QCoreApplication>
#include <QHeaderView>
#include <QLineEdit>
#include <QMenu>
#include <QTableView>

#include <algorithm>
#include <cmath>
#include <utility>

namespace luthier::ui {
namespace {

constexpr int kSearchWidth = 30; // units of space
constexpr std::size_t kMostCurves = 60; // of the newest runs
constexpr std::size_t kCurvePoints = 48;
const QString kColumnsKey = QStringLiteral("runs/columns");
const QString kGroupKey = QStringLiteral("runs/group");

struct SmallCurve {
    store::RunId id = 0;
    std::vector<double> losses;
};

} // namespace

void RunsPage::buildFinding()
{
    m_search->setObjectName(QStringLiteral("runSearch"));
    m_search->setAccessibleName(tr("Find runs"));
    m_search->setPlaceholderText(tr("Find runs"));
    m_search->setToolTip(tr("Words of name, notes, tags or settings; tag:good and state:finished ask for just that (Ctrl+F)"));
    m_search->setClearButtonEnabled(true);
    m_search->setMinimumWidth(space(kSearchWidth));
    m_found->setObjectName(QStringLiteral("runsFound"));
    m_noMatch = new NoMatch(m_table, m_search, tr("No run matches \u201c%1\u201d."));
    connect(m_search, &QLineEdit::textChanged, this, &RunsPage::hideOthers);
    connect(m_search, &QLineEdit::textChanged, this, &RunsPage::keepPlace);
    connect(m_workspace.places(), &Places::read, this, &RunsPage::takePlace);
    m_group->setObjectName(QStringLiteral("runGroups"));
    m_group->setAccessibleName(tr("Group runs"));
    m_group->setToolTip(tr("Put runs together that have the same model, method or tag, or come of one sweep"));
    m_group->addItem(tr("No groups"));
    for (const store::RunGrouping& grouping : store::runGroupings()) {
        //: %1 model, method, ...
        m_group->addItem(tr("By %1").arg(QCoreApplication::translate("RunGrouping", grouping.label).toLower()), QString::fromLatin1(grouping.id));
    }
    m_group->setCurrentIndex(std::max(0, m_group->findData(m_workspace.settings().text(kGroupKey))));
    connect(m_group, &QComboBox::currentIndexChanged, this, [this] { groupBy(m_group->currentData().toString()); });
    connect(&m_workspace, &Workspace::runsChanged, this, [this] { // a new sweep
        if (m_model->grouping() != nullptr) {
            groupBy(m_group->currentData().toString());
        }
    });
    if (m_group->currentIndex() > 0) {
        groupBy(m_group->currentData().toString());
    }
    auto* find = new QAction(tr("Find runs"), this);
    find->setObjectName(QStringLiteral("findRuns"));
    find->setShortcut(QKeySequence::Find);
    find->setShortcutContext(Qt::WidgetWithChildrenShortcut);
    addAction(find);
    connect(find, &QAction::triggered, this, [this] { m_search->setFocus(Qt::ShortcutFocusReason); });
    m_side->addTab(m_notes, tr("Notes"));
    m_side->addTab(new VerticalScroll(m_findings), tr("Doctor"));
    connect(m_findings, &RunsFindings::remedyWanted, this, [this](qint64 run, const QString& key, const QString& value) {
        Q_EMIT m_workspace.pageWanted(QStringLiteral("tune"), QStringLiteral("remedy:%1:%2=%3").arg(run).arg(key, value));
    });
    QHeaderView* header = m_table->horizontalHeader();
    header->setContextMenuPolicy(Qt::CustomContextMenu);
    connect(header, &QHeaderView::customContextMenuRequested, this, &RunsPage::askForColumns);
    m_model->setSettings(m_workspace.settings().text(kColumnsKey).split(u' ', Qt::SkipEmptyParts));
}

void RunsPage::groupBy(const QString& id)
{
    m_workspace.settings().setText(kGroupKey, id);
    const auto work = [project = m_workspace.project(), isSweep = id == QStringLiteral("sweep")] { return project && isSweep ? store::sweepsOf(*project) : store::Sweeps(); };
    m_groupJob.start(this, work, [this, id](const store::Sweeps& sweeps) {
        const auto before = chosen();
        m_model->setGrouping(store::findRunGrouping(id.toStdString()), sweeps);
        m_table->verticalHeader()->setVisible(m_model->grouping() != nullptr);
        hideOthers();
        chooseRun(before.empty() ? 0 : before.front());
    });
}

void RunsPage::hideOthers()
{
    const std::string words = m_search->text().toStdString();
    int shown = 0;
    for (int row = 0; row < m_model->rowCount(); ++row) {
        const bool isWanted = store::matches(*m_model->run(row), words);
        m_table->setRowHidden(row, !isWanted);
        shown += isWanted;
    }
    m_found->setText(m_search->text().trimmed().isEmpty() ? QString() : tr("%1 of %2").arg(number(shown), number(m_model->rowCount())));
    m_noMatch->setEmpty(shown == 0 && m_model->rowCount() > 0);
}

void RunsPage::keepPlace()
{
    Json ids = m_kept;
    if (m_kept.empty()) {
        ids = chosen();
    }
    if (!ids.empty()) {
        m_workspace.places()->keep(QStringLiteral("runs"), {{"runs", std::move(ids)}, {"search", m_search->text().toStdString()}});
    }
}

void RunsPage::takePlace()
{
    const Json place = m_workspace.places()->at(QStringLiteral("runs"));
    const Json ids = place.is_object() ? place.value("runs", Json()) : Json();
    m_kept.clear();
    for (const Json& id : ids.is_array() ? ids : Json::array()) {
        if (id.is_number_integer()) {
            m_kept.push_back(id.get<store::RunId>());
        }
    }
    m_search->setText(textIn(place, "search"));
    if (m_model->rowCount() > 0) {
        choose(std::exchange(m_kept, {}));
    }
}

void RunsPage::choose(const std::vector<store::RunId>& ids)
{
    bool isFirst = true;
    for (const store::RunId id : ids) {
        if (const int row = m_model->rowOf(id); row >= 0) {
            const QModelIndex index = m_model->index(row, 0);
            if (isFirst) {
                m_table->selectRow(row);
            } else {
                m_table->selectionModel()->select(index, QItemSelectionModel::Select | QItemSelectionModel::Rows);
            }
            isFirst = false;
        }
    }
}

// Settings in which the listed runs differ, and those that are shown.
void RunsPage::askForColumns(const QPoint& at)
{
    auto* menu = new QMenu(this);
    menu->setAttribute(Qt::WA_DeleteOnClose);
    QStringList keys = m_model->settings();
    for (const config::Part& part : config::parts()) {
        for (const fields::Field& field : part.fields) {
            const QString key = QString::fromStdString(part.key + "." + field.key);
            std::string first;
            bool differs = false;
            for (int row = 0; row < m_model->rowCount(); ++row) {
                const std::string value = store::settingOf(*m_model->run(row), key.toStdString());
                differs = differs || (row > 0 && value != first);
                first = row == 0 ? value : first;
            }
            if (!differs && !keys.contains(key)) {
                continue;
            }
            QAction* action = menu->addAction(QStringLiteral("%1 (%2)").arg(translatedLabel(field), key));
            action->setCheckable(true);
            action->setChecked(keys.contains(key));
            connect(action, &QAction::toggled, this, [this, key](bool on) {
                QStringList now = m_model->settings();
                on ? now.append(key) : static_cast<void>(now.removeAll(key));
                m_workspace.settings().setText(kColumnsKey, now.join(u' '));
                const auto before = chosen();
                m_model->setSettings(now);
                hideOthers();
                chooseRun(before.empty() ? 0 : before.front());
            });
        }
    }
    if (menu->isEmpty()) {
        menu->addAction(tr("All runs have the same settings"))->setEnabled(false);
    }
    menu->popup(m_table->horizontalHeader()->mapToGlobal(at));
}

void RunsPage::readCurves()
{
    std::vector<store::RunId> wanted;
    for (int row = 0; row < m_model->rowCount() && wanted.size() < kMostCurves; ++row) {
        const store::RunRow& run = *m_model->run(row);
        if (run.step > 1 && !m_model->hasCurve(run.id, run.step)) {
            wanted.push_back(run.id);
        }
    }
    if (wanted.empty()) {
        return;
    }
    const auto work = [project = m_workspace.project(), wanted](const JobControl& control) {
        std::vector<SmallCurve> curves;
        for (const store::RunId id : wanted) {
            const auto events = project && !control.cancel.isCancelled() ? project->events(id) : Result<std::vector<train::Event>>(Error{"gone"});
            SmallCurve curve{id, {}};
            for (const train::Event& event : events ? *events : std::vector<train::Event>()) {
                if (const auto* step = std::get_if<train::StepDone>(&event)) {
                    curve.losses.push_back(step->loss);
                }
            }
            curve.losses = thinned(curve.losses, kCurvePoints);
            curves.push_back(std::move(curve));
        }
        return curves;
    };
    m_curveJob.start(this, work, [this](const std::vector<SmallCurve>& curves) {
        for (const SmallCurve& curve : curves) {
            m_model->setCurve(curve.id, curve.losses);
        }
    });
}

} // namespace luthier::ui
