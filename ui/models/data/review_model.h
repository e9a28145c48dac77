// SPDX-License-Identifier: GPL-3.0-or-later
// ReviewModel: rows that a model made and a person has not all judged yet, one line each, as a review file keeps them
// (core/data/making/generated_rows.h).
//
// Threads: GUI thread; readReview, saveReview and saveAccepted any thread, meant for jobs.
#pragma once

#include "core/data/dataset.h"
#include "core/base/cancel.h"

#include <QAbstractTableModel>

#include <filesystem>
#include <vector>

namespace luthier::ui {

enum class Judgement { Pending, Accepted, Rejected };

struct ReviewRow {
    Json line;                    // of the file; its "review" is the judgement
    std::int64_t from = 0;        // row that it was made from, from 1
    QString way;
    QString prompt;
    QString answer;
    QString original;             // prompt and answer it was made from; empty: not at hand
    Judgement judgement = Judgement::Pending;
};

// `dataset`: where its rows were made from; null: originals are not shown. Errors: the file cannot be read, or a line of
// it is none of a review file.
Result<std::vector<ReviewRow>> readReview(const std::filesystem::path& path, const data::Dataset* dataset, const base::CancelToken& cancel);
Result<void> saveReview(const std::filesystem::path& path, const std::vector<ReviewRow>& rows); // the whole file, atomically
Result<std::int64_t> saveAccepted(const std::filesystem::path& path, const std::vector<ReviewRow>& rows); // how many

class ReviewModel : public QAbstractTableModel {
    Q_OBJECT

public:
    enum Column { JudgementColumn, FromColumn, WayColumn, PromptColumn, AnswerColumn, NumColumns };

    using QAbstractTableModel::QAbstractTableModel;

    void setRows(std::vector<ReviewRow> rows);
    const std::vector<ReviewRow>& rows() const { return m_rows; }
    void judge(const std::vector<int>& lines, Judgement judgement);
    int count(Judgement judgement) const;
    int nextPending(int line) const; // behind it, then from the start; -1: all are judged

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    std::vector<ReviewRow> m_rows;
};

} // namespace luthier::ui
