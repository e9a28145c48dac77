// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/inference/batch_generate.h"

#include "core/inference/answer_text.h"
#include "core/inference/generate.h"
#include "core/inference/slot_stepper.h"
#include "core/peft/folders/adapter_file.h"

#include <c10/core/GradMode.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <utility>

namespace luthier::inference {

namespace {

using Clock = std::chrono::steady_clock;

std::string nameOf(const BatchOptions& options, std::size_t request)
{
    return options.nameOf ? options.nameOf(request) : "request " + std::to_string(request + 1);
}

Error errorOf(const BatchOptions& options, std::size_t request, const std::string& message)
{
    return Error{nameOf(options, request) + ": " + message};
}

// An answer on its way in a slot.
struct Running {
    std::size_t request;
    AnswerText text;
    Clock::time_point started; // with the first token
};

class Batch {
public:
    Batch(nn::Decoder& decoder, std::shared_ptr<const text::Tokenizer> tokenizer, const std::vector<BatchRequest>& requests,
          std::span<const text::TokenId> stopIds, const BatchOptions& options, std::int64_t slots, std::int64_t most, bool mixes)
        : m_tokenizer(std::move(tokenizer)), m_requests(requests), m_stopIds(stopIds), m_options(options), m_most(most),
          m_stepper(decoder, passOf(options.useAdapters), slots, most, options.logProbs, mixes), m_running(static_cast<std::size_t>(slots)),
          m_answers(requests.size())
    {
    }

    Result<std::vector<Generation>> answerAll()
    {
        while (m_ended < m_requests.size()) {
            if (auto good = fillSlots(); !good) {
                return good.error();
            }
            auto tokens = m_stepper.step();
            if (!tokens) {
                return tokens.error();
            }
            take(*tokens);
        }
        return std::move(m_answers);
    }

private:
    bool isCancelled(std::size_t request) const
    {
        return m_options.cancel.isCancelled() || m_requests[request].cancel.isCancelled();
    }

    // Those who wait enter where one left, until every slot is taken or none waits: an answer may end with its first token.
    Result<void> fillSlots()
    {
        std::vector<SlotText> texts;
        do {
            texts.clear();
            for (std::size_t slot = 0; slot < m_running.size(); ++slot) {
                while (!m_running[slot] && m_waiting < m_requests.size()) {
                    begin(slot, m_waiting++, texts);
                }
            }
            auto tokens = m_stepper.enter(texts);
            if (!tokens) {
                return tokens.error();
            }
            take(*tokens);
        } while (!texts.empty());
        return {};
    }

    void begin(std::size_t slot, std::size_t request, std::vector<SlotText>& texts)
    {
        const BatchRequest& asked = m_requests[request];
        m_answers[request].promptIds = asked.promptIds;
        if (isCancelled(request)) {
            report(request, "cancel");
            return;
        }
        m_running[slot].emplace(Running{request, AnswerText(m_tokenizer, asked.sampling.stop, asked.onPiece), {}});
        texts.push_back({static_cast<std::int64_t>(slot), asked.promptIds, &asked.sampling, asked.baseOnly});
    }

    void take(const std::vector<SlotToken>& tokens)
    {
        for (const SlotToken& token : tokens) {
            const auto slot = static_cast<std::size_t>(token.slot);
            if (const char* finish = grow(*m_running[slot], token.picked)) {
                end(slot, finish);
            }
        }
    }

    // How the answer ended with this token; null: it goes on.
    const char* grow(Running& running, const PickedToken& picked)
    {
        Generation& answer = m_answers[running.request];
        const BatchRequest& asked = m_requests[running.request];
        if (std::find(m_stopIds.begin(), m_stopIds.end(), picked.id) != m_stopIds.end()) {
            answer.stopId = picked.id;
            return "stop";
        }
        running.started = answer.ids.empty() ? Clock::now() : running.started;
        answer.ids.push_back(picked.id);
        if (m_options.logProbs) {
            answer.logProbs.push_back(picked.logProb);
        }
        if (!running.text.push(picked.id)) {
            return "stop";
        }
        const auto size = static_cast<std::int64_t>(answer.ids.size());
        const bool isFull = size == asked.sampling.maxNew || size + static_cast<std::int64_t>(asked.promptIds.size()) > m_most;
        return isFull ? "length" : isCancelled(running.request) ? "cancel" : nullptr;
    }

    void end(std::size_t slot, const char* finish)
    {
        Running& running = *m_running[slot];
        Generation& answer = m_answers[running.request];
        const bool whole = running.text.finish();
        answer.text = running.text.text();
        const double seconds = std::chrono::duration<double>(Clock::now() - running.started).count();
        answer.tokensPerSecond
            = answer.ids.size() > 1 && seconds > 0 ? static_cast<double>(answer.ids.size() - 1) / seconds : 0;
        const std::size_t request = running.request;
        m_running[slot].reset();
        m_stepper.leave(static_cast<std::int64_t>(slot));
        report(request, whole ? finish : "stop");
    }

    void report(std::size_t request, const char* finish)
    {
        m_answers[request].finish = finish;
        ++m_ended;
        if (m_options.onAnswer) {
            m_options.onAnswer(request, m_answers[request]);
        }
    }

    std::shared_ptr<const text::Tokenizer> m_tokenizer;
    const std::vector<BatchRequest>& m_requests;
    std::span<const text::TokenId> m_stopIds;
    const BatchOptions& m_options;
    std::int64_t m_most;
    SlotStepper m_stepper;
    std::vector<std::optional<Running>> m_running; // by slot
    std::vector<Generation> m_answers;
    std::size_t m_waiting = 0; // the next request that gets a slot
    std::size_t m_ended = 0;
};

// A row alone has a faster way.
Result<std::vector<Generation>> answerOneByOne(nn::Decoder& decoder, const std::shared_ptr<const text::Tokenizer>& tokenizer,
                                               const std::vector<BatchRequest>& requests,
                                               std::span<const text::TokenId> stopIds, const BatchOptions& options)
{
    std::vector<Generation> answers;
    for (std::size_t i = 0; i < requests.size(); ++i) {
        const BatchRequest& asked = requests[i];
        Generation none;
        none.promptIds = asked.promptIds;
        none.finish = "cancel";
        Result<Generation> answer = std::move(none);
        if (!options.cancel.isCancelled() && !asked.cancel.isCancelled()) {
            const GenerateOptions own{asked.sampling, options.useAdapters && !asked.baseOnly, asked.onPiece, asked.cancel, options.logProbs};
            answer = generate(decoder, tokenizer, asked.promptIds, stopIds, own, options.cancel);
        }
        if (!answer) {
            return errorOf(options, i, answer.message());
        }
        answers.push_back(std::move(*answer));
        if (options.onAnswer) {
            options.onAnswer(i, answers.back());
        }
    }
    return answers;
}

// Of one kind after the other: those that the base answers, or the others.
Result<std::vector<Generation>> answerApart(nn::Decoder& decoder, const std::shared_ptr<const text::Tokenizer>& tokenizer,
                                            const std::vector<BatchRequest>& requests, std::span<const text::TokenId> stopIds,
                                            const BatchOptions& options)
{
    std::vector<Generation> answers(requests.size());
    for (const bool baseOnly : {false, true}) {
        std::vector<BatchRequest> some;
        std::vector<std::size_t> places;
        for (std::size_t i = 0; i < requests.size(); ++i) {
            if (requests[i].baseOnly == baseOnly) {
                some.push_back(requests[i]);
                places.push_back(i);
            }
        }
        BatchOptions own = options;
        own.nameOf = [&](std::size_t request) { return nameOf(options, places[request]); };
        own.onAnswer = [&](std::size_t request, const Generation& answer) {
            if (options.onAnswer) {
                options.onAnswer(places[request], answer);
            }
        };
        auto made = generateAll(decoder, tokenizer, some, stopIds, own);
        if (!made) {
            return made;
        }
        for (std::size_t k = 0; k < places.size(); ++k) {
            answers[places[k]] = std::move((*made)[k]);
        }
    }
    return answers;
}

} // namespace

bool mixesBase(nn::Decoder& decoder)
{
    return !peft::carriesMoreThanLora(decoder);
}

Result<std::vector<Generation>> generateAll(nn::Decoder& decoder, std::shared_ptr<const text::Tokenizer> tokenizer,
                                            const std::vector<BatchRequest>& requests,
                                            std::span<const text::TokenId> stopIds, const BatchOptions& options)
{
    const at::NoGradGuard noGrad;
    if (options.rows < 1) {
        return Error{"rows answered at once must be at least 1"};
    }
    const auto ofBase = std::count_if(requests.begin(), requests.end(), [](const BatchRequest& request) { return request.baseOnly; });
    const bool mixes = options.useAdapters && ofBase > 0 && ofBase < static_cast<std::ptrdiff_t>(requests.size());
    std::int64_t most = 0;
    for (std::size_t i = 0; i < requests.size(); ++i) {
        const BatchRequest& asked = requests[i];
        if (auto good = checkRequest(decoder, passOf(options.useAdapters && !asked.baseOnly), asked.promptIds, asked.sampling); !good) {
            return errorOf(options, i, good.message());
        }
        most = std::max(most, static_cast<std::int64_t>(asked.promptIds.size()) + asked.sampling.maxNew);
    }
    if (mixes && !mixesBase(decoder)) {
        return answerApart(decoder, tokenizer, requests, stopIds, options);
    }
    const std::int64_t slots = std::min(options.rows, static_cast<std::int64_t>(requests.size()));
    if (slots <= 1) {
        return answerOneByOne(decoder, tokenizer, requests, stopIds, options);
    }
    BatchOptions own = options;
    own.useAdapters = options.useAdapters && (mixes || ofBase == 0);
    const nn::Pass pass = passOf(own.useAdapters);
    return Batch(decoder, std::move(tokenizer), requests, stopIds, own, slots, std::min(most, mostTokens(decoder, pass)), mixes).answerAll();
}

} // namespace luthier::inference
