// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/models/models_downloads.h"

#include "ui/base/amounts.h"
#include "ui/models/card_list_model.h"
#include "ui/models/library/downloads.h"
#include "ui/theme/icons.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/status_label.h"
#include "ui/widgets/vertical_scroll.h"

#include <QHBoxLayout>
#include <QProgressBar>
#include <QPushButton>
#include <QToolButton>
#include <QVBoxLayout>

namespace luthier::ui {
namespace {

constexpr int kBarSteps = 1000;
constexpr int kVisibleRows = 3;

QString progressText(const Downloads::Item& item)
{
    const hub::DownloadProgress& progress = item.progress;
    QString text = progress.total > 0 ? DownloadRow::tr("%1 of %2").arg(fileSize(static_cast<double>(progress.done)), fileSize(static_cast<double>(progress.total)))
                                      : fileSize(static_cast<double>(progress.done));
    if (item.state == Downloads::State::Running && item.isStill) {
        return text + QStringLiteral("  \u00b7  ") + DownloadRow::tr("waiting for the hub\u2026");
    }
    if (item.state == Downloads::State::Running && progress.bytesPerSecond > 0) {
        text += QStringLiteral("  \u00b7  ") + DownloadRow::tr("%1/s").arg(fileSize(progress.bytesPerSecond));
    }
    if (item.state == Downloads::State::Running && progress.secondsLeft >= 0) {
        text += QStringLiteral("  \u00b7  ") + timeLeft(progress.secondsLeft);
    }
    return text;
}

QString textOf(const Downloads::Item& item)
{
    switch (item.state) {
    case Downloads::State::Waiting: return DownloadRow::tr("waits for its turn");
    case Downloads::State::Running: return item.progress.done > 0 ? progressText(item) : DownloadRow::tr("asking the hub\u2026");
    case Downloads::State::Stopped: return DownloadRow::tr("stopped at %1; it goes on from there").arg(progressText(item));
    case Downloads::State::Failed: return item.problem;
    case Downloads::State::Done: return DownloadRow::tr("%1, checked and ready").arg(fileSize(static_cast<double>(item.progress.done)));
    }
    return {};
}

} // namespace

DownloadRow::DownloadRow(Downloads* downloads, int id, QWidget* parent)
    : QWidget(parent), m_downloads(downloads), m_id(id), m_name(new ElidedLabel(Token::Text, Qt::ElideMiddle)), m_bar(new QProgressBar),
      m_text(new StatusLabel(Token::TextQuiet)), m_action(new QPushButton), m_token(new QPushButton(tr("Access token\u2026"))), m_clear(new QToolButton)
{
    const QString name = m_downloads->find(id)->name;
    m_name->setText(name);
    m_bar->setObjectName(QStringLiteral("downloadBar"));
    m_bar->setAccessibleName(tr("Progress of %1").arg(name));
    m_bar->setRange(0, kBarSteps);
    m_bar->setTextVisible(false);
    m_text->setObjectName(QStringLiteral("downloadText"));
    m_text->setFont(textFont(TextSize::Small));
    m_text->setWordWrap(true);
    m_action->setObjectName(QStringLiteral("downloadAction"));
    m_token->setObjectName(QStringLiteral("downloadToken"));
    m_token->setToolTip(tr("Give a token of an account that may read this model, then resume"));
    m_clear->setObjectName(QStringLiteral("downloadClear"));
    m_clear->setIcon(icon(QStringLiteral("x")));
    m_clear->setAutoRaise(true);
    m_clear->setAccessibleName(tr("Take %1 off the list").arg(name));
    m_clear->setToolTip(tr("Take it off the list; what came is kept for another day"));
    auto* head = new QHBoxLayout;
    head->addWidget(m_name, 1);
    head->addWidget(m_token);
    head->addWidget(m_action);
    head->addWidget(m_clear);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(space(1));
    layout->addLayout(head);
    layout->addWidget(m_bar);
    layout->addWidget(m_text);
    connect(m_action, &QPushButton::clicked, this, &DownloadRow::act);
    connect(m_token, &QPushButton::clicked, this, &DownloadRow::tokenWanted);
    connect(m_clear, &QToolButton::clicked, this, [this] { m_downloads->remove(m_id); });
    refresh();
}

void DownloadRow::refresh()
{
    using State = Downloads::State;
    const Downloads::Item* item = m_downloads->find(m_id);
    if (item == nullptr) {
        return;
    }
    const bool isActive = item->state == State::Running || item->state == State::Waiting;
    const double total = static_cast<double>(item->progress.total);
    m_bar->setValue(item->state == State::Done ? kBarSteps : total > 0 ? static_cast<int>(kBarSteps * static_cast<double>(item->progress.done) / total) : 0);
    m_bar->setVisible(item->state != State::Done);
    m_text->setToken(item->state == State::Failed ? Token::Bad : Token::TextQuiet);
    m_text->setText(textOf(*item));
    m_action->setText(isActive ? tr("Stop") : item->state == State::Done ? tr("Show") : tr("Resume"));
    m_action->setToolTip(isActive                      ? tr("Stop; what came is kept")
                         : item->state == State::Done ? tr("Choose it in the list of models")
                                                      : tr("Go on where it stopped"));
    m_action->setAccessibleName(tr("%1 %2").arg(m_action->text(), item->name));
    m_token->setVisible(item->state == State::Failed && item->problem.contains(QStringLiteral("token")));
}

void DownloadRow::act()
{
    using State = Downloads::State;
    const Downloads::Item* item = m_downloads->find(m_id);
    if (item == nullptr) {
        return;
    }
    if (item->state == State::Done) {
        Q_EMIT shown(item->path);
    } else if (item->state == State::Running || item->state == State::Waiting) {
        m_downloads->stop(m_id);
    } else {
        m_downloads->resume(m_id);
    }
}

ModelsDownloads::ModelsDownloads(Downloads* downloads, QWidget* parent) : Card(tr("Downloads"), parent), m_downloads(downloads), m_rows(new QVBoxLayout)
{
    auto* content = new QWidget;
    content->setLayout(m_rows);
    m_rows->setContentsMargins(0, 0, 0, 0);
    m_rows->addStretch();
    auto* scroll = new VerticalScroll(content);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setFocusPolicy(Qt::NoFocus);
    scroll->setMaximumHeight(fontMetrics().lineSpacing() * 4 * kVisibleRows);
    body()->addWidget(scroll);
    connect(m_downloads, &Downloads::listChanged, this, &ModelsDownloads::rebuild);
    connect(m_downloads, &Downloads::itemChanged, this, [this](int id) {
        if (const auto at = m_rowOf.find(id); at != m_rowOf.end()) {
            at->second->refresh();
        }
    });
    rebuild();
}

void ModelsDownloads::rebuild()
{
    for (auto at = m_rowOf.begin(); at != m_rowOf.end();) {
        if (m_downloads->find(at->first) == nullptr) {
            at->second->deleteLater();
            at = m_rowOf.erase(at);
        } else {
            ++at;
        }
    }
    for (const Downloads::Item& item : m_downloads->items()) {
        if (m_rowOf.count(item.id) == 0) {
            auto* row = new DownloadRow(m_downloads, item.id);
            m_rows->insertWidget(0, row); // newest first
            m_rowOf[item.id] = row;
            connect(row, &DownloadRow::shown, this, &ModelsDownloads::shown);
            connect(row, &DownloadRow::tokenWanted, this, &ModelsDownloads::tokenWanted);
        }
    }
    setVisible(!m_downloads->items().empty());
}

} // namespace luthier::ui
