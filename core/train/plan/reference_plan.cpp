// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/plan/reference_plan.h"

#include "core/objectives/preference_settings.h"

namespace luthier::train {

namespace {

const char* nameOf(ReferenceKind kind)
{
    switch (kind) {
    case ReferenceKind::AdapterCopy:
        return "the adapter that it goes on from";
    case ReferenceKind::ModelCopy:
        return "a frozen copy of the model";
    default:
        return "the model with its adapter off";
    }
}

std::string rowsOf(std::int64_t count)
{
    return std::to_string(count) + (count == 1 ? " row" : " rows");
}

std::string whyOf(const ReferencePlan& plan, bool trainsAll, const std::string& asked, const ReferenceReads& reads)
{
    const bool isSaving = reads.once < reads.live;
    if (plan.once && trainsAll) {
        return "The reference is computed once, before the first step, while all weights are still the base's: " + rowsOf(reads.once)
               + " to read instead of " + rowsOf(reads.live) + ", and no second copy of the model.";
    }
    if (plan.once) {
        return std::string("The reference is ") + nameOf(plan.kind) + ", computed once before the first step"
               + (isSaving ? ": " + rowsOf(reads.once) + " to read instead of " + rowsOf(reads.live) : ", as asked for") + ".";
    }
    return std::string("The reference is ") + nameOf(plan.kind) + ", asked at every step"
           + (asked == "live" ? ", as asked for" : isSaving ? "" : ": " + rowsOf(reads.live) + " to read, beforehand " + rowsOf(reads.once)) + ".";
}

} // namespace

const char* toText(ReferenceKind kind)
{
    switch (kind) {
    case ReferenceKind::AdapterOff:
        return "adapter_off";
    case ReferenceKind::AdapterCopy:
        return "adapter_copy";
    case ReferenceKind::ModelCopy:
        return "model_copy";
    case ReferenceKind::None:
        break;
    }
    return "none";
}

ReferencePlan referencePlan(const config::RunConfig& config, const objectives::Objective& objective, const ReferenceReads& reads)
{
    ReferencePlan plan;
    if (!objective.usesReference) {
        return plan;
    }
    const peft::Method* method = peft::findMethod(config.method.kind);
    const bool trainsAll = method && !method->writesAdapter;
    const bool goesOn = !config.model.adapter.empty() && !config.model.adapterMerge;
    const std::string& asked = config.objective.of<objectives::ReferenceSettings>().reference;
    const bool canBeOnce = !objective.referenceColumns.empty();
    plan.once = canBeOnce && (asked == "once" || (asked == "auto" && (trainsAll || reads.once < reads.live)));
    // What a micro-batch mixes anew cannot be known before.
    const bool isAsked = !plan.once || objective.mismatches;
    plan.kind = goesOn ? ReferenceKind::AdapterCopy : trainsAll && isAsked ? ReferenceKind::ModelCopy : ReferenceKind::AdapterOff;
    plan.why = whyOf(plan, trainsAll, asked, reads);
    if (plan.once && objective.mismatches) {
        plan.why += " Answers behind prompts they do not belong to change with each batch; " + std::string(nameOf(plan.kind)) + " is asked for them.";
    }
    return plan;
}

} // namespace luthier::train
