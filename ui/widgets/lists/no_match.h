// SPDX-License-Identifier: GPL-3.0-or-later
// NoMatch: what a list or table that is narrowed by a search line says where nothing is left: that nothing matches, and a button that
// shows all again. Escape, in the search or in the list, empties the search.
//
// Threads: GUI thread. It belongs to the view and lies over it.
#pragma once

#include <QWidget>

class QAbstractItemView;
class QLabel;
class QLineEdit;
class QPushButton;

namespace luthier::ui {

class NoMatch : public QWidget {
    Q_OBJECT

public:
    // `sentence` with %1 for the words: "No run matches \u201c%1\u201d."
    NoMatch(QAbstractItemView* view, QLineEdit* search, const QString& sentence);

    void setEmpty(bool isEmpty); // nothing is left of what there is; said while the search has words

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void clearSearch();

    QAbstractItemView* m_view;
    QLineEdit* m_search;
    QString m_sentence;
    QLabel* m_text;
    QPushButton* m_clear;
};

} // namespace luthier::ui
