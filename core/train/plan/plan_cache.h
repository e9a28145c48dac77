// SPDX-License-Identifier: GPL-3.0-or-later
// PlanCache: what planning has read, kept while a person changes settings, so that only what a change touches is read
// again: the model's configuration and tokenizer, and each file's rows, encoded. A key holds all that its value depends on:
// settings, edits, left-out rows, and size, inode and times of the files, so that what changed on disk is read anew.
// Torch-free.
//
// Threads: any.
#pragma once

#include "core/train/base_model.h"
#include "core/train/plan/read_file.h"

#include <atomic>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>

namespace luthier::train {

class PlanCache {
public:
    // Rows beyond this many bytes in all are forgotten, those that were used least lately first.
    explicit PlanCache(std::int64_t maxBytes = std::int64_t{512} << 20) : m_maxBytes(maxBytes) {}

    // The model of the last call when nothing about it changed, else read now. Errors are not kept.
    Result<std::shared_ptr<const BaseModel>> model(const config::RunConfig& config);

    // As readFile(); `encoder` is the model's.
    Result<std::shared_ptr<const ReadFile>> read(const RunFile& file, const data::Encoder& encoder, const EncodeSettings& settings,
                                                 const config::RunConfig& config);

    void clear(); // gives the memory back
    std::int64_t numReads() const { return m_numReads; } // files that were not there yet, so far

private:
    struct Entry {
        std::string key;
        std::shared_ptr<const ReadFile> file;
        std::int64_t bytes = 0;
    };

    std::shared_ptr<const ReadFile> find(const std::string& key); // null: not there
    void keep(const std::string& key, std::shared_ptr<const ReadFile> file);

    const std::int64_t m_maxBytes;
    std::atomic<std::int64_t> m_numReads = 0;
    std::mutex m_mutex;
    std::list<Entry> m_files; // guarded by m_mutex, as are the next; the newest first
    std::int64_t m_bytes = 0;
    std::string m_modelKey;
    std::shared_ptr<const BaseModel> m_model;
};

} // namespace luthier::train
