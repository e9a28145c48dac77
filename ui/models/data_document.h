// SPDX-License-Identifier: GPL-3.0-or-later
// DataDocument: an open data set with what is known about its rows. Judges all rows in jobs, takes edits
// (through EditRow commands), and has them saved.
//
// Threads: GUI thread only; everything slow runs in jobs that share the dataset.
#pragma once

#include "core/data/dataset.h"
#include "ui/commands/edit_row.h"
#include "ui/models/row_facts.h"

#include <QObject>

#include <set>

namespace luthier::store {
class Project;
}

namespace luthier::ui {

class EditSaver;

class DataDocument : public QObject {
    Q_OBJECT

public:
    struct Opened { // what the opening job hands over
        std::shared_ptr<data::Dataset> dataset;
        std::vector<std::int64_t> editedRows;
        QString path; // as the project knows it
    };

    DataDocument(Opened opened, std::shared_ptr<store::Project> project, QObject* parent = nullptr);

    const std::shared_ptr<data::Dataset>& dataset() const { return m_dataset; }
    const QString& path() const { return m_path; }
    std::int64_t rowCount() const { return static_cast<std::int64_t>(m_facts.size()); }

    // The same file opened in another shape. Views must be told by setting the document again.
    void replace(Opened opened);

    // Counts tokens with this from now on; starts judging all rows again.
    void setEncoder(data::Encoder encoder, const data::EncodingSettings& settings);
    RowJudge judge() const;
    const data::EncodingSettings& encodingSettings() const { return m_settings; }
    bool hasEncoder() const { return m_encoder.tokenizer != nullptr; }

    RowFacts facts(std::int64_t row) const { return m_facts[static_cast<std::size_t>(row)]; }
    bool isEdited(std::int64_t row) const { return m_edited.contains(row); }
    DataCounts counts() const;
    std::vector<std::int64_t> rowsOf(RowFilter filter) const;
    bool isChecking() const { return m_checking; }

    // These rows are in view: judged before the rest.
    void judgeSoon(const std::vector<std::int64_t>& rows);

    // The edit that puts `text` into the field, made by a job; answers with editPrepared or editRefused.
    void prepareEdit(std::int64_t row, const QString& path, const QString& text);
    void prepareRevert(std::int64_t row);
    // For commands only: changes the set, judges the row again, saves.
    void applyEdit(std::int64_t row, const std::optional<Json>& edited);

    EditSaver* saver() const { return m_saver; }

Q_SIGNALS:
    void factsChanged(qint64 first, qint64 last);
    void countsChanged();
    void checkFinished();
    void rowEdited(qint64 row);
    void editPrepared(const luthier::ui::RowEdit& edit);
    void editRefused(qint64 row, const QString& sentence);

private:
    std::vector<std::int64_t> nextRows();
    void checkNext();
    void takeJudged(const std::vector<std::int64_t>& rows, const std::vector<std::pair<std::int64_t, RowFacts>>& judged,
                    int generation);
    void setFacts(std::int64_t row, const RowFacts& facts);
    void count(const RowFacts& facts, int sign);

    std::shared_ptr<data::Dataset> m_dataset;
    QString m_path;
    data::Encoder m_encoder;
    data::EncodingSettings m_settings;
    EditSaver* m_saver;
    std::vector<RowFacts> m_facts; // one a row
    std::set<std::int64_t> m_edited;
    std::vector<std::int64_t> m_soon; // wanted by a view, or edited: judged before the rest
    std::set<std::int64_t> m_touched; // edited while a chunk was being judged: that judgement is old
    DataCounts m_counts;
    std::int64_t m_next = 0; // first row not judged yet
    int m_generation = 0;    // of encoder and settings
    bool m_inFlight = false;
    bool m_checking = false;
};

} // namespace luthier::ui
