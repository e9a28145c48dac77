// SPDX-License-Identifier: GPL-3.0-or-later
// ModelFolder: a Hugging Face folder seen as one set of tensors: model.safetensors, or shards by their index.
// Only the index's weight_map decides; names that lead outside the folder are refused. Torch-free.
#pragma once

#include "core/base/result.h"
#include "core/nn/decoder_config.h"
#include "core/weights/safetensors.h"

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace luthier::weights {

struct StoredTensor {
    std::shared_ptr<const SafetensorsFile> file;
    const TensorInfo* info = nullptr;
};

class ModelFolder {
public:
    static Result<ModelFolder> open(const std::filesystem::path& folder);

    const std::filesystem::path& path() const { return m_path; }
    const nn::DecoderConfig& config() const { return m_config; }
    const std::map<std::string, StoredTensor>& tensors() const { return m_tensors; }

    // SHA-256 over names, shapes and the first and last 64 KiB of each tensor: identity of the base for adapters.
    Result<std::string> fingerprint() const;

private:
    std::filesystem::path m_path;
    nn::DecoderConfig m_config;
    std::map<std::string, StoredTensor> m_tensors;
};

} // namespace luthier::weights
