// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/inference/session.h"

#include "core/inference/adapter_weights.h"
#include "core/inference/batch_generate.h"
#include "core/inference/generate.h"
#include "core/inference/judging.h"
#include "core/inference/stops.h"
#include "core/inference/token_choices.h"
#include "core/nn/batch/position_tables.h"
#include "core/nn/device.h"
#include "core/peft/folders/trained_on.h"
#include "core/weights/load.h"

#include <mutex>

namespace luthier::inference {

namespace {

// Its layers would write something all the same, and nobody would learn that it means nothing.
constexpr const char* kAnswersNone = "The model scores texts and answers none: it is a reward model or a classifier, which luthier reward asks";

class LocalSession : public Session {
public:
    LocalSession(std::shared_ptr<nn::Decoder> decoder, AdapterWeights adapters, data::Encoder encoder, std::string device)
        : m_decoder(std::move(decoder)), m_adapters(std::move(adapters)), m_encoder(std::move(encoder)), m_device(std::move(device)),
          m_stops(stopsOf(m_decoder->config(), m_encoder))
    {
    }

    Result<Generation> generate(const std::vector<text::TokenId>& promptIds,
                                const GenerateOptions& options) override
    {
        if (judges()) {
            return Error{kAnswersNone};
        }
        GenerateOptions own = options;
        addEnds(own.sampling);
        return run<Generation>("answer", [&] {
            return inference::generate(*m_decoder, m_encoder.tokenizer, promptIds, m_stops.ids, own);
        });
    }

    Result<std::vector<Generation>> generateAll(const std::vector<BatchRequest>& requests, const BatchOptions& options) override
    {
        if (judges()) {
            return Error{kAnswersNone};
        }
        std::vector<BatchRequest> own = requests;
        for (BatchRequest& request : own) {
            addEnds(request.sampling);
        }
        return run<std::vector<Generation>>("answer", [&] {
            return inference::generateAll(*m_decoder, m_encoder.tokenizer, own, m_stops.ids, options);
        });
    }

    bool mixesBase() const override { return inference::mixesBase(*m_decoder); }

    Result<std::vector<double>> score(const std::vector<text::TokenId>& ids, bool useAdapters) override
    {
        return run<std::vector<double>>("score the text",
                                        [&] { return inference::score(*m_decoder, ids, useAdapters); });
    }

    Result<std::vector<TokenChoices>> choices(const std::vector<text::TokenId>& ids, std::size_t first, std::int64_t most, bool useAdapters) override
    {
        return run<std::vector<TokenChoices>>("weigh the tokens", [&] { return tokenChoices(*m_decoder, ids, first, most, useAdapters); });
    }

    Result<std::vector<std::vector<float>>> judge(const std::vector<std::vector<text::TokenId>>& texts, const JudgeOptions& options) override
    {
        return run<std::vector<std::vector<float>>>(
            "score the texts", [&] { return inference::judge(*m_decoder, texts, options.rows, options.useAdapters, options.cancel); });
    }
    bool judges() const override { return m_decoder->scoreHead().exists(); }
    std::vector<std::string> labels() const override { return m_decoder->scoreHead().labels; }
    std::int64_t longestText() const override { return nn::longestText(m_decoder->config()); }

    Result<void> setAdapterWeights(const std::vector<double>& weights) override
    {
        const std::lock_guard lock(m_mutex);
        return m_adapters.set(weights);
    }

    const data::Encoder& encoder() const override { return m_encoder; }
    std::vector<text::TokenId> stopIds() const override { return m_stops.ids; }
    std::string describeDevice() const override { return m_device; }
    std::int64_t numParameters() const override { return m_decoder->config().numParameters(); }

private:
    void addEnds(Sampling& sampling) const
    {
        sampling.stop.insert(sampling.stop.end(), m_stops.texts.begin(), m_stops.texts.end());
    }

    template <class T, class Work>
    Result<T> run(const char* action, Work work)
    {
        const std::lock_guard lock(m_mutex);
        try {
            return work();
        } catch (const std::exception& problem) {
            return Error{std::string("The model could not ") + action + ": " + problem.what()};
        }
    }

    std::mutex m_mutex;
    std::shared_ptr<nn::Decoder> m_decoder;
    AdapterWeights m_adapters; // guarded by m_mutex
    data::Encoder m_encoder;
    std::string m_device;
    Stops m_stops;
};

Result<std::shared_ptr<Session>> openSession(const ModelSpec& spec)
{
    auto placement = nn::choosePlacement(spec.device, spec.dtype);
    if (!placement) {
        return placement.error();
    }
    auto folder = weights::ModelFolder::open(spec.path);
    if (!folder) {
        return folder.error();
    }
    std::vector<std::filesystem::path> adapters;
    for (const AdapterSpec& adapter : spec.adapters) {
        adapters.push_back(adapter.path);
    }
    auto speaking = adapters;
    speaking.insert(speaking.end(), spec.speaksAs.begin(), spec.speaksAs.end());
    auto encoder = data::Encoder::load(spec.path, spec.chatTemplate, speaking);
    if (!encoder) {
        return encoder.error();
    }
    if (spec.foldSystem) {
        encoder->foldSystem();
    }
    const auto held = peft::readTrainedOn(adapters);
    if (!held) {
        return held.error();
    }
    auto decoder = weights::loadDecoder(*folder, placement->device, placement->dtype, {},
                                        folder->config().storedAs.empty() ? *held : std::nullopt);
    if (!decoder) {
        return decoder.error();
    }
    auto fingerprint = spec.adapters.empty() ? Result<std::string>(std::string()) : folder->fingerprint();
    if (!fingerprint) {
        return fingerprint.error();
    }
    AdapterWeights weighed;
    if (auto attached = weighed.attach(**decoder, spec.adapters, *fingerprint); !attached) {
        return attached.error();
    }
    return std::shared_ptr<Session>(std::make_shared<LocalSession>(
        *decoder, std::move(weighed), std::move(*encoder), placement->deviceText + ", " + placement->dtypeText));
}

} // namespace

Result<std::vector<TokenChoices>> Session::choices(const std::vector<text::TokenId>&, std::size_t, std::int64_t, bool)
{
    return Error{"this model does not say how likely tokens are"};
}

Result<std::vector<std::vector<float>>> Session::judge(const std::vector<std::vector<text::TokenId>>&, const JudgeOptions&)
{
    return Error{"this model scores no texts"};
}

Result<std::shared_ptr<Session>> Session::open(const ModelSpec& spec)
{
    try {
        return openSession(spec);
    } catch (const std::exception& problem) {
        return Error{spec.path.string() + ": cannot open the model: " + problem.what()};
    }
}

} // namespace luthier::inference
