// SPDX-License-Identifier: GPL-3.0-or-later
// What a RowModel says in its cells and headings.
#include "ui/models/column_heading.h"
#include "ui/base/amounts.h"
#include "ui/models/data/data_document.h"
#include "ui/models/data/data_losses.h"
#include "ui/models/data/row_model.h"

namespace luthier::ui {

QString RowModel::stateName(RowState state)
{
    switch (state) {
    case RowState::Good: return tr("good");
    case RowState::Broken: return tr("broken");
    case RowState::Truncated: return tr("cut");
    case RowState::NothingToLearn: return tr("nothing to learn");
    case RowState::Unknown: break;
    }
    return QStringLiteral("\u2026");
}

QStringList RowModel::stateTexts() const
{
    QStringList texts{stateName(RowState::Good)};
    if (m_document == nullptr) {
        return texts;
    }
    const DataCounts counts = m_document->counts();
    const auto add = [&texts](std::int64_t rows, const QString& text) {
        if (rows > 0) {
            texts += text;
        }
    };
    add(counts.broken, stateName(RowState::Broken));
    add(counts.truncated, stateName(RowState::Truncated));
    add(counts.nothingToLearn, stateName(RowState::NothingToLearn));
    add(counts.excluded, tr("excluded"));
    add(counts.edited, tr("%1, edited").arg(stateName(RowState::Good)));
    return texts;
}

QString RowModel::stateText(std::int64_t row) const
{
    QString text = stateName(m_document->facts(row).state);
    if (m_document->isExcluded(row)) {
        text = tr("excluded");
    }
    return m_document->isEdited(row) ? tr("%1, edited").arg(text) : text;
}

QStringList RowModel::tagsOf(std::int64_t row) const
{
    QStringList tags;
    for (const std::string& tag : m_document->tagsOf(row)) {
        tags += QString::fromStdString(tag);
    }
    return tags;
}

QVariant RowModel::displayed(int viewRow, int column) const
{
    const std::int64_t row = rowAt(viewRow);
    switch (column) {
    case NumberColumn: return number(row + 1);
    case StateColumn: return stateText(row);
    case TokensColumn: {
        const RowFacts facts = m_document->facts(row);
        if (facts.tokens >= 0) {
            return number(facts.tokens);
        }
        return facts.state == RowState::Unknown ? QStringLiteral("\u2026") : QStringLiteral("\u2013");
    }
    case TurnsColumn: {
        const RowFacts facts = m_document->facts(row);
        return facts.turns > 0 ? number(facts.turns) : QString();
    }
    case LossBeforeColumn: return m_document->losses()->text(row, LossTime::Before);
    case LossAfterColumn: return m_document->losses()->text(row, LossTime::After);
    case TagsColumn: return tagsOf(row).join(QStringLiteral(", "));
    default: break;
    }
    const RowPreview* known = m_pages->at(viewRow);
    if (known == nullptr) {
        return QStringLiteral("\u2026");
    }
    if (column == AnswerColumn && !known->problem.isEmpty()) { // where the answer would stand: what is wrong; its number stands before
        const QString number = QStringLiteral("row %1: ").arg(row + 1);
        return known->problem.startsWith(number) ? known->problem.mid(number.size()) : known->problem;
    }
    return column == PromptColumn ? known->prompt : known->answer;
}

QVariant RowModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || section < 0 || section >= NumColumns) {
        return {};
    }
    static const char* const kTitles[] = {QT_TR_NOOP("#"), QT_TR_NOOP("Prompt"), QT_TR_NOOP("Answer"), QT_TR_NOOP("Tokens"),
                                          QT_TR_NOOP("Turns"), QT_TR_NOOP("Loss before"), QT_TR_NOOP("Loss after"), QT_TR_NOOP("Tags"), QT_TR_NOOP("State")};
    static const char* const kHelp[] = {QT_TR_NOOP("Number of the row in the file, from 1"),
                                        QT_TR_NOOP("What the model is asked"), QT_TR_NOOP("What the model should learn to answer"),
                                        QT_TR_NOOP("Length in tokens, against the limit. Click to sort."),
                                        QT_TR_NOOP("Number of turns. Click to sort."),
                                        QT_TR_NOOP("Mean loss of the answer before the run, in nats a token; usually 0.5 to 4. Click to sort."),
                                        QT_TR_NOOP("Mean loss of the answer after the run, in nats a token; lower is better. Click to sort."),
                                        QT_TR_NOOP("Tags (T adds one). Click to sort."),
                                        QT_TR_NOOP("Whether training can use the row")};
    return columnHeading(role, tr(kTitles[section]), tr(kHelp[section]), isNumber(section));
}

} // namespace luthier::ui
