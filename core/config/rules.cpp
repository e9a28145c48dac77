// SPDX-License-Identifier: GPL-3.0-or-later
// The rules between fields of a RunConfig.
#include "core/config/run_config.h"

#include <algorithm>

namespace luthier::config {

namespace {

bool isFourBit(const std::string& quantization)
{
    return quantization == "nf4" || quantization == "fp4";
}

} // namespace

std::vector<BrokenRule> brokenRules(const RunConfig& config)
{
    struct Rule {
        std::vector<std::string> keys;
        std::string sentence;
        bool (*broken)(const RunConfig&);
    };
    static const std::vector<Rule> rules{
        {{"model.path"}, "Choose a base model.", [](const RunConfig& c) { return c.model.path.empty(); }},
        {{"data.train"}, "Choose training data.", [](const RunConfig& c) { return c.data.train.empty(); }},
        {{"method.target_modules"}, "Name at least one projection for the adapter.",
         [](const RunConfig& c) { return (c.method.kind == "lora" || c.method.kind == "qlora") && c.method.targetModules.empty(); }},
        {{"method.ia3_modules"}, "Name at least one projection to scale.",
         [](const RunConfig& c) { return c.method.kind == "ia3" && c.method.ia3Modules.empty(); }},
        {{"method.feedforward_modules", "method.ia3_modules"}, "Modules scaled at the input must stand among the scaled modules.",
         [](const RunConfig& c) {
             const auto& all = c.method.ia3Modules;
             return c.method.kind == "ia3" && !std::all_of(c.method.feedforwardModules.begin(), c.method.feedforwardModules.end(), [&](const std::string& name) {
                 return std::find(all.begin(), all.end(), name) != all.end();
             });
         }},
        {{"model.from_scratch", "method.kind"}, "Random weights need the method full: an adapter on them learns nothing.",
         [](const RunConfig& c) { return c.model.fromScratch && c.method.kind != "full"; }},
        {{"model.quantization", "method.kind"}, "All weights cannot be trained in 4 bits: take an adapter such as qlora, or leave the model unquantised.",
         [](const RunConfig& c) { return isFourBit(c.model.quantization) && c.method.kind == "full"; }},
        {{"model.quantization", "method.kind"}, "QLoRA trains on a base in 4 bits: set the quantisation to automatic, nf4 or fp4, or take lora.",
         [](const RunConfig& c) { return c.method.kind == "qlora" && c.model.quantization == "none"; }},
    };
    std::vector<BrokenRule> broken;
    for (const Rule& rule : rules) {
        if (rule.broken(config)) {
            broken.push_back({rule.keys, rule.sentence});
        }
    }
    return broken;
}

} // namespace luthier::config
