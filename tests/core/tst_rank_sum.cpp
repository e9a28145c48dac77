// SPDX-License-Identifier: GPL-3.0-or-later
// Gradients of several ranks, here threads of one process: summed at once or bucket by bucket while a pass goes on, they are
// those of all passes together.
#include "core/train/ranks/rank_sum.h"
#include "tests/support/thread_team.h"

#include <QtTest>

#include <cmath>

using namespace luthier;
using namespace luthier::support;

namespace {

struct Model {
    std::vector<at::Tensor> leaves; // the third is trained and never asked

    explicit Model(at::ScalarType dtype = at::kFloat)
    {
        const c10::AutoGradMode on(true);
        for (const std::int64_t size : {4, 5, 3, 6}) {
            at::Tensor leaf = at::zeros({size, 4});
            for (std::int64_t i = 0; i < leaf.numel(); ++i) {
                leaf.mutable_data_ptr<float>()[i] = static_cast<float>(std::sin(static_cast<double>(i + size)));
            }
            leaves.push_back(leaf.to(dtype).requires_grad_());
        }
    }

    at::Tensor loss(double seed) const
    {
        const at::Tensor input = at::zeros({4, 4}, leaves[0].options().requires_grad(false)) + seed;
        const at::Tensor hidden = leaves[0].matmul(input).tanh(); // [4, 4]
        return (leaves[1].matmul(hidden).sum() + leaves[3].matmul(hidden).pow(2).sum() + leaves[0].sum() * seed);
    }
};

// Passes of each rank.
using Passes = std::vector<std::vector<double>>;

} // namespace

class TestRankSum : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void sumsAreThoseOfAll_data();
    void sumsAreThoseOfAll();
    void narrowGradientsAddUpInFull_data();
    void narrowGradientsAddUpInFull();
};

void TestRankSum::sumsAreThoseOfAll_data()
{
    QTest::addColumn<bool>("small");
    QTest::addColumn<int>("bucket");
    QTest::addColumn<bool>("split"); // a rank gets its part alone
    QTest::newRow("at once") << true << 0 << false;
    for (const bool split : {false, true}) {
        const char* how = split ? ", each its part" : "";
        QTest::addRow("a bucket for each leaf%s", how) << false << 1 << split;
        QTest::addRow("two buckets%s", how) << false << 30 << split;
        QTest::addRow("one bucket%s", how) << false << 1000 << split;
    }
}

void TestRankSum::sumsAreThoseOfAll()
{
    QFETCH(bool, small);
    QFETCH(int, bucket);
    QFETCH(bool, split);
    const std::vector<Passes> steps{{{0.3, 0.4}, {0.5}}, {{0.1}, {0.2, 0.7}}, {{0.9}, {}}, {{}, {0.6}}, {{0.2, 0.3}, {0.8, 0.1}}};
    std::vector<std::vector<at::Tensor>> wanted;
    for (const Passes& step : steps) {
        Model model;
        for (const auto& own : step) {
            for (const double seed : own) {
                model.loss(seed).backward();
            }
        }
        wanted.emplace_back();
        for (const at::Tensor& leaf : model.leaves) {
            wanted.back().push_back(leaf.grad());
        }
    }
    std::vector<std::string> problems(2);
    std::vector<int> besides(2);
    std::vector<int> during(2);
    std::vector<std::int64_t> seen(2); // numbers that a rank has a gradient of
    const auto work = [&](ThreadTeam& team) {
        const int rank = team.rank();
        Model model;
        const train::StateSplit parts = train::splitState(model.leaves, rank, 2, bucket);
        std::optional<train::RankSum> made;
        split ? static_cast<void>(made.emplace(team, model.leaves, parts)) : static_cast<void>(made.emplace(team, model.leaves, small, 2, bucket));
        train::RankSum& sum = *made;
        for (std::size_t s = 0; s < steps.size(); ++s) {
            for (std::size_t i = 0; i < sum.places().size(); ++i) {
                model.leaves[i].mutable_grad() = sum.places()[i].zero_();
            }
            const auto& own = steps[s][static_cast<std::size_t>(rank)];
            at::Tensor values = at::zeros({2});
            for (std::size_t p = 0; p < own.size(); ++p) {
                sum.beginPass(static_cast<std::int64_t>(own.size() - p - 1));
                team.inPass = true;
                model.loss(own[p]).backward();
                sum.endPass();
                team.inPass = false;
                for (const std::size_t leaf : {0, 1, 3}) {
                    sum.touch(leaf);
                }
                values += static_cast<double>(rank + 1);
            }
            sum.sum(values);
            const auto all = static_cast<double>(steps[s][0].size() + 2 * steps[s][1].size());
            if (values[0].item<double>() != all || values[1].item<double>() != all) {
                problems[static_cast<std::size_t>(rank)] += "values of step " + std::to_string(s) + "; ";
            }
            const auto compare = [&](std::size_t leaf, const at::Tensor& got, const at::Tensor& want) {
                if (got.defined() != want.defined() || (got.defined() && (got - want).abs().max().item<double>() > 1e-5)) {
                    problems[static_cast<std::size_t>(rank)] += "leaf " + std::to_string(leaf) + " of step " + std::to_string(s) + "; ";
                }
            };
            for (std::size_t i = 0; i < model.leaves.size(); ++i) {
                compare(i, model.leaves[i].grad(), split ? at::Tensor() : wanted[s][i]);
                model.leaves[i].mutable_grad().reset();
            }
            for (const train::StateSplit::Bucket& one : split ? parts.buckets : std::vector<train::StateSplit::Bucket>()) {
                for (const train::StateSplit::Piece& piece : one.pieces) {
                    const at::Tensor& want = wanted[s][piece.leaf];
                    const at::Tensor part = want.defined() ? want.view({-1}).narrow(0, piece.first, piece.numbers.numel()).view(piece.numbers.sizes()) : want;
                    compare(piece.leaf, piece.numbers.grad(), part);
                    at::Tensor numbers = piece.numbers;
                    numbers.mutable_grad().reset();
                    seen[static_cast<std::size_t>(rank)] += s == 0 ? piece.numbers.numel() : 0;
                }
            }
        }
        besides[static_cast<std::size_t>(rank)] = team.besides;
        during[static_cast<std::size_t>(rank)] = team.during;
    };
    asRanks(2, work);
    if (split) { // each number at one of them
        QCOMPARE(seen[0] + seen[1], std::int64_t{(4 + 5 + 3 + 6) * 4});
    }
    QVERIFY2(problems[0].empty() && problems[1].empty(), (problems[0] + "| " + problems[1]).c_str());
    QCOMPARE(besides[0], besides[1]);
    QCOMPARE(besides[0] > 0, !small);
    if (bucket == 1) { // the last leaf's bucket goes while the first leaf's gradient is computed
        QVERIFY(during[0] > 0);
    }
}

void TestRankSum::narrowGradientsAddUpInFull_data()
{
    QTest::addColumn<int>("bucket");
    QTest::addColumn<bool>("onePass"); // nobody has more than one
    QTest::addColumn<bool>("each");    // parts are summed behind each pass
    for (const int bucket : {1, 30, 1000}) {
        QTest::addRow("%d, a pass each", bucket) << bucket << true << false;
        QTest::addRow("%d, a pass each, each summed", bucket) << bucket << true << true;
        QTest::addRow("%d, two passes of one", bucket) << bucket << false << false;
        QTest::addRow("%d, two passes, each summed", bucket) << bucket << false << true;
    }
}

// Of bf16 leaves: a rank's gradient of a single pass travels as it is, and no bit is lost where ranks add up.
void TestRankSum::narrowGradientsAddUpInFull()
{
    QFETCH(int, bucket);
    QFETCH(bool, onePass);
    QFETCH(bool, each);
    std::vector<Passes> steps{{{0.3}, {0.5}}, {{0.9}, {}}, {{0.25}, {0.7}}};
    if (!onePass) {
        steps = {{{0.3}, {0.5}}, {{0.9, 0.2}, {0.4}}, {{}, {0.6, 0.1}}};
    }
    std::vector<std::vector<at::Tensor>> wanted;
    for (const Passes& step : steps) {
        wanted.emplace_back(4);
        for (const auto& own : step) {
            for (const double seed : own) {
                const Model model(at::kBFloat16);
                model.loss(seed).backward();
                for (std::size_t i = 0; i < model.leaves.size(); ++i) {
                    const at::Tensor gradient = model.leaves[i].grad();
                    at::Tensor& sum = wanted.back()[i];
                    sum = !gradient.defined() ? sum : sum.defined() ? sum + gradient.to(at::kFloat) : gradient.to(at::kFloat);
                }
            }
        }
    }
    std::vector<std::string> problems(2);
    std::vector<int> narrow(2);
    asRanks(2, [&](ThreadTeam& team) {
        Model model(at::kBFloat16);
        const train::StateSplit parts = train::splitState(model.leaves, team.rank(), 2, bucket);
        train::RankSum sum(team, model.leaves, parts);
        each ? sum.sumEachPass() : void();
        std::string& problem = problems[static_cast<std::size_t>(team.rank())];
        for (std::size_t s = 0; s < steps.size(); ++s) {
            sum.begin(onePass ? 1 : 2);
            const auto& own = steps[s][static_cast<std::size_t>(team.rank())];
            for (std::size_t p = 0; p < own.size(); ++p) {
                sum.beginPass(static_cast<std::int64_t>(own.size() - p - 1));
                model.loss(own[p]).backward();
                sum.endPass();
                for (at::Tensor& leaf : model.leaves) { // as a training step has it
                    if (!onePass && leaf.grad().defined()) {
                        problem += each ? "a rank has gradients of all numbers; " : "";
                        leaf.mutable_grad() = leaf.grad().to(at::kFloat);
                    }
                }
            }
            at::Tensor values = at::zeros({1});
            sum.sum(values);
            for (const train::StateSplit::Bucket& one : parts.buckets) {
                for (const train::StateSplit::Piece& piece : one.pieces) {
                    at::Tensor numbers = piece.numbers;
                    const at::Tensor got = numbers.grad();
                    const at::Tensor want = wanted[s][piece.leaf];
                    const bool isRight = got.defined() == want.defined()
                                         && (!got.defined() || (got.scalar_type() == at::kFloat && (got.reshape({-1}) - want.view({-1}).narrow(0, piece.first, numbers.numel())).abs().max().item<double>() <= (onePass ? 0 : each ? 1e-5 : 0.05)));
                    problem += isRight ? "" : "leaf " + std::to_string(piece.leaf) + " of step " + std::to_string(s) + "; ";
                    numbers.mutable_grad().reset();
                }
            }
        }
        narrow[static_cast<std::size_t>(team.rank())] = team.narrow;
    });
    QVERIFY2(problems[0].empty() && problems[1].empty(), (problems[0] + "| " + problems[1]).c_str());
    QCOMPARE(narrow[0], narrow[1]);
    QCOMPARE(narrow[0] > 0, onePass || each);
}

QTEST_GUILESS_MAIN(TestRankSum)
#include "tst_rank_sum.moc"
