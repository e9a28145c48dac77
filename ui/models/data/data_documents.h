// SPDX-License-Identifier: GPL-3.0-or-later
// DataDocuments: the data files that are open, by path; they stay open because undo may return to them. A step that
// belongs to a file that is not open asks for it and is done once it is here.
//
// Threads: GUI thread.
#pragma once

#include "ui/models/data/data_document.h"

#include <QObject>

#include <map>
#include <memory>
#include <vector>

class QUndoStack;

namespace luthier::ui {

class DataDocuments : public QObject {
    Q_OBJECT

public:
    using QObject::QObject;

    // What a job needs to open a file with all that the project knows of it. Any thread.
    static Result<DataDocument::Opened> open(store::Project* project, const QString& path, const QString& format,
                                             const base::CancelToken& cancel, const base::Progress& progress = {});

    // How the file's own column names are read, "field=column" each (core/data/formats/columns.h), kept with the project. Any thread.
    static Result<void> keepColumns(store::Project& project, const QString& path, const std::vector<std::string>& columns);
    static Result<std::vector<std::string>> columnsOf(store::Project& project, const QString& path); // empty: none kept

    DataDocument* find(const QString& path) const; // null: not open
    DataDocument* add(std::unique_ptr<DataDocument> document); // does the steps that waited for it
    void clear();
    template <class Do>
    void forEach(Do work) const
    {
        for (const auto& [path, document] : m_documents) {
            work(*document);
        }
    }

    // For commands only.
    void apply(const StepRecord& step, EditSaver::Action action);

    // The steps of earlier days onto an empty stack; on a stack in use nothing is put.
    void restore(const std::vector<store::EditStep>& steps, QUndoStack& stack);

Q_SIGNALS:
    void wanted(const QString& path); // a step waits for this file

private:
    struct Waiting {
        StepRecord step;
        EditSaver::Action action;
    };

    std::map<QString, std::unique_ptr<DataDocument>> m_documents;
    std::map<QString, std::vector<Waiting>> m_waiting;
};

} // namespace luthier::ui
