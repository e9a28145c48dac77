// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/sources/arrow/arrow_values.h"
#include "core/data/sources/columnar_file.h"

#include <arrow/io/file.h>
#include <arrow/ipc/reader.h>
#include <arrow/record_batch.h>
#include <parquet/arrow/reader.h>

#include <algorithm>
#include <exception>
#include <memory>

namespace luthier::data {

namespace {

constexpr std::int64_t kBatchRows = 2048;
constexpr std::size_t kPieceBytes = std::size_t{1} << 20;
constexpr std::string_view kIpcMagic = "ARROW1";

Error damaged(const arrow::Status& status)
{
    std::string said = status.message();
    said = said.substr(0, said.find('\n'));
    return Error{"the file cannot be read (" + said + "); fetch or write it again"};
}

// What is common to both kinds: the batches one after the other.
struct Batches {
    std::shared_ptr<arrow::Schema> schema;
    std::int64_t rows = -1; // not known before the end
    std::function<arrow::Result<std::shared_ptr<arrow::RecordBatch>>()> next; // null at the end
};

arrow::Result<Batches> openParquet(std::shared_ptr<arrow::io::RandomAccessFile> file)
{
    parquet::ArrowReaderProperties properties(/*use_threads=*/false);
    properties.set_batch_size(kBatchRows);
    properties.set_pre_buffer(false);
    parquet::ReaderProperties pages;
    pages.enable_buffered_stream(); // page by page: a row group may hold all rows, and the first are wanted at once
    parquet::arrow::FileReaderBuilder builder;
    ARROW_RETURN_NOT_OK(builder.Open(std::move(file), pages));
    ARROW_ASSIGN_OR_RAISE(auto built, builder.properties(properties)->Build());
    const std::shared_ptr<parquet::arrow::FileReader> reader(std::move(built));
    Batches batches;
    ARROW_RETURN_NOT_OK(reader->GetSchema(&batches.schema));
    batches.rows = reader->parquet_reader()->metadata()->num_rows();
    ARROW_ASSIGN_OR_RAISE(auto stream, reader->GetRecordBatchReader());
    const std::shared_ptr<arrow::RecordBatchReader> shared(std::move(stream));
    batches.next = [reader, shared]() { return shared->Next(); };
    return batches;
}

arrow::Result<std::shared_ptr<arrow::RecordBatch>> checked(std::shared_ptr<arrow::RecordBatch> batch)
{
    if (batch) {
        ARROW_RETURN_NOT_OK(batch->ValidateFull()); // offsets come from the file and are used as they are
    }
    return batch;
}

arrow::Result<Batches> openIpcFile(std::shared_ptr<arrow::io::RandomAccessFile> file)
{
    ARROW_ASSIGN_OR_RAISE(auto reader, arrow::ipc::RecordBatchFileReader::Open(std::move(file)));
    Batches batches;
    batches.schema = reader->schema();
    ARROW_ASSIGN_OR_RAISE(batches.rows, reader->CountRows());
    batches.next = [reader, at = 0]() mutable -> arrow::Result<std::shared_ptr<arrow::RecordBatch>> {
        if (at >= reader->num_record_batches()) {
            return nullptr;
        }
        ARROW_ASSIGN_OR_RAISE(auto batch, reader->ReadRecordBatch(at++));
        return checked(std::move(batch));
    };
    return batches;
}

arrow::Result<Batches> openIpcStream(std::shared_ptr<arrow::io::RandomAccessFile> file)
{
    ARROW_ASSIGN_OR_RAISE(auto reader, arrow::ipc::RecordBatchStreamReader::Open(std::move(file)));
    Batches batches;
    batches.schema = reader->schema();
    batches.next = [reader]() -> arrow::Result<std::shared_ptr<arrow::RecordBatch>> {
        ARROW_ASSIGN_OR_RAISE(auto batch, reader->Next());
        return checked(std::move(batch));
    };
    return batches;
}

arrow::Result<Batches> openBatches(const std::filesystem::path& path)
{
    ARROW_ASSIGN_OR_RAISE(auto file, arrow::io::ReadableFile::Open(path.string()));
    ARROW_ASSIGN_OR_RAISE(auto head, file->ReadAt(0, 8));
    ARROW_RETURN_NOT_OK(file->Seek(0));
    const auto text = std::string_view(*head);
    if (text.starts_with("PAR1")) {
        return openParquet(std::move(file));
    }
    return text.starts_with(kIpcMagic) ? openIpcFile(std::move(file)) : openIpcStream(std::move(file));
}

class LineWriter {
public:
    explicit LineWriter(const WriteText& write) : m_write(write) {}

    Result<void> take(const arrow::RecordBatch& batch)
    {
        for (std::int64_t row = 0; row < batch.num_rows(); ++row) {
            m_text += '{';
            for (int column = 0; column < batch.num_columns(); ++column) {
                m_text += column > 0 ? "," : "";
                appendJsonText(batch.column_name(column), m_text);
                m_text += ':';
                appendJson(*batch.column(column), row, m_text);
            }
            m_text += "}\n";
            if (m_text.size() >= kPieceBytes) {
                if (auto done = flush(); !done) {
                    return done;
                }
            }
        }
        return {};
    }

    Result<void> flush()
    {
        auto done = m_write(m_text);
        m_text.clear();
        return done;
    }

private:
    const WriteText& m_write;
    std::string m_text;
};

ColumnarFacts factsOf(const Batches& batches)
{
    ColumnarFacts facts;
    facts.rows = batches.rows;
    for (const auto& field : batches.schema->fields()) {
        if (holdsBytes(*field->type())) {
            facts.notes.push_back("the column \"" + field->name() + "\" holds bytes, which are left out");
        }
    }
    return facts;
}

Result<ColumnarFacts> convert(const std::filesystem::path& path, const WriteText& write, const base::Progress& progress,
                              const base::CancelToken& cancel)
{
    auto batches = openBatches(path);
    if (!batches.ok()) {
        return damaged(batches.status());
    }
    ColumnarFacts facts = factsOf(*batches);
    facts.rows = 0;
    LineWriter lines(write);
    for (;;) {
        if (cancel.isCancelled()) {
            return Error{"cancelled"};
        }
        auto batch = batches->next();
        if (!batch.ok() || !*batch) {
            auto done = batch.ok() ? lines.flush() : Result<void>(damaged(batch.status()));
            return done ? Result<ColumnarFacts>(std::move(facts)) : done.error();
        }
        if (auto taken = lines.take(**batch); !taken) {
            return taken.error();
        }
        facts.rows += (*batch)->num_rows();
        if (progress) {
            progress(facts.rows, std::max<std::int64_t>(batches->rows, 0));
        }
    }
}

} // namespace

bool hasColumnar()
{
    return true;
}

Result<ColumnarFacts> columnarFacts(const std::filesystem::path& path)
{
    try {
        auto batches = openBatches(path);
        return batches.ok() ? Result<ColumnarFacts>(factsOf(*batches)) : damaged(batches.status());
    } catch (const std::exception& problem) {
        return damaged(arrow::Status::IOError(problem.what()));
    }
}

Result<ColumnarFacts> columnarToLines(const std::filesystem::path& path, const WriteText& write, const base::Progress& progress,
                                      const base::CancelToken& cancel)
{
    try {
        return convert(path, write, progress, cancel);
    } catch (const std::exception& problem) {
        return damaged(arrow::Status::IOError(problem.what()));
    }
}

} // namespace luthier::data
