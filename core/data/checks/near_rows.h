// SPDX-License-Identifier: GPL-3.0-or-later
// NearRows: rows whose MinHash agrees in a whole band are candidates; the true similarity decides.
//   16 bands of 6: of rows 0.8 alike 99 % become candidates, of rows 0.5 alike 22 %.
// Keeps 4 bytes a row and band, and a sketch of a byte for each of 32 values that drops most false candidates
// without reading them again.
//
// Threads: take() from several threads, each row once; join() blocks.
#pragma once

#include "core/data/checks/duplicates.h"
#include "core/data/shingles.h"

#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace luthier::data {

class NearRows {
public:
    using TextOf = std::function<std::string(std::int64_t row)>;
    NearRows(std::size_t numRows, const DuplicateSettings& settings, TextOf textOf);

    void take(std::int64_t row, std::string_view text);

    // Groups of at least two, with `exact` ones joined already. good[row]: takes part.
    Result<std::vector<std::vector<std::int64_t>>> join(const std::vector<std::vector<std::int64_t>>& exact,
                                                        const std::vector<std::uint8_t>& good,
                                                        const WalkOptions& options);

private:
    static constexpr std::size_t kBands = 16;
    static constexpr std::size_t kBandRows = kMinHashes / kBands;
    static constexpr std::size_t kSketch = 32;

    std::uint32_t rootOf(std::uint32_t row);
    void unite(std::uint32_t a, std::uint32_t b);
    bool isAlikeBySketch(std::uint32_t a, std::uint32_t b) const;
    void joinBucket(std::span<const std::uint64_t> bucket);

    std::size_t m_count;
    DuplicateSettings m_settings;
    TextOf m_textOf;
    std::vector<std::uint32_t> m_bands;   // [kBands, rows]
    std::vector<std::uint8_t> m_sketches; // [rows, kSketch]
    std::vector<std::uint32_t> m_parents; // of the union-find
};

} // namespace luthier::data
