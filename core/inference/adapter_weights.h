// SPDX-License-Identifier: GPL-3.0-or-later
// AdapterWeights: which low-rank updates of a decoder belong to which adapter, so that one can count more or less while
// the model stays loaded. Internal to core: names torch types.
#pragma once

#include "core/base/result.h"
#include "core/inference/session.h"
#include "core/nn/decoder.h"

#include <filesystem>
#include <string>
#include <vector>

namespace luthier::inference {

class AdapterWeights {
public:
    // Attaches the adapters in turn and remembers what each added. Errors as peft::attachAdapter's.
    Result<void> attach(nn::Decoder& decoder, const std::vector<AdapterSpec>& adapters, const std::string& baseFingerprint);

    Result<void> set(const std::vector<double>& weights);

private:
    struct Update {
        nn::LinearGroup* group;
        std::size_t index;   // in group->adapters
        std::size_t adapter;
        double scale;        // at weight 1
    };

    std::vector<Update> m_updates;
    std::vector<double> m_weights;
    bool m_isPlain = true; // nothing but low-rank updates
};

} // namespace luthier::inference
