// SPDX-License-Identifier: GPL-3.0-or-later
// SafetensorsHeader: the JSON in front of a safetensors file, read as a stream so that a header of any
// content costs no more memory than the tensors it names. Torch-free; no files.
// Errors are sentences without the path; the caller puts it in front.
#pragma once

#include "core/base/result.h"
#include "core/weights/safetensors.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace luthier::weights {

constexpr std::uint64_t kMaxHeaderBytes = 100'000'000; // the reference's limit
constexpr std::size_t kMaxTensors = 200'000;

struct SafetensorsHeader {
    std::vector<TensorInfo> tensors; // by offset, which covers [0, dataBytes) without gap or overlap
    std::map<std::string, std::string> metadata;
};

// `dataBytes`: what the file holds after the header.
Result<SafetensorsHeader> parseSafetensorsHeader(std::string_view json, std::uint64_t dataBytes);

// Sorts by offset; refuses holes, overlaps, wrapping shapes and data that ends elsewhere than the file.
Result<void> arrange(std::vector<TensorInfo>& tensors, std::uint64_t dataBytes);

// Padded with spaces to a multiple of eight; offsets of `tensors` are set in the order given.
std::string makeSafetensorsHeader(std::vector<TensorInfo>& tensors,
                                  const std::map<std::string, std::string>& metadata);

std::optional<Dtype> findDtype(const std::string& name);
std::string inQuotes(const std::string& name); // for sentences, cut when it is long

} // namespace luthier::weights
