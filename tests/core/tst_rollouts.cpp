// SPDX-License-Identifier: GPL-3.0-or-later
// Learning from answers of its own: losses and a whole update beside TRL and a written-out reference, what a run keeps of its
// answers, runs that go on to the bit, and what is said of what cannot be learned.
#include "core/objectives/objectives.h"
#include "core/objectives/policy_loss.h"
#include "core/objectives/token_log_probs.h"
#include "core/optim/adamw.h"
#include "core/rollouts/rollout_log.h"
#include "core/train/answers/rollout_batches.h"
#include "tests/support/file_bytes.h"
#include "tests/support/tiny_run.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <c10/core/GradMode.h>

#include <QtTest>

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <numeric>

using namespace luthier;
namespace fs = std::filesystem;
using rollouts::Answered;
using support::bytesOf;
using support::EventLog;
using support::TinyRun;
using train::Outcome;

namespace {

constexpr double kParity = 1e-5;

std::vector<float> floatsOf(const Json& list)
{
    std::vector<float> values;
    for (const Json& value : list) {
        values.push_back(static_cast<float>(value.get<double>()));
    }
    return values;
}

at::Tensor tensorOf(const Json& list, std::vector<std::int64_t> sizes)
{
    return at::tensor(floatsOf(list)).view(sizes);
}

double gap(const at::Tensor& a, const Json& list)
{
    const at::Tensor b = at::tensor(floatsOf(list));
    return (a.detach().flatten() - b).abs().max().item<double>();
}

// Answers with given hidden states and a head in the place of a model.
struct Fixed {
    Json json;
    std::int64_t hidden = 0;
    at::Tensor head;
    std::vector<Answered> answers;
    std::vector<train::RolloutBatch> batches;

    explicit Fixed(double temperature, bool oldIsNoisy, std::int64_t batchSize, const std::vector<std::uint32_t>& order = {})
        : json(*base::readJson(std::string(LUTHIER_SOURCE_DIR) + "/tests/reference/rollout_losses.json")),
          hidden(json["hidden_size"].get<std::int64_t>()), head(tensorOf(json["head"], {json["vocabulary"].get<std::int64_t>(), hidden}))
    {
        for (std::size_t i = 0; i < json["ids"].size(); ++i) {
            const auto ids = json["ids"][i].get<std::vector<text::TokenId>>();
            const auto prompt = json["prompts"][i].get<std::ptrdiff_t>();
            Answered answered;
            answered.promptIds.assign(ids.begin(), ids.begin() + prompt);
            answered.ids.assign(ids.begin() + prompt, ids.end());
            answered.numbers.reward = json["rewards"][i].get<double>();
            answers.push_back(std::move(answered));
        }
        if (order.empty()) {
            batches = train::cutRollouts(answers, {batchSize, false});
        } else { // in this order, as the reference cuts its minibatches
            for (std::size_t first = 0; first < order.size(); first += static_cast<std::size_t>(batchSize)) {
                std::vector<Answered> own;
                std::vector<std::uint32_t> whole(order.begin() + static_cast<std::ptrdiff_t>(first),
                                                 order.begin() + static_cast<std::ptrdiff_t>(first) + batchSize);
                for (const std::uint32_t index : whole) {
                    own.push_back(answers[index]);
                }
                auto cut = train::cutRollouts(own, {batchSize, false});
                for (std::uint32_t& index : cut.front().answers) {
                    index = whole[index];
                }
                batches.push_back(std::move(cut.front()));
            }
        }
        const at::NoGradGuard noGrad;
        for (const train::RolloutBatch& batch : batches) {
            const auto reading = objectives::readTokens(objectives::pickTargets(prediction(batch, head).hidden, batch.batch), head,
                                                        batch.batch.targets, {.temperature = temperature}, {});
            train::takeNumbers(batch, reading.logProbs, &objectives::Rollout::logProbs, answers);
        }
        for (std::size_t i = 0; i < answers.size(); ++i) {
            objectives::Rollout& numbers = answers[i].numbers;
            const auto reference = floatsOf(json["reference_noise"][i]);
            const auto old = floatsOf(json["old_noise"][i]);
            numbers.reference = numbers.logProbs;
            for (std::size_t t = 0; t < numbers.logProbs.size(); ++t) {
                numbers.reference[t] += reference[t];
                numbers.logProbs[t] += oldIsNoisy ? old[t] : 0;
            }
        }
    }

    objectives::Prediction prediction(const train::RolloutBatch& batch, const at::Tensor& withHead) const
    {
        const at::Tensor all = at::zeros({batch.batch.ids.size(0), batch.batch.ids.size(1), hidden});
        for (std::size_t row = 0; row < batch.answers.size(); ++row) {
            const Json& own = json["hidden"][batch.answers[row]];
            const auto length = static_cast<std::int64_t>(own.size()) / hidden;
            all.select(0, static_cast<std::int64_t>(row)).narrow(0, 0, length).copy_(tensorOf(own, {length, hidden}));
        }
        return {all, withHead, 0};
    }

    void assess(const objectives::Objective& row, const objectives::ObjectiveSettings& settings, double klWeight)
    {
        std::vector<objectives::Rollout> numbers;
        for (const Answered& answered : answers) {
            numbers.push_back(answered.numbers);
        }
        row.rollouts->assess(numbers, settings, klWeight);
        for (std::size_t i = 0; i < answers.size(); ++i) {
            answers[i].numbers = numbers[i];
        }
    }

    rollouts::Update update() const { return {1, 0, 0, 0, answers}; }

    // The step's loss with its measures, divided as training divides; gradients are added.
    struct Step {
        double loss = 0;
        std::vector<double> measures;
    };
    Step step(const objectives::Objective& row, const objectives::ObjectiveSettings& settings, const std::vector<std::size_t>& which,
              const at::Tensor& withHead, const std::vector<nn::NamedTensor>& heads)
    {
        const rollouts::Update all = update();
        std::vector<const train::RolloutBatch*> own;
        double items = 0;
        for (const std::size_t index : which) {
            own.push_back(&batches[index]);
            items += static_cast<double>(batches[index].batch.items);
        }
        const auto made = train::stepOf(own, all, *row.rollouts, settings);
        Step step;
        step.measures.resize(row.measures.size());
        for (std::size_t i = 0; i < made.size(); ++i) {
            const objectives::LossInput input{made[i], settings, heads, [&, i] { return prediction(*own[i], withHead); }, {}, {}, {}};
            const objectives::LossValue value = row.loss(input);
            (value.sum / items).backward();
            step.loss += value.sum.item<double>() / items;
            for (std::size_t k = 0; k < step.measures.size(); ++k) {
                step.measures[k] += value.measures[k].item<double>() / items;
            }
        }
        return step;
    }
};

std::vector<std::vector<double>> numbersOf(const EventLog& log, std::int64_t first)
{
    std::vector<std::vector<double>> numbers;
    for (const auto& step : log.all<train::StepDone>()) {
        if (step.step >= first) {
            numbers.push_back({static_cast<double>(step.step), step.loss, step.gradNorm, static_cast<double>(step.tokens)});
            for (const auto& value : step.measures) {
                numbers.back().push_back(value.value);
            }
        }
    }
    return numbers;
}

// A run of a tiny model whose reward is how few words it says.
void setUp(TinyRun& run, const std::string& kind)
{
    run.config.objective.kind = kind;
    auto& answers = run.config.objective.of<objectives::AnswerSettings>();
    answers.rewards = {"length most=2 slack=20 unit=words", "contains texts=e weight=0.5"};
    answers.maxNew = 12;
    answers.look = 8;
    run.config.objective.of<objectives::GroupSettings>().group = 4;
    run.config.run.batchSize = 4;
    run.config.run.gradientAccumulation = 2;
    run.config.run.maxSteps = 12;
    run.config.run.epochs = 20;
    run.config.run.evalEvery = 6;
    run.config.run.checkpointEvery = 100;
}

} // namespace

class TestRollouts : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void grpoAsTrl();
    void rlooAsTrl();
    void ppoAsWrittenOut();
    void answersReadBackToTheBit();
    void oldUpdatesGo();
    void runs_data();
    void runs();
    void stoppedGoesOn_data();
    void stoppedGoesOn();
    void lostAnswersAreSaid();
    void whatCannotBe();
    void whatTeachesNothingIsSaid();
};

void TestRollouts::grpoAsTrl()
{
    const objectives::Objective& row = *objectives::findObjective("grpo");
    for (const std::int64_t batchSize : {8, 3}) { // how a step is cut into micro-batches does not matter
        Fixed fixed(1, true, batchSize);
        for (const Json& wanted : fixed.json["grpo"]) {
            objectives::ObjectiveSettings settings;
            auto& own = settings.of<objectives::GrpoSettings>();
            own.normaliser = wanted["normaliser"].get<std::string>();
            own.klInLoss = wanted["beta"].get<double>();
            settings.of<objectives::AnswerSettings>().maxNew = fixed.json["longest"].get<std::int64_t>();
            settings.of<objectives::GroupSettings>().group = fixed.json["group"].get<std::int64_t>();
            settings.of<objectives::ClipSettings>().clipHigh = wanted["epsilon_high"].get<double>();
            Fixed now(1, true, batchSize);
            now.assess(row, settings, 0);
            for (std::size_t i = 0; i < now.answers.size(); ++i) {
                QVERIFY(std::abs(static_cast<double>(now.answers[i].numbers.advantages.front()) - wanted["advantages"][i].get<double>()) < kParity);
            }
            const rollouts::Update update = now.update();
            for (train::RolloutBatch& batch : now.batches) {
                train::addColumns(batch, update, {4, 0, false});
            }
            const at::Tensor head = now.head.clone().requires_grad_(true);
            std::vector<std::size_t> all(now.batches.size());
            std::iota(all.begin(), all.end(), std::size_t{0});
            const auto step = now.step(row, settings, all, head, {});
            QVERIFY2(std::abs(step.loss - wanted["loss"].get<double>()) < kParity, own.normaliser.c_str());
            QVERIFY(gap(head.grad(), wanted["gradient"]) < kParity);
            const auto measured = [&](const char* id) {
                return step.measures[static_cast<std::size_t>(std::find(row.measures.begin(), row.measures.end(), id) - row.measures.begin())];
            };
            QVERIFY(std::abs(measured("clip_share") - wanted["clip_share"].get<double>()) < kParity);
            QVERIFY(std::abs(measured("entropy") - wanted["entropy"].get<double>()) < kParity);
            QVERIFY(!wanted.contains("kl") || std::abs(measured("kl") - wanted["kl"].get<double>()) < kParity);
            QCOMPARE(measured("no_spread_share"), 0.5);
        }
    }
}

void TestRollouts::rlooAsTrl()
{
    const objectives::Objective& row = *objectives::findObjective("rloo");
    for (const std::int64_t batchSize : {8, 3}) {
        Fixed fixed(1, true, batchSize);
        for (const Json& wanted : fixed.json["rloo"]) {
            objectives::ObjectiveSettings settings;
            settings.of<objectives::GroupSettings>().group = fixed.json["group"].get<std::int64_t>();
            Fixed now(1, true, batchSize);
            now.assess(row, settings, wanted["beta"].get<double>());
            for (std::size_t i = 0; i < now.answers.size(); ++i) {
                QVERIFY(std::abs(static_cast<double>(now.answers[i].numbers.advantages.front()) - wanted["advantages"][i].get<double>()) < kParity);
            }
            const rollouts::Update update = now.update();
            for (train::RolloutBatch& batch : now.batches) {
                train::addColumns(batch, update, {4, 0, false});
            }
            const at::Tensor head = now.head.clone().requires_grad_(true);
            std::vector<std::size_t> all(now.batches.size());
            std::iota(all.begin(), all.end(), std::size_t{0});
            const auto step = now.step(row, settings, all, head, {});
            QVERIFY(std::abs(step.loss - wanted["loss"].get<double>()) < kParity);
            QVERIFY(gap(head.grad(), wanted["gradient"]) < kParity);
        }
    }
}

void TestRollouts::ppoAsWrittenOut()
{
    const objectives::Objective& row = *objectives::findObjective("ppo");
    for (std::size_t which = 0; which < 2; ++which) {
        const Json wanted = (*base::readJson(std::string(LUTHIER_SOURCE_DIR) + "/tests/reference/rollout_losses.json"))["ppo"][which];
        const double temperature = wanted["temperature"].get<double>();
        Fixed fixed(temperature, false, 4, {0, 2, 5, 7, 1, 3, 4, 6});
        objectives::ObjectiveSettings settings;
        auto& own = settings.of<objectives::PpoSettings>();
        own.discount = wanted["discount"].get<double>();
        own.lambda = wanted["lambda"].get<double>();
        own.whitenRewards = wanted["whiten_rewards"].get<bool>();
        own.missingEndPenalty = wanted["missing_end_penalty"].get<double>();
        settings.of<objectives::AnswerSettings>().temperature = temperature;
        at::Tensor head = fixed.head.clone().requires_grad_(true);
        std::vector<nn::NamedTensor> heads{{"objective.value.weight", tensorOf(wanted["value"], {fixed.hidden}).clone().requires_grad_(true)},
                                           {"objective.value.bias", at::tensor({0.1F}).requires_grad_(true)}};
        {
            const at::NoGradGuard noGrad;
            for (const train::RolloutBatch& batch : fixed.batches) {
                const at::Tensor hidden = objectives::pickTargets(fixed.prediction(batch, head).hidden, batch.batch);
                train::takeNumbers(batch, objectives::valuesOf(hidden, heads), &objectives::Rollout::values, fixed.answers);
            }
        }
        for (std::size_t i = 0; i < fixed.answers.size(); ++i) {
            fixed.answers[i].numbers.ended = wanted["ended"][i].get<bool>();
        }
        fixed.assess(row, settings, wanted["kl"].get<double>());
        for (std::size_t i = 0; i < fixed.answers.size(); ++i) {
            const objectives::Rollout& numbers = fixed.answers[i].numbers;
            for (std::size_t t = 0; t < numbers.advantages.size(); ++t) {
                QVERIFY(std::abs(static_cast<double>(numbers.advantages[t]) - wanted["advantages"][i][t].get<double>()) < kParity);
                QVERIFY(std::abs(static_cast<double>(numbers.returns[t]) - wanted["returns"][i][t].get<double>()) < kParity);
            }
        }
        const rollouts::Update update = fixed.update();
        for (train::RolloutBatch& batch : fixed.batches) {
            train::addColumns(batch, update, {1, wanted["kl"].get<double>(), false});
        }
        optim::OptimizerSettings how;
        how.maxGradNorm = 0;
        how.of<optim::DecaySettings>().weightDecay = 0;
        how.of<optim::AdamWSettings>().epsilon = wanted["epsilon"].get<double>();
        optim::AdamW optimizer({{"head", head}, heads[0], heads[1]}, how);
        std::size_t at = 0;
        for (std::int64_t epoch = 0; epoch < wanted["epochs"].get<std::int64_t>(); ++epoch) {
            for (const std::size_t minibatch : {std::size_t{0}, std::size_t{1}}) {
                const auto step = fixed.step(row, settings, {minibatch}, head, heads);
                const double off = std::abs(step.loss - wanted["losses"][at]["loss"].get<double>());
                QVERIFY2(off < 1e-4, std::to_string(off).c_str());
                const auto place = std::find(row.measures.begin(), row.measures.end(), "value_loss") - row.measures.begin();
                QVERIFY(std::abs(step.measures[static_cast<std::size_t>(place)] - wanted["losses"][at]["value_loss"].get<double>()) < 1e-4);
                optimizer.step(wanted["rate"].get<double>());
                optimizer.zeroGrad();
                ++at;
            }
        }
        QVERIFY(gap(head, wanted["head_after"]) < 1e-4);
        QVERIFY(gap(heads[0].tensor, wanted["value_after"]) < 1e-4);
        QVERIFY(std::abs(heads[1].tensor.item<double>() - wanted["bias_after"].get<double>()) < 1e-4);
    }
}

void TestRollouts::answersReadBackToTheBit()
{
    QTemporaryDir folder;
    const fs::path run = folder.path().toStdString();
    rollouts::Update update{7, 24, 0.05, 0.1 / 3, {}};
    for (int i = 0; i < 3; ++i) {
        Answered answered;
        answered.row = i * 1000;
        answered.group = i / 2;
        answered.prompt = "What\nis \"it\"?";
        answered.answer = "\xc3\xa4 \xf0\x9f\x98\x80";
        answered.promptIds = {1, 2, 3};
        answered.ids = {4, 5, static_cast<text::TokenId>(i)};
        answered.verdicts = {{1.0 / 3, "so"}, {0, ""}};
        answered.numbers.reward = 0.1 + i;
        answered.numbers.ended = i != 1;
        answered.numbers.logProbs = {-0.1F, -1e-30F, -3.4028235e38F};
        answered.numbers.reference = {-1.0F / 3, -16777217.0F, std::nextafter(-2.0F, 0.0F)};
        answered.numbers.advantages = {0.1F, 0.2F, -0.3F};
        update.answers.push_back(std::move(answered));
    }
    QVERIFY(rollouts::writeUpdate(run, update, 10));
    const auto again = rollouts::readUpdate(run, 7);
    QVERIFY2(again, again ? "" : again.message().c_str());
    QCOMPARE(again->step, update.step);
    QCOMPARE(again->klWeight, update.klWeight);
    QCOMPARE(again->nextKlWeight, update.nextKlWeight);
    QCOMPARE(again->answers.size(), update.answers.size());
    for (std::size_t i = 0; i < update.answers.size(); ++i) {
        const Answered& a = update.answers[i];
        const Answered& b = again->answers[i];
        QVERIFY(rollouts::toJson(b) == rollouts::toJson(a));
        QVERIFY(b.numbers.logProbs == a.numbers.logProbs && b.numbers.reference == a.numbers.reference && b.numbers.advantages == a.numbers.advantages);
        QVERIFY(b.numbers.values.empty() && b.row == a.row && b.ids == a.ids && b.answer == a.answer && b.numbers.ended == a.numbers.ended);
    }
    const fs::path file = run / "rollouts" / "update-000007.jsonl";
    const std::string whole = bytesOf(file);
    QVERIFY(base::writeFileAtomically(file, whole.substr(0, whole.rfind('\n', whole.size() - 2) + 1)));
    QVERIFY(rollouts::readUpdate(run, 7).message().find("cut short") != std::string::npos);
    QVERIFY(base::writeFileAtomically(file, whole.substr(0, whole.size() / 2)));
    QVERIFY(rollouts::readUpdate(run, 7).message().find("line") != std::string::npos);
    QVERIFY(!rollouts::readUpdate(run, 8));
}

void TestRollouts::oldUpdatesGo()
{
    QTemporaryDir folder;
    const fs::path run = folder.path().toStdString();
    for (std::int64_t number = 1; number <= 9; ++number) {
        QVERIFY(rollouts::writeUpdate(run, {number, 0, 0, 0, {}}, 3));
    }
    QCOMPARE(rollouts::updatesIn(run), (std::vector<std::int64_t>{1, 7, 8, 9}));
    rollouts::forgetUpdatesBehind(run, 7);
    QCOMPARE(rollouts::updatesIn(run), (std::vector<std::int64_t>{1, 7}));
}

void TestRollouts::runs_data()
{
    QTest::addColumn<QString>("kind");
    for (const auto& row : objectives::objectives()) {
        if (row.rollouts) {
            QTest::newRow(row.id.c_str()) << QString::fromStdString(row.id);
        }
    }
}

void TestRollouts::runs()
{
    QFETCH(QString, kind);
    TinyRun run;
    setUp(run, kind.toStdString());
    EventLog log;
    const auto ended = run.run("run", log);
    QVERIFY2(ended.outcome == Outcome::Finished, ended.sentence.c_str());
    const auto steps = log.all<train::StepDone>();
    QCOMPARE(steps.size(), std::size_t{12});
    const auto of = [&](std::size_t step, const char* id) { return *measures::find(steps[step].measures, measures::measureOf(id)); };
    QCOMPARE(of(0, "kl"), 0.0); // nothing was learned yet
    QCOMPARE(of(0, "clip_share"), 0.0);
    QVERIFY(of(0, "entropy") > 0 && of(0, "answer_tokens") > 0);
    // Answers and what their file says of them.
    const auto numbers = rollouts::updatesIn(run.path("run"));
    QVERIFY(!numbers.empty());
    const auto update = rollouts::readUpdate(run.path("run"), 1);
    QVERIFY2(update, update ? "" : update.message().c_str());
    QCOMPARE(update->answers.size(), std::size_t{8});
    double reward = 0;
    for (const Answered& answered : update->answers) {
        QVERIFY(answered.numbers.logProbs == answered.numbers.reference);
        QCOMPARE(answered.numbers.logProbs.size(), answered.ids.size());
        QCOMPARE(answered.numbers.advantages.size(), answered.ids.size());
        QCOMPARE(answered.numbers.values.empty(), kind != QStringLiteral("ppo"));
        reward += answered.numbers.reward / 8;
    }
    QVERIFY(std::abs(reward - of(0, "reward")) < 1e-5);
    // Before the start, and on prompts that are held out.
    QCOMPARE(log.all<train::SampleDone>().size(), std::size_t{8});
    QVERIFY(log.all<train::SampleDone>().front().reward);
    std::size_t heldOut = 0;
    std::size_t first = 0;
    for (const auto& done : log.all<train::EvalDone>()) {
        heldOut += done.set == measures::kHeldOutSet ? 1 : 0;
        first += done.set == "first_answers" ? 1 : 0;
        QVERIFY(!done.loss && measures::find(done.measures, measures::measureOf("reward")));
    }
    QCOMPARE(first, std::size_t{1});
    QCOMPARE(heldOut, std::size_t{3});
}

void TestRollouts::stoppedGoesOn_data()
{
    QTest::addColumn<QString>("kind");
    QTest::addColumn<int>("stopAt");
    QTest::newRow("grpo, between updates") << "grpo" << 6;
    QTest::newRow("grpo, within an update") << "grpo" << 7;
    QTest::newRow("rloo, within an update") << "rloo" << 5;
    QTest::newRow("ppo, between updates") << "ppo" << 8;
    QTest::newRow("ppo, within a pass") << "ppo" << 5;
}

void TestRollouts::stoppedGoesOn()
{
    QFETCH(QString, kind);
    QFETCH(int, stopAt);
    TinyRun run;
    setUp(run, kind.toStdString());
    run.config.objective.of<objectives::GroupSettings>().iterations = 2;
    auto& ppo = run.config.objective.of<objectives::PpoSettings>();
    ppo.epochs = 2;
    ppo.minibatches = 2;
    ppo.klTarget = 0.01; // the weight of the KL moves
    ppo.klHorizon = 20;
    EventLog whole;
    const auto uninterrupted = run.run("whole", whole);
    QVERIFY2(uninterrupted.outcome == Outcome::Finished, uninterrupted.sentence.c_str());
    EventLog before;
    QVERIFY(run.runUntil("parts", before, stopAt).outcome == Outcome::Stopped);
    EventLog after;
    const auto resumed = run.run("parts", after, true);
    QVERIFY2(resumed.outcome == Outcome::Finished, resumed.sentence.c_str());
    QVERIFY(numbersOf(after, stopAt + 1) == numbersOf(whole, stopAt + 1));
    for (const char* file : {"/adapter_model.safetensors", "/heads.safetensors"}) {
        QVERIFY(bytesOf(resumed.adapter + file) == bytesOf(uninterrupted.adapter + file));
    }
    for (const std::int64_t number : rollouts::updatesIn(run.path("whole"))) {
        const auto a = rollouts::readUpdate(run.path("whole"), number);
        const auto b = rollouts::readUpdate(run.path("parts"), number);
        QVERIFY(a && b && a->nextKlWeight == b->nextKlWeight);
        for (std::size_t i = 0; i < a->answers.size(); ++i) {
            QVERIFY(rollouts::toJson(b->answers[i]) == rollouts::toJson(a->answers[i]));
        }
    }
    if (kind == QStringLiteral("ppo")) {
        QVERIFY(rollouts::readUpdate(run.path("whole"), 2)->klWeight != rollouts::readUpdate(run.path("whole"), 1)->klWeight);
    }
}

void TestRollouts::lostAnswersAreSaid()
{
    TinyRun run;
    setUp(run, "grpo");
    run.config.objective.of<objectives::GroupSettings>().iterations = 2;
    EventLog before;
    QVERIFY(run.runUntil("run", before, 5).outcome == Outcome::Stopped);
    QVERIFY(base::removeTree(run.path("run/rollouts")));
    EventLog after;
    const auto ended = run.run("run", after, true);
    QVERIFY(ended.outcome == Outcome::Failed);
    QVERIFY2(ended.sentence.find("they are gone") != std::string::npos, ended.sentence.c_str());
}

void TestRollouts::whatCannotBe()
{
    const auto said = [](const std::function<void(TinyRun&)>& change) {
        TinyRun run;
        setUp(run, "grpo");
        change(run);
        EventLog log;
        const auto ended = run.run("run", log);
        return ended.outcome == Outcome::Failed ? ended.sentence : std::string();
    };
    const auto answers = [](TinyRun& run) -> auto& { return run.config.objective.of<objectives::AnswerSettings>(); };
    QVERIFY(said([&](TinyRun& run) { answers(run).rewards = {}; }).find("rule that rewards") != std::string::npos);
    QVERIFY(said([&](TinyRun& run) { answers(run).rewards = {"lenght most=2"}; }).find("there is no rule \"lenght\"") != std::string::npos);
    QVERIFY(said([&](TinyRun& run) { run.config.run.batchSize = 3; }).find("whole groups") != std::string::npos);
    QVERIFY(said([&](TinyRun& run) { run.config.run.gradientAccumulation = 400; }).find("An update answers 400 prompts") != std::string::npos);
    QVERIFY(said([&](TinyRun& run) { run.config.data.maxLength = 3; }).find("more than data.max_length") != std::string::npos);
}

void TestRollouts::whatTeachesNothingIsSaid()
{
    TinyRun run;
    setUp(run, "grpo");
    run.config.objective.of<objectives::AnswerSettings>().rewards = {"regex pattern='^never, never$'"};
    run.config.run.maxSteps = 1;
    EventLog log;
    QVERIFY(run.run("run", log).outcome == Outcome::Finished);
    QVERIFY(!log.warningWith("never fired").empty());
    QVERIFY(!log.warningWith("have no spread").empty());
    QVERIFY(!log.warningWith("were cut after 12 tokens").empty());
    const auto step = log.all<train::StepDone>().front();
    QCOMPARE(step.loss, 0.0);
    QCOMPARE(*measures::find(step.measures, measures::measureOf("no_spread_share")), 1.0);
}

QTEST_GUILESS_MAIN(TestRollouts)
#include "tst_rollouts.moc"
