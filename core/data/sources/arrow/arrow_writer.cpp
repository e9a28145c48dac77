// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/sources/arrow/arrow_types.h"
#include "core/data/sources/columnar_file.h"
#include "core/data/sources/line_source.h"

#include <arrow/io/interfaces.h>
#include <arrow/table.h>
#include <arrow/table_builder.h>
#include <parquet/arrow/writer.h>

#include <exception>

namespace luthier::data {

namespace {

constexpr std::int64_t kGroupRows = std::int64_t{1} << 16;
constexpr std::size_t kGroupBytes = std::size_t{64} << 20; // of JSON

// What Parquet is written to: our own files, which appear whole or not at all.
class Sink : public arrow::io::OutputStream {
public:
    explicit Sink(const WriteText& write) : m_write(write) { set_mode(arrow::io::FileMode::WRITE); }

    arrow::Status Close() override
    {
        m_isClosed = true;
        return arrow::Status::OK();
    }
    bool closed() const override { return m_isClosed; }
    arrow::Result<std::int64_t> Tell() const override { return m_position; }
    using arrow::io::Writable::Write;
    arrow::Status Write(const void* data, std::int64_t size) override
    {
        auto done = m_write(std::string_view(static_cast<const char*>(data), static_cast<std::size_t>(size)));
        m_position += size;
        return done ? arrow::Status::OK() : arrow::Status::IOError(done.message());
    }

private:
    const WriteText& m_write;
    std::int64_t m_position = 0;
    bool m_isClosed = false;
};

class Conversion {
public:
    Conversion(const RowSource& rows, const WriteText& write, const base::CancelToken& cancel)
        : m_rows(rows), m_write(write), m_cancel(cancel)
    {
    }

    arrow::Status run()
    {
        ColumnType all;
        ARROW_RETURN_NOT_OK(each([&](const Json& row) {
            all.take(row);
            return arrow::Status::OK();
        }));
        const auto fields = all.fields();
        if (fields.empty()) {
            return arrow::Status::Invalid("the rows have no fields; a table needs columns");
        }
        const auto schema = arrow::schema(fields);
        ARROW_ASSIGN_OR_RAISE(m_builder, arrow::RecordBatchBuilder::Make(schema, arrow::default_memory_pool()));
        const auto properties = parquet::WriterProperties::Builder().compression(parquet::Compression::SNAPPY)->build();
        ARROW_ASSIGN_OR_RAISE(m_writer, parquet::arrow::FileWriter::Open(*schema, arrow::default_memory_pool(),
                                                                         std::make_shared<Sink>(m_write), properties));
        ARROW_RETURN_NOT_OK(each([&](const Json& row) { return append(row); }));
        ARROW_RETURN_NOT_OK(flush());
        return m_writer->Close();
    }

private:
    template <class Take>
    arrow::Status each(Take take)
    {
        for (std::int64_t index = 0; index < m_rows.rowCount(); ++index) {
            if (m_cancel.isCancelled()) {
                return arrow::Status::Cancelled("cancelled");
            }
            auto row = m_rows.row(index);
            if (!row || !row->is_object()) {
                return arrow::Status::Invalid("row " + std::to_string(index + 1) + ": "
                                              + (row ? "a row of a table must be an object with fields" : row.message()));
            }
            ARROW_RETURN_NOT_OK(take(*row));
        }
        return arrow::Status::OK();
    }

    arrow::Status append(const Json& row)
    {
        for (int i = 0; i < m_builder->num_fields(); ++i) {
            const auto member = row.find(m_builder->schema()->field(i)->name());
            ARROW_RETURN_NOT_OK(appendValue(*m_builder->GetField(i), member == row.end() ? nullptr : &*member));
        }
        ++m_waiting;
        // Texts alone matter for the memory, and their size is near that of the JSON.
        m_waitingBytes += static_cast<std::size_t>(row.is_object() ? base::dumpJson(row).size() : 0);
        return m_waiting >= kGroupRows || m_waitingBytes >= kGroupBytes ? flush() : arrow::Status::OK();
    }

    arrow::Status flush()
    {
        if (m_waiting == 0) {
            return arrow::Status::OK();
        }
        ARROW_ASSIGN_OR_RAISE(const auto batch, m_builder->Flush());
        ARROW_ASSIGN_OR_RAISE(const auto table, arrow::Table::FromRecordBatches({batch}));
        m_waiting = 0;
        m_waitingBytes = 0;
        return m_writer->WriteTable(*table, kGroupRows);
    }

    const RowSource& m_rows;
    const WriteText& m_write;
    const base::CancelToken& m_cancel;
    std::unique_ptr<arrow::RecordBatchBuilder> m_builder;
    std::unique_ptr<parquet::arrow::FileWriter> m_writer;
    std::int64_t m_waiting = 0; // rows in the builder
    std::size_t m_waitingBytes = 0;
};

} // namespace

Result<void> linesToParquet(const std::filesystem::path& lines, const WriteText& write, const base::CancelToken& cancel)
{
    auto file = DataFile::open(lines);
    auto rows = file ? openLines(*file, 0, {}, cancel) : Result<std::shared_ptr<RowSource>>(file.error());
    if (!rows) {
        return rows.error();
    }
    try {
        const auto done = Conversion(**rows, write, cancel).run();
        return done.ok() ? Result<void>() : Error{done.message()};
    } catch (const std::exception& problem) {
        return Error{std::string("Parquet cannot be written (") + problem.what() + ")"};
    }
}

} // namespace luthier::data
