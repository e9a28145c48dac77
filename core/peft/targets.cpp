// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/peft/targets.h"

#include <algorithm>
#include <set>

namespace luthier::peft {

bool matchesTarget(const std::string& path, const std::string& target)
{
    return target == kAllLinear || path == target || path.ends_with("." + target);
}

std::string projectionNames(nn::Decoder& decoder)
{
    std::set<std::string> seen;
    std::string names;
    for (const nn::LinearGroup* group : decoder.groups()) {
        for (const nn::LinearSlice& slice : group->slices) {
            names += seen.insert(slice.name).second ? (names.empty() ? "" : ", ") + slice.name : "";
        }
    }
    return names;
}

Result<std::vector<Place>> placesOf(nn::Decoder& decoder, const std::vector<std::string>& targets, const char* key)
{
    const std::string there = "; there are " + projectionNames(decoder) + ", or " + kAllLinear;
    if (targets.empty()) {
        return Error{std::string(key) + ": name at least one projection" + there};
    }
    std::vector<bool> found(targets.size(), false);
    std::vector<Place> places;
    for (const auto& group : decoder.groups()) {
        for (std::size_t slice = 0; slice < group->slices.size(); ++slice) {
            const std::string path = group->slicePath(slice);
            bool wanted = false;
            for (std::size_t i = 0; i < targets.size(); ++i) {
                const bool fits = matchesTarget(path, targets[i]);
                found[i] = found[i] || fits;
                wanted = wanted || fits;
            }
            if (wanted) {
                places.push_back({group, slice});
            }
        }
    }
    if (const auto missing = std::find(found.begin(), found.end(), false); missing != found.end()) {
        return Error{std::string(key) + ": this model has no projection \""
                     + targets[static_cast<std::size_t>(missing - found.begin())] + "\"" + there};
    }
    return places;
}

std::map<std::string, Place> allPlaces(nn::Decoder& decoder)
{
    std::map<std::string, Place> places;
    for (nn::LinearGroup* group : decoder.groups()) {
        for (std::size_t slice = 0; slice < group->slices.size(); ++slice) {
            places[group->slicePath(slice)] = {group, slice};
        }
    }
    return places;
}

at::TensorOptions thinOptions(const nn::Decoder& decoder)
{
    return smallOptions(decoder).dtype(decoder.device().is_cuda() ? decoder.dtype() : at::kFloat);
}

at::TensorOptions smallOptions(const nn::Decoder& decoder)
{
    return at::TensorOptions().device(decoder.device()).dtype(at::kFloat);
}

} // namespace luthier::peft
