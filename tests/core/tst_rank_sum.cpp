// SPDX-License-Identifier: GPL-3.0-or-later
// Gradients of several ranks, here threads of one process: summed at once or bucket by bucket while a pass goes on, they are
// those of all passes together.
#include "core/train/step/rank_sum.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/zeros.h>
#include <c10/core/GradMode.h>

#include <QtTest>

#include <barrier>
#include <cmath>
#include <mutex>
#include <thread>

using namespace luthier;

namespace {

// What ranks share: the sum of what all of them brought to the same call.
struct Meeting {
    explicit Meeting(int size) : barrier(size) {}

    at::Tensor sum(const at::Tensor& own)
    {
        {
            const std::lock_guard lock(mutex);
            total = arrived++ == 0 ? own.clone() : total + own;
        }
        barrier.arrive_and_wait();
        at::Tensor result = total.clone();
        barrier.arrive_and_wait();
        arrived = 0;
        barrier.arrive_and_wait();
        return result;
    }

    std::barrier<> barrier;
    std::mutex mutex;
    at::Tensor total; // guarded by mutex, as what follows
    int arrived = 0;
};

class ThreadTeam : public ranks::Team {
public:
    ThreadTeam(Meeting& meeting, int rank, int size) : m_meeting(meeting)
    {
        m_place.rank = rank;
        m_place.size = size;
    }

    const ranks::RankPlace& place() const override { return m_place; }
    void says(const std::string&) override {}
    std::vector<double> sums(std::vector<double> own) override
    {
        at::Tensor tensor = at::zeros({static_cast<std::int64_t>(own.size())}, at::kDouble);
        std::copy(own.begin(), own.end(), tensor.mutable_data_ptr<double>());
        const at::Tensor all = m_meeting.sum(tensor);
        std::copy_n(all.const_data_ptr<double>(), own.size(), own.begin());
        return own;
    }
    std::vector<std::vector<double>> all(const std::vector<double>& own) override { return {own}; }
    std::vector<std::string> texts(const std::string& own) override { return {own}; }
    void sum(const at::Tensor& tensor) override
    {
        const c10::NoGradGuard guard;
        tensor.copy_(m_meeting.sum(tensor));
    }
    void sumBeside(const at::Tensor& tensor) override
    {
        ++besides;
        during += inPass ? 1 : 0;
        sum(tensor);
    }
    void joinSums() override {}
    void gatherBeside(const at::Tensor&, const at::Tensor&) override {}
    void spread(const at::Tensor&) override {}
    double takeWaited() override { return 0; }
    void fail(const std::string&) override {}
    std::optional<std::string> brokenBy() const override { return std::nullopt; }
    void onBroken(std::function<void()>) override {}
    void onWaiting(std::function<void(const std::string&)>) override {}
    void leave() override {}

    int besides = 0; // buckets summed, and those of them while a pass went on
    int during = 0;
    bool inPass = false;

private:
    Meeting& m_meeting;
    ranks::RankPlace m_place;
};

struct Model {
    std::vector<at::Tensor> leaves; // the third is trained and never asked

    Model()
    {
        const c10::AutoGradMode on(true);
        for (const std::int64_t size : {4, 5, 3, 6}) {
            at::Tensor leaf = at::zeros({size, 4});
            for (std::int64_t i = 0; i < leaf.numel(); ++i) {
                leaf.mutable_data_ptr<float>()[i] = static_cast<float>(std::sin(static_cast<double>(i + size)));
            }
            leaves.push_back(leaf.requires_grad_());
        }
    }

    at::Tensor loss(double seed) const
    {
        const at::Tensor input = at::zeros({4, 4}) + seed;
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
};

void TestRankSum::sumsAreThoseOfAll_data()
{
    QTest::addColumn<bool>("small");
    QTest::addColumn<int>("bucket");
    QTest::newRow("at once") << true << 0;
    QTest::newRow("a bucket for each leaf") << false << 1;
    QTest::newRow("two buckets") << false << 30;
    QTest::newRow("one bucket") << false << 1000;
}

void TestRankSum::sumsAreThoseOfAll()
{
    QFETCH(bool, small);
    QFETCH(int, bucket);
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
    Meeting meeting(2);
    std::vector<std::string> problems(2);
    std::vector<int> besides(2);
    std::vector<int> during(2);
    const auto work = [&](int rank) {
        ThreadTeam team(meeting, rank, 2);
        Model model;
        train::RankSum sum(team, model.leaves, small, 2, bucket);
        for (std::size_t s = 0; s < steps.size(); ++s) {
            for (std::size_t i = 0; i < sum.places().size(); ++i) {
                model.leaves[i].mutable_grad() = sum.places()[i].zero_();
            }
            const auto& own = steps[s][static_cast<std::size_t>(rank)];
            at::Tensor values = at::zeros({2});
            for (std::size_t p = 0; p < own.size(); ++p) {
                if (p + 1 == own.size()) {
                    sum.beginLastPass();
                }
                team.inPass = true;
                model.loss(own[p]).backward();
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
            for (std::size_t i = 0; i < model.leaves.size(); ++i) {
                const at::Tensor& got = model.leaves[i].grad();
                const at::Tensor& want = wanted[s][i];
                if (got.defined() != want.defined() || (got.defined() && (got - want).abs().max().item<double>() > 1e-5)) {
                    problems[static_cast<std::size_t>(rank)] += "leaf " + std::to_string(i) + " of step " + std::to_string(s) + "; ";
                }
                model.leaves[i].mutable_grad().reset();
            }
        }
        besides[static_cast<std::size_t>(rank)] = team.besides;
        during[static_cast<std::size_t>(rank)] = team.during;
    };
    std::thread other(work, 1);
    work(0);
    other.join();
    QCOMPARE(problems[0], std::string());
    QCOMPARE(problems[1], std::string());
    QCOMPARE(besides[0], besides[1]);
    QCOMPARE(besides[0] > 0, !small);
    if (bucket == 1) { // the last leaf's bucket goes while the first leaf's gradient is computed
        QVERIFY(during[0] > 0);
    }
}

QTEST_GUILESS_MAIN(TestRankSum)
#include "tst_rank_sum.moc"
