// SPDX-License-Identifier: GPL-3.0-or-later
// Low-rank updates of several slices: all B in one matrix, as a card holds them, and each by itself give the same.
#include "core/nn/layers/linear_group.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <c10/core/GradMode.h>

#include <QtTest/QTest>

using namespace luthier;

namespace {

constexpr std::int64_t kInputs = 24;
constexpr std::int64_t kRows = 70;
const std::vector<std::int64_t> kSizes{32, 8, 16};

// q and v have an update, k in between has none where `gap`.
nn::LinearGroup groupOf(bool gap, double secondScale)
{
    nn::LinearGroup group;
    std::int64_t begin = 0;
    for (std::size_t i = 0; i < kSizes.size(); ++i) {
        group.slices.push_back({"s" + std::to_string(i), begin, kSizes[i]});
        begin += kSizes[i];
    }
    group.weight = at::randn({begin, kInputs});
    for (std::size_t i = 0; i < kSizes.size(); ++i) {
        if (gap && i == 1) {
            continue;
        }
        const std::int64_t rank = i == 0 ? 4 : 2;
        group.adapters.push_back({i, at::randn({rank, kInputs}).requires_grad_(true), at::randn({kSizes[i], rank}).requires_grad_(true),
                                  i == 0 ? 0.5 : secondScale});
    }
    return group;
}

// As Decoder::adapterNumbers lays them out on a card.
nn::LinearNumbers inOne(const nn::LinearGroup& group)
{
    std::vector<at::Tensor> a;
    std::int64_t ranks = 0;
    for (const nn::LowRank& adapter : group.adapters) {
        a.push_back(adapter.a.detach());
        ranks += adapter.a.size(0);
    }
    const at::Tensor whole = at::zeros({group.outputs(), ranks});
    nn::LinearNumbers numbers{at::cat(a), {}};
    std::int64_t first = 0;
    for (const nn::LowRank& adapter : group.adapters) {
        const nn::LinearSlice& slice = group.slices[adapter.slice];
        numbers.b.push_back(whole.narrow(0, slice.begin, slice.size).narrow(1, first, adapter.a.size(0)));
        numbers.b.back().copy_(adapter.b.detach());
        first += adapter.a.size(0);
    }
    return numbers;
}

std::vector<at::Tensor> resultsOf(const nn::ActiveLinear& linear, const at::Tensor& x, const at::Tensor& dy)
{
    nn::LinearSaved saved;
    std::vector<at::Tensor> all{nn::linearForward(linear, x, &saved)};
    std::vector<at::Tensor> leaves;
    nn::kernels::Lanes lanes(dy);
    all.push_back(nn::linearBackward(linear, [&] { return x; }, dy, saved, true, leaves, lanes));
    all.insert(all.end(), leaves.begin(), leaves.end());
    return all;
}

} // namespace

class TestLinearGroup : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void updatesTogether_data()
    {
        QTest::addColumn<bool>("gap");
        QTest::addColumn<double>("secondScale");
        QTest::addColumn<int>("untrained"); // an adapter whose B is not trained; -1: none
        QTest::addRow("all slices") << false << 0.5 << -1;
        QTest::addRow("a slice without") << true << 0.5 << -1;
        QTest::addRow("scales that differ") << false << 2.0 << -1;
        QTest::addRow("a B that stays") << false << 0.5 << 1;
    }

    void updatesTogether()
    {
        QFETCH(bool, gap);
        QFETCH(double, secondScale);
        QFETCH(int, untrained);
        const at::NoGradGuard noGrad;
        at::manual_seed(11);
        nn::LinearGroup group = groupOf(gap, secondScale);
        if (untrained >= 0) {
            group.adapters[static_cast<std::size_t>(untrained)].b.requires_grad_(false);
        }
        const at::Tensor x = at::randn({kRows, kInputs});
        const at::Tensor dy = at::randn({kRows, group.outputs()});
        nn::ActiveLinear apart(group);
        nn::ActiveLinear together(group);
        together.numbers = inOne(group);
        const auto expected = resultsOf(apart, x, dy);
        const auto found = resultsOf(together, x, dy);
        QCOMPARE(found.size(), expected.size());
        for (std::size_t i = 0; i < found.size(); ++i) {
            QCOMPARE(found[i].defined(), expected[i].defined());
            QVERIFY(!found[i].defined() || (found[i].is_contiguous() && at::allclose(found[i], expected[i], 1e-5, 1e-4)));
        }
        // And against the formula.
        at::Tensor y = x.mm(group.weight.t());
        for (const nn::LowRank& adapter : group.adapters) {
            const nn::LinearSlice& slice = group.slices[adapter.slice];
            y.narrow(1, slice.begin, slice.size).add_(x.mm(adapter.a.t()).mm(adapter.b.t()), adapter.scale);
        }
        QVERIFY(at::allclose(found[0], y, 1e-5, 1e-4));
    }
};

QTEST_APPLESS_MAIN(TestLinearGroup)
#include "tst_linear_group.moc"
