// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/row_source.h"

#include "core/data/csv_source.h"
#include "core/data/json_source.h"
#include "core/data/line_source.h"
#include "core/data/row_text.h"

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

using Opened = Result<std::shared_ptr<const RowSource>>;

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

// Some call a whole list of rows .jsonl: then a bracket stands alone on the first line.
Opened linesOrDocument(const Opening& opening)
{
    const std::string_view head = opening.head;
    const auto first = head.find_first_not_of(" \t\r\n");
    const bool bracket = first != std::string_view::npos && head[first] == '[';
    const bool alone = bracket && isBlank(head.substr(first + 1, head.find('\n', first) - first - 1));
    return alone ? documentOrLines(opening) : lines(opening);
}

Opened commas(const Opening& opening)
{
    return openCsv(opening.file, opening.begin, 0, opening.progress, opening.cancel);
}

Opened tabs(const Opening& opening)
{
    return openCsv(opening.file, opening.begin, '\t', opening.progress, opening.cancel);
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
};

struct Foreign {
    std::string_view magic;
    const char* sentence;
};
const std::array kForeign = {
    Foreign{"\x1f\x8b", "this is compressed (gzip); unpack it first"},
    Foreign{"\x28\xb5\x2f\xfd", "this is compressed (zstd); unpack it first"},
    Foreign{"PK\x03\x04", "this is a zip archive or a spreadsheet; unpack it, or save it as CSV"},
    Foreign{"PAR1", "this is Parquet, which is not read; save it as JSONL or CSV"},
    Foreign{"\xff\xfe", "this is UTF-16; save it as UTF-8"},
    Foreign{"\xfe\xff", "this is UTF-16; save it as UTF-8"},
};

std::string extensionOf(const std::filesystem::path& path)
{
    std::string extension = path.extension().string();
    std::transform(extension.begin(), extension.end(), extension.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return extension;
}

Opened openAs(const Opening& opening, const std::string& extension)
{
    const auto kind
        = std::find_if(kKinds.begin(), kKinds.end(), [&](const Kind& k) { return extension == k.extension; });
    if (kind != kKinds.end()) {
        return kind->open(opening);
    }
    const auto first = opening.head.find_first_not_of(" \t\r\n");
    const char byte = first == std::string::npos ? '\0' : opening.head[first];
    if (byte == '{' || byte == '[') {
        return documentOrLines(opening);
    }
    return Error{"this kind of file is not read; give .jsonl, .json, .csv or .tsv"};
}

} // namespace

Opened openSource(const std::filesystem::path& path, const base::Progress& progress,
                  const base::CancelToken& cancel)
{
    auto file = DataFile::open(path);
    if (!file) {
        return file.error();
    }
    const auto fail = [&](const Error& error) {
        return error.message == "cancelled" ? error : Error{path.string() + ": " + error.message};
    };
    auto head = (*file)->read(0, kHeadBytes);
    if (!head) {
        return fail(head.error());
    }
    for (const Foreign& foreign : kForeign) {
        if (head->starts_with(foreign.magic)) {
            return fail({foreign.sentence});
        }
    }
    const std::uint64_t begin = head->starts_with(kBom) ? kBom.size() : 0;
    auto source = openAs({*file, begin, head->substr(begin), progress, cancel}, extensionOf(path));
    return source ? source : Opened(fail(source.error()));
}

} // namespace luthier::data
