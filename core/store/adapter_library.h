// SPDX-License-Identifier: GPL-3.0-or-later
// AdapterLibrary: the adapters of a project: results of its runs, and imported ones, which lie in its folder adapters/.
// Notes belong to the project. Deleting moves to the project's trash.
//
// Threads: any; everything here touches disks.
#pragma once

#include "core/peft/folders/adapter_facts.h"
#include "core/store/project.h"

#include <string>
#include <vector>

namespace luthier::store {

// Something that an adapter was written as for other programs, with what it was proved by.
struct AdapterExport {
    std::filesystem::path target;
    std::string kind;       // "model", "adapter", "gguf"
    std::string type;       // "q4_k_m", "bf16"; empty: as the base is stored
    std::int64_t bytes = 0;
    std::string proof;      // its sentence
    std::string made;       // ISO 8601, UTC
    bool isThere = false;   // when the library was read
};

struct LibraryAdapter {
    peft::AdapterFacts facts;
    std::string name;                 // the run's, or the folder's
    RunId run = 0;                    // 0: imported
    std::string created;              // of the run
    std::string trainedOn;            // names of its data files
    std::string model;                // path of the base it was trained on; empty: not known
    measures::Summaries measures;     // of the run
    std::string notes;
    std::vector<AdapterExport> exports = {}; // newest first, also those whose files are gone since
};

std::filesystem::path adaptersFolder(const Project& project);

// Runs' adapters, newest first, then imported ones by name.
Result<std::vector<LibraryAdapter>> adapters(Project& project);

// Copies a folder or GGUF file into the project under a free name and returns its path. Errors: it is no adapter that can
// be opened; the copy failed, and nothing is left of it.
Result<std::filesystem::path> importAdapter(Project& project, const std::filesystem::path& path);

// Error when it is none of the project's. The run that made it stays, without its result.
Result<void> deleteAdapter(Project& project, const std::filesystem::path& path);

// Kept with the project, at most a dozen of each adapter; one of the same target takes the other's place.
Result<void> keepExport(Project& project, const std::filesystem::path& adapter, const AdapterExport& made);

// What a person wrote of an adapter and of the run that it is a result of, a paragraph each; empty: nothing, or it is none of the project's.
std::string notesAbout(Project& project, const std::filesystem::path& adapter);

Result<void> setAdapterNotes(Project& project, const std::filesystem::path& path, const std::string& notes);

} // namespace luthier::store
