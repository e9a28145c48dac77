// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/tune/queue/tune_queue.h"

#include "ui/widgets/named_button.h"
#include "ui/widgets/status_label.h"
#include "ui/workspace/run_queue.h"

#include <QHBoxLayout>
#include <QListWidget>
#include <QVBoxLayout>

#include <algorithm>

namespace luthier::ui {
namespace {

constexpr int kQueueRows = 3; // in view

} // namespace

TuneQueue::TuneQueue(RunQueue* queue, QWidget* parent)
    : Card(tr("Waiting for their turn"), parent), m_queue(queue), m_list(new QListWidget), m_held(new StatusLabel(Token::Warn)),
      m_earlier(makeButton(QStringLiteral("queueEarlier"), tr("Earlier"), tr("Let the chosen run begin before the one above it"))),
      m_later(makeButton(QStringLiteral("queueLater"), tr("Later"), tr("Let the chosen run begin behind the one below it"))),
      m_remove(makeButton(QStringLiteral("queueRemove"), tr("Take out"), tr("The chosen run is not made; nothing of it was trained yet"))),
      m_goOn(makeButton(QStringLiteral("queueGoOn"), tr("Go on"), tr("Let the first of them begin as soon as no other run is at work")))
{
    setObjectName(QStringLiteral("tuneQueue"));
    m_list->setObjectName(QStringLiteral("queueList"));
    m_list->setAccessibleName(tr("Runs that wait"));
    m_list->setToolTip(tr("The first of them begins when the run in progress has ended; all of them are kept with the project"));
    m_held->setObjectName(QStringLiteral("queueHeld"));
    m_held->setText(tr("Held: nothing begins by itself."));
    header()->addWidget(m_held);
    auto* line = new QHBoxLayout; // as low as it can be: the settings above need the room
    line->addWidget(m_list, 1);
    for (QPushButton* button : {m_earlier, m_later, m_remove, m_goOn}) {
        line->addWidget(button, 0, Qt::AlignTop);
    }
    body()->addLayout(line);
    connect(queue, &RunQueue::changed, this, &TuneQueue::fill);
    connect(m_list, &QListWidget::currentRowChanged, this, &TuneQueue::refresh);
    connect(m_earlier, &QPushButton::clicked, this, [this] { moveBy(-1); });
    connect(m_later, &QPushButton::clicked, this, [this] { moveBy(1); });
    connect(m_remove, &QPushButton::clicked, this, [this] { m_queue->remove(m_list->currentRow()); });
    connect(m_goOn, &QPushButton::clicked, queue, &RunQueue::goOn);
    fill();
}

void TuneQueue::fill()
{
    const int at = std::max(0, m_list->currentRow());
    m_list->clear();
    for (const away::WaitingRun& one : m_queue->waiting()) {
        const QString name = QString::fromStdString(one.name());
        //: %1 a run that was interrupted
        m_list->addItem(one.run == 0 ? name : tr("%1, goes on from its last checkpoint").arg(name));
    }
    const int rows = std::clamp(m_list->count(), 1, kQueueRows);
    m_list->setFixedHeight(rows * std::max(m_list->sizeHintForRow(0), fontMetrics().lineSpacing()) + 2 * m_list->frameWidth() + 2);
    m_list->setCurrentRow(std::min(at, m_list->count() - 1));
    m_held->setVisible(m_queue->isHeld());
    m_goOn->setVisible(m_queue->isHeld());
    setVisible(m_list->count() > 0);
    refresh();
}

void TuneQueue::refresh()
{
    const int at = m_list->currentRow();
    m_earlier->setEnabled(m_queue->canMove(at, at - 1));
    m_later->setEnabled(m_queue->canMove(at, at + 1));
    m_remove->setEnabled(at >= 0);
}

void TuneQueue::moveBy(int places)
{
    const int at = m_list->currentRow();
    m_queue->move(at, at + places);
    m_list->setCurrentRow(std::clamp(at + places, 0, m_list->count() - 1));
}

} // namespace luthier::ui
