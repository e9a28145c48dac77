// SPDX-License-Identifier: GPL-3.0-or-later
// OpeningView: in place of the table while a file is being read, or why it could not be.
//
// Threads: GUI thread; it reads nothing itself.
#pragma once

#include <QWidget>

class QLabel;
class QProgressBar;

namespace luthier::ui {

class OpeningView : public QWidget {
    Q_OBJECT

public:
    explicit OpeningView(QWidget* parent = nullptr);

    void showReading(const QString& path);
    void showProblem(const QString& sentence); // core's: names of commands become those of the window

Q_SIGNALS:
    void removeWanted();  // the file that could not be read
    void anotherWanted(); // a file instead

private:
    QLabel* m_text;
    QProgressBar* m_bar;
    QLabel* m_problem;
    QWidget* m_ways; // out of it
};

} // namespace luthier::ui
