// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/tune/tune_answers.h"

#include "core/objectives/objectives.h"
#include "core/store/run_rows.h"
#include "ui/base/window_sentence.h"
#include "ui/models/text_table.h"
#include "ui/theme/theme.h"
#include "ui/widgets/named_button.h"
#include "ui/widgets/row_view.h"
#include "ui/widgets/status_label.h"

#include <QHBoxLayout>
#include <QHeaderView>
#include <QLocale>
#include <QTableView>
#include <QVBoxLayout>

#include <algorithm>
#include <utility>

namespace luthier::ui {

namespace {

constexpr int kDigits = 3;

Result<train::FirstAnswers> sampled(const config::RunConfig& config, store::Project* project, train::StopControl& control)
{
    const auto rows = store::runRows(project, config.data);
    return rows ? train::firstAnswers(config, *rows, control) : Result<train::FirstAnswers>(rows.error());
}

} // namespace

TuneAnswers::TuneAnswers(QWidget* parent)
    : QWidget(parent), m_sample(makeButton(QStringLiteral("gateAnswers"), tr("Sample answers &first"), tr("Let the model as it is answer some prompts, and see what the rules give"))),
      m_summary(new StatusLabel(Token::TextQuiet)), m_table(new TextTable({tr("Reward"), tr("Prompt"), tr("Answer")}, this)), m_view(new QTableView)
{
    m_summary->setObjectName(QStringLiteral("gateAnswersSummary"));
    m_summary->setWordWrap(true);
    m_table->setNumbers({0});
    presentRows(m_view, m_table);
    m_view->setObjectName(QStringLiteral("gateAnswersTable"));
    m_view->setAccessibleName(tr("First answers"));
    m_view->setToolTip(tr("Answers of the model before it learns, and their rewards"));
    m_view->horizontalHeader()->setStretchLastSection(true);
    m_view->setMinimumHeight(fontMetrics().height() * 6);
    m_view->hide();
    auto* row = new QHBoxLayout;
    row->addWidget(m_summary, 1);
    row->addWidget(m_sample);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addLayout(row);
    layout->addWidget(m_view);
    connect(m_sample, &QPushButton::clicked, this, &TuneAnswers::sample);
    hide();
}

void TuneAnswers::setRecipe(const config::RunConfig& config, std::shared_ptr<store::Project> project)
{
    stop();
    m_config = config;
    m_project = std::move(project);
    const objectives::Objective* objective = objectives::findObjective(config.objective.kind);
    setVisible(objective != nullptr && objective->rollouts && m_project);
    m_sample->setEnabled(true);
    m_view->hide();
    m_summary->setToken(Token::TextQuiet);
    m_summary->setText(tr("The model answers while it trains. Some answers now show what there is to learn from."));
}

TuneAnswers::~TuneAnswers()
{
    stop();
}

void TuneAnswers::stop()
{
    if (m_control) {
        m_control->requestStop();
    }
    m_sampling.cancel();
}

void TuneAnswers::sample()
{
    m_sample->setEnabled(false);
    m_summary->setText(tr("The model answers\u2026"));
    m_control = std::make_shared<train::StopControl>();
    m_sampling.start(
        this, [config = m_config, project = m_project, control = m_control] { return sampled(config, project.get(), *control); },
        [this](const Result<train::FirstAnswers>& first) { showAnswers(first); });
}

void TuneAnswers::showAnswers(const Result<train::FirstAnswers>& first)
{
    m_sample->setEnabled(true);
    m_summary->setToken(first ? first->remarks.empty() ? Token::TextQuiet : Token::Warn : Token::Bad);
    if (!first) {
        m_summary->setText(problemSentence(QString::fromStdString(first.message())));
        return;
    }
    const QLocale locale;
    std::vector<QStringList> lines;
    for (const train::FirstAnswers::One& one : first->answers) {
        lines.push_back({locale.toString(one.reward, 'f', kDigits), QString::fromStdString(one.prompt), QString::fromStdString(one.answer)});
    }
    m_table->setLines(std::move(lines));
    m_view->show();
    m_view->resizeColumnsToContents();
    m_view->setColumnWidth(1, std::min(m_view->columnWidth(1), fontMetrics().averageCharWidth() * 40));
    QStringList facts{tr("Mean reward %1, %2 tokens; %3 of %4 cut")
                          .arg(locale.toString(first->reward, 'f', kDigits), locale.toString(first->tokens, 'f', 1), locale.toString(static_cast<qlonglong>(first->cut())),
                               locale.toString(static_cast<qlonglong>(first->answers.size())))};
    if (first->withoutSpread) {
        facts += tr("%1 % of the groups have no spread").arg(locale.toString(100 * *first->withoutSpread, 'f', 0));
    }
    for (const std::string& remark : first->remarks) {
        facts += windowSentence(QString::fromStdString(remark));
    }
    m_summary->setText(facts.join(u'\n'));
}

} // namespace luthier::ui
