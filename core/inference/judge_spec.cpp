// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/inference/judge_spec.h"

#include "core/peft/folders/adapter_facts.h"
#include "core/peft/folders/score_facts.h"
#include "core/weights/model_folder.h"

#include <algorithm>

namespace luthier::inference {

namespace fs = std::filesystem;

namespace {

Result<ModelSpec> withBase(ModelSpec spec, const fs::path& adapter)
{
    std::error_code code;
    const peft::AdapterFacts facts = peft::readAdapterFacts(adapter);
    if (!facts.problem.empty()) {
        return Error{facts.problem};
    }
    if (facts.baseName.empty() || !fs::exists(facts.baseName, code)) {
        return Error{adapter.string() + ": the base of this adapter (" + (facts.baseName.empty() ? "it does not say which" : facts.baseName)
                     + ") is not there; name the base with --model and this folder with --adapter"};
    }
    if (auto fits = peft::checkParent(facts, facts.baseName); !fits) {
        return fits.error();
    }
    spec.path = facts.baseName;
    spec.adapters.insert(spec.adapters.begin(), AdapterSpec{adapter, 1});
    return spec;
}

Result<peft::ScoreFacts> factsOf(const ModelSpec& spec)
{
    for (const AdapterSpec& adapter : spec.adapters) {
        auto facts = peft::readScoreFacts(adapter.path);
        if (!facts || facts->scores > 0) {
            return facts;
        }
    }
    const auto folder = weights::ModelFolder::open(spec.path);
    return folder ? Result<peft::ScoreFacts>(peft::ScoreFacts{folder->config().scores, folder->config().labels}) : Result<peft::ScoreFacts>(folder.error());
}

} // namespace

// An adapter says which base it stands on; a run's result is an adapter or a model.
Result<ModelSpec> judgeSpec(ModelSpec spec)
{
    std::error_code code;
    const fs::path named = spec.path;
    for (const char* inside : {"", "adapter", "model"}) {
        const fs::path place = *inside ? named / inside : named;
        if (peft::isAdapter(place)) {
            return withBase(std::move(spec), place);
        }
        if (fs::exists(place / "config.json", code)) {
            spec.path = place;
            return spec;
        }
    }
    if (!fs::exists(named, code)) {
        return Error{named.string() + " is not there"};
    }
    if (fs::exists(named / "recipe.json", code)) {
        return Error{named.string() + " is a run without a result yet; resume it to its end"};
    }
    return spec; // a file of a model, or what opening it says
}

Result<ModelSpec> rewardModelSpec(ModelSpec spec)
{
    const fs::path named = spec.path;
    auto found = judgeSpec(std::move(spec));
    const auto facts = found ? factsOf(*found) : Result<peft::ScoreFacts>(found.error());
    if (!facts) {
        return facts.error();
    }
    if (facts->scores != 1 || !facts->labels.empty()) {
        return Error{named.string() + " is no reward model: "
                     + (facts->scores == 0 ? "it has no head that gives a text one score" : "it tells labels apart and gives no text one score")
                     + "; train one with objective.kind reward"};
    }
    return found;
}

} // namespace luthier::inference
