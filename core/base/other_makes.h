// SPDX-License-Identifier: GPL-3.0-or-later
// Models of other makes: what lies in a place where no model is that can be opened, by the names of its files, of its tensors or by
// its first bytes, and what to do about it. Each kind is a row of a table. Torch-free.
//
// Threads: free functions, any thread. Only names are read, nothing is opened but the first bytes of one file.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace luthier::base {

// How a sentence about the place goes on: "these are shards without their index; ...". Never empty.
std::string whatLiesThere(const std::filesystem::path& place);

// The same where none of the files there is named as a model's and something is known of the place; else empty.
std::string whatElse(const std::filesystem::path& place);

// The same by names of tensors, for folders whose files are named as they should be; empty: nothing is known against them.
std::string whatTheyAre(const std::vector<std::string_view>& tensors);

// The same by the first bytes of a file that should be safetensors; empty: nothing is known of them.
std::string whatBegins(std::string_view head);

} // namespace luthier::base
