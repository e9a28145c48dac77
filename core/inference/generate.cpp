// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/inference/generate.h"

#include "core/fields/record.h"
#include "core/inference/answer_text.h"
#include "core/inference/card_steps.h"
#include "core/inference/sampler.h"
#include "core/nn/batch/position_tables.h"
#include "core/objectives/token_log_probs.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/tensor.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <memory>

namespace luthier::inference {

namespace {

using Clock = std::chrono::steady_clock;
constexpr std::int64_t kFirstRoom = 256; // tokens of answer the cache holds before it grows

at::Tensor idsTensor(std::span<const text::TokenId> ids, at::Device device)
{
    const std::vector<std::int64_t> wide(ids.begin(), ids.end());
    return at::tensor(wide, at::TensorOptions().dtype(at::kLong)).unsqueeze(0).to(device);
}

Result<void> checkIds(const nn::DecoderConfig& config, std::span<const text::TokenId> ids, std::int64_t most)
{
    if (ids.empty()) {
        return Error{"There is nothing to read: the text has no tokens."};
    }
    for (const text::TokenId id : ids) {
        if (id < 0 || id >= config.vocab) {
            return Error{"Token " + std::to_string(id) + " is outside the model's vocabulary of "
                         + std::to_string(config.vocab) + "; tokenizer and model do not fit together."};
        }
    }
    if (static_cast<std::int64_t>(ids.size()) > most) {
        return Error{"The text has " + std::to_string(ids.size()) + " tokens; this model reads at most "
                     + std::to_string(most) + ". Shorten it."};
    }
    return {};
}

// Reads tokens and gives the logits of what follows; owns the cache.
class Stepper {
public:
    Stepper(nn::Decoder& decoder, const nn::Pass& pass, std::int64_t promptSize, std::int64_t most)
        : m_decoder(decoder), m_pass(pass), m_most(most), m_capacity(std::min(most, promptSize + kFirstRoom)),
          m_cache(decoder.makeCache(1, m_capacity, pass))
    {
    }

    bool hasRoomFor(std::size_t tokens) const
    {
        return m_cache.length + static_cast<std::int64_t>(tokens) <= m_most;
    }

    // `fresh` are the last of `context`. [1, V] fp32 where the model lies, which may not be done with it.
    at::Tensor read(std::span<const text::TokenId> fresh, std::span<const text::TokenId> context)
    {
        makeRoom();
        if (nn::endsFrequencies(m_decoder.config().rope, m_cache.filled())) {
            m_cache.length = m_cache.front = 0; // as transformers does
            fresh = context;
        }
        return readIds(idsTensor(fresh, m_decoder.device()));
    }

    // Whether the next token can be read before the host knows it.
    bool canReadAhead() const { return hasRoomFor(1) && !nn::endsFrequencies(m_decoder.config().rope, m_cache.filled()); }
    // [1, 1], where the model lies.
    at::Tensor readAhead(const at::Tensor& id)
    {
        makeRoom();
        return readIds(id);
    }

    // A token was chosen of what was read.
    void count()
    {
        ++m_chosen;
        m_last = Clock::now();
        m_started = m_chosen == 1 ? m_last : m_started;
    }

    // Of the steps after the prefill.
    double tokensPerSecond() const
    {
        const double seconds = std::chrono::duration<double>(m_last - m_started).count();
        return m_chosen > 1 && seconds > 0 ? static_cast<double>(m_chosen - 1) / seconds : 0;
    }

private:
    at::Tensor readIds(const at::Tensor& ids)
    {
        nn::ForwardInput input;
        input.ids = ids;
        input.cache = &m_cache;
        input.pass = m_pass;
        const at::Tensor hidden = m_decoder.hidden(input);
        const at::Tensor last = hidden.select(1, hidden.size(1) - 1);
        return m_decoder.logits(last, m_pass).to(at::kFloat).reshape({1, -1}).contiguous();
    }

    // The cache grows by doubling: a limit of 100,000 new tokens must not cost memory before they exist.
    void makeRoom()
    {
        if (m_cache.length < m_capacity) {
            return;
        }
        m_capacity = std::min(m_most, m_capacity * 2);
        nn::KvCache larger = m_decoder.makeCache(1, m_capacity, m_pass);
        const std::int64_t filled = m_cache.filled();
        for (std::size_t i = 0; i < m_cache.keys.size(); ++i) {
            larger.keys[i].narrow(2, 0, filled).copy_(m_cache.keys[i].narrow(2, 0, filled));
            larger.values[i].narrow(2, 0, filled).copy_(m_cache.values[i].narrow(2, 0, filled));
        }
        larger.length = m_cache.length;
        larger.front = m_cache.front;
        m_cache = std::move(larger);
    }

    nn::Decoder& m_decoder;
    nn::Pass m_pass;
    std::int64_t m_most;
    std::int64_t m_capacity;
    nn::KvCache m_cache;
    std::int64_t m_chosen = 0;
    Clock::time_point m_started;
    Clock::time_point m_last;
};

// Chooses on the card where that can, so that one number leaves it for each token instead of one for each word.
class Choice {
public:
    Choice(const nn::Decoder& decoder, std::span<const text::TokenId> prompt, const GenerateOptions& options)
        : m_sampler(options.sampling, options.logProbs)
    {
        if (nn::kernels::picksTokens(decoder.device())) {
            m_card = std::make_unique<CardSteps>(decoder.device(), 1, decoder.config().vocab, options.logProbs);
            m_card->enter(0, 0, prompt, options.sampling);
        }
    }

    // logits [1, V] of what follows the context. The id [1, 1] on the card, which the host does not know yet; undefined: it chooses.
    at::Tensor begin(const at::Tensor& logits)
    {
        if (!m_card) {
            m_logits = logits.to(at::kCPU);
            return {};
        }
        m_card->pick(logits, {});
        m_card->tell();
        return m_card->ids().view({1, 1});
    }
    Result<PickedToken> finish(std::span<const text::TokenId> context)
    {
        if (!m_card) {
            return m_sampler.choose({m_logits.mutable_data_ptr<float>(), static_cast<std::size_t>(m_logits.numel())}, context);
        }
        const PickedToken picked = m_card->read({0}).front();
        return picked.id < 0 ? Result<PickedToken>(brokenLogits()) : picked;
    }

private:
    Sampler m_sampler;
    std::unique_ptr<CardSteps> m_card;
    at::Tensor m_logits; // where the host chooses
};

} // namespace

nn::Pass passOf(bool useAdapters)
{
    nn::Pass pass;
    pass.adapters = useAdapters ? nullptr : nn::noAdapters();
    return pass;
}

std::int64_t virtualTokens(const nn::Decoder& decoder, const nn::Pass& pass)
{
    return decoder.makeCache(1, 1, pass).keys.front().size(2) - 1;
}

std::int64_t mostTokens(const nn::Decoder& decoder, const nn::Pass& pass)
{
    const std::int64_t positions = nn::longestText(decoder.config());
    return decoder.config().rotaryDim == 0 ? positions - virtualTokens(decoder, pass) : positions;
}

Result<void> checkRequest(const nn::Decoder& decoder, const nn::Pass& pass, std::span<const text::TokenId> ids, Sampling sampling)
{
    fields::Record record(&sampling, samplingFields());
    for (const fields::Field& field : samplingFields()) {
        if (auto good = record.set(field, field.get(&sampling)); !good) {
            return good;
        }
    }
    return checkIds(decoder.config(), ids, mostTokens(decoder, pass));
}

Result<Generation> generate(nn::Decoder& decoder, std::shared_ptr<const text::Tokenizer> tokenizer,
                            const std::vector<text::TokenId>& promptIds,
                            std::span<const text::TokenId> stopIds, const GenerateOptions& options,
                            const base::CancelToken& alsoCancelledBy)
{
    const at::NoGradGuard noGrad;
    const nn::Pass pass = passOf(options.useAdapters);
    if (auto good = checkRequest(decoder, pass, promptIds, options.sampling); !good) {
        return good.error();
    }
    const std::size_t end = promptIds.size() + static_cast<std::size_t>(options.sampling.maxNew);
    Stepper stepper(decoder, pass, static_cast<std::int64_t>(promptIds.size()),
                    std::min(mostTokens(decoder, pass), static_cast<std::int64_t>(end)));
    Choice choice(decoder, promptIds, options);
    Generation result;
    result.promptIds = promptIds;
    result.finish = "length";
    AnswerText answer(std::move(tokenizer), options.sampling.stop, options.onPiece);
    std::vector<text::TokenId> context = promptIds;
    std::span<const text::TokenId> fresh = promptIds;
    at::Tensor ahead; // logits behind a token that was read before the host knew it
    while (context.size() < end && (ahead.defined() || stepper.hasRoomFor(fresh.size()))) {
        if (options.cancel.isCancelled() || alsoCancelledBy.isCancelled()) {
            result.finish = "cancel";
            break;
        }
        const at::Tensor id = choice.begin(ahead.defined() ? ahead : stepper.read(fresh, context));
        // The card goes on while the host reads what was chosen; behind the last token that is for nothing.
        ahead = id.defined() && context.size() + 1 < end && stepper.canReadAhead() ? stepper.readAhead(id) : at::Tensor();
        const auto next = choice.finish(context);
        if (!next) {
            return next.error();
        }
        stepper.count();
        if (std::find(stopIds.begin(), stopIds.end(), next->id) != stopIds.end()) {
            result.finish = "stop";
            result.stopId = next->id;
            break;
        }
        context.push_back(next->id);
        result.ids.push_back(next->id);
        if (options.logProbs) {
            result.logProbs.push_back(next->logProb);
        }
        if (!answer.push(next->id)) {
            break;
        }
        fresh = std::span(context).last(1);
    }
    result.finish = answer.finish() ? result.finish : "stop";
    result.text = answer.text();
    result.tokensPerSecond = stepper.tokensPerSecond();
    return result;
}

Result<std::vector<double>> score(nn::Decoder& decoder, const std::vector<text::TokenId>& ids, bool useAdapters)
{
    const at::NoGradGuard noGrad;
    const nn::Pass pass = passOf(useAdapters);
    if (auto good = checkIds(decoder.config(), ids, mostTokens(decoder, pass)); !good) {
        return good.error();
    }
    std::vector<double> result(ids.size(), std::nan(""));
    const at::Tensor tokens = idsTensor(ids, decoder.device());
    nn::ForwardInput input;
    input.ids = tokens;
    input.pass = pass;
    const auto rows = static_cast<std::int64_t>(ids.size()) - 1;
    const at::Tensor hidden = decoder.hidden(input).squeeze(0).narrow(0, 0, rows);
    const at::Tensor logProbs = objectives::tokenLogProbs(hidden, decoder.head(input.pass), tokens.squeeze(0).narrow(0, 1, rows),
                                                          {.softcap = decoder.config().logitSoftcap})
                                    .to(at::kCPU, at::kDouble)
                                    .contiguous();
    std::copy_n(logProbs.const_data_ptr<double>(), rows, result.begin() + 1);
    return result;
}

} // namespace luthier::inference
