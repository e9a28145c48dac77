// SPDX-License-Identifier: GPL-3.0-or-later
// Checks: every row of the table finds what it names and leaves its neighbour alone; the bundled data is clean of
// what must not be in it; a run over a set counts, leaves out what is excluded, and can be cancelled.
#include "core/data/example_text.h"
#include "core/base/random.h"
#include "core/base/files.h"
#include "core/base/paths.h"
#include "core/data/answer_ends.h"
#include "core/data/checks/checks.h"
#include "core/data/checks/text_scan.h"

#include <QTemporaryDir>
#include <QtTest>

#include <set>

using namespace luthier;

namespace {

struct Case {
    const char* check;
    const char* row;   // found in this
    const char* clean; // and not in this
};

// Keys are written in two halves, so that nobody takes this file for a leak.
#define OPENAI_LIKE "sk" "-a1b2c3d4e5f6g7h8i9j0k1l2"

constexpr Case kCases[] = {
    {"empty_answer", R"({"instruction":"Say it.","output":"  \n"})", R"({"instruction":"Say it.","output":"It is said."})"},
    {"empty_answer", R"({"messages":[{"role":"user","content":"a"},{"role":"assistant","content":""}]})",
     R"({"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"","tool_calls":[{"type":"function","function":{"name":"f","arguments":{}}}]}]})"},
    {"empty_answer", R"({"messages":[{"role":"user","content":"a"},{"role":"assistant","content":" "},{"role":"user","content":"b"},{"role":"assistant","content":"Yes."}]})",
     R"({"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"","reasoning_content":"Hm."},{"role":"user","content":"b"},{"role":"assistant","content":"Yes."}]})"},
    {"empty_answer", R"({"prompt":"a","chosen":"Well.","rejected":""})", R"({"prompt":"a","chosen":"Well.","rejected":"No."})"},
    {"empty_answer", R"({"prompt":"a","completion":null})", R"({"prompt":"a","completion":1234})"},
    {"empty_answer", R"({"text":"a","label":" "})", R"({"text":"a","label":false})"},
    {"empty_question", R"({"instruction":"","output":"It is said."})", R"({"instruction":"","input":"Say it.","output":"It is said."})"},
    {"empty_question", R"({"messages":[{"role":"user","content":"\n"},{"role":"assistant","content":"Well."}]})",
     R"({"messages":[{"role":"assistant","content":"Well."},{"role":"user","content":"a"},{"role":"assistant","content":"Indeed."}]})"},
    {"missing_word", R"({"instruction":"Say it.","output":"NaN "})", R"({"instruction":"Say it.","output":"None of them."})"},
    {"missing_word", R"({"instruction":"Say it.","input":"None","output":"It."})", R"({"instruction":"None","input":"of them","output":"It."})"},
    {"missing_word", R"({"prompt":"Say it.","system":"NaN","completion":"It."})", R"({"prompt":"Say it.","note":"NaN","completion":"It."})"},
    {"missing_word", R"({"instruction":"Say it.","output":"n/a"})", R"({"instruction":"Say it.","output":"The nan bread."})"},
    {"missing_word", R"({"instruction":"Say it.","output":"#REF!"})", R"({"instruction":"Say it.","output":"#great!"})"},
    {"missing_word", R"({"instruction":"Say it.","output":"#NAME?"})", R"({"instruction":"Say it.","output":"# A heading!"})"},
    {"missing_word", R"({"instruction":"Say it.","output":"#DIV/0!"})", R"({"instruction":"Say it.","output":"#1 of all!"})"},
    {"missing_word", R"({"instruction":"Say it.","input":"#BEZUG!","output":"It."})", R"({"instruction":"Say it.","output":"#NULL! and more"})"},
    {"copied_answer", R"({"instruction":"Repeat: the bench is made of old oak.","output":"the bench is made of  old oak."})",
     R"({"instruction":"What is the bench made of?","output":"The bench is made of old oak."})"},
    {"copied_answer", R"({"instruction":"yes","output":"yes"})", R"({"instruction":"yes or no?","output":"yes"})"},
    {"broken_roles", R"({"messages":[{"role":"user","content":"a"},{"role":"user","content":"b"},{"role":"assistant","content":"c"}]})",
     R"({"messages":[{"role":"system","content":"s"},{"role":"user","content":"a"},{"role":"assistant","content":"Well."},{"role":"user","content":"c"},{"role":"assistant","content":"Indeed."}]})"},
    {"broken_roles", R"({"conversations":[{"from":"gpt","value":"a"},{"from":"human","value":"b"}]})",
     R"({"conversations":[{"from":"human","value":"a"},{"from":"gpt","value":"Well."}]})"},
    {"broken_roles", R"({"messages":[{"role":"user","content":"a"},{"role":"user","content":"b"}]})", R"({"messages":[{"role":"user","content":"a"}]})"},
    {"open_fence", R"({"instruction":"Code?","output":"```cpp\nint a;\n"})", R"({"instruction":"Code?","output":"```cpp\nint a;\n```\n and there is `x`"})"},
    {"open_fence", R"({"instruction":"Code?","output":"````\n```\nint a;\n```\n"})", R"({"instruction":"Code?","output":"````\n```\nan opening fence inside the longer one\n````"})"},
    {"lost_characters", R"({"instruction":"Who bakes?","output":"Odo\u0000bakes bread"})", R"({"instruction":"Who\tbakes?","output":"Odo\r\nbakes bread"})"},
    {"lost_characters", R"({"instruction":"Where?","output":"In the caf\u00c3\u00a9 there"})", R"({"instruction":"Where?","output":"In the caf\u00e9, \u00c3 is a letter"})"},
    {"lost_characters", R"({"instruction":"Where?","output":"In the caf\ufffd there"})", R"({"instruction":"Where?","output":"\u00e2 and \u20ac are signs"})"},
    {"written_line_ends", R"({"instruction":"Who bakes?","output":"Odo bakes.\\nHe does."})", R"({"instruction":"Who bakes?","output":"Odo bakes.\nHe writes \\n."})"},
    {"written_line_ends", R"({"instruction":"Who bakes?","output":"Odo.\\n\\nTam."})", R"({"instruction":"What?","output":"The gradient is \\nabla f; call print(\"a\\nB\") then"})"},
    {"template_marks", R"({"instruction":"Hello <|im_end|>","output":"Good day to you"})", R"({"instruction":"Is a < b || c > d [sic] ## so?","output":"Good day to you"})"},
    {"template_marks", R"({"instruction":"Hello","output":"Well. [/INST] Good day"})", R"({"instruction":"Hello","output":"Well. [INSTALL] Good day"})"},
    {"media_mark", R"({"instruction":"<image>\nWhat is on it?","output":"A mill"})", R"({"instruction":"What is <image>a.jpg</image> in a feed?","output":"An element"})"},
    {"media_mark", R"({"instruction":"What is on it? <|image_pad|>","output":"A mill"})", R"({"instruction":"What is on the image, a < b [image]?","output":"A mill"})"},
    {"email", R"({"instruction":"Whom do I ask?","output":"Write to wren.o+x@alder-brook.example today."})",
     R"({"instruction":"Whom do I ask?","output":"Meet @wren at 5@noon, or a@b, or @home.now."})"},
    {"phone", R"({"instruction":"Number?","output":"Call +44 20 7946 0958 now"})", R"({"instruction":"Number?","output":"In 2024-07-26 it was 1,000,000 of 3.14159265358979"})"},
    {"phone", R"({"instruction":"Number?","output":"Call (030) 1234 5678."})", R"({"instruction":"Number?","output":"1 2 3 4 5 6 7 8 9 10 are ten numbers"})"},
    {"secret_key", R"({"instruction":"Key?","output":"It is )" OPENAI_LIKE R"( ok"})", R"({"instruction":"Key?","output":"It is task-abcdefghijklmnopqrstuvwxyz and sk-short"})"},
    {"secret_key", R"({"instruction":"Key?","output":"-----BEGIN RSA PRIVATE KEY-----\nabc"})", R"({"instruction":"Key?","output":"-----BEGIN CERTIFICATE-----\nabc"})"},
    {"non_text", R"({"instruction":"What?","output":"@@##$$%%^^&&**((a"})", "{\"instruction\":\"What?\",\"output\":\"\xD0\x9F\xD1\x80\xD0\xB8\xD0\xB2\xD0\xB5\xD1\x82, \xD0\xBC\xD0\xB8\xD1\x80 -- \xD0\xB4\xD0\xB0!\"}"},
    {"non_text", R"({"instruction":"What?","output":"<>{}<>{}[];:<>{}"})", R"({"instruction":"2+2?","output":"2+2=<<2+2=4>>4\n#### 4"})"},
    {"non_text", R"({"instruction":"What?","output":"-- -- -- -- -- -- --"})", R"({"instruction":"Which?","output":"[1, 2, 3, -4, 5.5, 6, 7]"})"},
    {"too_short", R"({"instruction":"What?","output":"a"})", R"({"instruction":"What?","output":"yes"})"},
    {"refusal", "{\"instruction\":\"Help?\",\"output\":\"I\xE2\x80\x99m sorry, but I can\xE2\x80\x99t do that.\"}", R"({"instruction":"Help?","output":"The miller said he is sorry and cannot assist with flour."})"},
    {"refusal", R"({"instruction":"Help?","output":"As an AI language model, I have no bench."})", R"({"instruction":"Help?","output":"Certainly. Here you are."})"},
};

QString writeRows(const QTemporaryDir& folder, const std::vector<std::string>& rows)
{
    std::string text;
    for (const std::string& row : rows) {
        text += row + "\n";
    }
    const QString path = folder.filePath(QStringLiteral("rows.jsonl"));
    return base::writeFileAtomically(path.toStdString(), text) ? path : QString();
}

std::shared_ptr<data::Dataset> opened(const QTemporaryDir& folder, const std::vector<std::string>& rows)
{
    auto dataset = data::Dataset::open(writeRows(folder, rows).toStdString());
    return dataset ? *dataset : nullptr;
}

bool finds(data::CheckMask mask, const char* id)
{
    return (mask >> data::findCheck(id) & 1U) != 0;
}

} // namespace

class TestChecks : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void whiteSpaceIsSqueezed()
    {
        base::Random random(5);
        for (int round = 0; round < 20'000; ++round) {
            std::string text;
            std::string expected;
            for (auto left = random.below(40); left > 0; --left) {
                const char byte = "  \t\n\v\f\rab\x01\x1f\xc3\xa4!"[random.below(14)];
                text += byte;
                const bool space = byte == ' ' || (byte >= '\t' && byte <= '\r');
                if (!space) {
                    expected += byte;
                } else if (!expected.empty() && expected.back() != ' ') {
                    expected += ' ';
                }
            }
            expected.resize(expected.size() - (expected.ends_with(' ') ? 1 : 0));
            QCOMPARE(data::squeezed(text), expected);
        }
    }

    void table();
    void rows_data();
    void rows();
    void promptsHaveNoAnswers();
    void conflicts();
    void tooLong();
    void endMark();
    void excludedAndCancelled();
    void bundledData();
};

void TestChecks::table()
{
    std::set<std::string> ids;
    for (const data::Check& check : data::checks()) {
        QVERIFY(ids.insert(check.id).second);
        for (const char* text : {check.label, check.help, check.remedy}) {
            QVERIFY2(std::string(text).size() > 4, check.id);
        }
        QCOMPARE(check.find != nullptr, check.kind == data::CheckKind::Row);
        const bool elsewhere = check.kind == data::CheckKind::AcrossRows || check.asksModel;
        QVERIFY2(elsewhere || std::any_of(std::begin(kCases), std::end(kCases),
                                          [&](const Case& c) { return std::string(c.check) == check.id; }),
                 check.id);
    }
    QCOMPARE(data::findCheck("nothing"), -1);
}

void TestChecks::rows_data()
{
    QTest::addColumn<QByteArray>("check");
    QTest::addColumn<QByteArray>("row");
    QTest::addColumn<QByteArray>("clean");
    int number = 0;
    for (const Case& c : kCases) {
        QTest::addRow("%s %d", c.check, ++number) << QByteArray(c.check) << QByteArray(c.row) << QByteArray(c.clean);
    }
}

void TestChecks::rows()
{
    QFETCH(QByteArray, check);
    QFETCH(QByteArray, row);
    QFETCH(QByteArray, clean);
    QTemporaryDir folder;
    const auto dataset = opened(folder, {row.toStdString(), clean.toStdString()});
    QVERIFY(dataset);
    const data::CheckSettings settings;
    QVERIFY(finds(data::checkRow(*dataset, 0, settings).mask, check.constData()));
    QVERIFY(!finds(data::checkRow(*dataset, 1, settings).mask, check.constData()));
    // The clean row is clean of everything, or the table cries wolf.
    QCOMPARE(data::checkRow(*dataset, 1, settings).mask, data::CheckMask{0});
}

// Rows of a file of prompts are answered while training; what is wrong with their questions is found all the same.
void TestChecks::promptsHaveNoAnswers()
{
    QTemporaryDir folder;
    const auto dataset = opened(folder, {R"({"prompt":"Who bakes?"})", R"({"prompt":[{"role":"user","content":"a"},{"role":"assistant","content":"Well."},{"role":"user","content":"b"}]})",
                                         R"({"prompt":[{"role":"user","content":"a"},{"role":"user","content":"b"}]})", R"({"prompt":" "})"});
    QVERIFY(dataset);
    QCOMPARE(std::string(dataset->format().id), std::string("prompt"));
    QCOMPARE(data::checkRow(*dataset, 0, {}).mask, data::CheckMask{0});
    QCOMPARE(data::checkRow(*dataset, 1, {}).mask, data::CheckMask{0});
    QVERIFY(finds(data::checkRow(*dataset, 2, {}).mask, "broken_roles"));
    QVERIFY(finds(data::checkRow(*dataset, 3, {}).mask, "empty_question"));
}

void TestChecks::conflicts()
{
    QTemporaryDir folder;
    const auto dataset = opened(folder, {R"({"instruction":"Which wood?","output":"Oak."})",
                                         R"({"instruction":"Which  wood? ","output":"Ash."})",
                                         R"({"instruction":"Which glue?","output":"Hide glue."})",
                                         R"({"instruction":"Which glue?","output":"Hide  glue."})",
                                         R"({"instruction":"Which saw?","output":"Rip."})",
                                         R"({"instruction":"Which saw?","output":""})",
                                         R"({"instruction":"Which saw?","output":" "})"});
    QVERIFY(dataset);
    const auto report = data::checkRows(*dataset, {});
    QVERIFY(report);
    const int check = data::findCheck("conflicting_answers");
    QCOMPARE(report->rowsOf(check), (std::vector<std::int64_t>{0, 1}));
    QCOMPARE(report->counts[static_cast<std::size_t>(check)], 2);
    dataset->setRow(1, Json{{"instruction", "Which wood?"}, {"output", "Oak."}});
    QVERIFY(data::checkRows(*dataset, {})->rowsOf(check).empty());
}

void TestChecks::tooLong()
{
    const auto encoder = data::Encoder::load(base::bundledModel());
    QVERIFY2(encoder, encoder ? "" : encoder.message().c_str());
    QTemporaryDir folder;
    std::string words;
    for (int i = 0; i < 60; ++i) {
        words += "oak and ash ";
    }
    const auto dataset = opened(folder, {R"({"instruction":"Which wood?","output":")" + words + "\"}",
                                         R"({"instruction":"Which wood?","output":"Oak."})"});
    QVERIFY(dataset);
    data::CheckSettings settings;
    settings.encoder = &*encoder;
    settings.maxTokens = 64;
    QCOMPARE(data::checkRows(*dataset, settings)->rowsOf(data::findCheck("too_long")), (std::vector<std::int64_t>{0}));
    QCOMPARE(data::checkRows(*dataset, {})->rowsOf(data::findCheck("too_long")).size(), std::size_t{0});
}

// What ends a text for the model, and what ends an answer by its template; marks that every template's table knows are found as such.
void TestChecks::endMark()
{
    auto encoder = data::Encoder::load(base::bundledModel());
    QVERIFY2(encoder, encoder ? "" : encoder.message().c_str());
    QCOMPARE(data::endMarks(*encoder), (std::vector<std::string>{"<|end|>", "</s>"}));
    QCOMPARE(data::endMarks({}), std::vector<std::string>{});
    QTemporaryDir folder;
    const auto rowsWith = [&](const std::vector<std::string>& rows) {
        const auto dataset = opened(folder, rows);
        data::CheckSettings settings;
        settings.encoder = &*encoder;
        settings.ends = data::endMarks(*encoder);
        const auto report = dataset ? data::checkRows(*dataset, settings) : Result<data::CheckReport>(Error{"not opened"});
        return report ? report->rowsOf(data::findCheck("end_mark")) : std::vector<std::int64_t>{-1};
    };
    const std::vector<std::string> rows = {R"({"instruction":"Which wood?","output":"Oak.</s> And ash."})", R"({"instruction":"Which wood?","output":"Oak."})",
                                           R"({"instruction":"Is </s> wood?","output":"It is not."})", R"({"instruction":"Which?","output":"Oak.<|end|> And ash."})"};
    QCOMPARE(rowsWith(rows), (std::vector<std::int64_t>{0, 2}));
    QCOMPARE(rowsWith({R"({"text":"Oak is a wood.</s>"})", R"({"text":"Oak.</s>Ash."})"}), (std::vector<std::int64_t>{1}));
    const auto dataset = opened(folder, rows);
    QVERIFY(dataset);
    QCOMPARE(data::checkRows(*dataset, {})->rowsOf(data::findCheck("end_mark")).size(), std::size_t{0});
}

void TestChecks::excludedAndCancelled()
{
    QTemporaryDir folder;
    const auto dataset = opened(folder, {R"({"instruction":"a?","output":"b"})", R"({"instruction":"c?","output":"d"})"});
    QVERIFY(dataset);
    dataset->setExcluded(0, true);
    QVERIFY(dataset->isExcluded(0));
    const int check = data::findCheck("too_short");
    QCOMPARE(data::checkRows(*dataset, {})->rowsOf(check), (std::vector<std::int64_t>{1}));
    dataset->setExcluded(0, false);
    dataset->setExcluded(std::vector<std::int64_t>{1, 0, 1'000'000}, true); // many at once; what the file has not is passed over
    QCOMPARE(dataset->exclusions(), (data::Exclusions{0, 1}));
    QVERIFY(dataset->isExcluded(1) && !dataset->isExcluded(1'000'000) && !dataset->isExcluded(-1));
    dataset->setExcluded(std::vector<std::int64_t>{0, 1}, false);
    QVERIFY(dataset->exclusions().empty());
    QCOMPARE(data::checkRows(*dataset, {})->rowsOf(check).size(), std::size_t{2});
    data::WalkOptions options;
    options.cancel.cancel();
    const auto cancelled = data::checkRows(*dataset, {}, options);
    QVERIFY(!cancelled);
    QCOMPARE(cancelled.message(), std::string("cancelled"));
}

void TestChecks::bundledData()
{
    // Invented texts: no addresses, numbers or keys, no leftovers of templates.
    for (const char* file : {"workshop_instructions.jsonl", "village_chat.jsonl", "preferences.jsonl", "general_heldout.jsonl"}) {
        const auto dataset = data::Dataset::open(base::datasetsFolder() / file);
        QVERIFY(dataset);
        const auto report = data::checkRows(**dataset, {});
        QVERIFY(report);
        for (const char* id : {"email", "phone", "secret_key", "template_marks", "open_fence", "refusal", "broken_roles", "empty_answer"}) {
            QVERIFY2(report->rowsOf(data::findCheck(id)).empty(), (std::string(file) + ": " + id).c_str());
        }
    }
    const auto broken = data::Dataset::open(base::datasetsFolder() / "broken_rows.jsonl");
    QVERIFY(broken);
    QVERIFY(data::checkRows(**broken, {})->rowsOf(data::findCheck("empty_answer")).size() >= 2);
}

QTEST_APPLESS_MAIN(TestChecks)
#include "tst_checks.moc"
