// SPDX-License-Identifier: GPL-3.0-or-later
// LoRA: a trained low-rank update beside chosen projections of a frozen base; W x + alpha / r * B (A x).
// A starts uniform in +-1/sqrt(in) (Kaiming with a = sqrt(5), as PEFT), B with zeros: step 0 is the base.
#include "core/peft/method.h"

#include "core/nn/decoder.h"
#include "core/peft/lora_folder.h"
#include "core/weights/model_folder.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <cmath>
#include <set>

namespace luthier::peft {

namespace {

constexpr const char* kAll = "all-linear";

struct Place {
    nn::LinearGroup* group = nullptr;
    std::size_t slice = 0;
};

// As PEFT: the whole path, or what stands after one of its dots.
bool matches(const std::string& path, const std::string& target)
{
    return target == kAll || path == target || path.ends_with("." + target);
}

std::string namesOf(nn::Decoder& decoder)
{
    std::set<std::string> seen;
    std::string names;
    for (const nn::LinearGroup* group : decoder.groups()) {
        for (const nn::LinearSlice& slice : group->slices) {
            names += seen.insert(slice.name).second ? slice.name + ", " : "";
        }
    }
    return names + "or " + kAll;
}

Result<std::vector<Place>> placesOf(nn::Decoder& decoder, const std::vector<std::string>& targets)
{
    if (targets.empty()) {
        return Error{"method.target_modules: name at least one projection; there are " + namesOf(decoder)};
    }
    std::vector<bool> found(targets.size(), false);
    std::vector<Place> places;
    for (nn::LinearGroup* group : decoder.groups()) {
        for (std::size_t slice = 0; slice < group->slices.size(); ++slice) {
            const std::string path = group->slicePath(slice);
            bool wanted = false;
            for (std::size_t i = 0; i < targets.size(); ++i) {
                const bool fits = matches(path, targets[i]);
                found[i] = found[i] || fits;
                wanted = wanted || fits;
            }
            if (wanted) {
                places.push_back({group, slice});
            }
        }
    }
    if (const auto missing = std::find(found.begin(), found.end(), false); missing != found.end()) {
        return Error{"method.target_modules: this model has no projection \""
                     + targets[static_cast<std::size_t>(missing - found.begin())] + "\"; there are "
                     + namesOf(decoder)};
    }
    return places;
}

// fp32 costs nothing on the CPU. On a GPU the thin products of a bf16 model run in bf16; the optimizer keeps a
// fp32 master copy of such leaves, so that no small step is lost.
at::ScalarType adapterDtype(const nn::Decoder& decoder)
{
    return decoder.device().is_cuda() ? decoder.dtype() : at::kFloat;
}

Result<void> attach(nn::Decoder& decoder, const config::MethodSettings& settings, std::uint64_t seed)
{
    auto places = placesOf(decoder, settings.targetModules);
    if (!places) {
        return places.error();
    }
    const at::NoGradGuard noGrad;
    decoder.setBaseTrainable(false);
    const auto options = at::TensorOptions().device(decoder.device()).dtype(adapterDtype(decoder));
    // Drawn on the CPU, so that a seed gives the same start on every device.
    at::Generator generator = at::make_generator<at::CPUGeneratorImpl>(seed);
    for (const auto& [group, slice] : *places) {
        const std::int64_t in = group->weight.size(1);
        const double bound = 1 / std::sqrt(static_cast<double>(in));
        const at::Tensor start = at::empty({settings.rank, in}, at::kFloat).uniform_(-bound, bound, generator);
        nn::LowRank adapter;
        adapter.slice = slice;
        adapter.a = start.to(options);
        adapter.b = at::zeros({group->slices[slice].size, settings.rank}, options);
        adapter.scale = settings.alpha / static_cast<double>(settings.rank);
        adapter.dropout = settings.dropout;
        adapter.a.set_requires_grad(true);
        adapter.b.set_requires_grad(true);
        group->adapters.push_back(std::move(adapter));
    }
    return {};
}

std::vector<nn::NamedTensor> trainable(nn::Decoder& decoder)
{
    std::vector<nn::NamedTensor> leaves;
    for (nn::LinearGroup* group : decoder.groups()) {
        for (const nn::LowRank& adapter : group->adapters) {
            if (adapter.a.requires_grad()) {
                const std::string path = group->slicePath(adapter.slice);
                leaves.push_back({path + ".lora_A.weight", adapter.a});
                leaves.push_back({path + ".lora_B.weight", adapter.b});
            }
        }
    }
    return leaves;
}

Result<void> save(nn::Decoder& decoder, const config::MethodSettings& settings,
                  const std::filesystem::path& baseFolder, const std::filesystem::path& target)
{
    LoraFolderInfo info{settings.rank, settings.alpha, settings.dropout, settings.targetModules,
                        baseFolder.string(), {}};
    if (auto base = weights::ModelFolder::open(baseFolder)) {
        auto fingerprint = base->fingerprint();
        if (!fingerprint) {
            return fingerprint.error();
        }
        info.baseFingerprint = *fingerprint;
    }
    return saveLoraFolder(decoder, target, info);
}

} // namespace

Method loraMethod()
{
    return {"lora",
            "LoRA",
            "Trains a small adapter beside the frozen model: little memory, a small file, and the base stays as it "
            "is. The usual choice.",
            {"rank", "alpha", "dropout", "target_modules"},
            true,
            2e-4,
            attach,
            trainable,
            save};
}

} // namespace luthier::peft
