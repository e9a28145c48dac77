// SPDX-License-Identifier: GPL-3.0-or-later
// Judgings: pairs of answers that wait for people's judgement, and every vote, kept in the project.
//
// Threads: as Project. What returned ok is on disk: a vote is there before the next pair is shown.
#pragma once

#include "core/evaluation/judging.h"

#include <cstdint>
#include <string>
#include <vector>

namespace luthier::store {

struct JudgingRow {
    std::int64_t id = 0;
    std::string name;
    std::string created;  // ISO 8601, UTC
    std::uint64_t seed = 0; // of the sides
    std::int64_t pairs = 0;
    std::int64_t votes = 0;
    std::vector<std::string> criteria = {}; // that answers are scored by, 1 to 5
};

class Judgings {
public:
    virtual ~Judgings() = default;

    // All pairs or none. Pairs are numbered from 1 in their order.
    virtual Result<JudgingRow> create(const std::string& name, std::uint64_t seed, const std::vector<evaluation::JudgedPair>& pairs) = 0;
    virtual Result<std::vector<JudgingRow>> all() = 0; // newest first
    virtual Result<JudgingRow> find(std::int64_t id) = 0;
    virtual Result<void> remove(std::int64_t id) = 0;  // with its votes
    virtual Result<std::vector<evaluation::JudgedPair>> pairs(std::int64_t id) = 0;
    // What answers are scored by beside the vote; scores that were given stay.
    virtual Result<void> setCriteria(std::int64_t id, const std::vector<std::string>& criteria) = 0;
    // In the order in which they were given; a judge's later vote on a pair stands beside the earlier one.
    virtual Result<void> vote(std::int64_t id, const evaluation::Vote& vote) = 0;
    virtual Result<std::vector<evaluation::Vote>> votes(std::int64_t id) = 0;
    // Takes back the judge's last vote, so that its pair is open again. False: there is none.
    virtual Result<bool> takeBack(std::int64_t id, const std::string& judge) = 0;
};

} // namespace luthier::store
