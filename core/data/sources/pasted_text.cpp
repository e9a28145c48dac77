// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/sources/pasted_text.h"

#include "core/base/files.h"
#include "core/base/hash.h"
#include "core/base/json.h"
#include "core/data/sources/csv_source.h"
#include "core/data/sources/row_text.h"

#include <algorithm>

namespace luthier::data {

namespace {

constexpr std::size_t kLookedAtLines = 16;

std::string_view lineAt(std::string_view text, std::size_t at)
{
    return text.substr(at, std::min(text.find('\n', at), text.size()) - at);
}

// As many fields in each of the first lines, two lines and two fields at least. Prose has blanks behind its commas.
bool isTable(std::string_view text, char delimiter)
{
    std::size_t columns = 0;
    std::size_t lines = 0;
    for (std::size_t at = 0; at < text.size() && lines < kLookedAtLines;) {
        auto line = lineAt(text, at);
        at += line.size() + 1;
        line.remove_suffix(line.ends_with('\r') ? 1 : 0);
        if (isBlank(line)) {
            continue;
        }
        const auto fields = parseCsvRecord(line, delimiter);
        const auto isProse = [](const std::string& field) { return field.starts_with(' '); };
        if (!fields || fields->size() < 2 || (columns > 0 && fields->size() != columns)
            || std::any_of(fields->begin(), fields->end(), isProse)) {
            return false;
        }
        columns = fields->size();
        ++lines;
    }
    return lines >= 2;
}

} // namespace

std::string pastedExtension(std::string_view text)
{
    const auto first = text.find_first_not_of(" \t\r\n");
    if (first != std::string_view::npos && (text[first] == '{' || text[first] == '[')) {
        const auto line = lineAt(text, first);
        const bool alone = isBlank(text.substr(first + line.size()));
        return !alone && base::parseJson(line).ok() ? ".jsonl" : ".json";
    }
    return isTable(text, '\t') ? ".tsv" : isTable(text, ',') ? ".csv" : ".txt";
}

Result<std::filesystem::path> keepPasted(std::string_view text, const std::filesystem::path& folder)
{
    text.remove_prefix(text.starts_with(kBom) ? kBom.size() : 0);
    if (isBlank(text)) {
        return Error{"there is nothing but blanks to paste; copy the rows or the text first"};
    }
    if (auto good = checkRowText(text); !good) {
        return Error{"the pasted text: " + good.message()};
    }
    const auto path = folder / ("pasted-" + base::sha256(text).substr(0, 12) + pastedExtension(text));
    auto written = base::makeDirectories(folder);
    written = written ? base::writeFileAtomically(path, text) : written;
    return written ? Result<std::filesystem::path>(path) : written.error();
}

} // namespace luthier::data
