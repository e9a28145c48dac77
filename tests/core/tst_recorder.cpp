// SPDX-License-Identifier: GPL-3.0-or-later
// The recorder: training never waits for it, everything arrives once and in order, checkpoints and the end at
// once, and what a disk refuses is kept, told and written later.
#include "core/store/project.h"
#include "core/store/recorder.h"

#include <QElapsedTimer>
#include <QTemporaryDir>
#include <QtTest>

#include <cstdlib>
#include <atomic>
#include <chrono>
#include <mutex>
#include <thread>

using namespace luthier;
using namespace std::chrono_literals;
using store::Recorder;

namespace {

// A project that only takes events: slowly, or not at all when told so.
class FakeProject : public store::Project {
public:
    const std::filesystem::path& folder() const override { return m_folder; }
    Result<store::RunRow> createRun(const std::string&, const Json&) override { return Error{"no"}; }
    Result<std::vector<store::RunRow>> runs() override { return Error{"no"}; }
    Result<store::RunRow> run(store::RunId id) override
    {
        store::RunRow row;
        row.id = id;
        row.folder = runFolder;
        return row;
    }
    Result<void> renameRun(store::RunId, const std::string&) override { return Error{"no"}; }
    Result<void> deleteRun(store::RunId) override { return Error{"no"}; }
    Result<void> annotateRun(store::RunId, const std::string&, const std::vector<std::string>&) override { return Error{"no"}; }
    Result<std::vector<store::RunRow>> deletedRuns() override { return Error{"no"}; }
    Result<void> restoreRun(store::RunId) override { return Error{"no"}; }
    Result<store::RunRow> adoptRun(const store::RunRow&, const std::vector<train::Event>&, const std::filesystem::path&) override { return Error{"no"}; }
    Result<void> markRunning(store::RunId) override { return Error{"no"}; }
    Result<std::vector<train::Event>> events(store::RunId) override { return Error{"no"}; }
    Result<store::DataSourceRow> addSource(const std::string&, const std::string&) override
    {
        return Error{"no"};
    }
    Result<std::vector<store::DataSourceRow>> sources() override { return Error{"no"}; }
    Result<void> removeSource(std::int64_t) override { return Error{"no"}; }
    Result<void> saveEdit(const std::string&, std::int64_t, const std::optional<Json>&) override
    {
        return Error{"no"};
    }
    Result<data::Overlay> edits(const std::string&) override { return Error{"no"}; }
    Result<void> setExcluded(const std::string&, const std::vector<std::int64_t>&, bool) override { return Error{"no"}; }
    Result<data::Exclusions> exclusions(const std::string&) override { return Error{"no"}; }
    Result<std::int64_t> recordStep(const store::EditStep&) override { return Error{"no"}; }
    Result<void> setStepUndone(std::int64_t, bool) override { return Error{"no"}; }
    Result<std::vector<store::EditStep>> steps(std::int64_t) override { return Error{"no"}; }
    Result<store::RowTags> tags(const std::string&) override { return Error{"no"}; }
    Result<store::VersionRow> addVersion(const std::string&, const std::string&) override { return Error{"no"}; }
    Result<std::vector<store::VersionRow>> versions(const std::string&) override { return Error{"no"}; }
    Result<store::Snapshot> version(std::int64_t) override { return Error{"no"}; }
    Result<void> removeVersion(std::int64_t) override { return Error{"no"}; }
    Result<void> saveRowLosses(store::RunId, const std::string& path, const std::vector<data::RowLoss>& losses) override
    {
        savedLosses.emplace_back(path, losses.size());
        return {};
    }
    Result<std::vector<data::RowLoss>> rowLosses(store::RunId, const std::string&) override { return Error{"no"}; }
    store::Judgings& judgings() override { std::abort(); } // nobody asks a recorder's project
    store::Comparisons& comparisons() override { std::abort(); }
    Result<void> setValue(const std::string&, const Json&) override { return Error{"no"}; }
    Result<Json> value(const std::string&) override { return Error{"no"}; }

    Result<void> appendEvents(store::RunId id, const std::vector<train::Event>& events) override
    {
        std::this_thread::sleep_for(delay.load());
        const std::lock_guard lock(m_mutex);
        ++m_calls;
        if (refuses) {
            return Error{"luthier.db: the disk is full."};
        }
        m_run = id;
        m_batches.push_back(events.size());
        for (const auto& event : events) {
            const auto* step = std::get_if<train::StepDone>(&event);
            m_steps.push_back(step ? step->step : -static_cast<std::int64_t>(event.index()));
        }
        return {};
    }

    std::vector<std::int64_t> steps() // others: minus their place in the variant
    {
        const std::lock_guard lock(m_mutex);
        return m_steps;
    }
    std::size_t numBatches()
    {
        const std::lock_guard lock(m_mutex);
        return m_batches.size();
    }
    int numCalls()
    {
        const std::lock_guard lock(m_mutex);
        return m_calls;
    }
    store::RunId lastRun() const { return m_run; }

    std::atomic<bool> refuses = false;
    std::atomic<std::chrono::milliseconds> delay{0ms};
    std::string runFolder;                                          // set before a recorder is made
    std::vector<std::pair<std::string, std::size_t>> savedLosses; // read once the recorder is gone

private:
    std::filesystem::path m_folder;
    std::mutex m_mutex;
    std::vector<std::int64_t> m_steps;
    std::vector<std::size_t> m_batches;
    int m_calls = 0;
    store::RunId m_run = 0;
};

struct Problems {
    void operator()(const std::string& problem)
    {
        const std::lock_guard lock(mutex);
        sentences.push_back(problem);
    }
    std::vector<std::string> all()
    {
        const std::lock_guard lock(mutex);
        return sentences;
    }
    std::mutex mutex;
    std::vector<std::string> sentences;
};

train::StepDone step(std::int64_t number)
{
    train::StepDone done;
    done.step = number;
    return done;
}

std::vector<std::int64_t> upTo(std::int64_t last)
{
    std::vector<std::int64_t> numbers;
    for (std::int64_t i = 1; i <= last; ++i) {
        numbers.push_back(i);
    }
    return numbers;
}

} // namespace

class TestRecorder : public QObject {
    Q_OBJECT

private Q_SLOTS:
    // What a run measured of its rows goes into the project with its end, and only then.
    void lossesOfRowsAreTaken()
    {
        const QTemporaryDir folder;
        const auto project = std::make_shared<FakeProject>();
        project->runFolder = folder.path().toStdString();
        QVERIFY(data::writeRowLosses(project->runFolder, {{"/a.jsonl", {{0, 2.0, 1.0, 5}, {1, 2.0, 1.5, 5}}}}).ok());
        {
            store::Recorder recorder(project, 3);
            recorder.onEvent(step(1));
        }
        QVERIFY(project->savedLosses.empty());
        {
            store::Recorder recorder(project, 3);
            recorder.onEvent(step(2));
            recorder.onEvent(train::RunEnded{});
        }
        QCOMPARE(project->savedLosses.size(), std::size_t{1});
        QCOMPARE(project->savedLosses[0], (std::pair<std::string, std::size_t>{"/a.jsonl", 2}));
    }

    void everythingArrivesOnceInOrderInFewBatches()
    {
        const auto project = std::make_shared<FakeProject>();
        QElapsedTimer clock;
        clock.start();
        {
            Recorder recorder(project, 7);
            for (int i = 1; i <= 20'000; ++i) {
                recorder.onEvent(step(i));
            }
        }
        QVERIFY2(clock.elapsed() < 900, "the end must not wait for the next batch");
        QCOMPARE(project->steps(), upTo(20'000));
        QVERIFY(project->numBatches() <= 2);
        QCOMPARE(project->lastRun(), 7);
    }

    void aboutTwiceASecond()
    {
        const auto project = std::make_shared<FakeProject>();
        Recorder recorder(project, 1);
        int sent = 0;
        QElapsedTimer clock;
        clock.start();
        while (clock.elapsed() < 2'500) {
            recorder.onEvent(step(++sent));
            std::this_thread::sleep_for(5ms);
        }
        QVERIFY2(project->numBatches() >= 1 && project->numBatches() <= 6,
                 qPrintable(QString::number(project->numBatches())));
        QTRY_COMPARE_WITH_TIMEOUT(project->steps().size(), static_cast<std::size_t>(sent),
                                  3'000); // also when nothing follows
    }

    void checkpointsAndTheEndAtOnce()
    {
        const auto project = std::make_shared<FakeProject>();
        Recorder recorder(project, 1);
        QElapsedTimer clock;
        clock.start();
        recorder.onEvent(step(1));
        recorder.onEvent(train::CheckpointSaved{1, "/c"});
        QTRY_COMPARE_WITH_TIMEOUT(project->steps().size(), std::size_t{2}, 500);
        recorder.onEvent(step(2));
        recorder.onEvent(train::RunEnded{});
        QTRY_COMPARE_WITH_TIMEOUT(project->steps().size(), std::size_t{4}, 500);
        QVERIFY(clock.elapsed() < 900);
    }

    // Before a checkpoint counts, its steps are where they last; a disk that refuses holds nothing up.
    void settledIsOnTheDisk()
    {
        const auto project = std::make_shared<FakeProject>();
        Recorder recorder(project, 1);
        recorder.settle(); // nothing was told
        for (int round = 0; round < 20; ++round) {
            project->delay = std::chrono::milliseconds(round % 3 == 0 ? 30 : 0);
            for (int i = 1; i <= 10; ++i) {
                recorder.onEvent(step(10 * round + i));
            }
            recorder.settle();
            QCOMPARE(project->steps(), upTo(10 * (round + 1)));
        }
        project->refuses = true;
        recorder.onEvent(step(201));
        recorder.settle();
        QCOMPARE(project->steps(), upTo(200));
        project->refuses = false;
        recorder.settle();
        QTRY_COMPARE_WITH_TIMEOUT(project->steps(), upTo(201), 2000);
    }

    void trainingDoesNotWaitForASlowDisk()
    {
        const auto project = std::make_shared<FakeProject>();
        project->delay = 400ms;
        qint64 slowest = 0;
        {
            Recorder recorder(project, 1);
            for (int i = 1; i <= 400; ++i) {
                QElapsedTimer one;
                one.start();
                recorder.onEvent(step(i));
                if (i % 100 == 0) {
                    recorder.onEvent(train::CheckpointSaved{i, "/c"});
                }
                slowest = std::max(slowest, one.elapsed());
                std::this_thread::sleep_for(2ms);
            }
        }
        QVERIFY2(slowest < 150, qPrintable(QString::number(slowest)));
        QCOMPARE(project->steps().size(), std::size_t{404});
    }

    void stagesAreNotKept()
    {
        const auto project = std::make_shared<FakeProject>();
        {
            Recorder recorder(project, 1);
            recorder.onEvent(train::StageChanged{"loading", 1, 2});
            recorder.onEvent(step(1));
        }
        QCOMPARE(project->steps(), upTo(1));
    }

    void whatIsRefusedIsKeptToldOnceAndWrittenLater()
    {
        const auto project = std::make_shared<FakeProject>();
        Problems problems;
        {
            Recorder recorder(project, 1, std::ref(problems));
            project->refuses = true;
            for (int i = 1; i <= 3; ++i) { // each is urgent, so each is tried at once
                recorder.onEvent(step(i));
                const int before = project->numCalls();
                recorder.onEvent(train::CheckpointSaved{i, "/c"});
                QTRY_VERIFY_WITH_TIMEOUT(project->numCalls() > before, 3'000);
            }
            QVERIFY(project->steps().empty());
            QTRY_COMPARE(problems.all().size(), std::size_t{1}); // the same problem, told once
            QVERIFY(problems.all().front().find("the disk is full") != std::string::npos);
            project->refuses = false;
            QTRY_COMPARE_WITH_TIMEOUT(project->steps().size(), std::size_t{6},
                                      3'000); // by itself, without a new event
        }
        QCOMPARE(project->steps(), (std::vector<std::int64_t>{1, -5, 2, -5, 3, -5}));
        QCOMPARE(problems.all().size(), std::size_t{1});
    }

    void whatIsLostAtTheEndIsTold()
    {
        const auto project = std::make_shared<FakeProject>();
        project->refuses = true;
        Problems problems;
        {
            Recorder recorder(project, 12, std::ref(problems));
            recorder.onEvent(step(1));
            recorder.onEvent(train::RunEnded{});
        }
        const auto told = problems.all();
        QVERIFY(told.size() >= 2);
        QVERIFY2(told.back().find("2 events of run 12") != std::string::npos, told.back().c_str());
        QVERIFY2(told.back().find("the disk is full") != std::string::npos, told.back().c_str());
        QVERIFY(project->numCalls() >= 3);
    }

    void aRealProjectHoldsTheRun()
    {
        const QTemporaryDir dir;
        const auto project = store::Project::open(dir.filePath("project").toStdString());
        QVERIFY(project.ok());
        const auto id = (*project)->createRun("one", Json::object())->id;
        Problems problems;
        {
            Recorder recorder(*project, id, std::ref(problems));
            recorder.onEvent(train::RunStarted{});
            for (int i = 1; i <= 500; ++i) {
                recorder.onEvent(step(i));
            }
            recorder.onEvent(train::RunEnded{train::Outcome::Finished, "", 1, "", 500});
        }
        QVERIFY(problems.all().empty());
        QCOMPARE((*project)->events(id)->size(), std::size_t{502});
        QCOMPARE((*project)->run(id)->state, std::string("finished"));
        QCOMPARE((*project)->run(id)->step, 500);
    }
};

QTEST_APPLESS_MAIN(TestRecorder)
#include "tst_recorder.moc"
