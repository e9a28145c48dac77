// SPDX-License-Identifier: GPL-3.0-or-later
// ModelFolder: a model seen as one set of tensors under Hugging Face's names: a folder with model.safetensors or shards by
// their index, or a GGUF file, whose tensors are seen as F32 whatever they are stored as. Of shards only the index's
// weight_map decides; names that lead outside the folder are refused. Torch-free.
//
// Threads: const functions may be called from any thread at once. The files stay open as long as somebody holds a tensor of them.
#pragma once

#include "core/base/result.h"
#include "core/nn/families/decoder_config.h"
#include "core/weights/safetensors.h"

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace luthier::weights {

struct StoredTensor {
    std::shared_ptr<const TensorSource> file;
    const TensorInfo* info = nullptr;
};

class ModelFolder {
public:
    // Reads config.json and the headers, no weights. Errors: no model there, a family that is not known, a damaged header, an index
    // that names tensors no shard holds; each with its file.
    static Result<ModelFolder> open(const std::filesystem::path& path);

    const std::filesystem::path& path() const { return m_path; }
    const nn::DecoderConfig& config() const { return m_config; }
    const std::map<std::string, StoredTensor>& tensors() const { return m_tensors; }

    // Formats of a GGUF file whose numbers were rounded to fit into blocks ("Q4_1, Q8_0"); empty: as exact as they can be.
    const std::string& quantisation() const { return m_quantisation; }

    // SHA-256 over names, shapes and the first and last 64 KiB of each tensor: identity of the base for adapters.
    Result<std::string> fingerprint() const;

private:
    std::filesystem::path m_path;
    nn::DecoderConfig m_config;
    std::map<std::string, StoredTensor> m_tensors;
    std::string m_quantisation;
};

} // namespace luthier::weights
