// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/tune/memory_bar.h"

#include "ui/base/amounts.h"
#include "ui/forms/field_editor.h"
#include "ui/widgets/flow_layout.h"
#include "ui/widgets/named_button.h"
#include "ui/widgets/stacked_bar.h"
#include "ui/widgets/status_label.h"

#include <QHBoxLayout>
#include <QVBoxLayout>

namespace luthier::ui {
namespace {

struct PartRow {
    const char* id;
    const char* name; // source strings, context of the class
    const char* help;
    std::int64_t train::MemoryParts::*bytes;
};

constexpr PartRow kParts[] = {
    {"weights", QT_TRANSLATE_NOOP("luthier::ui::MemoryBar", "weights"),
     QT_TRANSLATE_NOOP("luthier::ui::MemoryBar", "Of the base, as they are held; 4 bits take an eighth of fp32"), &train::MemoryParts::weights},
    {"adapter", QT_TRANSLATE_NOOP("luthier::ui::MemoryBar", "adapter"),
     QT_TRANSLATE_NOOP("luthier::ui::MemoryBar", "What the method adds to the model; grows with the rank and the projections"), &train::MemoryParts::adapter},
    {"gradients", QT_TRANSLATE_NOOP("luthier::ui::MemoryBar", "gradients"),
     QT_TRANSLATE_NOOP("luthier::ui::MemoryBar", "One number for each trained parameter"), &train::MemoryParts::gradients},
    {"optimizer", QT_TRANSLATE_NOOP("luthier::ui::MemoryBar", "optimizer"),
     QT_TRANSLATE_NOOP("luthier::ui::MemoryBar", "What the optimizer remembers of each trained parameter"), &train::MemoryParts::optimizer},
    {"activations", QT_TRANSLATE_NOOP("luthier::ui::MemoryBar", "activations"),
     QT_TRANSLATE_NOOP("luthier::ui::MemoryBar", "Kept of the forward pass; grows with the batch and the length, shrinks with checkpointing"),
     &train::MemoryParts::activations},
    {"logits", QT_TRANSLATE_NOOP("luthier::ui::MemoryBar", "logits"),
     QT_TRANSLATE_NOOP("luthier::ui::MemoryBar", "One block of the loss over the vocabulary"), &train::MemoryParts::logits},
    {"workspace", QT_TRANSLATE_NOOP("luthier::ui::MemoryBar", "workspace"),
     QT_TRANSLATE_NOOP("luthier::ui::MemoryBar", "What products and the backward pass of a layer need for a moment"), &train::MemoryParts::workspace},
};

QString settingsText(const train::MemoryChange& change)
{
    QStringList all;
    for (const auto& [key, value] : change.settings) {
        const FieldRef field = RecipeDocument::find(QString::fromStdString(key));
        const QString label = field ? translatedLabel(*field.field) : QString::fromStdString(key);
        all += label + QStringLiteral(": ") + (value == "true" ? MemoryBar::tr("on") : QString::fromStdString(value));
    }
    return all.join(QStringLiteral(", "));
}

} // namespace

MemoryBar::MemoryBar(QWidget* parent)
    : QWidget(parent), m_head(new StatusLabel(Token::Text)), m_bar(new StackedBar), m_help(new QWidget), m_changes(new QVBoxLayout(m_help))
{
    setObjectName(QStringLiteral("memoryBar"));
    m_head->setObjectName(QStringLiteral("memoryHead"));
    m_head->setTextFormat(Qt::PlainText);
    m_head->setFont(textFont(TextSize::Small));
    m_head->setToolTip(tr("Counted from sizes alone, before anything is loaded; the gate measures it"));
    m_bar->setObjectName(QStringLiteral("memoryParts"));
    m_bar->setAccessibleName(tr("Memory of the run, part by part"));
    auto* names = new QWidget;
    auto* legend = new FlowLayout(space(3), names);
    legend->setContentsMargins(0, 0, 0, 0);
    for (int i = 0; i < static_cast<int>(std::size(kParts)); ++i) {
        auto* item = new QWidget;
        item->setToolTip(tr(kParts[i].help));
        auto* row = new QHBoxLayout(item);
        row->setContentsMargins(0, 0, 0, 0);
        row->setSpacing(space(1));
        row->addWidget(new Swatch(i));
        auto* text = new StatusLabel(Token::TextQuiet);
        text->setObjectName(QStringLiteral("memory.") + QLatin1String(kParts[i].id));
        text->setFont(textFont(TextSize::Small));
        text->setTextFormat(Qt::PlainText);
        row->addWidget(text);
        legend->addWidget(item);
        m_legend.push_back(item);
    }
    m_changes->setContentsMargins(0, 0, 0, 0);
    m_changes->setSpacing(space(1));
    auto* line = new QHBoxLayout;
    line->setContentsMargins(0, 0, 0, 0);
    line->addWidget(m_head);
    line->addWidget(m_bar, 1);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(space(1));
    layout->addLayout(line);
    layout->addWidget(names);
    layout->addWidget(m_help);
    m_help->hide();
    hide();
}

void MemoryBar::show(const std::optional<train::RunMemory>& memory)
{
    setVisible(memory.has_value());
    if (!memory) {
        return;
    }
    const train::MemoryEstimate& estimate = memory->estimate;
    std::vector<BarPart> parts;
    for (int i = 0; i < static_cast<int>(std::size(kParts)); ++i) {
        const std::int64_t bytes = estimate.parts.*kParts[i].bytes;
        parts.push_back({tr(kParts[i].name), byteText(bytes), bytes, i});
        m_legend[static_cast<std::size_t>(i)]->setVisible(bytes > 0);
        auto* text = findChild<StatusLabel*>(QStringLiteral("memory.") + QLatin1String(kParts[i].id));
        text->setText(tr(kParts[i].name) + u' ' + byteText(bytes));
    }
    const QString total = byteText(estimate.parts.total());
    const QString free = estimate.free > 0 ? tr("%1 free").arg(byteText(estimate.free)) : tr("free memory unknown");
    m_head->setText(estimate.fits() ? tr("Memory %1 of %2").arg(total, free) : tr("Memory %1, only %2").arg(total, free));
    m_head->setToken(estimate.fits() ? Token::Text : Token::Bad);
    m_bar->setParts(std::move(parts), estimate.free, free);
    showChanges(memory->changes);
}

void MemoryBar::showMeasured(std::optional<std::int64_t> bytes)
{
    if (bytes) {
        //: what was counted, then what a pass over the largest batch took
        m_head->setText(tr("%1; measured %2").arg(m_head->text().section(u';', 0, 0), byteText(*bytes)));
    }
}

void MemoryBar::showChanges(const std::vector<train::MemoryChange>& changes)
{
    while (QLayoutItem* item = m_changes->takeAt(0)) {
        item->widget()->hide();
        item->widget()->deleteLater(); // one of them may have been clicked just now
        delete item;
    }
    int number = 0;
    for (const train::MemoryChange& change : changes) {
        auto* row = new QWidget;
        auto* line = new QHBoxLayout(row);
        line->setContentsMargins(0, 0, 0, 0);
        auto* apply = makeButton(QStringLiteral("memoryChange%1").arg(number++), settingsText(change), tr("Change this now; undo takes it back"));
        //: what a change saves, whether that is enough, what it costs
        auto* cost = new StatusLabel(tr("saves %1%2. %3")
                                         .arg(byteText(change.saves), change.fits ? tr(", then it fits") : tr(", which alone is not enough"),
                                              QString::fromStdString(change.cost)),
                                     Token::TextQuiet);
        cost->setTextFormat(Qt::PlainText);
        cost->setWordWrap(true);
        line->addWidget(apply);
        line->addWidget(cost, 1);
        m_changes->addWidget(row);
        connect(apply, &QPushButton::clicked, this, [this, change] { Q_EMIT changeWanted(change); });
    }
    m_help->setVisible(!changes.empty());
}

} // namespace luthier::ui
