// SPDX-License-Identifier: GPL-3.0-or-later
// DataMakings: the ways to make new files out of the open document's rows, as actions, each with its window: split, mixed,
// augmented, or made by a model and reviewed. What is made becomes a file of the project.
//
// Threads: GUI thread. The recipe, which says what is held out, is read by a job.
#pragma once

#include "ui/models/data/data_document.h"

#include <QList>
#include <QPointer>

class QAction;

namespace luthier::config {
struct RunConfig;
}

namespace luthier::ui {

class DataMaking;
class DataTable;
class SourceFiles;
class Workspace;

class DataMakings : public QObject {
    Q_OBJECT

public:
    // Windows stand over `page`; `table` knows the fields of the rows, and which of them are shown.
    DataMakings(Workspace& workspace, SourceFiles& files, const DataTable& table, QWidget& page);

    QList<QAction*> actions() const { return m_actions; }
    void setDocument(DataDocument* document); // null: none is open, and nothing is made

private:
    void withRecipe(void (DataMakings::*then)(const config::RunConfig&));
    QString folder() const;
    void show(DataMaking* making);
    void split(const config::RunConfig& config);
    void mix(const config::RunConfig& config);
    void augment(const config::RunConfig& config);
    void generate(const config::RunConfig& config);
    void save(const config::RunConfig& config);
    void review(const QString& path);

    Workspace& m_workspace;
    SourceFiles& m_files;
    const DataTable& m_table;
    QWidget& m_page;
    QPointer<DataDocument> m_document;
    QList<QAction*> m_actions;
};

} // namespace luthier::ui
