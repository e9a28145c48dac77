// SPDX-License-Identifier: GPL-3.0-or-later
// JudgingTable: pairs to judge and votes. What the functions promise stands in judgings.h.
#pragma once

#include "core/store/judgings.h"
#include "core/store/tables/table.h"

namespace luthier::store {

class JudgingTable : public Judgings, Table {
public:
    explicit JudgingTable(ProjectBase& base) : Table(base) {}

    Result<JudgingRow> create(const std::string& name, std::uint64_t seed, const std::vector<evaluation::JudgedPair>& pairs) override;
    Result<std::vector<JudgingRow>> all() override;
    Result<JudgingRow> find(std::int64_t id) override;
    Result<void> remove(std::int64_t id) override;
    Result<std::vector<evaluation::JudgedPair>> pairs(std::int64_t id) override;
    Result<void> setCriteria(std::int64_t id, const std::vector<std::string>& criteria) override;
    Result<void> vote(std::int64_t id, const evaluation::Vote& vote) override;
    Result<std::vector<evaluation::Vote>> votes(std::int64_t id) override;
    Result<bool> takeBack(std::int64_t id, const std::string& judge) override;

private:
    Result<std::vector<JudgingRow>> read(const std::string& where, std::int64_t id);
};

} // namespace luthier::store
