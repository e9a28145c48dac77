// SPDX-License-Identifier: GPL-3.0-or-later
// The steps of editing a DataDocument: made ready, and done, undone and done again.
#include "ui/bridge/job.h"
#include "ui/models/data/data_document.h"

#include <algorithm>
#include <utility>

namespace luthier::ui {

void DataDocument::prepareStep(store::EditStep step, const QString& name)
{
    if (!step.isEmpty()) {
        step.path = m_path.toStdString();
        step.text = name.toStdString();
        Q_EMIT stepPrepared(std::make_shared<store::EditStep>(std::move(step)));
    }
}

void DataDocument::addPreparing(int count)
{
    const bool was = isPreparing();
    m_numPreparing += count;
    if (was != isPreparing()) {
        Q_EMIT preparingChanged();
    }
}

void DataDocument::prepareEdit(std::int64_t row, const QString& path, const QString& text)
{
    const auto work = [dataset = m_dataset, row, path = path.toStdString(), text = text.toStdString()] {
        return dataset->withField(row, path, text);
    };
    addPreparing(1);
    startJob(this, work, [this, row](const Result<Json>& edited) {
        store::EditStep step;
        if (!edited) {
            Q_EMIT editRefused(row, QString::fromStdString(edited.message()));
        } else if (const std::optional<Json> before = m_dataset->edit(row); before != *edited) {
            step.rows.push_back({row, before, *edited});
        }
        prepareStep(std::move(step), tr("edit of row %1").arg(row + 1));
        addPreparing(-1);
    });
}

void DataDocument::prepareChange(std::int64_t row, const QString& name, ChangeRow change)
{
    const auto work = [dataset = m_dataset, row, change = std::move(change)]() -> Result<Json> {
        const Result<Json> now = dataset->row(row);
        return now ? change(*now) : now;
    };
    addPreparing(1);
    startJob(this, work, [this, row, name](const Result<Json>& edited) {
        store::EditStep step;
        if (!edited) {
            Q_EMIT editRefused(row, QString::fromStdString(edited.message()));
        } else {
            step.rows.push_back({row, m_dataset->edit(row), *edited});
        }
        prepareStep(std::move(step), name);
        addPreparing(-1);
    });
}

void DataDocument::prepareRevert(std::int64_t row)
{
    if (isEdited(row)) {
        store::EditStep step;
        step.rows.push_back({row, m_dataset->edit(row), std::nullopt});
        prepareStep(std::move(step), tr("taking back the edits of row %1").arg(row + 1));
    }
}

void DataDocument::prepareExclusion(const std::vector<std::int64_t>& rows, bool excluded)
{
    store::EditStep step;
    std::vector<std::int64_t>& changed = excluded ? step.excluded : step.included;
    std::copy_if(rows.begin(), rows.end(), std::back_inserter(changed),
                 [this, excluded](std::int64_t row) { return row >= 0 && row < rowCount() && isExcluded(row) != excluded; });
    if (!std::is_sorted(changed.begin(), changed.end())) {
        std::sort(changed.begin(), changed.end());
    }
    changed.erase(std::unique(changed.begin(), changed.end()), changed.end());
    const auto count = static_cast<int>(changed.size());
    prepareStep(std::move(step), excluded ? tr("leaving out %Ln row(s)", nullptr, count) : tr("taking in %Ln row(s)", nullptr, count));
}

void DataDocument::prepareTag(const std::vector<std::int64_t>& rows, const QString& tag, bool add)
{
    store::TagChange change{tag.toStdString(), {}, add};
    std::copy_if(rows.begin(), rows.end(), std::back_inserter(change.rows),
                 [this, &change, add](std::int64_t row) { return tagsOf(row).contains(change.tag) != add; });
    if (change.rows.empty()) {
        return;
    }
    const auto count = static_cast<int>(change.rows.size());
    store::EditStep step;
    step.tags.push_back(std::move(change));
    prepareStep(std::move(step), add ? tr("tag \u201c%1\u201d on %Ln row(s)", nullptr, count).arg(tag)
                                     : tr("tag \u201c%1\u201d off %Ln row(s)", nullptr, count).arg(tag));
}

const std::set<std::string>& DataDocument::tagsOf(std::int64_t row) const
{
    static const std::set<std::string> kNone;
    const auto found = m_tags.find(row);
    return found == m_tags.end() ? kNone : found->second;
}

std::map<std::string, std::int64_t> DataDocument::tagCounts() const
{
    std::map<std::string, std::int64_t> counts;
    for (const auto& [row, tags] : m_tags) {
        for (const std::string& tag : tags) {
            ++counts[tag];
        }
    }
    return counts;
}

void DataDocument::setEdit(std::int64_t row, const std::optional<Json>& edited)
{
    if (edited) {
        m_dataset->setRow(row, *edited);
        m_edited.insert(row);
    } else {
        m_dataset->clearEdit(row);
        m_edited.erase(row);
    }
    m_touched.insert(row);
    m_firstRows.reset(); // its text may be in there
    setFacts(row, {});
    m_soon.push_back(row);
    m_next = std::min(m_next, row);
}

bool DataDocument::setExcluded(const std::vector<std::int64_t>& rows, bool excluded)
{
    for (const std::int64_t row : rows) {
        if (row >= rowCount() || isExcluded(row) == excluded) {
            continue;
        }
        count(row, -1);
        m_excluded[static_cast<std::size_t>(row)] = excluded;
        count(row, 1);
        m_counts.excluded += excluded ? 1 : -1;
    }
    m_dataset->setExcluded(rows, excluded);
    return !rows.empty();
}

void DataDocument::setTag(const store::TagChange& change, bool add)
{
    for (const std::int64_t row : change.rows) {
        if (add) {
            m_tags[row].insert(change.tag);
        } else if (const auto found = m_tags.find(row); found != m_tags.end()) {
            found->second.erase(change.tag);
            if (found->second.empty()) {
                m_tags.erase(found);
            }
        }
    }
}

void DataDocument::apply(const StepRecord& step, EditSaver::Action action)
{
    const bool forward = action != EditSaver::Action::Undo;
    std::int64_t first = rowCount();
    for (const store::RowChange& change : step->rows) {
        if (change.row < rowCount()) {
            setEdit(change.row, forward ? change.after : change.before);
            first = std::min(first, change.row);
        }
    }
    bool flags = setExcluded(step->excluded, forward);
    flags = setExcluded(step->included, !forward) || flags;
    for (const store::TagChange& change : step->tags) {
        setTag(change, change.isAdded == forward);
        first = change.rows.empty() ? first : std::min(first, change.rows.front());
    }
    for (const auto* rows : {&step->excluded, &step->included}) {
        first = rows->empty() ? first : std::min(first, rows->front());
    }
    m_saver->save(step, action);
    if (step->rows.size() == 1) {
        Q_EMIT rowEdited(step->rows.front().row);
        Q_EMIT factsChanged(step->rows.front().row, step->rows.front().row);
    } else if (!step->rows.empty()) {
        std::vector<std::int64_t> edited;
        for (const store::RowChange& change : step->rows) {
            edited.push_back(change.row);
        }
        Q_EMIT rowsEdited(edited);
    }
    if (flags) {
        Q_EMIT exclusionsChanged();
    }
    if (!step->tags.empty()) {
        Q_EMIT tagsChanged();
    }
    Q_EMIT countsChanged();
    if (first < rowCount()) {
        Q_EMIT stepApplied(first);
    }
    checkNext();
}

} // namespace luthier::ui
