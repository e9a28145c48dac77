// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/frame/status_line.h"

#include "ui/base/amounts.h"
#include "ui/base/window_sentence.h"
#include "ui/bridge/job.h"
#include "ui/forms/field_editor.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/status_label.h"
#include "ui/workspace/run_controller.h"

#include <QFile>
#include <QThread>
#include <QTime>

namespace luthier::ui {
namespace {

constexpr int kRefreshMs = 2000;
constexpr int kReadMs = 5000;
constexpr int kReadMsPerCharacter = 60;

struct Memory {
    double own = 0;
    double free = 0;
};

double bytesOf(const char* file, const QByteArray& key)
{
    QFile proc(QString::fromLatin1(file));
    if (!proc.open(QIODevice::ReadOnly)) {
        return 0;
    }
    for (const QByteArray& line : proc.readAll().split('\n')) {
        if (line.startsWith(key)) {
            return line.mid(key.size()).trimmed().split(' ').first().toDouble() * 1024;
        }
    }
    return 0;
}

} // namespace

StatusLine::StatusLine(RunController* runs, QWidget* parent)
    : QStatusBar(parent), m_runs(runs), m_message(new ElidedLabel(Token::Text)), m_device(new StatusLabel(Token::TextQuiet)),
      m_memory(new StatusLabel(Token::TextQuiet))
{
    setSizeGripEnabled(false);
    m_message->setObjectName(QStringLiteral("statusMessage"));
    m_message->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    m_device->setObjectName(QStringLiteral("statusDevice"));
    m_memory->setObjectName(QStringLiteral("statusMemory"));
    m_memory->setToolTip(tr("Memory of Luthier, and what this machine has free"));
    for (QLabel* label : {m_message, m_device, m_memory}) {
        label->setFont(textFont(TextSize::Small));
        label->setContentsMargins(0, 0, space(3), 0);
    }
    addWidget(m_message, 1);
    addPermanentWidget(m_device);
    addPermanentWidget(m_memory);
    setContentsMargins(space(4), 0, space(4), 0);
    m_rest.setSingleShot(true);
    connect(&m_rest, &QTimer::timeout, this, [this] {
        m_message->clear(); // its tooltip still tells it
        setAccessibleDescription({});
    });
    connect(&m_timer, &QTimer::timeout, this, &StatusLine::refresh);
    connect(m_runs, &RunController::progressed, this, [this] {
        if (!m_runs->deviceText().isEmpty()) {
            m_device->setText(m_runs->deviceText());
        }
    });
    m_device->setText(deviceText(QStringLiteral("cpu, %1 threads").arg(QThread::idealThreadCount())));
    m_device->setToolTip(tr("Where the last run computed"));
    m_timer.start(kRefreshMs);
    refresh();
}

void StatusLine::say(const QString& message)
{
    const QString said = withLabels(windowSentence(message));
    m_message->setText(said);
    m_message->setToolTip(QStringLiteral("%1  %2").arg(QTime::currentTime().toString(QStringLiteral("HH:mm:ss")), said));
    setAccessibleDescription(said);
    // Long enough to be read, then the line is for the next.
    m_rest.start(kReadMs + kReadMsPerCharacter * static_cast<int>(message.size()));
}

void StatusLine::refresh()
{
    const auto work = [] {
        return Memory{bytesOf("/proc/self/status", "VmRSS:"), bytesOf("/proc/meminfo", "MemAvailable:")};
    };
    startJob(this, work, [this](const Memory& memory) {
        m_memory->setText(tr("%1 used, %2 free").arg(fileSize(memory.own), fileSize(memory.free)));
    });
}

} // namespace luthier::ui
