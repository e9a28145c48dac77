// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/runs/checkpoints_dialog.h"

#include "ui/base/amounts.h"
#include "ui/bridge/job.h"
#include "ui/theme/theme.h"
#include "ui/widgets/status_label.h"
#include "ui/workspace/run_controller.h"
#include "ui/workspace/workspace.h"

#include <QComboBox>
#include <QDialogButtonBox>
#include <QHeaderView>
#include <QLabel>
#include <QLocale>
#include <QPushButton>
#include <QTableWidget>
#include <QVBoxLayout>

namespace luthier::ui {

CheckpointsDialog::CheckpointsDialog(Workspace& workspace, store::RunId run, const QString& name, QWidget* parent)
    : QDialog(parent), m_workspace(workspace), m_run(run), m_table(new QTableWidget(0, 4)), m_settings(new QComboBox), m_state(new StatusLabel(Token::TextQuiet))
{
    setObjectName(QStringLiteral("checkpointsDialog"));
    setAttribute(Qt::WA_DeleteOnClose);
    setWindowTitle(tr("Go on from a checkpoint of %1").arg(name));
    m_table->setObjectName(QStringLiteral("checkpoints"));
    m_table->setAccessibleName(tr("Checkpoints"));
    m_table->setHorizontalHeaderLabels({tr("Step"), tr("Loss"), tr("Held-out loss"), tr("Size")});
    for (int column = 0; column < m_table->columnCount(); ++column) {
        m_table->horizontalHeaderItem(column)->setTextAlignment(Qt::AlignRight | Qt::AlignVCenter); // over their numbers
    }
    m_table->horizontalHeader()->setSectionResizeMode(QHeaderView::Stretch);
    m_table->verticalHeader()->hide();
    m_table->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_table->setSelectionMode(QAbstractItemView::SingleSelection);
    m_table->setEditTriggers(QAbstractItemView::NoEditTriggers);
    m_table->setTabKeyNavigation(false);
    m_settings->setObjectName(QStringLiteral("forkSettings"));
    m_settings->setAccessibleName(tr("Settings of the new run"));
    m_settings->setToolTip(tr("What the new run trains by; model, method and optimizer must fit the checkpoint"));
    m_settings->addItems({tr("its own settings"), tr("the settings on the Tune page")});
    auto* label = new QLabel(tr("A &new run takes"));
    label->setBuddy(m_settings);
    auto* settings = new QHBoxLayout;
    settings->addWidget(label);
    settings->addWidget(m_settings, 1);
    auto* buttons = new QDialogButtonBox;
    m_resume = buttons->addButton(tr("&Resume from here"), QDialogButtonBox::ActionRole);
    m_resume->setObjectName(QStringLiteral("resumeFromCheckpoint"));
    m_resume->setToolTip(tr("The run goes on from this step; later checkpoints are put aside once it has passed them"));
    m_fork = buttons->addButton(tr("&Fork"), QDialogButtonBox::ActionRole);
    m_fork->setObjectName(QStringLiteral("forkFromCheckpoint"));
    m_fork->setToolTip(tr("Another run goes on from this step; this one stays as it is"));
    buttons->addButton(QDialogButtonBox::Close);
    m_state->setObjectName(QStringLiteral("checkpointsState"));
    m_state->setWordWrap(true);
    m_state->setText(tr("Reading the checkpoints\u2026"));
    auto* layout = new QVBoxLayout(this);
    layout->addWidget(m_table, 1);
    layout->addLayout(settings);
    layout->addWidget(m_state);
    layout->addWidget(buttons);
    setMinimumSize(space(130), space(80));

    connect(m_table, &QTableWidget::itemSelectionChanged, this, &CheckpointsDialog::refresh);
    connect(m_workspace.runs(), &RunController::stateChanged, this, &CheckpointsDialog::refresh);
    connect(m_resume, &QPushButton::clicked, this, [this] {
        m_workspace.runs()->resume(m_run, step());
        accept();
    });
    connect(m_fork, &QPushButton::clicked, this, [this] {
        m_workspace.runs()->fork(m_run, step(), m_settings->currentIndex() == 1);
        accept();
    });
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    refresh();
    startJob(this, [project = m_workspace.project(), run] { return store::checkpointsOf(*project, run); },
             [this](const Result<std::vector<store::RunCheckpoint>>& found) { show(found); });
}

void CheckpointsDialog::show(const Result<std::vector<store::RunCheckpoint>>& found)
{
    m_all = found ? *found : std::vector<store::RunCheckpoint>();
    m_state->setText(!found ? QString::fromStdString(found.message()) : m_all.empty() ? tr("The run has no checkpoint yet.") : QString());
    m_table->setRowCount(static_cast<int>(m_all.size()));
    const QLocale locale;
    const auto number = [&](const std::optional<double>& value) { return value ? locale.toString(*value, 'f', 4) : QStringLiteral("\u2013"); };
    for (int row = 0; row < m_table->rowCount(); ++row) {
        const store::RunCheckpoint& one = m_all[static_cast<std::size_t>(row)];
        //: the lowest loss of those listed
        const QString heldOut = one.isLowest ? tr("%1, the lowest").arg(number(one.heldOut)) : number(one.heldOut);
        const QString cells[] = {locale.toString(static_cast<qlonglong>(one.step)), number(one.loss), heldOut, byteText(one.bytes)};
        for (int column = 0; column < 4; ++column) {
            auto* item = new QTableWidgetItem(cells[column]);
            item->setTextAlignment(Qt::AlignRight | Qt::AlignVCenter);
            m_table->setItem(row, column, item);
        }
    }
    if (!m_all.empty()) {
        m_table->setCurrentCell(m_table->rowCount() - 1, 0);
        m_table->setFocus();
    }
    refresh();
}

std::int64_t CheckpointsDialog::step() const
{
    const int row = m_table->currentRow();
    return row >= 0 && row < static_cast<int>(m_all.size()) ? m_all[static_cast<std::size_t>(row)].step : 0;
}

void CheckpointsDialog::refresh()
{
    const bool isBusy = m_workspace.runs()->isBusy();
    m_resume->setEnabled(step() > 0 && !isBusy);
    m_fork->setEnabled(step() > 0 && !isBusy);
    if (isBusy) {
        m_state->setText(tr("A run is at work; one can go on from here when it has ended."));
    }
}

} // namespace luthier::ui
