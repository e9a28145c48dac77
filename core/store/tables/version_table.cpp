// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/tables/version_table.h"

#include "core/base/json_digits.h"

namespace luthier::store {

namespace {

Json toJson(const Snapshot& snapshot)
{
    Json edits = Json::array();
    for (const auto& [row, edited] : snapshot.edits) {
        edits.push_back(Json::array({row, edited}));
    }
    return {{"edits", std::move(edits)}, {"excluded", snapshot.excluded}};
}

Result<Snapshot> snapshotFromJson(const Json& json)
{
    const Error unreadable{"a version cannot be read: it is not what Luthier writes"};
    if (!json.is_object() || !json.contains("edits") || !json["edits"].is_array() || !json.contains("excluded")
        || !json["excluded"].is_array()) {
        return unreadable;
    }
    Snapshot snapshot;
    for (const Json& entry : json["edits"]) {
        if (!entry.is_array() || entry.size() != 2 || !entry[0].is_number_integer()) {
            return unreadable;
        }
        snapshot.edits.insert_or_assign(entry[0].get<std::int64_t>(), entry[1]);
    }
    for (const Json& row : json["excluded"]) {
        if (!row.is_number_integer()) {
            return unreadable;
        }
        snapshot.excluded.insert(row.get<std::int64_t>());
    }
    return snapshot;
}

constexpr const char* kColumns = "SELECT id, path, name, created, num_edits, num_excluded FROM data_versions ";

VersionRow rowOfVersion(const Statement& row)
{
    return {row.integer(0), row.text(1), row.text(2), row.text(3), row.integer(4), row.integer(5)};
}

} // namespace

Result<VersionRow> VersionTable::add(const std::string& path, const std::string& name)
{
    const std::lock_guard guard(m_mutex);
    auto transaction = beginWriting();
    if (!transaction) {
        return transaction.error();
    }
    const std::string key = keyOf(path);
    auto edits = m_edits.readEdits(key);
    auto excluded = edits ? m_edits.readExclusions(key) : Result<data::Exclusions>(edits.error());
    if (!excluded) {
        return excluded.error();
    }
    const Snapshot snapshot{std::move(*edits), std::move(*excluded)};
    auto done = m_database.run("INSERT INTO data_versions (path, name, created, num_edits, num_excluded, body) "
                               "VALUES (?1, ?2, strftime('%Y-%m-%dT%H:%M:%SZ', 'now'), ?3, ?4, ?5)",
                               key, name, static_cast<std::int64_t>(snapshot.edits.size()),
                               static_cast<std::int64_t>(snapshot.excluded.size()), base::dumpJson(toJson(snapshot)));
    VersionRow version;
    if (done) {
        done = m_database.each(
            std::string(kColumns) + "WHERE id = ?1",
            [&](const Statement& row) -> Result<void> {
                version = rowOfVersion(row);
                return {};
            },
            m_database.lastId());
    }
    if (done) {
        done = transaction->commit();
    }
    return done ? Result<VersionRow>(std::move(version)) : done.error();
}

Result<std::vector<VersionRow>> VersionTable::all(const std::string& path)
{
    const std::lock_guard guard(m_mutex);
    std::vector<VersionRow> versions;
    auto read = m_database.each(
        std::string(kColumns) + "WHERE path = ?1 ORDER BY id",
        [&](const Statement& row) -> Result<void> {
            versions.push_back(rowOfVersion(row));
            return {};
        },
        keyOf(path));
    return read ? Result<std::vector<VersionRow>>(std::move(versions)) : read.error();
}

Result<Snapshot> VersionTable::snapshot(std::int64_t id)
{
    const std::lock_guard guard(m_mutex);
    std::optional<Snapshot> snapshot;
    auto read = m_database.each(
        "SELECT body FROM data_versions WHERE id = ?1",
        [&](const Statement& row) -> Result<void> {
            auto json = base::parseJsonWithDigits(row.text(0));
            auto found = json ? snapshotFromJson(*json) : Result<Snapshot>(json.error());
            if (!found) {
                return Error{m_database.path().string() + ": " + found.message()};
            }
            snapshot = std::move(*found);
            return {};
        },
        id);
    if (!read) {
        return read.error();
    }
    return snapshot ? Result<Snapshot>(std::move(*snapshot))
                    : Error{m_database.path().string() + ": there is no such version any more"};
}

Result<void> VersionTable::remove(std::int64_t id)
{
    const std::lock_guard guard(m_mutex);
    auto transaction = beginWriting();
    if (!transaction) {
        return transaction.error();
    }
    auto done = m_database.run("DELETE FROM data_versions WHERE id = ?1", id);
    return done ? transaction->commit() : done;
}

} // namespace luthier::store
