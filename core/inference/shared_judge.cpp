// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/inference/shared_judge.h"

#include "core/inference/judging.h"
#include "core/nn/batch/position_tables.h"
#include "core/nn/adapter_set.h"
#include "core/peft/folders/adapter_folder.h"
#include "core/peft/folders/trained_on.h"
#include "core/weights/model_folder.h"

#include <mutex>
#include <utility>

namespace luthier::inference {

namespace fs = std::filesystem;

namespace {

class SharedJudge : public Session {
public:
    SharedJudge(std::shared_ptr<nn::Decoder> decoder, Scorer scorer, data::Encoder encoder)
        : m_decoder(std::move(decoder)), m_scorer(std::move(scorer)), m_encoder(std::move(encoder))
    {
    }

    Result<Generation> generate(const std::vector<text::TokenId>&, const GenerateOptions&) override { return answersNot(); }
    Result<std::vector<Generation>> generateAll(const std::vector<BatchRequest>&, const BatchOptions&) override { return answersNot(); }
    Result<std::vector<double>> score(const std::vector<text::TokenId>&, bool) override { return answersNot(); }
    Result<void> setAdapterWeights(const std::vector<double>&) override { return answersNot(); }

    Result<std::vector<std::vector<float>>> judge(const std::vector<std::vector<text::TokenId>>& texts, const JudgeOptions& options) override
    {
        const std::lock_guard lock(m_mutex);
        const Scorer base{m_scorer.head, nn::noAdapters()};
        try {
            return inference::judge(*m_decoder, options.useAdapters ? m_scorer : base, texts, options.rows, options.cancel);
        } catch (const std::exception& problem) {
            return Error{std::string("The model could not score the texts: ") + problem.what()};
        }
    }
    bool judges() const override { return true; }
    std::vector<std::string> labels() const override { return m_scorer.head.labels; }
    std::int64_t longestText() const override { return nn::longestText(m_decoder->config()); }

    const data::Encoder& encoder() const override { return m_encoder; }
    std::vector<text::TokenId> stopIds() const override { return {}; }
    std::string describeDevice() const override { return m_decoder->device().str(); }
    std::int64_t numParameters() const override { return m_decoder->config().numParameters(); }

private:
    static Error answersNot() { return {"a reward model scores texts and answers none"}; }

    std::mutex m_mutex;
    std::shared_ptr<nn::Decoder> m_decoder;
    Scorer m_scorer;
    data::Encoder m_encoder;
};

bool isSame(const std::optional<quant::Quantisation>& a, const std::optional<quant::Quantisation>& b)
{
    return a.has_value() == b.has_value() && (!a || (a->kind == b->kind && a->nested == b->nested));
}

// The adapter's own head and set, without a trace in the decoder.
Result<Scorer> open(nn::Decoder& decoder, const AdapterSpec& adapter, const std::string& fingerprint)
{
    nn::AdapterSet own = decoder.takeAdapters();
    nn::ScoreHead head = decoder.scoreHead();
    decoder.setScoreHead({});
    auto attached = peft::attachAdapter(decoder, adapter.path, adapter.weight, fingerprint);
    Scorer scorer{decoder.scoreHead(), std::make_shared<const nn::AdapterSet>(decoder.takeAdapters())};
    decoder.setScoreHead(std::move(head));
    decoder.giveAdapters(std::move(own));
    return attached ? Result<Scorer>(std::move(scorer)) : Result<Scorer>(attached.error());
}

} // namespace

Result<std::shared_ptr<Session>> shareBase(const LoadedBase& base, const ModelSpec& judge)
{
    std::error_code code;
    if (judge.adapters.size() != 1 || !fs::equivalent(judge.path, base.path, code)) {
        return std::shared_ptr<Session>();
    }
    const fs::path adapter = judge.adapters.front().path;
    const auto held = peft::readTrainedOn({adapter});
    if (!held) {
        return held.error();
    }
    auto folder = weights::ModelFolder::open(base.path);
    auto fingerprint = folder ? folder->fingerprint() : Result<std::string>(folder.error());
    if (!fingerprint) {
        return fingerprint.error();
    }
    if (folder->config().storedAs.empty() && !isSame(*held, base.quantisation)) {
        return std::shared_ptr<Session>();
    }
    auto encoder = data::Encoder::load(judge.path, judge.chatTemplate, {adapter});
    if (!encoder) {
        return encoder.error();
    }
    if (judge.foldSystem) {
        encoder->foldSystem();
    }
    auto scorer = open(*base.decoder, judge.adapters.front(), *fingerprint);
    if (!scorer) {
        return scorer.error();
    }
    if (!scorer->head.exists()) {
        return std::shared_ptr<Session>();
    }
    return std::shared_ptr<Session>(std::make_shared<SharedJudge>(base.decoder, std::move(*scorer), std::move(*encoder)));
}

} // namespace luthier::inference
