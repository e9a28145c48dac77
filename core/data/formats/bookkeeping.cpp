// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/formats/bookkeeping.h"

#include "core/data/formats/format_parts.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace luthier::data {

namespace {

constexpr std::size_t kLongestMark = 64; // bytes of an id, a source and the like

constexpr std::array kNames = {
    "id",         "_id",        "idx",       "index",      "uid",        "uuid",     "guid",       "row_id",     "example_id", "question_id",
    "answer_id",  "prompt_id",  "doc_id",    "qid",        "key",        "hash",     "sha256",     "source",     "src",        "origin",
    "dataset",    "dataset_name", "data_source", "split",  "subset",     "config",   "file",       "filename",   "path",       "url",
    "link",       "license",    "licence",   "version",    "date",       "time",     "timestamp",  "created",    "created_at", "updated_at",
    "created_utc", "author",    "annotator", "annotation_id", "annotator_id", "lead_time", "worker_id", "lang",  "language",   "meta",
    "metadata",   "__index_level_0__", "unnamed: 0", "column 1", "length", "num_tokens", "n_tokens", "token_count", "title_id", "conversation_id", "message_id",
    "model",      "models",     "model_a",   "model_b",    "judge",      "tstamp",   "anony",    "_input_hash", "_task_hash", "_session_id", "_annotator_id",
    "dump",       "file_path",  "sku",        "isbn",       "ean",        "asin",         "slug",
    "ts",         "thread_ts",  "team",      "ind",        "schema_version", "schemaVersion", "span_kind", "start_time", "end_time", "status_code", "mime_type", "model_name", "distilabel_metadata", "run_type",
};
constexpr std::array<std::string_view, 9> kEnds = {"_id", "-id", " id", "Id", "ID", "_ids", "_uuid", "_lang", "_language"};

// Named after what they are; with a space they are words of somebody.
constexpr std::array kHashes = {"commit", "sha", "md5", "checksum", "revision"};

bool isHash(const std::string& column)
{
    return std::any_of(kHashes.begin(), kHashes.end(), [&column](const char* name) { return isSameName(column, name); });
}

bool isNamed(const std::string& column)
{
    return std::any_of(kNames.begin(), kNames.end(), [&column](const char* name) { return isSameName(column, name); });
}

// What says to which call a tool answers is a part of the conversation.
bool endsAsIds(const std::string& column)
{
    return !column.ends_with("call_id") && std::any_of(kEnds.begin(), kEnds.end(), [&column](std::string_view end) { return column.size() > end.size() && column.ends_with(end); });
}

} // namespace

bool isBookkeeping(const std::string& column, const Json& value)
{
    const bool named = isNamed(column);
    if (!named && !endsAsIds(column) && !isHash(column)) {
        return false;
    }
    const std::string text = value.is_object() ? std::string() : textOf(value);
    return text.size() <= kLongestMark && (named || (!value.is_object() && text.find(' ') == std::string::npos));
}

} // namespace luthier::data
