// SPDX-License-Identifier: GPL-3.0-or-later
// Targets: the projections that a list of names means, as PEFT reads it, and what all adapters' leaves share.
// Names torch types.
//
// Threads: free functions; they point into the decoder, which must outlive what they return and must not change meanwhile.
#pragma once

#include "core/base/result.h"
#include "core/nn/decoder.h"

#include <map>
#include <string>
#include <vector>

namespace luthier::peft {

inline constexpr const char* kAllLinear = "all-linear";

struct Place {
    nn::LinearGroup* group = nullptr;
    std::size_t slice = 0;

    std::string path() const { return group->slicePath(slice); }
    const std::string& name() const { return group->slices[slice].name; }
    std::int64_t inputs() const { return group->inputs(); }
    std::int64_t outputs() const { return group->slices[slice].size; }
};

// The whole path, or what stands after one of its dots.
bool matchesTarget(const std::string& path, const std::string& target);

// In the decoder's order, each once. Errors begin with `key`: no names, or one that fits nothing; they list what there is.
Result<std::vector<Place>> placesOf(nn::Decoder& decoder, const std::vector<std::string>& targets, const char* key);

// Every projection by its path.
std::map<std::string, Place> allPlaces(nn::Decoder& decoder);

// Names of distinct projections: "q_proj, k_proj".
std::string projectionNames(nn::Decoder& decoder);

// fp32 costs nothing on the CPU. On a GPU the thin products of a bf16 model run in bf16; the optimizer keeps a fp32
// master copy of such leaves, so that no small step is lost.
at::TensorOptions thinOptions(const nn::Decoder& decoder);
// For vectors and for what is computed once a step.
at::TensorOptions smallOptions(const nn::Decoder& decoder);

} // namespace luthier::peft
