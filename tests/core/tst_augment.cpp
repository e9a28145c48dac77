// SPDX-License-Identifier: GPL-3.0-or-later
// Augmentations: every way of the table changes what it should and nothing else, the same for the same seed; rows
// made are marked and stay good rows; shapes written are read back the same.
#include "core/base/files.h"
#include "core/base/paths.h"
#include "core/data/making/augment.h"
#include "core/data/formats/format.h"
#include "core/data/making/generated_rows.h"
#include "core/data/dataset.h"
#include "core/data/example_text.h"
#include "core/data/formats/row_writer.h"

#include <QTemporaryDir>
#include <QDir>
#include <QtTest>

#include <set>

using namespace luthier;

namespace {

const Json kInstruction = {{"system", "Be kind."}, {"instruction", "Which wood is best for a bench, and why?"}, {"input", ""}, {"output", "Oak."}};
const Json kChat = {{"messages", Json::array({Json{{"role", "system"}, {"content", "Be kind."}}, Json{{"role", "user"}, {"content", "Which Wood is best for a bench?"}},
                                              Json{{"role", "assistant"}, {"content", "Oak."}}})}};
const Json kShare = {{"conversations", Json::array({Json{{"from", "human"}, {"value", "Which Wood is best for a bench?"}}, Json{{"from", "gpt"}, {"value", "Oak."}}})}};

Result<data::Example> exampleOf(const Json& row)
{
    const std::array rows{row};
    auto format = data::detectFormat(rows);
    return format ? (*format)->toExample(row) : Result<data::Example>(format.error());
}

} // namespace

class TestAugment : public QObject {
    Q_OBJECT

private Q_SLOTS:
    // A model that always says the same: what becomes of it in each way.
    void modelsMakeRowsForReview()
    {
        data::Example example;
        example.messages = {{"system", "Be kind.", {}}, {"user", "Who sells fish?", {}}, {"assistant", "Mira.", {}}};
        std::vector<std::size_t> asked;
        std::string says = " Who is it that sells fish? \n";
        const data::AnswerTo answer = [&](const std::vector<data::Message>& messages) {
            asked.push_back(messages.size());
            return Result<std::string>(says);
        };
        for (const auto& way : data::generationWays()) {
            asked.clear();
            const auto made = data::generateRow(way, example, 7, answer);
            QVERIFY(made.ok() && made->row.is_object());
            const auto& messages = made->row["messages"];
            QCOMPARE(messages.size(), std::size_t{3});
            QCOMPARE(messages[0]["content"].get<std::string>(), std::string("Be kind."));
            QCOMPARE(messages[1]["content"] == "Who sells fish?", !*way.ask);
            QCOMPARE(messages[2]["content"] == "Mira.", !way.answersAnew);
            QVERIFY(made->row["synthetic"] == true && made->row["augmented_from"] == 7 && made->row["augmentation"] == way.id);
            QCOMPARE(asked.size(), std::size_t(*way.ask ? 1 : 0) + (way.answersAnew ? 1 : 0));
            const auto line = data::toReview(made->row, "rows.jsonl", 7);
            QVERIFY(!data::detectFormat(std::span(&line, 1)).ok()); // nobody learns it by accident
            QVERIFY(data::acceptedRow(line, false)->is_null() && data::acceptedRow(line, true)->is_object());
        }
        says = "";
        for (const auto& way : data::generationWays()) {
            const auto made = data::generateRow(way, example, 7, answer);
            QVERIFY(made.ok() && made->row.is_null() && !made->why.empty());
        }
        says = "who";
        QVERIFY(data::generateRow(*data::findGenerationWay("reword"), data::Example{}, 1, answer)->row.is_null());
        const auto failed = data::generateRow(*data::findGenerationWay("answer"), example, 1,
                                              [](const auto&) { return Result<std::string>(Error{"no"}); });
        QVERIFY(!failed.ok());
    }

    void reviewsDecide()
    {
        Json line = data::toReview({{"messages", Json::array()}, {"synthetic", false}}, "a", 1);
        line["review"] = "accepted";
        QVERIFY((*data::acceptedRow(line, false))["synthetic"] == true); // also when somebody took the mark away
        line["review"] = "rejected";
        QVERIFY(data::acceptedRow(line, true)->is_null());
        line["review"] = "perhaps";
        QVERIFY(!data::acceptedRow(line, true).ok());
        QVERIFY(!data::acceptedRow(Json{{"text", "a"}}, true).ok());
        QVERIFY(!data::acceptedRow(Json::array(), true).ok());
    }

    void table_data();
    void table();
    void strength();
    void rowsWithoutWords();
    void shapes_data();
    void shapes();
    void misfits();
    void csv();
};

void TestAugment::table_data()
{
    QTest::addColumn<QByteArray>("id");
    for (const auto& way : data::augmentations()) {
        QTest::newRow(way.id) << QByteArray(way.id);
    }
}

void TestAugment::table()
{
    QFETCH(QByteArray, id);
    const auto* way = data::findAugmentation(id.toStdString());
    QVERIFY(way && std::string(way->label).size() > 3 && std::string(way->help).size() > 3);
    int made = 0;
    for (const Json& row : {kInstruction, kChat, kShare}) {
        std::set<std::string> different;
        for (std::uint64_t seed = 0; seed < 20; ++seed) {
            const auto changed = data::augmented(*way, row, 7, seed, 0.3);
            const auto again = data::augmented(*way, row, 7, seed, 0.3);
            QCOMPARE(changed.has_value(), again.has_value());
            if (!changed) {
                continue;
            }
            ++made;
            QCOMPARE(*changed, *again);
            different.insert(changed->dump());
            QCOMPARE((*changed)["synthetic"], Json(true));
            QCOMPARE((*changed)["augmentation"], Json(id.toStdString()));
            QCOMPARE((*changed)["augmented_from"], Json(7));
            // The answer stays; something before it did not.
            const auto before = exampleOf(row);
            const auto after = exampleOf(*changed);
            QVERIFY2(after, after ? "" : after.message().c_str());
            QCOMPARE(data::answerTextOf(*after), data::answerTextOf(*before));
            QVERIFY(data::promptTextOf(*after) != data::promptTextOf(*before));
        }
        QVERIFY(different.size() != 1 || id == "dropout");
    }
    QVERIFY(made >= 20);
}

void TestAugment::strength()
{
    const auto* way = data::findAugmentation("typos");
    QVERIFY(!data::augmented(*way, kInstruction, 1, 1, 0.0)); // nothing changed is no new row
    const auto all = data::augmented(*way, kInstruction, 1, 1, 1.0);
    QVERIFY(all && (*all)["instruction"] != kInstruction["instruction"]);
    QCOMPARE((*all)["output"], kInstruction["output"]);
}

void TestAugment::rowsWithoutWords()
{
    for (const auto& way : data::augmentations()) {
        for (const Json& row : {Json(3), Json("text"), Json::object(), Json{{"text", "A text that stands alone."}}, Json{{"messages", Json::array()}},
                                Json{{"instruction", 5}, {"output", "x"}}}) {
            const auto made = data::augmented(way, row, 1, 1, 0.5);
            QVERIFY(!made || std::string(way.id) == "role");
        }
    }
    // A bare list of messages becomes one that can be marked.
    const auto made = data::augmented(*data::findAugmentation("paraphrase"), kChat["messages"], 1, 1);
    QVERIFY(made && (*made)["messages"].size() == 3);
}

void TestAugment::shapes_data()
{
    QTest::addColumn<QByteArray>("shape");
    QTest::addColumn<QString>("file");
    QTest::newRow("chat") << QByteArray("chat") << "workshop_instructions.jsonl";
    QTest::newRow("sharegpt") << QByteArray("sharegpt") << "village_chat.jsonl";
    QTest::newRow("instruction") << QByteArray("instruction") << "village_chat.jsonl";
    QTest::newRow("completion") << QByteArray("completion") << "village_chat.jsonl";
    QTest::newRow("completion texts") << QByteArray("completion") << "workshop_instructions.jsonl";
    QTest::newRow("preference") << QByteArray("preference") << "preferences.jsonl";
    QTest::newRow("text") << QByteArray("text") << "general_heldout.jsonl";
}

// Written in another shape and read back, every example is what it was. As CSV too.
void TestAugment::shapes()
{
    QFETCH(QByteArray, shape);
    QFETCH(QString, file);
    const auto dataset = data::Dataset::open(base::datasetsFolder() / file.toStdString());
    QVERIFY(dataset);
    const auto* target = data::findRowShape(shape.toStdString());
    QVERIFY(target);
    QTemporaryDir folder;
    for (const char* name : {"out.jsonl", "out.csv", "out.tsv"}) {
        const std::string path = folder.filePath(QString::fromLatin1(name)).toStdString();
        auto sink = data::RowSink::create(path);
        QVERIFY(sink);
        for (std::int64_t i = 0; i < (*dataset)->rowCount(); ++i) {
            auto row = target->toRow(*(*dataset)->example(i));
            QVERIFY2(row, row ? "" : row.message().c_str());
            const auto written = sink->write(*row);
            QVERIFY2(written, written.ok() ? "" : written.message().c_str());
        }
        QVERIFY(sink->commit());
        const auto again = data::Dataset::open(path);
        QVERIFY2(again, again ? "" : again.message().c_str());
        QCOMPARE((*again)->rowCount(), (*dataset)->rowCount());
        for (std::int64_t i = 0; i < (*dataset)->rowCount(); ++i) {
            const auto example = (*again)->example(i);
            QVERIFY2(example, example ? "" : example.message().c_str());
            QCOMPARE(data::exampleHash(*example), data::exampleHash(*(*dataset)->example(i)));
        }
    }
}

void TestAugment::misfits()
{
    const auto chat = exampleOf(kChat);
    QVERIFY(chat);
    QVERIFY(!data::findRowShape("preference")->toRow(*chat));
    QVERIFY(!data::findRowShape("text")->toRow(*chat));
    auto withTools = *chat;
    withTools.tools = Json::array({Json{{"type", "function"}}});
    QVERIFY(!data::findRowShape("instruction")->toRow(withTools));
    QVERIFY(data::findRowShape("chat")->toRow(withTools)->contains("tools"));
    QVERIFY(!data::findRowShape("nothing"));
}

void TestAugment::csv()
{
    QCOMPARE(data::csvField("plain", ','), std::string("plain"));
    QCOMPARE(data::csvField("a,\"b\"\n", ','), std::string("\"a,\"\"b\"\"\n\""));
    QCOMPARE(data::csvField("a,b", '\t'), std::string("a,b"));
    QCOMPARE(data::csvField(" a", ','), std::string("\" a\""));
    QTemporaryDir folder;
    const std::string path = folder.filePath(QStringLiteral("x.csv")).toStdString();
    auto sink = data::RowSink::create(path);
    QVERIFY(sink->write(Json{{"a", 1}, {"b", "x"}}));
    QVERIFY(sink->write(Json{{"b", nullptr}}));
    QVERIFY(sink->write(Json{{"c", true}, {"a", Json::array({2})}})); // a column that the first rows had not
    QVERIFY(!sink->write(Json::array({1})));
    QVERIFY(!QFile::exists(folder.filePath(QStringLiteral("x.csv"))));
    QVERIFY(sink->commit());
    QCOMPARE(*base::readFile(path), std::string("a,b,c\n1,x,\n,,\n[2],,true\n"));
    QCOMPARE(QDir(folder.path()).entryList(QDir::Files).size(), 1);
    const std::string one = folder.filePath(QStringLiteral("one.csv")).toStdString();
    auto single = data::RowSink::create(one);
    QVERIFY(single->write(Json{{"a", ""}}) && single->commit());
    QCOMPARE(*base::readFile(one), std::string("a\n\"\"\n"));
    auto dropped = data::RowSink::create(folder.filePath(QStringLiteral("y.jsonl")).toStdString());
    QVERIFY(dropped->write(Json{{"a", 1}}));
    { const auto gone = std::move(*dropped); }
    QVERIFY(!QFile::exists(folder.filePath(QStringLiteral("y.jsonl"))));
}

QTEST_APPLESS_MAIN(TestAugment)
#include "tst_augment.moc"
