// SPDX-License-Identifier: GPL-3.0-or-later
// RowChoice: which rows of a data file a verb is about: by number, by what stands in them, by a check, by a tag. Several
// ways together choose what all of them choose.
//
// Threads: chooseRows blocks and works on several.
#pragma once

#include "core/base/result.h"
#include "core/cli/command.h"
#include "core/data/dataset.h"
#include "core/store/edit_step.h"

#include <cstdint>
#include <string>
#include <vector>

namespace luthier::cli {

struct RowChoice {
    std::string rows;  // "3,7-9", from 1
    std::string where; // a text or pattern that they hold
    std::string field; // there alone
    bool regex = false;
    bool matchCase = false;
    bool wholeWords = false;
    std::string check; // id of a check that finds them
    std::string tagged;
    bool all = false;

    bool isEmpty() const { return rows.empty() && where.empty() && check.empty() && tagged.empty() && !all; }
};

void addRowChoice(CLI::App& app, RowChoice& choice);

// "3,7-9" as rows from 0, ascending, each once. Errors: no such list, a row past `count`.
Result<std::vector<std::int64_t>> parseRows(const std::string& text, std::int64_t count);

// From 0, ascending. Errors: nothing says which, what is wrong with the pattern or the list, "cancelled".
Result<std::vector<std::int64_t>> chooseRows(const RowChoice& choice, const data::Dataset& dataset, const store::RowTags& tags,
                                             Context& context);

} // namespace luthier::cli
