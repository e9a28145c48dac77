// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/ranks/checkpoint_parts.h"

#include "core/base/checked.h"
#include "core/base/hash.h"
#include "core/weights/load.h"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <set>

namespace luthier::train {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t kMostNumbers = std::uint64_t{1} << 45;
constexpr const char* kPieces = "pieces";
constexpr std::string_view kPrefix = "optimizer-";
constexpr std::string_view kBetween = "-of-";
constexpr std::string_view kEnding = ".safetensors";

// Rank and number of ranks, counted from one.
std::optional<std::pair<std::int64_t, std::int64_t>> placeOfPart(std::string_view name)
{
    if (!name.starts_with(kPrefix) || !name.ends_with(kEnding)) {
        return std::nullopt;
    }
    name = name.substr(kPrefix.size(), name.size() - kPrefix.size() - kEnding.size());
    const auto between = name.find(kBetween);
    const auto number = [](std::string_view text) -> std::int64_t {
        std::int64_t value = 0;
        const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
        return parsed.ec == std::errc() && parsed.ptr == text.data() + text.size() ? value : 0;
    };
    const std::int64_t rank = between == std::string_view::npos ? 0 : number(name.substr(0, between));
    const std::int64_t ranks = between == std::string_view::npos ? 0 : number(name.substr(between + kBetween.size()));
    return rank > 0 && rank <= ranks ? std::optional(std::pair(rank, ranks)) : std::nullopt;
}

struct Whole {
    at::Tensor tensor;
    std::int64_t filled = 0;
};

// Puts one file's tensors where they belong.
Result<void> addPart(const fs::path& path, std::vector<std::string>& order, std::map<std::string, Whole>& wholes)
{
    auto opened = weights::SafetensorsFile::open(path);
    if (!opened) {
        return opened.error();
    }
    const std::shared_ptr<const weights::SafetensorsFile> file = *opened;
    const auto said = file->metadata().find(kPieces);
    const auto pieces = said == file->metadata().end() ? Result<Json>(Json::object()) : base::parseJson(said->second);
    if (!pieces || !pieces->is_object()) {
        return Error{path.string() + ": what it says of its pieces cannot be read"};
    }
    for (const weights::TensorInfo& info : file->tensors()) {
        auto tensor = weights::readTensor({file, &info});
        if (!tensor) {
            return tensor.error();
        }
        std::int64_t first = 0;
        std::vector<std::int64_t> sizes = tensor->sizes().vec();
        if (pieces->contains(info.name)) {
            first = pieces->at(info.name).at("first").get<std::int64_t>();
            sizes = pieces->at(info.name).at("sizes").get<std::vector<std::int64_t>>();
        }
        std::uint64_t product = 1;
        for (const std::int64_t size : sizes) {
            const auto more = size < 0 ? std::nullopt : base::checkedMul(product, static_cast<std::uint64_t>(size));
            product = more && *more <= kMostNumbers ? *more : 0;
            if (product == 0) {
                return Error{path.string() + ": \"" + info.name + "\" has no such sizes"};
            }
        }
        const auto numbers = static_cast<std::int64_t>(product);
        Whole& whole = wholes[info.name];
        if (!whole.tensor.defined()) {
            order.push_back(info.name);
            whole.tensor = at::empty(sizes, tensor->options());
        }
        if (!whole.tensor.sizes().equals(sizes) || whole.tensor.scalar_type() != tensor->scalar_type() || first < 0 || first > numbers
            || tensor->numel() > numbers - first) {
            return Error{path.string() + ": \"" + info.name + "\" does not go with the other parts"};
        }
        whole.tensor.view({-1}).narrow(0, first, tensor->numel()).copy_(tensor->reshape({-1}));
        whole.filled += tensor->numel();
    }
    return {};
}

} // namespace

std::string partName(std::int64_t rank, std::int64_t ranks)
{
    return std::string(kPrefix) + std::to_string(rank + 1) + std::string(kBetween) + std::to_string(ranks) + std::string(kEnding);
}

bool areAllParts(const std::vector<std::string>& names)
{
    std::set<std::int64_t> ranks;
    for (const std::string& name : names) {
        const auto place = placeOfPart(name);
        if (!place || place->second != static_cast<std::int64_t>(names.size())) {
            return false;
        }
        ranks.insert(place->first);
    }
    return !names.empty() && ranks.size() == names.size();
}

Result<Json> describeTensors(const fs::path& path)
{
    auto opened = weights::SafetensorsFile::open(path); // reads it back: header and bounds
    if (!opened) {
        return opened.error();
    }
    auto hash = base::sha256OfFile(path);
    if (!hash) {
        return hash.error();
    }
    std::error_code code;
    return Json{{"bytes", fs::file_size(path, code)}, {"sha256", *hash}};
}

Result<Json> writePart(const fs::path& path, const std::vector<StatePiece>& pieces)
{
    std::vector<weights::TensorToWrite> all;
    Json places = Json::object();
    for (const StatePiece& piece : pieces) {
        all.push_back(weights::toWrite(piece.name, piece.numbers));
        if (!piece.sizes.empty()) {
            places[piece.name] = {{"first", piece.first}, {"sizes", piece.sizes}};
        }
    }
    if (auto written = weights::writeSafetensors(path, std::move(all), {{kPieces, base::dumpJson(places)}}); !written) {
        return written.error();
    }
    return describeTensors(path);
}

Result<std::vector<nn::NamedTensor>> joinParts(const std::vector<fs::path>& files)
{
    std::vector<std::string> order;
    std::map<std::string, Whole> wholes;
    for (const fs::path& file : files) {
        try {
            if (auto added = addPart(file, order, wholes); !added) {
                return added.error();
            }
        } catch (const Json::exception&) {
            return Error{file.string() + ": what it says of its pieces cannot be read"};
        }
    }
    std::vector<nn::NamedTensor> state;
    for (const std::string& name : order) {
        const Whole& whole = wholes.at(name);
        if (whole.filled != whole.tensor.numel()) {
            return Error{files.front().parent_path().string() + ": \"" + name + "\" lacks numbers in the parts of what the optimizer holds"};
        }
        state.push_back({name, whole.tensor});
    }
    return state;
}

} // namespace luthier::train
