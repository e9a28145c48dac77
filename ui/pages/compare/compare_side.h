// SPDX-License-Identifier: GPL-3.0-or-later
// CompareSide: the side of the Compare page: prompts of the held-out rows, the sampling settings, and what was
// compared. It offers; the page acts.
// Threads: GUI thread.
#pragma once

#include "core/inference/session.h"
#include "ui/models/runs/comparison_model.h"

#include <QWidget>

class QLabel;
class QLineEdit;
class QListView;
class QPushButton;
class QTabWidget;

namespace luthier::ui {

class CompareSets;
class NoMatch;
class SamplingForm;

class CompareSide : public QWidget {
    Q_OBJECT

public:
    explicit CompareSide(QWidget* parent = nullptr);

    // note: where the rows come from, or why there are none.
    void setHeldOut(std::vector<PromptItem> items, const QString& note);
    void addComparison(Comparison comparison);
    void setComparisons(std::vector<Comparison> newestFirst);
    Json samplingJson() const;
    void setSamplingJson(const Json& kept);
    inference::Sampling sampling() const;
    void pickRandom();
    bool chooseFirst(); // of the held-out prompts; false: there is none

    CompareSets* sets() const { return m_sets; }
    int numHeldOut() const { return m_heldOut->rowCount(); }

Q_SIGNALS:
    void promptChosen(const luthier::ui::PromptItem& item);
    void promptActivated(const luthier::ui::PromptItem& item); // chosen and to be asked at once
    void comparisonChosen(const luthier::ui::Comparison& comparison);
    void searched(const QString& words); // in what was compared; empty: all of it
    void samplingChanged();

private:
    QWidget* buildHeldOut();
    QWidget* buildHistory();

    PromptListModel* m_heldOut;
    ComparisonModel* m_history;
    QTabWidget* m_tabs;
    QListView* m_heldOutList;
    QListView* m_historyList;
    QLineEdit* m_search;
    NoMatch* m_noMatch = nullptr;
    QLabel* m_heldOutNote;
    QPushButton* m_random;
    SamplingForm* m_sampling;
    CompareSets* m_sets;
};

} // namespace luthier::ui
