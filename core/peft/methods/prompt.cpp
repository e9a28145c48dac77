// SPDX-License-Identifier: GPL-3.0-or-later
// Prompt tuning: trained embeddings in front of each text; random (normal, as PEFT) or a text's own at the start.
// PEFT's layout: one tensor "prompt_embeddings", [n, d].
#include "core/peft/methods/method.h"

#include "core/nn/decoder.h"
#include "core/peft/folders/adapter_file.h"
#include "core/peft/folders/adapter_settings.h"
#include "core/peft/targets.h"
#include "core/peft/methods/virtual_tokens.h"
#include "core/text/tokenizers/tokenizer.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/embedding.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/tensor.h>
#include <c10/core/GradMode.h>

namespace luthier::peft {

namespace prompt_method {
namespace {

const fields::Section& settingsSection()
{
    static const auto section = fields::section<MethodSettings, PromptSettings>({
        fields::field<&PromptSettings::text>("prompt_text", "Start text", "The virtual tokens start as this text's, cut or repeated to their number. Empty: random.", {}),
    });
    return section;
}

constexpr const char* kTensor = "prompt_embeddings";

// The embeddings of the text's tokens, cut or repeated to `count`, as the decoder reads them.
Result<at::Tensor> fromText(nn::Decoder& decoder, const std::string& text, std::int64_t count,
                            const std::filesystem::path& folder)
{
    auto tokenizer = text::loadTokenizer(folder);
    if (!tokenizer) {
        return Error{"method.prompt_text: " + tokenizer.message()};
    }
    const std::vector<text::TokenId> ids = (*tokenizer)->ids(text);
    if (ids.empty()) {
        return Error{"method.prompt_text: the text has no tokens"};
    }
    std::vector<std::int64_t> repeated;
    for (std::int64_t i = 0; i < count; ++i) {
        const auto id = static_cast<std::int64_t>(ids[static_cast<std::size_t>(i) % ids.size()]);
        if (id >= decoder.config().vocab) {
            return Error{"method.prompt_text: token " + std::to_string(id) + " is not in the model's vocabulary"};
        }
        repeated.push_back(id);
    }
    const at::Tensor table = decoder.baseLeaves().front().tensor.detach();
    if (table.is_meta()) { // measured without a weight: the size alone counts, and there is nothing to look up
        return at::empty({count, table.size(1)}, table.options().dtype(at::kFloat));
    }
    const at::Tensor rows
        = at::embedding(table, at::tensor(repeated, at::kLong).to(decoder.device()));
    return rows.to(at::kFloat) * decoder.config().embeddingScale;
}

Result<void> attach(nn::Decoder& decoder, const MethodSettings& settings, const Start& start)
{
    const std::string& text = settings.of<PromptSettings>().text;
    const std::int64_t tokens = settings.of<VirtualTokens>().count;
    const at::NoGradGuard noGrad;
    at::Tensor prompt;
    if (text.empty()) {
        at::Generator generator = at::make_generator<at::CPUGeneratorImpl>(start.seed);
        prompt = at::empty({tokens, decoder.config().hidden}, at::kFloat).normal_(0, 1, generator);
    } else {
        auto embedded = fromText(decoder, text, tokens, start.baseFolder);
        if (!embedded) {
            return embedded.error();
        }
        prompt = *embedded;
    }
    decoder.setBaseTrainable(false);
    decoder.extras().prompt = prompt.to(smallOptions(decoder)).set_requires_grad(true);
    return {};
}

std::vector<nn::NamedTensor> trainable(nn::Decoder& decoder)
{
    const at::Tensor& prompt = decoder.extras().prompt;
    return prompt.defined() && prompt.requires_grad() ? std::vector<nn::NamedTensor>{{kTensor, prompt}}
                                                      : std::vector<nn::NamedTensor>();
}

Json configOf(const nn::DecoderConfig& model, const PromptSettings& settings, std::int64_t tokens,
              const std::string& base)
{
    const bool text = !settings.text.empty();
    return Json{
        {"auto_mapping", nullptr},
        {"base_model_name_or_path", base},
        {"inference_mode", true},
        {"modules_to_save", nullptr},
        {"num_attention_heads", model.heads},
        {"num_layers", model.layers},
        {"num_transformer_submodules", 1},
        {"num_virtual_tokens", tokens},
        {"peft_type", "PROMPT_TUNING"},
        {"prompt_tuning_init", text ? "TEXT" : "RANDOM"},
        {"prompt_tuning_init_text", text ? Json(settings.text) : Json()},
        {"revision", nullptr},
        {"task_type", "CAUSAL_LM"},
        {"token_dim", model.hidden},
        {"tokenizer_kwargs", nullptr},
        {"tokenizer_name_or_path", text ? Json(base) : Json()},
    };
}

Result<void> save(nn::Decoder& decoder, const MethodSettings& settings,
                  const std::filesystem::path& baseFolder, const std::filesystem::path& target)
{
    const at::Tensor& prompt = decoder.extras().prompt;
    if (!prompt.defined()) {
        return Error{target.string() + ": the model has no virtual tokens to save"};
    }
    auto fingerprint = fingerprintOf(baseFolder);
    if (!fingerprint) {
        return fingerprint.error();
    }
    return writeAdapter(target, "adapter_model.safetensors", {{kTensor, prompt}},
                        configOf(decoder.config(), settings.of<PromptSettings>(), prompt.size(0), baseFolder.string()), *fingerprint);
}

Result<void> open(nn::Decoder& decoder, AdapterFile& file)
{
    auto tokens = file.virtualTokens(decoder);
    if (!tokens) {
        return tokens.error();
    }
    auto prompt = file.read(kTensor, {*tokens, decoder.config().hidden});
    if (!prompt) {
        return prompt.error();
    }
    if (auto good = file.checkAllRead(); !good) {
        return good;
    }
    decoder.extras().prompt = prompt->to(smallOptions(decoder));
    return {};
}

Result<std::vector<AdapterSetting>> settingsOf(const AdapterFile& file)
{
    auto tokens = file.count("num_virtual_tokens", 0, 1, 1'000'000);
    if (!tokens) {
        return tokens.error();
    }
    const Json text = file.config().value("prompt_tuning_init_text", Json());
    const bool fromText = file.config().value("prompt_tuning_init", Json()) == "TEXT" && text.is_string();
    return std::vector<AdapterSetting>{{"num_virtual_tokens", *tokens},
                                       {"prompt_text", fromText ? text.get<std::string>() : std::string()}};
}

Result<void> train(nn::Decoder& decoder, const MethodSettings&)
{
    decoder.setBaseTrainable(false);
    decoder.extras().prompt.set_requires_grad(true);
    return {};
}

} // namespace
} // namespace prompt_method

Method promptMethod()
{
    return {{"prompt",
             "Prompt tuning",
             "Trains some virtual tokens that stand before every text: a tiny file, for one steady task on a large "
             "model.",
             {&virtualTokensSection(), &prompt_method::settingsSection()}},
            true,
            3e-2,
            prompt_method::attach,
            prompt_method::trainable,
            prompt_method::save,
            "PROMPT_TUNING",
            prompt_method::open,
            false,
            {},
            prompt_method::settingsOf,
            prompt_method::train};
}

} // namespace luthier::peft
