// SPDX-License-Identifier: GPL-3.0-or-later
// LengthSummary: many lengths as a few numbers and a histogram with bins of one round width.
//
// Threads: free functions, any thread.
#pragma once

#include <cstdint>
#include <vector>

namespace luthier::data {

struct Histogram {
    std::int64_t width = 1;           // bin i holds lengths from i * width to below (i + 1) * width
    std::vector<std::int64_t> counts; // the last bin holds all longer ones too when isOpen
    bool isOpen = false;
};

// About `bins` bins of width 1, 2 or 5 times a power of ten, up to the 99.5th percentile; an open bin ends it.
Histogram histogramOf(const std::vector<std::uint32_t>& sorted, int bins = 40);

struct LengthSummary {
    std::int64_t count = 0;
    std::int64_t shortest = 0;
    std::int64_t longest = 0;
    std::int64_t median = 0;
    std::int64_t p90 = 0;
    std::int64_t p99 = 0;
    double mean = 0;
    Histogram histogram;
};

LengthSummary summaryOf(std::vector<std::uint32_t> lengths);

// Beyond three times the distance of the quartiles from them, on a logarithmic scale (Tukey's far-out values).
struct LengthFence {
    double low = 0;
    double high = 0;
    bool contains(std::uint32_t length) const { return length >= low && length <= high; }
};
LengthFence fenceOf(std::vector<std::uint32_t> lengths);

} // namespace luthier::data
