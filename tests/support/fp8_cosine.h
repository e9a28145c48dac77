// SPDX-License-Identifier: GPL-3.0-or-later
// What products in 8-bit floats do to the gradients of the bundled model's adapters on its own data: their cosine with those in
// bf16. For the CPU's plain body (tst_fp8) and a card's kernels (card_fp8).
#pragma once

#include "core/base/files.h"
#include "core/base/json.h"
#include "core/nn/decoder.h"
#include "core/peft/methods/lora_settings.h"
#include "core/peft/methods/method.h"
#include "core/text/tokenizers/tokenizer.h"
#include "core/weights/load.h"
#include "core/weights/model_folder.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/tensor.h>
#include <c10/core/GradMode.h>

#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

namespace luthier::support {

// Of all adapters, as one vector.
inline at::Tensor adapterGradients(nn::Decoder& decoder, const std::vector<nn::NamedTensor>& leaves, const at::Tensor& ids)
{
    nn::ForwardInput input{ids, {}};
    input.pass.training = true;
    const at::Tensor logits = decoder.hidden(input).flatten(0, 1).matmul(decoder.head().t()).to(at::kFloat);
    const std::int64_t count = logits.size(0) - 1;
    at::cross_entropy_loss(logits.narrow(0, 0, count), ids.flatten().narrow(0, 1, count)).backward();
    std::vector<at::Tensor> all;
    for (const nn::NamedTensor& leaf : leaves) {
        all.push_back(leaf.tensor.grad().to(at::kDouble).flatten());
        leaf.tensor.mutable_grad() = at::Tensor();
    }
    return at::cat(all);
}

// Adapters of all projections; `noise`: of their numbers, 0: as a run begins with them.
inline std::vector<nn::NamedTensor> attachedAdapters(nn::Decoder& decoder, double noise)
{
    peft::MethodSettings settings;
    settings.kind = "lora";
    settings.of<peft::LoraSettings>().targetModules = {"all-linear"};
    settings.of<peft::LoraSettings>().dropout = 0;
    const auto* method = peft::findMethod("lora");
    if (!method->attach(decoder, settings, {5, {}})) {
        return {};
    }
    const auto leaves = method->trainable(decoder);
    const at::NoGradGuard noGrad;
    for (const nn::NamedTensor& leaf : leaves) {
        if (noise > 0) {
            leaf.tensor.normal_(0, noise);
        }
    }
    return leaves;
}

// `hold` makes the decoder's products 8-bit ones. Below -1: something could not be read.
template <class Hold>
double bundledCosine(const std::filesystem::path& resources, const std::filesystem::path& datasets, at::Device device, const Hold& hold)
{
    constexpr std::int64_t kRows = 8;
    constexpr std::int64_t kTokens = 128;
    const auto folder = weights::ModelFolder::open(resources / "models" / "luthier-tiny");
    const auto tokenizer = text::loadTokenizer(resources / "models" / "luthier-tiny");
    const auto rows = base::readFile(datasets / "workshop_instructions.jsonl");
    auto decoder = folder ? weights::loadDecoder(*folder, device, at::kBFloat16) : Result<std::shared_ptr<nn::Decoder>>(folder.error());
    if (!tokenizer || !rows || !decoder) {
        return -2;
    }
    std::vector<std::int64_t> ids;
    std::istringstream lines(*rows);
    for (std::string line; static_cast<std::int64_t>(ids.size()) < kRows * kTokens && std::getline(lines, line);) {
        const auto row = base::parseJson(line);
        if (!row) {
            return -2;
        }
        for (const text::Token& token : (*tokenizer)->encode(row->at("instruction").get<std::string>() + "\n" + row->at("output").get<std::string>())) {
            ids.push_back(token.id);
        }
    }
    ids.resize(kRows * kTokens);
    const at::Tensor batch = at::tensor(ids, at::kLong).view({kRows, kTokens}).to(device);
    const auto leaves = attachedAdapters(**decoder, 0);
    const at::Tensor plain = adapterGradients(**decoder, leaves, batch);
    hold(**decoder);
    const at::Tensor coded = adapterGradients(**decoder, leaves, batch);
    return plain.equal(coded) ? -3 : (plain.dot(coded) / (plain.norm() * coded.norm())).item<double>();
}

} // namespace luthier::support
