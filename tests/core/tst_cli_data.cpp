// SPDX-License-Identifier: GPL-3.0-or-later
// `luthier data` as scripts see it: counts and findings, files written and read back, nothing left behind where the
// work could not be done.
#include "tests/support/json_lines.h"

#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QTemporaryDir>
#include <QtTest>

#include <algorithm>

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
    const auto said = luthier::support::jsonLinesOf(kProgram, QStringList{"data"} + arguments + QStringList{"--json"}, 60'000);
    return {said.code, said.object(), said.err};
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
    void whatIsOfferedWorks_data();
    void whatIsOfferedWorks();
    void statsCount();
    void longLinesAreShown_data();
    void longLinesAreShown();
    void dedupe();
    void replace();
    void splitIsWhole();
    void mix();
    void augment();
    void mapAndDiverse();
    void overlap();
    void lossesOfRows();
    void mappedAndPacked();
    void generatedRowsAreReviewed();
    void convertAndBack();
    void mistypedColumns_data();
    void mistypedColumns();
    void whatIsLeftBehindIsNamed();
    void untrainedIsCounted_data();
    void untrainedIsCounted();
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
    QCOMPARE(rows["bad"], QList<int>()); // it is read, and not learned
}

void TestCliData::whatIsOfferedWorks_data()
{
    QTest::addColumn<QString>("name");
    QTest::addColumn<QByteArray>("rows");
    QTest::addColumn<QString>("format");
    const auto row = [](const char* name, const char* file, const char* rows, const char* format) { QTest::newRow(name) << QString(file) << QByteArray(rows) << QString(format); };
    row("a label", "a.jsonl", "{\"text\":\"Good bread number one.\",\"mood\":\"glad\"}\n{\"text\":\"Bad bread number two.\",\"mood\":\"sad\"}\n", "classification");
    row("a label by a name with blanks", "b.csv", "text,how it is\nGood bread number one.,glad\nBad bread number two.,sad\n", "classification");
    row("a quote, a dollar and a comma", "c.csv", "text,\"Odo's $mood, today\"\nGood bread number one.,glad\nBad bread number two.,sad\n", "classification");
    row("a question, a context and an answer", "d.jsonl",
        "{\"question\":\"Where is the mill?\",\"the passage\":\"The mill stands by the brook.\",\"answer\":\"By the brook.\"}\n"
        "{\"question\":\"Where is the inn?\",\"the passage\":\"The inn stands by the pond.\",\"answer\":\"By the pond.\"}\n", "completion");
    row("options", "e.csv", "question,A,B,answer\nWhich is a tree?,the oak,the pike,the oak\nWhich is a fish?,the oak,the pike,the pike\n", "completion");
}

// The words of the offer, as they stand there, in a shell.
void TestCliData::whatIsOfferedWorks()
{
    QFETCH(QString, name);
    QFETCH(QByteArray, rows);
    QFETCH(QString, format);
    const QString path = write(name, rows);
    const auto json = data({"check", path});
    QVERIFY2(json.code == 0, json.err.constData());
    QCOMPARE(json.object["files"].toArray()[0].toObject()["offer"].toObject()["format"].toString(), format);
    const auto shell = [&path](const QString& words) {
        QProcess process;
        process.start("/bin/sh", {"-c", "\"$0\" data check \"$1\" " + words, kProgram, path});
        process.waitForFinished(60'000);
        return QString::fromUtf8(process.readAllStandardOutput());
    };
    const QString said = shell({});
    const qsizetype begin = said.indexOf("--format");
    const qsizetype end = said.indexOf(", or data.format");
    QVERIFY2(begin > 0 && end > begin, qPrintable(said));
    const QString better = shell(said.mid(begin, end - begin));
    QVERIFY2(better.contains(": " + format + ", 2 rows, 2 good") && !better.contains("--format") && !better.contains("not read, and so"), qPrintable(better));
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

void TestCliData::longLinesAreShown_data()
{
    QTest::addColumn<QString>("word");
    QTest::newRow("words") << QStringLiteral("ice and ");
    QTest::newRow("a letter") << QStringLiteral("a");
    QTest::newRow("wide letters") << QStringLiteral("\u51b0");
    QTest::newRow("marks that take no room") << QStringLiteral("\u0301");
}

// A line of 2 MB took minutes, as for each line of the table all that was left of it was measured.
void TestCliData::longLinesAreShown()
{
    QFETCH(QString, word);
    const QByteArray one = word.toUtf8();
    const QByteArray answer = one.repeated(2'000'000 / one.size()) + " Odo.";
    const QString path = write("long.jsonl", "{\"prompt\":\"Who?\",\"completion\":\"" + answer + "\"}\n");
    QProcess process;
    process.start(kProgram, {"data", "show", path});
    QVERIFY(process.waitForFinished(20'000)); // it takes a fifth of a second
    QCOMPARE(process.exitCode(), 0);
    QVERIFY(process.readAllStandardOutput().contains("Odo."));
}

void TestCliData::replace()
{
    const QString path = write("words.jsonl", R"({"instruction":"Say colour","input":"","output":"colour 12"})" "\n"
                                              R"({"instruction":"Say it","input":"","output":"Colour 7"})" "\n");
    const auto looked = data({"replace", path, "--find", "colour", "--with", "color", "--field", "output"});
    QCOMPARE(looked.code, 0);
    QCOMPARE(looked.object["changed"].toInt(), 2);
    QCOMPARE(looked.object["changes"].toArray().first()["after"].toObject()["instruction"].toString(), QStringLiteral("Say colour"));
    const auto done = data({"replace", path, "--regex", "--case", "--find", "^colour (\\d+)$", "--with", "<$1>", "--out", at("out.jsonl")});
    QCOMPARE(done.object["changed"].toInt(), 1);
    QCOMPARE(done.object["written"].toInt(), 2);
    QVERIFY(data({"show", at("out.jsonl")}).object["data"].toObject()["output"].toString() == QStringLiteral("<12>"));
    QCOMPARE(data({"replace", path, "--regex", "--find", "("}).code, 1);
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
    // The bundled general texts are plain ones; beside questions and answers they are to be continued, and all can be learned.
    const auto general = data({"mix", kInstructions, "--general", "bundled", "--out", at("general.jsonl")});
    QVERIFY2(general.code == 0, general.err.constData());
    const auto all = data({"check", at("general.jsonl")}).object;
    QCOMPARE(all["good"].toInt(), 1107 + 123);
    QCOMPARE(all["bad"].toInt(), 0);
    QCOMPARE(std::ranges::count_if(linesOf(at("general.jsonl")), [](const QByteArray& line) { return line.contains("Continue this text:"); }), 123);
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
    // In another shape and out of another kind of file they keep their mark, too.
    data({"split", at("more.jsonl"), "--to", "chat", "--out", at("c.jsonl")});
    QVERIFY(!linesOf(at("c.held_out.jsonl")).join().contains("synthetic"));
    QCOMPARE(linesOf(at("c.train.jsonl")).join().count("\"synthetic\":true"), 996);
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
    QCOMPARE(some.object["bad"].toInt(), 35);
    // What is of the shape and cannot be read is no good row either; without a shape it is kept, and said.
    const QString path = write("parts.jsonl", "{\"messages\":[{\"role\":\"user\",\"content\":\"Who?\"},{\"role\":\"assistant\",\"content\":[{\"type\":\"tool_use\",\"id\":\"1\"}]}]}\n"
                                              "{\"messages\":[{\"role\":\"user\",\"content\":\"Who?\"},{\"role\":\"assistant\",\"content\":\"Odo.\"}]}\n");
    const auto shaped = data({"convert", path, "--to", "chat", "--out", at("shaped.jsonl")});
    QVERIFY2(shaped.code == 0 && shaped.object["good"].toInt() == 1 && shaped.object["bad"].toInt() == 1, shaped.err.constData());
    QVERIFY(linesOf(at("shaped.jsonl")).size() == 1 && shaped.err.contains("tool_use"));
    const auto kept = data({"convert", path, "--out", at("kept.jsonl")});
    QVERIFY2(kept.code == 0 && kept.object["good"].toInt() == 1 && kept.object["bad"].toInt() == 1 && kept.object["rows"].toInt() == 2, kept.err.constData());
    QVERIFY2(linesOf(at("kept.jsonl")).size() == 2 && kept.err.contains("1 row gives no example and is written as it stands"), kept.err.constData());
    // Beside a row that is no JSON each kind is told with its own first.
    const QString several = write("several.jsonl", "{\"prompt\":\"Who?\",\"completion\":\"Odo.\"}\n{\"prompt\": Who?}\n{\"prompt\":\"Who?\",\"completion\":\"Tam.\",\"tools\":3}\n");
    const auto both = data({"convert", several, "--out", at("both.jsonl")});
    QVERIFY2(both.code == 0 && both.object["good"].toInt() == 1 && both.object["bad"].toInt() == 2, both.err.constData());
    const auto firstOf = [&both](const QByteArray& kind) { return both.err.mid(both.err.indexOf(kind)).split('\n').first(); };
    QVERIFY2(firstOf("rows were left out").contains("not valid JSON") && firstOf("row gives no example").contains("tools"), both.err.constData());
}

void TestCliData::mistypedColumns_data()
{
    QTest::addColumn<QByteArray>("rows");
    QTest::addColumn<QString>("map");
    QTest::addColumn<QByteArray>("said"); // empty: it is read
    const QByteArray german = "Frage;Antwort;Bemerkung\nWo?;Am Bach.;gut\nWer?;Odo.;gut\n";
    QTest::newRow("an answer's") << german << "prompt=Frage,completion=Antwrt" << QByteArray("\"Antwrt\", which completion is read from; did you mean \"Antwort\"? There are Frage, Antwort, Bemerkung");
    QTest::newRow("a question's") << german << "prompt=Frge,completion=Antwort" << QByteArray("did you mean \"Frage\"?");
    QTest::newRow("both") << german << "prompt=Frge,completion=Antwrt" << QByteArray("did you mean \"Frage\"?");
    QTest::newRow("one beside") << german << "prompt=Frage,completion=Antwort,system=Bemerkng" << QByteArray("did you mean \"Bemerkung\"?");
    QTest::newRow("none") << german << "prompt=Frage,completion=Antwort" << QByteArray();
    QTest::newRow("one of several") << german << "prompt=Frage,input=Bemerkung+Notiz,completion=Antwort" << QByteArray();
}

void TestCliData::mistypedColumns()
{
    QFETCH(QByteArray, rows);
    QFETCH(QString, map);
    QFETCH(QByteArray, said);
    const QString path = write("rows.csv", rows);
    for (const QStringList& verb : {QStringList{"check", path}, {"stats", path}, {"convert", path, "--to", "chat", "--out", at("out.jsonl")}}) {
        const auto outcome = data(verb + QStringList{"--map", map});
        QVERIFY2((outcome.code == 0) == said.isEmpty() && outcome.err.contains(said), outcome.err.constData());
    }
    const QStringList mapped{"--model", kModel, "--data", path, "--map", map};
    const auto render = luthier::support::jsonLinesOf(kProgram, QStringList{"render"} + mapped, 60'000);
    QVERIFY2((render.code == 0) == said.isEmpty() && render.err.contains(said), render.err.constData());
    if (!said.isEmpty()) { // without its answers there would be nothing to hold the model's against
        const auto eval = luthier::support::jsonLinesOf(kProgram, QStringList{"eval", "--metrics", "exact_match"} + mapped, 60'000);
        QVERIFY2(eval.code > 0 && eval.err.contains(said), eval.err.constData());
    }
    // Of several files another may have it.
    const QString other = write("other.jsonl", "{\"prompt\":\"Why?\",\"completion\":\"So.\"}\n");
    const auto both = data({"check", other, path, "--map", map});
    QVERIFY2(both.err.contains(said), both.err.constData());
}

void TestCliData::whatIsLeftBehindIsNamed()
{
    const QString path = write("rows.jsonl", "{\"id\":1,\"text\":\"News of the village.\",\"label\":0,\"input\":\"Which kind? News of the village.\",\"output\":\"Market\"}\n"
                                             "{\"id\":2,\"text\":\"News of the mill.\",\"label\":1,\"input\":\"Which kind? News of the mill.\",\"output\":\"Weather\"}\n"
                                             "{\"id\":3,\"text\":\"\",\"label\":2,\"input\":\"Which kind?\",\"output\":\"School\"}\n");
    const auto leftOf = [](const Outcome& outcome) {
        QMap<QString, int> left;
        for (const auto& one : outcome.object["left_behind"].toArray()) {
            left[one.toObject()["column"].toString()] = one.toObject()["rows"].toInt();
        }
        return left;
    };
    const QMap<QString, int> all{{"id", 3}, {"label", 3}, {"text", 2}};
    const auto converted = data({"convert", path, "--to", "chat", "--out", at("chat.jsonl")});
    QVERIFY2(converted.code == 0, converted.err.constData());
    QCOMPARE(leftOf(converted), all);
    QVERIFY2(converted.err.contains("the shape chat has no place for it: ") && converted.err.contains("\"text\" (2 rows)"), converted.err.constData());
    const auto divided = data({"split", path, "--to", "chat", "--share", "0.4", "--out", at("parts.jsonl")});
    QVERIFY2(divided.code == 0, divided.err.constData());
    QCOMPARE(leftOf(divided), all);
    const auto mixed = data({"mix", path, "--to", "chat", "--out", at("mixed.jsonl")});
    QVERIFY2(mixed.code == 0, mixed.err.constData());
    QCOMPARE(leftOf(mixed), all);
    const auto drawn = data({"mix", path, "--to", "chat", "--rows", "1", "--out", at("drawn.jsonl")}); // of what is written
    QVERIFY2(drawn.code == 0 && leftOf(drawn)["id"] == 1 && leftOf(drawn)["label"] == 1, drawn.err.constData());
    // Rows that stay as they are lose nothing, and neither does what the shape can say.
    const auto kept = data({"convert", path, "--out", at("kept.jsonl")});
    QVERIFY2(kept.code == 0 && leftOf(kept).isEmpty() && !kept.err.contains("no place"), kept.err.constData());
    const QString calls = write("calls.jsonl", "{\"messages\":[{\"role\":\"user\",\"content\":\"Why?\",\"name\":\"Odo\"},{\"role\":\"assistant\",\"content\":\"So.\",\"train\":false},"
                                               "{\"role\":\"user\",\"content\":\"And?\"},{\"role\":\"assistant\",\"content\":\"Yes.\"}]}\n");
    const auto shaped = data({"convert", calls, "--to", "completion", "--out", at("pairs.jsonl")});
    QVERIFY2(shaped.code == 0 && leftOf(shaped).isEmpty(), shaped.err.constData());
}

void TestCliData::untrainedIsCounted_data()
{
    QTest::addColumn<QByteArray>("rows");
    QTest::addColumn<int>("judgedBad");
    QTest::addColumn<int>("turns");
    QTest::newRow("judged") << QByteArray("{\"prompt\":\"Who?\",\"completion\":\"Odo.\",\"label\":true}\n{\"prompt\":\"Who?\",\"completion\":\"Nobody.\",\"label\":false}\n") << 1 << 0;
    QTest::newRow("thumbs") << QByteArray("{\"prompt\":\"Who?\",\"response\":\"Odo.\",\"feedback\":-1}\n{\"prompt\":\"Who?\",\"response\":\"Nobody.\",\"feedback\":-1}\n") << 2 << 0;
    const QByteArray turns = "{\"messages\":[{\"role\":\"user\",\"content\":\"Who?\"},{\"role\":\"assistant\",\"content\":\"Odo.\",MARK},"
                             "{\"role\":\"user\",\"content\":\"Sure?\"},{\"role\":\"assistant\",\"content\":\"Yes.\"}]}\n";
    QTest::newRow("a weight") << QByteArray(turns).replace("MARK", "\"weight\":0") << 0 << 1;
    QTest::newRow("a mark") << QByteArray(turns).replace("MARK", "\"train\":false") << 0 << 1;
    QTest::newRow("neither") << QByteArray(turns).replace("MARK", "\"weight\":1") << 0 << 0;
}

void TestCliData::untrainedIsCounted()
{
    QFETCH(QByteArray, rows);
    QFETCH(int, judgedBad);
    QFETCH(int, turns);
    const QString path = write("rows.jsonl", rows);
    for (const QStringList& with : {QStringList(), QStringList{"--model", kModel}}) {
        const auto outcome = data(QStringList{"check", path} + with);
        QVERIFY2(outcome.code == 0, outcome.err.constData());
        QCOMPARE(outcome.object["judged_bad"].toInt(-1), judgedBad);
        QCOMPARE(outcome.object["untrained_turns"].toInt(-1), turns);
    }
    for (const QStringList& words : {QStringList{"data", "check", path}, {"render", "--model", kModel, "--data", path}}) {
        QProcess process;
        process.start(kProgram, words);
        QVERIFY(process.waitForFinished(60'000));
        const QByteArray said = process.readAllStandardOutput() + process.readAllStandardError();
        QVERIFY2(said.contains(QByteArray::number(judgedBad) + (judgedBad == 1 ? " row judged bad" : " rows judged bad")) == (judgedBad > 0), said.constData());
        QVERIFY2(said.contains("1 turn not trained") == (turns > 0), said.constData());
    }
    // Where every token is a target, a turn's mark counts for nothing.
    const auto all = luthier::support::jsonLinesOf(kProgram, {"render", "--model", kModel, "--data", path, "--train-all"}, 60'000);
    QVERIFY2(all.code == 0 && !all.err.contains("turn not trained") && all.err.contains("judged bad") == (judgedBad > 0), all.err.constData());
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

void TestCliData::mapAndDiverse()
{
    const auto map = data({"map", kInstructions});
    QCOMPARE(map.code, 0);
    const auto points = map.object["points"].toArray();
    QCOMPARE(points.size(), 1107);
    QCOMPARE(points[5].toArray()[0].toInt(), 6);
    QCOMPARE(map.object["edges"].toObject()["rarest"].toArray().size(), 20);
    const QString out = m_folder->filePath("few.jsonl");
    const auto few = data({"diverse", kInstructions, "--keep", "30", "--to", "chat", "--out", out});
    QCOMPARE(few.code, 0);
    QCOMPARE(few.object["kept"].toArray().size(), 30);
    QCOMPARE(linesOf(out).size(), 30);
    QVERIFY(linesOf(out)[0].startsWith("{\"messages\""));
    QCOMPARE(data({"diverse", kInstructions, kInstructions}).code, 1);
    QCOMPARE(data({"map", kInstructions, "--features", "model"}).code, 1); // of which model?
    if (QFile::exists(kModel + "/model.safetensors")) {
        const auto byModel = data({"map", kInstructions, "--features", "model", "--model", kModel});
        QCOMPARE(byModel.code, 0);
        QCOMPARE(byModel.object["points"].toArray().size(), 1107);
        QVERIFY(byModel.object["points"] != map.object["points"]);
    }
}

void TestCliData::overlap()
{
    QFile train(m_folder->filePath("train.jsonl"));
    QVERIFY(train.open(QIODevice::WriteOnly));
    const auto rows = linesOf(kInstructions);
    train.write(rows.mid(0, 50).join('\n') + '\n');
    train.close();
    QFile held(m_folder->filePath("held.jsonl"));
    QVERIFY(held.open(QIODevice::WriteOnly));
    held.write(rows.mid(45, 20).join('\n') + '\n');
    held.close();
    const QString out = m_folder->filePath("clean.jsonl");
    const auto found = data({"overlap", train.fileName(), held.fileName(), "--out", out});
    QCOMPARE(found.code, 0);
    QCOMPARE(found.object["overlap"].toArray().size(), 5);
    QCOMPARE(found.object["overlap"].toArray()[0].toObject()["row"].toInt(), 46);
    QCOMPARE(linesOf(out).size(), 45);
    QCOMPARE(data({"overlap", train.fileName()}).code, 2);
}

// What a run measures of its rows is what measuring afterwards gives.
void TestCliData::lossesOfRows()
{
    QFile rows(m_folder->filePath("rows.jsonl"));
    QVERIFY(rows.open(QIODevice::WriteOnly));
    rows.write(linesOf(kInstructions).mid(0, 24).join('\n') + '\n');
    rows.close();
    QFile recipe(m_folder->filePath("recipe.json"));
    QVERIFY(recipe.open(QIODevice::WriteOnly));
    recipe.write(QJsonDocument(QJsonObject{{"model", QJsonObject{{"path", kModel}}},
                                           {"data", QJsonObject{{"train", QJsonArray{rows.fileName()}}, {"held_out_share", 0}}},
                                           {"optimizer", QJsonObject{{"learning_rate", 0.01}}},
                                           {"run", QJsonObject{{"row_losses", true}, {"max_steps", 4}, {"gradient_accumulation", 1}}}})
                     .toJson());
    recipe.close();
    const QString run = m_folder->filePath("run");
    QProcess tune;
    tune.start(kProgram, {"tune", recipe.fileName(), "--out", run, "--quiet"});
    QVERIFY(tune.waitForFinished(60'000) && tune.exitCode() == 0);
    const auto linesFrom = [](const QStringList& arguments) {
        QProcess process;
        process.start(kProgram, QStringList{"data", "loss"} + arguments + QStringList{"--json", "--sort", "row", "--first", "0"});
        process.waitForFinished(60'000);
        return process.readAllStandardOutput().trimmed().split('\n');
    };
    const auto measured = linesFrom({rows.fileName(), "--run", run});
    const auto again = linesFrom({rows.fileName(), "--model", kModel, "--adapter", run + "/adapter"});
    QCOMPARE(measured.size(), 24);
    QCOMPARE(again.size(), 24);
    for (int i = 0; i < 24; ++i) {
        const auto one = QJsonDocument::fromJson(measured[i]).object();
        const auto other = QJsonDocument::fromJson(again[i]).object();
        QCOMPARE(one["row"].toInt(), i + 1);
        QCOMPARE(one["tokens"].toInt(), other["tokens"].toInt());
        for (const char* when : {"before", "after"}) {
            QVERIFY2(qAbs(one[when].toDouble() - other[when].toDouble()) < 1e-3, (measured[i] + " and " + again[i]).constData());
        }
        QVERIFY(one["after"].toDouble() != one["before"].toDouble());
    }
    const auto batch = data({"batch", run, "--step", "4"});
    QCOMPARE(batch.code, 0);
    QCOMPARE(batch.object["rows"].toArray().size(), 4);
    QCOMPARE(data({"batch", run, "--step", "5"}).code, 1);
    QCOMPARE(data({"loss", rows.fileName()}).code, 2);
}

// A table with names of its own becomes a chat file, goes into columns and comes back.
void TestCliData::mappedAndPacked()
{
    QFile rows(m_folder->filePath("rows.csv"));
    QVERIFY(rows.open(QIODevice::WriteOnly));
    rows.write("Frage;Loesung\nWas?;Das.\nWer?;Der.\n");
    rows.close();
    const QString out = m_folder->filePath("rows.jsonl");
    const auto failed = data({"convert", rows.fileName(), "--out", out});
    QCOMPARE(failed.code, 1);
    QVERIFY2(failed.err.contains("prompt=Frage,completion=Loesung"), failed.err.constData());
    QCOMPARE(data({"convert", rows.fileName(), "--map", "prompt=Frage,completion=Loesung", "--to", "chat", "--out", out}).code, 0);
    QVERIFY(linesOf(out)[1].contains("\"content\":\"Der.\""));
    const QString parquet = m_folder->filePath("rows.parquet");
    const auto written = data({"convert", out, "--out", parquet});
    if (written.code == 0) { // where this build has Apache Arrow
        const QString back = m_folder->filePath("back.jsonl");
        QCOMPARE(data({"convert", parquet, "--out", back}).code, 0);
        QCOMPARE(linesOf(back), linesOf(out));
    } else {
        QVERIFY2(written.err.contains("Arrow"), written.err.constData());
    }
}

// What is made waits, and only what a person took is written.
void TestCliData::generatedRowsAreReviewed()
{
    const QString review = m_folder->filePath("review.jsonl");
    const QString out = m_folder->filePath("accepted.jsonl");
    const auto made = data({"generate", kInstructions, "--model", kModel, "--way", "answer", "--first", "6", "--max-new", "200", "--temperature",
                            "1", "--out", review});
    QCOMPARE(made.code, 0);
    const int rows = made.object["made"].toInt();
    QCOMPARE(rows + made.object["refused"].toInt(), 6);
    QFile file(review);
    QVERIFY(file.open(QIODevice::WriteOnly | QIODevice::Append));
    file.write("{\"review\":\"pending\",\"row\":{\"text\":\"x\"}}\n{\"review\":\"accepted\",\"row\":{\"text\":\"y\"}}\n");
    file.close();
    const auto few = data({"accept", review, "--out", out});
    QCOMPARE(few.code, 0);
    QCOMPARE(few.object["accepted"].toInt(), 1);
    QCOMPARE(linesOf(out), QList<QByteArray>{"{\"text\":\"y\",\"synthetic\":true}"});
    QCOMPARE(data({"accept", review, "--all", "--out", out}).object["accepted"].toInt(), rows + 2);
    QCOMPARE(data({"accept", kInstructions, "--out", out}).code, 1);
    QCOMPARE(data({"check", review}).code, 1); // no format takes it for data
}

QTEST_APPLESS_MAIN(TestCliData)
#include "tst_cli_data.moc"
