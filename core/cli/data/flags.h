// SPDX-License-Identifier: GPL-3.0-or-later
// DataFlags: what every verb of `luthier data` takes, and flags that several of them declare alike. What one verb alone
// takes stands in its own file, in a struct made from these.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace CLI {
class App;
class Option;
}

namespace luthier::cli {

// The files, and how their rows are read.
struct DataFlags {
    std::vector<std::string> files;
    std::string format = "auto";
    std::vector<std::string> columns; // "field=column"
    std::string project;              // empty: the rows as they lie there
};

void addFiles(CLI::App& app, DataFlags& flags);   // and --format, --map
void addReading(CLI::App& app, DataFlags& flags); // --project to read by, where the verb declared none to write to

// Verbs that count tokens, too.
struct CountFlags : DataFlags {
    std::string model; // empty: no tokens
    std::string chatTemplate = "folder";
    bool foldSystem = false;
    std::int64_t maxLength = 1024;
};

void addCounting(CLI::App& app, CountFlags& flags);

struct NearFlags {
    bool near = false;
    double similarity = 0.8;
};

void addNear(CLI::App& app, NearFlags& flags);

CLI::Option* addOut(CLI::App& app, std::string& out, const char* help);
void addTo(CLI::App& app, std::string& to, const char* help); // shape to write
void addSeed(CLI::App& app, std::int64_t& seed);
void addFirst(CLI::App& app, std::int64_t& first); // 0: all
void addMaxLength(CLI::App& app, std::int64_t& maxLength);
void addTimes(CLI::App& app, std::int64_t& times);
void addHeldOutShare(CLI::App& app, double& share);

// The ids of a table's rows, as what a flag may say.
template <class Table>
std::vector<std::string> idsOf(const Table& table)
{
    std::vector<std::string> ids;
    for (const auto& row : table) {
        ids.emplace_back(row.id);
    }
    return ids;
}

} // namespace luthier::cli
