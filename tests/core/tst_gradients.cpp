// SPDX-License-Identifier: GPL-3.0-or-later
// Gradients of several micro-batches: what each gives alone, added up in fp32, for leaves of every precision.
#include "core/nn/decoder.h"
#include "core/objectives/objectives.h"
#include "core/optim/optimizer.h"
#include "core/peft/methods/lora_settings.h"
#include "core/peft/methods/method.h"
#include "core/train/step/micro_batch.h"
#include "core/train/plan/token_store.h"
#include "core/train/step/train_step.h"

#include <ATen/ATen.h>

#include <QtTest>

using namespace luthier;

namespace {

// Steps on nothing and keeps what it was given.
class Listener : public optim::Optimizer {
public:
    explicit Listener(std::vector<nn::NamedTensor> leaves) : m_leaves(std::move(leaves)) {}

    at::Tensor step(double) override
    {
        heard.clear();
        for (const nn::NamedTensor& leaf : m_leaves) {
            heard.push_back(leaf.tensor.grad().defined() ? leaf.tensor.grad().clone() : at::Tensor());
        }
        zeroGrad();
        return at::zeros({}, at::kFloat);
    }
    void zeroGrad() override
    {
        for (nn::NamedTensor& leaf : m_leaves) {
            leaf.tensor.mutable_grad() = at::Tensor();
        }
    }
    std::vector<at::Tensor> leaves() const override
    {
        std::vector<at::Tensor> all;
        for (const nn::NamedTensor& leaf : m_leaves) {
            all.push_back(leaf.tensor);
        }
        return all;
    }
    bool isPaged() const override { return false; }
    std::int64_t pagedBytes() const override { return 0; }
    bool pageOut() override { return false; }
    std::vector<nn::NamedTensor> state() override { return {}; }
    Result<void> restore(const std::vector<nn::NamedTensor>&) override { return {}; }

    std::vector<at::Tensor> heard;

private:
    std::vector<nn::NamedTensor> m_leaves;
};

train::MicroBatch batchOf(std::int64_t seed)
{
    train::TokenStore store;
    std::vector<std::int32_t> ids(24);
    for (std::size_t i = 0; i < ids.size(); ++i) {
        ids[i] = static_cast<std::int32_t>((static_cast<std::int64_t>(i) * (7 + seed % 5) + seed * 3 + 1) % 50);
    }
    std::vector<std::uint8_t> trained(ids.size(), 1);
    trained[0] = 0;
    store.append(ids, trained);
    const std::vector<std::uint32_t> rows{0};
    return train::makeMicroBatch(train::ItemStore(std::move(store)), rows, {});
}

std::shared_ptr<nn::Decoder> decoderIn(at::ScalarType dtype)
{
    nn::DecoderConfig config;
    config.family = "llama";
    config.vocab = 50;
    config.hidden = 24;
    config.intermediate = 24;
    config.layers = 2;
    config.heads = 4;
    config.kvHeads = 2;
    config.headDim = config.rotaryDim = 6;
    config.maxPositions = 64;
    config.initializerRange = 0.3;
    auto decoder = std::make_shared<nn::Decoder>(config, at::kCPU, dtype);
    decoder->initialise(3);
    return decoder;
}

} // namespace

class TestGradients : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void addUpInFp32_data()
    {
        QTest::addColumn<QString>("method");
        QTest::addColumn<int>("dtype");
        for (const char* method : {"full", "lora"}) {
            QTest::addRow("%s, fp32", method) << method << static_cast<int>(at::kFloat);
            QTest::addRow("%s, bf16", method) << method << static_cast<int>(at::kBFloat16);
        }
    }

    void addUpInFp32()
    {
        QFETCH(QString, method);
        QFETCH(int, dtype);
        const auto decoder = decoderIn(static_cast<at::ScalarType>(dtype));
        const auto* row = peft::findMethod(method.toStdString());
        peft::MethodSettings settings;
        settings.of<peft::LoraSettings>().dropout = 0; // drawn anew at each place of a step
        QVERIFY(row->attach(*decoder, settings, {7, {}}).ok());
        Listener listener(row->trainable(*decoder));
        train::TrainStep step(train::BatchLoss(*decoder, *objectives::findObjective("sft")), listener, 1);

        constexpr std::int64_t kBatches = 12;
        train::StepBatches whole;
        for (std::int64_t i = 0; i < kBatches; ++i) {
            whole.add(batchOf(i));
        }
        std::vector<at::Tensor> sums;
        std::vector<at::Tensor> narrow;
        for (std::int64_t i = 0; i < kBatches; ++i) {
            train::StepBatches one;
            one.add(batchOf(i));
            one.trained = whole.trained; // what a step is divided by
            step.run(one, 1, 0, [] {});
            for (std::size_t k = 0; k < listener.heard.size(); ++k) {
                const at::Tensor gradient = listener.heard[k];
                if (i == 0) {
                    sums.push_back(gradient.to(at::kFloat));
                    narrow.push_back(gradient.to(at::kBFloat16));
                } else {
                    sums[k] = sums[k] + gradient.to(at::kFloat);
                    narrow[k] = narrow[k] + gradient.to(at::kBFloat16);
                }
            }
        }
        step.run(whole, 1, 0, [] {});
        double lost = 0;
        for (std::size_t k = 0; k < sums.size(); ++k) {
            QCOMPARE(listener.heard[k].scalar_type(), at::kFloat);
            QVERIFY(listener.heard[k].equal(sums[k]));
            lost = std::max(lost, (narrow[k].to(at::kFloat) - sums[k]).abs().max().item<double>());
        }
        QVERIFY(lost > 0); // the control: a sum in bf16 is another one
    }
};

QTEST_APPLESS_MAIN(TestGradients)
#include "tst_gradients.moc"
