// SPDX-License-Identifier: GPL-3.0-or-later
// GgufModel: the weights of a GGUF file as a model folder would have them: under its names, in its shapes and order of
// rows, as F32. Blocks are turned into numbers while a piece is read; nothing is kept. Torch-free.
//
// Threads: may be read from several threads at once.
#pragma once

#include "core/gguf/config.h"
#include "core/gguf/file.h"
#include "core/nn/families/decoder_config.h"
#include "core/weights/tensor_source.h"

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace luthier::weights {

class GgufModel : public TensorSource {
public:
    // Errors: not a model that is known, a format of numbers that cannot be read, no weights.
    static Result<std::shared_ptr<const GgufModel>> open(const std::filesystem::path& path);

    const std::filesystem::path& path() const override { return m_file->path(); }
    const nn::DecoderConfig& config() const { return m_config; }
    const std::vector<TensorInfo>& tensors() const { return m_tensors; }
    const std::string& quantisation() const { return m_quantisation; } // "Q4_1, Q8_0"; empty: F32, F16 and BF16 alone

    Result<void> read(const TensorInfo& tensor, std::uint64_t offset, std::uint64_t size, void* target) const override;

private:
    // How one tensor differs from what the folder would hold.
    struct Stored {
        const gguf::Tensor* tensor = nullptr;
        std::int64_t headRows = 0; // above 0: rows of each head are interleaved
        bool plusOne = false;
        bool transposed = false;
    };

    GgufModel() = default;
    Result<void> addTensors();
    Stored storedAs(const gguf::Tensor& tensor, const std::string& name) const;
    Result<void> readRun(const Stored& stored, std::uint64_t first, std::uint64_t count, float* out) const;
    Result<void> readRows(const Stored& stored, std::uint64_t first, std::uint64_t count, float* out) const;
    Result<void> readTransposed(const Stored& stored, const TensorInfo& info, std::uint64_t first, std::uint64_t count, float* out) const;

    std::shared_ptr<const gguf::File> m_file;
    nn::DecoderConfig m_config;
    gguf::Layout m_layout;
    std::vector<TensorInfo> m_tensors;
    std::unordered_map<std::string, Stored> m_stored; // by the folder's name
    std::string m_quantisation;
};

} // namespace luthier::weights
