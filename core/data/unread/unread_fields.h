// SPDX-License-Identifier: GPL-3.0-or-later
// UnreadFields: the one rule for what a file holds and nobody learns from. A filled field is unread when neither another
// value in its place nor its absence changes what is made of the row: the example, and where it is known the rendered text
// with its mask. That is tried out on a few rows of each group of rows that fill the same fields.
//
// Threads: free functions, any thread; judging blocks for a few hundred encodings at most.
#pragma once

#include "core/data/dataset.h"
#include "core/data/encoding.h"
#include "core/data/formats/columns.h"
#include "core/data/row_walk.h"
#include "core/data/unread/field_census.h"

#include <functional>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace luthier::data {

enum class UnreadWhy {
    Format,      // the shape in which the file is read has no place for it
    Template,    // the example has it, but neither text nor mask
    AskTemplate, // a member of messages, which only some chat templates write; no template is known here
    Rewards,     // rules of a reward may ask for it
    Repeated,    // what stands there is learned from another field
    Bookkeeping, // an id, an index, a source and the like
};
const char* toText(UnreadWhy why); // "format", "template", "ask_template", "rewards", "repeated", "bookkeeping"

struct UnreadField {
    std::string name;      // "choices", "messages/*/name"; of a speaker's texts "messages/*/content (system)"
    std::int64_t rows = 0; // that fill it and do without
    UnreadWhy why = UnreadWhy::Format;

    bool isQuiet() const { return why >= UnreadWhy::Rewards; }
};

struct UnreadReport {
    std::int64_t rows = 0;              // that give an example
    std::int64_t untried = 0;           // of them in groups too many to be tried out
    std::vector<UnreadField> fields;    // the quiet ones last, else most rows first
    std::vector<std::string> leftOut;   // files of a folder that are not read
    std::vector<std::string> remarks;   // sentences: what is written otherwise than it stands, ...
    std::string format;                 // label of the shape that it is read in
    std::optional<ColumnGuess> offer;   // how it would read more

    bool hasLoud() const; // a field that is not quiet
    // For people, without the file's name: offer and loud fields first, then the rest; the quiet ones where they are asked for.
    std::vector<std::string> sentences(bool withQuiet = true) const;
};

// What an example comes to, in bytes; two that are equal teach the same.
using Trace = std::function<Result<std::string>(const Example& example)>;
Trace encodedTrace(const Encoder& encoder); // the text, and where in it answers are trained; `encoder` must outlive it

struct UnreadSettings {
    const Encoder* encoder = nullptr;    // null or without a template: what templates do is not known
    Trace trace = {};                    // empty: encodedTrace of the encoder
    std::set<std::string> alsoRead = {}; // columns that something else than the format reads
    bool hasRewards = false;             // answers are made and rewarded by rules that may read any column
};

// `census` has the rows that give an example.
UnreadReport unreadFields(const Dataset& dataset, const FieldCensus& census, const UnreadSettings& settings);
// The same of all rows but those that are left out. Error: "cancelled".
Result<UnreadReport> findUnread(const Dataset& dataset, const UnreadSettings& settings, const WalkOptions& options);

// What would read more of these rows than `read` does; nothing: nothing would.
std::optional<ColumnGuess> fullerShape(const DatasetFormat& read, std::span<const Json> rows);

} // namespace luthier::data
