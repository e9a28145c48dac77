// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/ranks/shared_file.h"

#include "core/base/files.h"
#include "core/ranks/team.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <string>

namespace luthier::train {

namespace fs = std::filesystem;

Result<void> shareFile(ranks::Team& team, const fs::path& path)
{
    const auto own = team.leads() ? base::readFile(path) : Result<std::string>(std::string());
    const auto size = static_cast<std::int64_t>(team.sums({own ? static_cast<double>(own->size()) : 0}).front());
    if (!own) {
        return own.error();
    }
    if (size == 0) {
        return Error{path.string() + " of rank 0 is empty or cannot be read"};
    }
    const at::Tensor bytes = at::empty({size}, at::kByte);
    std::copy(own->begin(), own->end(), bytes.mutable_data_ptr<std::uint8_t>());
    team.spread(bytes);
    if (team.leads()) {
        return {};
    }
    const std::string content(reinterpret_cast<const char*>(bytes.const_data_ptr<std::uint8_t>()), static_cast<std::size_t>(size));
    if (const auto there = base::readFile(path); there && *there == content) {
        return {};
    }
    std::error_code code;
    fs::create_directories(path.parent_path(), code);
    return base::writeFileAtomically(path, content);
}

std::vector<std::string> gatherTexts(ranks::Team& team, const std::string& own)
{
    const auto sizes = team.all({static_cast<double>(own.size())});
    std::int64_t total = 0;
    std::vector<std::int64_t> begins;
    for (const auto& size : sizes) {
        begins.push_back(total);
        total += static_cast<std::int64_t>(size.front());
    }
    const at::Tensor bytes = at::zeros({std::max<std::int64_t>(1, total)}, at::kByte); // adding zeros keeps each byte
    auto* at = bytes.mutable_data_ptr<std::uint8_t>();
    std::copy(own.begin(), own.end(), at + begins[static_cast<std::size_t>(team.rank())]);
    team.sum(bytes);
    std::vector<std::string> texts;
    for (std::size_t rank = 0; rank < sizes.size(); ++rank) {
        texts.emplace_back(reinterpret_cast<const char*>(at) + begins[rank], static_cast<std::size_t>(sizes[rank].front()));
    }
    return texts;
}

} // namespace luthier::train
