// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/tune/tune_limit.h"

#include "ui/base/amounts.h"
#include "ui/forms/set_field.h"
#include "ui/workspace/workspace.h"

#include <QUndoStack>

namespace luthier::ui {
namespace {

const QLatin1String kLength("data.max_length");
const QLatin1String kSystemTurns("data.system_turns");

} // namespace

TuneLimit::TuneLimit(RecipeDocument* document, Workspace& workspace) : QObject(document), m_document(document), m_workspace(workspace)
{
    connect(&workspace, &Workspace::lengthChosen, this, &TuneLimit::take);
    connect(document, &RecipeDocument::changed, this, [this](const QString& key) {
        if (key.isEmpty() || key == kLength) {
            Q_EMIT m_workspace.lengthChanged(m_document->config().data.maxLength);
        }
        if (key.isEmpty() || key == kSystemTurns) {
            Q_EMIT m_workspace.systemTurnsChanged(m_document->config().data.systemTurns == "first_question");
        }
    });
}

void TuneLimit::take(std::int64_t tokens)
{
    const FieldRef field = RecipeDocument::find(kLength);
    if (m_document->config().data.maxLength == tokens) {
        return;
    }
    if (auto fits = m_document->check(field, fields::Value(tokens)); !fits) {
        m_workspace.say(QString::fromStdString(fits.message()));
        return;
    }
    auto* step = new SetField(m_document, field, fields::Value(tokens));
    step->setPage(QStringLiteral("data")); // where the line was dragged
    m_workspace.undoStack()->push(step);
    m_workspace.say(tr("Training cuts rows at %1 tokens from now on; undo takes it back.").arg(number(tokens)));
}

} // namespace luthier::ui
