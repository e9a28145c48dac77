// SPDX-License-Identifier: GPL-3.0-or-later
// Decoder::Reading: what one forward pass computes, as decoder.cpp and decoder_reads.cpp share it. Internal to nn.
#pragma once

#include "core/nn/batch/slot_cache.h"
#include "core/nn/decoder.h"
#include "core/nn/kernels/shelf.h"

#include <ATen/core/Tensor.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <vector>

namespace luthier::nn {

// Virtual tokens counted.
struct Decoder::Reading {
    Pass pass;
    std::int64_t rows = 1;
    std::int64_t tokens = 1;            // a row, with those of a prompt that is read now
    std::int64_t first = 0;             // position of the first: what the cache or a prefix holds
    std::vector<std::int64_t> segments; // with the prompt of each
    KvCache* cache = nullptr;
    SlotCache* slots = nullptr;         // the tokens are those of as many texts
    bool readsPrompt = false;
    bool readsPrefix = false;
    at::Tensor prefix = {};             // [n, 2 L, K, D], where it is read
    at::Tensor borders = {};            // of the segments, where a card reads them
    bool again = false;                 // a layer runs once more for its backward pass
    std::vector<std::int64_t> fronts = {}; // as ForwardInput has them
    std::shared_ptr<kernels::Shelf> shelf = {}; // for inputs of layers that are computed again; null: they stay
    Packing packing = {};               // as ForwardInput has it

    // Tokens before a segment's own.
    std::int64_t before(std::size_t segment) const
    {
        const bool goesOn = !fronts.empty() && fronts[segment] >= 0;
        return first + (goesOn ? segments[static_cast<std::size_t>(fronts[segment])] : 0);
    }

    // A text longer than its rows' own segments never looks further than the longest.
    std::int64_t longest() const
    {
        if (slots) {
            return slots->longest + 1;
        }
        std::int64_t most = segments.empty() ? first + tokens : 0;
        for (std::size_t i = 0; i < segments.size(); ++i) {
            most = std::max(most, before(i) + segments[i]);
        }
        return most;
    }
};

} // namespace luthier::nn
