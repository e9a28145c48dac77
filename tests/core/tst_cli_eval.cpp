// SPDX-License-Identifier: GPL-3.0-or-later
// `luthier eval`, `judge` and `report` as programs: predictions without a model, the bundled model on a few rows, broken off and gone on
// with, judged, and reported.
#include "core/base/paths.h"

#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QTemporaryDir>
#include <QtTest>

#include <cmath>

using namespace luthier;

namespace {

const QString kProgram = QStringLiteral(LUTHIER_BIN_DIR "/luthier");

struct Outcome {
    int code = -1;
    QJsonObject object;
    QString out;
    QString err;
};

} // namespace

class TestCliEval : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() { m_folder = std::make_unique<QTemporaryDir>(); }

    void predictions()
    {
        const auto file = write("p.jsonl", "{\"prediction\":\"The cat sat.\",\"reference\":\"The cat sat.\"}\n{\"prediction\":\"A dog\",\"references\":[\"A dog ran\",\"Dog\"]}\n");
        const auto outcome = run({"eval", "--predictions", file, "--metrics", "exact_match,bleu,rouge1", "--json"});
        QCOMPARE(outcome.code, 0);
        QCOMPARE(outcome.object["rows"].toInt(), 2);
        const auto metrics = outcome.object["metrics"].toObject();
        QCOMPARE(metrics["exact_match"].toObject()["value"].toDouble(), 0.5);
        QVERIFY(metrics["bleu"].toObject()["low"].toDouble() <= metrics["bleu"].toObject()["value"].toDouble());
        QVERIFY(metrics.contains("rouge1"));
    }

    void twoFilesArePaired()
    {
        QByteArray before;
        QByteArray after;
        for (int i = 0; i < 100; ++i) {
            before += "{\"prediction\":\"" + QByteArray(i < 40 ? "yes" : "no") + "\",\"reference\":\"yes\"}\n";
            after += "{\"prediction\":\"" + QByteArray(i < 70 ? "yes" : "no") + "\",\"reference\":\"yes\"}\n";
        }
        const auto outcome = run({"eval", "--predictions", write("after.jsonl", after), "--against", write("before.jsonl", before), "--metrics", "accuracy", "--json"});
        QCOMPARE(outcome.code, 0);
        const auto pair = outcome.object["differences"].toArray()[0].toObject();
        QCOMPARE(pair["better"].toInt(), 30);
        QVERIFY(pair["shown"].toBool() && outcome.object["verdict"].toString().startsWith("After is better than before"));
    }

    void badInput_data()
    {
        QTest::addColumn<QByteArray>("rows");
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<int>("code");
        QTest::addColumn<QString>("says");
        const QByteArray plain = "{\"prediction\":\"x\",\"reference\":\"x\"}\n";
        QTest::newRow("no reference") << QByteArray("{\"prediction\":\"x\"}\n") << QStringList{"bleu"} << 1 << "no reference";
        QTest::newRow("no prediction") << QByteArray("{\"answer\":\"x\"}\n") << QStringList{"bleu"} << 1 << "row 1: \"prediction\" is missing";
        QTest::newRow("needs a model") << plain << QStringList{"perplexity"} << 1 << "needs a model";
        QTest::newRow("needs confidence") << plain << QStringList{"ece"} << 1 << "confidence";
        QTest::newRow("unknown metric") << plain << QStringList{"blue"} << 2 << "there is no metric \"blue\"";
        QTest::newRow("no pattern") << plain << QStringList{"regex_match"} << 1 << "--pattern";
        QTest::newRow("no group") << plain << QStringList{"bleu", "--group-by", "source"} << 1 << "source";
        QTest::newRow("no rows") << QByteArray("") << QStringList{"bleu"} << 1 << "";
        QTest::newRow("no metric") << plain << QStringList{""} << 2 << "--metrics says what is measured";
        QTest::newRow("no schema") << plain << QStringList{"schema_valid", "--schema", QStringLiteral(LUTHIER_SOURCE_DIR "/tests/reference/README.md")} << 1 << "README.md: the schema is no JSON";
    }

    void badInput()
    {
        QFETCH(QByteArray, rows);
        QFETCH(QStringList, arguments);
        QFETCH(int, code);
        QFETCH(QString, says);
        const auto outcome = run(QStringList{"eval", "--predictions", write("p.jsonl", rows), "--metrics"} + arguments);
        QCOMPARE(outcome.code, code);
        QVERIFY2(outcome.err.contains(says), qPrintable(outcome.err));
        QVERIFY(outcome.out.isEmpty());
    }

    void someRowsLackWhatIsNeeded()
    {
        const auto file = write("p.jsonl", "{\"prediction\":\"x\"}\n{\"prediction\":\"\",\"reference\":\"x\"}\n");
        const auto outcome = run({"eval", "--predictions", file, "--metrics", "accuracy", "--json"});
        QCOMPARE(outcome.object["rows"].toInt(), 1);
        QCOMPARE(outcome.object["skipped"].toArray().size(), 1);
        QVERIFY(outcome.err.contains("1 row was left out"));
        QVERIFY(outcome.object["notes"].toArray().last().toString().contains("empty"));
    }

    // 360 answers to 12 questions are 12: taken for 360 they would make anything sure. By whatever name the question, or the id of its row, goes.
    void rowsOfOneQuestionCountTogether_data()
    {
        QTest::addColumn<QByteArray>("field");
        QTest::newRow("question") << QByteArray("\"question\":\"How is joint %1 cut?\"");
        QTest::newRow("prompt") << QByteArray("\"prompt\":\"How is joint %1 cut?\"");
        QTest::newRow("instruction and input") << QByteArray("\"instruction\":\"Cut it.\",\"input\":\"joint %1\"");
        QTest::newRow("messages") << QByteArray("\"messages\":[{\"role\":\"user\",\"content\":\"joint %1\"}]");
        QTest::newRow("id") << QByteArray("\"question_id\":%1");
    }

    void rowsOfOneQuestionCountTogether()
    {
        QFETCH(QByteArray, field);
        QByteArray before;
        QByteArray after;
        for (int i = 0; i < 360; ++i) {
            const int question = i % 12;
            QByteArray its = field;
            its.replace("%1", QByteArray::number(question));
            const auto row = [&](bool isRight) { return "{" + its + ",\"prediction\":\"" + QByteArray(isRight ? "yes" : "no") + "\",\"reference\":\"yes\"}\n"; };
            before += row(question < 6);
            after += row(question < 9);
        }
        const QStringList arguments{"eval", "--predictions", write("after.jsonl", after), "--against", write("before.jsonl", before), "--metrics", "accuracy", "--draws", "500", "--json"};
        const auto outcome = run(arguments);
        QVERIFY2(outcome.code == 0, qPrintable(outcome.err));
        const auto pair = outcome.object["differences"].toArray()[0].toObject();
        QCOMPARE(outcome.object["groups"].toInt(), 12);
        QVERIFY2(pair["p"].toDouble() > 0.05 && !pair["shown"].toBool(), qPrintable(outcome.out));
        const QString first = outcome.object["notes"].toArray()[0].toString();
        QVERIFY2(first.startsWith("Rows with the same question") && first.endsWith("360 rows in 12 groups."), qPrintable(first));
        const auto alone = run(arguments + QStringList{"--group-by", "none"}); // who knows better says so
        QCOMPARE(alone.object["groups"].toInt(), 360);
        QVERIFY(alone.object["differences"].toArray()[0].toObject()["p"].toDouble() < 0.001 && alone.object["grouped_by"].toString() == "none");
    }

    // What is in one file alone is not compared, and that is said: how many, of which, and which first.
    void unequalFilesSayWhatIsNotCompared()
    {
        const auto rows = [](int count, int bad) {
            QByteArray text;
            for (int i = 1; i <= count; ++i) {
                text += i == bad ? QByteArray("{\"answer\":\"x\"}\n") : "{\"question\":\"" + QByteArray::number(i) + "\",\"prediction\":\"x\",\"reference\":\"x\"}\n";
            }
            return text;
        };
        const auto outcome = run({"eval", "--predictions", write("after.jsonl", rows(12, 0)), "--against", write("before.jsonl", rows(10, 3)), "--metrics", "exact_match", "--json"});
        QVERIFY2(outcome.code == 0, qPrintable(outcome.err));
        QCOMPARE(outcome.object["rows"].toInt(), 9);
        const QString note = outcome.object["notes"].toArray()[0].toString();
        QVERIFY2(note.startsWith("after.jsonl: 3 rows of 12 are not compared; the first is row 3: it was left out of before.jsonl"), qPrintable(note));
        QCOMPARE(outcome.object["skipped"].toArray().size(), 3);
        const auto shuffled = run({"eval", "--predictions", write("after.jsonl", rows(2, 0)), "--against",
                                   write("before.jsonl", "{\"question\":\"2\",\"prediction\":\"x\",\"reference\":\"x\"}\n" + rows(2, 0)), "--metrics", "exact_match"});
        QVERIFY2(shuffled.code == 1 && shuffled.err.contains("row 1 asks another question in each file"), qPrintable(shuffled.err));
    }

    // One bad row costs that row; only where none is left the file is refused.
    void badRowsAreLeftOutOneByOne()
    {
        const auto outcome = run({"eval", "--predictions", write("p.jsonl", "{\"prediction\":\"x\",\"reference\":\"x\"}\n{broken\n{\"reference\":\"x\"}\n{\"prediction\":null,\"reference\":\"x\"}\n"
                                                                            "{\"prediction\":\"x\",\"reference\":\"x\",\"confidence\":7}\n{\"prediction\":\"y\",\"reference\":\"x\"}\n"),
                                  "--metrics", "exact_match", "--json"});
        QVERIFY2(outcome.code == 0, qPrintable(outcome.err));
        QCOMPARE(outcome.object["rows"].toInt(), 2);
        QCOMPARE(outcome.object["skipped"].toArray().size(), 4);
        QVERIFY2(outcome.err.contains("4 rows were left out; row 2: ") && outcome.err.contains("row 3: \"prediction\" is missing"), qPrintable(outcome.err));
        const auto none = run({"eval", "--predictions", write("p.jsonl", "{\"reference\":\"x\"}\n{broken\n"), "--metrics", "exact_match"});
        QVERIFY2(none.code == 1 && none.err.contains("no row can be measured; row 1"), qPrintable(none.err));
    }

    // Right but for the case of letters is wrong to accuracy and exact match, which is said: it may be the rows that are wrong.
    void anotherCaseIsSaid()
    {
        const auto file = write("p.jsonl", "{\"prediction\":\"Yes\",\"reference\":\"yes\"}\n{\"prediction\":\"yes\",\"reference\":\"yes\"}\n{\"prediction\":\"\u00c4ste\",\"reference\":\"\u00e4ste\"}\n"
                                           "{\"prediction\":\"no\",\"reference\":\"yes\"}\n");
        QVERIFY(run({"eval", "--predictions", file, "--metrics", "accuracy"}).out.contains("2 of 4 answers of p are the reference but for capital and small letters"));
        QVERIFY(!run({"eval", "--predictions", file, "--metrics", "rougeL"}).out.contains("capital"));
    }

    // Answers that the limit of tokens cut are counted in table and JSON, and a sentence says when they are many.
    void cutAnswersAreCounted()
    {
        QByteArray rows;
        for (int i = 0; i < 20; ++i) {
            rows += "{\"question\":\"" + QByteArray::number(i) + "\",\"prediction\":\"so it\",\"reference\":\"so it is\",\"finish\":\"" + QByteArray(i < 7 ? "length" : "stop") + "\"}\n";
        }
        const auto file = write("p.jsonl", rows);
        const auto outcome = run({"eval", "--predictions", file, "--metrics", "rougeL", "--json"});
        QCOMPARE(outcome.object["systems"].toObject()["predictions"].toObject()["cut"].toInt(), 7);
        QVERIFY2(outcome.out.contains("7 of 20 answers of p were cut at the most tokens"), qPrintable(outcome.out));
        QVERIFY(run({"eval", "--predictions", file, "--metrics", "rougeL"}).out.contains("answers cut"));
        QVERIFY(!run({"eval", "--predictions", write("p.jsonl", rows.replace("length", "stop")), "--metrics", "rougeL"}).out.contains("cut"));
    }

    // A table of free texts would fill a book; the page says why there is none.
    void freeTextsAreNoLabels()
    {
        QByteArray rows;
        for (int i = 0; i < 24; ++i) {
            rows += "{\"question\":\"" + QByteArray::number(i) + "\",\"prediction\":\"text\",\"reference\":\"Cut joint " + QByteArray::number(i % 20) + " along the grain.\"}\n";
        }
        const auto outcome = run({"eval", "--predictions", write("p.jsonl", rows), "--metrics", "rougeL", "--out", path("kept"), "--json"});
        QVERIFY2(outcome.code == 0 && !outcome.object["systems"].toObject()["predictions"].toObject().contains("confusion"), qPrintable(outcome.err));
        QVERIFY(outcome.object["no_labels"].toString().startsWith("hardly any comes twice"));
        QCOMPARE(run({"report", path("kept")}).code, 0);
        QFile page(path("kept/report.html"));
        QVERIFY(page.open(QIODevice::ReadOnly));
        const QByteArray html = page.readAll();
        QVERIFY(html.contains("There is no table of what was answered for what") && !html.contains("answered for what</h3>"));
        // Labels, but more than stand beside each other on paper: a row each.
        QByteArray many;
        for (int i = 0; i < 80; ++i) {
            many += "{\"question\":\"" + QByteArray::number(i) + "\",\"prediction\":\"joint " + QByteArray::number((i + (i % 4 == 0 ? 1 : 0)) % 20) + "\",\"reference\":\"joint " + QByteArray::number(i % 20) + "\"}\n";
        }
        QVERIFY(run({"eval", "--predictions", write("p.jsonl", many), "--metrics", "accuracy", "--out", path("labels"), "--json"}).code == 0);
        QCOMPARE(run({"report", path("labels")}).code, 0);
        QFile labels(path("labels/report.html"));
        QVERIFY(labels.open(QIODevice::ReadOnly));
        const QByteArray listed = labels.readAll();
        QVERIFY(listed.contains("answered instead, most often") && listed.contains("joint 5 (4)") && !listed.contains("something else</th>"));
    }

    // Measured like any other row, but not unsaid.
    void emptyReferencesAreSaid()
    {
        const auto file = write("p.jsonl", "{\"prediction\":\"x\",\"reference\":\"\"}\n{\"prediction\":\"x\",\"reference\":\"x\"}\n{\"prediction\":\"x\",\"references\":[\" \",\"\"]}\n"
                                           "{\"prediction\":\"x\",\"references\":[\"\",\"x\"]}\n");
        const auto notesOf = [&](const char* metric) {
            QString notes;
            for (const auto& note : run({"eval", "--predictions", file, "--metrics", metric, "--json"}).object["notes"].toArray()) {
                notes += note.toString() + "\n";
            }
            return notes;
        };
        QVERIFY2(notesOf("exact_match").contains("The references of 2 rows are empty (rows 1, 3)"), qPrintable(notesOf("exact_match")));
        QVERIFY(!notesOf("length").contains("are empty")); // it compares with nothing
    }

    // Base and base with a prompt; broken off and gone on with, the answers are the same.
    void aModelAnswers()
    {
        QByteArray rows;
        QByteArray training;
        for (int i = 0; i < 12; ++i) {
            rows += "{\"prompt\":\"What is " + QByteArray::number(i) + " plus 1?\",\"completion\":\"" + QByteArray::number(i + 1) + "\"}\n";
            training += "{\"prompt\":\"What is " + QByteArray::number(i + 20) + " plus 1?\",\"completion\":\"" + QByteArray::number(i + 21) + "\"}\n";
        }
        const auto data = write("rows.jsonl", rows);
        const QStringList arguments{"eval", "--model", model(), "--data", data, "--metrics", "exact_match,perplexity,length", "--system", "Answer with a number.",
                                    "--shots", "2", "--shots-from", write("train.jsonl", training), "--max-new", "6", "--draws", "200", "--json"};
        const auto whole = run(arguments + QStringList{"--out", path("whole")});
        QVERIFY2(whole.code == 0, qPrintable(whole.err));
        QCOMPARE(whole.object["rows"].toInt(), 12);
        QCOMPARE(whole.object["systems"].toObject().keys(), (QStringList{"base", "prompted"}));
        QVERIFY(whole.object["metrics"].toObject()["perplexity"].toObject()["value"].toDouble() > 1);
        QVERIFY(QFile::exists(path("whole/results.json")));

        QVERIFY(run(arguments + QStringList{"--out", path("part")}).code == 0);
        QFile answers(path("part/answers.jsonl"));
        QVERIFY(answers.open(QIODevice::ReadWrite));
        QVERIFY(answers.resize(answers.size() / 2)); // in the middle of a line
        answers.close();
        const auto again = run(arguments + QStringList{"--out", path("part")});
        QVERIFY2(again.code == 0 && again.err.contains("there already"), qPrintable(again.err));
        QCOMPARE(again.object["metrics"], whole.object["metrics"]);
        QCOMPARE(again.object["verdict"], whole.object["verdict"]);

        const auto other = run(arguments + QStringList{"--out", path("part"), "--seed", "7"});
        QVERIFY(other.code == 1 && other.err.contains("another"));

        // The examples by hand: another prompt, and another evaluation.
        QStringList byHand = arguments;
        byHand.removeAt(byHand.indexOf("--shots") + 1);
        byHand.removeAll("--shots");
        const auto named = run(byHand + QStringList{"--shot-rows", "3,1", "--out", path("hand")});
        QVERIFY2(named.code == 0 && named.object["asked"].toObject()["shot_rows"].toArray() == (QJsonArray{3, 1}), qPrintable(named.err));
        QVERIFY(run(byHand + QStringList{"--shot-rows", "99", "--out", path("hand2")}).err.contains("row 99 cannot be an example: there are 12 rows"));
        QVERIFY(run(byHand + QStringList{"--shot-rows", "x", "--out", path("hand2")}).err.contains("\"x\" is no row of the training data"));

        // Judged, and on a page.
        const QStringList project{"--project", path("project")};
        const auto judging = run(QStringList{"judge", "new", "--evaluation", path("whole"), "--first", "base", "--second", "prompted", "--json"} + project);
        QVERIFY2(judging.code == 0, qPrintable(judging.err));
        const auto pair = run(QStringList{"judge", "next", "1", "--json"} + project);
        QVERIFY(pair.object["left"].isString() && !pair.object.contains("first"));
        QCOMPARE(run(QStringList{"judge", "vote", "1", "--pair", "1", "--choice", "1", "--correction", "two"} + project).code, 0);
        const auto results = run(QStringList{"judge", "results", "1", "--json"} + project);
        QCOMPARE(results.object["contests"].toArray()[0].toObject()["judged"].toInt(), 1);
        const auto preferences = run(QStringList{"judge", "preferences", "1", "--out", path("prefs.jsonl"), "--json"} + project);
        QCOMPARE(preferences.object["rows"].toInt(), 2);
        QCOMPARE(run({"data", "check", path("prefs.jsonl"), "--json"}).object["good"].toInt(), 2);
        QVERIFY(run(QStringList{"judge", "vote", "1", "--pair", "99", "--choice", "1"} + project).err.contains("pairs 1 to"));
        QVERIFY(run(QStringList{"judge", "vote", "1", "--pair", "1", "--choice", "best"} + project).err.contains("no vote"));

        // A model judges the same pairs, apart from people, and again only what is new.
        const auto byModel = run(QStringList{"judge", "model", "1", "--model", model(), "--name", "tiny", "--json"} + project);
        QVERIFY2(byModel.code == 0, qPrintable(byModel.err));
        QCOMPARE(byModel.object["judge"].toString(), QStringLiteral("model: tiny"));
        QVERIFY(byModel.object["judged"].toInt() > 0 && byModel.object["common"].toInt() == 1 && !byModel.object["believable"].toBool());
        QCOMPARE(run(QStringList{"judge", "model", "1", "--model", model(), "--name", "tiny", "--json"} + project).object["new"].toInt(), 0);
        QCOMPARE(run(QStringList{"judge", "results", "1", "--json"} + project).object["contests"].toArray()[0].toObject()["judged"].toInt(), 1);
        QVERIFY(run(QStringList{"judge", "model", "1", "--model", model(), "--rubric", write("rubric.txt", "Which?")} + project).err.contains("{first}"));
        QVERIFY(QDir().mkpath(path("mute"))); // the same model without a template
        const QDir folder(model());
        for (const QString& name : folder.entryList(QDir::Files)) {
            QVERIFY(name.startsWith(QStringLiteral("chat_template")) || QFile::link(folder.filePath(name), path("mute/" + name)));
        }
        if (QFile::exists(path("mute/tokenizer_config.json"))) {
            QFile original(folder.filePath(QStringLiteral("tokenizer_config.json")));
            QVERIFY(original.open(QIODevice::ReadOnly) && QFile::remove(path("mute/tokenizer_config.json")));
            auto config = QJsonDocument::fromJson(original.readAll()).object();
            config.remove(QStringLiteral("chat_template"));
            write("mute/tokenizer_config.json", QJsonDocument(config).toJson());
        }
        const auto mute = run(QStringList{"judge", "model", "1", "--model", path("mute")} + project);
        QVERIFY2(mute.code == 1 && mute.err.contains("no chat template"), qPrintable(mute.err));
        QVERIFY(run(QStringList{"judge", "model", "1", "--reward-model", model()} + project).err.contains("no reward model"));
        // Who cannot answer at all is named with the reason, and hinders nobody but the one that all is about.
        const QStringList few{"--data", data, "--metrics", "exact_match", "--max-new", "3", "--draws", "100", "--json"};
        const auto silent = run(QStringList{"eval", "--model", path("mute")} + few);
        QVERIFY2(silent.code == 1 && silent.err.contains("model answered none of the 12 rows: ") && silent.err.contains("no chat template"), qPrintable(silent.err));
        const auto spared = run(QStringList{"eval", "--model", model(), "--base", path("mute")} + few);
        QVERIFY2(spared.code == 0 && spared.object["systems"].toObject().keys() == QStringList{"tuned"}, qPrintable(spared.err));
        QVERIFY2(spared.object["notes"].toArray()[0].toString().startsWith("Base answered none of the 12 rows: "), qPrintable(spared.out));

        const auto report = run({"report", path("whole"), "--json"});
        QVERIFY2(report.code == 0, qPrintable(report.err));
        QFile page(path("whole/report.html"));
        QVERIFY(page.open(QIODevice::ReadOnly));
        const QByteArray html = page.readAll();
        QVERIFY(html.contains("<svg") && html.contains("What was not measured") && !html.contains("<script") && !html.contains("src="));
        QVERIFY(html.contains("People&#39;s judgement: whether") && !html.contains("What was judged"));
        QCOMPARE(run(QStringList{"report", path("whole"), "--out", path("judged.html")} + project).code, 0);
        QFile judged(path("judged.html"));
        QVERIFY(judged.open(QIODevice::ReadOnly));
        const QByteArray votes = judged.readAll();
        QVERIFY(votes.contains("What was judged") && votes.contains("1 judge, who did not know") && !votes.contains("People&#39;s judgement: whether"));
    }

    // The answer is the likeliest label, with a certainty that can be held against being right.
    void labelsByLikelihood()
    {
        QByteArray rows;
        for (int i = 0; i < 8; ++i) {
            rows += "{\"prompt\":\"Is " + QByteArray::number(i) + " odd?\",\"completion\":\"" + (i % 2 == 1 ? "yes" : "no") + "\"}\n";
        }
        const auto outcome = run({"eval", "--model", model(), "--data", write("rows.jsonl", rows), "--metrics", "accuracy,ece", "--by-likelihood", "--draws", "200", "--json"});
        QVERIFY2(outcome.code == 0, qPrintable(outcome.err));
        const auto counts = outcome.object["systems"].toObject()["base"].toObject()["confusion"].toObject()["counts"].toArray();
        QCOMPARE(counts.size(), 2);
        QCOMPARE(counts[0].toArray().last().toInt() + counts[1].toArray().last().toInt(), 0); // nothing but labels
        QVERIFY(outcome.object["metrics"].toObject()["ece"].toObject()["value"].isDouble());
    }

    // Written answers and the likeliest labels in one run, told apart.
    void labelsBothWays()
    {
        QByteArray rows;
        for (int i = 0; i < 8; ++i) {
            rows += "{\"prompt\":\"Is " + QByteArray::number(i) + " odd?\",\"completion\":\"" + (i % 2 == 1 ? "yes" : "no") + "\"}\n";
        }
        const auto data = write("rows.jsonl", rows);
        const QStringList arguments{"eval", "--model", model(), "--data", data, "--metrics", "accuracy,ece", "--max-new", "4", "--draws", "200", "--json"};
        const auto both = run(arguments + QStringList{"--both-ways", "--out", path("both")});
        QVERIFY2(both.code == 0, qPrintable(both.err));
        const auto likeliest = run(arguments + QStringList{"--by-likelihood"});
        const auto written = run(arguments);
        QCOMPARE(both.object["by_likelihood"].toObject()["metrics"], likeliest.object["metrics"]);
        QCOMPARE(both.object["metrics"].toObject()["accuracy"], written.object["metrics"].toObject()["accuracy"]);
        QVERIFY2(both.object["notes"].toArray().last().toString().contains("disagree"), "the model writes no label at all");
        QVERIFY(run(arguments + QStringList{"--both-ways", "--out", path("both")}).err.contains("8 answers are there already"));
        const auto plain = write("plain.jsonl", QByteArray(rows).replace("\"yes\"", "\"an answer\"").replace("\"no\"", "\"an answer\""));
        const auto wrong = run({"eval", "--model", model(), "--data", plain, "--metrics", "accuracy", "--both-ways"});
        QVERIFY2(wrong.code == 1 && wrong.err.contains("no labels"), qPrintable(wrong.err));
    }

    // A reward model made of the bundled pairs scores answers, and judges.
    void aRewardModelScores()
    {
        const auto pairs = QString::fromStdString((base::datasetsFolder() / "preferences.jsonl").string());
        const auto recipe = write("reward.json", "{\"model\":{\"path\":\"" + model().toUtf8() + "\"},\"data\":{\"train\":[\"" + pairs.toUtf8()
                                                     + "\"],\"held_out_share\":0.2},\"objective\":{\"kind\":\"reward\"},\"method\":{\"kind\":\"lora\"},\"optimizer\":{\"learning_rate\":0.001},"
                                                       "\"run\":{\"name\":\"judge\",\"max_steps\":40,\"eval_every\":40}}");
        const auto tuned = run({"tune", recipe, "--out", path("reward")});
        QVERIFY2(tuned.code == 0, qPrintable(tuned.err));
        const auto held = run({"reward", "--model", path("reward"), "--data", pairs, "--json"});
        QVERIFY2(held.code == 0, qPrintable(held.err));
        const auto last = QJsonDocument::fromJson(held.out.trimmed().split('\n').last().toUtf8()).object();
        QVERIFY2(last["accuracy"].toDouble() > 0.6, qPrintable(held.out.right(200))); // chance is 0.5
        const auto rows = write("rows.jsonl", "{\"prompt\":\"Say oak.\",\"completion\":\"oak\"}\n{\"prompt\":\"Say ash.\",\"completion\":\"ash\"}\n{\"prompt\":\"Say elm.\",\"completion\":\"elm\"}\n");
        const auto outcome = run({"eval", "--model", model(), "--data", rows, "--metrics", "reward,length", "--reward-model", path("reward"), "--max-new", "4", "--draws", "200", "--out", path("scored"), "--json"});
        QVERIFY2(outcome.code == 0, qPrintable(outcome.err));
        QVERIFY2(outcome.object["notes"].toArray().last().toString().contains("is not known"), "it was made outside of a project");
        const double mean = outcome.object["metrics"].toObject()["reward"].toObject()["value"].toDouble();
        QFile answers(path("scored/answers.jsonl"));
        QVERIFY(answers.open(QIODevice::ReadOnly));
        double sum = 0;
        int scored = 0;
        for (const QByteArray& line : answers.readAll().trimmed().split('\n')) {
            const auto answer = QJsonDocument::fromJson(line).object();
            sum += answer["reward"].toDouble();
            scored += answer.contains("reward") ? 1 : 0;
        }
        QVERIFY2(scored == 3 && std::abs(sum / 3 - mean) < 1e-9, qPrintable(QString::number(mean)));
        // The chosen answers of the pairs are the better ones to the judge, too.
        QByteArray toJudge;
        QFile file(pairs);
        QVERIFY(file.open(QIODevice::ReadOnly));
        for (int i = 0; i < 20 && !file.atEnd(); ++i) {
            const auto row = QJsonDocument::fromJson(file.readLine()).object();
            const QJsonObject pair{{"prompt", row["prompt"]}, {"first", "rejected"}, {"second", "chosen"}, {"first_answer", textOf(row["rejected"])}, {"second_answer", textOf(row["chosen"])}};
            toJudge += QJsonDocument(pair).toJson(QJsonDocument::Compact) + "\n";
        }
        const QStringList project{"--project", path("project"), "--json"};
        QVERIFY(run(QStringList{"judge", "new", "--pairs", write("pairs.jsonl", toJudge)} + project).code == 0);
        const auto judged = run(QStringList{"judge", "model", "1", "--reward-model", path("reward"), "--name", "scores"} + project);
        QVERIFY2(judged.code == 0 && judged.object["judged"].toInt() == 20 && judged.object["flips"].toInt() == 0, qPrintable(judged.out + judged.err));
        // One that is none says so, before anything is answered; so does one that is missing.
        const auto none = run({"eval", "--model", model(), "--data", rows, "--metrics", "reward", "--reward-model", model(), "--max-new", "4"});
        QVERIFY2(none.code == 1 && none.err.contains("no reward model"), qPrintable(none.err));
        const auto missing = run({"eval", "--model", model(), "--data", rows, "--metrics", "reward"});
        QVERIFY2(missing.code == 1 && missing.err.contains("--reward-model"), qPrintable(missing.err));
    }

    // A run's checkpoints answer as its result does, over the general rows, too: one curve, one sentence.
    void checkpointsAnswer()
    {
        QByteArray rows;
        for (int i = 0; i < 24; ++i) {
            rows += "{\"prompt\":\"What is " + QByteArray::number(i) + " plus 1?\",\"completion\":\"It is " + QByteArray::number(i + 1) + ".\"}\n";
        }
        const auto recipe = write("recipe.json", "{\"model\":{\"path\":\"" + model().toUtf8() + "\"},\"data\":{\"train\":[\"" + write("train.jsonl", rows).toUtf8()
                                                     + "\"],\"held_out_share\":0.25},\"method\":{\"kind\":\"lora\"},\"run\":{\"name\":\"first\",\"max_steps\":4,\"checkpoint_every\":1,"
                                                       "\"keep_checkpoints\":10,\"eval_every\":100}}");
        const auto tuned = run({"tune", recipe, "--project", path("tunes")});
        QVERIFY2(tuned.code == 0, qPrintable(tuned.err));
        const auto general = write("general.jsonl", "{\"question\":\"Fire is\",\"choices\":[\"hot\",\"cold\"],\"answer\":\"hot\"}\n{\"question\":\"Ice is\",\"choices\":[\"hot\",\"cold\"],"
                                                     "\"answer\":\"B\"}\n");
        const auto outcome = run({"eval", "--run", "first", "--checkpoints", "--project", path("tunes"), "--metrics", "perplexity", "--general", general, "--cloze",
                                  write("poem.jsonl", "{\"text\":\"Fire is hot and ice is cold\"}\n{\"text\":\"Day is light and night is dark\"}\n{\"text\":\"one\"}\n") + "=1", "--draws", "200", "--json"});
        QVERIFY2(outcome.code == 0, qPrintable(outcome.err));
        QCOMPARE(outcome.object["systems"].toObject().keys(), (QStringList{"base", "step-1", "step-2", "step-3", "tuned"}));
        QVERIFY(outcome.object["rows"].toInt() > 0);
        const auto of = outcome.object["general"].toObject();
        QCOMPARE(of["sets"].toArray().size(), 2);
        QVERIFY(of["sets"].toArray()[0].toObject()["metrics"].toObject().contains("acc_norm"));
        QVERIFY(of["sets"].toArray()[1].toObject()["metrics"].toObject().contains("cloze_acc"));
        QVERIFY2(of["forgetting"].toString().contains("general.jsonl (") && of["forgetting"].toString().contains("poem.jsonl ("), qPrintable(of["forgetting"].toString()));
        QCOMPARE(of["curve"].toObject()["points"].toArray().size(), 5); // before, at each checkpoint, after
        QCOMPARE(of["curve"].toObject()["points"].toArray()[0].toArray()[1].toDouble(), 100.0);
        const auto perplexityOf = [&](const char* system) {
            return outcome.object["systems"].toObject()[system].toObject()["metrics"].toObject()["perplexity"].toObject()["value"].toDouble();
        };
        QVERIFY(perplexityOf("step-3") != perplexityOf("base") && perplexityOf("step-3") != perplexityOf("step-1"));
        // The same numbers as where the run is asked for its own losses: the result of the last step is the last checkpoint.
        QVERIFY(QFile::exists(path("tunes/runs/1/as-result/step-3/adapter_config.json")));
        // Rows that the run learned from are not taken for news: by the run, by its adapter alone, and not those that it kept aside.
        const QStringList again{"--data", path("train.jsonl"), "--metrics", "perplexity", "--draws", "100", "--json"};
        for (const QStringList& who : {QStringList{"eval", "--run", "first", "--project", path("tunes")}, QStringList{"eval", "--model", model(), "--adapter", path("tunes/runs/1/adapter")}}) {
            const auto learned = run(who + again + QStringList{"--out", path(QStringLiteral("learned-%1").arg(who.contains("--run")))});
            const auto by = learned.object["trained_on"].toArray();
            QVERIFY2(by.size() == 1 && by[0].toObject()["rows"].toInt() == 24 - outcome.object["rows"].toInt() && by[0].toObject()["of"].toInt() == 24, qPrintable(learned.err));
            QVERIFY2(learned.err.contains(" of 24 rows were trained on by ") && learned.object["notes"].toArray()[0].toString().contains(" of 24 rows were trained on"), qPrintable(learned.err));
        }
        QVERIFY(!outcome.object.contains("trained_on"));
        // A run's page by its folder, and by that of its result; one whose project is gone by what lies there.
        for (const char* folder : {"tunes/runs/1", "tunes/runs/1/", "tunes/runs/1/adapter"}) {
            const auto byFolder = run({"report", path(folder), "--out", path("folder.html")});
            QVERIFY2(byFolder.code == 0, qPrintable(byFolder.err));
        }
        QVERIFY(run({"runs", "show", path("tunes/runs/1"), "--project", path("tunes"), "--json"}).code == 0);
        const auto apart = run({"tune", recipe, "--out", path("apart"), "--set", "max_steps=2"});
        QVERIFY2(apart.code == 0, qPrintable(apart.err));
        const auto ofFolder = run({"report", path("apart")});
        QVERIFY2(ofFolder.code == 0, qPrintable(ofFolder.err));
        QFile alone(path("apart/report.html"));
        QVERIFY(alone.open(QIODevice::ReadOnly));
        const QByteArray aloneHtml = alone.readAll();
        QVERIFY(aloneHtml.contains("no project keeps this run") && aloneHtml.contains("finished") && aloneHtml.contains("train.jsonl"));
        QVERIFY(run({"report", m_folder->path()}).err.contains("neither a run nor an evaluation lies there"));
        // The run's page and card know of the evaluation.
        const auto report = run({"report", "first", "--project", path("tunes"), "--out", path("run.html")});
        QVERIFY2(report.code == 0, qPrintable(report.err));
        QFile page(path("run.html"));
        QVERIFY(page.open(QIODevice::ReadOnly));
        const QByteArray html = page.readAll();
        QVERIFY(html.contains("who answered")); // five of them, who have no room beside each other
        QVERIFY(html.contains("What was forgotten") && html.contains("poem.jsonl") && !html.contains("no evaluation of this run"));
        QVERIFY(run({"runs", "note", "first", "Tried for the shop.", "--project", path("tunes")}).code == 0);
        QVERIFY2(run({"report", "first", "--project", path("tunes"), "--card"}).code == 0, "card");
        QFile card(path("tunes/runs/1/adapter/README.md"));
        QVERIFY(card.open(QIODevice::ReadOnly));
        const QByteArray text = card.readAll();
        QVERIFY2(text.startsWith("---\nbase_model: ") && text.contains("| perplexity |") && text.contains(of["forgetting"].toString().toUtf8())
                     && text.contains("## Notes\n\nTried for the shop.\n") && !text.contains(m_folder->path().toUtf8()), text.constData());
        QVERIFY(run({"report", "first", "--project", path("tunes"), "--card"}).err.contains("a card is there already"));
        const auto paper = run({"report", "first", "--project", path("tunes"), "--pdf", "--out", path("run.pdf")});
        if (QFile::exists(QStringLiteral(LUTHIER_BIN_DIR "/luthier-studio"))) {
            QVERIFY2(paper.code == 0, qPrintable(paper.err));
            QFile pdf(path("run.pdf"));
            QVERIFY(pdf.open(QIODevice::ReadOnly) && pdf.readAll().startsWith("%PDF-"));
        } else {
            QVERIFY2(paper.code == 1 && paper.err.contains("the window's program"), qPrintable(paper.err));
        }
    }

    // Rows with choices are scored, and general rows stand beside them; a folder without a project becomes one that keeps the evaluation.
    void choicesAndGeneralRows()
    {
        QByteArray rows;
        for (int i = 0; i < 6; ++i) {
            rows += "{\"question\":\"Question " + QByteArray::number(i) + ": which wood?\\nAnswer:\",\"choices\":[\"oak\",\"a very long answer about ash\"],\"answer\":"
                    + QByteArray::number(i % 2) + "}\n";
        }
        const auto choices = write("choices.jsonl", rows + "{\"question\":\"Broken?\",\"choices\":[\"a\",\"b\"],\"answer\":7}\n");
        const auto plain = write("plain.jsonl", "{\"prompt\":\"Say oak.\",\"completion\":\"oak\"}\n{\"prompt\":\"Say ash.\",\"completion\":\"ash\"}\n");
        const auto outcome = run({"eval", "--model", model(), "--data", choices, "--metrics", "acc,acc_norm,acc_bytes", "--general", plain, "--draws", "200", "--project",
                                  path("new"), "--json"});
        QVERIFY2(outcome.code == 0, qPrintable(outcome.err));
        QVERIFY2(outcome.err.contains("a project was made") && outcome.err.contains("names none of its 2 choices"), qPrintable(outcome.err));
        QCOMPARE(outcome.object["rows"].toInt(), 6);
        const auto metrics = outcome.object["metrics"].toObject();
        QCOMPARE(metrics["acc"].toObject()["value"].toDouble(), 0.5); // one answer whatever the row, half of them right
        const auto general = outcome.object["general"].toObject()["sets"].toArray()[0].toObject();
        QCOMPARE(general["rows"].toInt(), 2);
        QVERIFY(general["metrics"].toObject()["perplexity"].toObject()["value"].toDouble() > 1);
        QVERIFY(QFile::exists(path("new/evaluations/1/results.json")) && QFile::exists(path("new/luthier.db")));
        // What a metric lacks is said before anybody is asked: all rows, or some.
        const auto wrong = run({"eval", "--model", model(), "--data", plain, "--metrics", "acc"});
        QVERIFY2(wrong.code == 1 && wrong.err.contains("no row can be measured") && wrong.err.contains("choices"), qPrintable(wrong.err));
        const auto waiting = write("waiting.jsonl", "{\"messages\":[{\"role\":\"user\",\"content\":\"Say oak.\"},{\"role\":\"assistant\",\"content\":\"oak\"}]}\n"
                                                    "{\"messages\":[{\"role\":\"user\",\"content\":\"And now?\"}]}\n");
        const auto some = run({"eval", "--model", model(), "--data", waiting, "--metrics", "exact_match", "--max-new", "3", "--draws", "100", "--json"});
        QVERIFY2(some.code == 0 && some.object["rows"].toInt() == 1, qPrintable(some.err));
        QVERIFY2(!some.object["skipped"].toArray()[0].toObject()["why"].toString().startsWith("row "), qPrintable(some.err)); // it is named beside
        const auto listed = run({"eval", "--list", "--project", path("new"), "--json"});
        QVERIFY2(listed.code == 0 && listed.object["whole"].toBool() && listed.object["rows"].toInt() == 6, qPrintable(listed.out + listed.err));
        QVERIFY(run({"report", path("new/evaluations/1"), "--card"}).err.contains("a card belongs to a run"));
        const auto missing = run({"eval", "--run", "3", "--project", path("nowhere"), "--metrics", "bleu"});
        QVERIFY2(missing.code == 1 && missing.err.contains("no project lies there"), qPrintable(missing.err));
    }

private:
    static QString textOf(const QJsonValue& answer) // a text, or the last of its turns
    {
        return answer.isArray() ? answer.toArray().last().toObject()["content"].toString() : answer.toString();
    }
    static QString model() { return QString::fromStdString(base::bundledModel().string()); }
    QString path(const QString& name) const { return m_folder->filePath(name); }
    QString write(const QString& name, const QByteArray& content) const
    {
        QFile file(path(name));
        if (!file.open(QIODevice::WriteOnly) || file.write(content) != content.size()) {
            qFatal("cannot write");
        }
        return path(name);
    }
    static Outcome run(const QStringList& arguments)
    {
        QProcess process;
        process.start(kProgram, arguments + QStringList{"--threads", "1", "--device", "cpu"});
        Outcome outcome;
        if (process.waitForFinished(240'000) && process.exitStatus() == QProcess::NormalExit) {
            outcome.code = process.exitCode();
        }
        outcome.out = QString::fromUtf8(process.readAllStandardOutput());
        outcome.err = QString::fromUtf8(process.readAllStandardError());
        outcome.object = QJsonDocument::fromJson(outcome.out.toUtf8()).object();
        return outcome;
    }

    std::unique_ptr<QTemporaryDir> m_folder;
};

QTEST_APPLESS_MAIN(TestCliEval)
#include "tst_cli_eval.moc"
