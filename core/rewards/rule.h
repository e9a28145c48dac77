// SPDX-License-Identifier: GPL-3.0-or-later
// Rule: a reward that can be checked, one row of the table of them: what an answer must be so that it earns something. A new
// rule is one file and one line in rules.cpp; flags, recipes and the try-out follow from its settings.
//
// Threads: rows are constant; a Judge may be called from any thread.
#pragma once

#include "core/base/json.h"
#include "core/base/result.h"
#include "core/fields/row.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace luthier::rewards {

// An answer to be judged, with what is known of its row.
struct Answer {
    std::string prompt; // the last turn that it answers
    std::string text;
    std::optional<std::string> expected = {}; // the answer in the data
    Json row = {};                            // the row's own fields; null: none are known
    std::int64_t tokens = 0;
    bool ended = true; // by itself; false: it was cut after the most tokens it may have
};

struct Verdict {
    double reward = 0;
    std::string why; // "31 words, at most 20"
};
using Judge = std::function<Verdict(const Answer&)>;

struct RuleSettings : fields::Sections {
    std::string kind;
    double weight = 1;
};

struct Rule : fields::Row {
    bool needsExpected = false; // without an answer in the data it gives 0
    // Errors: a setting that cannot be, such as a pattern that is none.
    Result<Judge> (*make)(const RuleSettings& settings) = nullptr;
    // The setting that may be the name of a file; null: such a setting, or what it is now, is none.
    std::string* (*file)(RuleSettings& settings) = nullptr;
};

std::span<const Rule> rules();
const Rule* findRule(std::string_view id);
// "weight", and the settings of the row.
std::vector<fields::Field> fieldsOfRule(const Rule& rule);

// "length most=20 unit=words weight=0.5": the row's id, then its settings; values with spaces stand in 'single' or "double"
// quotes, in which \ keeps the next character as it is. Errors: no such rule or setting, and what the setting allows.
Result<RuleSettings> parseRule(std::string_view text);
// What parseRule reads, with the settings that are not the usual ones.
std::string toText(const RuleSettings& settings);
// The rule with the file that it names replaced by what `each` writes there; as it is where it names none or cannot be read.
std::string withFile(const std::string& rule, const std::function<void(std::string& path)>& each);

} // namespace luthier::rewards
