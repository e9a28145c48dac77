// SPDX-License-Identifier: GPL-3.0-or-later
// Prefix tuning: trained keys and values in front of every layer's own, by themselves or made while training by a network
// of an embedding and two linear layers. PEFT's layout: one tensor "prompt_embeddings", [n, 2 L K D]; the network is
// evaluated into it, so training goes on from a checkpoint, not from the adapter.
#include "core/peft/methods/method.h"

#include "core/nn/decoder.h"
#include "core/peft/folders/adapter_file.h"
#include "core/peft/folders/adapter_settings.h"
#include "core/peft/targets.h"
#include "core/peft/methods/virtual_tokens.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <c10/core/GradMode.h>

#include <cmath>

namespace luthier::peft {

namespace prefix_method {
namespace {

const fields::Section& settingsSection()
{
    using fields::field;
    static const auto section = fields::section<MethodSettings, PrefixSettings>({
        field<&PrefixSettings::projection>("prefix_projection", "Projection", "Makes the prefix with a small network while training, which steadies it. Usually off.", {}),
        field<&PrefixSettings::encoderHiddenSize>("encoder_hidden_size", "Projection width", "Width of the projection's middle. 0: as wide as a layer's keys; up to 65536.", {.low = 0, .high = 65536}, {.advanced = true}),
    });
    return section;
}

constexpr const char* kTensor = "prompt_embeddings";

std::int64_t tokenWidth(const nn::DecoderConfig& model)
{
    return model.kvHeads * model.headDim;
}

std::int64_t prefixWidth(const nn::DecoderConfig& model)
{
    return 2 * model.layers * tokenWidth(model);
}

std::int64_t encoderWidth(const nn::DecoderConfig& model, const PrefixSettings& settings)
{
    return settings.encoderHiddenSize > 0 ? settings.encoderHiddenSize : tokenWidth(model);
}

// Embeddings normal, linear layers uniform in +-1/sqrt(in), as torch makes them.
nn::Prefix startOf(const nn::DecoderConfig& model, const MethodSettings& method, std::uint64_t seed,
                   const at::TensorOptions& options)
{
    const auto& settings = method.of<PrefixSettings>();
    const std::int64_t tokens = method.of<VirtualTokens>().count;
    at::Generator generator = at::make_generator<at::CPUGeneratorImpl>(seed);
    const auto normal = [&](std::int64_t rows, std::int64_t columns) {
        return at::empty({rows, columns}, at::kFloat).normal_(0, 1, generator).to(options).set_requires_grad(true);
    };
    const auto uniform = [&](std::vector<std::int64_t> shape, std::int64_t in) {
        const double bound = 1 / std::sqrt(static_cast<double>(in));
        return at::empty(shape, at::kFloat).uniform_(-bound, bound, generator).to(options).set_requires_grad(true);
    };
    nn::Prefix prefix;
    if (!settings.projection) {
        prefix.values = normal(tokens, prefixWidth(model));
        return prefix;
    }
    const std::int64_t in = tokenWidth(model);
    const std::int64_t wide = encoderWidth(model, settings);
    prefix.embedding = normal(tokens, in);
    prefix.hiddenWeight = uniform({wide, in}, in);
    prefix.hiddenBias = uniform({wide}, in);
    prefix.outWeight = uniform({prefixWidth(model), wide}, wide);
    prefix.outBias = uniform({prefixWidth(model)}, wide);
    return prefix;
}

Result<void> attach(nn::Decoder& decoder, const MethodSettings& settings, const Start& start)
{
    const at::NoGradGuard noGrad;
    decoder.setBaseTrainable(false);
    decoder.extras().prefix = startOf(decoder.config(), settings, start.seed, smallOptions(decoder));
    return {};
}

std::vector<nn::NamedTensor> trainable(nn::Decoder& decoder)
{
    const nn::Prefix& prefix = decoder.extras().prefix;
    std::vector<nn::NamedTensor> list;
    for (const auto& [name, tensor] :
         {nn::NamedTensor{kTensor, prefix.values}, {"prompt_encoder.embedding.weight", prefix.embedding},
          {"prompt_encoder.transform.0.weight", prefix.hiddenWeight},
          {"prompt_encoder.transform.0.bias", prefix.hiddenBias},
          {"prompt_encoder.transform.2.weight", prefix.outWeight},
          {"prompt_encoder.transform.2.bias", prefix.outBias}}) {
        if (tensor.defined() && tensor.requires_grad()) {
            list.push_back({name, tensor});
        }
    }
    return list;
}

Json configOf(const nn::DecoderConfig& model, const PrefixSettings& settings, std::int64_t tokens,
              const std::string& base)
{
    return Json{
        {"auto_mapping", nullptr},
        {"base_model_name_or_path", base},
        {"encoder_hidden_size", encoderWidth(model, settings)},
        {"inference_mode", true},
        {"init_weights", nullptr},
        {"modules_to_save", nullptr},
        {"num_attention_heads", model.kvHeads},
        {"num_layers", model.layers},
        {"num_transformer_submodules", 1},
        {"num_virtual_tokens", tokens},
        {"peft_type", "PREFIX_TUNING"},
        {"prefix_projection", settings.projection},
        {"revision", nullptr},
        {"task_type", "CAUSAL_LM"},
        {"token_dim", tokenWidth(model)},
    };
}

Result<void> save(nn::Decoder& decoder, const MethodSettings& settings,
                  const std::filesystem::path& baseFolder, const std::filesystem::path& target)
{
    const nn::Prefix& prefix = decoder.extras().prefix;
    if (!prefix.exists()) {
        return Error{target.string() + ": the model has no prefix to save"};
    }
    auto fingerprint = fingerprintOf(baseFolder);
    if (!fingerprint) {
        return fingerprint.error();
    }
    const at::NoGradGuard noGrad;
    return writeAdapter(target, "adapter_model.safetensors", {{kTensor, prefix.evaluated()}},
                        configOf(decoder.config(), settings.of<PrefixSettings>(), prefix.tokens(), baseFolder.string()), *fingerprint);
}

Result<void> open(nn::Decoder& decoder, AdapterFile& file)
{
    auto tokens = file.virtualTokens(decoder);
    if (!tokens) {
        return tokens.error();
    }
    auto values = file.read(kTensor, {*tokens, prefixWidth(decoder.config())});
    if (!values) {
        return values.error();
    }
    if (auto good = file.checkAllRead(); !good) {
        return good;
    }
    decoder.extras().prefix = {};
    decoder.extras().prefix.values = values->to(smallOptions(decoder));
    return {};
}

// The network that made the values is not in the file: training goes on with the values themselves.
Result<std::vector<AdapterSetting>> settingsOf(const AdapterFile& file)
{
    auto tokens = file.count("num_virtual_tokens", 0, 1, 1'000'000);
    if (!tokens) {
        return tokens.error();
    }
    return std::vector<AdapterSetting>{{"num_virtual_tokens", *tokens}, {"prefix_projection", false}};
}

Result<void> train(nn::Decoder& decoder, const MethodSettings&)
{
    decoder.setBaseTrainable(false);
    decoder.extras().prefix.values.set_requires_grad(true);
    return {};
}

} // namespace
} // namespace prefix_method

Method prefixMethod()
{
    return {{"prefix",
             "Prefix tuning",
             "Trains keys and values that every layer sees before the text: more room than prompt tuning, still a small "
             "file.",
             {&virtualTokensSection(), &prefix_method::settingsSection()}},
            true,
            3e-2,
            prefix_method::attach,
            prefix_method::trainable,
            prefix_method::save,
            "PREFIX_TUNING",
            prefix_method::open,
            false,
            {},
            prefix_method::settingsOf,
            prefix_method::train};
}

} // namespace luthier::peft
