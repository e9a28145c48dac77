// SPDX-License-Identifier: GPL-3.0-or-later
// The rules between fields of a RunConfig: those that hold whatever is chosen, and those of the chosen rows.
#include "core/config/run_config.h"
#include "core/objectives/objectives.h"
#include "core/optim/leaf_groups.h"
#include "core/optim/optimizers.h"

#include <stdexcept>

namespace luthier::config {

namespace {

class View : public fields::SettingsView {
public:
    explicit View(const RunConfig& config) : m_config(config) {}

    fields::Value at(std::string_view key) const override
    {
        if (const auto setting = findSetting(key)) {
            return setting->field->get(setting->part->object(m_config));
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
        {{"model.frozen_dtype", "method.kind"}, "In FP8 are weights that stay as they are: choose an adapter, or leave it to auto.",
         [](const RunConfig& c) {
             const peft::Method* method = peft::findMethod(c.method.kind);
             return c.model.frozenDtype == "fp8" && method && !method->writesAdapter;
         }},
        {{"model.frozen_dtype", "model.device"}, "FP8 products are for NVIDIA cards: on the CPU leave model.frozen_dtype to auto.",
         [](const RunConfig& c) { return c.model.frozenDtype == "fp8" && c.model.device == "cpu"; }},
        {{"model.frozen_dtype", "model.dtype"}, "FP8 weights go with activations in bf16: leave model.dtype to auto, or choose bf16.",
         [](const RunConfig& c) { return c.model.frozenDtype == "fp8" && c.model.dtype != "auto" && c.model.dtype != "bf16"; }},
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
        {{"data.weight_by", "objective.kind"}, "Weights of rows count with the objective answers (sft) alone: take it, or leave data.weight_by empty.",
         [](const RunConfig& c) {
             const auto* objective = objectives::findObjective(c.objective.kind);
             return !c.data.weightBy.empty() && objective && !objective->takesWeights;
         }},
        {{"data.order_by", "data.order"}, "To order rows by a field set data.order to field and data.order_by to its name.",
         [](const RunConfig& c) { return (c.data.order == "field") == c.data.orderBy.empty(); }},
        {{"data.order", "objective.kind"}, "Rows keep their places where texts are joined or answers are made while training: set data.order to usual.",
         [](const RunConfig& c) {
             const auto* objective = objectives::findObjective(c.objective.kind);
             return c.data.order == "field" && objective && objective->layout != objectives::Layout::Items;
         }},
        {{"run.label_smoothing_factor", "objective.kind"}, "Label smoothing is of losses that count tokens: take the objective answers (sft) or texts (pretrain), or set run.label_smoothing_factor to 0.",
         [](const RunConfig& c) { return c.run.labelSmoothing > 0 && c.objective.kind != "sft" && c.objective.kind != "pretrain"; }},
        {{"data.general_share", "objective.kind"}, "General data is measured beside any objective, but only answers (sft) and texts (pretrain) learn from it: set data.general_share to 0.",
         [](const RunConfig& c) { return c.data.generalShare > 0 && c.objective.kind != "sft" && c.objective.kind != "pretrain"; }},
        {{"data.general_share", "data.general"}, "There is no general data to mix in: name some in data.general, or set data.general_share to 0.",
         [](const RunConfig& c) { return c.data.generalShare > 0 && c.data.general.empty(); }},
        {{"run.checkpointed_layers", "run.activation_checkpointing"}, "No layer is computed twice while activation checkpointing is off: switch it on, or set run.checkpointed_layers to 0.",
         [](const RunConfig& c) { return c.run.checkpointedLayers > 0 && !c.run.activationCheckpointing; }},
        {{"run.shard", "optimizer.kind"}, "This optimizer looks at whole matrices or blocks, so ranks cannot split its state: take AdamW, Lion or SGD, or leave run.shard to auto.",
         [](const RunConfig& c) {
             const peft::Method* method = peft::findMethod(c.method.kind);
             const optim::OptimizerKind* optimizer = optim::findOptimizer(c.optimizer.kind);
             return c.run.shard == "always" && method && !method->writesAdapter && optimizer && !optimizer->pages;
         }},
        {{"optimizer.rate_pattern"}, "optimizer.rate_pattern takes name=factor, such as lora_B=4, with factors from 0 to 1000000.",
         [](const RunConfig& c) { return !optim::parsePattern(c.optimizer.ratePattern, {}, 1e6); }},
        {{"optimizer.decay_pattern"}, "optimizer.decay_pattern takes name=decay, such as embed_tokens=0.1, with decays from 0 to 1.",
         [](const RunConfig& c) { return !optim::parsePattern(c.optimizer.decayPattern, {}, 1); }},
        {{"run.keep", "data.held_out_share"}, "Nothing is held out, so no step is known to be the best: hold rows out, or set run.keep to last and run.patience to 0.",
         [](const RunConfig& c) { return (c.run.keep == "best" || c.run.patience > 0) && c.data.heldOutShare <= 0 && c.data.heldOut.empty(); }},
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
