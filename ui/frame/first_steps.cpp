// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/frame/first_steps.h"

#include "ui/theme/theme.h"
#include "ui/widgets/named_button.h"
#include "ui/widgets/status_label.h"
#include "ui/widgets/buttons/tool_button.h"

#include <QHBoxLayout>
#include <QPainter>
#include <QToolButton>
#include <QVBoxLayout>

namespace luthier::ui {

FirstSteps::FirstSteps(QWidget* parent) : QFrame(parent)
{
    setObjectName(QStringLiteral("firstSteps"));
    setAccessibleName(tr("First steps"));
    auto* text = new QLabel(tr("New here? A small model and its data are bundled: tune it in a minute or two and see the difference. Or begin with your own."));
    text->setWordWrap(true);
    auto* tune = makeButton(QStringLiteral("firstTune"), tr("Tune the bundled model"), tr("Three clicks to the first tune: this one, Start tuning, Start now"));
    tune->setProperty("primary", true);
    auto* data = makeButton(QStringLiteral("firstData"), tr("Open my data\u2026"), tr("JSON Lines, JSON, CSV, Parquet and more"));
    auto* model = makeButton(QStringLiteral("firstModel"), tr("Get a real model"), tr("Models of the hub, or a folder of this machine"));
    auto* close = makeIconButton(QStringLiteral("firstStepsClose"), QStringLiteral("x"), tr("Do not show the first steps again"));
    auto* buttons = new QHBoxLayout;
    for (QPushButton* button : {tune, data, model}) {
        buttons->addWidget(button);
    }
    buttons->addStretch();
    auto* column = new QVBoxLayout;
    column->setSpacing(space(2));
    column->addWidget(text);
    column->addLayout(buttons);
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(space(4), space(2), space(2), space(2));
    layout->addLayout(column, 1);
    layout->addWidget(close, 0, Qt::AlignTop);
    connect(tune, &QPushButton::clicked, this, &FirstSteps::tuneWanted);
    connect(data, &QPushButton::clicked, this, &FirstSteps::dataWanted);
    connect(model, &QPushButton::clicked, this, &FirstSteps::modelWanted);
    connect(close, &QToolButton::clicked, this, [this] {
        hide();
        Q_EMIT dismissed();
    });
    hide();
}

void FirstSteps::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.fillRect(rect(), color(Token::Raised));
    painter.fillRect(QRect(0, 0, space(1), height()), color(Token::Accent));
}

} // namespace luthier::ui
