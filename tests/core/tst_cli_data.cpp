// SPDX-License-Identifier: GPL-3.0-or-later
// `luthier data` as scripts see it: counts and findings, files written and read back, nothing left behind where the
// work could not be done.
#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QTemporaryDir>
#include <QtTest>

namespace {

const QString kProgram = QStringLiteral(LUTHIER_BIN_DIR "/luthier");
const QString kDatasets = QStringLiteral(LUTHIER_SOURCE_DIR "/datasets");
const QString kModel = QStringLiteral(LUTHIER_SOURCE_DIR "/resources/models/luthier-tiny");
const QString kInstructions = kDatasets + QStringLiteral("/workshop_instructions.jsonl");

struct Outcome {
    int code = -1;
    QJsonObject object; // the first line of stdout
    QByteArray err;
};

Outcome data(const QStringList& arguments)
{
    QProcess process;
    process.start(kProgram, QStringList{"data"} + arguments + QStringList{"--json"});
    Outcome outcome;
    if (process.waitForFinished(60'000) && process.exitStatus() == QProcess::NormalExit) {
        outcome.code = process.exitCode();
    }
    outcome.object = QJsonDocument::fromJson(process.readAllStandardOutput().split('\n').first()).object();
    outcome.err = process.readAllStandardError();
    return outcome;
}

QList<QByteArray> linesOf(const QString& path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll().trimmed().split('\n') : QList<QByteArray>();
}

} // namespace

class TestCliData : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() { m_folder = std::make_unique<QTemporaryDir>(); }

    void checkFindsByTheTable();
    void statsCount();
    void dedupe();
    void splitIsWhole();
    void mix();
    void augment();
    void convertAndBack();
    void failuresLeaveNothing_data();
    void failuresLeaveNothing();

private:
    QString at(const QString& name) const { return m_folder->filePath(name); }
    QString write(const QString& name, const QByteArray& text) const
    {
        QFile file(at(name));
        return file.open(QIODevice::WriteOnly) && file.write(text) == text.size() ? file.fileName() : QString();
    }

    std::unique_ptr<QTemporaryDir> m_folder;
};

void TestCliData::checkFindsByTheTable()
{
    const QString path = write("rows.jsonl", "{\"instruction\":\"Which wood?\",\"output\":\"Oak, said wren@village.example to me.\"}\n"
                                             "{\"instruction\":\"Which wood?\",\"output\":\"Ash, as always.\"}\n"
                                             "{\"instruction\":\"Which glue?\",\"output\":\"\"}\n"
                                             "{\"instruction\":\"Which saw?\",\"output\":\"The rip saw.\"}\n");
    const auto outcome = data({"check", path});
    QVERIFY2(outcome.code == 0, outcome.err.constData());
    const auto checks = outcome.object["checks"].toObject();
    QCOMPARE(checks["email"].toInt(), 1);
    QCOMPARE(checks["conflicting_answers"].toInt(), 2);
    QCOMPARE(checks["empty_answer"].toInt(), 1);
    QCOMPARE(checks["refusal"].toInt(), 0);
    QMap<QString, QList<int>> rows;
    for (const auto& finding : outcome.object["findings"].toArray()) {
        rows[finding.toObject()["kind"].toString()] += finding.toObject()["row"].toInt();
    }
    QCOMPARE(rows["conflicting_answers"], (QList<int>{1, 2}));
    QCOMPARE(rows["empty_answer"], QList<int>{3});
    QCOMPARE(rows["bad"], QList<int>{3});
}

void TestCliData::statsCount()
{
    const auto outcome = data({"stats", kInstructions, "--model", kModel});
    QVERIFY2(outcome.code == 0, outcome.err.constData());
    QCOMPARE(outcome.object["rows"].toInt(), 1107);
    const auto file = outcome.object["files"].toArray()[0].toObject();
    const auto total = file["lengths"].toObject()["total"].toObject();
    int counted = 0;
    for (const auto& bin : total["histogram"].toObject()["counts"].toArray()) {
        counted += bin.toInt();
    }
    QCOMPARE(counted, 1107);
    QVERIFY(total["shortest"].toInt() <= total["median"].toInt() && total["median"].toInt() <= total["longest"].toInt());
    QCOMPARE(file["openings"].toObject()["answer"].toArray()[0].toObject()["text"].toString().left(8), QStringLiteral("in short"));
    QVERIFY(outcome.object["trained_tokens"].toInt() > 0 && outcome.object["trained_tokens"].toInt() < outcome.object["tokens"].toInt());
}

void TestCliData::dedupe()
{
    const auto lines = linesOf(kInstructions);
    const QString path = write("twice.jsonl", lines.mid(0, 50).join('\n') + "\n" + lines.mid(10, 5).join('\n') + "\n");
    const auto outcome = data({"dedupe", path, "--out", at("clean.jsonl"), "--near"});
    QVERIFY2(outcome.code == 0, outcome.err.constData());
    QCOMPARE(outcome.object["duplicates"].toInt(), 5);
    QCOMPARE(linesOf(at("clean.jsonl")).size(), 50 - outcome.object["near_duplicates"].toInt());
    const auto again = data({"dedupe", at("clean.jsonl"), "--near"});
    QCOMPARE(again.object["duplicates"].toInt(), 0);
    QCOMPARE(again.object["near_duplicates"].toInt(), 0);
    const auto overlap = data({"dedupe", write("first.jsonl", lines.mid(0, 3).join('\n') + "\n"), "--against", kInstructions});
    QCOMPARE(overlap.object["overlap"].toArray().size(), 3);
    QCOMPARE(overlap.object["overlap"].toArray()[2].toObject()["held_out"].toInt(), 3);
}

void TestCliData::splitIsWhole()
{
    const auto outcome = data({"split", kInstructions, "--out", at("set.jsonl")});
    QVERIFY2(outcome.code == 0, outcome.err.constData());
    auto both = linesOf(at("set.train.jsonl")) + linesOf(at("set.held_out.jsonl"));
    QCOMPARE(linesOf(at("set.held_out.jsonl")).size(), 111);
    QCOMPARE(both.size(), 1107);
    QVERIFY(data({"dedupe", at("set.train.jsonl"), "--against", at("set.held_out.jsonl")}).object["overlap"].toArray().isEmpty());
    const auto before = linesOf(at("set.held_out.jsonl"));
    data({"split", kInstructions, "--out", at("again.jsonl"), "--threads", "1"});
    QCOMPARE(linesOf(at("again.held_out.jsonl")), before);
    data({"split", kInstructions, "--out", at("other.jsonl"), "--seed", "7"});
    QVERIFY(linesOf(at("other.held_out.jsonl")) != before);
}

void TestCliData::mix()
{
    const auto outcome = data({"mix", kInstructions, "--general", kDatasets + "/village_chat.jsonl", "--share", "0.2", "--to", "chat",
                               "--out", at("mix.jsonl")});
    QVERIFY2(outcome.code == 0, outcome.err.constData());
    const auto sources = outcome.object["sources"].toArray();
    QCOMPARE(sources[0].toObject()["rows"].toInt(), 1107);
    QCOMPARE(sources[1].toObject()["rows"].toInt(), 277);
    QCOMPARE(data({"check", at("mix.jsonl")}).object["good"].toInt(), 1384);
    const auto weighed = data({"mix", kInstructions, kDatasets + "/village_chat.jsonl", "--weight", "1", "3", "--rows", "400", "--to",
                               "chat", "--out", at("weighed.jsonl")});
    QCOMPARE(weighed.object["sources"].toArray()[0].toObject()["rows"].toInt(), 100);
    QCOMPARE(data({"mix", kInstructions, "--weight", "1", "2", "--out", at("no.jsonl")}).code, 1);
}

void TestCliData::augment()
{
    const auto outcome = data({"augment", kInstructions, "--way", "paraphrase", "--held-out-share", "0.1", "--out", at("more.jsonl")});
    QVERIFY2(outcome.code == 0, outcome.err.constData());
    QCOMPARE(outcome.object["kept"].toInt(), 1107);
    QCOMPARE(outcome.object["synthetic"].toInt(), 996); // none of the rows that training will hold out
    // The larger set holds out the same rows as the smaller one did.
    data({"split", kInstructions, "--out", at("a.jsonl")});
    data({"split", at("more.jsonl"), "--out", at("b.jsonl")});
    QCOMPARE(linesOf(at("b.held_out.jsonl")), linesOf(at("a.held_out.jsonl")));
}

void TestCliData::convertAndBack()
{
    QVERIFY(data({"convert", kInstructions, "--to", "chat", "--out", at("chat.jsonl")}).code == 0);
    QVERIFY(data({"convert", at("chat.jsonl"), "--to", "instruction", "--out", at("table.csv")}).code == 0);
    const auto back = data({"convert", at("table.csv"), "--to", "instruction", "--out", at("back.jsonl")});
    QCOMPARE(back.object["good"].toInt(), 1107);
    const auto overlap = data({"dedupe", at("back.jsonl"), "--against", kInstructions}).object["overlap"].toArray();
    QCOMPARE(overlap.size(), 1107); // every row is there, said the same
    const auto some = data({"convert", kDatasets + "/broken_rows.jsonl", "--to", "chat", "--out", at("good.jsonl")});
    QCOMPARE(some.code, 0);
    QCOMPARE(linesOf(at("good.jsonl")).size(), some.object["good"].toInt());
    QVERIFY(some.object["bad"].toInt() > 40);
}

void TestCliData::failuresLeaveNothing_data()
{
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<int>("code");
    QTest::newRow("no such shape for it") << QStringList{"convert", kDatasets + "/preferences.jsonl", "--to", "text"} << 1;
    QTest::newRow("no such file") << QStringList{"mix", "/nowhere/rows.jsonl"} << 1;
    QTest::newRow("unknown shape") << QStringList{"convert", kInstructions, "--to", "poem"} << 2;
    QTest::newRow("unknown way") << QStringList{"augment", kInstructions, "--way", "magic"} << 2;
    QTest::newRow("share too large") << QStringList{"split", kInstructions, "--share", "1.5"} << 2;
}

void TestCliData::failuresLeaveNothing()
{
    QFETCH(QStringList, arguments);
    QFETCH(int, code);
    const auto outcome = data(arguments + QStringList{"--out", at("out.jsonl")});
    QCOMPARE(outcome.code, code);
    QVERIFY(outcome.err.startsWith("luthier: "));
    QVERIFY(QDir(m_folder->path()).isEmpty());
}

QTEST_APPLESS_MAIN(TestCliData)
#include "tst_cli_data.moc"
