// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/data/review_model.h"

#include "core/data/example_text.h"
#include "core/data/formats/format.h"
#include "core/data/formats/row_writer.h"
#include "core/data/making/generated_rows.h"
#include "core/data/sources/row_source.h"
#include "ui/base/amounts.h"
#include "ui/theme/theme.h"

#include <QColor>

#include <algorithm>
#include <array>

namespace luthier::ui {
namespace {

constexpr qsizetype kShown = 200; // characters of a cell

struct JudgementRow {
    Judgement judgement;
    const char* word; // in the file
    const char* text; // source string, context "ReviewModel"
    Token token;
};

constexpr std::array kJudgements{
    JudgementRow{Judgement::Pending, "pending", QT_TRANSLATE_NOOP("luthier::ui::ReviewModel", "? waits"), Token::TextQuiet},
    JudgementRow{Judgement::Accepted, "accepted", QT_TRANSLATE_NOOP("luthier::ui::ReviewModel", "\u2713 accepted"), Token::Good},
    JudgementRow{Judgement::Rejected, "rejected", QT_TRANSLATE_NOOP("luthier::ui::ReviewModel", "\u2717 rejected"), Token::Bad},
};

const JudgementRow& rowOf(Judgement judgement)
{
    return kJudgements[static_cast<std::size_t>(judgement)];
}

QString textOf(const data::Example& example)
{
    return QString::fromStdString(data::promptTextOf(example) + "\n\n" + data::answerTextOf(example));
}

Result<ReviewRow> rowOfLine(const Json& line, const data::Dataset* dataset)
{
    const auto row = data::acceptedRow(line, true); // looks whether it is a line of a review file at all
    if (!row) {
        return row.error();
    }
    ReviewRow review;
    review.line = line;
    const auto word = line["review"].get<std::string>();
    const auto at = std::find_if(kJudgements.begin(), kJudgements.end(), [&word](const JudgementRow& known) { return word == known.word; });
    review.judgement = at->judgement;
    const auto example = data::findFormat("chat")->toExample(line["row"]);
    if (!example) {
        return example.error();
    }
    review.prompt = QString::fromStdString(data::promptTextOf(*example));
    review.answer = QString::fromStdString(data::answerTextOf(*example));
    const Json& made = line["row"];
    review.way = made.contains("augmentation") && made["augmentation"].is_string() ? QString::fromStdString(made["augmentation"].get<std::string>()) : QString();
    const Json* from = line.contains("from") && line["from"].is_object() ? &line["from"] : nullptr;
    const bool hasNumber = from != nullptr && from->contains("row") && (*from)["row"].is_number_integer();
    review.from = hasNumber ? (*from)["row"].get<std::int64_t>() : 0;
    const bool isOfSet = hasNumber && dataset != nullptr && from->contains("file") && (*from)["file"] == Json(dataset->path().string());
    if (isOfSet && review.from >= 1 && review.from <= dataset->rowCount()) {
        const auto original = dataset->example(review.from - 1);
        review.original = original ? textOf(*original) : QString();
    }
    return review;
}

} // namespace

Result<std::vector<ReviewRow>> readReview(const std::filesystem::path& path, const data::Dataset* dataset, const base::CancelToken& cancel)
{
    const auto source = data::openSource(path, {}, cancel);
    if (!source) {
        return source.error();
    }
    std::vector<ReviewRow> rows;
    for (std::int64_t i = 0; i < (*source)->rowCount(); ++i) {
        const auto line = (*source)->row(i);
        auto row = line ? rowOfLine(*line, dataset) : Result<ReviewRow>(line.error());
        if (!row || cancel.isCancelled()) {
            return row ? Error{"cancelled"} : Error{path.string() + ": row " + std::to_string(i + 1) + ": " + row.message()};
        }
        rows.push_back(std::move(*row));
    }
    return rows;
}

Result<void> saveReview(const std::filesystem::path& path, const std::vector<ReviewRow>& rows)
{
    auto sink = data::RowSink::create(path);
    auto done = sink ? Result<void>() : Result<void>(sink.error());
    for (std::size_t i = 0; i < rows.size() && done; ++i) {
        done = sink->write(rows[i].line);
    }
    return done ? sink->commit() : done;
}

Result<std::int64_t> saveAccepted(const std::filesystem::path& path, const std::vector<ReviewRow>& rows)
{
    auto sink = data::RowSink::create(path);
    auto done = sink ? Result<void>() : Result<void>(sink.error());
    for (std::size_t i = 0; i < rows.size() && done; ++i) {
        const auto row = data::acceptedRow(rows[i].line, false);
        done = !row ? Result<void>(row.error()) : row->is_null() ? done : sink->write(*row);
    }
    done = done ? sink->commit() : done;
    return done ? Result<std::int64_t>(sink->count()) : done.error();
}

void ReviewModel::setRows(std::vector<ReviewRow> rows)
{
    beginResetModel();
    m_rows = std::move(rows);
    endResetModel();
}

void ReviewModel::judge(const std::vector<int>& lines, Judgement judgement)
{
    for (const int line : lines) {
        ReviewRow& row = m_rows[static_cast<std::size_t>(line)];
        row.judgement = judgement;
        row.line["review"] = rowOf(judgement).word;
        Q_EMIT dataChanged(index(line, JudgementColumn), index(line, JudgementColumn));
    }
}

int ReviewModel::count(Judgement judgement) const
{
    return static_cast<int>(std::count_if(m_rows.begin(), m_rows.end(), [judgement](const ReviewRow& row) { return row.judgement == judgement; }));
}

int ReviewModel::nextPending(int line) const
{
    const int size = rowCount();
    for (int i = 1; i <= size; ++i) {
        const int at = (line + i) % size;
        if (m_rows[static_cast<std::size_t>(at)].judgement == Judgement::Pending) {
            return at;
        }
    }
    return -1;
}

int ReviewModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_rows.size());
}

int ReviewModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : NumColumns;
}

QVariant ReviewModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid)) {
        return {};
    }
    const ReviewRow& row = m_rows[static_cast<std::size_t>(index.row())];
    if (role == Qt::ForegroundRole && index.column() == JudgementColumn) {
        return color(rowOf(row.judgement).token);
    }
    if (role != Qt::DisplayRole) {
        return {};
    }
    switch (index.column()) {
    case JudgementColumn: return tr(rowOf(row.judgement).text);
    case FromColumn: return row.from > 0 ? number(row.from) : QStringLiteral("\u2013");
    case WayColumn: return row.way;
    case PromptColumn: return row.prompt.left(kShown).simplified();
    default: return row.answer.left(kShown).simplified();
    }
}

QVariant ReviewModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole) {
        return {};
    }
    const QStringList titles{tr("Judgement"), tr("From row"), tr("Way"), tr("Made prompt"), tr("Made answer")};
    return section >= 0 && section < titles.size() ? titles[section] : QVariant();
}

} // namespace luthier::ui
