// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/adapters/adapters_work.h"

#include "core/hub/transfer_rate.h"
#include "core/peft/folders/adapter_facts.h"
#include "ui/base/amounts.h"
#include "ui/charts/measure_text.h"
#include "ui/widgets/named_button.h"
#include "ui/widgets/status_label.h"

#include <QHBoxLayout>
#include <QProgressBar>
#include <QVBoxLayout>

#include <mutex>

namespace luthier::ui {

struct AdaptersWork::Stage { // told by the job, shown by the window
    std::mutex mutex;
    std::string text;       // guarded by mutex
    std::string timed;      // the text that `rate` is of; the window's
    hub::TransferRate rate; // the window's
};

namespace {

Result<publish::Published> carryOut(const PublishOrder& order, const publish::Watch& watch)
{
    for (const inference::AdapterSpec& adapter : order.source.adapters) {
        // Before anything is loaded, and with both names in the refusal.
        if (auto fits = peft::checkParent(peft::readAdapterFacts(adapter.path), order.source.model); !fits) {
            return fits.error();
        }
    }
    const std::string target = order.target.toStdString();
    switch (order.kind) {
    case PublishOrder::Kind::Model: return publish::publishModel(order.source, target, order.type.toStdString(), watch);
    case PublishOrder::Kind::Gguf: return publish::publishGguf(order.source, target, order.type.toStdString(), watch);
    case PublishOrder::Kind::Adapter:
    case PublishOrder::Kind::GgufAdapter: return publish::publishAdapter(order.source, target, watch);
    }
    return Error{"unknown order"};
}

} // namespace

AdaptersWork::AdaptersWork(QWidget* parent)
    : QFrame(parent), m_text(new StatusLabel(Token::TextQuiet)), m_bar(new QProgressBar),
      m_stop(makeButton(QStringLiteral("publishStop"), tr("Stop"), tr("Stop; nothing of it is kept (Esc)")))
{
    m_text->setObjectName(QStringLiteral("publishText"));
    m_text->setWordWrap(true);
    m_text->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_bar->setObjectName(QStringLiteral("publishBar"));
    m_bar->setAccessibleName(tr("How far the writing is"));
    m_bar->setTextVisible(false);
    m_stop->setShortcut(Qt::Key_Escape);
    auto* row = new QHBoxLayout;
    row->addWidget(m_bar, 1);
    row->addWidget(m_stop);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_text);
    layout->addLayout(row);
    m_bar->hide();
    m_stop->hide();
    hide();
    connect(m_stop, &QPushButton::clicked, this, &AdaptersWork::cancel);
}

void AdaptersWork::start(const PublishOrder& order)
{
    if (isRunning()) {
        return;
    }
    m_order = order;
    m_stage = std::make_shared<Stage>();
    m_text->setToken(Token::TextQuiet);
    m_text->setText(tr("Loading the model\u2026"));
    m_bar->setRange(0, 0);
    m_bar->show();
    m_stop->show();
    show();
    const auto work = [order, stage = m_stage](const JobControl& control) {
        publish::Watch watch;
        watch.cancel = control.cancel;
        watch.stage = [&](const std::string& text, std::int64_t done, std::int64_t total) {
            {
                const std::lock_guard lock(stage->mutex);
                stage->text = text;
            }
            control.progress(done, total);
        };
        return carryOut(order, watch);
    };
    m_job.start(this, work, [this](const Result<publish::Published>& published) { end(published); },
                [this](std::int64_t done, std::int64_t total) { showStage(done, total); });
}

void AdaptersWork::cancel()
{
    if (!isRunning()) {
        return;
    }
    m_job.cancel();
    m_bar->hide();
    m_stop->hide();
    m_text->setText(tr("Stopped; nothing was kept."));
    Q_EMIT stopped();
}

void AdaptersWork::showStage(std::int64_t done, std::int64_t total)
{
    if (!isRunning()) {
        return;
    }
    const std::lock_guard lock(m_stage->mutex);
    if (m_stage->text != m_stage->timed || total <= 0) {
        m_stage->timed = m_stage->text;
        m_stage->rate = {};
    }
    m_stage->rate.add(done);
    const QString left = total > 0 ? timeLeft(m_stage->rate.secondsLeft(total)) : QString();
    const QString text = asTitle(QString::fromStdString(m_stage->text));
    //: what is done, time left
    m_text->setText(left.isEmpty() ? text : tr("%1, %2").arg(text, left));
    m_bar->setRange(0, total > 0 ? 1000 : 0);
    m_bar->setValue(total > 0 ? static_cast<int>(1000 * done / total) : 0);
}

void AdaptersWork::end(const Result<publish::Published>& published)
{
    m_bar->hide();
    m_stop->hide();
    if (!published) {
        hide();
        Q_EMIT failed(QString::fromStdString(published.message()));
        return;
    }
    m_text->setToken(Token::Good);
    QString text = tr("Written to %1. %2").arg(QString::fromStdString(published->target.string()), QString::fromStdString(published->proof.sentence()));
    for (const std::string& note : published->notes) {
        text += u'\n' + QString::fromStdString(note);
    }
    m_text->setText(text);
    Q_EMIT written(m_order, *published);
}

} // namespace luthier::ui
