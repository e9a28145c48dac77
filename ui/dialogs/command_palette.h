// SPDX-License-Identifier: GPL-3.0-or-later
// CommandPalette: one box that finds pages, actions, settings and runs while typing. Return does the chosen one.
// Threads: GUI thread.
#pragma once

#include <QDialog>

#include <functional>
#include <vector>

class QLabel;
class QLineEdit;
class QListWidget;

namespace luthier::ui {

struct Command {
    QString text;     // "Learning rate"
    QString group;    // "Setting", "Action", "Page", "Run"
    QString shortcut; // empty: none
    std::function<void()> run;
};

class CommandPalette : public QDialog {
    Q_OBJECT

public:
    explicit CommandPalette(std::vector<Command> commands, QWidget* parent);

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void filter(const QString& text);
    void runCurrent();

    std::vector<Command> m_commands;
    QLineEdit* m_search;
    QListWidget* m_list;
    QLabel* m_nothing; // while there is no hit
};

// How well `text` answers `query`: 0 not at all; words in any order, beginnings of words count most.
int matchScore(const QString& query, const QString& text);

} // namespace luthier::ui
