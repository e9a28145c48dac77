// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/empty_state.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

#include <algorithm>

namespace luthier::ui {
namespace {

constexpr int kMaxTextColumns = 56;

} // namespace

EmptyState::EmptyState(QWidget* parent)
    : QWidget(parent), m_title(new QLabel), m_body(new QLabel), m_button(new QPushButton), m_second(new QPushButton)
{
    m_title->setObjectName(QStringLiteral("emptyTitle"));
    m_body->setObjectName(QStringLiteral("emptyBody"));
    m_button->setObjectName(QStringLiteral("emptyButton"));
    m_second->setObjectName(QStringLiteral("emptySecondButton"));
    m_button->setDefault(true);
    m_button->setProperty("primary", true);
    QFont titleFont = font();
    titleFont.setPointSizeF(titleFont.pointSizeF() * 1.5);
    titleFont.setBold(true);
    m_title->setFont(titleFont);
    for (QLabel* label : {m_title, m_body}) {
        label->setAlignment(Qt::AlignHCenter);
        label->setWordWrap(true);
        label->setFixedWidth(fontMetrics().averageCharWidth() * kMaxTextColumns);
    }

    const int unit = fontMetrics().height();
    auto* buttons = new QHBoxLayout;
    buttons->addStretch();
    buttons->addWidget(m_button);
    buttons->addWidget(m_second);
    buttons->addStretch();
    auto* layout = new QVBoxLayout(this);
    layout->addStretch(2);
    layout->addWidget(m_title, 0, Qt::AlignHCenter);
    layout->addSpacing(unit / 2);
    layout->addWidget(m_body, 0, Qt::AlignHCenter);
    layout->addSpacing(unit);
    layout->addLayout(buttons);
    layout->addStretch(3);
    connect(m_button, &QPushButton::clicked, this, &EmptyState::triggered);
    connect(m_second, &QPushButton::clicked, this, &EmptyState::secondTriggered);
    setText({});
}

void EmptyState::setText(const Text& text)
{
    m_title->setText(text.title);
    m_body->setText(text.body);
    for (QLabel* label : {m_title, m_body}) {
        label->setFixedHeight(std::max(0, label->heightForWidth(label->width()))); // a centred label is not asked for it
    }
    m_button->setText(text.button);
    m_second->setText(text.secondButton);
    m_button->setVisible(!text.button.isEmpty());
    m_second->setVisible(!text.secondButton.isEmpty());
    m_button->setAccessibleDescription(text.body);
    m_button->setToolTip(text.button);
    m_second->setToolTip(text.secondButton);
    setAccessibleName(text.title);
}

} // namespace luthier::ui
