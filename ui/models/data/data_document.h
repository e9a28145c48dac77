// SPDX-License-Identifier: GPL-3.0-or-later
// DataDocument: an open data set with what is known about its rows. Judges all rows in jobs, takes steps of editing
// (through DataStep commands), and has them saved. Its parts lie in data_document.cpp (judging, counts) and
// data_document_steps.cpp (steps).
//
// Threads: GUI thread only; everything slow runs in jobs that share the dataset.
#pragma once

#include "core/data/dataset.h"
#include "ui/models/data/edit_saver.h"
#include "ui/models/data/row_facts.h"

#include <QObject>

#include <functional>
#include <memory>
#include <set>
#include <utility>
#include <vector>

namespace luthier::ui {

class DataCheckup;
class DataLosses;

struct RowPreview;

enum class LengthKind { Total, Prompt, Answer };

class DataDocument : public QObject {
    Q_OBJECT

public:
    struct Opened { // what the opening job hands over
        std::shared_ptr<data::Dataset> dataset;
        std::vector<std::int64_t> editedRows;
        QString path; // as the project knows it
        store::RowTags tags = {};
        std::shared_ptr<const std::vector<RowPreview>> firstRows = {}; // the first page of row_pages.h; null: read when shown
    };

    DataDocument(Opened opened, std::shared_ptr<store::Project> project, QObject* parent = nullptr);

    const std::shared_ptr<data::Dataset>& dataset() const { return m_dataset; }
    const QString& path() const { return m_path; }
    std::int64_t rowCount() const { return static_cast<std::int64_t>(m_facts.size()); }

    // The texts of the first rows as they were read with the file. Once: from then on they may be old; null: gone.
    std::shared_ptr<const std::vector<RowPreview>> takeFirstRows() { return std::exchange(m_firstRows, nullptr); }

    // The same file opened in another shape. Views must be told by setting the document again.
    void replace(Opened opened);

    // Counts tokens with this from now on; starts judging all rows again.
    void setEncoder(data::Encoder encoder, const data::EncodingSettings& settings);
    RowJudge judge() const;
    const data::EncodingSettings& encodingSettings() const { return m_settings; }
    void setLimit(std::int64_t tokens); // judges all rows at another limit, at once
    const data::Encoder& encoder() const { return m_encoder; } // without a tokenizer: none yet
    bool hasEncoder() const { return m_encoder.tokenizer != nullptr; }

    RowFacts facts(std::int64_t row) const { return m_facts[static_cast<std::size_t>(row)]; }
    bool isEdited(std::int64_t row) const { return m_edited.contains(row); }
    bool isExcluded(std::int64_t row) const { return m_excluded[static_cast<std::size_t>(row)]; }
    const std::vector<bool>& excluded() const { return m_excluded; } // one a row
    const store::RowTags& tags() const { return m_tags; }
    const std::set<std::string>& tagsOf(std::int64_t row) const;
    std::map<std::string, std::int64_t> tagCounts() const;
    DataCounts counts() const;
    std::vector<std::int64_t> rowsOf(RowFilter filter) const; // without excluded ones, but for All, Excluded and Edited
    std::vector<std::uint32_t> lengths(LengthKind kind) const; // in tokens, of the rows counted and not excluded
    bool hasLongTalks() const { return m_mostTurns > 2; } // any row of those judged with more than a question and an answer
    bool isChecking() const { return m_checking; }

    // These rows are in view: judged before the rest.
    void judgeSoon(const std::vector<std::int64_t>& rows);

    // Steps made ready, some by jobs; they answer with stepPrepared or editRefused, and the page pushes a command. One that would
    // change nothing has no answer. Behind the answer isPreparing() is false again.
    using ChangeRow = std::function<Result<Json>(const Json& row)>;
    void prepareEdit(std::int64_t row, const QString& path, const QString& text);
    void prepareChange(std::int64_t row, const QString& name, ChangeRow change); // `change` runs in a job
    void prepareRevert(std::int64_t row);
    void prepareExclusion(const std::vector<std::int64_t>& rows, bool excluded);
    void prepareTag(const std::vector<std::int64_t>& rows, const QString& tag, bool add);
    void prepareStep(store::EditStep step, const QString& name); // whose changes are known
    bool isPreparing() const { return m_numPreparing > 0; } // by a job

    // For commands only: changes the set, judges the rows again, saves.
    void apply(const StepRecord& step, EditSaver::Action action);

    EditSaver* saver() const { return m_saver; }
    DataCheckup* checkup() const { return m_checkup; }
    DataLosses* losses() const { return m_losses; }

Q_SIGNALS:
    void factsChanged(qint64 first, qint64 last);
    void countsChanged();
    void checkFinished();
    void rowEdited(qint64 row);   // the text of one row
    void rowsEdited(const std::vector<std::int64_t>& rows); // of many
    void exclusionsChanged();
    void tagsChanged();
    void stepApplied(qint64 row); // the first row that it touched
    void stepPrepared(const luthier::ui::StepRecord& step);
    void editRefused(qint64 row, const QString& sentence);
    void preparingChanged();

private:
    void addPreparing(int count);
    std::vector<std::int64_t> nextRows();
    void checkNext();
    void takeJudged(const std::vector<std::int64_t>& rows, const std::vector<std::pair<std::int64_t, RowFacts>>& judged,
                    int generation);
    void setFacts(std::int64_t row, const RowFacts& facts);
    void count(std::int64_t row, int sign);
    void take(Opened opened);
    void setEdit(std::int64_t row, const std::optional<Json>& edited);
    bool setExcluded(const std::vector<std::int64_t>& rows, bool excluded);
    void setTag(const store::TagChange& change, bool add);

    std::shared_ptr<data::Dataset> m_dataset;
    QString m_path;
    data::Encoder m_encoder;
    data::EncodingSettings m_settings;
    EditSaver* m_saver;
    DataCheckup* m_checkup;
    DataLosses* m_losses;
    std::vector<RowFacts> m_facts; // one a row
    std::set<std::int64_t> m_edited;
    std::vector<bool> m_excluded; // one a row
    store::RowTags m_tags;
    std::shared_ptr<const std::vector<RowPreview>> m_firstRows;
    std::vector<std::int64_t> m_soon; // wanted by a view, or edited: judged before the rest
    std::set<std::int64_t> m_touched; // edited while a chunk was being judged: that judgement is old
    DataCounts m_counts;
    int m_mostTurns = 0;
    int m_numPreparing = 0;
    std::int64_t m_next = 0; // first row not judged yet
    int m_generation = 0;    // of encoder and settings
    bool m_inFlight = false;
    bool m_checking = false;
};

} // namespace luthier::ui
