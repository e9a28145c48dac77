// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/weights/load.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <cstdlib>
#include <set>
#include <utility>

namespace luthier::weights {

namespace {

constexpr std::uint64_t kPiece = std::uint64_t{16} << 20;

constexpr std::pair<Dtype, at::ScalarType> kTypes[] = {
    {Dtype::F64, at::kDouble},
    {Dtype::F32, at::kFloat},
    {Dtype::F16, at::kHalf},
    {Dtype::BF16, at::kBFloat16},
    {Dtype::I64, at::kLong},
    {Dtype::I32, at::kInt},
    {Dtype::I16, at::kShort},
    {Dtype::I8, at::kChar},
    {Dtype::U8, at::kByte},
    {Dtype::Bool, at::kBool},
    {Dtype::U64, at::kUInt64},
    {Dtype::U32, at::kUInt32},
    {Dtype::U16, at::kUInt16},
    {Dtype::F8E4M3, at::kFloat8_e4m3fn},
    {Dtype::F8E5M2, at::kFloat8_e5m2},
};

std::string shapeText(at::IntArrayRef shape)
{
    std::string text = "[";
    for (std::size_t i = 0; i < shape.size(); ++i) {
        text += (i ? ", " : "") + std::to_string(shape[i]);
    }
    return text + "]";
}

bool isWeight(Dtype dtype)
{
    return dtype == Dtype::F32 || dtype == Dtype::F16 || dtype == Dtype::BF16;
}

// Old files hold a table that is computed here.
bool isIgnored(const std::string& name)
{
    // gpt2's masks stand among the weights; what belongs to pictures is not used.
    return name.ends_with("rotary_emb.inv_freq") || name.ends_with("attn.masked_bias")
           || (name.ends_with("attn.bias") && !name.ends_with("c_attn.bias")) || name.starts_with("vision_tower.")
           || name.starts_with("model.vision_tower.") || name.find("multi_modal_projector.") != std::string::npos;
}

using Found = std::map<std::string, StoredTensor>::const_iterator;

// Files saved from the bare model lack the first part of a name; models that also see put one more in front.
Found findStored(const std::map<std::string, StoredTensor>& stored, const std::string& name)
{
    auto found = stored.find(name);
    if (found != stored.end()) {
        return found;
    }
    for (const std::string prefix : {"model.", "transformer."}) {
        const bool has = name.rfind(prefix, 0) == 0;
        const std::string rest = has ? name.substr(prefix.size()) : name;
        for (const std::string& other : {has ? rest : name, "language_model." + name, "model.language_model." + rest}) {
            if (found = stored.find(other); found != stored.end()) {
                return found;
            }
        }
    }
    return found;
}

Result<void> checkTensor(const ModelFolder& folder, const nn::NamedTensor& wanted)
{
    const auto found = findStored(folder.tensors(), wanted.name);
    if (found == folder.tensors().end()) {
        const bool head = wanted.name == "lm_head.weight";
        return Error{folder.path().string() + ": tensor \"" + wanted.name + "\" "
                     + shapeText(wanted.tensor.sizes()) + " is missing; the files do not fit config.json"
                     + (head ? " (with tie_word_embeddings it would not be needed)" : "")};
    }
    const TensorInfo& info = *found->second.info;
    if (!wanted.tensor.sizes().equals(info.shape)) {
        return Error{found->second.file->path().string() + ": tensor \"" + wanted.name + "\" is "
                     + shapeText(info.shape) + ", config.json asks for " + shapeText(wanted.tensor.sizes())};
    }
    if (!isWeight(info.dtype)) {
        return Error{found->second.file->path().string() + ": tensor \"" + wanted.name + "\" is stored as "
                     + nameOf(info.dtype) + "; weights must be F32, F16 or BF16"};
    }
    return {};
}

class Loader {
public:
    Loader(const base::Progress& progress, const base::CancelToken& cancel)
        : m_progress(progress), m_cancel(cancel)
    {
    }

    void addTotal(const StoredTensor& tensor) { m_total += tensor.info->end - tensor.info->begin; }

    Result<void> copy(const StoredTensor& stored, const at::Tensor& target)
    {
        const at::ScalarType type = scalarTypeOf(stored.info->dtype);
        const std::uint64_t bytes = stored.info->end - stored.info->begin;
        const auto size = static_cast<std::uint64_t>(sizeOf(stored.info->dtype));
        // A slice of rows is contiguous; anything else goes through a copy of its own.
        const at::Tensor flat = target.is_contiguous()
                                    ? target.view({-1})
                                    : at::empty(target.sizes(), target.options()).view({-1});
        if (!m_buffer.defined()) {
            m_buffer = at::empty({static_cast<std::int64_t>(kPiece)}, at::kByte);
        }
        for (std::uint64_t done = 0; done < bytes; done += kPiece) {
            if (m_cancel.isCancelled()) {
                return Error{"Loading was cancelled."};
            }
            const std::uint64_t step = std::min(kPiece, bytes - done);
            if (auto got = stored.file->read(*stored.info, done, step, m_buffer.data_ptr()); !got) {
                return got;
            }
            const auto count = static_cast<std::int64_t>(step / size);
            flat.narrow(0, static_cast<std::int64_t>(done / size), count)
                .copy_(at::from_blob(m_buffer.data_ptr(), {count}, at::TensorOptions().dtype(type)));
            m_done += step;
            if (m_progress) {
                m_progress(static_cast<std::int64_t>(m_done), static_cast<std::int64_t>(m_total));
            }
        }
        if (!target.is_contiguous()) {
            target.copy_(flat.view(target.sizes()));
        }
        return {};
    }

private:
    const base::Progress& m_progress;
    const base::CancelToken& m_cancel;
    at::Tensor m_buffer;
    std::uint64_t m_done = 0;
    std::uint64_t m_total = 0;
};

Result<void> load(const std::vector<nn::NamedTensor>& targets, const ModelFolder& folder,
                  std::vector<std::string>* unused, const base::Progress& progress,
                  const base::CancelToken& cancel)
{
    const at::NoGradGuard noGrad;
    Loader loader(progress, cancel);
    std::set<std::string> used;
    for (const nn::NamedTensor& target : targets) {
        if (auto good = checkTensor(folder, target); !good) {
            return good;
        }
        const auto found = findStored(folder.tensors(), target.name);
        used.insert(found->first);
        loader.addTotal(found->second);
    }
    for (const nn::NamedTensor& target : targets) {
        if (auto copied = loader.copy(findStored(folder.tensors(), target.name)->second, target.tensor);
            !copied) {
            return copied;
        }
    }
    for (const auto& [name, tensor] : folder.tensors()) {
        const bool tied = name == "lm_head.weight" && folder.config().tiedHead;
        if (unused && !used.contains(name) && !tied && !isIgnored(name)) {
            unused->push_back(name);
        }
    }
    return {};
}

} // namespace

Dtype dtypeOf(at::ScalarType type)
{
    for (const auto& [dtype, scalar] : kTypes) {
        if (scalar == type) {
            return dtype;
        }
    }
    TORCH_CHECK(false, "safetensors cannot hold ", c10::toString(type));
}

at::ScalarType scalarTypeOf(Dtype dtype)
{
    for (const auto& [stored, scalar] : kTypes) {
        if (stored == dtype) {
            return scalar;
        }
    }
    std::abort(); // the table above holds every row
}

Result<void> loadWeights(nn::Decoder& decoder, const ModelFolder& folder, std::vector<std::string>* unused,
                         const base::Progress& progress, const base::CancelToken& cancel)
{
    try {
        return load(decoder.tensors(), folder, unused, progress, cancel);
    } catch (const std::exception& problem) {
        return Error{folder.path().string() + ": cannot load the weights: " + problem.what()};
    }
}

Result<std::shared_ptr<nn::Decoder>> loadDecoder(const ModelFolder& folder, at::Device device,
                                                 at::ScalarType dtype, const base::Progress& progress)
{
    try {
        // On the meta device nothing is allocated: a config that lies about its sizes ends here.
        nn::Decoder plan(folder.config(), at::Device(at::kMeta), dtype);
        for (const nn::NamedTensor& wanted : plan.tensors()) {
            if (auto good = checkTensor(folder, wanted); !good) {
                return good.error();
            }
        }
        auto decoder = std::make_shared<nn::Decoder>(folder.config(), device, dtype);
        if (auto loaded = loadWeights(*decoder, folder, nullptr, progress); !loaded) {
            return loaded.error();
        }
        return decoder;
    } catch (const std::exception& problem) {
        return Error{folder.path().string() + ": no room for the model ("
                     + std::to_string(folder.config().numParameters()) + " weights): " + problem.what()};
    }
}

TensorToWrite toWrite(const std::string& name, const at::Tensor& tensor)
{
    auto held = std::make_shared<at::Tensor>();
    return {name, dtypeOf(tensor.scalar_type()), tensor.sizes().vec(), [tensor, held]() -> const void* {
                *held = tensor.detach().to(at::kCPU).contiguous();
                return held->const_data_ptr();
            }};
}

Result<at::Tensor> readTensor(const StoredTensor& stored)
{
    try {
        at::Tensor tensor = at::empty(stored.info->shape, scalarTypeOf(stored.info->dtype));
        auto got =
            stored.file->read(*stored.info, 0, stored.info->end - stored.info->begin, tensor.data_ptr());
        return got ? Result<at::Tensor>(tensor) : Result<at::Tensor>(got.error());
    } catch (const std::exception& problem) {
        return Error{stored.file->path().string() + ": cannot read tensor \"" + stored.info->name
                     + "\": " + problem.what()};
    }
}

} // namespace luthier::weights
