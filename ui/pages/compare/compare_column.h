// SPDX-License-Identifier: GPL-3.0-or-later
// CompareColumn: one contender: its name, its answer while it is written, how fast, and a copy button.
#pragma once

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
    CompareColumn(const QString& id, const QString& title, QWidget* parent = nullptr);

    void setSubtitle(const QString& subtitle);
    void clear(const QString& waiting = {});
    void append(const QString& piece);
    void finish(const CompareContest::Answer& answer);
    void showAnswer(const QString& text, const QString& footer); // from the history
    QString footer() const;
    DiffText* text() const { return m_text; }

private:
    QLabel* m_title;
    QLabel* m_subtitle;
    DiffText* m_text;
    QLabel* m_footer;
    QToolButton* m_copy;
};

} // namespace luthier::ui
