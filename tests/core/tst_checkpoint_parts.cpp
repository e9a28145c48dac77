// SPDX-License-Identifier: GPL-3.0-or-later
// A checkpoint whose optimizer several ranks saved a part of each: whoever reads it finds what one alone would have saved, and until the last
// part is there the one before stands.
#include "core/base/files.h"
#include "core/train/checkpoint.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>

#include <QTemporaryDir>
#include <QtTest>

#include <fstream>
#include <set>
#include <stdexcept>

using namespace luthier;
namespace fs = std::filesystem;

namespace {

constexpr std::int64_t kRanks = 3;

at::Tensor numbers(std::int64_t count, double from)
{
    return at::arange(count, at::TensorOptions(at::kFloat)) + from;
}

const std::vector<std::pair<std::string, std::vector<std::int64_t>>>& wholes()
{
    static const std::vector<std::pair<std::string, std::vector<std::int64_t>>> all{
        {"exp_avg.model.up.weight", {4, 5}}, {"exp_avg_sq.model.up.weight", {4, 5}}, {"exp_avg.model.norm.weight", {3}}, {"exp_avg_sq.model.norm.weight", {3}}};
    return all;
}

// A rank's: seven numbers of the matrix, or what is left; the norm is of the last; the count of steps rank 0's.
std::vector<train::StatePiece> piecesOf(std::int64_t rank)
{
    std::vector<train::StatePiece> pieces;
    for (std::size_t i = 0; i < wholes().size(); ++i) {
        const auto& [name, sizes] = wholes()[i];
        const std::int64_t all = sizes.size() == 2 ? 20 : 3;
        const std::int64_t first = sizes.size() == 2 ? 7 * rank : 0;
        const std::int64_t count = sizes.size() == 2 ? std::min<std::int64_t>(7, all - first) : rank == kRanks - 1 ? 3 : 0;
        if (count > 0) {
            pieces.push_back({name, numbers(all, static_cast<double>(i) * 100).narrow(0, first, count), first, sizes});
        }
    }
    if (rank == 0) {
        pieces.push_back({"step", numbers(1, 12)});
    }
    return pieces;
}

std::string wrongIn(const std::vector<nn::NamedTensor>& state)
{
    if (state.size() != wholes().size() + 1) {
        return std::to_string(state.size()) + " tensors";
    }
    for (const nn::NamedTensor& one : state) {
        const auto known = std::find_if(wholes().begin(), wholes().end(), [&](const auto& whole) { return whole.first == one.name; });
        const at::Tensor wanted = known == wholes().end() ? numbers(1, 12)
                                                          : numbers(one.tensor.numel(), static_cast<double>(known - wholes().begin()) * 100).view(known->second);
        if (!one.tensor.equal(wanted)) {
            return one.name;
        }
    }
    return {};
}

struct Folder {
    QTemporaryDir directory;
    fs::path run = directory.path().toStdString();
    std::vector<nn::NamedTensor> weights{{"model.up.weight", numbers(20, 0).view({4, 5})}, {"model.norm.weight", numbers(3, 0)}};

    train::RankParts parts(std::int64_t rank, const std::string& mark = "a") const { return {mark, rank, kRanks}; }
    Result<void> others(std::int64_t step, std::initializer_list<std::int64_t> ranks)
    {
        auto done = Result<void>();
        for (const std::int64_t rank : ranks) {
            done = done ? train::savePart(run, step, parts(rank), piecesOf(rank)) : done;
        }
        return done;
    }
    Result<fs::path> first(std::int64_t step, const std::function<void(const std::vector<std::int64_t>&)>& await, const std::string& mark = "a")
    {
        train::CheckpointInfo info;
        info.step = step;
        return train::saveCheckpoint(run, info, weights, parts(0, mark), piecesOf(0), await);
    }
    std::int64_t newest() const
    {
        const auto found = train::newestCheckpoint(run);
        return found.newest ? found.newest->info.step : -1;
    }
    // What lies in checkpoints/, without what is whole.
    std::int64_t leftovers() const
    {
        std::int64_t count = 0;
        for (const auto& entry : fs::directory_iterator(run / "checkpoints")) {
            count += entry.path().filename().string().find("tmp") != std::string::npos ? 1 : 0;
        }
        return count;
    }
};

void never(const std::vector<std::int64_t>&)
{
    throw std::runtime_error("a rank is gone");
}

} // namespace

class TestCheckpointParts : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void partsAreAWhole();
    void aPartThatNeverComes();
    void aPartThatComesLate();
    void partsOfAnotherStart();
    void damaged_data();
    void damaged();
    void names();
};

void TestCheckpointParts::partsAreAWhole()
{
    Folder folder;
    QVERIFY(folder.others(4, {2, 1}).ok());
    const auto saved = folder.first(4, never); // all are there: nobody is waited for
    QVERIFY2(saved.ok(), saved ? "" : saved.message().c_str());
    const auto found = train::newestCheckpoint(folder.run);
    QVERIFY(found.newest && found.problems.empty() && found.newest->info.step == 4);
    QCOMPARE(found.newest->optimizer.size(), std::size_t{3});
    const auto state = train::optimizerStateOf(*found.newest);
    QVERIFY2(state.ok(), state ? "" : state.message().c_str());
    const std::string wrong = wrongIn(*state);
    QVERIFY2(wrong.empty(), wrong.c_str());
    std::set<std::string> files;
    for (const auto& entry : fs::directory_iterator(*saved)) {
        files.insert(entry.path().filename().string());
    }
    QVERIFY((files == std::set<std::string>{"checkpoint.json", "weights.safetensors", "optimizer-1-of-3.safetensors", "optimizer-2-of-3.safetensors", "optimizer-3-of-3.safetensors"}));
    QCOMPARE(folder.leftovers(), 0);
}

// Killed between the parts: what was saved before stands.
void TestCheckpointParts::aPartThatNeverComes()
{
    Folder folder;
    QVERIFY(folder.others(4, {1, 2}).ok() && folder.first(4, never).ok());
    QVERIFY(folder.others(8, {2}).ok());
    std::vector<std::int64_t> asked;
    QVERIFY_EXCEPTION_THROWN(static_cast<void>(folder.first(8, [&](const auto& missing) {
        asked = missing;
        throw std::runtime_error("rank 1 is gone");
    })),
                             std::runtime_error);
    QVERIFY(asked == std::vector<std::int64_t>{1});
    QVERIFY(folder.leftovers() > 0);
    QCOMPARE(folder.newest(), 4);
    QCOMPARE(folder.leftovers(), 0);
    const auto state = train::optimizerStateOf(*train::newestCheckpoint(folder.run).newest);
    QVERIFY(state && wrongIn(*state).empty());
    // Rank 0 is gone before its own part.
    QVERIFY(folder.others(8, {1, 2}).ok());
    QCOMPARE(folder.newest(), 4);
}

void TestCheckpointParts::aPartThatComesLate()
{
    Folder folder;
    int looks = 0;
    const auto saved = folder.first(4, [&](const std::vector<std::int64_t>& missing) {
        QVERIFY(missing.size() == (looks == 0 ? 2 : 1));
        QVERIFY(folder.others(4, {looks == 0 ? 2 : 1}).ok());
        ++looks;
    });
    QVERIFY(saved.ok());
    QCOMPARE(looks, 2);
    QCOMPARE(folder.newest(), 4);
}

// What an earlier start of the run left in the middle is none of this one's.
void TestCheckpointParts::partsOfAnotherStart()
{
    Folder folder;
    QVERIFY(folder.others(4, {1, 2}).ok());
    QVERIFY_EXCEPTION_THROWN(static_cast<void>(folder.first(4, never, "b")), std::runtime_error);
    QCOMPARE(folder.newest(), -1);
}

void TestCheckpointParts::damaged_data()
{
    QTest::addColumn<QString>("how");
    for (const char* how : {"flip", "cut", "gone"}) {
        QTest::newRow(how) << how;
    }
}

void TestCheckpointParts::damaged()
{
    QFETCH(QString, how);
    Folder folder;
    for (const std::int64_t step : {4, 8}) {
        QVERIFY(folder.others(step, {1, 2}).ok() && folder.first(step, never).ok());
    }
    QCOMPARE(folder.newest(), 8);
    const fs::path file = folder.run / "checkpoints" / "step-8" / "optimizer-2-of-3.safetensors";
    if (how == "gone") {
        fs::remove(file);
    } else if (how == "cut") {
        fs::resize_file(file, fs::file_size(file) - 1);
    } else {
        std::fstream bytes(file, std::ios::in | std::ios::out | std::ios::binary);
        bytes.seekp(-2, std::ios::end);
        bytes.put('!');
    }
    const auto found = train::newestCheckpoint(folder.run);
    QVERIFY(found.newest && found.newest->info.step == 4);
    QCOMPARE(found.problems.size(), std::size_t{1});
    QVERIFY2(found.problems.front().find("optimizer-2-of-3") != std::string::npos, found.problems.front().c_str());
}

void TestCheckpointParts::names()
{
    QCOMPARE(train::partName(0, 2), std::string("optimizer-1-of-2.safetensors"));
    QVERIFY(train::areAllParts({train::partName(1, 2), train::partName(0, 2)}));
    for (const std::vector<std::string>& wrong : std::vector<std::vector<std::string>>{
             {}, {"optimizer.safetensors"}, {"optimizer-1-of-2.safetensors"}, {"optimizer-1-of-2.safetensors", "optimizer-1-of-2.safetensors"},
             {"optimizer-0-of-1.safetensors"}, {"optimizer-1-of-1.safetensors", "x"}, {"../optimizer-1-of-1.safetensors"}, {"optimizer-+1-of-1.safetensors"}}) {
        QVERIFY(!train::areAllParts(wrong));
    }
}

QTEST_GUILESS_MAIN(TestCheckpointParts)
#include "tst_checkpoint_parts.moc"
