// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/objectives/policy_loss.h"

#include "core/data/example.h"
#include "core/objectives/token_log_probs.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/minimum.h>

#include <utility>

namespace luthier::objectives {

at::Tensor PolicyReading::kl() const
{
    const at::Tensor off = reference - logProbs;
    return off.exp() - off - 1;
}

PolicyReading readPolicy(const LossInput& input)
{
    const MicroBatch& batch = input.batch;
    const Prediction policy = input.policy();
    PolicyReading reading;
    reading.hidden = pickTargets(policy.hidden, batch);
    const LogitSettings logits{.temperature = input.settings.of<AnswerSettings>().temperature, .softcap = policy.softcap};
    TokenReading tokens = readTokens(reading.hidden, policy.head, batch.targets, logits, {.entropy = true});
    reading.logProbs = tokens.logProbs;
    reading.entropy = tokens.entropy.detach();
    reading.reference = batch.perTarget("reference");
    const at::Tensor old = batch.perTarget("old");
    reading.old = old.defined() ? old : tokens.logProbs.detach();
    return reading;
}

at::Tensor clippedLoss(const at::Tensor& ratio, const at::Tensor& advantage, double low, double high)
{
    return -at::minimum(ratio * advantage, ratio.clamp(1 - low, 1 + high) * advantage);
}

at::Tensor isClipped(const at::Tensor& ratio, const at::Tensor& advantage, double low, double high)
{
    const at::Tensor down = ratio.lt(1 - low).logical_and(advantage.lt(0));
    const at::Tensor up = ratio.gt(1 + high).logical_and(advantage.gt(0));
    return down.logical_or(up).to(at::kFloat);
}

std::vector<std::string> policyMeasures()
{
    return {"reward", "kl", "entropy", "clip_share", "answer_tokens", "ended_share", "repeat_share"};
}

std::vector<at::Tensor> policyMeasuresOf(const LossInput& input, const PolicyReading& reading, const at::Tensor& clipped)
{
    const MicroBatch& batch = input.batch;
    const at::Tensor mean = batch.perTarget("mean");
    const auto ofAnswers = [&](const char* name) { return batch.column(name).sum(); };
    return {ofAnswers("reward"),
            (reading.kl().detach() * reading.ratio().detach() * mean).sum(), // of the model now, whose answers these no longer are in later passes
            (reading.entropy * mean).sum(),
            (clipped * mean).sum(),
            ofAnswers("length"),
            ofAnswers("ended"),
            ofAnswers("repeats")};
}

at::Tensor withoutSpread(const MicroBatch& batch)
{
    return (1 - batch.column("spread")).sum();
}

Result<EncodedItem> encodePromptRow(const data::Encoder& encoder, const data::Example& example, const data::EncodingSettings& settings)
{
    std::vector<text::TokenId> ids;
    if (example.kind == data::ExampleKind::Text) {
        ids = encoder.tokenizer->ids(example.text);
    } else {
        auto messages = example.messages;
        while (!messages.empty() && messages.back().role == "assistant") {
            messages.pop_back();
        }
        if (messages.empty()) {
            return Error{"there is no prompt to answer"};
        }
        auto prompt = encoder.encodePrompt(messages, example.tools, example.templateVariables);
        if (!prompt) {
            return prompt.error();
        }
        ids = std::move(*prompt);
    }
    if (static_cast<std::int64_t>(ids.size()) > settings.maxLength) {
        return Error{"the prompt has " + std::to_string(ids.size()) + " tokens, more than data.max_length ("
                     + std::to_string(settings.maxLength) + "); a part of it would be another prompt"};
    }
    EncodedItem item;
    Sequence sequence{std::move(ids), {}};
    sequence.trained.assign(sequence.ids.size(), 0);
    item.sequences.push_back(std::move(sequence));
    return item;
}

void makeRolloutRow(Objective& row)
{
    row.takes = {data::ExampleKind::Conversation, data::ExampleKind::Preference, data::ExampleKind::Text};
    row.needs = "prompts, with or without answers";
    row.encode = encodePromptRow;
    row.layout = Layout::Prompts;
    row.divisor = Divisor::Items;
    row.perSequence = true;
    row.usesReference = true;
    row.dropsInputs = false;
}

} // namespace luthier::objectives
