// SPDX-License-Identifier: GPL-3.0-or-later
// CompareColumn: one contender: its name, its answer while it is written, how fast, and a copy button.
// Threads: GUI thread.
#pragma once

#include "ui/models/runs/comparison_model.h"
#include "ui/pages/compare/compare_contest.h"

#include <QFrame>

class QLabel;
class QToolButton;

namespace luthier::ui {

class DiffText;

class CompareColumn : public QFrame {
    Q_OBJECT

public:
    // id: "base" or "tuned", for object names.
    // With `canClose` it has a button for that.
    CompareColumn(const QString& id, const QString& title, bool canClose = false, QWidget* parent = nullptr);

    // Who would answer now. An answer of another one stays, dimmed, and says whose it is.
    void setContender(const Contender& contender);
    const Contender& contender() const { return m_contender; }
    const Contender& answeredBy() const { return m_by; }
    void clear(const QString& waiting = {}); // what comes then is the contender's
    void append(const QString& piece);
    void finish(const CompareContest::Answer& answer);
    void showAnswer(const QString& text, const QString& footer, const Contender& by); // from the history
    QString footer() const;
    QString plainFooter() const { return m_plain; } // without a score
    void setReward(double score);                  // of a reward model, behind the footer
    DiffText* text() const { return m_text; }
    QString title() const;
    void setBusy(bool isBusy); // nothing goes on from an answer that is not whole

Q_SIGNALS:
    void closeWanted();
    void goOnWanted(); // a next question behind this answer

private:
    void showOrigin();

    Contender m_contender;
    Contender m_by; // of the answer shown
    QLabel* m_title;
    QLabel* m_subtitle;
    QLabel* m_origin;
    DiffText* m_text;
    QLabel* m_footer;
    QString m_plain;
    QToolButton* m_copy;
    QToolButton* m_goOn;
};

} // namespace luthier::ui
