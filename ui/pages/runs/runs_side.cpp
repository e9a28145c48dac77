// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/runs/runs_side.h"

#include "core/store/runs/run_search.h"
#include "ui/base/amounts.h"
#include "ui/forms/field_editor.h"
#include "ui/forms/recipe_document.h"
#include "ui/theme/theme.h"
#include "ui/widgets/all_tabs.h"
#include "ui/widgets/status_label.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QScrollBar>
#include <QSlider>
#include <QTableWidget>
#include <QTextBrowser>
#include <QVBoxLayout>

#include <algorithm>
#include <optional>

namespace luthier::ui {
namespace {

QString labelOf(const std::string& key)
{
    const FieldRef field = RecipeDocument::find(QString::fromStdString(key));
    return field ? translatedLabel(*field.field) : QString::fromStdString(key);
}

// Names of runs are longer than their columns.
void setTitles(QTableWidget* table, const QStringList& titles)
{
    table->setHorizontalHeaderLabels(titles);
    for (int column = 0; column < table->columnCount(); ++column) {
        table->horizontalHeaderItem(column)->setToolTip(titles[column]);
    }
}

} // namespace

RunsSide::RunsSide(QWidget* parent)
    : QTabWidget(parent), m_probes(new QTextBrowser), m_scrub(new QSlider(Qt::Horizontal)), m_scrubText(new StatusLabel(Token::TextQuiet)),
      m_settings(new QTableWidget(0, 3)), m_note(new StatusLabel(Token::TextQuiet))
{
    setObjectName(QStringLiteral("runsSide"));
    setDocumentMode(true);
    showAllTabs(this);
    m_probes->setObjectName(QStringLiteral("probes"));
    m_probes->setAccessibleName(tr("Probe answers"));
    m_probes->setFrameShape(QFrame::NoFrame);
    m_settings->setObjectName(QStringLiteral("runSettings"));
    m_settings->setAccessibleName(tr("Settings that differ"));
    m_settings->setEditTriggers(QAbstractItemView::NoEditTriggers);
    m_settings->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_settings->setFrameShape(QFrame::NoFrame);
    m_settings->setShowGrid(false);
    m_settings->verticalHeader()->hide();
    m_settings->horizontalHeader()->setSectionResizeMode(QHeaderView::Stretch);
    m_settings->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    m_note->setWordWrap(true);
    m_note->setFont(textFont(TextSize::Small));
    auto* settings = new QWidget;
    auto* column = new QVBoxLayout(settings);
    column->addWidget(m_note);
    column->addWidget(m_settings);
    m_scrub->setObjectName(QStringLiteral("probeStep"));
    m_scrub->setAccessibleName(tr("Step of the answers"));
    m_scrub->setToolTip(tr("Drag through the steps at which probes were answered; at the end all answers stand below each other"));
    m_scrub->setPageStep(1);
    m_scrubText->setObjectName(QStringLiteral("probeStepText"));
    connect(m_scrub, &QSlider::valueChanged, this, &RunsSide::showSamples);
    auto* probes = new QWidget;
    auto* all = new QVBoxLayout(probes);
    all->setContentsMargins(0, 0, 0, 0);
    auto* line = new QHBoxLayout;
    line->addWidget(m_scrub, 1);
    line->addWidget(m_scrubText);
    all->addLayout(line);
    all->addWidget(m_probes, 1);
    addTab(probes, tr("Answers"));
    setTabToolTip(0, tr("Answers to the probe prompts, at each evaluation"));
    addTab(settings, tr("Settings"));
    setSamples({});
}

// The words keep their colours.
void RunsSide::changeEvent(QEvent* event)
{
    if (event->type() == QEvent::PaletteChange) {
        showSamples();
    }
    QTabWidget::changeEvent(event);
}

void RunsSide::setSamples(const std::vector<train::SampleDone>& samples)
{
    m_samples = samples;
    const bool wasAtEnd = m_scrub->value() == m_scrub->maximum();
    m_steps.clear();
    for (const train::SampleDone& sample : samples) {
        if (std::find(m_steps.begin(), m_steps.end(), sample.step) == m_steps.end()) {
            m_steps.push_back(sample.step);
        }
    }
    m_scrub->setRange(0, static_cast<int>(m_steps.size()));
    m_scrub->setEnabled(m_steps.size() > 1);
    if (wasAtEnd) {
        m_scrub->setValue(m_scrub->maximum());
    }
    showSamples();
}

void RunsSide::showSamples()
{
    std::vector<train::SampleDone> samples = m_samples;
    const auto step = static_cast<std::size_t>(m_scrub->value());
    m_scrubText->setText(step < m_steps.size() ? tr("step %1").arg(number(m_steps[step])) : tr("all steps"));
    if (step < m_steps.size()) {
        std::erase_if(samples, [&](const train::SampleDone& sample) { return sample.step != m_steps[step]; });
    }
    if (samples.empty()) {
        m_probes->setPlainText(tr("Probe prompts are answered at each evaluation, so the change can be read in words. "
                                  "Add some on the Tune page, under Run, More settings."));
        return;
    }
    std::vector<std::string> prompts; // in the order they came
    for (const train::SampleDone& sample : samples) {
        if (std::find(prompts.begin(), prompts.end(), sample.prompt) == prompts.end()) {
            prompts.push_back(sample.prompt);
        }
    }
    QString html;
    for (const std::string& prompt : prompts) {
        html += QStringLiteral("<p><b>%1</b></p>").arg(QString::fromStdString(prompt).toHtmlEscaped());
        for (const train::SampleDone& sample : samples) {
            if (sample.prompt != prompt) {
                continue;
            }
            const QString step = sample.step == 0 ? tr("before the first step")
                                                  : tr("step %1").arg(number(sample.step));
            html += QStringLiteral("<p style='margin-left:1em'><span style='color:%1'>%2</span><br/>%3</p>")
                        .arg(color(Token::TextQuiet).name(), step,
                             QString::fromStdString(sample.answer).toHtmlEscaped().replace(u'\n', QStringLiteral("<br/>")));
        }
    }
    const int at = m_probes->verticalScrollBar()->value();
    m_probes->setHtml(html);
    m_probes->verticalScrollBar()->setValue(at);
}

void RunsSide::showSettings(const store::RunRow& run)
{
    const Result<config::RunConfig> config = config::fromJson(run.recipe);
    if (!config) {
        fill({}, {}, {}, QString::fromStdString(config.message()));
        return;
    }
    fill(tr("Usual"), tr("This run"), config::difference(usualConfig(config->method.kind, config->objective.kind), *config),
         tr("What differs from the usual values. Choose two runs to see what differs between them."));
}

void RunsSide::showDifference(const store::RunRow& left, const store::RunRow& right)
{
    const Result<config::RunConfig> one = config::fromJson(left.recipe);
    const Result<config::RunConfig> other = config::fromJson(right.recipe);
    if (!one || !other) {
        fill({}, {}, {}, QString::fromStdString(one ? other.message() : one.message()));
        return;
    }
    const auto differences = config::difference(*one, *other);
    fill(QString::fromStdString(left.name), QString::fromStdString(right.name), differences,
         differences.empty() ? tr("The two runs have the same settings.") : tr("What differs between the two runs."));
    setCurrentIndex(1);
}

// A column for each run; what is the same in all of them is left out.
void RunsSide::showDifferences(const std::vector<store::RunRow>& runs)
{
    std::vector<std::string> keys;
    std::optional<config::RunConfig> first;
    for (const store::RunRow& run : runs) {
        const auto config = config::fromJson(run.recipe);
        if (!config) {
            fill({}, {}, {}, QString::fromStdString(run.name + ": " + config.message()));
            return;
        }
        first = first ? first : std::optional(*config);
        for (const config::Difference& difference : config::difference(*first, *config)) {
            if (std::find(keys.begin(), keys.end(), difference.key) == keys.end()) {
                keys.push_back(difference.key);
            }
        }
    }
    QStringList titles{tr("Setting")};
    m_settings->clear();
    m_settings->setColumnCount(static_cast<int>(runs.size()) + 1);
    m_settings->setRowCount(static_cast<int>(keys.size()));
    for (const store::RunRow& run : runs) {
        titles += QString::fromStdString(run.name);
        for (int row = 0; row < static_cast<int>(keys.size()); ++row) {
            auto* item = new QTableWidgetItem(QString::fromStdString(store::settingOf(run, keys[static_cast<std::size_t>(row)])));
            item->setToolTip(item->text());
            m_settings->setItem(row, static_cast<int>(titles.size()) - 1, item);
        }
    }
    for (int row = 0; row < static_cast<int>(keys.size()); ++row) {
        m_settings->setItem(row, 0, new QTableWidgetItem(labelOf(keys[static_cast<std::size_t>(row)])));
    }
    setTitles(m_settings, titles);
    m_note->setText(keys.empty() ? tr("These runs have the same settings.") : tr("What differs between these runs."));
    setCurrentIndex(1);
}

void RunsSide::fill(const QString& leftTitle, const QString& rightTitle, const std::vector<config::Difference>& differences,
                    const QString& note)
{
    m_note->setText(note);
    m_settings->setColumnCount(3);
    setTitles(m_settings, {tr("Setting"), leftTitle, rightTitle});
    m_settings->setRowCount(static_cast<int>(differences.size()));
    int row = 0;
    for (const config::Difference& difference : differences) {
        const QString texts[] = {labelOf(difference.key), QString::fromStdString(difference.left), QString::fromStdString(difference.right)};
        for (int column = 0; column < 3; ++column) {
            auto* item = new QTableWidgetItem(texts[column]);
            item->setToolTip(column == 0 ? QString::fromStdString(difference.key) : texts[column]);
            m_settings->setItem(row, column, item);
        }
        ++row;
    }
}

int RunsSide::numSettings() const
{
    return m_settings->rowCount();
}

} // namespace luthier::ui
