// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/peft/methods/loose_start.h"

#include "core/nn/decoder.h"
#include "core/nn/families/weight_names.h"
#include "core/peft/loose_lora.h"
#include "core/peft/targets.h"
#include "core/text/tokenizers/tokenizer.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace luthier::peft {

namespace {

bool isTable(const std::string& path, const std::string& target)
{
    return path == target || path.substr(path.rfind('.') + 1) == target;
}

// A number is an id, anything else a token as it is spelt.
Result<std::vector<std::int64_t>> tokensOf(const std::vector<std::string>& named, std::int64_t vocab, const std::filesystem::path& baseFolder)
{
    std::vector<std::int64_t> ids;
    std::shared_ptr<const text::Tokenizer> tokenizer;
    for (const std::string& name : named) {
        std::int64_t id = -1;
        const char* end = name.data() + name.size();
        if (std::from_chars(name.data(), end, id).ptr != end) {
            if (!tokenizer) {
                auto opened = text::loadTokenizer(baseFolder);
                if (!opened) {
                    return opened.error();
                }
                tokenizer = std::move(*opened);
            }
            const auto found = tokenizer->idOf(name);
            if (!found) {
                return Error{"method.trainable_token_indices: the vocabulary has no token \"" + name + "\""};
            }
            id = *found;
        }
        if (id < 0 || id >= vocab) {
            return Error{"method.trainable_token_indices: there is no token " + name + "; the model has " + std::to_string(vocab)};
        }
        if (std::find(ids.begin(), ids.end(), id) != ids.end()) {
            return Error{"method.trainable_token_indices: the token " + name + " is named twice"};
        }
        ids.push_back(id);
    }
    return ids;
}

Result<void> checkLoose(const nn::Decoder& decoder, const LooseTargets& targets, const LoraSettings& settings)
{
    const std::string embedding = nn::weightNames(decoder.config()).embedding;
    if (targets.any() && (settings.useDora || settings.loraBias)) {
        return Error{std::string("method.target_modules: embedding and head take no ") + (settings.useDora ? "DoRA" : "bias of the update (lora_bias)")
                     + "; leave them out or train them whole (modules_to_save)"};
    }
    if (targets.embedding && !settings.tokens.empty()) {
        return Error{"method.trainable_token_indices: the embedding is adapted as a whole by target_modules already; choose one of the two"};
    }
    for (const auto& [path, isAdapted] : {std::pair{embedding, targets.embedding || !settings.tokens.empty()}, {std::string(kHeadPath), targets.head}}) {
        const bool isWhole = std::any_of(settings.modulesToSave.begin(), settings.modulesToSave.end(),
                                         [&path](const std::string& module) { return !module.empty() && path.ends_with(module); });
        if (isAdapted && isWhole) {
            return Error{"method.modules_to_save: " + path + " is trained whole and adapted at once; choose one of the two"};
        }
    }
    return {};
}

void attachTable(nn::TableUpdate& update, bool isHead, std::int64_t rank, const nn::Decoder& decoder, double scale, at::Generator generator)
{
    const auto options = thinOptions(decoder);
    const std::int64_t hidden = decoder.config().hidden;
    const std::int64_t vocab = decoder.config().vocab;
    const double bound = 1 / std::sqrt(static_cast<double>(hidden));
    update.isHead = isHead;
    update.scale = scale;
    update.a = isHead ? at::empty({rank, hidden}, at::kFloat).uniform_(-bound, bound, generator).to(options) : at::zeros({rank, vocab}, options);
    update.b = isHead ? at::zeros({vocab, rank}, options) : at::empty({hidden, rank}, at::kFloat).normal_(0, 1, generator).to(options);
    update.a.set_requires_grad(true);
    update.b.set_requires_grad(true);
}

} // namespace

LooseTargets looseTargets(const nn::Decoder& decoder, const std::vector<std::string>& targets)
{
    const std::string embedding = nn::weightNames(decoder.config()).embedding;
    LooseTargets loose;
    for (const std::string& target : targets) {
        const bool isEmbedding = isTable(embedding, target);
        const bool isHead = target == kHeadPath;
        loose.embedding = loose.embedding || isEmbedding;
        loose.head = loose.head || isHead;
        if (!isEmbedding && !isHead) {
            loose.projections.push_back(target);
        }
    }
    return loose;
}

Result<void> attachLoose(nn::Decoder& decoder, const LooseTargets& targets, const LoraSettings& settings, const LoraConfig& config,
                         const LooseSeed& seed)
{
    auto checked = checkLoose(decoder, targets, settings);
    auto tokens = checked ? tokensOf(settings.tokens, decoder.config().vocab, seed.baseFolder) : Result<std::vector<std::int64_t>>(checked.error());
    if (!tokens) {
        return tokens.error();
    }
    const std::string embedding = nn::weightNames(decoder.config()).embedding;
    nn::Extras& extras = decoder.extras();
    if (targets.embedding) {
        attachTable(extras.embedding, false, config.rankFor(embedding), decoder, config.scaleFor(embedding), seed.generator);
    }
    if (targets.head) {
        attachTable(extras.head, true, config.rankFor(kHeadPath), decoder, config.scaleFor(kHeadPath), seed.generator);
    }
    if (!tokens->empty()) {
        const at::Tensor table = decoder.replaceableTensor(embedding + ".weight").detach();
        const auto count = static_cast<std::int64_t>(tokens->size());
        const at::Tensor rows = table.is_meta() ? at::empty({count, decoder.config().hidden}, smallOptions(decoder))
                                                : table.index_select(0, at::tensor(*tokens, at::kLong).to(table.device())).to(smallOptions(decoder));
        setRows(extras.embedding, *tokens, rows, decoder.config().vocab);
        extras.embedding.rows.set_requires_grad(true);
        followTied(decoder);
    }
    return {};
}

} // namespace luthier::peft
