// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/data/opening_view.h"

#include "ui/base/window_sentence.h"

#include <QFileInfo>
#include <QLabel>
#include <QProgressBar>
#include <QVBoxLayout>

namespace luthier::ui {

OpeningView::OpeningView(QWidget* parent) : QWidget(parent), m_text(new QLabel), m_bar(new QProgressBar), m_problem(new QLabel)
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
    layout->addWidget(m_problem);
    layout->addStretch();
}

void OpeningView::showReading(const QString& path)
{
    m_problem->clear();
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
}

} // namespace luthier::ui
