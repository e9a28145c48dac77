// SPDX-License-Identifier: GPL-3.0-or-later
// Recipes of other programs: configurations of TRL, Axolotl and LLaMA-Factory and PEFT's adapter_config.json, read into a
// recipe and written from one. What has no counterpart is told, key by key: nothing is dropped unsaid. Torch-free.
//
// Threads: free functions, any thread; they read and write files.
#pragma once

#include "core/base/json.h"
#include "core/base/result.h"
#include "core/config/run_config.h"

#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace luthier::recipes {

struct Carried {
    std::string theirs; // key of the other program
    std::string ours;   // "optimizer.learning_rate=2e-05", or several
};

struct Lost {
    std::string key;
    std::string value;
    std::string why;
};

struct Imported {
    std::string program; // id
    config::RunConfig config;
    std::vector<Carried> carried;
    std::vector<Lost> lost;
    std::vector<std::string> notes; // what was taken for granted
};

struct Exported {
    std::string text; // of the file
    std::vector<Lost> lost; // settings that are not the usual ones and that it cannot say
    std::vector<std::string> notes;
};

struct Program {
    const char* id;    // "trl"
    const char* label; // "TRL"
    const char* file;  // name that its file usually has
    bool isWritten;    // also an export
};

std::span<const Program> programs();

// Program of a configuration by the keys it has; null: none of them.
const Program* programOf(const Json& file);

// `program` empty: by its keys. Relative paths in it count from its folder. Errors: no YAML or JSON; none of the programs; a
// value that its key cannot have.
Result<Imported> readForeign(const std::filesystem::path& file, const std::string& program = {});

// Error: no such program, or one that is only read.
Result<Exported> writeForeign(const config::RunConfig& config, const std::string& program);

} // namespace luthier::recipes
