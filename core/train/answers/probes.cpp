// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/answers/probes.h"

#include "core/train/failure.h"

namespace luthier::train {

namespace {

Result<std::vector<text::TokenId>> idsOf(const data::Encoder& encoder, const std::string& prompt, bool asText)
{
    if (!asText && encoder.chatTemplate) {
        return encoder.encodePrompt({data::Message{"user", prompt, {}}});
    }
    auto ids = encoder.tokenizer->ids(prompt);
    // Some tokenizers close a text; a prompt goes on.
    if (!ids.empty() && encoder.tokenizer->eos() == ids.back()) {
        ids.pop_back();
    }
    return ids;
}

} // namespace

Probes::Probes(nn::Decoder& decoder, const data::Encoder& encoder, const config::RunSettings& settings,
               bool areTexts)
    : m_decoder(decoder), m_encoder(encoder), m_areTexts(areTexts),
      m_stops(inference::stopsOf(decoder.config(), encoder)), m_tokens(settings.probeTokens)
{
    for (const std::string& prompt : settings.probePrompts) {
        auto ids = idsOf(encoder, prompt, areTexts);
        if (ids) {
            m_prompts.push_back({prompt, std::move(*ids)});
        } else {
            m_warnings.push_back("The probe prompt \"" + prompt.substr(0, 80) + "\" is left out: " + ids.message());
        }
    }
}

Result<inference::Generation> Probes::answerOf(const Prompt& prompt, const inference::GenerateOptions& options)
{
    try {
        return inference::generate(m_decoder, m_encoder.tokenizer, prompt.ids, m_stops.ids, options);
    } catch (const std::exception& problem) {
        if (!isOutOfMemory(problem)) {
            throw;
        }
        return Error{"there is no memory left for an answer beside what the run holds; a smaller run.probe_tokens needs less"};
    }
}

void Probes::answer(std::int64_t step, RunObserver& observer, const std::function<bool()>& isStopped)
{
    for (const Prompt& prompt : m_prompts) {
        if (isStopped()) {
            return;
        }
        answerOne(prompt, step, observer, isStopped);
    }
}

void Probes::ask(const std::string& prompt, std::int64_t step, RunObserver& observer, const std::function<bool()>& isStopped)
{
    const auto ids = idsOf(m_encoder, prompt, m_areTexts);
    if (!ids) {
        observer.onEvent(Warning{step, "The prompt \"" + prompt.substr(0, 80) + "\" could not be asked: " + ids.message()});
        return;
    }
    answerOne({prompt, *ids}, step, observer, isStopped);
}

void Probes::answerOne(const Prompt& prompt, std::int64_t step, RunObserver& observer, const std::function<bool()>& isStopped)
{
    inference::GenerateOptions options;
    options.sampling.maxNew = m_tokens;
    options.sampling.stop = m_stops.texts;
    options.onPiece = [&options, &isStopped](const std::string&) {
        if (isStopped()) {
            options.cancel.cancel();
        }
    };
    auto answer = answerOf(prompt, options);
    if (!answer) {
        observer.onEvent(Warning{step, "The probe prompt \"" + prompt.text.substr(0, 80) + "\" could not be answered: " + answer.message()});
    } else if (answer->finish != "cancel") {
        observer.onEvent(SampleDone{step, prompt.text, answer->text});
    }
}

} // namespace luthier::train
