// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/peft/folders/origin.h"

#include "core/base/files.h"
#include "core/base/hash.h"
#include "core/peft/folders/adapter_facts.h"

#include <algorithm>

namespace luthier::peft {

namespace fs = std::filesystem;

namespace {

constexpr const char* kFile = "origin.json";
constexpr std::size_t kMostSteps = 1000;

std::string textAt(const Json& step, const char* key)
{
    const auto found = step.find(key);
    return found != step.end() && found->is_string() ? found->get<std::string>() : std::string();
}

fs::path weightsOf(const fs::path& adapter)
{
    std::error_code code;
    if (fs::is_regular_file(adapter, code)) {
        return adapter; // GGUF
    }
    const fs::path peft = adapter / "adapter_model.safetensors";
    return fs::exists(peft, code) ? peft : adapter / "adapter.safetensors";
}

} // namespace

Json toJson(const Origin& origin)
{
    Json steps = Json::array();
    for (const OriginStep& step : origin) {
        steps.push_back({{"adapter", step.adapter.string()},
                         {"about", step.about},
                         {"content", step.content},
                         {"merged", step.merged},
                         {"base", step.base.string()}});
    }
    return steps;
}

Result<void> writeOrigin(const fs::path& folder, const Origin& origin)
{
    if (origin.empty()) {
        return {};
    }
    return base::writeFileAtomically(folder / kFile, base::dumpJson(Json{{"from", toJson(origin)}}, 2) + "\n");
}

Result<Origin> readOrigin(const fs::path& folder)
{
    const fs::path path = folder / kFile;
    std::error_code code;
    if (!fs::exists(path, code)) {
        return Origin();
    }
    auto json = base::readJson(path);
    if (!json) {
        return json.error();
    }
    const auto steps = json->is_object() ? json->find("from") : json->end();
    const bool good = json->is_object() && steps != json->end() && steps->is_array() && steps->size() <= kMostSteps;
    Origin origin;
    for (std::size_t i = 0; good && i < steps->size(); ++i) {
        const Json& step = (*steps)[i];
        if (!step.is_object() || textAt(step, "adapter").empty()) {
            return Error{path.string() + ": step " + std::to_string(i + 1) + " of \"from\" names no adapter; without the file "
                         "nothing is known of where this came from"};
        }
        origin.push_back({textAt(step, "adapter"), textAt(step, "about"), textAt(step, "content"),
                          step.contains("merged") && step["merged"] == true, textAt(step, "base")});
    }
    return good ? Result<Origin>(std::move(origin))
                : Result<Origin>(Error{path.string() + ": must hold a list \"from\"; without the file nothing is known of where "
                                                       "this came from"});
}

Result<Origin> originOf(const fs::path& adapter, const fs::path& base, bool merged)
{
    auto content = base::sha256OfFile(weightsOf(adapter));
    auto before = readOrigin(adapter);
    if (!content || !before) {
        return content ? before.error() : content.error();
    }
    const AdapterFacts facts = readAdapterFacts(adapter);
    Origin origin{{adapter, facts.method + (facts.details.empty() ? "" : ", " + facts.details), *content, merged, base}};
    origin.insert(origin.end(), before->begin(), before->begin() + static_cast<std::ptrdiff_t>(std::min(before->size(), kMostSteps - 1)));
    return origin;
}

std::string sentenceOf(const Origin& origin)
{
    std::string text;
    for (const OriginStep& step : origin) {
        text += text.empty() ? (step.merged ? "stands on " : "goes on from ") : (step.merged ? ", which stands on " : ", which went on from ");
        text += step.adapter.string() + (step.about.empty() ? "" : " (" + step.about + ")")
                + (step.merged ? " folded into " + step.base.string() : "");
    }
    return text;
}

fs::path baseOf(const fs::path& runFolder, const fs::path& modelPath)
{
    std::error_code code;
    const fs::path merged = runFolder / kMergedBase;
    return fs::exists(merged / "config.json", code) ? merged : modelPath;
}

} // namespace luthier::peft
