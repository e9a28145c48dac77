// SPDX-License-Identifier: GPL-3.0-or-later
// TokenLogProbs: values and gradients against autograd's own log_softmax in fp64, for every cut into blocks, temperature and
// cap, with and without the fused kernel; what is never allocated.
#include "core/nn/kernels/kernels.h"
#include "core/objectives/token_log_probs.h"

#include <ATen/ATen.h>
#include <c10/core/Allocator.h>
#include <c10/core/GradMode.h>
#include <c10/util/ThreadLocalDebugInfo.h>

#include <QtTest>

#include <algorithm>
#include <functional>
#include <memory>

using namespace luthier;
using objectives::LogitSettings;

namespace {

constexpr std::int64_t kRows = 11;
constexpr std::int64_t kWidth = 8;
constexpr std::int64_t kVocabulary = 30;

double apart(const at::Tensor& left, const at::Tensor& right)
{
    const at::Tensor wide = right.to(at::kDouble);
    const double size = wide.abs().max().item<double>();
    return (left.to(at::kDouble) - wide).abs().max().item<double>() / (size > 0 ? size : 1);
}

struct Problem {
    at::Tensor hidden = at::randn({kRows, kWidth});
    at::Tensor head = at::randn({kVocabulary, kWidth});
    at::Tensor targets = at::randint(kVocabulary, {kRows}, at::kLong);
    at::Tensor weights = at::randn({kRows});
};

// Two rows have no target.
Problem someProblem()
{
    at::manual_seed(1);
    Problem p;
    p.targets[2] = objectives::kNoTarget;
    p.targets[10] = objectives::kNoTarget;
    return p;
}

// What ours must equal, in fp64 by autograd.
struct Reference {
    at::Tensor hidden;
    at::Tensor head;
    at::Tensor logProbs;
    at::Tensor entropy;

    Reference(const Problem& problem, const LogitSettings& settings)
        : hidden(problem.hidden.detach().to(at::kDouble).requires_grad_()),
          head(problem.head.detach().to(at::kDouble).requires_grad_())
    {
        at::Tensor logits = at::matmul(hidden, head.t());
        if (settings.softcap > 0) {
            logits = at::tanh(logits / settings.softcap) * settings.softcap;
        }
        const at::Tensor all = at::log_softmax(logits / settings.temperature, -1);
        const at::Tensor present = problem.targets.ge(0).to(at::kDouble);
        logProbs = all.gather(1, problem.targets.clamp_min(0).unsqueeze(1)).squeeze(1) * present;
        entropy = -(all.exp() * all).sum(-1) * present;
    }
};

struct Gradients {
    at::Tensor hidden;
    at::Tensor head;
};

Gradients takeGradients(const at::Tensor& hidden, const at::Tensor& head)
{
    Gradients result{hidden.grad().clone(), head.grad().clone()};
    hidden.mutable_grad().reset();
    head.mutable_grad().reset();
    return result;
}

// The largest single allocation on the CPU and the most bytes at once, while it lives.
class Allocations : public c10::MemoryReportingInfoBase {
public:
    void reportMemoryUsage(void*, std::int64_t size, std::size_t, std::size_t, c10::Device) override
    {
        largest = std::max(largest, size);
        held += size; // negative where memory is given back
        most = std::max(most, held);
    }
    bool memoryProfilingEnabled() const override { return true; }

    std::int64_t largest = 0;
    std::int64_t held = 0;
    std::int64_t most = 0;
};

template <class Work>
std::shared_ptr<Allocations> allocationsOf(Work work)
{
    auto seen = std::make_shared<Allocations>();
    const c10::DebugInfoGuard guard(c10::DebugInfoKind::PROFILER_STATE, seen);
    work();
    return seen;
}

} // namespace

class TokenLogProbsTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void cleanup() { nn::kernels::setFused(true); }

    void asAutograd_data()
    {
        QTest::addColumn<int>("chunk");
        QTest::addColumn<double>("temperature");
        QTest::addColumn<double>("softcap");
        QTest::addColumn<bool>("fused");
        for (const int chunk : {0, 1, 4}) {
            for (const double temperature : {1.0, 0.6, 2.5}) {
                for (const double softcap : {0.0, 3.0}) {
                    for (const bool fused : {true, false}) {
                        QTest::addRow("blocks of %d, temperature %g, cap %g, %s", chunk, temperature, softcap,
                                      fused ? "fused" : "plain")
                            << chunk << temperature << softcap << fused;
                    }
                }
            }
        }
    }

    void asAutograd()
    {
        QFETCH(int, chunk);
        QFETCH(double, temperature);
        QFETCH(double, softcap);
        QFETCH(bool, fused);
        nn::kernels::setFused(fused);
        const Problem p = someProblem();
        const LogitSettings settings{temperature, softcap, chunk};
        const Reference reference(p, settings);
        (reference.logProbs * p.weights).sum().backward();
        const Gradients wanted = takeGradients(reference.hidden, reference.head);
        p.hidden.requires_grad_();
        p.head.requires_grad_();

        const at::Tensor logProbs = objectives::tokenLogProbs(p.hidden, p.head, p.targets, settings);
        QCOMPARE(logProbs.scalar_type(), at::kFloat);
        QVERIFY(apart(logProbs, reference.logProbs) < 2e-6);
        QCOMPARE(logProbs[2].item<double>(), 0.0);
        (logProbs * p.weights).sum().backward();
        const Gradients ours = takeGradients(p.hidden, p.head);
        QVERIFY2(apart(ours.hidden, wanted.hidden) < 4e-6, std::to_string(apart(ours.hidden, wanted.hidden)).c_str());
        QVERIFY2(apart(ours.head, wanted.head) < 4e-6, std::to_string(apart(ours.head, wanted.head)).c_str());
        QCOMPARE(ours.hidden[2].abs().max().item<double>(), 0.0);

        // The weighed sum is the same with another sign, and a factor behind it counts.
        const at::Tensor loss = objectives::tokenLossSum(p.hidden, p.head, p.targets, p.weights, settings);
        QVERIFY(apart(loss, -(reference.logProbs * p.weights).sum()) < 2e-6);
        (loss * -3).backward();
        const Gradients ofLoss = takeGradients(p.hidden, p.head);
        QVERIFY(apart(ofLoss.hidden, wanted.hidden * 3) < 4e-6);
        QVERIFY(apart(ofLoss.head, wanted.head * 3) < 4e-6);
    }

    void entropy_data() { asAutograd_data(); }
    void entropy()
    {
        QFETCH(int, chunk);
        QFETCH(double, temperature);
        QFETCH(double, softcap);
        QFETCH(bool, fused);
        nn::kernels::setFused(fused);
        const Problem p = someProblem();
        const at::Tensor ofEntropy = at::randn({kRows});
        const LogitSettings settings{temperature, softcap, chunk};
        const Reference reference(p, settings);
        p.hidden.requires_grad_();
        p.head.requires_grad_();
        for (const bool both : {true, false}) {
            const auto sum = [&](const at::Tensor& logProbs, const at::Tensor& entropy) {
                const at::Tensor part = (entropy * ofEntropy).sum();
                return both ? part + (logProbs * p.weights).sum() : part;
            };
            const Reference again(p, settings);
            sum(again.logProbs, again.entropy).backward();
            const Gradients wanted = takeGradients(again.hidden, again.head);
            const auto read = objectives::readTokens(p.hidden, p.head, p.targets, settings, {.entropy = true});
            QVERIFY(!read.likeliest.defined());
            QVERIFY(apart(read.entropy, reference.entropy) < 2e-6);
            QVERIFY(apart(read.logProbs, reference.logProbs) < 2e-6);
            QCOMPARE(read.entropy[10].item<double>(), 0.0);
            sum(read.logProbs, read.entropy).backward();
            const Gradients ours = takeGradients(p.hidden, p.head);
            QVERIFY2(apart(ours.hidden, wanted.hidden) < 6e-6, std::to_string(apart(ours.hidden, wanted.hidden)).c_str());
            QVERIFY2(apart(ours.head, wanted.head) < 6e-6, std::to_string(apart(ours.head, wanted.head)).c_str());
        }
    }

    void likeliest()
    {
        const Problem p = someProblem();
        const auto read = objectives::readTokens(p.hidden, p.head, p.targets, {.chunkRows = 4}, {.likeliest = true});
        const at::Tensor best = at::matmul(p.hidden, p.head.t()).argmax(1);
        QVERIFY(at::equal(read.likeliest, at::where(p.targets.ge(0), best, objectives::kNoTarget)));
    }

    void sameBitsWithAndWithoutGradients()
    {
        const Problem p = someProblem();
        const at::Tensor without = objectives::tokenLogProbs(p.hidden, p.head, p.targets);
        QVERIFY(!without.requires_grad());
        p.hidden.requires_grad_();
        const at::Tensor with = objectives::tokenLogProbs(p.hidden, p.head, p.targets);
        QVERIFY(with.requires_grad());
        QVERIFY(at::equal(with, without));
    }

    void weightsOfOneAreNone()
    {
        const Problem p = someProblem();
        p.hidden.requires_grad_();
        p.head.requires_grad_();
        const at::Tensor none = objectives::tokenLossSum(p.hidden, p.head, p.targets);
        none.backward();
        const Gradients ofNone = takeGradients(p.hidden, p.head);
        const at::Tensor ones = objectives::tokenLossSum(p.hidden, p.head, p.targets, at::ones({kRows}));
        ones.backward();
        const Gradients ofOnes = takeGradients(p.hidden, p.head);
        QVERIFY(at::equal(none, ones));
        QVERIFY(at::equal(ofNone.hidden, ofOnes.hidden) && at::equal(ofNone.head, ofOnes.head));
    }

    // Embedding and head are one leaf: both ways add up.
    void tiedHead()
    {
        const Problem p = someProblem();
        const at::Tensor ids = at::randint(kVocabulary, {kRows}, at::kLong);
        const auto gradientOf = [&](at::ScalarType dtype, bool ours) {
            const at::Tensor table = p.head.detach().to(dtype).requires_grad_();
            const at::Tensor hidden = at::tanh(table.index_select(0, ids));
            const at::Tensor logProbs
                = ours ? objectives::tokenLogProbs(hidden, table, p.targets, {.chunkRows = 3})
                       : at::log_softmax(at::matmul(hidden, table.t()), -1).gather(1, p.targets.clamp_min(0).unsqueeze(1)).squeeze(1)
                             * p.targets.ge(0).to(dtype);
            (logProbs * p.weights.to(dtype)).sum().backward();
            return table.grad();
        };
        QVERIFY(apart(gradientOf(at::kFloat, true), gradientOf(at::kDouble, false)) < 4e-6);
    }

    // Products are rounded to bf16; logarithms and the head's sum over blocks are not.
    void bfloat16_data()
    {
        QTest::addColumn<bool>("likelihood");
        QTest::newRow("log-probabilities") << true;
        QTest::newRow("loss") << false;
    }
    void bfloat16()
    {
        QFETCH(bool, likelihood);
        Problem p = someProblem();
        p.hidden = at::randn({400, kWidth}).to(at::kBFloat16);
        p.head = p.head.to(at::kBFloat16);
        p.targets = at::randint(kVocabulary, {400}, at::kLong);
        p.weights = at::rand({400});
        const LogitSettings settings{0.8, 0, 1};
        const Reference reference(p, settings);
        (reference.logProbs * p.weights).sum().backward();
        p.hidden.requires_grad_();
        p.head.requires_grad_();
        const at::Tensor ours = likelihood ? (objectives::tokenLogProbs(p.hidden, p.head, p.targets, settings) * p.weights).sum()
                                           : -objectives::tokenLossSum(p.hidden, p.head, p.targets, p.weights, settings);
        QCOMPARE(ours.scalar_type(), at::kFloat);
        QVERIFY(apart(ours, (reference.logProbs * p.weights).sum()) < 1e-3);
        ours.backward();
        QCOMPARE(p.head.grad().scalar_type(), at::kBFloat16);
        QVERIFY(apart(p.hidden.grad(), reference.hidden.grad()) < 1e-2);
        QVERIFY2(apart(p.head.grad(), reference.head.grad()) < 1e-2,
                 std::to_string(apart(p.head.grad(), reference.head.grad())).c_str());
    }

    void neverAllLogits()
    {
        constexpr std::int64_t kMany = 512, kWide = 2000, kChunk = 16;
        constexpr std::int64_t kBlock = kChunk * kWide * 4, kAll = kMany * kWide * 4;
        at::manual_seed(3);
        const at::Tensor hidden = at::randn({kMany, 4}).requires_grad_();
        const at::Tensor head = at::randn({kWide, 4}).requires_grad_();
        const at::Tensor targets = at::randint(kWide, {kMany}, at::kLong);
        const at::Tensor weights = at::rand({kMany});
        const LogitSettings plain{1, 0, kChunk}, capped{0.7, 5, kChunk};
        const auto control = allocationsOf(
            [&] { at::log_softmax(at::matmul(hidden, head.t()), -1).gather(1, targets.unsqueeze(1)).sum().backward(); });
        QVERIFY(control->largest >= kAll);
        for (const LogitSettings& settings : {plain, capped}) {
            const auto check = [&](const std::function<at::Tensor()>& make) {
                const auto seen = allocationsOf([&] { make().backward(); });
                QVERIFY2(seen->largest <= kBlock, std::to_string(seen->largest).c_str());
                QVERIFY2(seen->most <= 6 * kBlock, std::to_string(seen->most).c_str());
            };
            check([&] { return objectives::tokenLogProbs(hidden, head, targets, settings).sum(); });
            check([&] { return objectives::tokenLossSum(hidden, head, targets, weights, settings); });
            check([&] { return objectives::readTokens(hidden, head, targets, settings, {true, true}).entropy.sum(); });
        }
    }

    void nothingWanted()
    {
        const Problem p = someProblem();
        p.hidden.requires_grad_();
        p.head.requires_grad_();
        const at::Tensor none = at::full({kRows}, objectives::kNoTarget, at::kLong);
        for (const bool fused : {true, false}) {
            nn::kernels::setFused(fused);
            (objectives::tokenLogProbs(p.hidden, p.head, none).sum() + objectives::tokenLossSum(p.hidden, p.head, none)).backward();
            const Gradients ours = takeGradients(p.hidden, p.head);
            QCOMPARE(ours.hidden.abs().max().item<double>(), 0.0);
            QCOMPARE(ours.head.abs().max().item<double>(), 0.0);
        }
        QCOMPARE(objectives::tokenLogProbs(p.hidden.narrow(0, 0, 0), p.head, none.narrow(0, 0, 0)).numel(), std::int64_t{0});
    }

    void onlyWhatTrainsGetsAGradient()
    {
        const Problem p = someProblem();
        p.head.requires_grad_();
        objectives::tokenLogProbs(p.hidden, p.head, p.targets).sum().backward();
        QVERIFY(p.head.grad().defined() && !p.hidden.grad().defined());
    }

    void refuses()
    {
        const Problem p = someProblem();
        const auto run = [&](const at::Tensor& targets, const at::Tensor& weights, const LogitSettings& settings) {
            objectives::tokenLossSum(p.hidden, p.head, targets, weights, settings);
        };
        QVERIFY_THROWS_EXCEPTION(c10::Error, run(p.targets.narrow(0, 0, 4), {}, {}));
        QVERIFY_THROWS_EXCEPTION(c10::Error, run(p.targets.to(at::kInt), {}, {}));
        QVERIFY_THROWS_EXCEPTION(c10::Error, run(p.targets, p.weights.narrow(0, 0, 4), {}));
        QVERIFY_THROWS_EXCEPTION(c10::Error, run(p.targets, {}, {.temperature = 0}));
        QVERIFY_THROWS_EXCEPTION(c10::Error, run(at::full({kRows}, kVocabulary, at::kLong), {}, {}));
        p.hidden.requires_grad_();
        const at::Tensor loss = objectives::tokenLossSum(p.hidden, p.head, p.targets);
        loss.backward({}, /*retain_graph=*/true);
        QVERIFY_THROWS_EXCEPTION(c10::Error, loss.backward());
    }
};

QTEST_APPLESS_MAIN(TokenLogProbsTest)
#include "tst_token_log_probs.moc"
