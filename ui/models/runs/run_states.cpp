// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/runs/run_states.h"

#include "ui/base/amounts.h"

#include <QCoreApplication>

#include <algorithm>
#include <array>

namespace luthier::ui {
namespace {

constexpr std::array kRunStates{
    RunState{"running", QT_TRANSLATE_NOOP("RunState", "running"), QT_TRANSLATE_NOOP("RunState", "running, step %1"), "play", Token::Accent},
    RunState{kHeldState, QT_TRANSLATE_NOOP("RunState", "on hold"), QT_TRANSLATE_NOOP("RunState", "on hold at step %1"), "pause", Token::Warn},
    RunState{"finished", QT_TRANSLATE_NOOP("RunState", "finished"), QT_TRANSLATE_NOOP("RunState", "finished"), "check", Token::Good},
    RunState{"stopped", QT_TRANSLATE_NOOP("RunState", "stopped"), QT_TRANSLATE_NOOP("RunState", "stopped at step %1"), "square", Token::TextQuiet},
    RunState{"parked", QT_TRANSLATE_NOOP("RunState", "parked"), QT_TRANSLATE_NOOP("RunState", "parked at step %1"), "pause", Token::TextQuiet},
    RunState{"failed", QT_TRANSLATE_NOOP("RunState", "failed"), QT_TRANSLATE_NOOP("RunState", "failed at step %1"), "triangle-alert", Token::Bad},
    RunState{"interrupted", QT_TRANSLATE_NOOP("RunState", "interrupted"), QT_TRANSLATE_NOOP("RunState", "interrupted at step %1"), "pause", Token::Warn},
};

QString stateSaid(const char* text)
{
    return QCoreApplication::translate("RunState", text);
}

} // namespace

const RunState* findRunState(std::string_view id)
{
    const auto at = std::find_if(kRunStates.begin(), kRunStates.end(), [id](const RunState& state) { return id == state.id; });
    return at == kRunStates.end() ? nullptr : at;
}

QString runStateText(std::string_view id)
{
    const RunState* state = findRunState(id);
    return state == nullptr ? QString::fromUtf8(id.data(), static_cast<qsizetype>(id.size())) : stateSaid(state->text);
}

QString runStateAt(std::string_view id, std::int64_t step)
{
    const RunState* state = findRunState(id);
    const QString text = state == nullptr ? runStateText(id) : stateSaid(state->at);
    return text.contains(QStringLiteral("%1")) ? text.arg(number(step)) : text;
}

} // namespace luthier::ui
