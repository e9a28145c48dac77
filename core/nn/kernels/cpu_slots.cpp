// SPDX-License-Identifier: GPL-3.0-or-later
// One token of each of many texts over its own keys: a thread takes a text's key head, so that no text's sums depend on
// another's.
#include "core/nn/kernels/answer_kernels.h"

#include "core/nn/kernels/attend_row.h"
#include "core/nn/kernels/dot_rows.h"
#include "core/quant/parallel.h"

#include <ATen/ops/empty.h>
#include <c10/util/BFloat16.h>

#include <algorithm>
#include <vector>

namespace luthier::nn::kernels::cpu {

namespace {

struct Loops {
    static void dots(const float* rows, const float* x, float* y, std::int64_t n, std::int64_t dim)
    {
        dotRows(rows, x, y, n, dim);
    }
    static void dots(const c10::BFloat16* rows, const c10::BFloat16* x, float* y, std::int64_t n, std::int64_t dim)
    {
        dotRowsBf16(reinterpret_cast<const std::uint16_t*>(rows), reinterpret_cast<const std::uint16_t*>(x), y, n, dim);
    }
    static void weigh(const float* weights, const float* rows, float* y, std::int64_t n, std::int64_t dim)
    {
        weighRows(weights, rows, y, n, dim);
    }
    static void weigh(const float* weights, const c10::BFloat16* rows, float* y, std::int64_t n, std::int64_t dim)
    {
        weighRowsBf16(weights, reinterpret_cast<const std::uint16_t*>(rows), y, n, dim);
    }
};

template <class T>
at::Tensor attend(const SlotQuery& query)
{
    const std::int64_t heads = query.q.size(1);
    const std::int64_t dim = query.q.size(2);
    const std::int64_t kvHeads = query.k.size(1);
    const std::int64_t group = heads / kvHeads;
    const std::int64_t capacity = query.keys.size(2);
    const at::Tensor q = query.q.contiguous();
    const at::Tensor k = query.k.contiguous();
    const at::Tensor v = query.v.contiguous();
    const auto* lengths = query.lengths.const_data_ptr<std::int64_t>();
    const auto* slots = query.slots.defined() ? query.slots.const_data_ptr<std::int64_t>() : nullptr;
    at::Tensor out = at::empty({q.size(0), heads * dim}, q.options());
    quant::parallelFor(0, q.size(0) * kvHeads, 1, [&](std::int64_t begin, std::int64_t end) {
        std::vector<float> scores;
        std::vector<float> mixed(static_cast<std::size_t>(dim));
        for (std::int64_t i = begin; i < end; ++i) {
            const std::int64_t text = i / kvHeads;
            const std::int64_t kvHead = i % kvHeads;
            const std::int64_t last = lengths[text];
            const std::int64_t first = query.window > 0 ? std::max<std::int64_t>(0, last + 1 - query.window) : 0;
            const std::int64_t seen = last + 1 - first;
            const std::int64_t place = ((slots ? slots[text] : text) * kvHeads + kvHead) * capacity;
            T* keys = query.keys.mutable_data_ptr<T>() + place * dim;
            T* values = query.values.mutable_data_ptr<T>() + place * dim;
            std::copy_n(k.const_data_ptr<T>() + i * dim, dim, keys + last * dim);
            std::copy_n(v.const_data_ptr<T>() + i * dim, dim, values + last * dim);
            scores.resize(static_cast<std::size_t>(seen));
            for (std::int64_t head = kvHead * group; head < (kvHead + 1) * group; ++head) {
                const std::int64_t at = (text * heads + head) * dim;
                Loops::dots(keys + first * dim, q.const_data_ptr<T>() + at, scores.data(), seen, dim);
                softmaxRow(scores.data(), seen, static_cast<float>(query.scale), static_cast<float>(query.softcap));
                Loops::weigh(scores.data(), values + first * dim, mixed.data(), seen, dim);
                std::copy_n(mixed.data(), dim, out.mutable_data_ptr<T>() + at);
            }
        }
    });
    return out;
}

} // namespace

at::Tensor slotAttention(const SlotQuery& query)
{
    return query.q.scalar_type() == at::kFloat ? attend<float>(query) : attend<c10::BFloat16>(query);
}

} // namespace luthier::nn::kernels::cpu
