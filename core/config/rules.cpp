// SPDX-License-Identifier: GPL-3.0-or-later
// The rules between fields of a RunConfig: those that hold whatever is chosen, and those of the chosen rows.
#include "core/config/run_config.h"

#include <stdexcept>

namespace luthier::config {

namespace {

class View : public fields::SettingsView {
public:
    explicit View(const RunConfig& config) : m_config(config) {}

    fields::Value at(std::string_view key) const override
    {
        const auto dot = key.find('.');
        for (const Part& part : parts()) {
            for (const fields::Field& field : part.fields) {
                if (dot != std::string_view::npos && part.key == key.substr(0, dot) && field.key == key.substr(dot + 1)) {
                    return field.get(part.object(m_config));
                }
            }
        }
        throw std::logic_error("a rule asks for the setting " + std::string(key) + ", which there is not");
    }

private:
    mutable RunConfig m_config; // parts give objects to change
};

struct GeneralRule {
    std::vector<std::string> keys;
    std::string sentence;
    bool (*isBroken)(const RunConfig&);
};

const std::vector<GeneralRule>& generalRules()
{
    static const std::vector<GeneralRule> rules{
        {{"model.path"}, "Choose a base model.", [](const RunConfig& c) { return c.model.path.empty(); }},
        {{"data.train"}, "Choose training data.", [](const RunConfig& c) { return c.data.train.empty(); }},
        {{"model.dtype"}, "fp16 loses small gradients, and losses are not scaled here: train in bf16 or fp32, or leave it to auto.",
         [](const RunConfig& c) { return c.model.dtype == "fp16"; }},
        {{"model.from_scratch", "method.kind"}, "Random weights need the method full: an adapter on them learns nothing.",
         [](const RunConfig& c) {
             const peft::Method* method = peft::findMethod(c.method.kind);
             return c.model.fromScratch && method && method->writesAdapter;
         }},
        {{"model.from_scratch", "model.adapter"}, "Random weights have no adapter to start from: leave one of the two out.",
         [](const RunConfig& c) { return c.model.fromScratch && !c.model.adapter.empty(); }},
        {{"model.adapter_merge", "model.adapter"}, "There is no adapter to fold into the base: name one, or leave that off.",
         [](const RunConfig& c) { return c.model.adapterMerge && c.model.adapter.empty(); }},
        {{"model.adapter", "method.kind"}, "All weights cannot go on from an adapter: fold it into the base first, or take its own method.",
         [](const RunConfig& c) {
             const peft::Method* method = peft::findMethod(c.method.kind);
             return !c.model.adapter.empty() && !c.model.adapterMerge && method && !method->writesAdapter;
         }},
    };
    return rules;
}

} // namespace

std::vector<BrokenRule> brokenRules(const RunConfig& config)
{
    std::vector<BrokenRule> broken;
    for (const GeneralRule& rule : generalRules()) {
        if (rule.isBroken(config)) {
            broken.push_back({rule.keys, rule.sentence});
        }
    }
    const View view(config);
    for (const Part& part : parts()) {
        const fields::Row* row = chosenRow(config, part);
        for (const fields::Rule& rule : row ? row->rules : std::vector<fields::Rule>()) {
            if (rule.isBroken(view)) {
                broken.push_back({rule.keys, rule.sentence});
            }
        }
    }
    return broken;
}

} // namespace luthier::config
