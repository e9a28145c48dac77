// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/peft/adapter_folder.h"

#include "core/nn/decoder.h"
#include "core/peft/lora_config.h"
#include "core/weights/load.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/mm.h>
#include <c10/core/GradMode.h>

#include <map>

namespace luthier::peft {

namespace fs = std::filesystem;

namespace {

constexpr const char* kPrefix = "base_model.model.";
constexpr const char* kMatrixA = ".lora_A.weight";
constexpr const char* kMatrixB = ".lora_B.weight";

struct Place {
    nn::LinearGroup* group = nullptr;
    std::size_t slice = 0;
};

struct Pair {
    const weights::TensorInfo* a = nullptr;
    const weights::TensorInfo* b = nullptr;
};

std::map<std::string, Place> placesOf(nn::Decoder& decoder)
{
    std::map<std::string, Place> places;
    for (nn::LinearGroup* group : decoder.groups()) {
        for (std::size_t slice = 0; slice < group->slices.size(); ++slice) {
            places[group->slicePath(slice)] = {group, slice};
        }
    }
    return places;
}

std::string listed(const std::vector<std::string>& names)
{
    std::string text;
    for (std::size_t i = 0; i < names.size() && i < 5; ++i) {
        text += (i ? ", " : "") + names[i].substr(0, 120);
    }
    return text + (names.size() > 5 ? " and " + std::to_string(names.size() - 5) + " more" : "");
}

bool cut(std::string& key, std::string_view prefix, std::string_view suffix)
{
    if (key.size() < prefix.size() + suffix.size() || !key.starts_with(prefix) || !key.ends_with(suffix)) {
        return false;
    }
    key = key.substr(prefix.size(), key.size() - prefix.size() - suffix.size());
    return true;
}

// Module path -> its two matrices; keys of any other kind are an error that lists them.
Result<std::map<std::string, Pair>> pairsOf(const weights::SafetensorsFile& file,
                                            const std::map<std::string, Place>& places)
{
    std::map<std::string, Pair> pairs;
    std::vector<std::string> unmatched;
    for (const weights::TensorInfo& info : file.tensors()) {
        std::string path = info.name;
        const bool isA = cut(path, kPrefix, kMatrixA);
        if ((!isA && !cut(path, kPrefix, kMatrixB)) || !places.contains(path)) {
            unmatched.push_back(info.name);
            continue;
        }
        (isA ? pairs[path].a : pairs[path].b) = &info;
    }
    if (!unmatched.empty()) {
        return Error{file.path().string() + ": these keys fit no projection of the model: "
                     + listed(unmatched) + "; the adapter belongs to another model"};
    }
    if (pairs.empty()) {
        return Error{file.path().string() + ": holds no adapter weights"};
    }
    return pairs;
}

std::string shapeText(std::int64_t rows, std::int64_t columns)
{
    return "[" + std::to_string(rows) + ", " + std::to_string(columns) + "]";
}

Result<void> checkShape(const weights::SafetensorsFile& file, const weights::TensorInfo& info,
                        std::int64_t rows, std::int64_t columns)
{
    using weights::Dtype;
    if (info.shape != std::vector<std::int64_t>{rows, columns}) {
        return Error{file.path().string() + ": tensor \"" + info.name + "\" is "
                     + base::dumpJson(Json(info.shape)) + ", the model and adapter_config.json ask for "
                     + shapeText(rows, columns)};
    }
    if (info.dtype != Dtype::F32 && info.dtype != Dtype::F16 && info.dtype != Dtype::BF16) {
        return Error{file.path().string() + ": tensor \"" + info.name + "\" is stored as "
                     + weights::nameOf(info.dtype) + "; it must be F32, F16 or BF16"};
    }
    return {};
}

Result<void> checkPair(const weights::SafetensorsFile& file, const std::string& path, const Pair& pair,
                       const Place& place, std::int64_t rank)
{
    if (!pair.a || !pair.b) {
        return Error{file.path().string() + ": " + path + " has lora_" + (pair.a ? "A" : "B")
                     + " but no lora_" + (pair.a ? "B" : "A")};
    }
    if (auto good = checkShape(file, *pair.a, rank, place.group->weight.size(1)); !good) {
        return good;
    }
    return checkShape(file, *pair.b, place.group->slices[place.slice].size, rank);
}

Result<void> checkBase(const weights::SafetensorsFile& file, const std::string& baseFingerprint)
{
    const auto recorded = file.metadata().find("luthier_base");
    if (baseFingerprint.empty() || recorded == file.metadata().end() || recorded->second.empty()
        || recorded->second == baseFingerprint) {
        return {};
    }
    return Error{file.path().string() + ": this adapter was trained on another base ("
                 + recorded->second.substr(0, 12) + ", this one is " + baseFingerprint.substr(0, 12)
                 + "); open the model it was trained on"};
}

Result<void> attach(nn::Decoder& decoder, const fs::path& folder, double weight,
                    const std::string& baseFingerprint)
{
    auto config = readLoraConfig(folder);
    if (!config) {
        return config.error();
    }
    auto opened = weights::SafetensorsFile::open(folder / "adapter_model.safetensors");
    if (!opened) {
        return opened.error();
    }
    const std::shared_ptr<const weights::SafetensorsFile> file = *opened;
    if (auto good = checkBase(*file, baseFingerprint); !good) {
        return good;
    }
    const auto places = placesOf(decoder);
    auto pairs = pairsOf(*file, places);
    if (!pairs) {
        return pairs.error();
    }
    for (const auto& [path, pair] : *pairs) {
        if (auto good = checkPair(*file, path, pair, places.at(path), config->rankFor(path)); !good) {
            return good;
        }
    }
    // Read all before the first is attached: an error leaves the decoder as it was.
    const auto options = at::TensorOptions().device(decoder.device()).dtype(at::kFloat);
    std::vector<std::pair<Place, nn::LowRank>> ready;
    for (const auto& [path, pair] : *pairs) {
        auto a = weights::readTensor({file, pair.a});
        auto b = weights::readTensor({file, pair.b});
        if (!a || !b) {
            return a ? b.error() : a.error();
        }
        const Place place = places.at(path);
        ready.push_back(
            {place, {place.slice, a->to(options), b->to(options), config->scaleFor(path) * weight, 0}});
    }
    for (auto& [place, lowRank] : ready) {
        place.group->adapters.push_back(std::move(lowRank));
    }
    return {};
}

} // namespace

Result<void> attachAdapter(nn::Decoder& decoder, const fs::path& folder, double weight,
                           const std::string& baseFingerprint)
{
    try {
        const at::NoGradGuard noGrad;
        return attach(decoder, folder, weight, baseFingerprint);
    } catch (const std::exception& problem) {
        return Error{folder.string() + ": cannot open the adapter: " + problem.what()};
    }
}

void mergeAdapters(nn::Decoder& decoder)
{
    const at::NoGradGuard noGrad;
    for (nn::LinearGroup* group : decoder.groups()) {
        for (std::size_t slice = 0; slice < group->slices.size(); ++slice) {
            at::Tensor sum; // one rounding to the weights' dtype, however many adapters
            for (const nn::LowRank& adapter : group->adapters) {
                if (adapter.slice == slice) {
                    sum = sum.defined() ? sum : group->sliceWeight(slice).to(at::kFloat).clone();
                    sum.addmm_(adapter.b.detach().to(at::kFloat), adapter.a.detach().to(at::kFloat), 1,
                               adapter.scale);
                }
            }
            if (sum.defined()) {
                group->sliceWeight(slice).copy_(sum);
            }
        }
        group->adapters.clear();
    }
}

} // namespace luthier::peft
