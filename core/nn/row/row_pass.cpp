// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nn/row/row_pass.h"

#include "core/nn/kernels/attend_row.h"
#include "core/nn/kernels/cpu_loops.h"
#include "core/nn/kernels/dot_rows.h"

#include <algorithm>
#include <cmath>

namespace luthier::nn::row {

namespace {

constexpr std::int64_t kStep = 16; // rows of a part are a multiple: no two threads write one line of memory
constexpr std::int64_t kParts = 8; // of a product, for each thread: who is held up by another program takes fewer
constexpr std::int64_t kShared = 5; // pieces of work of a layer that are shared out so

template <class T>
void grow(std::vector<T>& values, std::int64_t size)
{
    if (static_cast<std::int64_t>(values.size()) < size) {
        values.resize(static_cast<std::size_t>(size));
    }
}

quant::CodeRows codesOf(const quant::QuantisedWeight& weight)
{
    return {&quant::codeTable(weight.kind), weight.columns, weight.codes.const_data_ptr<std::uint8_t>(), quant::scalesOf(weight)};
}

} // namespace

bool RowPass::fits(const RowPlan& plan) const
{
    const auto canBeRead = [](const RowLinear* linear) {
        return std::all_of(linear->quantised.begin(), linear->quantised.end(),
                           [](const RowCodes& codes) { return codesOf(*codes.weight).canBeDotted(); });
    };
    return std::all_of(plan.layers.begin(), plan.layers.end(), [&](const RowLayer& layer) {
        const auto linears = layer.linears();
        return std::all_of(linears.begin(), linears.end(), canBeRead);
    });
}

void RowPass::prepare(const RowPlan& plan)
{
    m_plan = &plan;
    m_hasCodes = false;
    std::int64_t ranks = 1;
    for (const RowLayer& layer : plan.layers) {
        for (const RowLinear* linear : layer.linears()) {
            m_hasCodes = m_hasCodes || linear->isQuantised();
            ranks = std::max(ranks, linear->ranks());
        }
    }
    const std::int64_t mixed = plan.heads * plan.dim;
    const std::int64_t widest = std::max({plan.hidden, mixed, plan.intermediate});
    const std::int64_t projected = mixed + 2 * plan.kvHeads * plan.dim;
    grow(m_h, plan.hidden);
    grow(m_branch, plan.hidden);
    grow(m_qkv, projected);
    grow(m_mixed, mixed);
    grow(m_gateUp, 2 * plan.intermediate);
    grow(m_inner, plan.intermediate);
    const std::size_t shared = plan.layers.size() * static_cast<std::size_t>(kShared);
    if (m_taken.size() != shared) {
        m_taken = std::vector<Taken>(shared);
    }
    for (Taken& taken : m_taken) {
        taken.parts.store(0, std::memory_order_relaxed);
    }
    for (Own& own : m_own) {
        grow(own.input, widest);
        grow(own.bits, widest);
        grow(own.weight, std::max({widest, projected, ranks}));
        grow(own.low, ranks);
        grow(own.head, plan.dim);
        grow(own.headBits, plan.dim);
        grow(own.scores, plan.capacity);
    }
}

void RowPass::run(const RowPlan& plan, const at::Tensor& tensor)
{
    prepare(plan);
    auto* h = tensor.mutable_data_ptr<float>();
    std::copy_n(h, plan.hidden, m_h.begin());
    m_team.run([&](int thread) {
        for (std::size_t i = 0; i < plan.layers.size(); ++i) {
            layer(plan.layers[i], &m_taken[i * static_cast<std::size_t>(kShared)], thread);
        }
    });
    std::copy_n(m_h.begin(), plan.hidden, h);
}

RowPass::Range RowPass::share(std::int64_t rows, int thread) const
{
    const std::int64_t steps = (rows + kStep - 1) / kStep;
    const std::int64_t threads = m_team.size();
    const auto border = [&](std::int64_t index) { return std::min(rows, steps * index / threads * kStep); };
    return {border(thread), border(thread + 1)};
}

template <class Work>
void RowPass::eachPart(Taken& taken, std::int64_t rows, std::int64_t size, Work work)
{
    for (std::int64_t first = size * taken.parts++; first < rows; first = size * taken.parts++) {
        work(Range{first, std::min(rows, first + size)});
    }
}

std::int64_t RowPass::partOf(std::int64_t rows) const
{
    return std::max(kStep, (rows / (kParts * m_team.size()) + kStep - 1) / kStep * kStep);
}

void RowPass::layer(const RowLayer& layer, Taken* taken, int thread)
{
    const RowPlan& plan = *m_plan;
    Own& own = m_own[static_cast<std::size_t>(thread)];
    read(own, layer.inputNorm, m_h, plan.hidden);
    readLow(own, layer.qkv);
    eachPart(taken[0], layer.qkv.out, partOf(layer.qkv.out), [&](Range rows) { product(own, layer.qkv, rows, m_qkv.data()); });
    m_team.meet();
    for (std::int64_t head = thread; head < plan.kvHeads; head += m_team.size()) {
        writeKeyAndValue(own, layer, head);
    }
    m_team.meet();
    eachPart(taken[1], plan.heads, 1, [&](Range head) { attend(own, layer, head.first); });
    m_team.meet();
    read(own, {}, m_mixed, layer.output.in);
    finishBranch(own, layer.output, layer.attentionNorm, taken[2], thread);

    read(own, layer.mlpNorm, m_h, plan.hidden);
    readLow(own, layer.gateUp);
    const std::int64_t size = plan.intermediate;
    eachPart(taken[3], size, partOf(size), [&](Range rows) {
        product(own, layer.gateUp, rows, m_gateUp.data());
        product(own, layer.gateUp, {size + rows.first, size + rows.last}, m_gateUp.data());
        kernels::gateRange(m_gateUp.data() + rows.first, m_gateUp.data() + size + rows.first, m_inner.data() + rows.first,
                           rows.last - rows.first, plan.silu);
    });
    m_team.meet();
    read(own, {}, m_inner, size);
    finishBranch(own, layer.down, layer.outputNorm, taken[4], thread);
}

// The branch's product of own.input, its norm, and the sum with h; all threads have met at the end.
void RowPass::finishBranch(Own& own, const RowLinear& linear, const RowNorm& norm, Taken& taken, int thread)
{
    const auto add = [this](Range rows, const float* branch) {
        for (std::int64_t i = rows.first; i < rows.last; ++i) {
            m_h[static_cast<std::size_t>(i)] += branch[i];
        }
    };
    readLow(own, linear);
    eachPart(taken, linear.out, partOf(linear.out), [&](Range rows) {
        product(own, linear, rows, m_branch.data());
        if (!norm.exists()) {
            add(rows, m_branch.data());
        }
    });
    m_team.meet();
    if (norm.exists()) {
        read(own, norm, m_branch, linear.out);
        add(share(linear.out, thread), own.input.data());
        m_team.meet();
    }
}

void RowPass::read(Own& own, const RowNorm& norm, const std::vector<float>& x, std::int64_t n)
{
    if (norm.exists()) {
        widen(norm.weight, 0, n, own.weight.data());
        kernels::rmsForwardRows({x.data(), own.weight.data(), 1, n, norm.eps, norm.shift}, own.input.data());
    } else {
        std::copy_n(x.begin(), n, own.input.begin());
    }
    narrow(own.input.data(), n, own.bits.data());
    if (m_hasCodes && m_plan->layers.front().keys.isNarrow) {
        own.parted.setNarrow(own.bits.data(), n);
    } else if (m_hasCodes) {
        own.parted.set(own.input.data(), n);
    }
}

void RowPass::codesProduct(const Own& own, const RowLinear& linear, Range rows, float* y)
{
    for (const RowCodes& codes : linear.quantised) {
        const Range part{std::max(rows.first, codes.begin), std::min(rows.last, codes.begin + codes.weight->rows)};
        if (part.first < part.last) {
            quant::dotCodes(codesOf(*codes.weight), own.parted, part.first - codes.begin, part.last - part.first, y + part.first);
        }
    }
}

void RowPass::product(Own& own, const RowLinear& linear, Range rows, float* y)
{
    const Vector x{own.input.data(), own.bits.data()};
    if (linear.isQuantised()) {
        codesProduct(own, linear, rows, y);
    } else {
        dots(linear.weight, x, rows.first, rows.last - rows.first, linear.in, y + rows.first);
    }
    if (linear.bias.data) {
        widen(linear.bias, rows.first, rows.last - rows.first, own.weight.data());
        for (std::int64_t i = rows.first; i < rows.last; ++i) {
            y[i] += own.weight[static_cast<std::size_t>(i - rows.first)];
        }
    }
    const float* low = own.low.data();
    for (const RowUpdate& update : linear.updates) {
        const Range part{std::max(rows.first, update.begin), std::min(rows.last, update.begin + update.size)};
        if (part.first < part.last) {
            addLow(own, update, low, part, y);
        }
        low += update.rank;
    }
}

// A x of the updates, one behind the other.
void RowPass::readLow(Own& own, const RowLinear& linear)
{
    float* low = own.low.data();
    for (const RowUpdate& update : linear.updates) {
        dots(update.a, {own.input.data(), own.bits.data()}, 0, update.rank, linear.in, low);
        low += update.rank;
    }
}

void RowPass::addLow(Own& own, const RowUpdate& update, const float* low, Range rows, float* y)
{
    if (!update.b.isNarrow) {
        const auto* b = static_cast<const float*>(update.b.from((rows.first - update.begin) * update.rank));
        kernels::addLowRows(b, low, update.rank, rows.last - rows.first, update.scale, y + rows.first);
        return;
    }
    for (std::int64_t i = rows.first; i < rows.last; ++i) {
        widen(update.b, (i - update.begin) * update.rank, update.rank, own.weight.data());
        kernels::addLowRows(own.weight.data(), low, update.rank, 1, update.scale, y + i);
    }
}

// Head `head` of q, or of k behind them, normed and turned, into own.head.
void RowPass::readHead(Own& own, const RowLayer& layer, std::int64_t head)
{
    const RowPlan& plan = *m_plan;
    const bool isKey = head >= plan.heads;
    const RowNorm& norm = isKey ? layer.keyNorm : layer.queryNorm;
    const float* from = m_qkv.data() + head * plan.dim;
    if (norm.exists() && plan.wholeNorm) {
        const std::int64_t begin = isKey ? plan.heads * plan.dim : 0;
        const std::int64_t n = (isKey ? plan.kvHeads : plan.heads) * plan.dim;
        float sum = 0;
        for (std::int64_t i = 0; i < n; ++i) {
            sum += m_qkv[static_cast<std::size_t>(begin + i)] * m_qkv[static_cast<std::size_t>(begin + i)];
        }
        const float root = 1 / std::sqrt(sum / static_cast<float>(n) + norm.eps);
        widen(norm.weight, head * plan.dim - begin, plan.dim, own.weight.data());
        for (std::int64_t i = 0; i < plan.dim; ++i) {
            own.head[static_cast<std::size_t>(i)] = from[i] * root * (own.weight[static_cast<std::size_t>(i)] + norm.shift);
        }
    } else if (norm.exists()) {
        widen(norm.weight, 0, plan.dim, own.weight.data());
        kernels::rmsForwardRows({from, own.weight.data(), 1, plan.dim, norm.eps, norm.shift}, own.head.data());
    } else {
        std::copy_n(from, plan.dim, own.head.begin());
    }
    kernels::rotateHeads(own.head.data(), plan.dim, own.head.data(), plan.dim, 1,
                         layer.cos + plan.position * plan.half, layer.sin + plan.position * plan.half, plan.half, 1);
    narrow(own.head.data(), plan.dim, own.headBits.data());
}

void RowPass::writeKeyAndValue(Own& own, const RowLayer& layer, std::int64_t kvHead)
{
    const RowPlan& plan = *m_plan;
    const std::int64_t place = (kvHead * plan.capacity + plan.position) * plan.dim;
    const auto write = [&](const Numbers& cache) {
        void* to = const_cast<void*>(cache.from(place));
        if (cache.isNarrow) {
            std::copy_n(own.headBits.begin(), plan.dim, static_cast<std::uint16_t*>(to));
        } else {
            std::copy_n(own.head.begin(), plan.dim, static_cast<float*>(to));
        }
    };
    readHead(own, layer, plan.heads + kvHead);
    write(layer.keys);
    std::copy_n(m_qkv.data() + (plan.heads + plan.kvHeads + kvHead) * plan.dim, plan.dim, own.head.begin());
    narrow(own.head.data(), plan.dim, own.headBits.data());
    write(layer.values);
}

void RowPass::attend(Own& own, const RowLayer& layer, std::int64_t head)
{
    const RowPlan& plan = *m_plan;
    const std::int64_t first = layer.firstSeen(plan.position);
    const std::int64_t seen = plan.position + 1 - first;
    const std::int64_t kvHead = head / (plan.heads / plan.kvHeads);
    const std::int64_t start = kvHead * plan.capacity + first;
    readHead(own, layer, head);
    dots(layer.keys, {own.head.data(), own.headBits.data()}, start, seen, plan.dim, own.scores.data());
    kernels::softmaxRow(own.scores.data(), seen, plan.scale, plan.cap);
    float* y = m_mixed.data() + head * plan.dim;
    const void* values = layer.values.from(start * plan.dim);
    if (layer.values.isNarrow) {
        kernels::weighRowsBf16(own.scores.data(), static_cast<const std::uint16_t*>(values), y, seen, plan.dim);
    } else {
        kernels::weighRows(own.scores.data(), static_cast<const float*>(values), y, seen, plan.dim);
    }
}

} // namespace luthier::nn::row
