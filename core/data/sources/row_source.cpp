// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/sources/row_source.h"

#include "core/data/sources/ascii_case.h"
#include "core/data/sources/columnar_file.h"
#include "core/data/sources/columnar_lines.h"
#include "core/data/sources/csv_source.h"
#include "core/data/sources/data_folder.h"
#include "core/data/sources/json_source.h"
#include "core/data/sources/line_source.h"
#include "core/data/sources/packed_stream.h"
#include "core/data/sources/row_text.h"
#include "core/data/sources/text_documents.h"
#include "core/data/sources/text_kinds.h"
#include "core/data/sources/unpacked_file.h"

#include <algorithm>
#include <array>

namespace luthier::data {

namespace {

struct Opening {
    std::shared_ptr<const DataFile> file;
    std::uint64_t begin = 0; // after a byte-order mark
    std::string head;        // the first bytes from there
    const base::Progress& progress;
    const base::CancelToken& cancel;
};

using Opened = Result<std::shared_ptr<RowSource>>;

constexpr std::size_t kHeadBytes = 4096;

Opened lines(const Opening& opening)
{
    return openLines(opening.file, opening.begin, opening.progress, opening.cancel);
}

Opened documentOrLines(const Opening& opening)
{
    auto document = openJsonDocument(opening.file, opening.begin, opening.progress, opening.cancel);
    return !document || *document ? document : lines(opening);
}

// A list of rows on the one line there is; a list of messages is a row itself.
bool isListOfRows(const RowSource& source)
{
    const auto row = source.rowCount() == 1 ? source.row(0) : Result<Json>(Error{});
    return row && row->is_array() && !row->empty() && std::all_of(row->begin(), row->end(), [](const Json& item) {
               return item.is_object() && !item.contains("role") && !item.contains("from");
           });
}

// Some call a whole list of rows .jsonl, or objects written over several lines: then a bracket or brace stands alone on
// the first line, or a list is the only line. A text without any line end of today is one document as well.
Opened linesOrDocument(const Opening& opening)
{
    const std::string_view head = opening.head;
    const auto first = head.find_first_not_of(" \t\r\n");
    const bool opens = first != std::string_view::npos && (head[first] == '[' || head[first] == '{');
    const bool alone = opens && isBlank(head.substr(first + 1, head.find('\n', first) - first - 1));
    const bool oldLineEnds = head.find('\r') != std::string_view::npos && head.find('\n') == std::string_view::npos;
    if (alone || oldLineEnds) {
        return documentOrLines(opening);
    }
    auto source = lines(opening);
    return source && isListOfRows(**source) ? documentOrLines(opening) : source;
}

Opened commas(const Opening& opening)
{
    return openCsv(opening.file, opening.begin, 0, opening.progress, opening.cancel);
}

// Many a .tsv holds commas all the same; a column alone has neither.
Opened tabs(const Opening& opening)
{
    const std::string_view names = std::string_view(opening.head).substr(0, opening.head.find('\n'));
    const bool isOther = names.find('\t') == std::string_view::npos && names.find_first_of(",;|") != std::string_view::npos;
    return openCsv(opening.file, opening.begin, isOther ? '\0' : '\t', opening.progress, opening.cancel);
}

// Whether the first line is an object and what follows it, if anything, begins one.
bool holdsObjects(std::string_view head)
{
    const auto begin = head.find_first_not_of(" \t\r\n");
    const auto end = begin == std::string_view::npos ? begin : head.find('\n', begin);
    if (end == std::string_view::npos || head[begin] != '{') {
        return false;
    }
    const auto row = parseJsonRow(head.substr(begin, end - begin));
    const auto next = head.find_first_not_of(" \t\r\n", end);
    return row && row->is_object() && !row->empty() && (next == std::string_view::npos || head[next] == '{');
}

Opened document(const Opening& opening)
{
    if (isBlank(opening.head) && opening.head.size() + opening.begin == opening.file->size()) {
        return Error{opening.head.empty() ? "the file is empty; choose another one" : "the file holds only white space; choose another one"};
    }
    return openTextFile(opening.file->path());
}

// A text, unless its lines are rows: nobody wants their braces learned.
Opened text(const Opening& opening)
{
    const bool areRows = holdsObjects(opening.head);
    auto source = areRows ? linesOrDocument(opening) : openQuestions(opening.file, opening.head);
    if (!source || *source) {
        if (source && areRows) {
            (*source)->addRemark("its lines are JSON objects, so they are read as rows, not as one text");
        }
        return source;
    }
    source = document(opening);
    if (std::string remark = source ? remarkOnText(opening.head) : std::string(); !remark.empty()) {
        (*source)->addRemark(std::move(remark));
    }
    return source;
}

struct Kind {
    const char* extension;
    Opened (*open)(const Opening&);
};
constexpr std::array kKinds = {
    Kind{".jsonl", linesOrDocument},
    Kind{".ndjson", linesOrDocument},
    Kind{".json", documentOrLines},
    Kind{".csv", commas},
    Kind{".tsv", tabs},
    Kind{".txt", text},
    Kind{".text", text},
    Kind{".md", document},
    Kind{".markdown", document},
};

struct Foreign {
    std::string_view magic;
    const char* sentence;
    std::string_view extension = {}; // of files that are told by it alone
};
constexpr const char* kDocument = "this is a document, which is not read; save it as text (.txt or .md)";
const std::array kForeign = {
    Foreign{"BZh", "this is compressed with bzip2, which is not read; unpack it, or pack it with gzip or zstd"},
    Foreign{"\xfd" "7zXZ", "this is compressed with xz, which is not read; unpack it, or pack it with gzip or zstd"},
    Foreign{"PK\x03\x04", kDocument, ".docx"},
    Foreign{"PK\x03\x04", kDocument, ".odt"},
    Foreign{"PK\x03\x04", kDocument, ".epub"},
    Foreign{"PK\x03\x04", kDocument, ".pptx"},
    Foreign{"PK\x03\x04", "this is a zip archive or a spreadsheet; unpack it, or save it as CSV"},
    Foreign{"version https://git-lfs", "this is a pointer of Git LFS, not the file that it stands for; fetch that with git lfs pull"},
    Foreign{"%PDF", "this is a PDF, which is not read; save its text as .txt or .md"},
    Foreign{"{\\rtf", "this is a document in RTF, which is not read; save it as text"},
    Foreign{"SQLite format 3", "this is a database (SQLite), which is not read; save a table of it as CSV"},
    Foreign{"\xd0\xcf\x11\xe0", "this is an old spreadsheet or document of Office, which is not read; save it as CSV or as text"},
    Foreign{"<!DOCTYPE html", "this is a web page, perhaps the answer of a server instead of the file; fetch the file itself"},
    Foreign{"<html", "this is a web page, perhaps the answer of a server instead of the file; fetch the file itself"},
};

// Mail programs and Windows put .txt behind a name that already says what it is.
std::string extensionOf(const std::filesystem::path& path)
{
    const std::string extension = lowered(path.extension().string());
    const std::string inner = extension == ".txt" ? lowered(path.stem().extension().string()) : std::string();
    const bool known = std::any_of(kKinds.begin(), kKinds.end(), [&](const Kind& kind) { return inner == kind.extension; });
    return known ? inner : extension;
}

// Kinds that are told by what they begin with, whatever they are called.
struct Begun {
    const char* extension;
    const char* name;
};
constexpr std::array kBegun = {Begun{".parquet", "Parquet"}, Begun{".arrow", "Arrow"}, Begun{".feather", "Feather"}, Begun{".gz", "gzip"}, Begun{".zst", "zstd"}};

Error notRead(const std::string& extension)
{
    const auto kind = std::find_if(kBegun.begin(), kBegun.end(), [&extension](const Begun& one) { return extension == one.extension; });
    if (kind != kBegun.end()) {
        return Error{std::string("its name says ") + kind->name + ", but it does not begin as such a file does; fetch or write it again, or name it for what it holds"};
    }
    return Error{"this kind of file is not read; give .jsonl, .json, .csv, .tsv, .parquet, .arrow, .txt or .md"};
}

Opened openAs(const Opening& opening, const std::string& extension)
{
    const auto kind
        = std::find_if(kKinds.begin(), kKinds.end(), [&](const Kind& k) { return extension == k.extension; });
    if (kind != kKinds.end()) {
        return kind->open(opening);
    }
    if (opening.head.empty()) {
        return Error{"the file is empty; choose another one"};
    }
    constexpr std::array kNoRows = {".toml", ".ini", ".cfg", ".conf", ".url", ".desktop"}; // they begin with a bracket, too
    if (std::find(kNoRows.begin(), kNoRows.end(), extension) != kNoRows.end()) {
        return notRead(extension);
    }
    const auto first = opening.head.find_first_not_of(" \t\r\n");
    const char byte = first == std::string::npos ? '\0' : opening.head[first];
    if (byte == '{' || byte == '[') {
        return documentOrLines(opening);
    }
    return notRead(extension);
}

constexpr std::size_t kTarMark = 257; // POSIX ustar: where the header says what it is

constexpr int kMostUnpackings = 3; // a text in another encoding inside of a compressed file

struct Unpacked {
    std::shared_ptr<const DataFile> file;
    std::string head;
    std::vector<std::string> notes;
    std::vector<std::string> remarks;
};

// What has to be made of the file before its rows can be reached, and what is said of it; null: nothing.
std::pair<const PackedKind*, const char*> packingOf(const DataFile& file, std::string_view head)
{
    if (const PackedKind* packed = findPackedKind(head)) {
        return {packed, nullptr};
    }
    if (isColumnar(head)) {
        return {};
    }
    if (looksLikeWindows1252(file)) {
        return {&windows1252(), "its bytes are not UTF-8 and were read as Windows-1252, as spreadsheets save CSV; if letters look wrong, save the "
                                "file as UTF-8"};
    }
    const std::string extension = extensionOf(file.path());
    const bool isDocument = extension == ".json";
    if ((isDocument || extension == ".jsonl" || extension == ".ndjson") && looksLikeCommentedJson(head, isDocument)) {
        return {&commentedJson(), "it holds comments, or commas before closing brackets, which are no JSON; they are left out"};
    }
    return {};
}

void keepFirst(std::atomic<std::int64_t>& first, std::int64_t row)
{
    std::int64_t known = first;
    while ((known < 0 || row < known) && !first.compare_exchange_weak(known, row)) {
    }
}

// The file, or what it holds when it is compressed or written otherwise.
Result<Unpacked> unpackedOf(std::shared_ptr<const DataFile> file, std::string head, const base::Progress& progress,
                            const base::CancelToken& cancel)
{
    Unpacked done{std::move(file), std::move(head), {}, {}};
    for (int i = 0; i < kMostUnpackings; ++i) {
        const auto [kind, remark] = packingOf(*done.file, done.head);
        if (!kind) {
            break;
        }
        auto path = unpackedFile(*done.file, *kind, {}, progress, cancel);
        auto plain = path ? DataFile::open(*path) : Result<std::shared_ptr<const DataFile>>(path.error());
        auto first = plain ? (*plain)->read(0, kHeadBytes) : Result<std::string>(plain.error());
        if (!first) {
            return first.error();
        }
        done.file = std::move(*plain);
        done.head = std::move(*first);
        if (done.head.size() > kTarMark && std::string_view(done.head).substr(kTarMark).starts_with("ustar")) {
            return Error{"this is an archive of several files (tar); unpack it, then choose a data file in it"};
        }
        if (remark) {
            done.remarks.emplace_back(remark);
        }
        done.notes.push_back(std::string("it was unpacked (") + kind->name + ") into " + done.file->path().string());
    }
    return done;
}

void note(Opened& source, std::vector<std::string>& notes)
{
    for (auto& note : notes) {
        if (source) {
            (*source)->addNote(std::move(note));
        }
    }
}

Opened openFile(const std::filesystem::path& path, const base::Progress& progress, const base::CancelToken& cancel)
{
    auto packed = DataFile::open(path);
    auto head = packed ? (*packed)->read(0, kHeadBytes) : Result<std::string>(packed.error());
    if (!head) {
        return head.error();
    }
    auto opened = unpackedOf(std::move(*packed), std::move(*head), progress, cancel);
    if (!opened) {
        return opened.error();
    }
    if (isColumnar(opened->head)) {
        auto source = openColumnar(opened->file, progress, cancel);
        note(source, opened->notes);
        return source;
    }
    const std::string extension = extensionOf(opened->file->path());
    const std::string_view text = std::string_view(opened->head).substr(std::min(opened->head.find_first_not_of(" \t\r\n"), opened->head.size()));
    for (const Foreign& foreign : kForeign) {
        const bool begins = opened->head.starts_with(foreign.magic) || (foreign.magic.starts_with('<') && text.starts_with(foreign.magic));
        if (begins && (foreign.extension.empty() || foreign.extension == extension)) {
            return Error{foreign.sentence};
        }
    }
    const std::uint64_t begin = opened->head.starts_with(kBom) ? kBom.size() : 0;
    if (begin > 0) {
        opened->notes.push_back("it begins with a byte-order mark, which is left out");
    }
    auto source = openAs({opened->file, begin, opened->head.substr(begin), progress, cancel}, extension);
    note(source, opened->notes);
    for (auto& remark : opened->remarks) {
        if (source) {
            (*source)->addRemark(std::move(remark));
        }
    }
    return source;
}

// Texts, or where there are none the data files.
Opened openFolder(const std::filesystem::path& path, const base::Progress& progress, const base::CancelToken& cancel)
{
    auto texts = openTextFolder(path, progress, cancel);
    if (texts || texts.message() == "cancelled") {
        return texts;
    }
    auto rows = openDataFolder(path, progress, cancel);
    return !rows || *rows ? rows : texts;
}

} // namespace

std::vector<std::string> RowSource::remarks() const
{
    std::vector<std::string> all = m_remarks;
    if (const std::int64_t row = m_repeated; row >= 0) {
        all.push_back("rows have a name twice, of which the last counts; the first is row " + std::to_string(row + 1));
    }
    if (const std::int64_t row = m_noNumber; row >= 0) {
        all.push_back("rows hold NaN or Infinity, which are no numbers and count as empty fields; the first is row " + std::to_string(row + 1));
    }
    return all;
}

bool RowSource::flatRow(std::int64_t /*index*/, FlatRow& /*row*/) const
{
    return false;
}

Result<Json> RowSource::parsedRow(std::int64_t index, std::string_view bytes) const
{
    RowHabits habits;
    auto row = parseJsonRow(bytes, &habits);
    if (habits.isRepeated) {
        keepFirst(m_repeated, index);
    }
    if (habits.hasNoNumber) {
        keepFirst(m_noNumber, index);
    }
    return row;
}

Result<std::shared_ptr<const RowSource>> openSource(const std::filesystem::path& path, const base::Progress& progress,
                                                    const base::CancelToken& cancel)
{
    std::error_code code;
    auto source = std::filesystem::is_directory(path, code) ? openFolder(path, progress, cancel)
                                                            : openFile(path, progress, cancel);
    if (source) {
        return std::shared_ptr<const RowSource>(std::move(*source));
    }
    const std::string& said = source.message();
    return said == "cancelled" || said.starts_with(path.string() + ":") ? source.error() : Error{path.string() + ": " + said};
}

std::vector<std::string> sourceExtensions()
{
    std::vector<std::string> all;
    for (const Kind& kind : kKinds) {
        all.emplace_back(kind.extension);
    }
    for (const Begun& kind : kBegun) {
        all.emplace_back(kind.extension);
    }
    return all;
}

} // namespace luthier::data
