// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/peft/folders/lora_gguf.h"

#include "core/gguf/blocks.h"
#include "core/gguf/content.h"
#include "core/gguf/file.h"
#include "core/nn/decoder.h"
#include "core/peft/folders/adapter_file.h"
#include "core/peft/targets.h"
#include "core/weights/gguf/names.h"
#include "core/weights/gguf/settings.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <c10/core/GradMode.h>

#include <set>

namespace luthier::peft {

namespace fs = std::filesystem;

namespace {

constexpr const char* kBaseKey = "luthier.base"; // fingerprint of the base
constexpr const char* kWeight = ".weight";

bool isInterleaved(const gguf::Layout& layout, const Place& place)
{
    return layout.interleavedHeads && (place.name() == "q_proj" || place.name() == "k_proj");
}

// Rows of a head: half-split order of the folder, pairs side by side in the file.
at::Tensor reordered(const at::Tensor& b, std::int64_t headDim, bool toFile)
{
    const std::int64_t inner = toFile ? 2 : headDim / 2;
    return b.reshape({-1, inner, headDim / inner, b.size(1)}).transpose(1, 2).reshape(b.sizes()).contiguous();
}

// Path of each projection -> its name in the file, without ".weight".
std::map<std::string, std::string> fileNames(const nn::DecoderConfig& config)
{
    std::map<std::string, std::string> names;
    for (const auto& [gguf, folder] : weights::ggufNames(config)) {
        if (folder.ends_with(kWeight)) {
            names[folder.substr(0, folder.size() - 7)] = gguf;
        }
    }
    return names;
}

void add(gguf::Content& content, const std::string& name, const at::Tensor& tensor)
{
    const at::Tensor numbers = tensor.detach().to(at::kCPU).to(at::kFloat).contiguous();
    content.add({name, {static_cast<std::uint64_t>(numbers.size(1)), static_cast<std::uint64_t>(numbers.size(0))},
                 gguf::findTensorType(0), [numbers](const gguf::Sink& put) {
                     return put(numbers.const_data_ptr<float>(), static_cast<std::size_t>(numbers.nbytes()));
                 }});
}

Result<void> addAdapters(nn::Decoder& decoder, const gguf::Layout& layout, gguf::Content& content)
{
    const auto names = fileNames(decoder.config());
    double alpha = 0;
    std::set<std::string> seen;
    for (nn::LinearGroup* group : decoder.groups()) {
        for (const nn::LowRank& adapter : group->adapters) {
            const Place place{group, adapter.slice};
            const auto rank = static_cast<double>(adapter.a.size(0));
            if (alpha == 0) {
                alpha = adapter.scale * rank;
                content.number("adapter.lora.alpha", alpha);
            }
            const auto name = names.find(place.path());
            if (name == names.end() || !seen.insert(place.path()).second) {
                return Error{place.path() + (name == names.end() ? " has no name in a GGUF file" : " has two adapters; combine them first")};
            }
            const at::Tensor b = adapter.b.detach().to(at::kFloat) * (adapter.scale * rank / alpha);
            add(content, name->second + ".lora_a", adapter.a);
            add(content, name->second + ".lora_b", isInterleaved(layout, place) ? reordered(b, decoder.config().headDim, true) : b);
        }
    }
    return alpha != 0 ? Result<void>() : Error{"there is no LoRA adapter to write"};
}

Result<at::Tensor> readMatrix(const gguf::File& file, const gguf::Tensor& tensor, at::IntArrayRef shape)
{
    const auto* format = gguf::findBlockFormat(tensor.type->name);
    if (tensor.dims.size() != 2 || static_cast<std::int64_t>(tensor.dims[0]) != shape[1]
        || (shape[0] > 0 && static_cast<std::int64_t>(tensor.dims[1]) != shape[0]) || !format) {
        return Error{"tensor \"" + tensor.name + "\" has another shape than the model asks for, or numbers that cannot be read"};
    }
    std::vector<std::uint8_t> bytes(tensor.bytes);
    if (auto got = file.read(tensor, 0, tensor.bytes, bytes.data()); !got) {
        return got.error();
    }
    at::Tensor numbers = at::empty({static_cast<std::int64_t>(tensor.dims[1]), shape[1]}, at::kFloat);
    float* out = numbers.data_ptr<float>();
    for (std::uint64_t i = 0; i * tensor.type->elements < tensor.elements(); ++i) {
        format->dequantise(bytes.data() + i * tensor.type->bytes, out + i * tensor.type->elements);
    }
    return numbers;
}

class Opening {
public:
    Opening(nn::Decoder& decoder, const gguf::File& file, const gguf::Layout& layout, double weight)
        : m_decoder(decoder), m_file(file), m_layout(layout), m_weight(weight)
    {
    }

    // Everything is read before the first is attached.
    Result<void> read()
    {
        const auto alpha = m_file.number("adapter.lora.alpha");
        const auto places = allPlaces(m_decoder);
        std::size_t used = 0;
        for (const auto& [path, name] : fileNames(m_decoder.config())) {
            const auto place = places.find(path);
            const auto* a = m_file.find(name + ".lora_a");
            const auto* b = m_file.find(name + ".lora_b");
            if (place == places.end() || (!a && !b)) {
                continue;
            }
            if (!a || !b || !alpha) {
                return Error{!alpha ? "adapter.lora.alpha is missing" : name + " has only one of lora_a and lora_b"};
            }
            if (auto added = add(place->second, *a, *b, *alpha); !added) {
                return added;
            }
            used += 2;
        }
        if (used == 0 || used != m_file.tensors().size()) {
            return Error{std::to_string(m_file.tensors().size() - used) + " of " + std::to_string(m_file.tensors().size())
                         + " tensors fit no projection of the model; the adapter belongs to another model"};
        }
        for (auto& [place, adapter] : m_read) {
            place.group->adapters.push_back(std::move(adapter));
        }
        return {};
    }

private:
    Result<void> add(const Place& place, const gguf::Tensor& a, const gguf::Tensor& b, double alpha)
    {
        auto down = readMatrix(m_file, a, {0, place.inputs()});
        auto up = down ? readMatrix(m_file, b, {place.outputs(), down->size(0)}) : down;
        if (!up) {
            return up.error();
        }
        const auto options = smallOptions(m_decoder);
        const at::Tensor rows = isInterleaved(m_layout, place) ? reordered(*up, m_decoder.config().headDim, false) : *up;
        const double scale = alpha == 0 ? 1 : alpha / static_cast<double>(down->size(0)); // llama.cpp takes an alpha of 0 for none
        m_read.emplace_back(place, nn::LowRank{place.slice, down->to(options), rows.to(options), scale * m_weight, 0});
        return {};
    }

    nn::Decoder& m_decoder;
    const gguf::File& m_file;
    const gguf::Layout& m_layout;
    double m_weight;
    std::vector<std::pair<Place, nn::LowRank>> m_read;
};

Result<void> checkKind(const gguf::File& file, const std::string& architecture, const std::string& baseFingerprint)
{
    if (file.text("general.type") != "adapter" || file.text("adapter.type") != "lora") {
        return Error{"this is no LoRA adapter (general.type adapter, adapter.type lora)"};
    }
    if (file.text("general.architecture") != architecture) {
        return Error{"this is an adapter of a " + file.text("general.architecture").value_or("nameless") + " model, the base is a "
                     + architecture + " model"};
    }
    return checkBase(file.text(kBaseKey).value_or(""), baseFingerprint, {});
}

} // namespace

Result<void> saveLoraGguf(nn::Decoder& decoder, const fs::path& target, const std::string& baseFingerprint)
{
    const at::NoGradGuard noGrad;
    if (carriesMoreThanLora(decoder)) {
        return Error{target.string() + ": only a plain LoRA can be a GGUF adapter; write a merged model instead"};
    }
    auto architecture = weights::ggufArchitectureOf(decoder.config());
    if (!architecture) {
        return architecture.error();
    }
    gguf::Content content;
    content.text("general.architecture", architecture->name);
    content.text("general.type", "adapter");
    content.text("general.name", target.stem().string());
    content.text("adapter.type", "lora");
    if (!baseFingerprint.empty()) {
        content.text(kBaseKey, baseFingerprint);
    }
    if (auto added = addAdapters(decoder, architecture->layout, content); !added) {
        return Error{target.string() + ": " + added.message()};
    }
    return content.write(target);
}

Result<void> openLoraGguf(nn::Decoder& decoder, const fs::path& path, double weight, const std::string& baseFingerprint)
{
    auto file = gguf::File::open(path);
    auto architecture = file ? weights::ggufArchitectureOf(decoder.config()) : Result<weights::GgufArchitecture>(file.error());
    if (!architecture) {
        return architecture.error();
    }
    auto good = checkKind(**file, architecture->name, baseFingerprint);
    good = good ? Opening(decoder, **file, architecture->layout, weight).read() : good;
    return good ? good : Result<void>(Error{path.string() + ": " + good.message()});
}

} // namespace luthier::peft
