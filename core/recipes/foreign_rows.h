// SPDX-License-Identifier: GPL-3.0-or-later
// Rows: one key of another program each, and what it is here. Only for the files of this folder.
#pragma once

#include "core/recipes/foreign.h"

#include <optional>
#include <utility>

namespace luthier::recipes {

using Set = std::pair<std::string, std::string>; // "part.key", value as `--set` takes it

// What a key is read as.
struct Reading {
    std::vector<Set> settings; // empty without `why`: it says what is usual here
    std::string why;           // not empty: it could not be carried over
    std::vector<std::string> notes = {};
};

struct Source {
    const Json& file;                     // the whole configuration
    std::filesystem::path folder;         // that it lies in
};

struct KeyRow {
    const char* theirs;
    const char* ours = ""; // of a plain row; for written ones also what it covers
    Reading (*read)(const Json& value, const Source& source) = nullptr; // null: `ours` takes the value as it is
    std::optional<Json> (*write)(const config::RunConfig& config) = nullptr; // null: the value of `ours`; nothing: not written
    bool isRead = true;
    bool isWritten = true;
};

struct ProgramRows {
    Program program;
    std::vector<KeyRow> rows;
    std::vector<const char*> marks;     // keys that only this program has
    std::vector<const char*> covered;   // settings here that `rows` write together with others
    std::vector<Set> usual;             // what it means where it says nothing, as far as that is not usual here
    const char* head = "";              // first line of a written file
};

const ProgramRows& trlRows();
const ProgramRows& axolotlRows();
const ProgramRows& llamaFactoryRows();
const ProgramRows& peftRows();

// ---- shared readings

Reading set(const std::string& key, const std::string& value);
Reading lost(const std::string& why);
Reading usual(); // the same as here, or of no matter for a result
std::string textOf(const Json& value); // as `--set` takes it
bool isTrue(const Json& value);
double numberOf(const Json& value, double otherwise);

Reading readModel(const Json& value, const Source& source);
Reading readOptimizer(const Json& value, const Source& source);
Reading readSchedule(const Json& value, const Source& source);
Reading readTargets(const Json& value, const Source& source); // "all", "all-linear", names
Reading readFour(const Json& value, const Source& source);    // load_in_4bit
Reading readDataFile(const std::string& path, const Source& source); // a file, or a name of a hub
Reading readHere(const Json& value, const Source& source);    // chosen here by other means: usual()

std::optional<Json> writeModel(const config::RunConfig& config);
std::optional<Json> writeOptimizer(const config::RunConfig& config); // in transformers' names
std::optional<Json> writeSchedule(const config::RunConfig& config);
bool isLora(const config::RunConfig& config);
bool isPairs(const config::RunConfig& config); // an objective over preferences
fields::Value valueOf(const config::RunConfig& config, const std::string& key);

template <class T>
T valueAs(const config::RunConfig& config, const std::string& key)
{
    return std::get<T>(valueOf(config, key));
}

} // namespace luthier::recipes
