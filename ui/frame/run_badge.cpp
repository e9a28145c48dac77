// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/frame/run_badge.h"

#include "ui/base/amounts.h"
#include "ui/dialogs/held_run_dialog.h"
#include "ui/theme/icons.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/buttons/tool_button.h"
#include "ui/workspace/run_controller.h"

#include <QApplication>
#include <QCoreApplication>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QMenu>
#include <QMouseEvent>
#include <QPainter>
#include <QProgressBar>
#include <QToolButton>
#include <QVBoxLayout>

namespace luthier::ui {
namespace {

constexpr int kLines = 2; // of what it does

// What it does, and how long all of it still takes.
QString lineOf(const RunController& runs)
{
    using State = RunController::State;
    const QString left = timeLeft(runs.secondsLeft());
    if (runs.state() == State::Stopping) {
        return RunBadge::tr("saving a checkpoint\u2026");
    }
    QString doing = QCoreApplication::translate("Stage", runs.stage().toUtf8().constData());
    if (runs.state() == State::Held) {
        doing = RunBadge::tr("on hold at step %1").arg(number(runs.step()));
    } else if (doing.isEmpty() && left.isEmpty() && runs.totalSteps() > 0) {
        doing = RunBadge::tr("step %1 of %2").arg(number(runs.step()), number(runs.totalSteps()));
    }
    //: %1 what a run does now, %2 the time that all of it still takes
    return doing.isEmpty() ? left : left.isEmpty() ? doing : RunBadge::tr("%1, %2").arg(doing, left);
}

} // namespace

RunBadge::RunBadge(RunController* runs, QWidget* parent)
    : QFrame(parent), m_runs(runs), m_name(new ElidedLabel(Token::Text)), m_bar(new QProgressBar), m_left(new StatusLabel(Token::TextQuiet)),
      m_hold(makeIconButton(QStringLiteral("badgeHold"), QStringLiteral("pause"), tr("Hold"))),
      m_stop(makeIconButton(QStringLiteral("badgeStop"), QStringLiteral("square"), tr("Stop and save a checkpoint"))),
      m_try(makeIconButton(QStringLiteral("badgeTry"), QStringLiteral("message-square"), tr("Try prompts, change the rate")))
{
    setObjectName(QStringLiteral("runBadge"));
    setFocusPolicy(Qt::StrongFocus);
    setCursor(Qt::PointingHandCursor);
    setAccessibleName(tr("Run in progress"));
    m_bar->setTextVisible(false);
    m_bar->setFixedHeight(space(2));
    m_bar->setAccessibleName(tr("Progress of the run"));
    m_left->setFont(textFont(TextSize::Small));
    m_left->setWordWrap(true);
    m_left->setAlignment(Qt::AlignLeft | Qt::AlignTop);
    m_left->setMinimumHeight(m_left->fontMetrics().lineSpacing() * kLines); // else the buttons move away from under the pointer that holds a run
    auto* top = new QHBoxLayout;
    top->setSpacing(0);
    top->addWidget(m_name, 1);
    top->addWidget(m_try);
    top->addWidget(m_hold);
    top->addWidget(m_stop);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(space(3), space(2), space(2), space(2));
    layout->setSpacing(space(1));
    layout->addLayout(top);
    layout->addWidget(m_bar);
    layout->addWidget(m_left);
    connect(m_hold, &QToolButton::clicked, this, [this] { m_runs->setHeld(m_runs->state() != RunController::State::Held); });
    connect(m_stop, &QToolButton::clicked, m_runs, &RunController::stop);
    connect(m_try, &QToolButton::clicked, this, [this] { (new HeldRunDialog(m_runs, window()))->open(); });
    auto* ends = new QMenu(m_stop);
    QAction* park = ends->addAction(tr("&Park: leave everything, go on later to the bit"), m_runs, &RunController::park);
    park->setObjectName(QStringLiteral("parkRun"));
    QAction* keep = ends->addAction(tr("Stop and &keep the result as it stands"), m_runs, &RunController::stopAndKeep);
    keep->setObjectName(QStringLiteral("keepRun"));
    m_stop->setMenu(ends);
    m_stop->setPopupMode(QToolButton::MenuButtonPopup);
    connect(m_runs, &RunController::stateChanged, this, &RunBadge::refresh);
    connect(m_runs, &RunController::progressed, this, &RunBadge::refresh);
    refresh();
}

void RunBadge::refresh()
{
    using State = RunController::State;
    const State state = m_runs->state();
    const bool hadKeys = hasFocus() || isAncestorOf(QApplication::focusWidget());
    if (!m_runs->isBusy()) {
        hide();
        return;
    }
    show();
    m_name->setText(state == State::Preparing ? tr("Getting ready\u2026") : m_runs->name());
    m_name->setToolTip(m_runs->name());
    const bool knowsSteps = m_runs->totalSteps() > 0;
    m_bar->setRange(0, knowsSteps ? static_cast<int>(m_runs->totalSteps()) : 0);
    m_bar->setValue(static_cast<int>(m_runs->step()));
    m_left->setText(lineOf(*m_runs));
    m_left->setToolTip(m_runs->secondsLeft() >= 0 ? duration(m_runs->secondsLeft()) : QString());
    const bool held = state == State::Held;
    m_hold->setIcon(icon(held ? QStringLiteral("play") : QStringLiteral("pause")));
    m_hold->setToolTip(held ? tr("Go on") : tr("Hold"));
    m_hold->setAccessibleName(m_hold->toolTip());
    m_hold->setEnabled(state == State::Running || held);
    m_stop->setEnabled(state == State::Running || held);
    m_try->setVisible(held);
    if (hadKeys && !hasFocus() && !isAncestorOf(QApplication::focusWidget())) {
        setFocus(Qt::OtherFocusReason); // the button that had them can no longer be pressed
    }
}

void RunBadge::mouseReleaseEvent(QMouseEvent* event)
{
    if (rect().contains(event->position().toPoint())) {
        Q_EMIT clicked();
    }
}

void RunBadge::keyPressEvent(QKeyEvent* event)
{
    if (event->key() == Qt::Key_Return || event->key() == Qt::Key_Space) {
        Q_EMIT clicked();
    } else {
        QFrame::keyPressEvent(event);
    }
}

void RunBadge::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(color(hasFocus() ? Token::Accent : Token::Raised), hasFocus() ? 2 : 1));
    painter.setBrush(color(Token::Surface));
    painter.drawRoundedRect(QRectF(rect()).adjusted(space(1), 1, -space(1), -1), space(1), space(1));
}

} // namespace luthier::ui
