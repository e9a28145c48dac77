// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/evaluate/evaluate_setup.h"

#include "core/evaluation/eval_rows.h"
#include "core/metrics/metric.h"
#include "ui/base/window_sentence.h"
#include "ui/dialogs/file_dialogs.h"
#include "ui/models/runs/run_states.h"
#include "ui/widgets/named_button.h"
#include "ui/widgets/number_fields.h"
#include "ui/widgets/status_label.h"
#include "ui/widgets/vertical_scroll.h"

#include <QCheckBox>
#include <QComboBox>
#include <QCoreApplication>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QPlainTextEdit>
#include <QSignalBlocker>
#include <QTimer>
#include <QVBoxLayout>

#include <algorithm>

namespace luthier::ui {

namespace {

constexpr int kRestMs = 400;
constexpr int kMostShots = 64;
constexpr int kMostNew = 8192;
constexpr int kMostRows = 10'000'000;
constexpr int kMostLastWords = 100;

// How labels are answered.
enum Answers { kWritten, kLikeliest, kBothWays };
// Which examples.
enum Examples { kDiverse, kNearest, kByHand };
constexpr const char* kUsualMetric = "rougeL";

QString metricText(const char* text)
{
    return QCoreApplication::translate("Metric", text);
}

template <class Box>
Box* named(Box* box, const QString& id, const QString& name, const QString& help)
{
    box->setObjectName(id);
    box->setAccessibleName(name);
    box->setToolTip(help);
    return box;
}

QSpinBox* number(const QString& id, const QString& name, const QString& help, int low, int high, int value)
{
    auto* box = named(new WholeField, id, name, help);
    box->setRange(low, high);
    box->setValue(value);
    return box;
}

void setRowsShown(QListWidget* list, int rows)
{
    list->setMinimumHeight(list->fontMetrics().height() * 3);
    list->setMaximumHeight(list->fontMetrics().height() * rows + list->fontMetrics().height());
}

} // namespace

EvaluateSetup::EvaluateSetup(QWidget* parent)
    : QWidget(parent), m_run(named(new QComboBox, QStringLiteral("evalRun"), tr("Tuned model"), tr("The run whose result is evaluated, against the base it was tuned from"))),
      m_prompted(named(new QCheckBox(tr("The base &with a prompt, too")), QStringLiteral("evalPrompted"), tr("The base with a prompt, too"),
                       tr("A good prompt and a few examples are what tuning has to beat"))),
      m_system(named(new QPlainTextEdit, QStringLiteral("evalSystem"), tr("System text"), tr("What the base is told before each question"))),
      m_shots(number(QStringLiteral("evalShots"), tr("Examples"), tr("Rows of the training data that are shown before each question"), 0, kMostShots, 3)),
      m_shotChoice(named(new QComboBox, QStringLiteral("evalShotChoice"), tr("Which examples"),
                         tr("The most different rows, the same for every question; or those most like each question"))),
      m_shotRows(named(new QLineEdit, QStringLiteral("evalShotRows"), tr("Rows that are shown"), tr("Numbers of rows of the training data, in the order in which they are shown"))),
      m_checkpoints(named(new QCheckBox(tr("Its &checkpoints, too")), QStringLiteral("evalCheckpoints"), tr("Its checkpoints, too"),
                          tr("How it went over the run's steps: at most %Ln of its checkpoints answer", nullptr, 8))),
      m_beside(named(new QListWidget, QStringLiteral("evalBeside"), tr("Other runs"), tr("Runs of this project that answer the same rows"))),
      m_file(new QLineEdit), m_limit(number(QStringLiteral("evalLimit"), tr("At most"), tr("So many rows, evenly over all of them; 0: every row"), 0, kMostRows, 200)),
      m_group(named(new QComboBox, QStringLiteral("evalGroup"), tr("Rows that count as one"),
                    tr("Rows that belong together are drawn together, or a question that was asked often would make anything sure. A field of the rows may be typed in, such as source"))),
      m_general(new QLineEdit), m_cloze(new QLineEdit),
      m_lastWords(number(QStringLiteral("evalLastWords"), tr("Last words"), tr("So many words at the end of each text are wanted"), 1, kMostLastWords, 1)), m_reward(new QLineEdit),
      m_metric(named(new QComboBox, QStringLiteral("evalMetric"), tr("Decides the verdict"), tr("The metric that the verdict, the changed rows and the slices go by"))),
      m_metrics(named(new QListWidget, QStringLiteral("evalMetrics"), tr("Measured beside"), tr("Other metrics of the same answers"))),
      m_answers(named(new QComboBox, QStringLiteral("evalAnswers"), tr("Answers"),
                      tr("Written freely; or, of the labels that the rows name, the model's likeliest one; or both in one run, told apart"))),
      m_maxNew(number(QStringLiteral("evalMaxNew"), tr("Longest answer"), tr("Tokens after which an answer is broken off"), 1, kMostNew, 128)),
      m_pattern(named(new QLineEdit, QStringLiteral("evalPattern"), tr("Pattern"), tr("Regular expression that the metric pattern looks for in the answers"))), m_schema(new QLineEdit),
      m_plan(named(new StatusLabel(Token::TextQuiet), QStringLiteral("evalPlan"), tr("What it takes"), tr("Rows, who answers them, and roughly how long that takes"))),
      m_rest(new QTimer(this))
{
    m_rest->setSingleShot(true);
    m_rest->setInterval(kRestMs);
    connect(m_rest, &QTimer::timeout, this, &EvaluateSetup::changed);
    m_plan->setWordWrap(true);
    m_run->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    m_run->setMinimumContentsLength(16);
    auto* form = new QFormLayout;
    form->setFieldGrowthPolicy(QFormLayout::ExpandingFieldsGrow);
    form->setRowWrapPolicy(QFormLayout::WrapLongRows);
    form->addRow(tr("&Tuned model"), m_run);
    form->addRow(QString(), m_prompted);
    m_promptBox = buildPrompt();
    form->addRow(QString(), m_promptBox);
    form->addRow(QString(), m_checkpoints);
    form->addRow(tr("Other &runs"), m_beside);
    form->addRow(tr("Ro&ws"), buildRows());
    buildGroups(form);
    buildMetrics(form);
    m_general->setPlaceholderText(tr("The run's own general data, where it has any"));
    form->addRow(tr("&General rows"), fileLine(m_general, QStringLiteral("evalGeneral"), tr("General rows"),
                                               tr("Rows of another kind than the training data, or questions with choices: measured before and after, for what was forgotten; several files with ; between make one curve"),
                                               QStringLiteral("data"), tr("Choose general rows"), true));
    form->addRow(tr("La&st words"), buildCloze());
    form->addRow(tr("Reward &model"), fileLine(m_reward, QStringLiteral("evalReward"), tr("Reward model"),
                                               tr("A folder of a reward model: it scores the answers, for the metric reward"), QStringLiteral("model"), tr("Choose a reward model")));
    form->addRow(tr("&Pattern"), m_pattern);
    form->addRow(tr("&Schema"), fileLine(m_schema, QStringLiteral("evalSchema"), tr("Schema"), tr("File with the JSON Schema that the metric JSON by schema holds answers against"),
                                           QStringLiteral("schema"), tr("Choose a JSON Schema")));
    setRowsShown(m_beside, 4);
    auto* choices = new QWidget;
    auto* column = new QVBoxLayout(choices);
    column->setContentsMargins(0, 0, 0, 0);
    column->addLayout(form);
    column->addStretch(1);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(new VerticalScroll(choices), 1);
    layout->addWidget(m_plan); // always in sight: it says why the evaluation cannot begin
    connect(m_run, &QComboBox::currentIndexChanged, this, [this] {
        fillBeside();
        touch();
    });
    connect(m_prompted, &QCheckBox::toggled, this, &EvaluateSetup::showPrompt);
    connect(m_group, &QComboBox::currentTextChanged, this, &EvaluateSetup::touch); // also one that is typed in
    for (QComboBox* box : {m_answers, m_shotChoice}) {
        connect(box, &QComboBox::currentIndexChanged, this, &EvaluateSetup::touch);
    }
    connect(m_shotChoice, &QComboBox::currentIndexChanged, this, &EvaluateSetup::showPrompt);
    for (QCheckBox* box : {m_prompted, m_checkpoints}) {
        connect(box, &QCheckBox::toggled, this, &EvaluateSetup::touch);
    }
    for (QSpinBox* box : {m_shots, m_limit, m_maxNew, m_lastWords}) {
        connect(box, &QSpinBox::valueChanged, this, &EvaluateSetup::touch);
    }
    for (QLineEdit* line : {m_file, m_general, m_cloze, m_reward, m_pattern, m_schema, m_shotRows}) {
        connect(line, &QLineEdit::textChanged, this, &EvaluateSetup::touch);
    }
    connect(m_system, &QPlainTextEdit::textChanged, this, &EvaluateSetup::touch);
    connect(m_metric, &QComboBox::currentIndexChanged, this, &EvaluateSetup::touch);
    connect(m_metrics, &QListWidget::itemChanged, this, &EvaluateSetup::touch);
    connect(m_beside, &QListWidget::itemChanged, this, &EvaluateSetup::touch);
    setFocusProxy(m_run);
    showPrompt();
}

QWidget* EvaluateSetup::buildPrompt()
{
    auto* box = new QWidget;
    auto* layout = new QVBoxLayout(box);
    layout->setContentsMargins(0, 0, 0, 0);
    m_system->setPlaceholderText(tr("Such as: You repair guitars. Answer in one sentence."));
    m_system->setTabChangesFocus(true);
    m_system->setMaximumHeight(fontMetrics().height() * 4);
    m_shotChoice->addItem(tr("the most different ones"));
    m_shotChoice->addItem(tr("those most like the question"));
    m_shotChoice->addItem(tr("these rows"));
    m_shotRows->setPlaceholderText(tr("3, 17, 42"));
    auto* label = new QLabel(tr("E&xamples"));
    label->setBuddy(m_shots);
    auto* row = new QHBoxLayout;
    row->addWidget(label);
    row->addWidget(m_shots);
    row->addWidget(m_shotChoice, 1);
    row->addWidget(m_shotRows, 1);
    layout->addWidget(m_system);
    layout->addLayout(row);
    return box;
}

QWidget* EvaluateSetup::buildRows()
{
    auto* box = new QWidget;
    auto* layout = new QVBoxLayout(box);
    layout->setContentsMargins(0, 0, 0, 0);
    m_file->setPlaceholderText(tr("Those that the run kept aside"));
    layout->addWidget(fileLine(m_file, QStringLiteral("evalFile"), tr("File of rows"), tr("Rows with their right answers that the run did not learn from; empty: those that it kept aside"),
                               QStringLiteral("data"), tr("Choose rows to evaluate on")));
    auto* label = new QLabel(tr("&At most"));
    label->setBuddy(m_limit);
    m_limit->setSpecialValueText(tr("all"));
    m_limit->setSuffix(tr(" rows"));
    auto* newLabel = new QLabel(tr("&Longest answer"));
    newLabel->setBuddy(m_maxNew);
    m_maxNew->setSuffix(tr(" tokens"));
    auto* row = new QHBoxLayout;
    row->addWidget(label);
    row->addWidget(m_limit);
    row->addWidget(newLabel);
    row->addWidget(m_maxNew);
    row->addStretch(1);
    layout->addLayout(row);
    return box;
}

void EvaluateSetup::buildGroups(QFormLayout* form)
{
    m_group->addItem(tr("those with the same question"), QString());
    m_group->addItem(tr("those with the same tag"), QStringLiteral("tag"));
    m_group->addItem(tr("none: each stands for itself"), QString::fromLatin1(evaluation::kNoGroups));
    m_group->setEditable(true);
    m_group->setInsertPolicy(QComboBox::NoInsert);
    form->addRow(tr("Count as &one"), m_group);
}

QString EvaluateSetup::groupBy() const
{
    const int row = m_group->findText(m_group->currentText());
    return row >= 0 ? m_group->itemData(row).toString() : m_group->currentText().trimmed();
}

QWidget* EvaluateSetup::fileLine(QLineEdit* line, const QString& id, const QString& name, const QString& help, const QString& kind, const QString& title, bool areSeveral)
{
    named(line, id, name, help);
    line->setClearButtonEnabled(true);
    auto* button = makeButton(id + QStringLiteral("Choose"), tr("Choose\u2026"), title);
    button->setAccessibleName(title);
    button->setAutoDefault(false);
    connect(button, &QPushButton::clicked, this, [this, line, kind, title, areSeveral] {
        const bool isFolder = kind == QStringLiteral("model");
        auto* dialog = openDialog(this, kind, title, isFolder ? QFileDialog::Directory : QFileDialog::ExistingFile, isFolder ? QStringList() : kind == QStringLiteral("schema") ? QStringList{tr("JSON Schema (*.json)")} : dataFilters());
        connect(dialog, &QFileDialog::fileSelected, line, [line, areSeveral](const QString& path) {
            const bool isMore = areSeveral && !line->text().trimmed().isEmpty();
            line->setText(isMore ? line->text().trimmed() + QStringLiteral("; ") + path : path);
        });
        dialog->open();
    });
    auto* box = new QWidget;
    auto* row = new QHBoxLayout(box);
    row->setContentsMargins(0, 0, 0, 0);
    row->addWidget(line, 1);
    row->addWidget(button);
    box->setFocusProxy(line);
    return box;
}

// Texts of which the last words are wanted, and how many.
QWidget* EvaluateSetup::buildCloze()
{
    auto* box = new QWidget;
    auto* row = new QHBoxLayout(box);
    row->setContentsMargins(0, 0, 0, 0);
    row->addWidget(fileLine(m_cloze, QStringLiteral("evalCloze"), tr("Texts whose last words are wanted"),
                            tr("Texts whose last words are measured before and after, for what was forgotten: how likely, and whether the model would have written them"),
                            QStringLiteral("data"), tr("Choose texts"), true),
                   1);
    row->addWidget(m_lastWords);
    m_lastWords->setPrefix(tr("last words: "));
    m_cloze->setPlaceholderText(tr("Texts whose last words are wanted"));
    box->setFocusProxy(m_cloze);
    return box;
}

void EvaluateSetup::buildMetrics(QFormLayout* form)
{
    for (const metrics::Metric& metric : metrics::metrics()) {
        const QString id = QString::fromLatin1(metric.id.data(), static_cast<qsizetype>(metric.id.size()));
        m_metric->addItem(metricText(metric.label), id);
        m_metric->setItemData(m_metric->count() - 1, metricText(metric.help), Qt::ToolTipRole);
        auto* item = new QListWidgetItem(metricText(metric.label), m_metrics);
        item->setData(Qt::UserRole, id);
        item->setToolTip(metricText(metric.help));
        item->setFlags(Qt::ItemIsEnabled | Qt::ItemIsUserCheckable | Qt::ItemIsSelectable);
        item->setCheckState(id == QStringLiteral("length") || id == QStringLiteral("perplexity") ? Qt::Checked : Qt::Unchecked);
    }
    m_metric->setCurrentIndex(m_metric->findData(QString::fromLatin1(kUsualMetric)));
    setRowsShown(m_metrics, 6);
    form->addRow(tr("&Decides the verdict"), m_metric);
    form->addRow(tr("Measured &beside"), m_metrics);
    m_answers->addItem(tr("written freely"));
    m_answers->addItem(tr("the likeliest of the labels"));
    m_answers->addItem(tr("both, side by side"));
    form->addRow(tr("A&nswers"), m_answers);
}

void EvaluateSetup::setRuns(const std::vector<EvaluableRun>& runs)
{
    QList<std::pair<QString, qlonglong>> found;
    for (const EvaluableRun& run : runs) {
        const QString name = run.row.name.empty() ? tr("run %1").arg(run.row.id) : QString::fromStdString(run.row.name);
        found.emplaceBack(run.hasResult && run.row.state == "finished" ? name : tr("%1 (%2)").arg(name, runStateAt(run.row)), run.row.id);
    }
    QList<std::pair<QString, qlonglong>> shown;
    for (int i = 0; i < m_run->count(); ++i) {
        shown.emplaceBack(m_run->itemText(i), m_run->itemData(i).toLongLong());
    }
    if (found == shown) { // a list that is open would lose what the mouse points at
        return;
    }
    const auto chosen = m_run->currentData();
    {
        const QSignalBlocker blocker(m_run);
        m_run->clear();
        for (const auto& [text, id] : found) {
            m_run->addItem(text, id);
        }
        const int kept = m_run->findData(chosen);
        m_run->setCurrentIndex(kept >= 0 ? kept : m_run->count() > 0 ? 0 : -1);
    }
    fillBeside();
    if (m_run->currentData() != chosen) {
        touch();
    }
}

void EvaluateSetup::fillBeside()
{
    const QSignalBlocker blocker(m_beside);
    QList<qlonglong> checked;
    for (int i = 0; i < m_beside->count(); ++i) {
        if (m_beside->item(i)->checkState() == Qt::Checked) {
            checked += m_beside->item(i)->data(Qt::UserRole).toLongLong();
        }
    }
    m_beside->clear();
    for (int i = 0; i < m_run->count(); ++i) {
        if (i != m_run->currentIndex()) {
            const auto id = m_run->itemData(i).toLongLong();
            auto* item = new QListWidgetItem(m_run->itemText(i), m_beside);
            item->setData(Qt::UserRole, id);
            item->setFlags(Qt::ItemIsEnabled | Qt::ItemIsUserCheckable | Qt::ItemIsSelectable);
            item->setCheckState(checked.contains(id) ? Qt::Checked : Qt::Unchecked);
        }
    }
    m_beside->setEnabled(m_beside->count() > 0);
}

bool EvaluateSetup::chooseRun(store::RunId id)
{
    const int index = m_run->findData(QVariant::fromValue<qlonglong>(id));
    if (index >= 0) {
        m_run->setCurrentIndex(index);
    }
    return index >= 0;
}

EvaluationChoice EvaluateSetup::choice() const
{
    EvaluationChoice choice;
    choice.run = m_run->currentData().toLongLong();
    choice.prompted = m_prompted->isChecked();
    choice.system = m_system->toPlainText();
    choice.shots = m_shots->value();
    choice.nearest = m_shotChoice->currentIndex() == kNearest;
    choice.byHand = m_shotChoice->currentIndex() == kByHand;
    choice.shotRows = m_shotRows->text().trimmed();
    choice.checkpoints = m_checkpoints->isChecked();
    choice.file = m_file->text().trimmed();
    choice.general = m_general->text().trimmed();
    choice.rewardModel = m_reward->text().trimmed();
    choice.metrics += m_metric->currentData().toString();
    for (int i = 0; i < m_metrics->count(); ++i) {
        if (m_metrics->item(i)->checkState() == Qt::Checked) {
            choice.metrics += m_metrics->item(i)->data(Qt::UserRole).toString();
        }
    }
    choice.metrics.removeDuplicates();
    for (int i = 0; i < m_beside->count(); ++i) {
        if (m_beside->item(i)->checkState() == Qt::Checked) {
            choice.beside.push_back(m_beside->item(i)->data(Qt::UserRole).toLongLong());
        }
    }
    choice.pattern = m_pattern->text();
    choice.schema = m_schema->text().trimmed();
    choice.groupBy = groupBy();
    choice.limit = m_limit->value();
    choice.maxNew = m_maxNew->value();
    choice.byLikelihood = m_answers->currentIndex() == kLikeliest;
    choice.bothWays = m_answers->currentIndex() == kBothWays;
    choice.cloze = m_cloze->text().trimmed();
    choice.lastWords = m_lastWords->value();
    return choice;
}

void EvaluateSetup::setChoice(const EvaluationChoice& choice)
{
    chooseRun(choice.run);
    m_prompted->setChecked(choice.prompted);
    m_system->setPlainText(choice.system);
    m_shots->setValue(choice.shots);
    m_shotChoice->setCurrentIndex(choice.byHand ? kByHand : choice.nearest ? kNearest : kDiverse);
    m_shotRows->setText(choice.shotRows);
    m_checkpoints->setChecked(choice.checkpoints);
    m_file->setText(choice.file);
    m_general->setText(choice.general);
    m_reward->setText(choice.rewardModel);
    m_pattern->setText(choice.pattern);
    m_schema->setText(choice.schema);
    if (const int row = m_group->findData(choice.groupBy); row >= 0) {
        m_group->setCurrentIndex(row);
    } else {
        m_group->setEditText(choice.groupBy);
    }
    m_limit->setValue(choice.limit);
    m_maxNew->setValue(choice.maxNew);
    m_answers->setCurrentIndex(choice.bothWays ? kBothWays : choice.byLikelihood ? kLikeliest : kWritten);
    m_cloze->setText(choice.cloze);
    m_lastWords->setValue(choice.lastWords);
    if (const int first = choice.metrics.isEmpty() ? -1 : m_metric->findData(choice.metrics.front()); first >= 0) {
        m_metric->setCurrentIndex(first);
    }
    for (int i = 0; i < m_metrics->count(); ++i) {
        m_metrics->item(i)->setCheckState(choice.metrics.contains(m_metrics->item(i)->data(Qt::UserRole).toString()) ? Qt::Checked : Qt::Unchecked);
    }
    for (int i = 0; i < m_beside->count(); ++i) {
        const auto id = m_beside->item(i)->data(Qt::UserRole).toLongLong();
        m_beside->item(i)->setCheckState(std::find(choice.beside.begin(), choice.beside.end(), id) != choice.beside.end() ? Qt::Checked : Qt::Unchecked);
    }
    touch();
}

void EvaluateSetup::setPlan(const QString& sentence, bool canStart)
{
    m_plan->setText(canStart ? sentence : problemSentence(sentence));
    static_cast<StatusLabel*>(m_plan)->setToken(canStart || sentence.isEmpty() ? Token::TextQuiet : Token::Bad);
}

void EvaluateSetup::showPrompt()
{
    m_promptBox->setVisible(m_prompted->isChecked());
    const bool isByHand = m_shotChoice->currentIndex() == kByHand;
    m_shotRows->setVisible(isByHand);
    m_shots->setVisible(!isByHand); // as many as are named
}

void EvaluateSetup::touch()
{
    m_rest->start();
}

} // namespace luthier::ui
