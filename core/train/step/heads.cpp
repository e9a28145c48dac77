// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/step/heads.h"

#include "core/base/hash.h"
#include "core/weights/load.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/ops/empty.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <memory>

namespace luthier::train {

namespace {

constexpr const char* kFile = "heads.safetensors";

} // namespace

std::vector<nn::NamedTensor> makeHeads(const std::vector<objectives::Head>& heads, std::uint64_t seed, at::Device device)
{
    std::vector<nn::NamedTensor> leaves;
    for (const objectives::Head& head : heads) {
        // By name, so that a further head changes no other's start.
        at::Generator generator = at::detail::createCPUGenerator(seed ^ base::rowHash(head.name));
        const at::Tensor start = at::empty(head.sizes, at::kFloat);
        head.deviation > 0 ? start.normal_(0, head.deviation, generator) : start.zero_();
        leaves.push_back({"objective." + head.name, start.to(device).requires_grad_(true)});
    }
    return leaves;
}

Result<void> saveHeads(const std::vector<nn::NamedTensor>& heads, const std::filesystem::path& folder)
{
    std::vector<weights::TensorToWrite> all;
    for (const auto& [name, tensor] : heads) {
        all.push_back(weights::toWrite(name, tensor.detach()));
    }
    return weights::writeSafetensors(folder / kFile, std::move(all));
}

Result<void> readHeads(std::vector<nn::NamedTensor>& heads, const std::filesystem::path& folder)
{
    const at::NoGradGuard noGrad;
    auto opened = weights::SafetensorsFile::open(folder / kFile);
    if (!opened) {
        return opened.error();
    }
    const std::shared_ptr<const weights::SafetensorsFile> file = *opened;
    std::vector<at::Tensor> found;
    for (const auto& [name, tensor] : heads) {
        const auto& infos = file->tensors();
        const auto info = std::find_if(infos.begin(), infos.end(), [&, &wanted = name](const auto& i) { return i.name == wanted; });
        auto read = info == infos.end() ? Result<at::Tensor>(Error{(folder / kFile).string() + ": \"" + name + "\" is missing"})
                                        : weights::readTensor({file, &*info});
        if (!read) {
            return read.error();
        }
        if (!read->sizes().equals(tensor.sizes())) {
            return Error{(folder / kFile).string() + ": \"" + name + "\" has another shape; it was made with another model"};
        }
        found.push_back(*read);
    }
    for (std::size_t i = 0; i < heads.size(); ++i) {
        heads[i].tensor.copy_(found[i]);
    }
    return {};
}

} // namespace luthier::train
