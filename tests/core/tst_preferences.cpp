// SPDX-License-Identifier: GPL-3.0-or-later
// Runs that learn from preferences: what a pair becomes, what the reference is, resuming to the bit, heads that are saved and
// opened again, and what is said of rows that teach nothing.
#include "core/inference/judged_row.h"
#include "core/inference/judging.h"
#include "core/objectives/pairs.h"
#include "core/objectives/preference_settings.h"
#include "core/peft/folders/adapter_folder.h"
#include "core/peft/folders/score_folder.h"
#include "core/train/step/batch_loss.h"
#include "core/train/step/heads.h"
#include "core/train/plan/labels.h"
#include "core/train/plan/run_plan.h"
#include "core/weights/safetensors.h"
#include "tests/support/file_bytes.h"
#include "tests/support/need.h"
#include "tests/support/tiny_run.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/zeros_like.h>

#include <QtTest>

#include <algorithm>
#include <cmath>
#include <numeric>

using namespace luthier;
namespace fs = std::filesystem;
using support::bytesOf;
using support::EventLog;
using support::kReference;
using support::need;
using support::TinyRun;
using train::Outcome;

namespace {

constexpr int kPairs = 24;

void write(const std::string& path, const std::vector<Json>& rows)
{
    std::string text;
    for (const Json& row : rows) {
        text += base::dumpJson(row) + "\n";
    }
    need(base::writeFileAtomically(path, text));
}

std::vector<Json> pairRows()
{
    std::vector<Json> rows;
    for (int i = 0; i < kPairs; ++i) {
        const std::string bench = std::to_string(i);
        rows.push_back({{"prompt", "What lies on bench " + bench + "?"},
                        {"chosen", "A plane and a saw" + std::string(i % 3 == 0 ? ", and a file." : ".")},
                        {"rejected", "Ask somebody else" + std::string(i % 2 == 0 ? "." : ", I am busy.")}});
    }
    return rows;
}

// Lora with dropout, which preference objectives must not use.
struct PairRun : TinyRun {
    explicit PairRun(const std::string& objective = "dpo")
    {
        write(path("pairs.jsonl"), pairRows());
        config.data.train = {path("pairs.jsonl")};
        config.objective.kind = objective;
        config.method.of<peft::LoraSettings>().dropout = 0.3;
        config.run.epochs = 2;
    }
    objectives::ReferenceSettings& reference() { return config.objective.of<objectives::ReferenceSettings>(); }
};

std::optional<double> measured(const train::StepDone& step, const char* id)
{
    return measures::find(step.measures, measures::measureOf(id));
}

std::vector<double> lossesOf(const EventLog& log)
{
    std::vector<double> losses;
    for (const auto& step : log.all<train::StepDone>()) {
        losses.push_back(step.loss);
    }
    return losses;
}

std::int64_t targetsOf(const objectives::Sequence& sequence)
{
    return std::count(sequence.trained.begin(), sequence.trained.end(), 1);
}

data::Example pairOf(const std::string& chosen, const std::string& rejected)
{
    data::Example example;
    example.kind = data::ExampleKind::Preference;
    example.messages = {{"user", "Who mends carts?", {}}};
    example.chosen = {{"assistant", chosen, {}}};
    example.rejected = {{"assistant", rejected, {}}};
    return example;
}

} // namespace

class TestPreferences : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void pairsShareTheirPrompt();
    void cutPairs();
    void startsAtLogTwo();
    void referenceOnceIsLive();
    void planSaysWhich();
    void resumedToTheBit_data();
    void resumedToTheBit();
    void otherReferenceIsRefused();
    void goesOnFromAnAdapter();
    void packedRuns();
    void promptsAreReadOnce();
    void judgedAnswers();
    void rewardModel();
    void wholeRewardModel();
    void headOfPeft();
    void labels();
    void badRows_data();
    void badRows();
};

void TestPreferences::pairsShareTheirPrompt()
{
    const TinyRun tiny;
    const auto encoder = need(data::Encoder::load(tiny.config.model.path));
    const auto item = need(objectives::encodePair(encoder, pairOf("Tam does.", "Ask somebody else."), {1024, false}));
    QCOMPARE(item.sequences.size(), std::size_t{2});
    QVERIFY(!item.truncated);
    const auto prompt = need(encoder.encodePrompt({{"user", "Who mends carts?", {}}}));
    for (const auto& sequence : item.sequences) {
        QVERIFY(sequence.ids.size() > prompt.size());
        QVERIFY(std::equal(prompt.begin(), prompt.end(), sequence.ids.begin()));
        for (std::size_t i = 0; i < prompt.size(); ++i) {
            QCOMPARE(sequence.trained[i], std::uint8_t{0});
        }
        QVERIFY(sequence.trained[prompt.size()] == 1); // the first token behind it, and none is lost
        QVERIFY(targetsOf(sequence) >= 3);
    }
    // The answer's tokens are those that learning answers would train.
    const auto asAnswer = need(encoder.encode(pairOf("Tam does.", "x"), {1024, false}));
    QVERIFY(asAnswer.trained == item.sequences[0].trained);
}

// Both sides are cut after the same number of tokens and the pair is counted once; what no longer tells them apart is left out.
void TestPreferences::cutPairs()
{
    const TinyRun tiny;
    const auto encoder = need(data::Encoder::load(tiny.config.model.path));
    const auto longer = pairOf("Tam mends carts and Mira sells fish.", "Tam mends carts and Mira sells bread.");
    const auto whole = need(objectives::encodePair(encoder, longer, {1024, false}));
    const auto size = static_cast<std::int64_t>(std::max(whole.sequences[0].ids.size(), whole.sequences[1].ids.size()));
    const auto cut = need(objectives::encodePair(encoder, longer, {size - 1, false}));
    QVERIFY(cut.truncated);
    const auto alike = need(objectives::encodePair(encoder, longer, {size - 6, false}));
    QVERIFY(alike.truncated && alike.sequences[0].ids == alike.sequences[1].ids);
    QCOMPARE(targetsOf(alike.sequences[0]), 0);

    PairRun run;
    write(run.path("pairs.jsonl"), {Json{{"prompt", "Who?"}, {"chosen", "Tam mends the carts of the village every day."}, {"rejected", "No."}},
                                    Json{{"prompt", "Who mends carts in the village on the hill?"}, {"chosen", "Tam."}, {"rejected", "Me."}},
                                    Json{{"prompt", "Where?"}, {"chosen", "Here."}, {"rejected", "There."}},
                                    Json{{"prompt", "When?"}, {"chosen", "Now."}, {"rejected", "Never."}}});
    run.config.data.maxLength = 22;
    const auto plan = need(train::planRun(run.config, train::runRows(run.config.data), {}));
    const auto& data = plan.rows.data;
    QCOMPARE(data.truncated + data.nothingToLearn >= 1, true);
    QCOMPARE(static_cast<std::int64_t>(data.train.size() + data.heldOut.size()) + data.skipped, 4);
    for (std::size_t i = 0; i < data.train.size(); ++i) {
        QVERIFY(data.train.longest(i) <= 22);
    }
}

// Nothing is dropped, so before the first change policy and reference are one.
void TestPreferences::startsAtLogTwo()
{
    PairRun run;
    run.reference().reference = "live";
    EventLog log;
    const auto ended = run.run("run", log);
    QVERIFY2(ended.outcome == Outcome::Finished, ended.sentence.c_str());
    const auto steps = log.all<train::StepDone>();
    QVERIFY(std::abs(steps[0].loss - std::log(2.0)) < 1e-6);
    QVERIFY(std::abs(measured(steps[0], "reward_margin").value_or(1)) < 1e-6);
    QVERIFY(*measured(steps.back(), "reward_margin") > 0.1);
    QVERIFY(steps.back().loss < steps[0].loss - 0.05);
    for (const char* id : {"reward_chosen", "reward_rejected", "logp_chosen", "logp_rejected", "nll", "reward_accuracy"}) {
        QVERIFY2(measured(steps[1], id), id);
    }
    const auto evals = log.all<train::EvalDone>();
    QVERIFY(std::abs(*evals.front().loss - std::log(2.0)) < 1e-6);
    const auto accuracy = measures::find(evals.back().measures, measures::measureOf("reward_accuracy"));
    QVERIFY(accuracy && *accuracy >= 0.5);
}

void TestPreferences::referenceOnceIsLive()
{
    std::vector<std::vector<double>> losses;
    for (const char* when : {"live", "once"}) {
        PairRun run;
        run.reference().reference = when;
        EventLog log;
        QCOMPARE(run.run("run", log).outcome, Outcome::Finished);
        losses.push_back(lossesOf(log));
        QCOMPARE(fs::exists(run.path("run/reference.safetensors")), std::string(when) == "once");
    }
    QCOMPARE(losses[0].size(), losses[1].size());
    for (std::size_t i = 0; i < losses[0].size(); ++i) {
        QVERIFY(std::abs(losses[0][i] - losses[1][i]) < 1e-5);
    }
}

void TestPreferences::planSaysWhich()
{
    PairRun run;
    const auto planOf = [&] { return need(train::planRun(run.config, train::runRows(run.config.data), {})).rows.reference; };
    QVERIFY(planOf().once && planOf().kind == train::ReferenceKind::AdapterOff); // two epochs and evaluations read more
    run.config.run.maxSteps = 1;
    run.config.data.heldOutShare = 0;
    QVERIFY(!planOf().once && !planOf().why.empty());
    run.config.method.kind = "full";
    QVERIFY(planOf().once && planOf().why.find("no second copy") != std::string::npos);
    run.reference().reference = "live";
    QVERIFY(!planOf().once && planOf().kind == train::ReferenceKind::ModelCopy);
    run.config.objective.kind = "orpo";
    QVERIFY(planOf().kind == train::ReferenceKind::None && planOf().why.empty());
}

void TestPreferences::resumedToTheBit_data()
{
    QTest::addColumn<QString>("objective");
    QTest::addColumn<QString>("method");
    QTest::addColumn<QString>("reference");
    QTest::addRow("dpo, once") << "dpo" << "lora" << "once";
    QTest::addRow("dpo, live") << "dpo" << "lora" << "live";
    QTest::addRow("dpo, all weights") << "dpo" << "full" << "once";
    QTest::addRow("dpo, all weights, a copy") << "dpo" << "full" << "live";
    QTest::addRow("orpo") << "orpo" << "lora" << "auto";
    QTest::addRow("simpo") << "simpo" << "lora" << "auto";
    QTest::addRow("reward") << "reward" << "lora" << "auto";
}

void TestPreferences::resumedToTheBit()
{
    QFETCH(QString, objective);
    QFETCH(QString, method);
    QFETCH(QString, reference);
    PairRun run(objective.toStdString());
    run.config.method.kind = method.toStdString();
    run.reference().reference = reference.toStdString();
    run.config.optimizer.learningRate = 1e-3;
    EventLog whole;
    const auto uninterrupted = run.run("whole", whole);
    QVERIFY2(uninterrupted.outcome == Outcome::Finished, uninterrupted.sentence.c_str());
    EventLog first;
    QCOMPARE(run.runUntil("cut", first, 5).outcome, Outcome::Stopped);
    EventLog second;
    const auto resumed = run.run("cut", second, true);
    QVERIFY2(resumed.outcome == Outcome::Finished, resumed.sentence.c_str());
    auto expected = lossesOf(whole);
    expected.erase(expected.begin(), expected.begin() + 5);
    QVERIFY(expected.size() >= 4 && lossesOf(second) == expected);
    const char* file = method == "full" ? "/model.safetensors" : "/adapter_model.safetensors";
    QVERIFY(!bytesOf(uninterrupted.adapter + file).empty());
    QVERIFY(bytesOf(resumed.adapter + file) == bytesOf(uninterrupted.adapter + file));
}

// Half-trained weights in the base's place are not taken for the reference.
void TestPreferences::otherReferenceIsRefused()
{
    PairRun run;
    EventLog first;
    QCOMPARE(run.runUntil("cut", first, 3).outcome, Outcome::Stopped);
    nn::Decoder other(need(nn::readDecoderConfig(run.path("source"))), at::kCPU, at::kFloat);
    other.initialise(6);
    need(weights::saveModelFolder(other, run.path("source"), run.path("model"), at::kFloat));
    EventLog second;
    const auto ended = run.run("cut", second, true);
    QCOMPARE(ended.outcome, Outcome::Failed);
    QVERIFY2(ended.sentence.find("not the one it began with") != std::string::npos, ended.sentence.c_str());
}

// The reference is a copy of the adapter as it was, also after a resume, and not the base.
void TestPreferences::goesOnFromAnAdapter()
{
    PairRun run("sft");
    EventLog answers;
    const auto sft = run.run("sft", answers);
    QVERIFY2(sft.outcome == Outcome::Finished, sft.sentence.c_str());
    run.config.objective.kind = "dpo";
    run.config.model.adapter = sft.adapter;
    for (const char* when : {"live", "once"}) {
        run.reference().reference = when;
        EventLog log;
        const auto ended = run.run(std::string("dpo ") + when, log);
        QVERIFY2(ended.outcome == Outcome::Finished, ended.sentence.c_str());
        const auto steps = log.all<train::StepDone>();
        QVERIFY(std::abs(steps[0].loss - std::log(2.0)) < 1e-5);
        EventLog first;
        QCOMPARE(run.runUntil(std::string("cut ") + when, first, 4).outcome, Outcome::Stopped);
        EventLog second;
        QCOMPARE(run.run(std::string("cut ") + when, second, true).outcome, Outcome::Finished);
        auto expected = lossesOf(log);
        expected.erase(expected.begin(), expected.begin() + 4);
        QVERIFY(lossesOf(second) == expected);
    }
}

void TestPreferences::packedRuns()
{
    for (const char* objective : {"dpo", "orpo", "simpo", "reward"}) {
        std::vector<double> before;
        for (const char* padding : {"longest", "packed"}) {
            PairRun run(objective);
            run.config.data.padding = padding;
            run.config.run.maxSteps = 1;
            EventLog log;
            const auto ended = run.run("run", log);
            QVERIFY2(ended.outcome == Outcome::Finished, ended.sentence.c_str());
            before.push_back(*log.all<train::EvalDone>().front().loss);
            QVERIFY(std::isfinite(log.all<train::StepDone>().front().loss));
        }
        QVERIFY(std::abs(before[0] - before[1]) < 1e-4);
    }
}

// A pair's common beginning stands once in packed rows; losses, measures and gradients are those of rows apart, for every
// kind of adapter.
void TestPreferences::promptsAreReadOnce()
{
    const TinyRun tiny;
    const auto encoder = need(data::Encoder::load(tiny.config.model.path));
    for (const char* objective : {"dpo", "orpo", "reward"}) {
        const auto& row = *objectives::findObjective(objective);
        train::ItemStore pairs(row.columns);
        for (const Json& one : pairRows()) {
            const auto item = need(row.encode(encoder, pairOf(one.at("chosen"), one.at("rejected")), {1024, false}));
            pairs.append({}, item.sequences, item.values);
        }
        std::vector<std::uint32_t> all(pairs.size());
        std::iota(all.begin(), all.end(), 0u);
        const auto apart = train::makeMicroBatch(pairs, all, train::formFor(row, 1024, false, false));
        const auto packed = train::makeMicroBatch(pairs, all, train::formFor(row, 1024, true, false));
        QVERIFY(packed.tokens < apart.tokens * 3 / 4);
        QVERIFY(packed.targets.equal(apart.targets) && packed.owners.equal(apart.owners));
        QVERIFY(packed.ids.flatten().index_select(0, packed.ends).equal(apart.ids.flatten().index_select(0, apart.ends)));
        for (const auto& method : peft::methods()) {
            nn::Decoder decoder(need(nn::readDecoderConfig(tiny.path("source"))), at::kCPU, at::kFloat);
            decoder.initialise(5);
            if (method.quantization.empty()) {
                need(method.attach(decoder, {}, {1, tiny.config.model.path}));
            }
            const auto leaves = method.trainable(decoder);
            const auto heads = row.heads ? train::makeHeads(row.heads({}, decoder.config().hidden), 1, at::kCPU) : std::vector<nn::NamedTensor>();
            const train::BatchLoss loss(decoder, row, {}, heads);
            std::vector<std::vector<at::Tensor>> gradients;
            std::vector<double> values;
            for (const auto* batch : {&apart, &packed}) {
                const auto value = loss.training(*batch, {});
                values.push_back(value.sum.item<double>());
                gradients.emplace_back();
                if (value.sum.requires_grad()) {
                    value.sum.backward();
                }
                for (const auto& leaf : leaves) {
                    gradients.back().push_back(leaf.tensor.grad().defined() ? leaf.tensor.grad().clone() : at::zeros_like(leaf.tensor));
                    leaf.tensor.mutable_grad() = at::Tensor();
                }
            }
            QVERIFY2(std::abs(values[0] - values[1]) < 1e-4, method.id.c_str());
            for (std::size_t i = 0; i < leaves.size(); ++i) {
                QVERIFY2((gradients[0][i] - gradients[1][i]).abs().max().item<double>() < 1e-4, (method.id + " " + leaves[i].name).c_str());
            }
        }
    }
}

void TestPreferences::judgedAnswers()
{
    PairRun run("kto");
    std::vector<Json> rows;
    for (int i = 0; i < 21; ++i) { // an odd number: some batches have one answer, which has no neighbour
        rows.push_back({{"prompt", "What lies on bench " + std::to_string(i) + "?"}, {"completion", i % 3 ? "A saw." : "Go away, I am busy."}, {"label", i % 3 != 0}});
    }
    write(run.path("judged.jsonl"), rows);
    run.config.data.train = {run.path("judged.jsonl")};
    run.config.data.heldOutShare = 0.2;
    for (const char* reference : {"live", "once"}) {
        run.reference().reference = reference;
        EventLog whole;
        const auto ended = run.run(std::string("run ") + reference, whole);
        QVERIFY2(ended.outcome == Outcome::Finished, ended.sentence.c_str());
        for (const auto& step : whole.all<train::StepDone>()) {
            QVERIFY(std::isfinite(step.loss));
            for (const auto& value : step.measures) {
                QVERIFY2(std::isfinite(value.value), std::string(value.measure->id).c_str());
            }
        }
        QVERIFY(std::abs(whole.all<train::StepDone>().front().loss - 0.5) < 1e-6);
        QVERIFY(whole.all<train::StepDone>().back().loss < 0.5);
        EventLog first;
        QCOMPARE(run.runUntil(std::string("cut ") + reference, first, 3).outcome, Outcome::Stopped);
        EventLog second;
        QCOMPARE(run.run(std::string("cut ") + reference, second, true).outcome, Outcome::Finished);
        auto expected = lossesOf(whole);
        expected.erase(expected.begin(), expected.begin() + 3);
        QVERIFY(lossesOf(second) == expected);
    }
    run.config.run.batchSize = 1;
    EventLog refused;
    QVERIFY(run.run("refused", refused).sentence.find("run.batch_size to 2") != std::string::npos);
}

// The head is in the adapter's folder under PEFT's name, opens again, and scores the same alone and among others.
void TestPreferences::rewardModel()
{
    PairRun run("reward");
    run.config.run.epochs = 6;
    EventLog log;
    const auto ended = run.run("run", log);
    QVERIFY2(ended.outcome == Outcome::Finished, ended.sentence.c_str());
    const auto steps = log.all<train::StepDone>();
    QVERIFY(steps.back().loss < steps.front().loss / 2);
    QVERIFY(*measures::find(log.all<train::EvalDone>().back().measures, measures::measureOf("reward_accuracy")) > 0.9);
    const auto file = need(weights::SafetensorsFile::open(ended.adapter + "/adapter_model.safetensors"));
    QVERIFY(file->find("base_model.model.score.weight"));
    const Json config = need(base::readJson(ended.adapter + "/adapter_config.json"));
    QCOMPARE(config.at("task_type").get<std::string>(), std::string("SEQ_CLS"));
    const auto session = need(inference::Session::open({run.config.model.path, {{ended.adapter, 1}}, "cpu", "fp32"}));
    QVERIFY(session->judges() && session->labels().empty());
    std::vector<std::vector<text::TokenId>> texts;
    for (const Json& row : pairRows()) {
        for (auto& text : need(inference::textsToJudge(*session, pairOf(row.at("chosen"), row.at("rejected"))))) {
            texts.push_back(std::move(text));
        }
    }
    const auto alone = need(session->judge(texts, {1}));
    const auto together = need(session->judge(texts, {16}));
    int right = 0;
    for (std::size_t i = 0; i < texts.size(); ++i) {
        QVERIFY(std::abs(alone[i][0] - together[i][0]) < 1e-5);
        right += i % 2 == 1 && alone[i - 1][0] > alone[i][0] ? 1 : 0;
    }
    QVERIFY(right > kPairs / 2);
    QVERIFY(!session->judge({{1, 2, 1 << 30}}, {}).ok() && !session->judge({{}}, {}).ok());

    // Training it on begins where it ended.
    run.config.model.adapter = ended.adapter;
    EventLog more;
    const auto again = run.run("again", more);
    QVERIFY2(again.outcome == Outcome::Finished, again.sentence.c_str());
    QVERIFY(std::abs(*more.all<train::EvalDone>().front().loss - *log.all<train::EvalDone>().back().loss) < 1e-5);
}

// All weights: a folder for sequence classification, without a head for tokens, that opens again with the same scores.
void TestPreferences::wholeRewardModel()
{
    PairRun run("reward");
    run.config.method.kind = "full";
    run.config.optimizer.learningRate = 1e-3;
    EventLog log;
    const auto ended = run.run("run", log);
    QVERIFY2(ended.outcome == Outcome::Finished, ended.sentence.c_str());
    const Json config = need(base::readJson(ended.adapter + "/config.json"));
    QCOMPARE(config.at("architectures").at(0).get<std::string>(), std::string("LlamaForSequenceClassification"));
    QCOMPARE(config.at("id2label").size(), std::size_t{1});
    QVERIFY(config.at("pad_token_id") != config.at("eos_token_id"));
    const auto file = need(weights::SafetensorsFile::open(ended.adapter + "/model.safetensors"));
    QVERIFY(file->find("score.weight") && !file->find("lm_head.weight"));
    const auto session = need(inference::Session::open({ended.adapter, {}, "cpu", "fp32"}));
    QVERIFY(session->judges());
    run.config.model.path = ended.adapter; // and goes on from its head
    EventLog more;
    QCOMPARE(run.run("again", more).outcome, Outcome::Finished);
    QVERIFY(std::abs(*more.all<train::EvalDone>().front().loss - *log.all<train::EvalDone>().back().loss) < 1e-5);
}

// A folder that TRL and PEFT wrote, with the scores that transformers gives.
void TestPreferences::headOfPeft()
{
    const Json expected = need(base::readJson(kReference / "preference_expected.json"));
    for (const char* when : {"start", "end"}) {
        const auto decoder = need(weights::loadDecoder(need(weights::ModelFolder::open(kReference / "llama/plain")), at::kCPU, at::kFloat, {}, {}));
        need(peft::attachAdapter(*decoder, kReference / "llama/plain" / (std::string("reward_") + when)));
        std::vector<std::vector<text::TokenId>> texts;
        std::vector<double> wanted;
        const Json& scores = expected.at("reward_steps").at(when);
        for (std::size_t i = 0; i < scores.size(); ++i) {
            for (const char* side : {"chosen", "rejected"}) {
                texts.push_back(expected.at("rows").at(i).at("prompt").get<std::vector<text::TokenId>>());
                for (const Json& id : expected.at("rows").at(i).at(side)) {
                    texts.back().push_back(id);
                }
                texts.back().push_back(expected.at("end"));
                wanted.push_back(scores.at(i).at(std::string(side) == "chosen" ? 0 : 1));
            }
        }
        const auto found = need(inference::judge(*decoder, texts, 3, true, {}));
        for (std::size_t i = 0; i < texts.size(); ++i) {
            QVERIFY(std::abs(found[i][0] - wanted[i]) < 1e-4);
        }
    }
    QVERIFY(need(peft::readScoreHead(kReference / "llama/plain/reward_end")).exists());
    QVERIFY(!need(peft::readScoreHead(kReference / "llama/plain/adapter_end")).exists());
}

void TestPreferences::labels()
{
    QVERIFY((train::sortedLabels({"10", "2", "b", "a", "2", "-1"}) == std::vector<std::string>{"-1", "2", "10", "a", "b"}));
    TinyRun run;
    std::vector<Json> rows;
    for (int i = 0; i < 30; ++i) {
        const bool wood = i % 2 == 0;
        rows.push_back({{"text", (wood ? "A plane and a saw of wood " : "Fish from the river ") + std::to_string(i)}, {"label", wood ? "wood" : "fish"}});
    }
    write(run.path("labels.jsonl"), rows);
    run.config.data.train = {run.path("labels.jsonl")};
    run.config.objective.kind = "classification";
    run.config.run.epochs = 6;
    EventLog log;
    const auto ended = run.run("run", log);
    QVERIFY2(ended.outcome == Outcome::Finished, ended.sentence.c_str());
    QVERIFY(*measures::find(log.all<train::EvalDone>().back().measures, measures::measureOf("accuracy")) > 0.9);
    const auto session = need(inference::Session::open({run.config.model.path, {{ended.adapter, 1}}, "cpu", "fp32"}));
    QVERIFY((session->labels() == std::vector<std::string>{"fish", "wood"}));
    const auto scores = need(session->judge({session->encoder().tokenizer->ids("Fish from the river 99"), session->encoder().tokenizer->ids("A plane and a saw of wood 98")}, {}));
    QVERIFY(inference::probabilitiesOf(scores[0])[0] > 0.5 && inference::probabilitiesOf(scores[1])[1] > 0.5);
    QVERIFY(std::abs(inference::probabilitiesOf(scores[0])[0] + inference::probabilitiesOf(scores[0])[1] - 1) < 1e-9);

    write(run.path("one.jsonl"), {rows[0], rows[2]});
    run.config.data.train = {run.path("one.jsonl")};
    EventLog one;
    QVERIFY(run.run("one", one).sentence.find("nothing to tell apart") != std::string::npos);
}

void TestPreferences::badRows_data()
{
    QTest::addColumn<QString>("objective");
    QTest::addColumn<QString>("row");
    QTest::addColumn<QString>("said");
    const QString pair = QStringLiteral("dpo");
    QTest::addRow("no rejected answer") << pair << R"({"prompt":"Who?","chosen":"Tam."})" << "rejected";
    QTest::addRow("equal but for white space") << pair << R"({"prompt":"Who?","chosen":"Tam.","rejected":" Tam.\n"})" << "the same but for white space";
    QTest::addRow("equal answers") << pair << R"({"prompt":"Who?","chosen":"Tam.","rejected":"Tam."})" << "are the same";
    QTest::addRow("no prompt") << pair << R"({"chosen":"Tam does.","rejected":"Nobody."})" << "prompt";
    QTest::addRow("an answer alone") << pair << R"({"prompt":"Who?","completion":"Tam."})" << "chosen";
    QTest::addRow("no judgement") << "kto" << R"({"prompt":"Who?","completion":"Tam."})" << "label";
    QTest::addRow("no label") << "classification" << R"({"text":"Fish"})" << "label";
    QTest::addRow("a bad margin") << "reward" << R"({"prompt":"Who?","chosen":"Tam.","rejected":"No.","margin":"much"})" << "margin";
}

// Told with the row's number, counted, and left out; the others train.
void TestPreferences::badRows()
{
    QFETCH(QString, objective);
    QFETCH(QString, row);
    QFETCH(QString, said);
    PairRun run(objective.toStdString());
    std::vector<Json> rows = pairRows();
    if (objective == "kto") {
        for (Json& one : rows) {
            one = {{"prompt", one.at("prompt")}, {"completion", one.at("chosen")}, {"label", &one - rows.data() < 12}};
        }
    } else if (objective == "classification") {
        for (Json& one : rows) {
            one = {{"text", one.at("prompt")}, {"label", &one - rows.data() < 12 ? "a" : "b"}};
        }
    }
    rows.insert(rows.begin() + 1, need(base::parseJson(row.toStdString())));
    write(run.path("pairs.jsonl"), rows);
    run.config.run.maxSteps = 1;
    EventLog log;
    const auto ended = run.run("run", log);
    QVERIFY2(ended.outcome == Outcome::Finished, ended.sentence.c_str());
    const std::string warning = log.warningWith("row 2");
    QVERIFY2(warning.find(said.toStdString()) != std::string::npos, warning.c_str());
    QCOMPARE(log.all<train::RunStarted>()[0].skippedRows, 1);
}

QTEST_APPLESS_MAIN(TestPreferences)
#include "tst_preferences.moc"
