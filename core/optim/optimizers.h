// SPDX-License-Identifier: GPL-3.0-or-later
// Optimizers: the table of ways to change weights. Torch-free; what a row does is in its own file.
// A new optimizer is one file and one line in optimizers.cpp; forms, flags, checkpoints and tests loop over the table.
#pragma once

#include "core/fields/row.h"
#include "core/optim/optimizer_settings.h"

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace luthier::nn {
struct NamedTensor;
}

namespace luthier::optim {

class Optimizer;

constexpr std::int64_t kPageElements = std::int64_t{1} << 22; // 16 MiB of fp32 a kind; two pages are on the device

struct LeafShape {
    std::string name;
    std::vector<std::int64_t> sizes;

    std::int64_t numel() const;
};

struct OptimizerKind : fields::Row {
    // Over the leaves. The learning rate of `settings` is not used; step() takes it. Pages are of `pageElements`, a
    // multiple of 64. May throw what torch throws.
    std::unique_ptr<Optimizer> (*make)(std::vector<nn::NamedTensor> leaves, const OptimizerSettings& settings,
                                       std::int64_t pageElements) = nullptr;
    // Bytes of state for a leaf, without a master copy of what is not fp32.
    std::int64_t (*stateBytes)(const OptimizerSettings& settings, const LeafShape& leaf) = nullptr;
    bool pages = true; // each number is stepped on by itself, so its state may lie in host memory (optimizer.paging), or be split over ranks
};

std::span<const OptimizerKind> optimizers();
const OptimizerKind* findOptimizer(std::string_view id); // null: no such row
fields::Rule stateStays(); // of rows that do not page

} // namespace luthier::optim
