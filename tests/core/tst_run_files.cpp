// SPDX-License-Identifier: GPL-3.0-or-later
// Runs that leave a project and come into one: as one file, as logs of other programs, from the trash; their notes and sheets.
#include "core/base/files.h"
#include "core/report/event_logs.h"
#include "core/report/run_sheet.h"
#include "core/store/event_codec.h"
#include "core/store/project.h"
#include "core/store/runs/run_archive.h"
#include "core/store/runs/run_search.h"
#include "tests/support/need.h"

#include <QTemporaryDir>
#include <QtTest>

using namespace luthier;
using support::need;
namespace fs = std::filesystem;

class TestRunFiles : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        m_folder = std::make_unique<QTemporaryDir>();
        m_project = need(store::Project::open(at("project")));
        const auto run = need(m_project->createRun("first", {{"method", {{"kind", "lora"}, {"rank", 8}}}, {"run", {{"seed", 7}}}}));
        m_id = run.id;
        need(base::makeDirectories(fs::path(run.folder) / "result"));
        need(base::makeDirectories(fs::path(run.folder) / "checkpoints" / "step-2"));
        need(base::writeFileAtomically(fs::path(run.folder) / "result" / "adapter_config.json", "{}"));
        need(base::writeFileAtomically(fs::path(run.folder) / "result" / "adapter.bin", std::string(70'000, 'x')));
        need(base::writeFileAtomically(fs::path(run.folder) / "checkpoints" / "step-2" / "weights", "w"));
        std::vector<train::Event> events{train::RunStarted{.totalSteps = 3, .trainRows = 9, .device = "cpu, 2 threads", .dtype = "fp32", .reason = {}}};
        for (int step = 1; step <= 3; ++step) {
            events.push_back(train::StepDone{.step = step, .loss = 3.0 / step, .learningRate = 1e-3, .tokens = 100, .tokensPerSecond = 50});
        }
        events.push_back(train::EvalDone{.step = 3, .loss = 1.25, .tokens = 40});
        train::RunEnded ended;
        ended.outcome = train::Outcome::Finished;
        ended.seconds = 12;
        ended.adapter = (fs::path(run.folder) / "result").string();
        ended.step = 3;
        events.push_back(ended);
        need(m_project->appendEvents(m_id, events));
        need(m_project->annotateRun(m_id, "The first that worked.", {"good", "small"}));
    }

    void notesStay()
    {
        m_project.reset();
        m_project = need(store::Project::open(at("project")));
        const auto row = need(m_project->run(m_id));
        QCOMPARE(row.notes, std::string("The first that worked."));
        QCOMPARE(row.tags, (std::vector<std::string>{"good", "small"}));
        for (const char* words : {"", "first", "FIRST worked", "tag:good", "state:finished lora", "rank"}) {
            QVERIFY2(store::matches(row, words), words);
        }
        for (const char* words : {"second", "tag:goo", "state:failed", "first second"}) {
            QVERIFY2(!store::matches(row, words), words);
        }
        QCOMPARE(store::settingOf(row, "method.rank"), std::string("8"));
        QCOMPARE(store::settingOf(row, "method.none"), std::string("-"));
        for (const char* nothing : {"", "  ", "\t\n"}) {
            QVERIFY(!m_project->renameRun(m_id, nothing).ok());
        }
        QCOMPARE(need(m_project->run(m_id)).name, row.name);
    }

    // What lies there is said, and not that an archive is damaged.
    void whatIsNoArchive()
    {
        need(base::writeFileAtomically(at("recipe.json"), "{}"));
        const std::pair<std::string, const char*> strange[] = {{at("recipe.json"), "no run's archive"}, {at("none.luthier-run"), "there is no such file"}, {at("project"), "a folder"}};
        for (const auto& [file, part] : strange) {
            const auto read = store::readRunArchive(*m_project, file);
            QVERIFY2(!read.ok() && read.message().find(part) != std::string::npos, read.message().c_str());
        }
    }

    void theTrashGivesBack()
    {
        const auto before = need(m_project->run(m_id));
        need(m_project->deleteRun(m_id));
        QVERIFY(need(m_project->runs()).empty() && !fs::exists(before.folder));
        const auto deleted = need(m_project->deletedRuns());
        QCOMPARE(deleted.size(), std::size_t{1});
        QCOMPARE(deleted[0].id, m_id);
        need(m_project->restoreRun(m_id));
        QCOMPARE(need(m_project->runs()).size(), std::size_t{1});
        QVERIFY(fs::exists(fs::path(before.folder) / "result" / "adapter.bin") && need(m_project->deletedRuns()).empty());
        QCOMPARE(need(m_project->events(m_id)).size(), std::size_t{6});
        QVERIFY(!m_project->restoreRun(m_id).ok());
    }

    // In another project everything is there, under a number of its own.
    void oneFileElsewhere()
    {
        need(store::writeRunArchive(*m_project, m_id, at("run.luthier-run")));
        const auto other = need(store::Project::open(at("other")));
        need(other->createRun("of its own", Json::object()));
        const auto row = need(store::readRunArchive(*other, at("run.luthier-run")));
        QCOMPARE(row.id, store::RunId{2});
        const auto mine = need(m_project->run(m_id));
        QCOMPARE(row.name, mine.name);
        QCOMPARE(row.created, mine.created);
        QCOMPARE(row.state, std::string("finished"));
        QCOMPARE(row.notes, mine.notes);
        QCOMPARE(row.tags, mine.tags);
        QCOMPARE(row.seconds, 12.0);
        QCOMPARE(row.step, std::int64_t{3});
        QCOMPARE(*row.measures.heldOut(), 1.25);
        QCOMPARE(base::dumpJson(row.recipe), base::dumpJson(mine.recipe));
        QCOMPARE(row.result, (fs::path(row.folder) / "result").string());
        QCOMPARE(need(base::readFile(fs::path(row.result) / "adapter.bin")), std::string(70'000, 'x'));
        QVERIFY(!fs::exists(fs::path(row.folder) / "checkpoints")); // only when asked for
        const auto here = need(m_project->events(m_id));
        const auto there = need(other->events(row.id));
        QCOMPARE(there.size(), here.size());
        for (std::size_t i = 0; i < here.size(); ++i) {
            QCOMPARE(base::dumpJson(store::toJson(there[i])), base::dumpJson(store::toJson(here[i])));
        }
        store::ArchiveSettings all;
        all.checkpoints = true;
        need(store::writeRunArchive(*m_project, m_id, at("all.luthier-run"), all));
        QVERIFY(fs::exists(fs::path(need(store::readRunArchive(*other, at("all.luthier-run"))).folder) / "checkpoints" / "step-2" / "weights"));
    }

    // A byte that changed, a file that breaks off, another kind of file: a sentence, and nothing is left behind.
    void damageIsFound()
    {
        need(store::writeRunArchive(*m_project, m_id, at("run.luthier-run")));
        const std::string whole = need(base::readFile(at("run.luthier-run")));
        const auto other = need(store::Project::open(at("other")));
        const auto refused = [&](const std::string& bytes) {
            need(base::writeFileAtomically(at("bad.luthier-run"), bytes));
            const auto read = store::readRunArchive(*other, at("bad.luthier-run"));
            return !read.ok() && read.message().find("bad.luthier-run") != std::string::npos;
        };
        for (std::size_t place = 0; place < whole.size(); place += 997) {
            std::string changed = whole;
            changed[place] = static_cast<char>(changed[place] ^ 1);
            need(base::writeFileAtomically(at("bad.luthier-run"), changed));
            const auto read = store::readRunArchive(*other, at("bad.luthier-run"));
            if (read.ok()) { // zeros that nobody reads, or a word of the row itself
                need(other->deleteRun(read->id));
                QCOMPARE(need(base::readFile(fs::path(at("other")) / "trash" / std::to_string(read->id) / "result" / "adapter.bin")), std::string(70'000, 'x'));
            }
        }
        for (const std::size_t size : {std::size_t{0}, std::size_t{100}, std::size_t{512}, whole.size() / 2, whole.size() - 1024}) {
            QVERIFY(refused(whole.substr(0, size)));
        }
        QVERIFY(refused(std::string(5000, 'x')));
        std::string outside = whole; // "../" in the list of files
        const std::size_t name = outside.find("result/adapter.bin");
        outside.replace(name, 18, "../../../adapter.b");
        QVERIFY(refused(outside));
        for (const auto& entry : fs::directory_iterator(at("other"))) {
            QVERIFY2(entry.path().filename().string().find("incoming") == std::string::npos, entry.path().c_str());
        }
        QVERIFY(need(other->runs()).empty());
    }

    // Checksums as RFC 3720, B.4 gives them; the records as tests/reference/check_tensorboard.py reads them with TensorBoard.
    void eventFiles()
    {
        QCOMPARE(report::crc32c(std::string(32, '\0')), std::uint32_t{0x8a9136aa});
        QCOMPARE(report::crc32c(std::string(32, '\xff')), std::uint32_t{0x62a8ab43});
        QCOMPARE(report::crc32c("123456789"), std::uint32_t{0xe3069283});
        const auto row = need(m_project->run(m_id));
        const auto events = need(m_project->events(m_id));
        const auto file = need(report::writeTensorBoard(row, events, at("logs")));
        const std::string bytes = need(base::readFile(file));
        QVERIFY(bytes.find("brain.Event:2") != std::string::npos && bytes.find("train/loss") != std::string::npos && bytes.find("held_out/loss") != std::string::npos);
        QVERIFY(need(report::writeTensorBoard(row, events, at("logs"))) != file); // none is written over
        need(report::writeJsonLines(events, at("events.jsonl")));
        const std::string lines = need(base::readFile(at("events.jsonl")));
        QCOMPARE(std::count(lines.begin(), lines.end(), '\n'), static_cast<std::ptrdiff_t>(events.size()));
        report::EventLogs logs;
        need(logs.open(at("live"), at("live.jsonl")));
        for (const train::Event& event : events) {
            logs.onEvent(event);
        }
        need(logs.close());
        QCOMPARE(need(base::readFile(at("live.jsonl"))), lines);
    }

    void theSheetSaysWhatIsNeeded()
    {
        const Json sheet = need(report::runSheet(*m_project, m_id));
        QCOMPARE(sheet.at("starts").at(0).at("device"), Json("cpu, 2 threads"));
        QCOMPARE(sheet.at("recipe").at("run").at("seed"), Json(7));
        QCOMPARE(sheet.at("recipe_sha256").get<std::string>().size(), std::size_t{64});
        QVERIFY(report::sheetText(sheet).find("first") != std::string::npos);
    }

private:
    std::string at(const std::string& name) const { return m_folder->filePath(QString::fromStdString(name)).toStdString(); }

    std::unique_ptr<QTemporaryDir> m_folder;
    std::shared_ptr<store::Project> m_project;
    store::RunId m_id = 0;
};

QTEST_GUILESS_MAIN(TestRunFiles)
#include "tst_run_files.moc"
