// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/peft/folders/trained_on.h"

#include "core/base/files.h"
#include "core/base/json.h"

namespace luthier::peft {

namespace fs = std::filesystem;

namespace {

constexpr const char* kFile = "base_quantization.json";

Result<std::optional<quant::Quantisation>> readOne(const fs::path& adapter)
{
    const fs::path path = adapter / kFile;
    std::error_code code;
    if (!fs::exists(path, code)) {
        return std::optional<quant::Quantisation>();
    }
    auto json = base::readJson(path);
    if (!json) {
        return json.error();
    }
    const bool known = json->is_object() && json->contains("quantization") && json->at("quantization").is_string()
        && json->contains("double_quantization") && json->at("double_quantization").is_boolean();
    const auto* table = known ? quant::findCodeTable(json->at("quantization").get<std::string>()) : nullptr;
    if (!table) {
        return Error{path.string() + ": must name a quantization (nf4, fp4) and say double_quantization true or false; without "
                     "the file the base is taken as it is stored"};
    }
    return std::optional(quant::Quantisation{table->kind, json->at("double_quantization").get<bool>()});
}

} // namespace

Result<void> writeTrainedOn(const fs::path& adapter, const std::optional<quant::Quantisation>& quantisation)
{
    if (!quantisation) {
        return {};
    }
    const Json json{{"quantization", quant::codeTable(quantisation->kind).id}, {"double_quantization", quantisation->nested}};
    return base::writeFileAtomically(adapter / kFile, base::dumpJson(json, 2) + "\n");
}

Result<std::optional<quant::Quantisation>> readTrainedOn(const std::vector<fs::path>& adapters)
{
    std::optional<quant::Quantisation> agreed;
    for (std::size_t i = 0; i < adapters.size(); ++i) {
        auto own = readOne(adapters[i]);
        if (!own) {
            return own;
        }
        if (i == 0) {
            agreed = *own;
        }
        const bool same = agreed.has_value() == own->has_value()
            && (!agreed || (agreed->kind == (*own)->kind && agreed->nested == (*own)->nested));
        if (!same) {
            return std::optional<quant::Quantisation>();
        }
    }
    return agreed;
}

} // namespace luthier::peft
