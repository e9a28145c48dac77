// SPDX-License-Identifier: GPL-3.0-or-later
// Checks: a table of what is wrong or doubtful with rows. Most look at one row; those that compare rows look at
// their hashes. A run gives one bit a check for every row, so that a million rows cost four megabytes, and any
// check is a filter at once.
//
// Threads: the table is constant; checkRow any thread; checkRows blocks and works on several.
#pragma once

#include "core/data/dataset.h"
#include "core/data/encoding.h"
#include "core/data/row_walk.h"

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace luthier::data {

struct CheckSettings {
    const Encoder* encoder = nullptr;  // null: nothing is said about tokens
    std::vector<std::string> ends = {}; // endMarks() of the encoder; empty: nothing is said about them
    std::int64_t maxTokens = 1024;
    std::int64_t fewestCharacters = 3; // of the answer, white space left out
};

// One row as the checks see it.
struct CheckedRow {
    const Json* row = nullptr;         // null: the row is no JSON
    const Example* example = nullptr;  // null: the row gives none
    std::string prompt;                // promptTextOf, answerTextOf, wholeTextOf; empty without an example
    std::string answer;
    std::string whole;
    std::int64_t tokens = -1;          // before any cut; -1: not counted
    const CheckSettings* settings = nullptr;
    bool isPrompt = false;             // of a file of prompts, which have no answers
};

enum class CheckKind {
    Row,        // `find` judges one row
    AcrossRows, // judged by hashes of all rows
};

struct Check {
    const char* id;     // "empty_answer": in JSON and as a filter
    const char* label;
    const char* help;   // what it means for training
    const char* remedy; // what to do about it
    CheckKind kind;
    bool (*find)(const CheckedRow& row); // null for AcrossRows
    bool asksModel = false; // finds nothing where the settings have no encoder
};

std::span<const Check> checks();
int findCheck(std::string_view id); // place in checks(); -1: none
using CheckMask = std::uint32_t;    // bit i: checks()[i] found something

// What the comparison between rows needs of one.
struct RowPrint {
    std::uint64_t prompt = 0;
    std::uint64_t answer = 0;
    bool isComparable = false; // has a prompt and an answer that says something
};

struct RowChecks {
    CheckMask mask = 0; // of Row checks
    RowPrint print;
};

// `tokens` -1: counted here when the settings have an encoder.
RowChecks checkRow(const Dataset& dataset, std::int64_t row, const CheckSettings& settings, std::int64_t tokens = -1);

// The bit of "identical prompt, different answers" set or cleared in every mask.
void markConflicts(const std::vector<RowPrint>& prints, std::vector<CheckMask>& masks);

struct CheckReport {
    std::vector<CheckMask> masks;     // one a row; rows that are excluded have none
    std::vector<std::int64_t> counts; // one a check

    std::vector<std::int64_t> rowsOf(int check) const; // from 0, in order
};

Result<CheckReport> checkRows(const Dataset& dataset, const CheckSettings& settings, const WalkOptions& options = {});

} // namespace luthier::data
