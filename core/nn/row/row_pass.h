// SPDX-License-Identifier: GPL-3.0-or-later
// RowPass: one token through all layers on the CPU, the way an answer is generated. Each weight is read once, by one
// thread; what is small is computed by every thread for itself, so that a layer needs five meetings and no tensors.
// Sums are in fp32; inputs of products with bfloat16 weights are rounded to it, as the layers' operators do.
// Internal to core. One call at a time.
#pragma once

#include "core/nn/row/team.h"
#include "core/nn/row/walker.h"
#include "core/quant/dot_codes.h"

#include <atomic>
#include <cstdint>
#include <vector>

namespace luthier::nn::row {

class RowPass : public Walker {
public:
    explicit RowPass(int threads) : m_team(threads), m_own(static_cast<std::size_t>(threads)) {}

    bool fits(const RowPlan& plan) const override; // weights in codes do where their rows are whole runs of 64
    void run(const RowPlan& plan, const at::Tensor& h) override;

private:
    // What a thread computes for itself.
    struct Own {
        std::vector<float> input;          // of the next product
        std::vector<std::uint16_t> bits;   // the same in bfloat16
        quant::CodeInput parted;           // the same as products with codes read it, where there are any
        std::vector<float> weight;         // of a norm
        std::vector<float> low;            // A x of the updates of the next product
        std::vector<float> head;           // one head of q or k
        std::vector<std::uint16_t> headBits;
        std::vector<float> scores;
    };
    struct alignas(64) Taken { // parts of one piece of work that threads have begun
        std::atomic<std::int64_t> parts{0};
    };
    struct Range {
        std::int64_t first;
        std::int64_t last;
    };

    void prepare(const RowPlan& plan);
    Range share(std::int64_t rows, int thread) const;
    std::int64_t partOf(std::int64_t rows) const;
    // Rows in parts of `size`, each by whichever thread comes next; what a row is does not depend on who computes it.
    template <class Work>
    static void eachPart(Taken& taken, std::int64_t rows, std::int64_t size, Work work);
    void layer(const RowLayer& layer, Taken* taken, int thread);
    void read(Own& own, const RowNorm& norm, const std::vector<float>& x, std::int64_t n);
    void product(Own& own, const RowLinear& linear, Range rows, float* y);
    void codesProduct(const Own& own, const RowLinear& linear, Range rows, float* y);
    static void readLow(Own& own, const RowLinear& linear);
    static void addLow(Own& own, const RowUpdate& update, const float* low, Range rows, float* y);
    void attend(Own& own, const RowLayer& layer, std::int64_t head);
    void readHead(Own& own, const RowLayer& layer, std::int64_t head);
    void writeKeyAndValue(Own& own, const RowLayer& layer, std::int64_t kvHead);
    void finishBranch(Own& own, const RowLinear& linear, const RowNorm& norm, Taken& taken, int thread);

    Team m_team;
    std::vector<Own> m_own;
    const RowPlan* m_plan = nullptr;
    bool m_hasCodes = false;
    std::vector<Taken> m_taken; // of all layers
    std::vector<float> m_h;
    std::vector<float> m_qkv;
    std::vector<float> m_mixed;
    std::vector<float> m_gateUp;
    std::vector<float> m_inner;
    std::vector<float> m_branch;
};

} // namespace luthier::nn::row
