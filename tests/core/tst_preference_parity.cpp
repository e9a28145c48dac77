// SPDX-License-Identifier: GPL-3.0-or-later
// Objectives over preferences as TRL computes them: each loss with its gradients on a fixed batch, and 20 steps of DPO. See
// tests/reference/make_preference_parity.py.
#include "core/base/json.h"
#include "core/objectives/preference_settings.h"
#include "core/objectives/score_head.h"
#include "core/optim/adamw.h"
#include "core/optim/schedules.h"
#include "core/peft/folders/adapter_folder.h"
#include "core/peft/methods/method.h"
#include "core/train/step/batch_feed.h"
#include "core/train/step/heads.h"
#include "core/train/step/train_step.h"
#include "core/weights/load.h"
#include "tests/core/reference_models.h"

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/zeros_like.h>
#include <c10/core/GradMode.h>

#include <QtTest>

#include <array>
#include <cmath>
#include <numeric>

using namespace luthier;
namespace fs = std::filesystem;
using objectives::Sequence;
using support::kReference;
using support::need;

namespace {

constexpr double kTolerance = 1e-4;
const fs::path kModel = kReference / "llama/plain";

Sequence sequenceOf(const Json& row, const char* side, std::int32_t end)
{
    Sequence sequence{row.at("prompt").get<std::vector<std::int32_t>>(), {}};
    sequence.trained.assign(sequence.ids.size(), 0);
    for (const Json& id : row.at(side)) {
        sequence.ids.push_back(id);
    }
    sequence.ids.push_back(end);
    sequence.trained.resize(sequence.ids.size(), 1);
    return sequence;
}

train::Item itemOf(std::size_t row)
{
    train::Item item;
    item.place.row = static_cast<std::int64_t>(row);
    return item;
}

// As the objective's own encoding would have them.
train::ItemStore itemsOf(const Json& expected, const objectives::Objective& objective, std::size_t count)
{
    train::ItemStore store(objective.columns);
    const std::int32_t end = expected.at("end");
    for (std::size_t i = 0; i < count; ++i) {
        const Json& row = expected.at("rows").at(i);
        if (objective.id == "kto") {
            const bool good = row.at("good");
            store.append(itemOf(i), std::array{sequenceOf(row, good ? "chosen" : "rejected", end)}, std::array{good ? 1.0F : 0.0F});
            continue;
        }
        std::array both{sequenceOf(row, "chosen", end), sequenceOf(row, "rejected", end)};
        std::vector<float> values;
        if (objective.id == "orpo") {
            values = {static_cast<float>(row.at("prompt").size() - 1)};
            std::fill(both[0].trained.begin() + 1, both[0].trained.end(), 1);
        } else if (objective.id == "reward") {
            values = {row.at("margin").get<float>()};
        }
        store.append(itemOf(i), both, values);
    }
    return store;
}

std::shared_ptr<nn::Decoder> adapted(const char* adapter)
{
    auto decoder = support::decoderOf(kModel);
    need(peft::attachAdapter(*decoder, kModel / adapter));
    return decoder;
}

// All weights train, and differ from the reference's.
std::shared_ptr<nn::Decoder> policyModel()
{
    auto decoder = adapted("adapter_end");
    need(peft::mergeAdapters(*decoder));
    need(peft::findMethod("full")->attach(*decoder, {}, 1));
    return decoder;
}

struct Variant {
    const char* name;
    const char* objective;
    const char* loss = "sigmoid";
    double beta = 0.1;
    double smoothing = 0;
    double nll = 0;
    bool isCertain = false; // the reference finds every answer certain
};
constexpr std::array kVariants{
    Variant{"dpo_sigmoid", "dpo"},
    Variant{"dpo_ipo", "dpo", "ipo"},
    Variant{"dpo_hinge", "dpo", "hinge", 2},
    Variant{"dpo_robust", "dpo", "robust", 0.1, 0.1},
    Variant{"dpo_conservative", "dpo", "conservative", 0.1, 0.1, 0, true},
    Variant{"dpo_sigmoid_nll", "dpo", "sigmoid", 0.1, 0, 0.5},
    Variant{"orpo", "orpo", "", 0.3},
    Variant{"simpo", "simpo", "", 2.5},
    Variant{"kto", "kto", "", 0.1},
};

objectives::ObjectiveSettings settingsOf(const Variant& variant)
{
    objectives::ObjectiveSettings settings;
    settings.kind = variant.objective;
    settings.of<objectives::BetaSettings>().beta = variant.beta;
    settings.of<objectives::DpoSettings>() = {variant.loss, variant.smoothing, variant.nll};
    settings.of<objectives::KtoSettings>() = {1.5, 0.75};
    return settings;
}

// Gradients of the merged leaves under the stored names; the weights are gone.
std::map<std::string, at::Tensor> gradientsOf(nn::Decoder& decoder)
{
    const at::NoGradGuard noGrad;
    for (const nn::NamedTensor& leaf : decoder.baseLeaves()) {
        leaf.tensor.copy_(leaf.tensor.grad().defined() ? leaf.tensor.grad() : at::zeros_like(leaf.tensor));
    }
    std::map<std::string, at::Tensor> named;
    for (const nn::NamedTensor& tensor : decoder.tensors()) {
        named[tensor.name] = tensor.tensor.detach();
    }
    return named;
}

void verifyClose(double found, double wanted, const std::string& what)
{
    const double gap = std::abs(found - wanted) / std::max(1.0, std::abs(wanted));
    QVERIFY2(gap <= kTolerance, qPrintable(QString::fromStdString(what + ": ") + QString::number(found, 'g', 9) + " for " + QString::number(wanted, 'g', 9)));
}

optim::OptimizerSettings plainAdam()
{
    optim::OptimizerSettings settings;
    settings.of<optim::DecaySettings>().weightDecay = 0;
    settings.maxGradNorm = 1;
    return settings;
}

std::vector<nn::NamedTensor> trainedAdapter(nn::Decoder& decoder)
{
    for (nn::LinearGroup* group : decoder.groups()) {
        for (nn::LowRank& adapter : group->adapters) {
            adapter.a.requires_grad_(true);
            adapter.b.requires_grad_(true);
        }
    }
    return peft::findMethod("lora")->trainable(decoder);
}

} // namespace

class TestPreferenceParity : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        at::set_num_threads(1);
        m_expected = need(base::readJson(kReference / "preference_expected.json"));
    }
    void losses_data();
    void losses();
    void dpoSteps();
    void rewardSteps();

private:
    void follow(const Json& steps, const objectives::Objective& objective, nn::Decoder& decoder, const std::vector<nn::NamedTensor>& leaves,
                const objectives::ObjectiveSettings& settings, const std::vector<nn::NamedTensor>& heads);
    Json m_expected;
};

void TestPreferenceParity::losses_data()
{
    QTest::addColumn<int>("variant");
    QTest::addColumn<bool>("packed");
    for (int i = 0; i < static_cast<int>(kVariants.size()); ++i) {
        QTest::addRow("%s", kVariants[static_cast<std::size_t>(i)].name) << i << false;
        QTest::addRow("%s packed", kVariants[static_cast<std::size_t>(i)].name) << i << true;
    }
}

void TestPreferenceParity::losses()
{
    QFETCH(int, variant);
    QFETCH(bool, packed);
    const Variant& wanted = kVariants[static_cast<std::size_t>(variant)];
    const Json& expected = m_expected.at("losses").at(wanted.name);
    const objectives::Objective& objective = *need(objectives::needObjective(wanted.objective));
    const auto count = m_expected.at("fixed").get<std::size_t>();
    train::ItemStore items = itemsOf(m_expected, objective, count);
    for (const std::string& column : wanted.isCertain ? objective.referenceColumns : std::vector<std::string>()) {
        items.setColumn(column, std::vector<float>(count, 0));
    }
    std::vector<std::uint32_t> all(count);
    std::iota(all.begin(), all.end(), 0u);
    const auto decoder = policyModel();
    const train::BatchLoss loss(*decoder, objective, settingsOf(wanted), {}, {nullptr, support::decoderOf(kModel)});
    nn::Pass pass;
    pass.training = true;
    const auto value = loss.training(train::makeMicroBatch(items, all, train::formFor(objective, 1024, packed, false)), pass);
    const at::Tensor mean = value.sum / static_cast<double>(count);
    QCOMPARE(value.measures.size(), objective.measures.size());
    verifyClose(mean.item<double>(), expected.at("loss"), "loss");
    mean.backward();
    double squares = 0;
    for (const nn::NamedTensor& leaf : decoder->baseLeaves()) {
        squares += leaf.tensor.grad().defined() ? leaf.tensor.grad().to(at::kDouble).square().sum().item<double>() : 0;
    }
    const Json& gradients = expected.at("gradients");
    verifyClose(std::sqrt(squares), gradients.at("norm"), "norm of all gradients");
    const auto named = gradientsOf(*decoder);
    for (const auto& [name, tensor] : gradients.at("tensors").items()) {
        const at::Tensor mine = named.at(name).flatten();
        verifyClose(mine.norm().item<double>(), tensor.at("norm"), "gradient of " + name);
        const Json& values = tensor.at("first");
        for (std::size_t i = 0; i < values.size(); ++i) {
            verifyClose(mine[static_cast<std::int64_t>(i) - static_cast<std::int64_t>(values.size())].item<double>(), values[i], name + ", value " + std::to_string(i));
        }
    }
}

void TestPreferenceParity::follow(const Json& steps, const objectives::Objective& objective, nn::Decoder& decoder,
                                  const std::vector<nn::NamedTensor>& leaves, const objectives::ObjectiveSettings& settings,
                                  const std::vector<nn::NamedTensor>& heads)
{
    const train::ItemStore items = itemsOf(m_expected, objective, m_expected.at("rows").size());
    const train::BatchPlan plan(items, {m_expected.at("batch"), m_expected.at("accumulation"), 1024, "longest", false, 1});
    train::BatchFeed feed(items, plan, {}, train::formFor(objective, 1024, false, false));
    optim::AdamW optimizer(leaves, plainAdam());
    train::TrainStep step(train::BatchLoss(decoder, objective, settings, heads), optimizer, 1);
    const auto total = static_cast<std::int64_t>(steps.at("losses").size());
    QCOMPARE(plan.totalSteps(1, 0), total);
    for (std::int64_t i = 0; i < total; ++i) {
        const double rate = steps.at("learning_rate").get<double>() * optim::learningRateAt({{}, "linear", 0}, i, total);
        const at::Tensor values = step.run(feed.next(), i + 1, rate, [] {});
        const auto at = static_cast<std::size_t>(i);
        verifyClose(values[0].item<double>(), steps.at("losses").at(at), "loss of step " + std::to_string(i + 1));
        verifyClose(values[1].item<double>(), steps.at("grad_norms").at(at), "gradient norm of step " + std::to_string(i + 1));
    }
}

void TestPreferenceParity::dpoSteps()
{
    const auto decoder = adapted("adapter_start");
    follow(m_expected.at("dpo_steps"), *objectives::findObjective("dpo"), *decoder, trainedAdapter(*decoder), {}, {});
}

// From the adapter and the head that PEFT wrote; the head has a name of its own among the leaves.
void TestPreferenceParity::rewardSteps()
{
    const Json& steps = m_expected.at("reward_steps");
    const auto decoder = adapted("reward_start");
    std::vector<nn::NamedTensor> heads{{std::string("objective.") + objectives::kScoreHead, decoder->scoreHead().weight.clone().requires_grad_(true)}};
    auto leaves = trainedAdapter(*decoder);
    leaves.push_back(heads.front());
    objectives::ObjectiveSettings settings;
    settings.of<objectives::RewardSettings>().centerWeight = steps.at("center");
    follow(steps, *objectives::findObjective("reward"), *decoder, leaves, settings, heads);
    const auto ended = adapted("reward_end");
    QVERIFY(support::largest(heads.front().tensor.detach() - ended->scoreHead().weight) < 1e-3);
}

QTEST_APPLESS_MAIN(TestPreferenceParity)
#include "tst_preference_parity.moc"
