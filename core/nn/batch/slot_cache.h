// SPDX-License-Identifier: GPL-3.0-or-later
// SlotCache: keys and values of texts that grow side by side, each in a slot of its own and with a length of its own. A pass
// with it as ForwardInput::cache reads one more token of each text that it names, ids [1, n]. Internal to core: names torch types.
//
// Nothing of it is replaced while passes run, so that a pass can be recorded; grown() makes another.
#pragma once

#include "core/nn/batch/position_tables.h"
#include "core/nn/decoder.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace luthier::nn {

// keys and values are [slots, K, capacity, D] a layer. `length` says that the lengths below count; `front` is not used.
struct SlotCache : KvCache {
    static constexpr std::int64_t kOwnLengths = -1;

    PositionTables tables;
    PositionTables localTables; // of sliding layers, where they differ

    // The texts of the next pass, n of them, on the decoder's device.
    at::Tensor slots;         // [n] int64; undefined: all, in their order
    at::Tensor lengths;       // [n] int64: what each holds, virtual tokens counted; the fresh token's position
    std::int64_t longest = 0; // none of the lengths is larger: how many keys operators that cannot stop at each text's end see

    std::int64_t capacity() const { return keys.front().size(2); }
};

// The cache as one of slots; null when it is none.
inline SlotCache* slotsOf(KvCache* cache)
{
    return cache && cache->length == SlotCache::kOwnLengths ? static_cast<SlotCache*>(cache) : nullptr;
}

// Memory for `slots` texts of `capacity` tokens, virtual ones counted.
SlotCache makeSlots(const Decoder& decoder, std::int64_t slots, std::int64_t capacity);
// With more room; the slots keep what they hold.
SlotCache grown(const Decoder& decoder, const SlotCache& cache, std::int64_t capacity);
// What a pass over n prompts read, padded at the right or not, into the slots `to` [n] int64 on the device.
void takeIn(SlotCache& cache, const KvCache& read, const at::Tensor& to);

// One query of each text over its own keys, after its key and value were put at the end of them.
// q [1, H, n, D], k and v [1, K, n, D] -> [n, H D].
at::Tensor slotAttention(const SlotCache& cache, std::size_t layer, const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                         const AttentionSettings& settings);

} // namespace luthier::nn
