// SPDX-License-Identifier: GPL-3.0-or-later
// TuneGate: what stands between a recipe and its run: rows as the model will read them, one after the other, and the
// counts. Return starts, Esc goes back, Page up and Page down walk through the rows.
// Threads: GUI thread.
#pragma once

#include "ui/pages/tune/tune_verdict.h"

#include <QWidget>

class QLabel;
class QPushButton;

namespace luthier::ui {

class StatusLabel;
class TokenStrip;
class TuneAnswers;

class TuneGate : public QWidget {
    Q_OBJECT

public:
    explicit TuneGate(QWidget* parent = nullptr);

    void show(const Verdict& verdict);
    void showMeasuring(bool startsAfter);
    void showMeasured(const Verdict& verdict, const QString& problem); // `problem`: why it could not be measured
    void showUnmeasured(const Verdict& verdict, const QString& sentence); // and nothing is wrong
    bool isBlocked() const { return m_isBlocked; }
    TuneAnswers* answers() const { return m_answers; } // of a run that learns from its own

Q_SIGNALS:
    void accepted();
    void rejected();
    void blockChanged();
    void rowsWanted(const QString& filter); // of the Data page
    void changeWanted(const luthier::train::MemoryChange& change);

private:
    void showBlock(const Verdict& verdict);

    void walk(int direction);
    void showRow();

    std::vector<TuneSample> m_rows;
    std::size_t m_at = 0;
    TuneVerdict* m_verdict;
    QLabel* m_row;
    QLabel* m_unread;
    StatusLabel* m_place;    // where results go, and the room there
    StatusLabel* m_measured;
    QWidget* m_block;        // rows with nothing to learn
    StatusLabel* m_blockText;
    bool m_isBlocked = false;
    TokenStrip* m_strip;
    QPushButton* m_previous;
    QPushButton* m_next;
    QPushButton* m_back;
    TuneAnswers* m_answers;
};

} // namespace luthier::ui
