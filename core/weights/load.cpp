// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/weights/load.h"

#include "core/nn/families/weight_names.h"
#include "core/nn/layer_shards.h"
#include "core/weights/source_names.h"
#include "core/weights/stored_codes.h"
#include "core/weights/stored_names.h"
#include "core/weights/tensor_loader.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <cstdlib>
#include <set>
#include <utility>

namespace luthier::weights {

namespace {

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

// Also what belongs to pictures, which are not read here.
bool isIgnored(const std::string& name)
{
    return isComputed(name) || name.starts_with("vision_tower.") || name.starts_with("model.vision_tower.")
           || name.find("multi_modal_projector.") != std::string::npos;
}

// What a decoder needs from the folder: tensors, and projections that are held in codes.
class Filling {
public:
    Filling(nn::Decoder& decoder, const ModelFolder& folder, const base::Progress& progress, const base::CancelToken& cancel)
        : m_decoder(decoder), m_folder(folder), m_transposed(nn::weightNames(decoder.config()).transposed),
          m_loader(progress, cancel)
    {
    }

    // Groups whose slices are not all in codes take numbers; then everything must be there in its shape.
    Result<void> check();
    Result<void> fill();
    std::vector<std::string> unused() const;

private:
    bool isStoredWhole(const nn::LinearGroup& group) const;
    Result<void> fillSlice(nn::LinearGroup& group, std::size_t slice);
    Result<void> fillTensor(const nn::NamedTensor& target);
    Result<void> fillSplit(nn::LinearGroup& group);
    Result<quant::QuantisedWeight> codesOf(const std::string& name, std::int64_t rows, std::int64_t columns);
    void use(const std::string& name);

    nn::Decoder& m_decoder;
    const ModelFolder& m_folder;
    bool m_transposed;
    TensorLoader m_loader;
    std::set<std::string> m_used;
};

bool Filling::isStoredWhole(const nn::LinearGroup& group) const
{
    std::size_t codes = 0;
    for (std::size_t i = 0; i < group.slices.size(); ++i) {
        codes += holdsCodes(m_folder, group.slicePath(i) + ".weight") ? 1 : 0;
    }
    return codes == group.slices.size() || (codes == 0 && m_folder.config().storedAs.empty());
}

void Filling::use(const std::string& name)
{
    for (const std::string& part : codeTensors(m_folder, name)) {
        if (const auto found = m_folder.tensors().find(part); found != m_folder.tensors().end()) {
            m_used.insert(part);
            m_loader.addTotal(found->second);
        }
    }
}

Result<void> Filling::check()
{
    for (nn::LinearGroup* group : m_decoder.groups()) {
        if (group->isQuantised() && !isStoredWhole(*group)) {
            group->holdNumbers();
            if (m_decoder.shards()) {
                group->weight = at::empty(group->weight.sizes(), group->weight.options().device(at::kMeta));
            }
        }
        for (std::size_t i = 0; i < group->quantised.size(); ++i) {
            const std::string name = group->slicePath(i) + ".weight";
            std::vector<std::int64_t> shape{group->quantised[i].rows, group->quantised[i].columns};
            if (m_transposed) {
                std::swap(shape[0], shape[1]);
            }
            auto good = holdsCodes(m_folder, name) ? Result<void>() : checkStored(m_folder, name, shape);
            if (!good) {
                return good;
            }
            use(name);
        }
    }
    for (const nn::NamedTensor& wanted : m_decoder.tensors()) {
        const bool codes = holdsCodes(m_folder, wanted.name);
        if (auto good = checkStored(m_folder, wanted.name, wanted.tensor.sizes().vec()); !codes && !good) {
            return good;
        }
        use(wanted.name);
    }
    return {};
}

Result<quant::QuantisedWeight> Filling::codesOf(const std::string& name, std::int64_t rows, std::int64_t columns)
{
    auto codes = readCodes(m_folder, name, rows, columns);
    for (const std::string& part : codeTensors(m_folder, name)) {
        if (const auto found = m_folder.tensors().find(part); found != m_folder.tensors().end()) {
            m_loader.count(found->second);
        }
    }
    return codes;
}

Result<void> Filling::fillSlice(nn::LinearGroup& group, std::size_t slice)
{
    const std::string name = group.slicePath(slice) + ".weight";
    quant::QuantisedWeight& target = group.quantised[slice];
    if (!holdsCodes(m_folder, name)) {
        return m_loader.quantise(findStored(m_folder.tensors(), name)->second, target, m_transposed);
    }
    auto codes = codesOf(name, target.rows, target.columns);
    if (!codes) {
        return codes.error();
    }
    target = quant::onDevice(std::move(*codes), target.codes.device());
    return {};
}

Result<void> Filling::fillTensor(const nn::NamedTensor& target)
{
    if (!holdsCodes(m_folder, target.name)) {
        const auto found = findStored(m_folder.tensors(), target.name);
        return m_loader.copy(found->second, target.tensor);
    }
    // Numbers are wanted, codes are stored.
    const at::Tensor matrix = m_transposed ? target.tensor.t() : target.tensor;
    auto codes = codesOf(target.name, matrix.size(0), matrix.size(1));
    if (!codes) {
        return codes.error();
    }
    const at::Tensor numbers = at::empty(matrix.sizes(), at::TensorOptions().dtype(matrix.scalar_type()));
    quant::dequantise(*codes, numbers);
    matrix.copy_(numbers);
    return {};
}

// Its numbers or codes, and of them what this rank keeps.
Result<void> Filling::fillSplit(nn::LinearGroup& group)
{
    m_decoder.shards()->makeRoom(group);
    for (std::size_t i = 0; i < group.slices.size(); ++i) {
        const at::Tensor weight = group.isQuantised() ? at::Tensor() : group.sliceWeight(i);
        auto done = group.isQuantised() ? fillSlice(group, i)
                                        : fillTensor({group.slicePath(i) + ".weight", m_transposed ? weight.t() : weight});
        if (!done) {
            return done;
        }
    }
    m_decoder.shards()->split(group);
    return {};
}

Result<void> Filling::fill()
{
    std::set<std::string> split;
    for (nn::LinearGroup* group : m_decoder.groups()) {
        if (m_decoder.shards()) {
            if (auto done = fillSplit(*group); !done) {
                return done;
            }
            for (std::size_t i = 0; i < group->slices.size(); ++i) {
                split.insert(group->slicePath(i) + ".weight");
            }
            continue;
        }
        for (std::size_t i = 0; i < group->quantised.size(); ++i) {
            if (auto done = fillSlice(*group, i); !done) {
                return done;
            }
        }
    }
    for (const nn::NamedTensor& target : m_decoder.tensors()) {
        if (auto done = split.contains(target.name) ? Result<void>() : fillTensor(target); !done) {
            return done;
        }
    }
    return {};
}

std::vector<std::string> Filling::unused() const
{
    std::vector<std::string> names;
    for (const auto& [name, tensor] : m_folder.tensors()) {
        const bool tied = name == "lm_head.weight" && m_folder.config().tiedHead;
        if (!m_used.contains(name) && !tied && !isIgnored(name)) {
            names.push_back(name);
        }
    }
    return names;
}

// How the projections are to be held: as the folder stores them, or as is asked.
Result<std::optional<quant::Quantisation>> heldAs(const ModelFolder& folder, std::optional<quant::Quantisation> asked)
{
    const quant::CodeTable* stored = quant::findCodeTable(folder.config().storedAs);
    if (stored && asked && asked->kind != stored->kind) {
        return Error{folder.path().string() + ": the weights are stored as " + std::string(stored->id)
                     + " already and cannot become " + std::string(quant::codeTable(asked->kind).id)
                     + "; set model.quantization to auto"};
    }
    return stored ? std::optional(quant::Quantisation{stored->kind, true}) : asked;
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
        const at::NoGradGuard noGrad;
        Filling filling(decoder, folder, progress, cancel);
        auto done = filling.check();
        done = done ? filling.fill() : std::move(done);
        if (done && unused) {
            *unused = filling.unused();
        }
        return done;
    } catch (const std::exception& problem) {
        return Error{folder.path().string() + ": cannot load the weights: " + problem.what()};
    }
}

Result<std::shared_ptr<nn::Decoder>> loadDecoder(const ModelFolder& folder, at::Device device, at::ScalarType dtype,
                                                 const base::Progress& progress, std::optional<quant::Quantisation> asked,
                                                 std::shared_ptr<nn::LayerShards> shards)
{
    try {
        const auto held = heldAs(folder, asked);
        if (!held) {
            return held.error();
        }
        // On the meta device nothing is allocated: a config that lies about its sizes ends here.
        nn::Decoder plan(folder.config(), at::Device(at::kMeta), dtype, *held);
        if (auto good = Filling(plan, folder, {}, {}).check(); !good) {
            return good.error();
        }
        auto decoder = std::make_shared<nn::Decoder>(folder.config(), device, dtype, *held, std::move(shards));
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
