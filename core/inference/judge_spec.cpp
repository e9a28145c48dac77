// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/inference/judge_spec.h"

#include "core/peft/folders/adapter_facts.h"

namespace luthier::inference {

namespace fs = std::filesystem;

// An adapter says which base it stands on; a run's result is an adapter or a model.
Result<ModelSpec> judgeSpec(ModelSpec spec)
{
    std::error_code code;
    const fs::path named = spec.path;
    for (const char* inside : {"", "adapter", "model"}) {
        const fs::path place = *inside ? named / inside : named;
        if (peft::isAdapter(place)) {
            const peft::AdapterFacts facts = peft::readAdapterFacts(place);
            if (facts.baseName.empty() || !fs::exists(facts.baseName, code)) {
                return Error{place.string() + ": the base of this adapter (" + (facts.baseName.empty() ? "it does not say which" : facts.baseName)
                             + ") is not there; name the base with --model and this folder with --adapter"};
            }
            spec.path = facts.baseName;
            spec.adapters.insert(spec.adapters.begin(), AdapterSpec{place, 1});
            return spec;
        }
        if (fs::exists(place / "config.json", code)) {
            spec.path = place;
            return spec;
        }
    }
    return spec;
}

} // namespace luthier::inference
