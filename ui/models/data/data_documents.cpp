// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/data/data_documents.h"

#include "core/store/data_files.h"
#include "core/store/run_rows.h"
#include "ui/models/data/data_step.h"
#include "ui/models/data/row_pages.h"

#include <QUndoStack>

#include <algorithm>
#include <utility>

namespace luthier::ui {

Result<DataDocument::Opened> DataDocuments::open(store::Project* project, const QString& path, const QString& format,
                                                 const base::CancelToken& cancel, const base::Progress& progress)
{
    train::RunFile file{path.toStdString(), format.toStdString()};
    auto known = project != nullptr ? store::runFile(*project, std::move(file)) : Result<train::RunFile>(std::move(file));
    auto dataset = known ? known->open(progress, cancel) : Result<std::shared_ptr<data::Dataset>>(known.error());
    if (!dataset) {
        return dataset.error();
    }
    DataDocument::Opened opened;
    opened.path = path;
    opened.tags = std::move(known->tags);
    for (const auto& [row, edited] : known->edits) {
        opened.editedRows.push_back(row);
    }
    opened.dataset = std::move(*dataset);
    opened.firstRows = std::make_shared<const std::vector<RowPreview>>(RowPages::firstOf(*opened.dataset));
    return opened;
}

Result<void> DataDocuments::keepColumns(store::Project& project, const QString& path, const std::vector<std::string>& columns)
{
    return store::keepColumns(project, path.toStdString(), columns);
}

Result<std::vector<std::string>> DataDocuments::columnsOf(store::Project& project, const QString& path)
{
    return store::keptColumns(project, path.toStdString());
}

DataDocument* DataDocuments::find(const QString& path) const
{
    const auto found = m_documents.find(path);
    return found == m_documents.end() ? nullptr : found->second.get();
}

DataDocument* DataDocuments::add(std::unique_ptr<DataDocument> document)
{
    DataDocument* added = document.get();
    m_documents[added->path()] = std::move(document);
    for (const Waiting& waiting : std::exchange(m_waiting[added->path()], {})) {
        added->apply(waiting.step, waiting.action);
    }
    return added;
}

void DataDocuments::clear()
{
    m_documents.clear();
    m_waiting.clear();
}

void DataDocuments::apply(const StepRecord& step, EditSaver::Action action)
{
    const QString path = QString::fromStdString(step->path);
    if (DataDocument* document = find(path)) {
        document->apply(step, action);
        return;
    }
    m_waiting[path].push_back({step, action});
    Q_EMIT wanted(path);
}

void DataDocuments::restore(const std::vector<store::EditStep>& steps, QUndoStack& stack)
{
    if (stack.count() > 0) {
        return;
    }
    int undone = 0;
    for (const store::EditStep& step : steps) {
        undone += step.isUndone ? 1 : 0;
        stack.push(new DataStep(this, std::make_shared<store::EditStep>(step),
                                step.isUndone ? DataStep::State::Undone : DataStep::State::Done));
    }
    stack.setIndex(stack.count() - undone);
}

} // namespace luthier::ui
