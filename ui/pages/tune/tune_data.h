// SPDX-License-Identifier: GPL-3.0-or-later
// TuneData: the second column of Tune: which of the project's files are learned from, with their rows counted by
// jobs, and how rows are split, cut and masked.
// Threads: GUI thread; files and the project are read in jobs.
#pragma once

#include "ui/bridge/job.h"
#include "ui/models/runs/tune_facts.h"
#include "ui/widgets/card.h"

#include <map>

class QLabel;
class QListWidget;
class QUndoStack;

namespace luthier::ui {

class OpenedData;
class RecipeDocument;
class SettingsForm;
class Workspace;

class TuneData : public Card {
    Q_OBJECT

public:
    TuneData(RecipeDocument* document, Workspace& workspace, QWidget* parent = nullptr);

    SettingsForm* form() const { return m_form; }
    OpenedData* opened() const { return m_opened; }

private:
    struct Sources {
        std::vector<store::DataSourceRow> rows;
        std::map<QString, std::int64_t> excluded; // rows left out, by path
        std::map<QString, std::vector<std::string>> columns;
        QString problem;
    };

    void reload();
    void fill();
    void showChosen();
    void setPaths(const QStringList& paths);
    void countRows(const QString& path);
    void onItemChanged();
    void takeColumns();
    QString textOf(const QString& path) const;

    RecipeDocument* m_document;
    Workspace& m_workspace;
    std::vector<store::DataSourceRow> m_sources;
    std::map<QString, SourceFacts> m_facts;      // by path
    std::map<QString, std::int64_t> m_excluded;  // rows left out, by path
    std::map<QString, std::vector<std::string>> m_columns; // their own names for fields, by path
    QStringList m_paths; // as listed
    JobSlot m_job;
    base::CancelToken m_cancel;
    QListWidget* m_list;
    QLabel* m_chosen;
    QLabel* m_problem;
    SettingsForm* m_form;
    OpenedData* m_opened;
};

} // namespace luthier::ui
