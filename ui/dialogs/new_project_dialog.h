// SPDX-License-Identifier: GPL-3.0-or-later
// NewProjectDialog: a name and the folder to make it in. What is there already is said before anything is made.
// Threads: GUI thread.
#pragma once

#include <QDialog>

class QLineEdit;
class QPushButton;

namespace luthier::ui {

class StatusLabel;

class NewProjectDialog : public QDialog {
    Q_OBJECT

public:
    explicit NewProjectDialog(const QString& place, QWidget* parent = nullptr);

    QString folder() const; // of the project, made by whoever opens it; empty: no name yet

Q_SIGNALS:
    void chosen(const QString& folder);

private:
    void refresh();
    void choosePlace();

    QLineEdit* m_name;
    QLineEdit* m_place;
    StatusLabel* m_note;
    QPushButton* m_make;
};

} // namespace luthier::ui
