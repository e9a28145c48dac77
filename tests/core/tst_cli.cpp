// SPDX-License-Identifier: GPL-3.0-or-later
// The command line as scripts see it: help, exit codes, JSON and nothing but JSON, what goes in comes out again,
// a run that is stopped and goes on.
#include "core/cli/command.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QTemporaryDir>
#include <QtTest>

#include <csignal>

using namespace luthier;

namespace {

const QString kProgram = QStringLiteral(LUTHIER_BIN_DIR "/luthier");
const QString kResources = QStringLiteral(LUTHIER_SOURCE_DIR "/resources");
const QString kDatasets = QStringLiteral(LUTHIER_SOURCE_DIR "/datasets");
const QString kModel = kResources + QStringLiteral("/models/luthier-tiny");
const QString kInstructions = kDatasets + QStringLiteral("/workshop_instructions.jsonl");

struct Outcome {
    int code = -1;
    QByteArray out;
    QByteArray err;
};

void prepare(QProcess& process, const QStringList& arguments)
{
    auto environment = QProcessEnvironment::systemEnvironment();
    environment.insert(QStringLiteral("LUTHIER_RESOURCES"), kResources);
    environment.insert(QStringLiteral("LUTHIER_DATASETS"), kDatasets);
    environment.remove(QStringLiteral("LUTHIER_PROJECT"));
    process.setProcessEnvironment(environment);
    process.setProgram(kProgram);
    process.setArguments(arguments);
}

Outcome finish(QProcess& process)
{
    Outcome outcome;
    if (process.waitForFinished(100'000) && process.exitStatus() == QProcess::NormalExit) {
        outcome.code = process.exitCode();
    }
    outcome.out += process.readAllStandardOutput();
    outcome.err = process.readAllStandardError();
    return outcome;
}

Outcome luthierRun(const QStringList& arguments)
{
    QProcess process;
    prepare(process, arguments);
    process.start();
    return finish(process);
}

// Every line of `out` as an object; empty when one is not.
QList<QJsonObject> objects(const QByteArray& out)
{
    QList<QJsonObject> list;
    if (!out.endsWith('\n')) {
        return {};
    }
    for (const QByteArray& line : out.chopped(1).split('\n')) {
        const auto document = QJsonDocument::fromJson(line);
        if (!document.isObject()) {
            return {};
        }
        list.append(document.object());
    }
    return list;
}

QString writeFile(const QTemporaryDir& folder, const QString& name, const QByteArray& content)
{
    QFile file(folder.filePath(name));
    return file.open(QIODevice::WriteOnly) && file.write(content) == content.size() ? file.fileName() : QString();
}

QString exampleRecipe(const QTemporaryDir& folder)
{
    return writeFile(folder, QStringLiteral("recipe.json"), luthierRun({"recipe", "--example", "lora"}).out);
}

// Random weights, so that these runs need no model file. Small enough to be over in seconds.
QStringList scratchTune(const QTemporaryDir& folder, int steps)
{
    QStringList arguments{"tune", exampleRecipe(folder), "--json", "--device", "cpu"};
    for (const QString& setting :
         {QStringLiteral("from_scratch=true"), QStringLiteral("method.kind=full"), QStringLiteral("limit=64"),
          QStringLiteral("batch_size=2"), QStringLiteral("gradient_accumulation=1"),
          QStringLiteral("max_steps=%1").arg(steps), QStringLiteral("epochs=100")}) {
        arguments << "--set" << setting;
    }
    return arguments;
}

bool hasWeights()
{
    return QFile::exists(kModel + QStringLiteral("/model.safetensors"));
}

QString answerOfRow(int row)
{
    QFile file(kInstructions);
    if (!file.open(QIODevice::ReadOnly)) {
        return {};
    }
    return QJsonDocument::fromJson(file.readAll().split('\n').at(row - 1)).object()["output"].toString();
}

} // namespace

class TestCli : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void help_data();
    void help();
    void exitCodes_data();
    void exitCodes();
    void jsonAlone_data();
    void jsonAlone();
    void globalFlagsStandAnywhere();
    void usageErrorsNameTheNearest();
    void unknownSettingNamesTheNearest();
    void tokensComeBackAsText();
    void linesAndInvalidBytes();
    void renderTrainsTheAnswer();
    void rowsThatWaitForAnAnswerRender();
    void renderReportsBadRows();
    void checkFindsBrokenRows();
    void closedOutputEndsQuietly();
    void exampleRecipeTunes();
    void interruptedRunGoesOn();
    void projectRemembersRuns();
    void modelAnswers();
};

void TestCli::help_data()
{
    QTest::addColumn<QStringList>("path");
    QTest::addColumn<QString>("summary");
    QTest::addColumn<QString>("examples");
    for (const cli::Command& command : cli::commands()) {
        QTest::newRow(command.name.c_str()) << QStringList{QString::fromStdString(command.name)}
                                            << QString::fromStdString(command.summary)
                                            << QString::fromStdString(command.examples);
    }
    QTest::newRow("data check") << QStringList{"data", "check"} << "What is wrong" << "luthier data check";
    QTest::newRow("bench step") << QStringList{"bench", "step"} << "Optimizer steps" << "luthier bench step";
}

void TestCli::help()
{
    QFETCH(QStringList, path);
    QFETCH(QString, summary);
    QFETCH(QString, examples);
    const auto outcome = luthierRun(path + QStringList{"--help"});
    QCOMPARE(outcome.code, 0);
    QVERIFY(outcome.err.isEmpty());
    const auto text = QString::fromUtf8(outcome.out);
    QVERIFY2(text.contains(summary), qPrintable(text));
    QVERIFY2(text.contains("--help") && text.contains("--json"), qPrintable(text));
    for (const auto& example : examples.split('\n')) {
        QVERIFY2(text.contains(example), qPrintable(text));
    }
}

void TestCli::exitCodes_data()
{
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<int>("code");
    QTest::newRow("version") << QStringList{"--version"} << 0;
    QTest::newRow("help") << QStringList{"--help"} << 0;
    QTest::newRow("recipe list") << QStringList{"recipe", "--list"} << 0;
    QTest::newRow("nothing") << QStringList{} << 2;
    QTest::newRow("no such command") << QStringList{"frobnicate"} << 2;
    QTest::newRow("no such flag") << QStringList{"models", "--colour"} << 2;
    QTest::newRow("flag missing") << QStringList{"tokenize", "--text", "a"} << 2;
    QTest::newRow("two inputs") << QStringList{"tokenize", "--model", kModel, "--text", "a", "--file", "b"} << 2;
    QTest::newRow("no input") << QStringList{"tokenize", "--model", kModel} << 2;
    QTest::newRow("no such device") << QStringList{"models", "--device", "abacus"} << 2;
    QTest::newRow("bad dtype") << QStringList{"models", "--dtype", "int3"} << 2;
    QTest::newRow("bad number") << QStringList{"models", "--threads", "many"} << 2;
    QTest::newRow("sampling out of range")
        << QStringList{"generate", "--model", kModel, "--prompt", "a", "--top-p", "7"} << 2;
    QTest::newRow("tune without a place") << QStringList{"tune", "recipe.json"} << 2;
    QTest::newRow("runs without a project") << QStringList{"runs", "list"} << 2;
    QTest::newRow("no such model") << QStringList{"tokenize", "--model", "/nowhere", "--text", "a"} << 1;
    QTest::newRow("no such file") << QStringList{"tokenize", "--model", kModel, "--file", "/nowhere.txt"} << 1;
    QTest::newRow("no such recipe") << QStringList{"tune", "/nowhere.json", "--out", "/tmp/nowhere"} << 1;
    QTest::newRow("no such method") << QStringList{"recipe", "--example", "magic"} << 1;
    QTest::newRow("no such run folder") << QStringList{"resume", "/nowhere"} << 1;
    QTest::newRow("no such project") << QStringList{"runs", "--project", "/nowhere"} << 1;
    QTest::newRow("no such row")
        << QStringList{"render", "--model", kModel, "--data", kInstructions, "--row", "9999999"} << 1;
}

void TestCli::exitCodes()
{
    QFETCH(QStringList, arguments);
    QFETCH(int, code);
    const auto outcome = luthierRun(arguments);
    QVERIFY2(outcome.code == code, outcome.err.constData());
    if (code != 0) {
        // One sentence on stderr, nothing on stdout.
        QVERIFY(outcome.out.isEmpty());
        QVERIFY2(outcome.err.startsWith("luthier: ") && outcome.err.count('\n') == 1, outcome.err.constData());
    }
}

void TestCli::jsonAlone_data()
{
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<QStringList>("keys"); // of the first line
    QTest::newRow("tokenize") << QStringList{"tokenize", "--model", kModel, "--text", "A lute."}
                              << QStringList{"ids", "tokens"};
    QTest::newRow("detokenize") << QStringList{"detokenize", "--model", kModel, "--ids", "1,300", "--pieces"}
                                << QStringList{"text", "pieces"};
    QTest::newRow("render") << QStringList{"render", "--model", kModel, "--data", kInstructions}
                            << QStringList{"row", "text", "ids", "trained", "truncated"};
    QTest::newRow("data show") << QStringList{"data", "show", kInstructions} << QStringList{"row", "data"};
    QTest::newRow("data check") << QStringList{"data", "check", kDatasets + "/broken_rows.jsonl"}
                                << QStringList{"rows", "good", "bad", "duplicates", "findings"};
    QTest::newRow("data stats") << QStringList{"data", "stats", kInstructions, "--model", kModel}
                                << QStringList{"rows", "good", "tokens", "trained_tokens", "files"};
    QTest::newRow("models") << QStringList{"models"} << QStringList{"name", "path", "parameters"};
    QTest::newRow("models show") << QStringList{"models", "show", kModel} << QStringList{"family", "tokenizer"};
    QTest::newRow("recipe list") << QStringList{"recipe", "--list"} << QStringList{"settings"};
    QTest::newRow("recipe example") << QStringList{"recipe", "--example", "lora"}
                                    << QStringList{"version", "model", "optimizer", "run"};
}

void TestCli::jsonAlone()
{
    QFETCH(QStringList, arguments);
    QFETCH(QStringList, keys);
    const auto outcome = luthierRun(arguments + QStringList{"--json"});
    QVERIFY2(outcome.code == 0, outcome.err.constData());
    const auto lines = objects(outcome.out);
    QVERIFY2(!lines.isEmpty(), outcome.out.left(400).constData());
    for (const auto& key : keys) {
        QVERIFY2(lines.first().contains(key), qPrintable(key));
    }
}

void TestCli::globalFlagsStandAnywhere()
{
    const QStringList command{"tokenize", "--model", kModel, "--text", "Mira sells fish."};
    const auto before = luthierRun(QStringList{"--json", "--threads", "1"} + command);
    const auto after = luthierRun(command + QStringList{"--threads", "1", "--json"});
    QCOMPARE(before.code, 0);
    QCOMPARE(before.out, after.out);
    QVERIFY(!objects(before.out).isEmpty());
}

void TestCli::usageErrorsNameTheNearest()
{
    QVERIFY(luthierRun({"tokenise"}).err.contains("did you mean \"tokenize\"?"));
    QVERIFY(luthierRun({"tokenize", "--modell", kModel}).err.contains("did you mean \"--model\"?"));
    QVERIFY(luthierRun({"data", "chek", "x"}).err.contains("did you mean \"check\"?"));
}

void TestCli::unknownSettingNamesTheNearest()
{
    const QTemporaryDir folder;
    const auto recipe = exampleRecipe(folder);
    const auto out = folder.filePath("run");
    for (const auto& [setting, expected] :
         {std::pair{"learning_rat=1", "did you mean \"learning_rate\"?"},
          {"optimizer.learning_rat=1", "did you mean \"optimizer.learning_rate\"?"},
          {"learning_rate=fast", "learning_rate"},
          {"learning_rate=-1", "above 0"},
          {"learning_rate", "key=value"}}) {
        const auto outcome = luthierRun({"tune", recipe, "--set", setting, "--out", out});
        QCOMPARE(outcome.code, 1);
        QVERIFY2(outcome.err.contains(expected), outcome.err.constData());
        QVERIFY(!QFile::exists(out));
    }
}

void TestCli::tokensComeBackAsText()
{
    const QTemporaryDir folder;
    const QStringList texts{"", " ", "Mira sells fish.", "[1,2]", "-x", "  two  spaces ", "line\nend\r\n", "tab\t",
                            QStringLiteral("Ünïcödé — 日本 😀"), "<|end|>", "<s>", "{\"a\": 1}"};
    QByteArray rows;
    for (const auto& text : texts) {
        rows += QJsonDocument(QJsonObject{{"text", text}}).toJson(QJsonDocument::Compact) + "\n";
    }
    const auto file = writeFile(folder, "texts.jsonl", rows);
    for (const QStringList& flags : {QStringList{"--no-special"}, QStringList{"--no-special", "--plain"}}) {
        const auto encoded =
            luthierRun(QStringList{"tokenize", "--model", kModel, "--file", file, "--lines", "--json"} + flags);
        QVERIFY2(encoded.code == 0, encoded.err.constData());
        QCOMPARE(objects(encoded.out).size(), texts.size());
        const auto ids = writeFile(folder, "ids.jsonl", encoded.out);
        const auto decoded = luthierRun({"detokenize", "--model", kModel, "--file", ids, "--pieces", "--json"});
        const auto lines = objects(decoded.out);
        QCOMPARE(lines.size(), texts.size());
        for (int i = 0; i < texts.size(); ++i) {
            QCOMPARE(lines[i]["text"].toString(), texts[i]);
            QString joined;
            for (const auto& piece : lines[i]["pieces"].toArray()) {
                joined += piece.toString();
            }
            QCOMPARE(joined, texts[i]);
            QCOMPARE(lines[i]["pieces"].toArray().size(),
                     objects(encoded.out)[i]["ids"].toArray().size() + 1);
        }
    }
    // The tokenizer's own beginning, and the flag that leaves it out.
    const auto with = objects(luthierRun({"tokenize", "--model", kModel, "--text", "Mira", "--json"}).out);
    const auto without =
        objects(luthierRun({"tokenize", "--model", kModel, "--text", "Mira", "--json", "--no-special"}).out);
    QCOMPARE(with[0]["ids"].toArray().size(), without[0]["ids"].toArray().size() + 1);
}

void TestCli::linesAndInvalidBytes()
{
    const QTemporaryDir folder;
    const auto file = writeFile(folder, "lines.txt", "one\n\ntw\xFFo\r\nlast");
    const auto encoded =
        luthierRun({"tokenize", "--model", kModel, "--file", file, "--lines", "--json", "--no-special"});
    QCOMPARE(encoded.code, 0);
    const auto ids = writeFile(folder, "ids.jsonl", encoded.out);
    const auto lines = objects(luthierRun({"detokenize", "--model", kModel, "--file", ids, "--json"}).out);
    QCOMPARE(lines.size(), 4);
    QCOMPARE(lines[0]["text"].toString(), "one");
    QCOMPARE(lines[1]["text"].toString(), "");
    QCOMPARE(lines[2]["text"].toString(), QString("tw") + QChar(0xFFFD) + "o");
    QCOMPARE(lines[3]["text"].toString(), "last");
}

void TestCli::renderTrainsTheAnswer()
{
    const QTemporaryDir folder;
    for (const int row : {1, 3, 7}) {
        const auto rendered = objects(
            luthierRun({"render", "--model", kModel, "--data", kInstructions, "--row", QString::number(row), "--json"})
                .out);
        QCOMPARE(rendered.size(), 1);
        QCOMPARE(rendered[0]["row"].toInt(), row);
        const auto ids = rendered[0]["ids"].toArray();
        const auto trained = rendered[0]["trained"].toArray();
        QCOMPARE(ids.size(), trained.size());
        QStringList targets;
        for (int i = 0; i < ids.size(); ++i) {
            if (trained[i].toInt() == 1) {
                targets << QString::number(ids[i].toInt());
            }
        }
        QVERIFY(targets.size() < ids.size());
        const auto text = objects(luthierRun({"detokenize", "--model", kModel, "--ids", targets.join(','), "--json"}).out);
        QCOMPARE(text[0]["text"].toString(), answerOfRow(row) + "<|end|>");
    }
    const auto prompted = objects(luthierRun({"render", "--model", kModel, "--data", kInstructions, "--row", "1",
                                              "--generation-prompt", "--json"})
                                      .out);
    QVERIFY(prompted[0]["text"].toString().endsWith("<|assistant|>\n"));
}

// Rows that wait for an answer are errors, and prompts where one is asked for; nothing of them is trained.
void TestCli::rowsThatWaitForAnAnswerRender()
{
    const QTemporaryDir folder;
    const QByteArray rows = R"({"messages":[{"role":"system","content":"Be kind."},{"role":"user","content":"Who sells fish?"}]})"
                            "\n"
                            R"({"messages":[{"role":"user","content":"Hi"},{"role":"assistant","content":"Hello."},{"role":"user","content":"Who bakes?"}]})"
                            "\n";
    const QByteArray half = R"({"instruction":"Who sells fish?","input":"in short","output":"Mira."})"
                            "\n"
                            R"({"instruction":"Who bakes?","input":"in short","output":""})"
                            "\n";
    const auto waiting = writeFile(folder, "waiting.jsonl", rows);
    QVERIFY(objects(luthierRun({"render", "--model", kModel, "--data", waiting, "--json"}).out)[0].contains("error"));
    for (const QString& file : {waiting, writeFile(folder, "prompts.jsonl", R"({"prompt":"Who sells fish?"})"), writeFile(folder, "half.jsonl", half)}) {
        const auto outcome = luthierRun({"render", "--model", kModel, "--data", file, "--generation-prompt", "--max-length", "0", "--json"});
        QCOMPARE(outcome.code, 0);
        const auto lines = objects(outcome.out);
        for (const auto& line : lines) {
            QVERIFY(line["text"].toString().endsWith("<|assistant|>\n"));
            const bool isWhole = line["text"].toString().contains("Mira."); // has its answer
            QCOMPARE(line["trained"].toArray().contains(1), isWhole);
        }
    }
}

void TestCli::renderReportsBadRows()
{
    const QTemporaryDir folder;
    const QByteArray good = R"({"instruction":"Who sells fish?","input":"","output":"Mira."})";
    const auto mixed = writeFile(folder, "mixed.jsonl", good + "\n{\"instruction\":7}\n" + good + "\n");
    const auto lines = objects(luthierRun({"render", "--model", kModel, "--data", mixed, "--json"}).out);
    QCOMPARE(lines.size(), 3);
    QVERIFY(lines[0].contains("ids") && lines[2].contains("ids"));
    QCOMPARE(lines[1]["row"].toInt(), 2);
    QVERIFY(!lines[1]["error"].toString().isEmpty());
    const auto bad = writeFile(folder, "bad.jsonl", "{\"instruction\":7}\n[]\n");
    QCOMPARE(luthierRun({"render", "--model", kModel, "--data", bad, "--json"}).code, 1);
}

void TestCli::checkFindsBrokenRows()
{
    QFile file(kDatasets + "/broken_rows.expected.json");
    QVERIFY(file.open(QIODevice::ReadOnly));
    QSet<int> expected;
    const auto rows = QJsonDocument::fromJson(file.readAll()).array();
    for (const auto& row : rows) {
        if (!row.toObject()["ok"].toBool()) {
            expected.insert(row.toObject()["row"].toInt());
        }
    }
    const auto outcome = luthierRun({"data", "check", kDatasets + "/broken_rows.jsonl", "--json"});
    QCOMPARE(outcome.code, 0);
    const auto report = objects(outcome.out).value(0);
    QSet<int> found;
    for (const auto& finding : report["findings"].toArray()) {
        if (finding.toObject()["kind"].toString() == "bad") {
            found.insert(finding.toObject()["row"].toInt());
            QVERIFY(!finding.toObject()["sentence"].toString().isEmpty());
        }
    }
    QCOMPARE(found, expected);
    QCOMPARE(report["rows"].toInt(), rows.size());
    QCOMPARE(report["bad"].toInt(), expected.size());
    QCOMPARE(report["good"].toInt(), rows.size() - expected.size());
}

void TestCli::closedOutputEndsQuietly()
{
    QProcess process;
    prepare(process, {});
    process.setProgram("bash");
    process.setArguments({"-c", "\"$0\" \"$@\" | head -n 1; exit ${PIPESTATUS[0]}", kProgram, "render", "--model",
                          kModel, "--data", kInstructions, "--json"});
    process.start();
    const auto outcome = finish(process);
    QCOMPARE(outcome.code, 1);
    QCOMPARE(objects(outcome.out).size(), 1);
    QVERIFY2(outcome.err.isEmpty(), outcome.err.constData());
}

void TestCli::exampleRecipeTunes()
{
    if (!hasWeights()) {
        QSKIP("the bundled model has no weights yet");
    }
    const QTemporaryDir folder;
    const auto out = folder.filePath("run");
    const auto outcome = luthierRun({"tune", exampleRecipe(folder), "--json", "--device", "cpu", "--set", "max_steps=3",
                                     "--set", "limit=48", "--set", "gradient_accumulation=1", "--out", out});
    QVERIFY2(outcome.code == 0, outcome.err.constData());
    const auto events = objects(outcome.out);
    QVERIFY(!events.isEmpty());
    QList<int> steps;
    for (const auto& event : events) {
        if (event["event"].toString() == "step") {
            steps << event["step"].toInt();
            for (const char* key : {"loss", "learning_rate", "grad_norm", "tokens", "trained_tokens", "epoch",
                                    "tokens_per_second", "memory_bytes"}) {
                QVERIFY2(event[key].isDouble(), key);
            }
        }
    }
    QCOMPARE(steps, (QList<int>{1, 2, 3}));
    const auto end = events.last();
    QCOMPARE(end["event"].toString(), "end");
    QCOMPARE(end["outcome"].toString(), "finished");
    const auto adapter = end["adapter"].toString();
    QVERIFY(QFile::exists(adapter + "/adapter_model.safetensors"));

    const auto prompts = writeFile(folder, "prompts.jsonl", "{\"prompt\":\"Who is Mira?\"}\n{\"prompt\":\"Why?\"}\n");
    const auto compared = luthierRun({"compare", "--model", kModel, "--adapter", adapter, "--prompts", prompts,
                                      "--max-new", "4", "--device", "cpu", "--json"});
    QVERIFY2(compared.code == 0, compared.err.constData());
    QCOMPARE(objects(compared.out).size(), 4);
    const auto table = luthierRun({"compare", "--model", kModel, "--adapter", adapter, "--prompts", prompts, "--max-new", "4", "--device", "cpu"});
    QCOMPARE(table.code, 0);
    QVERIFY2(table.out.contains("[cut]") && table.err.contains("cut at 4 tokens"), table.out.constData()); // as evaluations and the window say it
    // A folder with a finished run is not overwritten.
    QCOMPARE(luthierRun({"tune", folder.filePath("recipe.json"), "--out", out}).code, 1);
}

void TestCli::interruptedRunGoesOn()
{
    constexpr int kSteps = 120;
    const QTemporaryDir folder;
    const auto out = folder.filePath("run");
    QProcess process;
    prepare(process, scratchTune(folder, kSteps) + QStringList{"--out", out});
    process.start();
    QByteArray seen;
    while (!seen.contains("\"step\",\"step\":2,")) {
        QVERIFY2(process.waitForReadyRead(60'000), process.readAllStandardError().constData());
        seen += process.readAllStandardOutput();
    }
    ::kill(static_cast<pid_t>(process.processId()), SIGINT);
    const auto stopped = finish(process);
    QVERIFY2(stopped.code == 130, stopped.err.constData());
    const auto events = objects(seen + stopped.out);
    QVERIFY(!events.isEmpty());
    QCOMPARE(events.last()["event"].toString(), "end");
    QCOMPARE(events.last()["outcome"].toString(), "stopped");
    QVERIFY2(stopped.err.contains("luthier resume"), stopped.err.constData());
    int last = 0;
    for (const auto& event : events) {
        last = event["event"].toString() == "step" ? event["step"].toInt() : last;
    }
    QVERIFY(last >= 2 && last < kSteps);

    const auto resumed = luthierRun({"resume", out, "--json"});
    QVERIFY2(resumed.code == 0, resumed.err.constData());
    QList<int> steps;
    for (const auto& event : objects(resumed.out)) {
        if (event["event"].toString() == "step") {
            steps << event["step"].toInt();
        }
    }
    QVERIFY(!steps.isEmpty());
    QCOMPARE(steps.first(), last + 1);
    QCOMPARE(steps.last(), kSteps);
    QCOMPARE(objects(resumed.out).last()["outcome"].toString(), "finished");
}

void TestCli::projectRemembersRuns()
{
    const QTemporaryDir folder;
    const auto project = folder.filePath("project");
    const auto tuned = luthierRun(scratchTune(folder, 2) + QStringList{"--project", project, "--set", "name=One"});
    QVERIFY2(tuned.code == 0, tuned.err.constData());
    const auto second = luthierRun(scratchTune(folder, 1)
                                   + QStringList{"--project", project, "--set", "name=Two", "--out",
                                                 folder.filePath("elsewhere")});
    QVERIFY2(second.code == 0, second.err.constData());
    QVERIFY(objects(second.out).last()["adapter"].toString().startsWith(folder.filePath("elsewhere")));

    auto rows = objects(luthierRun({"runs", "list", "--project", project, "--json"}).out);
    QCOMPARE(rows.size(), 2);
    QCOMPARE(rows[0]["name"].toString(), "Two"); // newest first
    QCOMPARE(rows[1]["state"].toString(), "finished");
    QCOMPARE(rows[1]["step"].toInt(), 2);
    const auto id = QString::number(rows[1]["id"].toInt());

    const auto shown = objects(luthierRun({"runs", "show", "One", "--project", project, "--json"}).out).value(0);
    QCOMPARE(shown["recipe"].toObject()["run"].toObject()["max_steps"].toInt(), 2);
    const auto diff = objects(luthierRun({"runs", "diff", "One", "Two", "--project", project, "--json"}).out).value(0);
    QCOMPARE(diff["differences"].toArray().size(), 2); // name and max_steps
    QCOMPARE(luthierRun({"runs", "rename", id, "First", "--project", project}).code, 0);
    QCOMPARE(luthierRun({"runs", "show", "First", "--project", project}).code, 0);
    QCOMPARE(luthierRun({"runs", "delete", id, "--project", project}).code, 0);
    rows = objects(luthierRun({"runs", "--project", project, "--json"}).out);
    QCOMPARE(rows.size(), 1);
    QCOMPARE(luthierRun({"runs", "show", id, "--project", project}).code, 1);
}

void TestCli::modelAnswers()
{
    if (!hasWeights()) {
        QSKIP("the bundled model has no weights yet");
    }
    const auto answer = objects(luthierRun({"generate", "--model", kModel, "--prompt", "What does Mira sell?", "--chat",
                                            "--max-new", "12", "--device", "cpu", "--json"})
                                    .out)
                            .value(0);
    const auto ids = answer["ids"].toArray();
    QVERIFY(!ids.isEmpty() && ids.size() <= 12);
    QVERIFY(QStringList({"stop", "length"}).contains(answer["finish"].toString()));

    // Many at once, in the order of their rows, are those that come one by one.
    QTemporaryDir folder;
    QFile prompts(folder.filePath("prompts.jsonl"));
    QVERIFY(prompts.open(QIODevice::WriteOnly));
    prompts.write("{\"prompt\":\"What does Mira sell?\"}\n{\"prompt\":\"Who?\"}\n{\"prompt\":\"Tell me of the harbour.\"}\n");
    prompts.close();
    const QStringList together{"generate", "--model", kModel, "--prompts", prompts.fileName(), "--chat",
                               "--max-new", "12", "--device", "cpu", "--json", "--temperature", "0.8"};
    const auto many = objects(luthierRun(together).out);
    const auto single = objects(luthierRun(together + QStringList{"--batch", "1"}).out);
    QCOMPARE(many.size(), 3);
    for (int i = 0; i < many.size(); ++i) {
        QCOMPARE(many[i]["text"], single.value(i)["text"]);
        QCOMPARE(many[i]["prompt_ids"], single.value(i)["prompt_ids"]);
    }

    // Greedy answers are the likeliest token at each place, so scoring agrees with them token by token.
    QStringList all;
    for (const auto& list : {answer["prompt_ids"].toArray(), ids}) {
        for (const auto& id : list) {
            all << QString::number(id.toInt());
        }
    }
    const auto scored =
        objects(luthierRun({"score", "--model", kModel, "--ids", all.join(','), "--device", "cpu", "--json"}).out)
            .value(0);
    const auto logprobs = scored["logprobs"].toArray();
    QCOMPARE(logprobs.size(), all.size());
    QVERIFY(logprobs[0].isNull());
    double sum = 0;
    for (int i = 1; i < logprobs.size(); ++i) {
        QVERIFY(logprobs[i].toDouble() <= 0);
        sum += logprobs[i].toDouble();
    }
    const double expected = std::exp(-sum / (logprobs.size() - 1));
    QVERIFY(std::abs(scored["perplexity"].toDouble() - expected) < 1e-9 * expected);
}

QTEST_GUILESS_MAIN(TestCli)
#include "tst_cli.moc"
