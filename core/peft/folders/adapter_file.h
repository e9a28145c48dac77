// SPDX-License-Identifier: GPL-3.0-or-later
// AdapterFile: an adapter folder while it is opened, and how one is written. Names torch types.
//
// Threads: one AdapterFile, one thread at a time: read() remembers what was read.
#pragma once

#include "core/base/json.h"
#include "core/base/result.h"
#include "core/nn/decoder.h"
#include "core/peft/folders/adapter_names.h"
#include "core/weights/safetensors.h"

#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace luthier::peft {

struct Method; // method.h

inline constexpr const char* kScoreTensor = "base_model.model.score.weight"; // of score_folder.h, which reads it
inline constexpr const char* kScoreBias = "base_model.model.score.bias";     // of values alone

class AdapterFile {
public:
    // Reads adapter_config.json and the safetensors file beside it. Refuses an adapter whose recorded base is another
    // one than `baseFingerprint` (when both are known).
    static Result<AdapterFile> open(const std::filesystem::path& folder, double weight,
                                    const std::string& baseFingerprint);

    const Json& config() const { return m_config; }
    double weight() const { return m_weight; }
    const std::filesystem::path& configPath() const { return m_configPath; }
    const weights::SafetensorsFile& tensors() const { return *m_file; } // by the names that stand in it
    // The file's tensors by plainKey(), in the file's order.
    const std::vector<std::string>& keys() const { return m_keys; }
    const weights::TensorInfo* find(const std::string& key) const; // null: there is none
    // peft_type, "BOTTLENECK" for AdapterHub's bottleneck layers; empty: neither.
    std::string type() const;

    // The tensor of a key in fp32 on the CPU. Errors name file, tensor and both shapes, and numbers that are not finite.
    Result<at::Tensor> read(const std::string& name, const std::vector<std::int64_t>& shape);
    // Errors list the tensors that nothing read: they fit nothing in the model.
    Result<void> checkAllRead() const;

    // A whole number of the config within [low, high]; `usual` when absent or null.
    Result<std::int64_t> count(const char* key, std::int64_t usual, std::int64_t low, std::int64_t high) const;
    // A list of names of the config; empty when absent or null. Errors: something else, such as a pattern.
    Result<std::vector<std::string>> names(const char* key) const;
    // Refuses with the config's path unless the key is absent, null, false or empty.
    Result<void> refuse(const char* key) const;
    Error problem(const std::string& sentence) const; // begins with the config's path
    // Only plain LoRA adds up and can be weighed; others want a model without adapters and the weight 1.
    Result<void> checkAlone(nn::Decoder& decoder) const;
    // num_virtual_tokens of a prompt or prefix that stands alone; what such a file cannot hold is refused.
    Result<std::int64_t> virtualTokens(nn::Decoder& decoder) const;

private:
    void leaveOutScoreHead(); // to those who look for what belongs to the method

    Json m_config;
    double m_weight = 1;
    std::filesystem::path m_configPath;
    std::shared_ptr<const weights::SafetensorsFile> m_file;
    std::vector<std::string> m_keys;
    std::map<std::string, const weights::TensorInfo*> m_tensors; // by key
    std::set<std::string> m_read;
};

// Refuses when both fingerprints are known and differ; the sentence names both, and the name of the recorded base.
Result<void> checkBase(const std::string& recorded, const std::string& baseFingerprint, const std::string& recordedName);

// Kinds of adapter folders of the methods for which `can` holds, each once though several methods write it: "LORA, IA3".
std::string kindsOf(bool (*can)(const Method& method));

// "a, b and 3 more".
std::string listedNames(const std::vector<std::string>& names);

// The config's key switched off: absent, null, false, empty.
bool isOff(const Json& config, const char* key);

// Whether something that only stands alone is attached; any adapter at all.
bool carriesMoreThanLora(nn::Decoder& decoder);
bool carriesAdapters(nn::Decoder& decoder);

// Writes `file` (safetensors) and adapter_config.json; the base's fingerprint is kept in the file's metadata.
Result<void> writeAdapter(const std::filesystem::path& target, const char* file, std::vector<nn::NamedTensor> tensors,
                          const Json& config, const std::string& baseFingerprint);

// Fingerprint of a base folder; empty when it is no model folder.
Result<std::string> fingerprintOf(const std::filesystem::path& baseFolder);

} // namespace luthier::peft
