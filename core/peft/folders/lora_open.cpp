// SPDX-License-Identifier: GPL-3.0-or-later
// Opening a LoRA folder: every tensor of the file finds its place and is read before the first is attached.
#include "core/nn/families/weight_names.h"
#include "core/peft/folders/adapter_file.h"
#include "core/peft/folders/config_names.h"
#include "core/peft/loose_lora.h"
#include "core/peft/folders/lora_config.h"
#include "core/peft/targets.h"

#include <ATen/core/Tensor.h>

#include <algorithm>
#include <map>

namespace luthier::peft {

namespace {

struct Parts {
    std::map<std::string, nn::LowRank> adapters;   // by path
    std::map<std::string, at::Tensor> biases;      // by path
    std::map<std::string, at::Tensor> copies;      // by tensor name
    nn::TableUpdate embedding;
    nn::TableUpdate head;

    bool isPlain() const
    {
        return biases.empty() && isTight()
               && std::none_of(adapters.begin(), adapters.end(),
                               [](const auto& row) { return row.second.magnitude.defined() || row.second.bias.defined(); });
    }
    bool isTight() const { return copies.empty() && !embedding.exists() && !head.exists(); } // nothing of embedding, norms and head
};

bool cut(std::string& key, std::string_view suffix)
{
    if (!key.ends_with(suffix)) {
        return false;
    }
    key.resize(key.size() - suffix.size());
    return true;
}

class Reader {
public:
    Reader(nn::Decoder& decoder, AdapterFile& file, const LoraConfig& config)
        : m_file(file), m_config(config), m_decoder(decoder), m_places(allPlaces(decoder)),
          m_replaceable(decoder.replaceable())
    {
    }

    Result<Parts> read()
    {
        std::vector<std::string> unmatched;
        auto loose = readLooseLora(m_decoder, m_file, m_config);
        if (!loose) {
            return loose.error();
        }
        m_parts.copies = std::move(loose->copies);
        m_parts.embedding = std::move(loose->embedding);
        m_parts.head = std::move(loose->head);
        for (const std::string& key : m_file.keys()) {
            auto fits = isLooseLora(key) ? Result<bool>(true) : readOne(key);
            if (!fits) {
                return fits.error();
            }
            if (!*fits) {
                unmatched.push_back(m_file.find(key)->name);
            }
        }
        const std::string where = m_file.tensors().path().string() + ": ";
        if (!unmatched.empty()) {
            return Error{where + "these keys fit no projection of the model: " + listedNames(unmatched)
                         + "; the adapter belongs to another model"};
        }
        tieCopies();
        if (m_parts.adapters.empty() && m_parts.isTight()) {
            return Error{where + "holds no adapter weights"};
        }
        for (const auto& [path, adapter] : m_parts.adapters) {
            if (!adapter.a.defined() || !adapter.b.defined()) {
                const bool hasA = adapter.a.defined();
                return Error{where + path + " has " + (hasA ? "lora_A" : adapter.b.defined() ? "lora_B" : "a magnitude")
                             + " but no lora_" + (hasA ? "B" : "A")};
            }
            if (m_config.dora != adapter.magnitude.defined()) {
                return Error{where + path + (m_config.dora ? " has no" : " has a")
                             + " lora_magnitude_vector, but adapter_config.json says use_dora "
                             + (m_config.dora ? "true" : "false")};
            }
        }
        if (auto all = m_file.checkAllRead(); !all) {
            return all.error();
        }
        return std::move(m_parts);
    }

private:
    // Whether the tensor has a place in the model; an error when it cannot be read into it.
    Result<bool> readOne(const std::string& key)
    {
        std::string path = key;
        if (!path.starts_with(kPeftPrefix)) {
            return false;
        }
        path = path.substr(std::string_view(kPeftPrefix).size());
        const std::string name = path;
        if (cut(path, ".lora_A.weight")) {
            return part(key, path, [](nn::LowRank& a) -> at::Tensor& { return a.a; },
                        [&](const Place& place) { return Shape{m_config.rankFor(path), place.inputs()}; });
        }
        if (cut(path, ".lora_B.weight")) {
            return part(key, path, [](nn::LowRank& a) -> at::Tensor& { return a.b; },
                        [&](const Place& place) { return Shape{place.outputs(), m_config.rankFor(path)}; });
        }
        if (cut(path, ".lora_B.bias")) {
            return part(key, path, [](nn::LowRank& a) -> at::Tensor& { return a.bias; },
                        [](const Place& place) { return Shape{place.outputs()}; });
        }
        if (cut(path, ".lora_magnitude_vector")) {
            return part(key, path, [](nn::LowRank& a) -> at::Tensor& { return a.magnitude; },
                        [](const Place& place) { return Shape{place.outputs()}; });
        }
        if (cut(path, ".base_layer.bias") || cut(path, ".bias")) {
            if (const auto place = m_places.find(path); place != m_places.end()) {
                return place->second.group->bias.defined()
                           ? into(m_parts.biases[path], key, {place->second.outputs()})
                           : false;
            }
        }
        if (std::find(m_replaceable.begin(), m_replaceable.end(), name) == m_replaceable.end()) {
            return false;
        }
        const auto base = m_decoder.replaceableTensor(name);
        return into(m_parts.copies[name], key, base.sizes().vec());
    }

    using Shape = std::vector<std::int64_t>;

    Result<bool> into(at::Tensor& target, const std::string& key, const Shape& shape)
    {
        auto tensor = m_file.read(key, shape);
        if (!tensor) {
            return tensor.error();
        }
        target = *tensor;
        return true;
    }

    // PEFT's word for a trained embedding whose head follows it.
    void tieCopies()
    {
        const auto embedding = m_parts.copies.find(nn::weightNames(m_decoder.config()).embedding + ".weight");
        if (m_decoder.config().tiedHead && embedding != m_parts.copies.end() && !isOff(m_file.config(), "ensure_weight_tying")) {
            m_parts.copies.emplace("lm_head.weight", embedding->second);
        }
    }

    template <class Member, class ShapeOf>
    Result<bool> part(const std::string& key, const std::string& path, Member member, ShapeOf shapeOf)
    {
        const auto place = m_places.find(path);
        return place == m_places.end() ? Result<bool>(false)
                                       : into(member(m_parts.adapters[path]), key, shapeOf(place->second));
    }

    AdapterFile& m_file;
    const LoraConfig& m_config;
    nn::Decoder& m_decoder;
    std::map<std::string, Place> m_places;
    std::vector<std::string> m_replaceable;
    Parts m_parts;
};

// An alpha of 0 for some modules may be meant; for all it is a slip.
bool isScaledAway(const Parts& parts, const LoraConfig& config)
{
    bool any = false;
    bool counts = false;
    for (const auto& [path, adapter] : parts.adapters) {
        any = true;
        counts = counts || config.scaleFor(path) != 0;
    }
    for (const nn::TableUpdate* update : {&parts.embedding, &parts.head}) {
        any = any || update->a.defined();
        counts = counts || (update->a.defined() && update->scale != 0);
    }
    return any && !counts;
}

} // namespace

Result<void> openLora(nn::Decoder& decoder, AdapterFile& file)
{
    auto config = parseLoraConfig(file.config());
    if (!config) {
        return file.problem(config.message());
    }
    auto parts = Reader(decoder, file, *config).read();
    if (!parts) {
        return parts.error();
    }
    if (auto named = checkNamed(file); !named) {
        return named;
    }
    if (isScaledAway(*parts, *config)) {
        return file.problem("lora_alpha is 0 (with alpha_pattern, for every module), so the adapter's updates have no effect; write the alpha that it "
                            "was trained with, usually the rank or twice the rank");
    }
    if (!parts->isPlain()) {
        if (auto alone = file.checkAlone(decoder); !alone) {
            return alone;
        }
    }
    const auto options = smallOptions(decoder);
    const auto places = allPlaces(decoder);
    for (auto& [path, adapter] : parts->adapters) {
        const Place place = places.at(path);
        adapter.slice = place.slice;
        adapter.a = adapter.a.to(options);
        adapter.b = adapter.b.to(options);
        adapter.magnitude = adapter.magnitude.defined() ? adapter.magnitude.to(options.dtype(at::kFloat)) : adapter.magnitude;
        adapter.bias = adapter.bias.defined() ? adapter.bias.to(options) : adapter.bias;
        adapter.scale = config->scaleFor(path) * file.weight();
        place.group->adapters.push_back(std::move(adapter));
    }
    for (const auto& [path, bias] : parts->biases) {
        const Place place = places.at(path);
        place.group->biases.push_back({place.slice, bias.to(options.dtype(decoder.dtype()))});
    }
    decoder.extras().embedding = parts->embedding;
    decoder.extras().head = parts->head;
    for (const auto& [name, tensor] : parts->copies) {
        auto copy = decoder.replace(name);
        if (!copy) {
            return copy.error();
        }
        copy->copy_(tensor);
    }
    return {};
}

} // namespace luthier::peft
