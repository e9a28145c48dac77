// SPDX-License-Identifier: GPL-3.0-or-later
// TensorSource: where the bytes of stored tensors come from: a safetensors file, or a GGUF file whose blocks are turned
// into F32 while they are read. Torch-free.
// Threads: one source may be read from several threads at once.
#pragma once

#include "core/base/result.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace luthier::weights {

// In the order in which the writer of safetensors sorts tensors.
enum class Dtype { U64, I64, F64, F32, U32, I32, BF16, F16, U16, I16, F8E4M3, F8E5M2, I8, U8, Bool };
std::int64_t sizeOf(Dtype dtype);
const char* nameOf(Dtype dtype); // as the header spells it: "BF16"

struct TensorInfo {
    std::string name;
    Dtype dtype = Dtype::F32;
    std::vector<std::int64_t> shape;
    std::uint64_t begin = 0; // bytes from the start of the data; what a reader sees has end - begin bytes
    std::uint64_t end = 0;
};

class TensorSource {
public:
    virtual ~TensorSource() = default;
    virtual const std::filesystem::path& path() const = 0;
    // Reads bytes [offset, offset + size) of one tensor, in its dtype and shape, into `target`.
    virtual Result<void> read(const TensorInfo& tensor, std::uint64_t offset, std::uint64_t size,
                              void* target) const = 0;
};

} // namespace luthier::weights
