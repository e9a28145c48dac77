// SPDX-License-Identifier: GPL-3.0-or-later
// Labels: those that data has, numbered. Numbers sort as numbers, anything else as text, so the same data gives the same
// numbers wherever its rows stand. Torch-free.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace luthier::train {

// Each once.
std::vector<std::string> sortedLabels(std::vector<std::string> labels);

// The place of `label` among sorted ones; -1: it is none of them.
std::int64_t numberOf(const std::string& label, const std::vector<std::string>& sorted);

} // namespace luthier::train
