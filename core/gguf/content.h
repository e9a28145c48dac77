// SPDX-License-Identifier: GPL-3.0-or-later
// Content: settings and tensors of a GGUF file that is to be written, version 3, little-endian, aligned to 32 bytes.
// Tensors are made when their turn comes, so that no second copy of a model is held.
//
// Threads: one Content, one thread at a time; write() blocks it, and calls `bytes` and `progress` on it.
#pragma once

#include "core/base/cancel.h"
#include "core/base/result.h"
#include "core/gguf/types.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace luthier::gguf {

// Takes the next stored bytes of a tensor.
using Sink = std::function<Result<void>(const void* data, std::size_t size)>;

struct TensorToWrite {
    std::string name;                // at most 63 bytes
    std::vector<std::uint64_t> dims; // the first is the one that lies together, a multiple of the type's block
    const TensorType* type = nullptr;
    std::function<Result<void>(const Sink& put)> bytes; // puts all of them, in order

    std::uint64_t size() const; // bytes
};

class Content {
public:
    void text(const std::string& key, const std::string& value);
    void whole(const std::string& key, std::uint64_t value); // written with 32 bits
    void number(const std::string& key, double value);       // as a float
    void boolean(const std::string& key, bool value);
    void texts(const std::string& key, const std::vector<std::string>& values);
    void numbers(const std::string& key, const std::vector<double>& values);     // floats
    void wholes(const std::string& key, const std::vector<std::int32_t>& values);
    void add(TensorToWrite tensor) { m_tensors.push_back(std::move(tensor)); }

    const std::vector<TensorToWrite>& tensors() const { return m_tensors; }
    std::uint64_t dataBytes() const;

    // Atomic; progress in bytes. Errors name the file and the tensor; "cancelled" when so.
    Result<void> write(const std::filesystem::path& path, const base::Progress& progress = {}, const base::CancelToken& cancel = {}) const;

private:
    void pair(const std::string& key, std::uint32_t type, const std::string& value);
    std::string head() const;

    std::string m_pairs;
    std::uint64_t m_numPairs = 0;
    std::vector<TensorToWrite> m_tensors;
};

} // namespace luthier::gguf
