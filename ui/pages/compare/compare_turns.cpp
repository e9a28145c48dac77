// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/compare/compare_turns.h"

#include "ui/widgets/named_button.h"
#include "ui/widgets/vertical_scroll.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPlainTextEdit>
#include <QVBoxLayout>

namespace luthier::ui {
namespace {

constexpr int kLines = 3;

QString roleName(const std::string& role)
{
    return role == "user" ? CompareTurns::tr("Question") : role == "assistant" ? CompareTurns::tr("Answer") : role == "system" ? CompareTurns::tr("System text") : QString::fromStdString(role);
}

} // namespace

CompareTurns::CompareTurns(std::vector<data::Message> messages, QWidget* parent) : QDialog(parent), m_messages(std::move(messages))
{
    setObjectName(QStringLiteral("compareTurns"));
    setWindowTitle(tr("Earlier turns"));
    setAttribute(Qt::WA_DeleteOnClose);
    auto* turns = new QWidget;
    auto* column = new QVBoxLayout(turns);
    for (std::size_t i = 0; i < m_messages.size(); ++i) {
        addTurn(i, column);
    }
    column->addStretch(1);
    auto* cancel = makeButton(QStringLiteral("turnsCancel"), tr("Cancel"), tr("Leave the turns as they were"));
    auto* take = makeButton(QStringLiteral("turnsTake"), tr("&Take these"), tr("Ask the last question after the turns as they stand here"));
    cancel->setAutoDefault(false);
    auto* buttons = new QHBoxLayout;
    buttons->addStretch(1);
    buttons->addWidget(cancel);
    buttons->addWidget(take);
    auto* layout = new QVBoxLayout(this);
    layout->addWidget(new VerticalScroll(turns), 1);
    layout->addLayout(buttons);
    take->setDefault(true); // in the dialog by now: before, it would not know of it
    resize(fontMetrics().averageCharWidth() * 80, fontMetrics().height() * 30);
    connect(cancel, &QPushButton::clicked, this, &QDialog::reject);
    connect(take, &QPushButton::clicked, this, [this] { acceptUpTo(m_messages.size() - 1); });
}

void CompareTurns::addTurn(std::size_t index, QVBoxLayout* layout)
{
    const data::Message& message = m_messages[index];
    const QString name = tr("%1 %2").arg(index + 1).arg(roleName(message.role));
    auto* text = new QPlainTextEdit(QString::fromStdString(message.content));
    text->setObjectName(QStringLiteral("turn%1").arg(index));
    text->setAccessibleName(name);
    text->setToolTip(tr("This turn, as all columns are asked it"));
    text->setTabChangesFocus(true);
    text->setFixedHeight(fontMetrics().lineSpacing() * kLines + 2 * text->frameWidth() + 8);
    m_texts.push_back(text);
    auto* head = new QHBoxLayout;
    head->addWidget(new QLabel(name));
    head->addStretch(1);
    if (message.role == "user" && index + 1 < m_messages.size()) {
        auto* branch = makeButton(QStringLiteral("turnBranch%1").arg(index), tr("Ask from here"), tr("Leave out everything behind this question and ask it again"));
        branch->setAutoDefault(false);
        branch->setAccessibleName(tr("Ask from turn %1").arg(index + 1));
        connect(branch, &QPushButton::clicked, this, [this, index] { acceptUpTo(index); });
        head->addWidget(branch);
    }
    layout->addLayout(head);
    layout->addWidget(text);
}

void CompareTurns::acceptUpTo(std::size_t index)
{
    std::vector<data::Message> messages(m_messages.begin(), m_messages.begin() + static_cast<std::ptrdiff_t>(index) + 1);
    for (std::size_t i = 0; i < messages.size(); ++i) {
        messages[i].content = m_texts[i]->toPlainText().toStdString();
    }
    Q_EMIT chosen(messages);
    accept();
}

} // namespace luthier::ui
