// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/details_card.h"

#include "ui/theme/theme.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/status_label.h"

#include <QHBoxLayout>
#include <QVBoxLayout>

namespace luthier::ui {

DetailsCard::DetailsCard(const QString& id, QWidget* parent)
    : Card({}, parent), m_name(new ElidedLabel(Token::Text, Qt::ElideMiddle)), m_place(new ElidedLabel(Token::TextQuiet, Qt::ElideMiddle)),
      m_facts(new QLabel), m_problem(new StatusLabel(Token::Bad))
{
    m_name->setObjectName(id + QStringLiteral("Name"));
    m_place->setObjectName(id + QStringLiteral("Place"));
    m_facts->setObjectName(id + QStringLiteral("Facts"));
    m_problem->setObjectName(id + QStringLiteral("Problem"));
    QFont heavy = textFont(TextSize::Body);
    heavy.setWeight(QFont::DemiBold);
    m_name->setFont(heavy);
    m_place->setFont(textFont(TextSize::Small));
    m_facts->setTextFormat(Qt::PlainText);
    m_facts->setWordWrap(true);
    m_facts->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_problem->setWordWrap(true);
    header()->addWidget(m_name, 1);
    for (QWidget* part : std::initializer_list<QWidget*>{m_place, m_facts, m_problem}) {
        body()->addWidget(part);
    }
}

void DetailsCard::showDetails(const QString& name, const QString& place, const QString& facts, const QString& problem)
{
    m_name->setText(name);
    m_place->setText(place);
    m_place->setToolTip(place);
    m_facts->setText(facts);
    m_facts->setVisible(!facts.isEmpty());
    m_problem->setText(problem);
    m_problem->setVisible(!problem.isEmpty());
}

} // namespace luthier::ui
