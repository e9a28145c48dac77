// SPDX-License-Identifier: GPL-3.0-or-later
// Killed in the middle of editing: what the window called saved is there afterwards, and a step is there as a whole.
#include "core/base/files.h"
#include "core/store/project.h"
#include "ui/models/data/data_documents.h"
#include "ui/models/data/data_step.h"

#include <QProcess>
#include <QTemporaryDir>
#include <QUndoStack>
#include <QtTest>

#include <cstdio>

using namespace luthier;
using namespace luthier::ui;

namespace {

constexpr int kAwaitMs = 30'000;
constexpr int kNumRows = 400;
constexpr int kRounds = 6;

std::string fileText()
{
    std::string text;
    for (int i = 0; i < kNumRows; ++i) {
        text += R"({"instruction":"Question )" + std::to_string(i) + R"(","input":"","output":"Answer"})" "\n";
    }
    return text;
}

// The window's own way: a document, an undo stack, and edits one after the other; each is said once it shows as saved.
int editUntilKilled(int& argc, char** argv)
{
    QCoreApplication app(argc, argv);
    auto project = store::Project::open(argv[2]);
    auto opened = project ? DataDocuments::open(project->get(), QString::fromUtf8(argv[3]), QStringLiteral("auto"), {})
                          : Result<DataDocument::Opened>(project.error());
    if (!opened) {
        std::fprintf(stderr, "%s\n", opened.message().c_str());
        return 1;
    }
    DataDocuments documents;
    DataDocument* document = documents.add(std::make_unique<DataDocument>(*opened, *project));
    QUndoStack stack;
    std::int64_t row = 0;
    QObject::connect(document, &DataDocument::stepPrepared, &stack,
                     [&](const StepRecord& step) { stack.push(new DataStep(&documents, step)); });
    const auto next = [&] {
        store::EditStep step;
        step.rows.push_back({row, std::nullopt, Json{{"instruction", "edited"}, {"output", std::to_string(row)}}});
        step.excluded = {row};
        step.tags = {{"seen", {row}, true}};
        document->prepareStep(std::move(step), QStringLiteral("step"));
    };
    QObject::connect(document->saver(), &EditSaver::stateChanged, &stack, [&] {
        if (document->saver()->state() == EditSaver::State::Saved) {
            std::printf("%lld\n", static_cast<long long>(row++));
            std::fflush(stdout);
            QTimer::singleShot(0, &stack, next);
        }
    });
    next();
    return QCoreApplication::exec();
}

} // namespace

class TestDataKill : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void whatWasCalledSavedIsThere()
    {
        QTemporaryDir folder;
        const QString path = folder.filePath(QStringLiteral("rows.jsonl"));
        QVERIFY(base::writeFileAtomically(path.toStdString(), fileText()).ok());
        qsizetype total = 0;
        for (int round = 0; round < kRounds; ++round) {
            const QString home = folder.filePath(QStringLiteral("project%1").arg(round));
            QProcess writer;
            writer.start(QCoreApplication::applicationFilePath(), {QStringLiteral("--edit"), home, path});
            QByteArray said;
            while (said.count('\n') < 3 + 8 * round) {
                QVERIFY2(writer.waitForReadyRead(kAwaitMs), writer.readAllStandardError().constData());
                said += writer.readAllStandardOutput();
            }
            writer.kill();
            QVERIFY(writer.waitForFinished(kAwaitMs));
            said += writer.readAllStandardOutput();
            const qsizetype saved = said.left(said.lastIndexOf('\n')).split('\n').size();
            auto project = store::Project::open(home.toStdString());
            QVERIFY2(project.ok(), project.ok() ? "" : project.message().c_str());
            const auto opened = DataDocuments::open(project->get(), path, QStringLiteral("auto"), {});
            QVERIFY(opened.ok());
            const auto kept = static_cast<std::int64_t>(opened->editedRows.size());
            QVERIFY2(kept >= saved, said.constData());
            for (std::int64_t row = 0; row < kept; ++row) {
                QCOMPARE(*opened->dataset->field(row, "output"), std::to_string(row));
                QVERIFY(opened->dataset->isExcluded(row) && opened->tags.contains(row));
            }
            QCOMPARE(static_cast<std::int64_t>((*project)->steps(1 << 24)->size()), kept);
            total += saved;
        }
        qInfo("%d kills, %lld edits called saved, all there", kRounds, static_cast<long long>(total));
    }
};

int main(int argc, char** argv)
{
    if (argc == 4 && std::string(argv[1]) == "--edit") {
        return editUntilKilled(argc, argv);
    }
    QCoreApplication app(argc, argv);
    TestDataKill test;
    return QTest::qExec(&test, argc, argv);
}
#include "tst_data_kill.moc"
