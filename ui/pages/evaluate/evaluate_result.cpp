// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/evaluate/evaluate_result.h"

#include "core/evaluation/past.h"
#include "ui/models/text_table.h"
#include "ui/pages/evaluate/evaluate_flips.h"
#include "ui/pages/evaluate/evaluate_tables.h"
#include "ui/widgets/named_button.h"
#include "ui/widgets/point_chart.h"
#include "ui/widgets/status_label.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QTabWidget>
#include <QTableView>
#include <QVBoxLayout>

namespace luthier::ui {

namespace {

constexpr QLatin1String kByLabel("by label: "); // before a system's id: its likeliest labels are meant

QWidget* page(std::initializer_list<std::pair<QWidget*, int>> widgets)
{
    auto* box = new QWidget;
    auto* layout = new QVBoxLayout(box);
    for (const auto& [widget, stretch] : widgets) {
        layout->addWidget(widget, stretch);
    }
    return box;
}

} // namespace

EvaluateResult::EvaluateResult(QWidget* parent)
    : QWidget(parent), m_verdict(new QLabel), m_notes(new StatusLabel(Token::TextQuiet)), m_tabs(new QTabWidget),
      m_numbers(table(QStringLiteral("evalNumbers"), tr("Metrics"), tr("Each metric with its interval of 95 %"))),
      m_differences(table(QStringLiteral("evalDifferences"), tr("Differences"), tr("Differences row by row: their interval, their p, and how many rows became better and worse"))),
      m_flips(new EvaluateFlips), m_slices(table(QStringLiteral("evalSlices"), tr("Slices"), tr("The first metric by kind of row"))), m_system(new QComboBox),
      m_confusion(table(QStringLiteral("evalConfusion"), tr("Labels"), tr("What was answered for what: wanted labels down, answered ones across"))), m_certainty(new PointChart),
      m_forgetting(new QLabel), m_general(table(QStringLiteral("evalGeneralNumbers"), tr("General rows"), tr("What was measured on the general rows"))), m_curve(new PointChart)
{
    m_verdict->setObjectName(QStringLiteral("evalVerdict"));
    m_verdict->setWordWrap(true);
    m_verdict->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    m_verdict->setAccessibleName(tr("Verdict"));
    m_verdict->setToolTip(tr("Whether it helped, by the first metric; it says no more than the rows do"));
    QFont larger = m_verdict->font();
    larger.setPointSizeF(larger.pointSizeF() * 1.15);
    m_verdict->setFont(larger);
    m_notes->setObjectName(QStringLiteral("evalNotes"));
    m_notes->setWordWrap(true);
    m_tabs->setObjectName(QStringLiteral("evalTabs"));
    m_tabs->setAccessibleName(tr("Results"));
    m_system->setObjectName(QStringLiteral("evalSystemShown"));
    m_system->setAccessibleName(tr("Whose labels"));
    m_system->setToolTip(tr("Whose answers are counted below"));
    m_certainty->setObjectName(QStringLiteral("evalCertainty"));
    m_certainty->setAccessibleName(tr("Certainty and being right"));
    m_certainty->setToolTip(tr("How often it was right where it was so and so sure; on the dashed line certainty is what it promises"));
    m_curve->setObjectName(QStringLiteral("evalForgettingCurve"));
    m_curve->setAccessibleName(tr("General rows over the steps"));
    m_curve->setToolTip(tr("The general rows before, at the checkpoints and at the end"));
    m_forgetting->setObjectName(QStringLiteral("evalForgetting"));
    m_forgetting->setWordWrap(true);
    m_tabs->addTab(page({{m_numbers, 1}, {m_differences, 1}}), tr("&Numbers"));
    m_tabs->addTab(m_flips, tr("&Changed rows"));
    m_tabs->addTab(page({{m_slices, 1}}), tr("&Where"));
    m_labelPage = page({{m_system, 0}, {m_confusion, 1}, {m_certainty, 1}});
    m_tabs->addTab(m_labelPage, tr("&Labels and certainty"));
    m_generalPage = page({{m_forgetting, 0}, {m_general, 1}, {m_curve, 1}});
    m_tabs->addTab(m_generalPage, tr("&Forgetting"));
    auto* report = makeButton(QStringLiteral("evalReport"), tr("&Save report\u2026"), tr("One page with everything here, as HTML or PDF"));
    auto* judge = makeButton(QStringLiteral("evalJudge"), tr("&Judge the answers"), tr("Two answers whose makers are hidden: people say which is better"));
    auto* card = makeButton(QStringLiteral("evalCard"), tr("Model c&ard\u2026"), tr("The README.md that a hub wants beside the tuned model, filled from what is known of its run"));
    connect(card, &QPushButton::clicked, this, &EvaluateResult::cardWanted);
    connect(report, &QPushButton::clicked, this, &EvaluateResult::reportWanted);
    connect(judge, &QPushButton::clicked, this, &EvaluateResult::judgingWanted);
    connect(m_system, &QComboBox::activated, this, &EvaluateResult::showLabels);
    auto* buttons = new QHBoxLayout;
    buttons->addStretch(1);
    buttons->addWidget(judge);
    buttons->addWidget(card);
    buttons->addWidget(report);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_verdict);
    layout->addWidget(m_notes);
    layout->addWidget(m_tabs, 1);
    layout->addLayout(buttons);
    setFocusProxy(m_tabs);
}

QTableView* EvaluateResult::table(const QString& id, const QString& name, const QString& help)
{
    auto* view = new QTableView;
    view->setObjectName(id);
    view->setAccessibleName(name);
    view->setToolTip(help);
    view->setEditTriggers(QAbstractItemView::NoEditTriggers);
    view->setSelectionBehavior(QAbstractItemView::SelectRows);
    view->setAlternatingRowColors(true);
    view->setTabKeyNavigation(false);
    view->setWordWrap(true);
    view->verticalHeader()->hide();
    view->horizontalHeader()->setHighlightSections(false);
    view->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    return view;
}

void EvaluateResult::fill(QTableView* view, const TextGrid& grid)
{
    auto* old = view->model();
    auto* model = new TextTable(grid.headings, view);
    std::vector<int> numbers;
    for (int column = grid.firstNumber; column < grid.headings.size(); ++column) {
        numbers.push_back(column);
    }
    model->setNumbers(std::move(numbers));
    model->setLines(grid.lines);
    view->setModel(model);
    delete old;
    view->resizeColumnsToContents();
    view->setVisible(!grid.lines.empty());
}

void EvaluateResult::show(const Json& results)
{
    m_results = results;
    m_verdict->setText(resultText(results, "verdict"));
    QStringList notes;
    if (const auto found = results.find("notes"); found != results.end() && found->is_array()) {
        for (const Json& note : *found) {
            notes += note.is_string() ? QString::fromStdString(note.get<std::string>()) : QString();
        }
    }
    if (const auto found = results.find("skipped"); found != results.end() && found->is_array() && !found->empty()) {
        const Json& first = found->front();
        const Json row = first.is_object() ? first.value("row", Json()) : Json();
        notes += tr("%Ln row(s) were left out, such as row %1: %2.", nullptr, static_cast<int>(found->size())).arg(row.is_number() ? row.get<qint64>() : 0).arg(resultText(first, "why"));
    }
    m_notes->setText(notes.join(u'\n'));
    m_notes->setVisible(!notes.isEmpty());
    fill(m_numbers, metricGrid(results));
    fill(m_differences, differenceGrid(results));
    fill(m_slices, sliceGrid(results));
    m_flips->show(results);
    const auto shown = m_system->currentData();
    m_system->clear();
    bool hasLabels = false;
    const auto add = [&](const Json& its, const QString& id, const QString& title, const QString& key) {
        m_system->addItem(title, key);
        hasLabels = hasLabels || !confusionGrid(its, id).lines.empty() || !certaintyPoints(its, id).empty();
    };
    for (const QString& id : systemsIn(results)) {
        add(results, id, titleOfSystem(results, id), id);
    }
    const Json& byLabel = byLabelIn(results);
    for (const QString& id : systemsIn(byLabel)) {
        add(byLabel, id, tr("%1, the likeliest label").arg(titleOfSystem(byLabel, id)), kByLabel + id);
    }
    const int kept = m_system->findData(shown);
    m_system->setCurrentIndex(kept >= 0 ? kept : static_cast<int>(systemsIn(results).size()) - 1);
    m_tabs->setTabVisible(m_tabs->indexOf(m_labelPage), hasLabels);
    showLabels();
    showGeneral();
}

void EvaluateResult::showLabels()
{
    const QString key = m_system->currentData().toString();
    const bool isByLabel = key.startsWith(kByLabel);
    const Json& results = isByLabel ? byLabelIn(m_results) : m_results;
    const QString id = isByLabel ? key.sliced(kByLabel.size()) : key;
    fill(m_confusion, confusionGrid(results, id));
    std::vector<PointChart::Series> series;
    const auto points = certaintyPoints(results, id);
    if (!points.empty()) {
        series.push_back({m_system->currentText(), points});
    }
    m_certainty->setVisible(!series.empty());
    m_certainty->show(std::move(series), {tr("how sure it was"), tr("share that is right"), true});
}

void EvaluateResult::showGeneral()
{
    const auto general = m_results.is_object() ? m_results.find("general") : m_results.end();
    const bool isThere = m_results.is_object() && general != m_results.end() && general->is_object();
    m_tabs->setTabVisible(m_tabs->indexOf(m_generalPage), isThere);
    if (!isThere) {
        return;
    }
    m_forgetting->setText(resultText(*general, "forgetting"));
    TextGrid grid; // of all sets below each other
    for (const Json& set : evaluation::generalSetsIn(m_results)) {
        TextGrid its = metricGrid(set);
        const QString name = resultText(set, "name");
        if (!name.isEmpty() && !its.headings.isEmpty()) {
            QStringList line(its.headings.size());
            line.front() = name;
            grid.lines.push_back(line);
        }
        grid.headings = its.headings;
        grid.lines.insert(grid.lines.end(), its.lines.begin(), its.lines.end());
    }
    fill(m_general, grid);
    const auto [points, name] = forgettingPoints(m_results);
    m_curve->setVisible(!points.empty());
    m_curve->show({{tr("general rows"), points}}, {tr("step"), name, false});
}

} // namespace luthier::ui
