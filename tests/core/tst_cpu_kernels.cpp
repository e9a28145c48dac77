// SPDX-License-Identifier: GPL-3.0-or-later
// The fused kernels of the CPU in bfloat16 against those in fp32 of the same numbers, which plain bodies hold; and the threads
// that they share their rows between.
#include "core/nn/kernels/kernels.h"
#include "core/nn/kernels/token_losses.h"
#include "core/quant/parallel.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/GradMode.h>

#include <QtTest>

#include <atomic>
#include <chrono>
#include <limits>
#include <stdexcept>
#include <thread>
#include <vector>

using namespace luthier;
namespace kernels = nn::kernels;

namespace {

at::Tensor narrow(const at::Tensor& x)
{
    return x.to(at::kBFloat16);
}

at::Tensor wide(const at::Tensor& x)
{
    return x.to(at::kFloat);
}

// Rounded once to bfloat16, numbers are half a step of theirs away; where sums go another way one more.
bool isRounded(const at::Tensor& found, const at::Tensor& exact)
{
    return found.scalar_type() == at::kBFloat16 && at::allclose(wide(found), exact, 1.0 / 128, 1e-6)
           && at::allclose(wide(found).mean(), exact.mean(), 1e-2, 1e-3);
}

} // namespace

class CpuKernelsTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void norms_data()
    {
        QTest::addColumn<int>("n");
        QTest::addColumn<bool>("plusOne");
        QTest::newRow("576") << 576 << false;
        QTest::newRow("a row that no vector fits, 1 + w") << 37 << true;
    }
    void norms()
    {
        QFETCH(int, n);
        QFETCH(bool, plusOne);
        const c10::NoGradGuard noGrad;
        const at::Tensor x = narrow(at::randn({700, n}));
        const at::Tensor dy = narrow(at::randn({700, n}));
        const at::Tensor add = narrow(at::randn({700, n}));
        const kernels::Rms own{narrow(at::rand({n}) + 0.5), 1e-5, plusOne};
        const kernels::Rms same{wide(own.weight), 1e-5, plusOne};
        QVERIFY(isRounded(kernels::rmsForward(own, x), kernels::rmsForward(same, wide(x))));
        at::Tensor dWeight;
        at::Tensor exact;
        const at::Tensor dx = kernels::rmsBackward(own, x, dy, add, &dWeight);
        QVERIFY(isRounded(dx, kernels::rmsBackward(same, wide(x), wide(dy), wide(add), &exact)));
        QVERIFY(dWeight.scalar_type() == at::kBFloat16 && at::allclose(wide(dWeight), exact, 1e-2, 2e-2));
        QVERIFY(isRounded(kernels::rmsBackward(own, x, dy, {}, nullptr), kernels::rmsBackward(same, wide(x), wide(dy), {}, nullptr)));
    }

    void turns()
    {
        const c10::NoGradGuard noGrad;
        const at::Tensor x = narrow(at::randn({2, 5, 7, 20}));
        const at::Tensor angles = at::rand({5, 10}) * 6;
        const at::Tensor cos = angles.cos();
        const at::Tensor sin = angles.sin();
        at::Tensor turned = at::empty_like(x);
        at::Tensor exact = at::empty(x.sizes(), at::kFloat);
        QVERIFY(kernels::rotate(x, turned, cos, sin, -1) && kernels::rotate(wide(x), exact, cos, sin, -1));
        QVERIFY(isRounded(turned, exact));
        const at::Tensor before = x.clone();
        QVERIFY(kernels::rotate(x, x, cos, sin, -1)); // in place
        QVERIFY(at::equal(x, turned) && !at::equal(x, before));
    }

    void gates_data()
    {
        QTest::addColumn<bool>("silu");
        QTest::newRow("silu") << true;
        QTest::newRow("gelu") << false;
    }
    void gates()
    {
        QFETCH(bool, silu);
        const c10::NoGradGuard noGrad;
        const at::Tensor x = narrow(at::randn({300, 2 * 203}) * 3);
        const at::Tensor dy = narrow(at::randn({300, 203}));
        QVERIFY(isRounded(kernels::gatedForward(silu, x), kernels::gatedForward(silu, wide(x))));
        QVERIFY(isRounded(kernels::gatedBackward(silu, x, dy), kernels::gatedBackward(silu, wide(x), wide(dy))));
        at::Tensor broken = x.clone();
        broken[0][0] = std::numeric_limits<float>::quiet_NaN();
        QVERIFY(kernels::gatedForward(silu, broken)[0][0].isnan().item<bool>());
    }

    void losses_data()
    {
        QTest::addColumn<bool>("weighed");
        QTest::addColumn<double>("temperature");
        QTest::newRow("plain") << false << 1.0;
        QTest::newRow("weighed, temperature") << true << 0.7;
    }
    void losses()
    {
        QFETCH(bool, weighed);
        QFETCH(double, temperature);
        const c10::NoGradGuard noGrad;
        const at::Tensor logits = narrow(at::randn({300, 1003}) * 4);
        at::Tensor targets = at::randint(1003, {300}, at::kLong);
        targets[3] = -100;
        const at::Tensor weights = weighed ? at::rand({300}) : at::Tensor();
        for (const bool gradient : {false, true}) {
            const at::Tensor spent = logits.clone();
            const at::Tensor exact = wide(logits);
            const at::Tensor found = kernels::tokenLosses(spent, targets, weights, {temperature, 0, gradient});
            const at::Tensor known = kernels::tokenLosses(exact, targets, weights, {temperature, 0, gradient});
            QVERIFY(found.defined() && found.scalar_type() == at::kFloat && at::allclose(found, known, 1e-5, 1e-5));
            QCOMPARE(found[3].item<float>(), 0.0f);
            QVERIFY(!gradient || at::allclose(wide(spent), exact, 1.0 / 128, 1e-6));
        }
        targets[5] = 1003;
        QVERIFY_THROWS_EXCEPTION(c10::IndexError, kernels::tokenLosses(logits.clone(), targets, weights, {temperature, 0, true}));
    }

    // Each index once, whatever the grain; parts are counted from 0.
    void coversAll()
    {
        const int threads = at::get_num_threads(); // a thread of LibTorch's says 1
        for (const std::int64_t grain : {0, 1, 7, 1000}) {
            std::vector<std::atomic<int>> seen(103);
            std::atomic<int> odd{0};
            quant::parallelFor(3, 103, grain, [&](std::int64_t first, std::int64_t last, std::int64_t part) {
                odd += part < 0 || part >= threads;
                for (std::int64_t i = first; i < last; ++i) {
                    ++seen[static_cast<std::size_t>(i)];
                }
            });
            QCOMPARE(odd.load(), 0);
            for (std::size_t i = 0; i < seen.size(); ++i) {
                QCOMPARE(seen[i].load(), i < 3 ? 0 : 1);
            }
        }
        quant::parallelFor(5, 5, 1, [](std::int64_t, std::int64_t) { QFAIL("there is nothing to do"); });
    }

    // Two pieces that wait for each other end only where both run at once.
    void sharesBetweenThreads()
    {
        const int threads = at::get_num_threads();
        at::set_num_threads(2);
        std::atomic<int> arrived{0};
        std::atomic<bool> met{true};
        quant::parallelFor(0, 2, 1, [&](std::int64_t, std::int64_t) {
            ++arrived;
            const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
            while (arrived < 2 && std::chrono::steady_clock::now() < end) {
                std::this_thread::yield();
            }
            met = met && arrived == 2;
            std::atomic<int> inside{0}; // work within work stays on its thread
            quant::parallelFor(0, 2, 1, [&, own = std::this_thread::get_id()](std::int64_t, std::int64_t) { inside += own == std::this_thread::get_id(); });
            met = met && inside == 2;
        });
        QVERIFY(met);
        QVERIFY_THROWS_EXCEPTION(std::runtime_error, quant::parallelFor(0, 2, 1, [](std::int64_t first, std::int64_t) {
            if (first == 1) {
                throw std::runtime_error("it is passed on");
            }
        }));
        at::set_num_threads(threads);
    }
};

QTEST_APPLESS_MAIN(CpuKernelsTest)
#include "tst_cpu_kernels.moc"
