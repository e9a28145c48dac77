// SPDX-License-Identifier: GPL-3.0-or-later
// Columns with names of their own: mapping, what is guessed, and what a file with such columns says.
#include "core/data/dataset.h"
#include "core/data/formats/columns.h"
#include "core/data/formats/python_literal.h"
#include "core/data/making/mixing.h"
#include "core/data/row_walk.h"
#include "core/data/unread/unread_fields.h"

#include <QTemporaryDir>
#include <QtTest>

#include <fstream>
#include <map>

using namespace luthier;

namespace {

Json parsed(const char* text)
{
    return base::parseJson(text).value();
}

QString joined(const data::Columns& columns)
{
    QStringList texts;
    for (const auto& text : data::toTexts(columns)) {
        texts += QString::fromStdString(text);
    }
    return texts.join(",");
}

} // namespace

class TestColumns : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void rowsAreRenamed_data()
    {
        QTest::addColumn<QByteArray>("columns");
        QTest::addColumn<QByteArray>("row");
        QTest::addColumn<QByteArray>("wanted");
        QTest::newRow("two") << QByteArray("prompt=q,completion=a") << QByteArray(R"({"id":7,"a":"Say","q":"Ask"})")
                             << QByteArray(R"({"prompt":"Ask","completion":"Say","id":7})");
        QTest::newRow("swapped") << QByteArray("prompt=completion,completion=prompt") << QByteArray(R"({"prompt":"x","completion":"y"})")
                                 << QByteArray(R"({"prompt":"y","completion":"x"})");
        QTest::newRow("missing stays as it was") << QByteArray("prompt=q") << QByteArray(R"({"prompt":"x","z":1})")
                                                 << QByteArray(R"({"prompt":"x","z":1})");
        QTest::newRow("null") << QByteArray("prompt=q") << QByteArray(R"({"q":null,"z":1})") << QByteArray(R"({"q":null,"z":1})");
        QTest::newRow("deeper") << QByteArray("prompt=data/q") << QByteArray(R"({"data":{"q":"x","r":1}})")
                                << QByteArray(R"({"prompt":"x","data":{"r":1}})");
        QTest::newRow("nothing is left of a member") << QByteArray("prompt=input/q,completion=output/x/a") << QByteArray(R"({"input":{"q":"x"},"output":{"x":{"a":"y"},"z":2},"e":{}})")
                                                     << QByteArray(R"({"prompt":"x","completion":"y","output":{"x":{},"z":2},"e":{}})");
        QTest::newRow("slash in the name of a member") << QByteArray("prompt=d/a/b") << QByteArray(R"({"d":{"a":{"b":"y"},"a/b":"x","r":1}})")
                                                       << QByteArray(R"({"prompt":"x","d":{"a":{"b":"y"},"r":1}})");
        QTest::newRow("slash in the name") << QByteArray("prompt=a/b") << QByteArray(R"({"a/b":"x","a":{"b":"y"}})")
                                           << QByteArray(R"({"prompt":"x","a":{"b":"y"}})");
        QTest::newRow("one column twice") << QByteArray("prompt=t,completion=t") << QByteArray(R"({"t":"x"})")
                                          << QByteArray(R"({"prompt":"x","completion":"x"})");
        QTest::newRow("a choice by its place") << QByteArray("input=choices,completion=choices[answer]") << QByteArray(R"({"question":"x","choices":["p","q"],"answer":1})")
                                               << QByteArray(R"({"input":["p","q"],"completion":"q","question":"x"})");
        QTest::newRow("the choices stay") << QByteArray("completion=choices[answer]") << QByteArray(R"({"choices":["p","q"],"answer":"B"})")
                                          << QByteArray(R"({"completion":"q","choices":["p","q"]})");
        QTest::newRow("a choice by its name") << QByteArray("completion=o[k]") << QByteArray(R"({"o":{"A":"p","B":"q"},"k":"B"})")
                                              << QByteArray(R"({"completion":"q","o":{"A":"p","B":"q"}})");
        QTest::newRow("a choice among columns") << QByteArray("input=A+B,completion=A+B[k]") << QByteArray(R"({"A":"p","B":"q","k":"b"})") << QByteArray(R"({"input":"A: p\nB: q","completion":"q"})");
        QTest::newRow("nothing chooses") << QByteArray("completion=A+B[x]") << QByteArray(R"({"A":"p","B":"q","k":"b"})") << QByteArray(R"({"A":"p","B":"q","k":"b"})");
        QTest::newRow("joined, with brackets in a name") << QByteArray("input=A+B[x]") << QByteArray(R"({"A":"p","B[x]":"q"})") << QByteArray(R"({"input":"A: p\nB[x]: q"})");
        QTest::newRow("a choice that begins with 1") << QByteArray("completion=o[k-1]") << QByteArray(R"({"o":["p","q"],"k":"2"})") << QByteArray(R"({"completion":"q","o":["p","q"]})");
        QTest::newRow("nothing before 1") << QByteArray("completion=o[k-1]") << QByteArray(R"({"o":["p","q"],"k":0})") << QByteArray(R"({"o":["p","q"],"k":0})");
        QTest::newRow("a column of that name") << QByteArray("completion=o[k-1]") << QByteArray(R"({"o":["p","q"],"k-1":1,"k":1})") << QByteArray(R"({"completion":"q","o":["p","q"],"k":1})");
        QTest::newRow("a choice that is none") << QByteArray("completion=o[k]") << QByteArray(R"({"o":["p","q"],"k":2})") << QByteArray(R"({"o":["p","q"],"k":2})");
        QTest::newRow("brackets in the name") << QByteArray("completion=o[k]") << QByteArray(R"({"o[k]":"x","o":["p","q"],"k":0})")
                                              << QByteArray(R"({"completion":"x","o":["p","q"],"k":0})");
        QTest::newRow("no object") << QByteArray("prompt=q") << QByteArray("[1]") << QByteArray("[1]");
    }
    void rowsAreRenamed()
    {
        QFETCH(QByteArray, columns);
        QFETCH(QByteArray, row);
        QFETCH(QByteArray, wanted);
        std::vector<std::string> texts;
        for (const auto& text : columns.split(',')) {
            texts.push_back(text.toStdString());
        }
        const auto map = data::parseColumns(texts);
        QVERIFY(map.ok());
        QCOMPARE(base::dumpJson(data::withColumns(parsed(row), *map)), base::dumpJson(parsed(wanted)));
    }

    void whatIsNoMap()
    {
        for (const char* bad : {"prompt", "=a", "prompt=", ""}) {
            QVERIFY(!data::parseColumns({bad}).ok());
        }
        QVERIFY(data::parseColumns({"a=b", "a=c"}).message().find("two columns") != std::string::npos);
        QCOMPARE((*data::parseColumns({"a=b=c"}))[0].column, std::string("b=c"));
    }

    void guesses_data()
    {
        QTest::addColumn<QByteArray>("row");
        QTest::addColumn<QString>("format");
        QTest::addColumn<QString>("columns");
        QTest::newRow("question and solution") << QByteArray(R"({"id":1,"question":"Ask","solution":"Say"})") << "completion" << "prompt=question,completion=solution";
        QTest::newRow("capitals") << QByteArray(R"({"Question":"Ask","Solution":"Say"})") << "completion" << "prompt=Question,completion=Solution";
        QTest::newRow("parts of names") << QByteArray(R"({"user_question":"Ask","best_answer":"Say"})") << "completion" << "prompt=user_question,completion=best_answer";
        QTest::newRow("by content") << QByteArray(R"({"foo":"Ask","bar":"A much longer text","n":2})") << "completion" << "prompt=foo,completion=bar";
        QTest::newRow("one text") << QByteArray(R"({"foo":"Ask","n":2})") << "text" << "text=foo";
        QTest::newRow("pairs") << QByteArray(R"({"query":"Ask","winner":"Yes","loser":"No"})") << "preference" << "prompt=query,chosen=winner,rejected=loser";
        QTest::newRow("reviews") << QByteArray(R"({"review":"Good","sentiment":"praise"})") << "classification" << "text=review,label=sentiment";
        QTest::newRow("talk") << QByteArray(R"({"chat":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}]})") << "chat" << "messages=chat";
        QTest::newRow("nothing") << QByteArray(R"({"a":1,"b":[2]})") << "" << "";
        QTest::newRow("known already") << QByteArray(R"({"prompt":"Ask","completion":"Say"})") << "" << "";
    }
    void guesses()
    {
        QFETCH(QByteArray, row);
        QFETCH(QString, format);
        QFETCH(QString, columns);
        const std::vector<Json> rows{parsed(row), parsed(row)};
        const auto guess = data::guessColumns(rows);
        QCOMPARE(guess ? QString::fromStdString(guess->format) : QString(), format);
        QCOMPARE(guess ? joined(guess->columns) : QString(), columns);
    }

    // Lists and objects as Python prints them; "" where it is none.
    void pythonIsRead_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QByteArray>("wanted");
        QTest::newRow("texts") << QByteArray("['Odo', \"it's\", 'a \\'b\\'', 'x\\ny', '\\u00e9\\x41']") << QByteArray("[\"Odo\",\"it's\",\"a 'b'\",\"x\\ny\",\"\303\251A\"]");
        QTest::newRow("words and numbers") << QByteArray("{'a': True, 'b': None, 1: -2.5, 'c': [1e3, 2.]}") << QByteArray("{\"a\":true,\"b\":null,\"1\":-2.5,\"c\":[1000.0,2.0]}");
        QTest::newRow("tuples") << QByteArray("[('a', 1), ()]") << QByteArray("[[\"a\",1],[]]");
        QTest::newRow("arrays") << QByteArray("{'t': array(['a', 'b'], dtype=object), 's': array([1, 2])}") << QByteArray("{\"t\":[\"a\",\"b\"],\"s\":[1,2]}");
        QTest::newRow("no commas") << QByteArray("['a' 'b'\n 'c']") << QByteArray("[\"a\",\"b\",\"c\"]");
        QTest::newRow("shortened") << QByteArray("[1 2 ... 8 9]") << QByteArray();
        QTest::newRow("names") << QByteArray("[a, b]") << QByteArray();
        QTest::newRow("a set") << QByteArray("{'a', 'b'}") << QByteArray();
        QTest::newRow("cut") << QByteArray("['a', 'b") << QByteArray();
        QTest::newRow("more behind it") << QByteArray("['a'] is a list") << QByteArray();
        QTest::newRow("half a pair of surrogates") << QByteArray("['\\ud800']") << QByteArray();
        QTest::newRow("deep") << QByteArray(4000, '[') << QByteArray();
        QTest::newRow("a text") << QByteArray("'a'") << QByteArray();
    }
    void pythonIsRead()
    {
        QFETCH(QByteArray, text);
        QFETCH(QByteArray, wanted);
        const auto value = data::parsePythonLiteral(text.toStdString());
        QCOMPARE(QByteArray::fromStdString(value ? base::dumpJson(*value) : ""), wanted);
    }

    // An offer for a file whose columns go by other names already speaks of the file's own.
    void offersKnowTheMapping()
    {
        const std::string path = put("m.jsonl", "{\"body\":\"Odo bakes bread.\",\"title\":\"Of bread\"}\n{\"body\":\"Mira sings songs.\",\"title\":\"Of songs\"}\n");
        data::OpenOptions options;
        options.columns = {"text=body"};
        const auto report = data::findUnread(**data::Dataset::open(path, options), {}, {});
        QVERIFY(report.ok() && report->offer);
        QCOMPARE(joined(report->offer->columns), QString("prompt=title,completion=body"));
        options.columns = data::toTexts(report->offer->columns);
        options.format = report->offer->format;
        const auto fuller = data::Dataset::open(path, options);
        QCOMPARE(data::promptOf((*fuller)->example(1).value()), std::string("Of songs"));
    }

    void filesSayAndTakeIt()
    {
        const std::string path = put("q.jsonl", "{\"Frage\":\"Was?\",\"Loesung\":\"Das hier.\"}\n{\"Frage\":\"Wer?\",\"Loesung\":\"Der dort.\"}\n");
        const auto unknown = data::Dataset::open(path);
        QVERIFY(!unknown.ok());
        QVERIFY2(unknown.message().find("prompt=Frage,completion=Loesung would read it as Completion (--map") != std::string::npos,
                 unknown.message().c_str());
        const auto facts = data::columnFacts(data::Dataset::sample(path).value());
        QCOMPARE(facts.size(), std::size_t{2});
        QCOMPARE(QString::fromStdString(facts[1].name + "|" + facts[1].kind + "|" + facts[1].example), QString("Loesung|text|Das hier."));
        data::OpenOptions options;
        options.columns = {"prompt=Frage", "completion=Loesung"};
        const auto set = data::Dataset::open(path, options);
        QVERIFY2(set.ok(), set.ok() ? "" : set.message().c_str());
        QCOMPARE(data::promptOf((*set)->example(1).value()), std::string("Wer?"));
        QVERIFY((*set)->rawRow(1).starts_with(R"({"Frage")"));
        const auto edited = (*set)->withField(0, "completion", "Dies.");
        QVERIFY(edited.ok() && (*edited)["completion"] == "Dies.");
        options.columns = {"prompt"};
        QVERIFY(!data::Dataset::open(path, options).ok());
    }

    // Each value of the field gives its share, and the same rows whatever else is there.
    void splitByAField()
    {
        std::string content;
        for (int i = 0; i < 300; ++i) {
            const Json row = {{"prompt", "p" + std::to_string(i)}, {"completion", "c"}, {"tag", i % 10 ? "often" : "seldom"}};
            content += base::dumpJson(row) + "\n";
        }
        const auto set = data::Dataset::open(put("tags.jsonl", content));
        const auto sides = data::splitRows(**set, {0.2, 1, "tag"});
        QVERIFY(sides.ok());
        std::map<std::string, int> held;
        for (std::int64_t i = 0; i < 300; ++i) {
            held[(*(*set)->row(i))["tag"].get<std::string>()] += (*sides)[static_cast<std::size_t>(i)] == data::SplitSide::HeldOut ? 1 : 0;
        }
        QCOMPARE(held["often"], 54);
        QCOMPARE(held["seldom"], 6);
    }

private:
    std::string put(const char* name, const std::string& content) const
    {
        const std::string path = m_folder.filePath(QString::fromLatin1(name)).toStdString();
        std::ofstream(path) << content;
        return path;
    }

    QTemporaryDir m_folder;
};

QTEST_APPLESS_MAIN(TestColumns)
#include "tst_columns.moc"
