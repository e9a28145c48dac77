// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/start_point.h"

#include "core/peft/folders/adapter_facts.h"
#include "core/peft/folders/adapter_settings.h"
#include "core/peft/methods/method.h"
#include "core/train/plan/recipe_files.h"

#include <algorithm>

namespace luthier::train {

namespace fs = std::filesystem;

namespace {

constexpr const char* kMethod = "method";

fields::Record recordOf(config::RunConfig& config)
{
    return config::recordOf(config, *config::findPart(kMethod));
}

// Lists say the same in any order.
fields::Value sorted(fields::Value value)
{
    if (auto* list = std::get_if<std::vector<std::string>>(&value)) {
        std::sort(list->begin(), list->end());
    }
    return value;
}

std::string shown(const fields::Value& value)
{
    const std::string text = fields::toText(value);
    return text.empty() ? "empty" : text.substr(0, 120);
}

Result<void> takeKind(peft::MethodSettings& method, const peft::AdapterSettings& adapter, const fs::path& path)
{
    const peft::Method* wanted = peft::findMethod(method.kind);
    const bool usual = method.kind == peft::MethodSettings().kind;
    if (wanted && wanted->folderType == adapter.folderType && !usual) {
        return {}; // LoRA and QLoRA train the same adapter
    }
    if (!usual && method.kind != adapter.kind) {
        return Error{"method.kind is " + method.kind + ", but " + path.string() + " is of the method " + adapter.kind
                     + ": leave method.kind out, or fold the adapter into the base first (model.adapter_merge)"};
    }
    method.kind = adapter.kind;
    return {};
}

// Gives what was taken, "rank 8, alpha 16".
Result<std::string> takeSettings(config::RunConfig& config, const peft::AdapterSettings& adapter, const fs::path& path)
{
    config::RunConfig usual;
    fields::Record now = recordOf(config);
    const fields::Record before = recordOf(usual);
    std::string taken;
    for (const peft::AdapterSetting& setting : adapter.settings) {
        const fields::Field* field = now.find(setting.key);
        if (!field) {
            return Error{"the method " + adapter.kind + " has no setting " + setting.key};
        }
        const fields::Value wanted = now.get(*field);
        if (sorted(wanted) == sorted(setting.value)) {
            continue;
        }
        if (sorted(wanted) != sorted(before.get(*field))) {
            if (setting.isFree) {
                continue;
            }
            return Error{"method." + setting.key + " is " + shown(wanted) + ", but the adapter " + path.string() + " was made with "
                         + shown(setting.value) + ": leave it out of the recipe, or fold the adapter into the base first "
                         "(model.adapter_merge)"};
        }
        if (auto set = now.set(*field, setting.value); !set) {
            return Error{path.string() + ": " + set.message()};
        }
        taken += (taken.empty() ? "" : ", ") + setting.key + " " + shown(setting.value);
    }
    return taken;
}

// The first step's loss is the adapter's own only on the base as it was held.
void takeBase(config::ModelSettings& model, const peft::AdapterSettings& adapter)
{
    if (adapter.heldBase && model.quantization == config::ModelSettings().quantization) {
        model.quantization = quant::codeTable(adapter.heldBase->kind).id;
        model.doubleQuantization = adapter.heldBase->nested;
    }
}

} // namespace

Result<fs::path> adapterAt(const fs::path& path)
{
    std::error_code code;
    const fs::path absolute = fs::absolute(path, code).lexically_normal();
    const fs::path whole = absolute.has_filename() ? absolute : absolute.parent_path();
    if (peft::isAdapter(whole)) {
        return whole;
    }
    if (peft::isAdapter(whole / "adapter")) {
        return whole / "adapter";
    }
    const std::string where = "model.adapter: " + whole.string();
    if (!fs::exists(whole, code)) {
        return Error{where + " is not there"};
    }
    if (fs::exists(whole / "model" / "config.json", code)) {
        return Error{where + " is a run that trained all weights: its result is a base of its own; name " + (whole / "model").string()
                     + " as model.path and leave model.adapter empty"};
    }
    if (fs::exists(whole / "recipe.json", code)) {
        return Error{where + " is a run without a result yet; resume it to its end, then start from it"};
    }
    return Error{where + " is no adapter; choose a folder with adapter_config.json, a GGUF adapter, or the folder of a run"};
}

Result<Started> startedFrom(config::RunConfig config)
{
    if (auto there = checkRecipeFiles(config); !there) {
        return there.error();
    }
    if (config.model.adapter.empty()) {
        return Started{std::move(config), {}};
    }
    auto path = adapterAt(config.model.adapter);
    if (!path) {
        return path.error();
    }
    const peft::AdapterFacts facts = peft::readAdapterFacts(*path);
    if (!facts.problem.empty()) {
        return Error{facts.problem};
    }
    if (auto fits = peft::checkParent(facts, config.model.path); !fits) {
        return fits.error();
    }
    config.model.adapter = path->string();
    const std::string name = path->string() + " (" + facts.method + (facts.details.empty() ? "" : ", " + facts.details) + ")";
    if (config.model.adapterMerge) {
        return Started{std::move(config), {"The run stands on its base with " + name + " folded into it."}};
    }
    auto adapter = peft::readAdapterSettings(*path);
    auto kind = adapter ? takeKind(config.method, *adapter, *path) : Result<void>(adapter.error());
    auto taken = kind ? takeSettings(config, *adapter, *path) : Result<std::string>(kind.error());
    if (!taken) {
        return taken.error();
    }
    takeBase(config.model, *adapter);
    return Started{std::move(config),
                   {"The run goes on from " + name + (taken->empty() ? "." : "; taken from it: " + *taken + ".")}};
}

} // namespace luthier::train
