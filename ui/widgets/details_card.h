// SPDX-License-Identifier: GPL-3.0-or-later
// DetailsCard: one thing of a list in full: its name in the header, where it lies, its facts, and what is wrong with it.
// Lines without text are not shown. What can be done with the thing is added by the card of its kind.
// Threads: GUI thread.
#pragma once

#include "ui/widgets/card.h"

class QLabel;

namespace luthier::ui {

class StatusLabel;

class DetailsCard : public Card {
    Q_OBJECT

public:
    // The parts are called `id` + "Name", "Place", "Facts" and "Problem".
    explicit DetailsCard(const QString& id, QWidget* parent = nullptr);

protected:
    // `place`: a path. `problem`: a sentence, in the colour of errors.
    void showDetails(const QString& name, const QString& place, const QString& facts, const QString& problem);

private:
    QLabel* m_name;
    QLabel* m_place;
    QLabel* m_facts;
    StatusLabel* m_problem;
};

} // namespace luthier::ui
