// SPDX-License-Identifier: GPL-3.0-or-later
// Safetensors: reading with every bound of the format checked (header size, offsets without gap or overlap,
// wrapping shapes, duplicate names, unknown types), and atomic writing. Torch-free: bytes and shapes.
//
// The file is read with pread, never mapped: a file that shrinks meanwhile is an error, not a crash.
// Threads: one SafetensorsFile may be read from several threads at once.
#pragma once

#include "core/base/json.h"
#include "core/base/result.h"
#include "core/weights/tensor_source.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace luthier::weights {

class SafetensorsFile : public TensorSource {
public:
    static Result<std::shared_ptr<SafetensorsFile>> open(const std::filesystem::path& path);
    ~SafetensorsFile() override;

    const std::filesystem::path& path() const override { return m_path; }
    const std::vector<TensorInfo>& tensors() const { return m_tensors; } // in file order
    const TensorInfo* find(const std::string& name) const;
    const std::map<std::string, std::string>& metadata() const { return m_metadata; }

    // Reads bytes [offset, offset+size) of one tensor into `target`.
    Result<void> read(const TensorInfo& tensor, std::uint64_t offset, std::uint64_t size, void* target) const override;

private:
    SafetensorsFile() = default;
    std::filesystem::path m_path;
    int m_descriptor = -1;
    std::uint64_t m_dataStart = 0;
    std::vector<TensorInfo> m_tensors;
    std::map<std::string, std::string> m_metadata;
    std::map<std::string, std::size_t> m_index;
};

// One tensor to write; `bytes` is called when its turn comes and must give contiguous little-endian data that
// stays valid until the next call.
struct TensorToWrite {
    std::string name;
    Dtype dtype = Dtype::F32;
    std::vector<std::int64_t> shape;
    std::function<const void*()> bytes;
};

// Sorted and aligned as the reference writer does; metadata gets {"format":"pt"} when it lacks it.
Result<void> writeSafetensors(const std::filesystem::path& path, std::vector<TensorToWrite> tensors,
                              std::map<std::string, std::string> metadata = {});

} // namespace luthier::weights
