// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/weights/model_folder.h"

#include "core/base/hash.h"
#include "core/base/other_makes.h"
#include "core/nn/families/weight_names.h"
#include "core/weights/gguf/model.h"
#include "core/weights/safetensors_header.h"
#include "core/weights/stored_names.h"

#include <algorithm>

namespace luthier::weights {

namespace fs = std::filesystem;

namespace {

using Tensors = std::map<std::string, StoredTensor>;

constexpr const char* kSingle = "model.safetensors";
constexpr const char* kIndex = "model.safetensors.index.json";
constexpr std::uint64_t kEdge = 64 << 10;

bool isThere(const fs::path& path)
{
    std::error_code code;
    return fs::exists(fs::symlink_status(path, code));
}

// By the letters of the name alone: a link inside the folder may point elsewhere (the hub's cache is made of
// such links), a name may not.
bool isPlainName(const std::string& name)
{
    if (name.empty() || name.size() > 255
        || name.find_first_of(std::string("\\:\0", 3)) != std::string::npos) {
        return false;
    }
    const fs::path path(name);
    return path.is_relative() && std::none_of(path.begin(), path.end(), [](const fs::path& part) {
        return part == ".." || part == "." || part.empty();
    });
}

Error noWeights(const fs::path& folder)
{
    return {folder.string() + ": there is no " + kSingle + " and no " + kIndex + "; " + base::whatLiesThere(folder)};
}

// Files that are named as a model's, and hold something else.
Result<void> checkMake(const fs::path& folder, const Tensors& tensors)
{
    std::vector<std::string_view> names;
    names.reserve(tensors.size());
    for (const auto& [name, tensor] : tensors) {
        names.push_back(name);
    }
    const std::string said = base::whatTheyAre(names);
    return said.empty() ? Result<void>() : Result<void>(Error{folder.string() + ": " + said});
}

Result<Tensors> openSingle(const fs::path& folder)
{
    auto file = SafetensorsFile::open(folder / kSingle);
    if (!file) {
        return file.error();
    }
    Tensors tensors;
    for (const TensorInfo& info : (*file)->tensors()) {
        tensors[info.name] = {*file, &info};
    }
    return tensors;
}

// Tensor -> shard, after checking every name.
Result<std::map<std::string, std::string>> readIndex(const fs::path& path)
{
    auto index = base::readJson(path);
    if (!index) {
        return index.error();
    }
    const auto map = index->is_object() ? index->find("weight_map") : index->end();
    if (!index->is_object() || map == index->end() || !map->is_object()) {
        return Error{path.string() + ": weight_map is missing or not an object"};
    }
    if (map->size() > kMaxTensors) {
        return Error{path.string() + ": more than " + std::to_string(kMaxTensors)
                     + " tensors; no model has so many"};
    }
    std::map<std::string, std::string> shards;
    for (const auto& [tensor, shard] : map->items()) {
        if (!shard.is_string()) {
            return Error{path.string() + ": weight_map gives no file name for tensor " + inQuotes(tensor)};
        }
        if (!isPlainName(shard.get<std::string>())) {
            return Error{path.string() + ": weight_map names " + inQuotes(shard.get<std::string>())
                         + ", which is not a name inside the folder"};
        }
        shards[tensor] = shard.get<std::string>();
    }
    if (shards.empty()) {
        return Error{path.string() + ": weight_map names no tensor"};
    }
    return shards;
}

Result<std::map<std::string, std::shared_ptr<const SafetensorsFile>>>
openShards(const fs::path& folder, const std::map<std::string, std::string>& shards)
{
    std::map<std::string, std::shared_ptr<const SafetensorsFile>> files;
    for (const auto& [tensor, shard] : shards) {
        files[shard];
    }
    std::string missing;
    std::size_t numMissing = 0;
    for (const auto& [shard, file] : files) {
        std::error_code code;
        if (!fs::exists(folder / shard, code) && ++numMissing <= 5) {
            missing += (missing.empty() ? "" : ", ") + shard;
        }
    }
    if (numMissing > 0) {
        return Error{folder.string() + ": " + std::to_string(numMissing) + " of "
                     + std::to_string(files.size()) + " weight files are missing: " + missing
                     + (numMissing > 5 ? ", ..." : "") + "; finish the download"};
    }
    for (auto& [shard, file] : files) {
        auto opened = SafetensorsFile::open(folder / shard);
        if (!opened) {
            return opened.error();
        }
        file = *opened;
    }
    return files;
}

Result<Tensors> openSharded(const fs::path& folder)
{
    auto shards = readIndex(folder / kIndex);
    if (!shards) {
        return shards.error();
    }
    auto files = openShards(folder, *shards);
    if (!files) {
        return files.error();
    }
    Tensors tensors;
    for (const auto& [name, shard] : *shards) {
        const auto& file = files->at(shard);
        const TensorInfo* info = file->find(name);
        if (!info) {
            return Error{(folder / kIndex).string() + ": tensor " + inQuotes(name) + " should be in " + shard
                         + ", which does not hold it"};
        }
        tensors[name] = {file, info};
    }
    return tensors;
}

Result<std::string> piece(const StoredTensor& tensor, std::uint64_t offset, std::uint64_t size)
{
    std::string bytes(static_cast<std::size_t>(size), '\0');
    auto got = tensor.file->read(*tensor.info, offset, size, bytes.data());
    return got ? Result<std::string>(std::move(bytes)) : Result<std::string>(got.error());
}

Result<bool> sameBytes(const StoredTensor& a, const StoredTensor& b)
{
    const std::uint64_t size = a.info->end - a.info->begin;
    if (a.info->dtype != b.info->dtype || a.info->shape != b.info->shape) {
        return false;
    }
    for (std::uint64_t done = 0; done < size; done += 1 << 20) {
        const std::uint64_t step = std::min<std::uint64_t>(1 << 20, size - done);
        auto left = piece(a, done, step);
        auto right = piece(b, done, step);
        if (!left || !right) {
            return left ? right.error() : left.error();
        }
        if (*left != *right) {
            return false;
        }
    }
    return true;
}

// A tied model stores one of the two; when it stores two different ones, they are not tied after all.
Result<void> settleTies(Tensors& tensors, nn::DecoderConfig& config)
{
    const std::string name = nn::weightNames(config).embedding + ".weight";
    const auto head = findStored(tensors, "lm_head.weight");
    const auto embedding = findStored(tensors, name);
    if (!config.tiedHead || head == tensors.end()) {
        return {};
    }
    if (embedding == tensors.end()) {
        tensors[name] = head->second;
        return {};
    }
    auto same = sameBytes(head->second, embedding->second);
    if (!same) {
        return same.error();
    }
    config.tiedHead = *same;
    return {};
}

} // namespace

Result<ModelFolder> ModelFolder::open(const fs::path& folder)
{
    ModelFolder result;
    result.m_path = folder;
    if (gguf::isGguf(folder)) {
        auto model = GgufModel::open(folder);
        if (!model) {
            return model.error();
        }
        result.m_config = (*model)->config();
        result.m_quantisation = (*model)->quantisation();
        for (const TensorInfo& info : (*model)->tensors()) {
            result.m_tensors[info.name] = {*model, &info};
        }
        return result;
    }
    std::error_code code;
    if (!fs::is_directory(folder, code)) {
        return Error{folder.string() + ": " + base::whatLiesThere(folder)};
    }
    const bool single = isThere(folder / kSingle);
    if (!single && !isThere(folder / kIndex)) {
        return noWeights(folder);
    }
    auto config = nn::readDecoderConfig(folder);
    if (!config) {
        return config.error();
    }
    result.m_config = *config;
    auto tensors = single ? openSingle(folder) : openSharded(folder);
    if (!tensors) {
        return tensors.error();
    }
    result.m_tensors = std::move(*tensors);
    if (auto checked = checkMake(folder, result.m_tensors); !checked) {
        return checked.error();
    }
    if (auto settled = settleTies(result.m_tensors, result.m_config); !settled) {
        return settled.error();
    }
    return result;
}

Result<std::string> ModelFolder::fingerprint() const
{
    std::string summary;
    for (const auto& [name, tensor] : m_tensors) {
        const std::uint64_t size = tensor.info->end - tensor.info->begin;
        const std::uint64_t edge = std::min(kEdge, size);
        auto first = piece(tensor, 0, edge);
        auto last = piece(tensor, size - edge, edge);
        if (!first || !last) {
            return first ? last.error() : first.error();
        }
        summary += base::dumpJson(Json::array({name, nameOf(tensor.info->dtype), tensor.info->shape,
                                               base::sha256(*first), base::sha256(*last)})) + "\n";
    }
    return base::sha256(summary);
}

} // namespace luthier::weights
