// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window/next_steps.h"

#include "ui/frame/next_strip.h"
#include "ui/settings/app_settings.h"

#include <QCoreApplication>

#include <algorithm>
#include <array>

namespace luthier::ui {
namespace {

QString keyOf(const NextStep& step)
{
    return QStringLiteral("next/") + QString::fromLatin1(step.after);
}

} // namespace

// In the order of the work. What follows a run is said by RunNews, whether it went well or not.
std::span<const NextStep> nextSteps()
{
    static constexpr std::array table{
        NextStep{"opened", QT_TRANSLATE_NOOP("NextStep", "%1 is open. Look for empty answers, copies and other trouble before it is learned from."),
                 QT_TRANSLATE_NOOP("NextStep", "Check all rows"), "data", "checkAllRows"},
        NextStep{"checked", QT_TRANSLATE_NOOP("NextStep", "%1 is checked. When the rows are as they should be, tune a model on them."),
                 QT_TRANSLATE_NOOP("NextStep", "Tune"), "tune", ""},
        NextStep{"compared", QT_TRANSLATE_NOOP("NextStep", "%1 has answered. Where it does better, take it to other programs."),
                 QT_TRANSLATE_NOOP("NextStep", "Export\u2026"), "adapters", ""},
        NextStep{"exported", QT_TRANSLATE_NOOP("NextStep", "%1 is written and was proved. Talk to it as it lies there."),
                 QT_TRANSLATE_NOOP("NextStep", "Try it"), "chat", ""},
    };
    return table;
}

NextSteps::NextSteps(AppSettings& settings, NextStrip* strip, QObject* parent) : QObject(parent), m_settings(settings), m_strip(strip)
{
    connect(strip, &NextStrip::dismissed, this, [this] {
        if (m_step != nullptr) {
            m_settings.setText(keyOf(*m_step), QStringLiteral("dismissed"));
        }
    });
    connect(strip, &NextStrip::wanted, this, [this] {
        if (m_step == nullptr) {
            return;
        }
        const QString page = QString::fromLatin1(m_step->page);
        if (m_step->action[0] != '\0') {
            Q_EMIT actionWanted(page, QString::fromLatin1(m_step->action));
        } else {
            Q_EMIT pageWanted(page, m_what);
        }
    });
}

void NextSteps::done(const QString& step, const QString& name, const QString& what)
{
    const auto rows = nextSteps();
    const auto row = std::find_if(rows.begin(), rows.end(), [&step](const NextStep& one) { return step == QLatin1String(one.after); });
    if (row == rows.end() || m_settings.text(keyOf(*row)) == QLatin1String("dismissed")) {
        clear();
        return;
    }
    m_step = &*row;
    m_what = what;
    m_strip->show(QCoreApplication::translate("NextStep", row->sentence).arg(name), QCoreApplication::translate("NextStep", row->button));
}

void NextSteps::clear()
{
    m_step = nullptr;
    m_strip->hide();
}

} // namespace luthier::ui
