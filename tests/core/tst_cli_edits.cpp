// SPDX-License-Identifier: GPL-3.0-or-later
// Editing with `luthier data`: rows, turns, tags and versions kept in a project as the window keeps them, undone and done
// again as one history, and read back by the other verbs. The data file itself is never written.
#include "core/store/project.h"
#include "tests/support/json_lines.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTemporaryDir>
#include <QtTest>

using namespace luthier;

namespace {

const QString kProgram = QStringLiteral(LUTHIER_BIN_DIR "/luthier");

const QByteArray kRows = R"({"messages":[{"role":"user","content":"Which wood?"},{"role":"assistant","content":"Oak. It is hard."}]}
{"messages":[{"role":"user","content":"Which glue?"},{"role":"assistant","content":"Hide glue."}]}
{"messages":[{"role":"user","content":"Which saw?"},{"role":"assistant","content":"The rip saw."}]}
{"messages":[{"role":"user","content":"Which plane?"},{"role":"assistant","content":""}]}
)";

using Outcome = support::JsonLines;

} // namespace

class TestCliEdits : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        m_folder = std::make_unique<QTemporaryDir>();
        m_rows = m_folder->filePath("rows.jsonl");
        QFile file(m_rows);
        QVERIFY(file.open(QIODevice::WriteOnly) && file.write(kRows) == kRows.size());
    }
    void cleanup()
    {
        QFile file(m_rows);
        QVERIFY(file.open(QIODevice::ReadOnly));
        QCOMPARE(file.readAll(), kRows);
    }

    void turns_data();
    void turns();
    void whatCannotBeDone_data();
    void whatCannotBeDone();
    void undoneAndDoneAgain();
    void oneHistoryWithTheWindow();
    void marks();
    void choices_data();
    void choices();
    void checksThatAskAModel();
    void versions();
    void replacedInTheProject();
    void splitByTag();

private:
    Outcome data(const QStringList& arguments, bool inProject = true) const
    {
        return support::jsonLinesOf(kProgram, QStringList{"data"} + arguments + (inProject ? QStringList{"--project", project()} : QStringList())
                                                  + QStringList{"--json"}, 60'000);
    }
    QString project() const { return m_folder->filePath("project"); }
    // "user:Which wood?|assistant:Oak."
    QString turnsOf(int row) const
    {
        QStringList turns;
        for (const auto& turn : data({"show", m_rows}).lines.value(row - 1)["data"].toObject()["messages"].toArray()) {
            turns += turn.toObject()["role"].toString() + ":" + turn.toObject()["content"].toString();
        }
        return turns.join("|");
    }

    std::unique_ptr<QTemporaryDir> m_folder;
    QString m_rows;
};

void TestCliEdits::turns_data()
{
    QTest::addColumn<QStringList>("edit");
    QTest::addColumn<QString>("after");
    QTest::newRow("set") << QStringList{"--turn", "2", "--set", "Ash."} << "user:Which wood?|assistant:Ash.";
    QTest::newRow("by path") << QStringList{"--field", "messages/0/content", "--set", "What?"} << "user:What?|assistant:Oak. It is hard.";
    QTest::newRow("by role") << QStringList{"--field", "assistant", "--set", "Elm."} << "user:Which wood?|assistant:Elm.";
    QTest::newRow("role") << QStringList{"--turn", "1", "--role", "system"} << "system:Which wood?|assistant:Oak. It is hard.";
    QTest::newRow("add") << QStringList{"--turn", "2", "--add", "Why?"} << "user:Which wood?|assistant:Oak. It is hard.|user:Why?";
    QTest::newRow("add with a role") << QStringList{"--turn", "2", "--add", "3", "--role", "tool"}
                                     << "user:Which wood?|assistant:Oak. It is hard.|tool:3";
    QTest::newRow("delete") << QStringList{"--turn", "1", "--delete"} << "assistant:Oak. It is hard.";
    QTest::newRow("split") << QStringList{"--turn", "2", "--split", " It"} << "user:Which wood?|assistant:Oak.|assistant: It is hard.";
    QTest::newRow("merge") << QStringList{"--turn", "1", "--merge"} << "user:Which wood?\nOak. It is hard.";
    QTest::newRow("move down") << QStringList{"--turn", "1", "--move", "down"} << "assistant:Oak. It is hard.|user:Which wood?";
    QTest::newRow("move up") << QStringList{"--turn", "2", "--move", "up"} << "assistant:Oak. It is hard.|user:Which wood?";
}

void TestCliEdits::turns()
{
    QFETCH(QStringList, edit);
    QFETCH(QString, after);
    const auto done = data(QStringList{"edit", m_rows, "--row", "1"} + edit);
    QVERIFY2(done.code == 0, done.err.constData());
    QVERIFY(done.object()["changed"].toBool());
    QCOMPARE(turnsOf(1), after);
    const auto undone = data({"undo", m_rows});
    QVERIFY2(undone.code == 0, undone.err.constData());
    QVERIFY(undone.object()["steps"].toArray()[0].toObject()["text"].toString().contains("row 1"));
    QCOMPARE(turnsOf(1), QStringLiteral("user:Which wood?|assistant:Oak. It is hard."));
}

void TestCliEdits::whatCannotBeDone_data()
{
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<int>("code");
    QTest::addColumn<QByteArray>("said");
    QTest::newRow("nothing to do") << QStringList{"edit", "FILE", "--row", "1", "--turn", "1"} << 2 << QByteArray("say what to do");
    QTest::newRow("two things") << QStringList{"edit", "FILE", "--row", "1", "--merge", "--delete"} << 2 << QByteArray("excludes");
    QTest::newRow("no such row") << QStringList{"edit", "FILE", "--row", "9", "--turn", "1", "--set", "x"} << 1 << QByteArray("row 9");
    QTest::newRow("no such turn") << QStringList{"edit", "FILE", "--row", "1", "--turn", "3", "--set", "x"} << 1 << QByteArray("the row has 2");
    QTest::newRow("no such field") << QStringList{"edit", "FILE", "--row", "1", "--field", "input", "--set", "x"} << 1 << QByteArray("no field");
    QTest::newRow("which text") << QStringList{"edit", "FILE", "--row", "1", "--set", "x"} << 1 << QByteArray("messages/0/content");
    QTest::newRow("no such role") << QStringList{"edit", "FILE", "--row", "1", "--turn", "1", "--role", "king"} << 1 << QByteArray("assistant");
    QTest::newRow("not there to split") << QStringList{"edit", "FILE", "--row", "1", "--turn", "2", "--split", "Elm"} << 1 << QByteArray("Elm");
    QTest::newRow("nothing below") << QStringList{"edit", "FILE", "--row", "1", "--turn", "2", "--merge"} << 1 << QByteArray("below");
    QTest::newRow("nothing to undo") << QStringList{"undo", "FILE"} << 1 << QByteArray("nothing to undo");
    QTest::newRow("nothing to redo") << QStringList{"redo", "FILE"} << 1 << QByteArray("nothing that was undone");
    QTest::newRow("no rows said") << QStringList{"exclude", "FILE"} << 1 << QByteArray("--rows");
    QTest::newRow("past the end") << QStringList{"tag", "FILE", "--add", "x", "--rows", "4-5"} << 1 << QByteArray("no row 5");
    QTest::newRow("no list") << QStringList{"tag", "FILE", "--add", "x", "--rows", "2-1"} << 1 << QByteArray("no list of rows");
    QTest::newRow("bad pattern") << QStringList{"tag", "FILE", "--add", "x", "--regex", "--where", "("} << 1 << QByteArray("--where");
    QTest::newRow("no such version") << QStringList{"versions", "FILE", "restore", "x"} << 1 << QByteArray("no version");
    QTest::newRow("too few versions") << QStringList{"versions", "FILE", "diff", "now"} << 2 << QByteArray("A B");
    QTest::newRow("its name is taken") << QStringList{"versions", "FILE", "save", "now"} << 1 << QByteArray("another name");
}

void TestCliEdits::whatCannotBeDone()
{
    QFETCH(QStringList, arguments);
    QFETCH(int, code);
    QFETCH(QByteArray, said);
    static_cast<void>(store::Project::open(project().toStdString()));
    const auto outcome = data(arguments.replaceInStrings("FILE", m_rows));
    QCOMPARE(outcome.code, code);
    QVERIFY2(outcome.err.contains(said), outcome.err.constData());
    QVERIFY((*store::Project::open(project().toStdString()))->steps(1 << 20)->empty());
}

void TestCliEdits::undoneAndDoneAgain()
{
    const QStringList answers{"a", "b", "c"};
    for (const QString& answer : answers) {
        QCOMPARE(data({"edit", m_rows, "--row", "2", "--turn", "2", "--set", answer}).code, 0);
    }
    QVERIFY(!data({"edit", m_rows, "--row", "2", "--turn", "2", "--set", "c"}).object()["changed"].toBool()); // no step
    QCOMPARE(data({"history", m_rows}).lines.size(), 3);
    QCOMPARE(data({"undo", m_rows, "--steps", "2"}).object()["steps"].toArray().size(), 2);
    QVERIFY(turnsOf(2).endsWith("assistant:a"));
    QCOMPARE(data({"redo", m_rows}).code, 0);
    QVERIFY(turnsOf(2).endsWith("assistant:b"));
    QCOMPARE(data({"edit", m_rows, "--row", "2", "--turn", "2", "--set", "d"}).code, 0);
    QCOMPARE(data({"redo", m_rows}).code, 1); // another way was taken
    QCOMPARE(data({"undo", m_rows, "--steps", "9"}).object()["steps"].toArray().size(), 3);
    QVERIFY(turnsOf(2).endsWith("assistant:Hide glue."));
    QCOMPARE(data({"redo", m_rows, "--steps", "3"}).code, 0);
    QCOMPARE(data({"edit", m_rows, "--row", "2", "--revert"}).code, 0);
    QVERIFY(turnsOf(2).endsWith("assistant:Hide glue."));
}

// What the window records is undone here and the other way round; the newest step comes first whichever file it is of.
void TestCliEdits::oneHistoryWithTheWindow()
{
    QCOMPARE(data({"exclude", m_rows, "--rows", "3"}).code, 0);
    {
        const auto opened = *store::Project::open(project().toStdString());
        store::EditStep step;
        step.path = m_rows.toStdString();
        step.text = "edit of row 4";
        step.rows.push_back({3, std::nullopt, Json{{"messages", Json::array({{{"role", "user"}, {"content", "?"}}})}}});
        QVERIFY(opened->recordStep(step).ok());
        QVERIFY(opened->sources()->size() == 1);
    }
    QCOMPARE(turnsOf(4), QStringLiteral("user:?"));
    const QString other = m_folder->filePath("other.jsonl");
    QVERIFY(QFile::copy(m_rows, other));
    QCOMPARE(data({"tag", other, "--add", "x", "--rows", "1"}).code, 0);
    const auto refused = data({"undo", m_rows});
    QCOMPARE(refused.code, 1);
    QVERIFY2(refused.err.contains("other.jsonl"), refused.err.constData());
    QCOMPARE(data({"undo", other}).code, 0);
    QCOMPARE(data({"undo", m_rows}).object()["steps"].toArray()[0].toObject()["text"].toString(), QStringLiteral("edit of row 4"));
    {
        const auto opened = *store::Project::open(project().toStdString());
        const auto steps = *opened->steps(1 << 20);
        QCOMPARE(steps.size(), std::size_t{3});
        QVERIFY(!steps[0].isUndone && steps[1].isUndone && steps[2].isUndone);
        QVERIFY(opened->exclusions(m_rows.toStdString())->contains(2));
        QVERIFY(data({"undo", m_rows}).err.contains("open")); // the other Luthier is named
    }
    QCOMPARE(turnsOf(4), QStringLiteral("user:Which plane?|assistant:"));
}

void TestCliEdits::marks()
{
    QCOMPARE(data({"tag", m_rows, "--add", "wood", "--rows", "1,3-4"}).object()["changed"].toInt(), 3);
    QCOMPARE(data({"tag", m_rows, "--add", "wood", "--all"}).object()["rows"].toArray(), (QJsonArray{2}));
    QCOMPARE(data({"tag", m_rows, "--remove", "wood", "--rows", "2"}).object()["changed"].toInt(), 1);
    QCOMPARE(data({"tag", m_rows, "--remove", "wood", "--rows", "2"}).object()["changed"].toInt(), 0);
    QCOMPARE(data({"tag", m_rows}).object()["tags"].toObject()["wood"].toInt(), 3);
    QCOMPARE(data({"exclude", m_rows, "--tagged", "wood"}).object()["changed"].toInt(), 3);
    const QString out = m_folder->filePath("out.jsonl");
    const auto written = data({"convert", m_rows, "--out", out});
    QCOMPARE(written.object()["good"].toInt(), 1);
    QCOMPARE(written.object()["excluded"].toInt(), 3);
    QCOMPARE(data({"include", m_rows, "--rows", "4"}).object()["changed"].toInt(), 1);
    QCOMPARE(data({"history", m_rows}).lines.size(), 5);
    QCOMPARE(data({"undo", m_rows, "--steps", "5"}).code, 0);
    QVERIFY(data({"tag", m_rows}).object()["tags"].toObject().isEmpty());
    QCOMPARE(data({"convert", m_rows, "--out", out}).object()["excluded"].toInt(), 0);
}

void TestCliEdits::choices_data()
{
    QTest::addColumn<QStringList>("choice");
    QTest::addColumn<QJsonArray>("rows");
    QTest::newRow("text") << QStringList{"--where", "SAW"} << QJsonArray{3};
    QTest::newRow("case") << QStringList{"--where", "SAW", "--case"} << QJsonArray{};
    QTest::newRow("field") << QStringList{"--where", "glue", "--field", "user"} << QJsonArray{2};
    QTest::newRow("pattern") << QStringList{"--where", "^Which (wood|saw)", "--regex"} << QJsonArray{1, 3};
    QTest::newRow("words") << QStringList{"--where", "plan", "--words"} << QJsonArray{};
    QTest::newRow("check") << QStringList{"--check", "empty_answer"} << QJsonArray{4};
    QTest::newRow("both") << QStringList{"--where", "which", "--rows", "2-3"} << QJsonArray{2, 3};
    QTest::newRow("all") << QStringList{"--all"} << QJsonArray{1, 2, 3, 4};
}

void TestCliEdits::choices()
{
    QFETCH(QStringList, choice);
    QFETCH(QJsonArray, rows);
    const auto done = data(QStringList{"tag", m_rows, "--add", "found"} + choice);
    QVERIFY2(done.code == 0, done.err.constData());
    QCOMPARE(done.object()["rows"].toArray(), rows);
}

// What a check asks a model for is not looked for without one, and no row would say so.
void TestCliEdits::checksThatAskAModel()
{
    for (const char* check : {"too_long", "end_mark"}) {
        const auto refused = data({"tag", m_rows, "--add", "found", "--check", check});
        QVERIFY(refused.code != 0);
        QVERIFY2(refused.err.contains("asks a model: luthier data check"), refused.err.constData());
    }
}

void TestCliEdits::versions()
{
    QCOMPARE(data({"edit", m_rows, "--row", "1", "--turn", "2", "--set", "Ash."}).code, 0);
    QCOMPARE(data({"exclude", m_rows, "--rows", "4"}).code, 0);
    const auto saved = data({"versions", m_rows, "save", "first"});
    QVERIFY2(saved.code == 0, saved.err.constData());
    QCOMPARE(saved.object()["edits"].toInt() + saved.object()["excluded"].toInt(), 2);
    QCOMPARE(data({"edit", m_rows, "--row", "2", "--turn", "2", "--set", "Bone glue."}).code, 0);
    QCOMPARE(data({"include", m_rows, "--all"}).code, 0);
    const auto differences = data({"versions", m_rows, "diff", "first", "now"});
    QCOMPARE(differences.lines.size(), 2);
    QCOMPARE(differences.lines[0]["row"].toInt(), 2);
    QCOMPARE(differences.lines[0]["after"].toObject()["data"].toObject()["messages"].toArray()[1].toObject()["content"].toString(),
             QStringLiteral("Bone glue."));
    QVERIFY(differences.lines[1]["before"].toObject()["excluded"].toBool());
    QCOMPARE(data({"versions", m_rows, "diff", "file", "first"}).lines.size(), 2);
    QCOMPARE(data({"versions", m_rows, "restore", "first"}).object()["changed"].toInt(), 2);
    QVERIFY(data({"versions", m_rows, "diff", "first", "now"}).lines.isEmpty());
    QCOMPARE(data({"undo", m_rows}).code, 0);
    QVERIFY(turnsOf(2).endsWith("Bone glue."));
    QCOMPARE(data({"versions", m_rows, "list"}).lines.size(), 1);
    QCOMPARE(data({"versions", m_rows, "delete", "first"}).code, 0);
    QVERIFY(data({"versions", m_rows}).lines.isEmpty());
}

void TestCliEdits::replacedInTheProject()
{
    const auto done = data({"replace", m_rows, "--find", "which", "--with", "What", "--save"});
    QVERIFY2(done.code == 0, done.err.constData());
    QCOMPARE(done.object()["changed"].toInt(), 4);
    QVERIFY(turnsOf(3).startsWith("user:What saw?"));
    QCOMPARE(data({"history", m_rows}).lines.size(), 1);
    QCOMPARE(data({"undo", m_rows}).code, 0);
    QVERIFY(turnsOf(3).startsWith("user:Which saw?"));
    QCOMPARE(data({"replace", m_rows, "--find", "x", "--save"}, false).code, 1);
}

void TestCliEdits::splitByTag()
{
    QByteArray many;
    for (int i = 0; i < 200; ++i) {
        many += "{\"instruction\":\"Question " + QByteArray::number(i) + "\",\"output\":\"Answer\"}\n";
    }
    const QString path = m_folder->filePath("many.jsonl");
    QFile file(path);
    QVERIFY(file.open(QIODevice::WriteOnly) && file.write(many) == many.size());
    file.close();
    QCOMPARE(data({"tag", path, "--add", "rare", "--rows", "181-200"}).object()["changed"].toInt(), 20);
    const auto done = data({"split", path, "--by-tag", "--out", m_folder->filePath("set.jsonl")});
    QVERIFY2(done.code == 0, done.err.constData());
    QFile held(m_folder->filePath("set.held_out.jsonl"));
    QVERIFY(held.open(QIODevice::ReadOnly));
    int rare = 0;
    int rows = 0;
    for (const QByteArray& line : held.readAll().trimmed().split('\n')) {
        const QString text = QJsonDocument::fromJson(line).object()["instruction"].toString();
        rare += text.mid(9).toInt() >= 180 ? 1 : 0;
        ++rows;
    }
    QCOMPARE(rows, 20);
    QCOMPARE(rare, 2);
    QCOMPARE(data({"split", path, "--by-tag", "--out", m_folder->filePath("no.jsonl")}, false).code, 1);
}

QTEST_APPLESS_MAIN(TestCliEdits)
#include "tst_cli_edits.moc"
