// SPDX-License-Identifier: GPL-3.0-or-later
// An optimizer that several ranks, here threads of one process, have a part of each: it steps as one alone, and a checkpoint knows no
// number of ranks.
#include "core/optim/optimizers.h"
#include "core/train/ranks/rank_sum.h"
#include "core/train/ranks/split_optimizer.h"
#include "tests/support/thread_team.h"

#include <ATen/ops/cat.h>

#include <QtTest>

#include <cmath>

using namespace luthier;
using namespace luthier::support;

namespace {

constexpr std::int64_t kLeftAlone = 3; // a leaf without gradients

// Two matrices, a norm, one that nobody asks, a matrix of few numbers.
std::vector<nn::NamedTensor> makeLeaves(at::ScalarType dtype)
{
    const std::vector<std::pair<std::string, std::vector<std::int64_t>>> shapes{
        {"model.layers.0.up.weight", {40, 24}}, {"model.layers.0.down.weight", {24, 40}}, {"model.layers.0.norm.weight", {24}}, {"model.spare.weight", {8, 8}}, {"objective.score", {3, 5}}};
    std::vector<nn::NamedTensor> leaves;
    for (const auto& [name, sizes] : shapes) {
        at::Tensor leaf = at::zeros(sizes, at::kFloat);
        float* numbers = leaf.mutable_data_ptr<float>();
        for (std::int64_t i = 0; i < leaf.numel(); ++i) {
            numbers[i] = static_cast<float>(std::sin(static_cast<double>(i) + static_cast<double>(sizes.size())));
        }
        leaves.push_back({name, leaf.to(name == "objective.score" ? at::kFloat : dtype).requires_grad_()});
    }
    return leaves;
}

at::Tensor gradientOf(const at::Tensor& leaf, std::size_t place, std::int64_t step)
{
    at::Tensor gradient = at::zeros(leaf.sizes(), at::kFloat);
    float* numbers = gradient.mutable_data_ptr<float>();
    for (std::int64_t i = 0; i < gradient.numel(); ++i) {
        numbers[i] = static_cast<float>(std::cos(static_cast<double>(i * (step + 1)) + static_cast<double>(place)));
    }
    return gradient;
}

// Steps from `first` to `end` of an optimizer alone; gives the norms.
std::vector<double> stepAlone(optim::Optimizer& optimizer, std::int64_t first, std::int64_t end)
{
    std::vector<double> norms;
    for (std::int64_t step = first; step < end; ++step) {
        auto leaves = optimizer.leaves();
        for (std::size_t i = 0; i < leaves.size(); ++i) {
            leaves[i].mutable_grad() = i == kLeftAlone ? at::Tensor() : gradientOf(leaves[i], i, step);
        }
        norms.push_back(optimizer.step(1e-2).item<double>());
    }
    return norms;
}

// The same, where one rank after the other brings all of a step's gradient.
std::vector<double> stepShared(ThreadTeam& team, train::SplitOptimizer& optimizer, std::int64_t first, std::int64_t end)
{
    std::vector<double> norms;
    train::RankSum sum(team, optimizer.leaves(), optimizer.split());
    for (std::int64_t step = first; step < end; ++step) {
        auto leaves = optimizer.leaves();
        for (std::size_t i = 0; i < leaves.size() && step % team.size() == team.rank(); ++i) {
            leaves[i].mutable_grad() = i == kLeftAlone ? at::Tensor() : gradientOf(leaves[i], i, step);
        }
        at::Tensor values = at::zeros({1});
        sum.sum(values);
        norms.push_back(optimizer.step(1e-2).item<double>());
    }
    return norms;
}

std::string differenceOf(const std::vector<nn::NamedTensor>& a, const std::vector<nn::NamedTensor>& b, double most)
{
    if (a.size() != b.size()) {
        return std::to_string(a.size()) + " and " + std::to_string(b.size()) + " tensors";
    }
    for (const nn::NamedTensor& one : a) {
        const auto other = std::find_if(b.begin(), b.end(), [&](const nn::NamedTensor& x) { return x.name == one.name; });
        if (other == b.end() || !other->tensor.sizes().equals(one.tensor.sizes()) || other->tensor.scalar_type() != one.tensor.scalar_type()) {
            return one.name;
        }
        const double difference = (other->tensor.detach().to(at::kFloat) - one.tensor.detach().to(at::kFloat)).abs().max().item<double>();
        if (!(difference <= most)) {
            return one.name + " by " + std::to_string(difference);
        }
    }
    return {};
}

} // namespace

class TestSplitOptimizer : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void stepsAsOneAlone_data();
    void stepsAsOneAlone();
    void aNumberThatIsNone();
};

void TestSplitOptimizer::stepsAsOneAlone_data()
{
    QTest::addColumn<QString>("kind");
    QTest::addColumn<bool>("narrow");
    QTest::addColumn<int>("ranks");
    QTest::addColumn<int>("bucket");
    QTest::addColumn<QString>("paging");
    QTest::addColumn<bool>("apart"); // something else reads the leaves' memory
    for (const optim::OptimizerKind& kind : optim::optimizers()) {
        if (kind.pages) {
            QTest::addRow("%s, fp32", kind.id.c_str()) << QString::fromStdString(kind.id) << false << 2 << 500 << "off" << false;
            QTest::addRow("%s, bf16", kind.id.c_str()) << QString::fromStdString(kind.id) << true << 3 << 500 << "off" << false;
        }
    }
    QTest::newRow("one bucket, more ranks than leaves") << "adamw" << true << 7 << 100000 << "off" << false;
    QTest::newRow("a bucket a leaf") << "adamw" << false << 4 << 1 << "off" << false;
    QTest::newRow("read by others, too") << "adamw" << true << 2 << 500 << "off" << true;
    QTest::newRow("state on the host") << "adamw" << true << 2 << 500 << "on" << false;
}

void TestSplitOptimizer::stepsAsOneAlone()
{
    QFETCH(QString, kind);
    QFETCH(bool, narrow);
    QFETCH(int, ranks);
    QFETCH(int, bucket);
    QFETCH(QString, paging);
    QFETCH(bool, apart);
    const auto dtype = narrow ? at::kBFloat16 : at::kFloat;
    const auto* row = optim::findOptimizer(kind.toStdString());
    optim::OptimizerSettings settings;
    settings.kind = row->id;
    settings.paging = paging.toStdString();
    settings.maxGradNorm = 1;
    settings.layerDecay = 0.9; // told by names

    constexpr std::int64_t kBefore = 3;
    constexpr std::int64_t kAll = 6;
    auto leaves = makeLeaves(dtype);
    const auto alone = row->make(leaves, settings, optim::kPageElements);
    const auto norms = stepAlone(*alone, 0, kBefore);
    std::vector<nn::NamedTensor> then;
    for (const nn::NamedTensor& leaf : leaves) {
        then.push_back({leaf.name, leaf.tensor.detach().clone()});
    }
    std::vector<nn::NamedTensor> state;
    for (const nn::NamedTensor& one : alone->state()) {
        state.push_back({one.name, one.tensor.clone()});
    }
    const auto rest = stepAlone(*alone, kBefore, kAll);

    std::vector<std::string> problems(static_cast<std::size_t>(ranks));
    std::vector<nn::NamedTensor> kept;
    std::vector<nn::NamedTensor> keptLeaves;
    const auto check = [&](ThreadTeam& team, const std::string& problem, const char* when) {
        problems[static_cast<std::size_t>(team.rank())] += problem.empty() ? "" : std::string(when) + ": " + problem + "; ";
    };
    const auto near = [](const std::vector<double>& a, const std::vector<double>& b) {
        for (std::size_t i = 0; i < a.size(); ++i) {
            if (!(std::abs(a[i] / b[i] - 1) < 1e-6)) {
                return std::string("norm of step ") + std::to_string(i);
            }
        }
        return std::string(a.size() == b.size() ? "" : "steps");
    };
    constexpr double kNear = 1e-6;
    asRanks(ranks, [&](ThreadTeam& team) {
        auto own = makeLeaves(dtype);
        std::vector<nn::NamedTensor> readers;
        for (const nn::NamedTensor& leaf : own) {
            readers.push_back({leaf.name, apart ? leaf.tensor.detach() : at::Tensor()});
        }
        train::SplitOptimizer optimizer(team, own, *row, settings, bucket);
        check(team, near(stepShared(team, optimizer, 0, kBefore), norms), "first steps");
        check(team, differenceOf(then, own, narrow ? 1e-2 : kNear), "leaves"); // a rounding of bf16 may go the other way
        check(team, apart ? differenceOf(own, readers, 0) : std::string(), "readers");
        optimizer.gather();
        if (team.leads()) {
            check(team, differenceOf(state, optimizer.state(), kNear), "state");
            for (const nn::NamedTensor& one : optimizer.state()) {
                kept.push_back({one.name, one.tensor.clone()});
            }
            for (const nn::NamedTensor& leaf : own) {
                keptLeaves.push_back({leaf.name, leaf.tensor.detach().clone()});
            }
        }
        optimizer.release();
        check(team, near(stepShared(team, optimizer, kBefore, kAll), rest), "later steps");
        check(team, differenceOf(leaves, own, narrow ? 1e-2 : kNear), "later leaves");
    });
    for (const std::string& problem : problems) {
        QVERIFY2(problem.empty(), problem.c_str());
    }

    // What was kept goes on alone, and on another number of ranks that are told of it one tensor after the other.
    const auto putBack = [&](std::vector<nn::NamedTensor>& target) {
        const c10::NoGradGuard guard;
        for (std::size_t i = 0; i < target.size(); ++i) {
            target[i].tensor.copy_(keptLeaves[i].tensor);
        }
    };
    auto again = makeLeaves(dtype);
    putBack(again);
    const auto restored = row->make(again, settings, optim::kPageElements);
    const auto done = restored->restore(kept);
    QVERIFY2(done.ok(), done ? "" : done.message().c_str());
    const std::string alike = near(stepAlone(*restored, kBefore, kAll), rest);
    QVERIFY2(alike.empty(), alike.c_str());
    const std::string difference = differenceOf(leaves, again, narrow ? 1e-2 : kNear);
    QVERIFY2(difference.empty(), difference.c_str());
    std::vector<std::string> later(static_cast<std::size_t>(ranks + 1));
    asRanks(ranks + 1, [&](ThreadTeam& team) {
        auto own = makeLeaves(dtype);
        putBack(own);
        train::SplitOptimizer optimizer(team, own, *row, settings, bucket);
        std::vector<nn::NamedTensor> cut;
        for (const nn::NamedTensor& one : kept) {
            cut.push_back(team.leads() ? one : optimizer.partOf(one));
        }
        const auto taken = optimizer.restore(cut);
        std::string& problem = later[static_cast<std::size_t>(team.rank())];
        problem = taken ? std::string() : taken.message();
        optimizer.release();
        problem += near(stepShared(team, optimizer, kBefore, kAll), rest); // first
        problem += differenceOf(leaves, own, narrow ? 1e-2 : kNear);
    });
    for (const std::string& problem : later) {
        QVERIFY2(problem.empty(), problem.c_str());
    }
}

// One rank's gradient is none: nobody steps.
void TestSplitOptimizer::aNumberThatIsNone()
{
    std::vector<std::string> problems(2);
    asRanks(2, [&](ThreadTeam& team) {
        auto own = makeLeaves(at::kFloat);
        train::SplitOptimizer optimizer(team, own, *optim::findOptimizer("adamw"), {}, 500);
        for (const train::StateSplit::Bucket& bucket : optimizer.split().buckets) {
            for (const train::StateSplit::Piece& piece : bucket.pieces) {
                at::Tensor numbers = piece.numbers;
                numbers.mutable_grad() = at::zeros(numbers.sizes()) + (team.rank() == 1 ? std::nan("") : 1.0);
            }
        }
        const double norm = optimizer.step(1e-2).item<double>();
        problems[static_cast<std::size_t>(team.rank())] = (std::isfinite(norm) ? "a norm; " : "") + differenceOf(makeLeaves(at::kFloat), own, 0);
    });
    QVERIFY2(problems[0].empty() && problems[1].empty(), (problems[0] + "| " + problems[1]).c_str());
}

QTEST_GUILESS_MAIN(TestSplitOptimizer)
#include "tst_split_optimizer.moc"
