// SPDX-License-Identifier: GPL-3.0-or-later
// Edits of rows: turns added, split, merged, moved and removed; patterns found and replaced within their limits.
#include "core/base/files.h"
#include "core/data/row_fields.h"
#include "core/data/turn_edits.h"
#include "tests/support/patience.h"

#include <QTemporaryDir>
#include <QtTest>

using namespace luthier;
using data::TurnEdit;

namespace {

Json parsed(const char* text)
{
    auto json = base::parseJson(text);
    return json ? *json : Json(json.message());
}

const char* const kChat = R"({"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b","weight":0}],"id":7})";
const char* const kShare = R"([{"from":"human","value":"a"},{"from":"gpt","value":"b"}])";

} // namespace

class TestRowEdits : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void turns_data()
    {
        QTest::addColumn<QByteArray>("row");
        QTest::addColumn<int>("kind");
        QTest::addColumn<QByteArray>("path");
        QTest::addColumn<QByteArray>("expected"); // empty: refused
        using Kind = TurnEdit::Kind;
        const auto row = [](const char* name, const char* before, Kind kind, const char* path, const char* after) {
            QTest::newRow(name) << QByteArray(before) << static_cast<int>(kind) << QByteArray(path) << QByteArray(after);
        };
        row("add", kChat, Kind::Add, "messages/0/content",
            R"({"messages":[{"role":"user","content":"a"},{"role":"assistant","content":""},{"role":"assistant","content":"b","weight":0}],"id":7})");
        row("add at the end", kShare, Kind::Add, "1/value",
            R"([{"from":"human","value":"a"},{"from":"gpt","value":"b"},{"from":"human","value":""}])");
        row("split", kChat, Kind::Split, "messages/1/content",
            R"({"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"left","weight":0},{"role":"assistant","content":"right","weight":0}],"id":7})");
        row("merge", kChat, Kind::MergeWithNext, "messages/0/content", R"({"messages":[{"role":"user","content":"a\nb","weight":0}],"id":7})");
        row("merge the last", kChat, Kind::MergeWithNext, "messages/1/content", "");
        row("up", kShare, Kind::MoveUp, "1/value", R"([{"from":"gpt","value":"b"},{"from":"human","value":"a"}])");
        row("up from the top", kShare, Kind::MoveUp, "0/value", "");
        row("down", kShare, Kind::MoveDown, "0/value", R"([{"from":"gpt","value":"b"},{"from":"human","value":"a"}])");
        row("down from the end", kShare, Kind::MoveDown, "1/value", "");
        row("remove", kChat, Kind::Remove, "messages/0/content", R"({"messages":[{"role":"assistant","content":"b","weight":0}],"id":7})");
        row("role", kChat, Kind::SetRole, "messages/0/content",
            R"({"messages":[{"role":"system","content":"a"},{"role":"assistant","content":"b","weight":0}],"id":7})");
        row("learn", kChat, Kind::Learn, "messages/1/content", R"({"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}],"id":7})");
        row("pass over", kChat, Kind::PassOver, "messages/1/content",
            R"({"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b","train":false}],"id":7})");
        row("pass over by another name", kShare, Kind::PassOver, "1/value", R"([{"from":"human","value":"a"},{"from":"gpt","value":"b","train":false}])");
        row("learn a question", kChat, Kind::Learn, "messages/0/content", "");
        row("no turn", R"({"instruction":"a","output":"b"})", Kind::Remove, "output", "");
        row("no such turn", kChat, Kind::Remove, "messages/2/content", "");
        row("no number", kChat, Kind::Remove, "messages/x/content", "");
        row("a list of texts", R"({"messages":["a"]})", Kind::Remove, "messages/0/content", "");
    }

    void turns()
    {
        QFETCH(QByteArray, row);
        QFETCH(int, kind);
        QFETCH(QByteArray, path);
        QFETCH(QByteArray, expected);
        const auto edited = data::editTurn(parsed(row.constData()),
                                           {static_cast<TurnEdit::Kind>(kind), path.toStdString(), "system", "left", "right"});
        QCOMPARE(edited.ok(), !expected.isEmpty());
        if (edited) {
            QCOMPARE(QByteArray::fromStdString(base::dumpJson(*edited)), expected);
        } else {
            QVERIFY(!edited.message().empty());
        }
    }

    void rolesAreTheListsOwn()
    {
        QCOMPARE(data::turnRoles(parsed(kShare), "0/value").at(2), std::string("gpt"));
        QCOMPARE(data::turnRoles(parsed(kChat), "messages/0/content").at(2), std::string("assistant"));
        QVERIFY(data::turnRoles(parsed(kChat), "id").empty());
    }

    void patternsReplace_data()
    {
        QTest::addColumn<QByteArray>("pattern");
        QTest::addColumn<int>("flags"); // 1 regex, 2 case, 4 word
        QTest::addColumn<QByteArray>("with");
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QByteArray>("expected");
        QTest::newRow("plain") << QByteArray("a.b") << 0 << QByteArray("$1") << QByteArray("A.B axb") << QByteArray("$1 axb");
        QTest::newRow("case") << QByteArray("ab") << 2 << QByteArray("x") << QByteArray("ab AB") << QByteArray("x AB");
        QTest::newRow("word") << QByteArray("cat") << 4 << QByteArray("dog") << QByteArray("cat concat") << QByteArray("dog concat");
        QTest::newRow("groups") << QByteArray("(\\w+) (\\w+)") << 1 << QByteArray("$2 ${1}") << QByteArray("one two") << QByteArray("two one");
        QTest::newRow("empty matches") << QByteArray("x*") << 1 << QByteArray("-") << QByteArray("ab") << QByteArray("-a-b-");
        QTest::newRow("lines") << QByteArray("^b$") << 1 << QByteArray("") << QByteArray("a\nb\nc") << QByteArray("a\n\nc");
        QTest::newRow("letters of all scripts") << QByteArray("\xC3\x84\\w") << 1 << QByteArray("_") << QByteArray("\xC3\xA4\xC3\xB6!") << QByteArray("_!");
        QTest::newRow("grows") << QByteArray("a") << 0 << QByteArray(500, 'z') << QByteArray("aaa") << QByteArray(1500, 'z');
    }

    void patternsReplace()
    {
        QFETCH(QByteArray, pattern);
        QFETCH(int, flags);
        QFETCH(QByteArray, with);
        QFETCH(QByteArray, text);
        QFETCH(QByteArray, expected);
        const auto compiled = text::TextPattern::compile(pattern.toStdString(), {(flags & 1) != 0, (flags & 2) != 0, (flags & 4) != 0});
        QVERIFY2(compiled.ok(), compiled.ok() ? "" : compiled.message().c_str());
        const auto replaced = compiled->replaced(text.toStdString(), with.toStdString());
        QVERIFY2(replaced.ok(), replaced.ok() ? "" : replaced.message().c_str());
        QCOMPARE(QByteArray::fromStdString(*replaced), expected);
    }

    void wrongPatternsSayWhere()
    {
        QVERIFY(!text::TextPattern::compile("", {}).ok());
        const auto broken = text::TextPattern::compile("ab(", {.isRegex = true});
        QVERIFY(!broken.ok() && broken.message().find("character") != std::string::npos);
        const auto pattern = text::TextPattern::compile("(a)", {.isRegex = true});
        QVERIFY(!pattern->replaced("a", "$9").ok()); // no such group
        const std::string many(200'000, 'a');
        QVERIFY(!text::TextPattern::compile("a", {})->replaced(many, std::string(1000, 'b')).ok()); // over 64 MiB
    }

    void aHungryPatternEnds()
    {
        const auto pattern = text::TextPattern::compile("(a+)+$", {.isRegex = true});
        QElapsedTimer clock;
        clock.start();
        QVERIFY(!pattern->matches(std::string(5000, 'a') + "b"));
        QVERIFY(clock.elapsed() < 5000 * support::kPatience);
        QVERIFY(pattern->find("aab aaa").size() == 1);
        QVERIFY(text::TextPattern::compile("a", {})->matches("\xFF\xFE a")); // broken UTF-8 is passed over
    }

    void onlyTheNamedFieldIsReplaced()
    {
        QTemporaryDir folder;
        const std::string path = folder.filePath(QStringLiteral("chat.jsonl")).toStdString();
        QVERIFY(base::writeFileAtomically(path, std::string(kChat) + "\n" + kChat + "\n").ok());
        const auto dataset = data::Dataset::open(path);
        QVERIFY(dataset.ok());
        QCOMPARE(data::fieldNames(**dataset), (std::set<std::string>{"assistant", "user"}));
        const auto pattern = text::TextPattern::compile("[ab]", {.isRegex = true});
        const auto row = (*dataset)->row(0);
        const auto one = data::replacedInRow((*dataset)->format(), *row, {*pattern, "user"}, "x");
        QVERIFY(one.ok() && one->has_value());
        QCOMPARE((**one)["messages"][0]["content"].get<std::string>(), std::string("x"));
        QCOMPARE((**one)["messages"][1]["content"].get<std::string>(), std::string("b"));
        const auto none = data::replacedInRow((*dataset)->format(), *row, {*pattern, "tool"}, "x");
        QVERIFY(none.ok() && !none->has_value());
        QVERIFY(data::rowMatches(**dataset, 0, {*pattern, "user"}));
        QVERIFY(!data::rowMatches(**dataset, 0, {*text::TextPattern::compile("b", {}), "user"}));
    }

    void aNeedleThatJsonMayEscapeIsNoShortcut()
    {
        QVERIFY(data::plainNeedle("plain words, 3.", {}) == "plain words, 3.");
        for (const char* text : {"a\"b", "a\\b", "a/b", "\xC3\xA4", "a\nb"}) {
            QVERIFY2(data::plainNeedle(text, {}).empty(), text);
        }
        QVERIFY(data::plainNeedle("a", {.isRegex = true}).empty());
    }
};

QTEST_APPLESS_MAIN(TestRowEdits)
#include "tst_row_edits.moc"
