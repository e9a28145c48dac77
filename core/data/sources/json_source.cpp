// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/sources/json_source.h"

#include "core/data/flat_row.h"
#include "core/data/sources/row_text.h"

#include <array>

namespace luthier::data {

namespace {

// Names under which a document keeps its rows.
constexpr std::array<std::string_view, 4> kRowKeys = {"data", "rows", "train", "examples"};
constexpr std::size_t kMaxKeyBytes = 4096;
constexpr std::size_t kMostOthers = 8; // lists that are named

class JsonSource : public RowSource {
public:
    JsonSource(std::shared_ptr<const DataFile> file, RowIndex index)
        : m_file(std::move(file)), m_index(std::move(index))
    {
    }

    std::int64_t rowCount() const override { return m_index.count(); }

    Result<Json> row(std::int64_t index) const override
    {
        if (!m_file->isUnchanged()) {
            return Error{"the file was changed since it was opened; open it again"};
        }
        auto bytes = readRowBytes(*m_file, m_index, index);
        return bytes ? parsedRow(index, *bytes) : Result<Json>(bytes.error());
    }

    bool flatRow(std::int64_t index, FlatRow& row) const override
    {
        return m_file->isUnchanged() && readRowBytes(*m_file, m_index, index, row) && row.readJson();
    }

    std::string rawRow(std::int64_t index) const override { return readRawRow(*m_file, m_index, index); }

private:
    std::shared_ptr<const DataFile> m_file;
    RowIndex m_index;
};

class DocumentScan {
public:
    explicit DocumentScan(FileScanner& scanner) : m_scanner(scanner) {}

    // True: the text is one document, and its rows are known.
    bool run()
    {
        m_scanner.skipSpace();
        const int first = m_scanner.peek();
        const bool whole = first == '[' ? scanList() : first == '{' && scanObject();
        return whole || m_foundRows;
    }

    RowIndex take() { return std::move(m_index); }

    // Lists beside the one whose rows are read; empty: none.
    std::string passedOver() const
    {
        std::string names;
        for (const std::string& key : m_foundRows ? m_others : std::vector<std::string>()) {
            names += (names.empty() ? "" : ", ") + ("\"" + shortened(key, 60) + "\"");
        }
        return names.empty() ? names : "its rows under \"" + m_rowKey + "\" are read, those under " + names + " are not";
    }

private:
    bool atEnd()
    {
        m_scanner.skipSpace();
        return m_scanner.peek() < 0;
    }

    // After a closed list only white space may follow; else these are lists, one a line.
    bool scanList() { return !scanElements() || atEnd(); }

    bool scanObject()
    {
        const std::uint64_t begin = m_scanner.position();
        m_scanner.get();
        for (m_scanner.skipSpace(); m_scanner.peek() != '}'; m_scanner.skipSpace()) {
            if (!scanMember()) {
                return false;
            }
        }
        m_scanner.get();
        const std::uint64_t end = m_scanner.position();
        if (!m_foundRows) {
            m_index.add(begin, end);
        }
        return atEnd() || (!m_foundRows && scanFurtherObjects());
    }

    // Objects one behind the other, with commas between them or without, are rows when they were not written a line
    // each: those are lines, where damage harms no neighbour.
    bool scanFurtherObjects()
    {
        const std::uint64_t begin = m_index.begin(0);
        const std::uint64_t end = begin + m_index.size(0);
        if (!spansLines(begin, end) && !isLoneReturn(end)) {
            return false;
        }
        for (m_scanner.skipSpace(); m_scanner.peek() >= 0; m_scanner.skipSpace()) {
            if (m_scanner.peek() == ',') {
                m_scanner.get();
                continue;
            }
            const std::uint64_t begin = m_scanner.position();
            m_index.add(begin, skipElement());
        }
        return true;
    }

    bool spansLines(std::uint64_t begin, std::uint64_t end)
    {
        const std::uint64_t here = m_scanner.position();
        m_scanner.seek(begin);
        bool spans = false;
        while (!spans && m_scanner.position() < end && m_scanner.peek() >= 0) {
            const int byte = m_scanner.get();
            spans = byte == '\n' || byte == '\r';
        }
        m_scanner.seek(here);
        return spans;
    }

    // A carriage return that no line end follows, as old programs end lines.
    bool isLoneReturn(std::uint64_t place)
    {
        const std::uint64_t here = m_scanner.position();
        m_scanner.seek(place);
        const bool isReturn = m_scanner.get() == '\r';
        const bool lone = isReturn && m_scanner.peek() != '\n';
        m_scanner.seek(here);
        return lone;
    }

    // One object to its closing brace, or what is none to the end of its line; returns where it ends.
    std::uint64_t skipElement()
    {
        std::int64_t depth = 0;
        std::uint64_t end = m_scanner.position();
        if (m_scanner.peek() != '{') {
            while (m_scanner.peek() >= 0 && m_scanner.peek() != '\n' && m_scanner.peek() != '\r') {
                m_scanner.get();
            }
            return m_scanner.position();
        }
        for (int byte = m_scanner.peek(); byte >= 0; byte = m_scanner.peek()) {
            if (byte == '"') {
                readString(nullptr);
                end = m_scanner.position();
                continue;
            }
            m_scanner.get();
            end = m_scanner.position();
            depth += byte == '[' || byte == '{' ? 1 : byte == ']' || byte == '}' ? -1 : 0;
            if (depth <= 0) {
                break;
            }
        }
        return end;
    }

    bool scanMember()
    {
        std::string key;
        if (m_scanner.peek() != '"' || !readString(&key)) {
            return false;
        }
        m_scanner.skipSpace();
        if (m_scanner.get() != ':') {
            return false;
        }
        m_scanner.skipSpace();
        const bool rows = !m_foundRows && m_scanner.peek() == '['
                          && std::find(kRowKeys.begin(), kRowKeys.end(), key) != kRowKeys.end();
        if (rows && !looksLikeRows()) {
            skipValue('}');
        } else if (rows) {
            m_foundRows = true;
            m_rowKey = key;
            if (!scanElements()) {
                return false;
            }
        } else {
            if (m_scanner.peek() == '[' && m_others.size() < kMostOthers && looksLikeRows()) {
                m_others.push_back(key);
            }
            skipValue('}');
        }
        m_scanner.skipSpace();
        if (m_scanner.peek() == ',') {
            m_scanner.get();
            return true;
        }
        return m_scanner.peek() == '}';
    }

    // A list of objects; a row may well have a list of words under the same name.
    bool looksLikeRows()
    {
        const std::uint64_t here = m_scanner.position();
        m_scanner.get();
        m_scanner.skipSpace();
        const bool object = m_scanner.peek() == '{';
        m_scanner.seek(here);
        return object;
    }

    // The elements of the list that begins here. False: the file ends before the list does.
    bool scanElements()
    {
        m_scanner.get();
        for (m_scanner.skipSpace(); m_scanner.peek() >= 0; m_scanner.skipSpace()) {
            if (m_scanner.peek() == ']') {
                m_scanner.get();
                return true;
            }
            if (m_scanner.peek() == ',') {
                m_scanner.get();
                continue;
            }
            const std::uint64_t begin = m_scanner.position();
            m_index.add(begin, skipValue(']'));
        }
        return false;
    }

    // Walks to the comma or bracket that ends the value here; returns where its last byte that is no space
    // ends.
    std::uint64_t skipValue(int closing)
    {
        std::uint64_t end = m_scanner.position();
        std::int64_t depth = 0;
        for (int byte = m_scanner.peek(); byte >= 0; byte = m_scanner.peek()) {
            if (depth <= 0 && (byte == ',' || byte == closing)) {
                break;
            }
            if (byte == '"') {
                readString(nullptr);
                end = m_scanner.position();
                continue;
            }
            m_scanner.get();
            depth += byte == '[' || byte == '{' ? 1 : byte == ']' || byte == '}' ? -1 : 0;
            if (byte != ' ' && byte != '\n' && byte != '\r' && byte != '\t') {
                end = m_scanner.position();
            }
        }
        return end;
    }

    // A bare line end closes a text that lacks its quote, so that the damage stays in this row.
    bool readString(std::string* out)
    {
        m_scanner.get();
        for (int byte = m_scanner.peek(); byte >= 0 && byte != '\n'; byte = m_scanner.peek()) {
            m_scanner.get();
            if (byte == '"') {
                return true;
            }
            if (byte == '\\' && m_scanner.peek() != '\n') {
                m_scanner.get();
            }
            if (out && out->size() < kMaxKeyBytes) {
                out->push_back(static_cast<char>(byte));
            }
        }
        return false;
    }

    FileScanner& m_scanner;
    RowIndex m_index;
    bool m_foundRows = false;
    std::string m_rowKey;
    std::vector<std::string> m_others;
};

} // namespace

Result<std::shared_ptr<RowSource>> openJsonDocument(std::shared_ptr<const DataFile> file,
                                                          std::uint64_t begin, const base::Progress& progress,
                                                          const base::CancelToken& cancel)
{
    FileScanner scanner(*file, progress, cancel);
    scanner.seek(begin);
    DocumentScan scan(scanner);
    const bool isDocument = scan.run();
    if (!scanner.status()) {
        return scanner.status().error();
    }
    std::shared_ptr<RowSource> source;
    if (isDocument) {
        source = std::make_shared<JsonSource>(std::move(file), scan.take());
        if (std::string others = scan.passedOver(); !others.empty()) {
            source->addRemark(std::move(others));
        }
    }
    return source;
}

} // namespace luthier::data
