// SPDX-License-Identifier: GPL-3.0-or-later
// EVA (Paischer et al., 2024): a LoRA begins with the directions in which what its projections read varies most, and the ranks of all
// projections are dealt out by how much of that variance each direction explains. As PEFT's initialize_lora_eva_weights: incremental
// principal components over batches (of large ones by a random projection of twice the width, as PEFT's always), until each wanted direction moves by a cosine
// of at least 0.99 from one batch to the next. Names torch types.
#pragma once

#include "core/base/result.h"
#include "core/nn/decoder.h"
#include "core/peft/methods/method.h"
#include "core/peft/targets.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace luthier::peft {

// A of each projection that gets an adapter, by its path: [r, in] fp32 on the CPU. A projection that is not there got no rank.
struct InputDirections {
    std::map<std::string, at::Tensor> of;
};

// Whether a run of these settings begins with directions.
bool needsDirections(const MethodSettings& settings);

// Principal components that take in batch after batch, as scikit-learn's and PEFT's IncrementalPCA.
class Components {
public:
    explicit Components(std::int64_t count) : m_count(count) {}

    std::int64_t count() const { return m_count; }
    bool any() const { return m_directions.defined(); }
    // x [n, in] fp32 with at least count() rows.
    void add(const at::Tensor& x);

    const at::Tensor& directions() const { return m_directions; } // [count, in]
    const at::Tensor& shares() const { return m_shares; }         // [count] fp64 on the CPU: of the variance
    bool areSettled(std::int64_t first) const;                    // the first so many, by the last batch

private:
    std::int64_t m_count;
    std::int64_t m_seen = 0;
    at::Tensor m_mean;     // [in] fp64
    at::Tensor m_variance; // [in] fp64
    at::Tensor m_directions;
    at::Tensor m_values;   // [count] singular
    at::Tensor m_shares;
    std::vector<bool> m_isSettled;
};

// Looks at a frozen model's passes over batches of a run.
class EvaFinder {
public:
    // Errors: more directions than a projection has inputs.
    static Result<std::unique_ptr<EvaFinder>> make(nn::Decoder& decoder, const MethodSettings& settings);

    // Decides what the next pass is still wanted for; false: for nothing, all is settled.
    bool wantsPass();
    // What a group read at the looked-at places, [n, in].
    void see(const nn::LinearGroup& group, const at::Tensor& rows);
    void endPass();

    std::int64_t unsettled() const; // groups
    // Errors: a group whose batches never had as many places as directions are looked for.
    Result<InputDirections> directions() const;

private:
    struct Target {
        std::string path;
        std::int64_t rank = 0; // as it is dealt
        std::size_t group = 0;
        bool isFirst = false;  // of its group
    };
    struct Group {
        const nn::LinearGroup* linear = nullptr;
        Components components;
        bool isSettled = false;
        bool isWatched = true;
    };
    EvaFinder() = default;
    void deal();

    std::vector<Target> m_targets; // the first of each group, then the others
    std::vector<Group> m_groups;
    std::int64_t m_budget = 0;
};

} // namespace luthier::peft
