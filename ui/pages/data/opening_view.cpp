// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/data/opening_view.h"

#include "ui/base/window_sentence.h"
#include "ui/widgets/named_button.h"

#include <QFileInfo>
#include <QHBoxLayout>
#include <QLabel>
#include <QProgressBar>
#include <QVBoxLayout>

namespace luthier::ui {

OpeningView::OpeningView(QWidget* parent) : QWidget(parent), m_text(new QLabel), m_bar(new QProgressBar), m_problem(new QLabel), m_ways(new QWidget)
{
    m_text->setAlignment(Qt::AlignCenter);
    m_text->setWordWrap(true);
    m_bar->setObjectName(QStringLiteral("openingProgress"));
    m_bar->setAccessibleName(tr("Progress of opening the file"));
    m_problem->setObjectName(QStringLiteral("openProblem"));
    m_problem->setWordWrap(true);
    m_problem->setAlignment(Qt::AlignCenter);
    m_problem->setTextInteractionFlags(Qt::TextSelectableByMouse);
    auto* layout = new QVBoxLayout(this);
    layout->addStretch();
    layout->addWidget(m_text);
    layout->addWidget(m_bar);
    auto* another = makeButton(QStringLiteral("openAnother"), tr("Add another file\u2026"), tr("Add a data file that can be read"));
    auto* remove = makeButton(QStringLiteral("removeUnread"), tr("Take it out of the project"), tr("The file itself stays where it is"));
    auto* ways = new QHBoxLayout(m_ways);
    ways->addStretch();
    ways->addWidget(another);
    ways->addWidget(remove);
    ways->addStretch();
    layout->addWidget(m_problem);
    layout->addWidget(m_ways);
    layout->addStretch();
    m_ways->hide();
    connect(another, &QPushButton::clicked, this, &OpeningView::anotherWanted);
    connect(remove, &QPushButton::clicked, this, &OpeningView::removeWanted);
}

void OpeningView::showReading(const QString& path)
{
    m_problem->clear();
    m_ways->hide();
    m_text->setText(tr("Reading %1\u2026").arg(QFileInfo(path).fileName()));
    m_text->show();
    m_bar->setRange(0, 0);
    m_bar->show();
}

void OpeningView::showProblem(const QString& sentence)
{
    m_text->hide();
    m_bar->hide();
    m_problem->setText(problemSentence(sentence));
    m_ways->show();
}

} // namespace luthier::ui
