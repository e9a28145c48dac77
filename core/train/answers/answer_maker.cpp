// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/answers/answer_maker.h"

#include "core/base/random.h"
#include "core/inference/batch_generate.h"
#include "core/inference/generate.h"
#include "core/inference/judged_row.h"

#include <algorithm>
#include <utility>

namespace luthier::train {

namespace {

constexpr int kSeedShift = 12; // samplers take seeds that a double holds

std::uint64_t seedOf(std::uint64_t seed, std::uint64_t index)
{
    base::Random mix(seed);
    return base::Random(mix.next() ^ (index + 1) * 0x9e3779b97f4a7c15ULL).next();
}

// Turns that the model reads, and the answer that the data has.
void take(const data::Example& example, std::vector<data::Message>& turns, rewards::Answer& known)
{
    turns = example.messages;
    if (example.kind == data::ExampleKind::Preference && !example.chosen.empty()) {
        known.expected = example.chosen.back().content;
    }
    while (!turns.empty() && turns.back().role == "assistant") {
        known.expected = turns.back().content;
        turns.pop_back();
    }
}

} // namespace

AnswerMaker::AnswerMaker(nn::Decoder& decoder, const data::Encoder& encoder, rewards::Rewards rewards, std::shared_ptr<inference::Session> judge,
                         const objectives::ObjectiveSettings& settings)
    : m_decoder(decoder), m_encoder(encoder), m_rewards(std::move(rewards)), m_judge(std::move(judge)), m_stops(inference::stopsOf(decoder.config(), encoder)),
      m_settings(settings.of<objectives::AnswerSettings>())
{
}

Result<AnswerMaker::Row> AnswerMaker::rowOf(const PromptRows& rows, const Item& item) const
{
    const data::Dataset& file = *rows.files[item.place.file];
    auto json = file.row(item.place.row);
    auto example = json ? file.example(item.place.row) : Result<data::Example>(json.error());
    if (!example) {
        return Error{file.path().string() + ": row " + std::to_string(item.place.row + 1) + " can no longer be read: " + example.message()};
    }
    Row row;
    std::vector<data::Message> turns;
    take(*example, turns, row.known);
    row.prompt = turns.empty() ? example->text : turns.back().content;
    row.known.prompt = row.prompt;
    row.known.row = std::move(*json);
    row.turns.messages = std::move(turns);
    row.turns.tools = std::move(example->tools);
    row.turns.templateVariables = std::move(example->templateVariables);
    if (example->kind == data::ExampleKind::Text) {
        row.turns.kind = example->kind;
        row.turns.text = std::move(example->text);
    }
    return row;
}

// The judge reads the whole conversation in its own words: it may have another vocabulary.
Result<void> AnswerMaker::score(const std::vector<Row>& rows, std::vector<rollouts::Answered>& answers) const
{
    std::vector<std::vector<text::TokenId>> texts;
    for (const rollouts::Answered& answered : answers) {
        data::Example example = rows[static_cast<std::size_t>(answered.group)].turns;
        if (example.kind == data::ExampleKind::Text) {
            example.text += answered.answer;
        } else {
            example.messages.push_back({"assistant", answered.answer, {}});
        }
        auto text = inference::textsToJudge(*m_judge, example);
        if (!text) {
            return Error{"the reward model cannot read an answer: " + text.message()};
        }
        texts.push_back(std::move(text->front()));
    }
    const auto scores = m_judge->judge(texts, {});
    if (!scores) {
        return Error{"the reward model: " + scores.message()};
    }
    for (std::size_t i = 0; i < answers.size(); ++i) {
        const double score = (*scores)[i].front();
        rewards::Verdict& verdict = answers[i].verdicts.emplace_back();
        verdict.reward = score;
        verdict.why = "the reward model";
        answers[i].numbers.reward += m_settings.rewardModelWeight * score;
    }
    return {};
}

Result<std::vector<rollouts::Answered>> AnswerMaker::answer(const PromptRows& rows, std::span<const std::uint32_t> prompts, std::int64_t group,
                                                            std::uint64_t seed, const base::Progress& progress, const std::function<bool()>& isStopped,
                                                            std::size_t before)
{
    if (prompts.empty()) {
        return std::vector<rollouts::Answered>();
    }
    inference::BatchOptions options;
    options.rows = m_settings.atOnce;
    const auto look = [&](const std::string&) {
        if (isStopped && isStopped()) {
            options.cancel.cancel();
        }
    };
    std::vector<Row> known;
    std::vector<inference::BatchRequest> requests;
    for (const std::uint32_t prompt : prompts) {
        auto row = rowOf(rows, rows.items.item(prompt));
        if (!row) {
            return row.error();
        }
        known.push_back(std::move(*row));
        std::vector<text::TokenId> ids;
        for (const std::int32_t stored : rows.items.sequences().row(rows.items.item(prompt).first)) {
            ids.push_back(TokenStore::idOf(stored));
        }
        for (std::int64_t i = 0; i < group; ++i) {
            inference::BatchRequest request{ids, {}};
            request.sampling.maxNew = m_settings.maxNew;
            request.sampling.stop = m_stops.texts;
            request.sampling.temperature = m_settings.temperature;
            request.sampling.seed = static_cast<std::int64_t>(seedOf(seed, before * static_cast<std::size_t>(group) + requests.size()) >> kSeedShift);
            request.onPiece = look;
            requests.push_back(std::move(request));
        }
    }
    std::int64_t done = 0;
    options.onAnswer = [&](std::size_t, const inference::Generation&) {
        if (progress) {
            progress(++done, static_cast<std::int64_t>(requests.size()));
        }
    };
    auto generated = inference::generateAll(m_decoder, m_encoder.tokenizer, requests, m_stops.ids, options);
    if (!generated) {
        return generated.error();
    }
    std::vector<rollouts::Answered> answers;
    for (std::size_t i = 0; i < generated->size(); ++i) {
        inference::Generation& generation = (*generated)[i];
        if (generation.finish == "cancel") {
            return Error{"cancelled"};
        }
        const std::size_t place = i / static_cast<std::size_t>(group);
        const Item& item = rows.items.item(prompts[place]);
        rollouts::Answered answered;
        answered.file = item.place.file;
        answered.row = item.place.row;
        answered.group = static_cast<std::int64_t>(place);
        answered.prompt = known[place].prompt;
        answered.answer = std::move(generation.text);
        answered.promptIds = std::move(generation.promptIds);
        answered.ids = std::move(generation.ids);
        if (generation.stopId) {
            answered.ids.push_back(*generation.stopId);
        }
        rewards::Answer judged = known[place].known;
        judged.text = answered.answer;
        judged.tokens = static_cast<std::int64_t>(answered.ids.size());
        judged.ended = answered.numbers.ended = generation.finish == "stop";
        rewards::Judged verdict = m_rewards.judge(judged);
        answered.numbers.reward = verdict.reward;
        answered.verdicts = std::move(verdict.verdicts);
        answers.push_back(std::move(answered));
    }
    if (m_judge && !answers.empty()) {
        if (auto scored = score(known, answers); !scored) {
            return scored.error();
        }
    }
    for (rollouts::Answered& answered : answers) {
        answered.group += static_cast<std::int64_t>(before);
    }
    return answers;
}

} // namespace luthier::train
