// SPDX-License-Identifier: GPL-3.0-or-later
// Steps of editing: undone to the start everything is as it was, on another day too; a kill costs nothing that was
// acknowledged; versions give back what they were made of; an older project gains the tables.
#include "core/base/random.h"
#include "core/store/database.h"
#include "core/store/project.h"

#include <QProcess>
#include <QTemporaryDir>
#include <QtTest>

#include <algorithm>
#include <cstdio>

using namespace luthier;
using store::EditStep;

namespace {

constexpr int kAwaitMs = 20'000;
const std::string kPath = "/data/rows.jsonl";
const std::string kOther = "/data/other.jsonl";

std::shared_ptr<store::Project> opened(const QString& folder)
{
    auto project = store::Project::open(folder.toStdString());
    return project ? *project : nullptr;
}

Json rowWith(std::uint64_t n)
{
    return {{"instruction", "row"}, {"output", std::to_string(n)}};
}

struct Picture { // of all that steps change
    data::Overlay edits, otherEdits;
    data::Exclusions excluded;
    store::RowTags tags;

    bool operator==(const Picture&) const = default;
};

Picture pictureOf(store::Project& project)
{
    return {*project.edits(kPath), *project.edits(kOther), *project.exclusions(kPath), *project.tags(kPath)};
}

// A step that fits what is there, of one kind or several.
EditStep randomStep(store::Project& project, base::Random& random)
{
    const Picture now = pictureOf(project);
    EditStep step;
    step.path = random.below(5) == 0 ? kOther : kPath;
    step.text = "step " + std::to_string(random.below(1000));
    const auto kinds = random.below(7) + 1; // bits
    const auto row = static_cast<std::int64_t>(random.below(12));
    const data::Overlay& edits = step.path == kPath ? now.edits : now.otherEdits;
    if ((kinds & 1) != 0) {
        const auto before = edits.find(row);
        step.rows.push_back({row, before == edits.end() ? std::nullopt : std::optional<Json>(before->second),
                             random.below(4) == 0 ? std::nullopt : std::optional<Json>(rowWith(random.next()))});
    }
    if ((kinds & 2) != 0 && step.path == kPath) {
        (now.excluded.contains(row) ? step.included : step.excluded).push_back(row);
    }
    if ((kinds & 4) != 0 && step.path == kPath) {
        const std::string tag = random.below(2) == 0 ? "good" : "to check";
        const auto tags = now.tags.find(row);
        step.tags.push_back({tag, {row}, tags == now.tags.end() || !tags->second.contains(tag)});
    }
    return step;
}

// Records one step after the other and says so, until it is killed.
int recordSteps(const char* folder)
{
    const auto project = opened(QString::fromUtf8(folder));
    for (std::int64_t row = 0; project; ++row) {
        EditStep step;
        step.path = kPath;
        step.text = "step";
        step.rows.push_back({row, std::nullopt, rowWith(static_cast<std::uint64_t>(row))});
        step.excluded = {row};
        step.tags = {{"kept", {row}, true}};
        if (!project->recordStep(step)) {
            return 1;
        }
        std::printf("%lld\n", static_cast<long long>(row));
        std::fflush(stdout);
    }
    return 1;
}

} // namespace

class TestEditSteps : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() { m_dir = std::make_unique<QTemporaryDir>(); }

    void changesComeBackAsTheyWere()
    {
        EditStep step;
        step.rows = {{3, std::nullopt, Json(nullptr)}, {4, rowWith(1), std::nullopt}};
        step.excluded = {1, 2};
        step.included = {9};
        step.tags = {{"a \"tag\"", {1}, true}, {"b", {2, 3}, false}};
        const auto back = store::changesFromJson(store::changesToJson(step));
        QVERIFY(back.ok());
        QVERIFY(back->rows == step.rows && back->excluded == step.excluded && back->included == step.included && back->tags == step.tags);
        for (const char* wrong : {"[]", R"({"rows":[[1,[]]]})", R"({"rows":[[-1,[],[]]]})", R"({"excluded":["x"]})",
                                  R"({"tags":[{"tag":"x"}]})", R"({"rows":3})"}) {
            QVERIFY2(!store::changesFromJson(*base::parseJson(wrong)).ok(), wrong);
        }
    }

    void undoneToTheStartAllIsAsItWas()
    {
        base::Random random(7);
        for (int round = 0; round < 5; ++round) {
            const QString folder = m_dir->filePath(QString::number(round));
            auto project = opened(folder);
            QVERIFY(project->saveEdit(kPath, 3, rowWith(3)).ok());
            QVERIFY(project->setExcluded(kPath, {5}, true).ok());
            std::vector<Picture> pictures{pictureOf(*project)};
            std::vector<std::int64_t> ids;
            for (int i = 0; i < 40; ++i) {
                if (!ids.empty() && random.below(4) == 0) { // back, and on with something else
                    QVERIFY(project->setStepUndone(ids.back(), true).ok());
                    ids.pop_back();
                    pictures.pop_back();
                    QCOMPARE(pictureOf(*project) == pictures.back(), true);
                    continue;
                }
                const auto id = project->recordStep(randomStep(*project, random));
                QVERIFY2(id.ok(), id.ok() ? "" : id.message().c_str());
                ids.push_back(*id);
                pictures.push_back(pictureOf(*project));
            }
            project.reset();
            project = opened(folder); // another day
            const auto steps = project->steps(1 << 20);
            QVERIFY(steps.ok());
            std::vector<std::int64_t> kept;
            for (const EditStep& step : *steps) {
                if (!step.isUndone) {
                    kept.push_back(step.id);
                }
            }
            QCOMPARE(kept, ids);
            for (std::size_t i = ids.size(); i-- > 0;) {
                QVERIFY(project->setStepUndone(ids[i], true).ok());
                QCOMPARE(pictureOf(*project) == pictures[i], true);
            }
            for (std::size_t i = 0; i < ids.size(); ++i) {
                QVERIFY(project->setStepUndone(ids[i], false).ok());
                QCOMPARE(pictureOf(*project) == pictures[i + 1], true);
            }
        }
    }

    void aNewStepForgetsTheUndoneOnes()
    {
        const auto project = opened(m_dir->path());
        EditStep step;
        step.path = kPath;
        step.excluded = {1};
        const auto first = project->recordStep(step);
        step.excluded = {2};
        const auto second = project->recordStep(step);
        QVERIFY(project->setStepUndone(*second, true).ok());
        QCOMPARE(project->steps(1 << 20)->size(), std::size_t{2});
        QVERIFY(project->steps(1 << 20)->back().isUndone);
        step.excluded = {3};
        QVERIFY(project->recordStep(step).ok());
        QCOMPARE(project->steps(1 << 20)->size(), std::size_t{2});
        QVERIFY(!project->setStepUndone(*second, false).ok()); // no longer kept, and says so
        QCOMPARE(*project->exclusions(kPath), (data::Exclusions{1, 3}));
        QCOMPARE(project->steps(10)->size(), std::size_t{0}); // nothing fits
        QVERIFY(first.ok());
    }

    void acknowledgedStepsOutliveAKill()
    {
        std::int64_t total = 0;
        for (int round = 0; round < 8; ++round) {
            const QString folder = m_dir->filePath(QString::number(round));
            QProcess writer;
            writer.start(QCoreApplication::applicationFilePath(), {QStringLiteral("--record-steps"), folder});
            QByteArray said;
            while (said.count('\n') < 4 + 9 * round) {
                QVERIFY2(writer.waitForReadyRead(kAwaitMs), writer.readAllStandardError().constData());
                said += writer.readAllStandardOutput();
            }
            writer.kill();
            QVERIFY(writer.waitForFinished(kAwaitMs));
            said += writer.readAllStandardOutput();
            const auto acknowledged = said.left(said.lastIndexOf('\n')).split('\n').size();
            const auto project = opened(folder);
            QVERIFY(project);
            const auto steps = project->steps(1 << 26);
            const Picture now = pictureOf(*project);
            QVERIFY(steps.ok() && static_cast<qsizetype>(steps->size()) >= acknowledged);
            for (std::int64_t row = 0; row < static_cast<std::int64_t>(steps->size()); ++row) {
                QVERIFY(now.edits.contains(row) && now.excluded.contains(row) && now.tags.contains(row));
            }
            QCOMPARE(now.edits.size(), steps->size()); // all of a step or nothing
            total += acknowledged;
        }
        qInfo("8 kills, %lld acknowledged steps, all there", static_cast<long long>(total));
    }

    void versionsKeepWhatWas()
    {
        const auto project = opened(m_dir->path());
        QVERIFY(project->saveEdit(kPath, 2, rowWith(2)).ok());
        QVERIFY(project->setExcluded(kPath, {4, 5}, true).ok());
        const auto first = project->addVersion(kPath, "before cleaning");
        QVERIFY(first.ok());
        QCOMPARE(first->numEdits, 1);
        QCOMPARE(first->numExcluded, 2);
        QVERIFY(!first->created.empty());
        QVERIFY(project->saveEdit(kPath, 2, rowWith(9)).ok());
        QVERIFY(project->setExcluded(kPath, {4}, false).ok());
        QVERIFY(project->addVersion(kPath, "after").ok());
        QCOMPARE(project->versions(kPath)->size(), std::size_t{2});
        QVERIFY(project->versions(kOther)->empty());
        const auto was = project->version(first->id);
        QVERIFY(was.ok());
        QCOMPARE(was->edits.at(2), rowWith(2));
        QCOMPARE(was->excluded, (data::Exclusions{4, 5}));
        QVERIFY(project->removeVersion(first->id).ok());
        QVERIFY(!project->version(first->id).ok());
    }

    void anOlderProjectGainsTheTables()
    {
        QVERIFY(opened(m_dir->path())->saveEdit(kPath, 1, rowWith(1)).ok());
        {
            auto database = store::Database::open((m_dir->path() + QStringLiteral("/luthier.db")).toStdString(),
                                                  store::Database::Mode::ReadWrite);
            QVERIFY(database.ok());
            // Version 2 knew nothing of steps, tags and versions, nor of what came later.
            std::vector<std::string> tables;
            QVERIFY(database->each("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
                                   [&](const store::Statement& row) -> Result<void> {
                                       tables.push_back(row.text(0));
                                       return {};
                                   }).ok());
            for (const std::string& table : tables) {
                const std::vector<std::string> old{"runs", "steps", "events", "sources", "edits", "project_values", "exclusions"};
                if (std::find(old.begin(), old.end(), table) == old.end()) {
                    QVERIFY(database->execute(("DROP TABLE " + table).c_str()).ok());
                }
            }
            // And its rows of runs had columns for the losses that are measures today.
            const auto older = database->execute("DROP TRIGGER row_losses_of_runs; ALTER TABLE runs DROP COLUMN notes; ALTER TABLE runs DROP COLUMN tags; "
                                                 "ALTER TABLE runs ADD COLUMN last_loss; "
                                                 "ALTER TABLE runs ADD COLUMN first_held_out; ALTER TABLE runs ADD COLUMN last_held_out; "
                                                 "PRAGMA user_version = 2");
            QVERIFY2(older.ok(), older.ok() ? "" : older.error().message.c_str());
        }
        const auto project = opened(m_dir->path());
        QVERIFY(project);
        QCOMPARE(project->edits(kPath)->size(), std::size_t{1});
        EditStep step;
        step.path = kPath;
        step.tags = {{"new", {1}, true}};
        QVERIFY(project->recordStep(step).ok());
        QCOMPARE(project->tags(kPath)->size(), std::size_t{1});
    }

private:
    std::unique_ptr<QTemporaryDir> m_dir;
};

int main(int argc, char** argv)
{
    if (argc == 3 && std::string(argv[1]) == "--record-steps") {
        return recordSteps(argv[2]);
    }
    QCoreApplication app(argc, argv);
    TestEditSteps test;
    return QTest::qExec(&test, argc, argv);
}
#include "tst_edit_steps.moc"
