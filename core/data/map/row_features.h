// SPDX-License-Identifier: GPL-3.0-or-later
// RowFeatures: each row as a point, so that rows of like words lie near each other: words, and pairs of words for a
// quarter, weighed by how rare they are (ln(1 + rows / rows that have it)), hashed into kHashed numbers by a sparse random projection (Achlioptas
// 2003), made one long, and turned to their main directions (pca.h). Instead of hashed words a model's tokens can be taken,
// each with its own place in a space of kFeatureWidth numbers.
//
// Threads: blocks and works on several.
#pragma once

#include "core/data/dataset.h"
#include "core/data/row_walk.h"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace luthier::data {

inline constexpr std::size_t kFeatureWidth = 192;

// What texts are made of, and where each of it lies. Any thread.
class TokenSpace {
public:
    virtual ~TokenSpace() = default;
    virtual std::vector<std::uint32_t> tokensOf(const std::string& text) const = 0;
    virtual std::span<const float> placeOf(std::uint32_t token) const = 0; // kFeatureWidth numbers
};

struct FeatureSettings {
    std::size_t dimensions = 32;
    std::int64_t maxRows = 100000; // of more, so many are taken, spread by `seed`
    std::uint64_t seed = 42;
    bool promptsAlone = false; // else prompt and answer
    std::shared_ptr<const TokenSpace> tokens = {}; // null: hashed words and pairs of them
};

struct RowFeatures {
    std::vector<std::int64_t> rows; // from 0, ascending: those that give an example and are not excluded
    std::vector<std::int64_t> bytes; // of their texts
    std::size_t dimensions = 0;
    std::vector<float> values;      // [rows, dimensions]

    std::size_t size() const { return rows.size(); }
    std::span<const float> point(std::size_t index) const
    {
        return std::span(values).subspan(index * dimensions, dimensions);
    }
};

// The same settings and rows give the same numbers. Errors: no row gives an example, "cancelled".
Result<RowFeatures> rowFeatures(const Dataset& dataset, const FeatureSettings& settings = {}, const WalkOptions& options = {});

float squaredDistance(std::span<const float> a, std::span<const float> b);

} // namespace luthier::data
