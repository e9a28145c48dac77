// SPDX-License-Identifier: GPL-3.0-or-later
// RunsNotes: what a person wrote about a run: tags and a note, saved when the writing pauses or goes elsewhere; and what the
// run doctor finds in it, with its remedies as buttons.
//
// Threads: GUI thread; the project is touched in jobs only.
#pragma once

#include "core/doctor/finding.h"
#include "core/store/project.h"

#include <QTimer>
#include <QWidget>

class QLineEdit;
class QPlainTextEdit;
class QVBoxLayout;

namespace luthier::ui {

class StatusLabel;
class Workspace;

class RunsNotes : public QWidget {
    Q_OBJECT

public:
    explicit RunsNotes(Workspace& workspace, QWidget* parent = nullptr);
    ~RunsNotes() override { save(); }

    void setRun(const store::RunRow& run); // what was not saved of another is
    void save();

private:
    Workspace& m_workspace;
    store::RunRow m_run;
    QLineEdit* m_tags;
    QPlainTextEdit* m_text;
    QTimer m_later;
};

class RunsFindings : public QWidget {
    Q_OBJECT

public:
    explicit RunsFindings(QWidget* parent = nullptr);

    void show(store::RunId run, const std::vector<doctor::Finding>& findings);

Q_SIGNALS:
    void remedyWanted(qint64 run, const QString& key, const QString& value);

private:
    QVBoxLayout* m_list;
};

} // namespace luthier::ui
