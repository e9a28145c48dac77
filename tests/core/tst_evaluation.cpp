// SPDX-License-Identifier: GPL-3.0-or-later
// Evaluation: rows as questions, prompts of contenders, the log that nothing is answered twice with, and what the results say: no more than
// the rows do.
#include "core/base/files.h"
#include "core/base/paths.h"
#include "core/base/random.h"
#include "core/evaluation/answer_log.h"
#include "core/evaluation/answer_pace.h"
#include "core/evaluation/answering.h"
#include "core/evaluation/choice_rows.h"
#include "core/evaluation/cloze_rows.h"
#include "core/evaluation/contender.h"
#include "core/evaluation/evaluate.h"
#include "core/evaluation/past.h"
#include "core/evaluation/results.h"
#include "core/evaluation/rough_time.h"
#include "core/evaluation/sittings.h"
#include "core/evaluation/verdict.h"
#include "tests/support/need.h"

#include <QTemporaryDir>
#include <QtTest>

#include <cmath>
#include <fstream>

using namespace luthier;
using namespace luthier::evaluation;
using support::need;

namespace {

std::vector<const metrics::Metric*> byName(const char* names)
{
    return need(metrics::metricsByName(names));
}

// Rows of which the base has `before` right and the tuned model `after`, in the same order of difficulty.
Results compared(std::size_t rows, std::size_t before, std::size_t after, const char* names = "accuracy")
{
    ScoredContender base{kBase, "base", {}};
    ScoredContender tuned{kTuned, "tuned", {}};
    std::vector<RowFacts> facts;
    for (std::size_t i = 0; i < rows; ++i) {
        base.rows.push_back({i < before ? "yes" : "no", {"yes"}});
        tuned.rows.push_back({i < after ? "yes" : "no", {"yes"}});
        facts.push_back({static_cast<std::int64_t>(i) + 1, {}, "question " + std::to_string(i), {i % 2 == 0 ? "even" : "odd"}});
    }
    return need(results({base, tuned}, facts, byName(names), {}, {.draws = 500}));
}

// Memory for four answers at once; one prompt cannot be answered at all. Two answers of a batch that has no room are there before it fails.
class CrampedSession : public inference::Session {
public:
    explicit CrampedSession(data::Encoder encoder) : m_encoder(std::move(encoder)) {}

    Result<inference::Generation> generate(const std::vector<text::TokenId>&, const inference::GenerateOptions&) override { return Error{"not asked here"}; }
    Result<std::vector<inference::Generation>> generateAll(const std::vector<inference::BatchRequest>& requests, const inference::BatchOptions& options) override
    {
        constexpr std::size_t kFits = 4;
        const auto isBad = [](const inference::BatchRequest& request) { return request.promptIds.size() > 40; };
        if (std::any_of(requests.begin(), requests.end(), isBad)) {
            return Error{"a prompt is too long"}; // none is answered when one is wrong
        }
        std::vector<inference::Generation> all;
        for (std::size_t i = 0; i < requests.size(); ++i) {
            if (std::min(requests.size(), static_cast<std::size_t>(options.rows)) > kFits && i == 2) {
                return Error{"out of memory"};
            }
            all.push_back({"fine", {1}, requests[i].promptIds, "stop"});
            ++numAnswered;
            options.onAnswer(i, all.back());
        }
        return all;
    }
    Result<std::vector<double>> score(const std::vector<text::TokenId>&, bool) override { return Error{"not asked here"}; }
    Result<void> setAdapterWeights(const std::vector<double>&) override { return {}; }
    const data::Encoder& encoder() const override { return m_encoder; }
    std::vector<text::TokenId> stopIds() const override { return {}; }
    std::string describeDevice() const override { return "none"; }
    std::int64_t numParameters() const override { return 0; }

    int numAnswered = 0;

private:
    data::Encoder m_encoder;
};

} // namespace

class TestEvaluation : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() { m_folder = std::make_unique<QTemporaryDir>(); }

    void rowsBecomeQuestions()
    {
        const auto path = write("rows.jsonl", "{\"messages\":[{\"role\":\"system\",\"content\":\"Be brief.\"},{\"role\":\"user\",\"content\":\"2+2?\"},"
                                              "{\"role\":\"assistant\",\"content\":\"4\"}],\"source\":\"a\",\"references\":[\"4\",\"four\"]}\n"
                                              "{\"messages\":[{\"role\":\"user\",\"content\":\"3+3?\"},{\"role\":\"assistant\",\"content\":\"6\"}],\"source\":\"a\"}\n"
                                              "{\"messages\":[]}\n");
        const auto dataset = need(data::Dataset::open(path));
        const auto read = need(evalRows(*dataset, {.groupBy = "source"}));
        QCOMPARE(read.rows.size(), std::size_t{2});
        QCOMPARE(read.rows[0].references, (std::vector<std::string>{"4", "four"}));
        QCOMPARE(read.rows[0].prompt.size(), std::size_t{2});
        QCOMPARE(questionOf(read.rows[0]), std::string("2+2?"));
        QCOMPARE(groupNumbers({read.rows[0].group, read.rows[1].group, "", ""}), (std::vector<std::uint32_t>{0, 0, 1, 2}));
        QCOMPARE(read.skipped.size(), std::size_t{1});
        QVERIFY(evalRows(*dataset, {.groupBy = "nowhere"}).message().find("nowhere") != std::string::npos);
    }

    // The system text joins the row's own, and examples stand before the question.
    void promptsOfContenders()
    {
        EvalRow row;
        row.prompt = {{"system", "Own.", {}}, {"user", "Ask", {}}};
        const Contender prompted{kPrompted, false, "Given.", {{{"user", "Q", {}}, {"assistant", "A", {}}}}, {}};
        const auto messages = promptFor(prompted, row, 0);
        QCOMPARE(messages.size(), std::size_t{4});
        QCOMPARE(messages[0].content, std::string("Given.\n\nOwn."));
        QCOMPARE(messages[2].content, std::string("A"));
        QVERIFY(!messages[2].trained);
        QCOMPARE(promptFor({kBase, false, "", {}, {}}, row, 0).size(), std::size_t{2});
    }

    // A row is never shown itself as an example; the nearest one has most words in common.
    void examplesAreNotTheQuestion()
    {
        std::string text;
        for (const char* word : {"oak", "beech", "maple", "spruce"}) {
            text += "{\"prompt\":\"How hard is " + std::string(word) + " wood?\",\"completion\":\"" + word + "\"}\n";
        }
        text += "{\"prompt\":\"Which fish swims upstream?\",\"completion\":\"salmon\"}\n";
        const auto dataset = need(data::Dataset::open(write("train.jsonl", text)));
        EvalRow row;
        row.prompt = {{"user", "How hard is oak wood?", {}}};
        for (const auto choice : {ShotChoice::Diverse, ShotChoice::Nearest}) {
            Contender contender{kPrompted, false, "", {}, {}};
            need(chooseShots(contender, *dataset, {row}, 2, choice));
            const auto messages = promptFor(contender, row, 0);
            QCOMPARE(messages.size(), std::size_t{5});
            for (std::size_t i = 0; i + 1 < messages.size(); ++i) {
                QVERIFY(messages[i].content.find("oak") == std::string::npos);
                QVERIFY(choice == ShotChoice::Diverse || messages[i].content.find("fish") == std::string::npos);
            }
        }
    }

    // Rows that a person names, in that order, before every question but their own.
    void examplesByHand()
    {
        const auto dataset = need(data::Dataset::open(write("hand.jsonl", "{\"prompt\":\"How hard is oak?\",\"completion\":\"very\"}\n{\"prompt\":\"Which fish?\",\"completion\":\"salmon\"}\n"
                                                                          "{\"text\":\"no conversation\"}\n{\"prompt\":\"Who?\",\"completion\":\"Mira\"}\n")));
        std::vector<EvalRow> rows(2);
        rows[0].prompt = {{"user", "Where?", {}}};
        rows[1].prompt = {{"user", "Who?", {}}};
        Contender contender{kPrompted, false, "", {}, {}};
        need(showShots(contender, *dataset, rows, need(shotRowsOf("4, 1"))));
        const auto first = promptFor(contender, rows[0], 0);
        QCOMPARE(first.size(), std::size_t{5});
        QVERIFY(first[1].content == "Mira" && first[3].content == "very");
        const auto own = promptFor(contender, rows[1], 1);
        QVERIFY(own.size() == 3 && own[1].content == "very");
        for (const auto& [shown, why] : std::vector<std::pair<std::vector<std::int64_t>, std::string>>{{{5}, "row 5 cannot be an example: there are 4 rows"}, {{3}, "row 3 cannot be an example"}}) {
            Contender none{kPrompted, false, "", {}, {}};
            const auto shots = showShots(none, *dataset, rows, shown);
            QVERIFY2(!shots && shots.message().find(why) != std::string::npos, shots.message().c_str());
        }
        QVERIFY(need(shotRowsOf(" 7;3,7 ")) == (std::vector<std::int64_t>{7, 3}));
        for (const char* wrong : {"", " ,", "two", "0", "-3", "3x", "99999999999999999999"}) {
            QVERIFY2(!shotRowsOf(wrong), wrong);
        }
    }

    // What memory has no room for is asked in halves: each row is answered once, and the one that cannot be says so.
    void crampedMemory()
    {
        CrampedSession session(need(data::Encoder::load(base::bundledModel(), "folder", {})));
        std::vector<EvalRow> rows;
        for (int i = 1; i <= 20; ++i) {
            EvalRow row;
            row.row = i;
            std::string question = "Who?";
            for (int word = 0; i == 7 && word < 60; ++word) {
                question += " and who?";
            }
            row.prompt = {{"user", question, {}}};
            rows.push_back(std::move(row));
        }
        auto log = need(AnswerLog::open({}, Json::object()));
        need(answerRows(session, {kBase, false, "", {}, {}}, rows, {}, log, [](const std::string&, std::int64_t, std::int64_t) {}, {}));
        QCOMPARE(session.numAnswered, 19);
        for (const EvalRow& row : rows) {
            const Answer* answer = log.find(kBase, row.row);
            QVERIFY(answer != nullptr);
            QVERIFY2(row.row == 7 ? answer->problem == "a prompt is too long" : answer->prediction == "fine" && answer->problem.empty(), answer->problem.c_str());
        }
    }

    void answersAreKept()
    {
        const auto folder = path("eval");
        const Json asked{{"model", "m"}};
        {
            auto log = need(AnswerLog::open(folder, asked));
            need(log.add(kBase, 3, {"a\nb", "stop", 0.25, metrics::Likelihood{-1.5, 2}, ""}));
            need(log.add(kTuned, 3, {"", "error", {}, {}, "too long"}));
        }
        std::ofstream(folder / "answers.jsonl", std::ios::app) << "{\"system\":\"base\",\"row\":4,\"predi"; // a kill in the middle of a line
        auto log = need(AnswerLog::open(folder, asked));
        QVERIFY(log.wasBrokenOff());
        QCOMPARE(log.size(), std::size_t{2});
        const Answer* answer = log.find(kBase, 3);
        QVERIFY(answer != nullptr && answer->prediction == "a\nb" && answer->confidence == 0.25 && answer->likelihood->tokens == 2);
        QCOMPARE(log.find(kTuned, 3)->problem, std::string("too long"));
        QVERIFY(log.find(kBase, 4) == nullptr);
        need(log.add(kBase, 4, {"c", "stop", {}, {}, ""}));
        QCOMPARE(need(AnswerLog::open(folder, asked)).size(), std::size_t{3});
        const auto other = AnswerLog::open(folder, {{"model", "other"}});
        QVERIFY(!other.ok() && other.message().find("\"model\"") != std::string::npos);
    }

    void aGainIsSaid()
    {
        const auto found = compared(200, 100, 140);
        const auto& pair = found.differences.front();
        QCOMPARE(pair.better, 40);
        QCOMPARE(pair.worse, 0);
        QCOMPARE(std::string(pair.test), std::string("mcnemar"));
        QVERIFY(pair.isShown() && std::abs(pair.difference - 0.2) < 1e-12 && pair.interval.low > 0.1 && pair.interval.high < 0.3);
        QVERIFY2(found.verdict.starts_with("Tuned is better than base: accuracy 0.7000 instead of 0.5000 on 200 rows"), found.verdict.c_str());
        QCOMPARE(found.flips.size(), std::size_t{40});
        QVERIFY(found.flips.front().change > 0);
    }

    void aLossIsSaid() { QVERIFY(compared(200, 140, 100).verdict.starts_with("Tuned is worse than base")); }

    // One row more is no news; how many rows would make it one is told.
    void nothingIsSaidOfChance()
    {
        const auto found = compared(40, 20, 21);
        QVERIFY(!found.differences.front().isShown());
        QVERIFY2(found.verdict.find("no difference in accuracy that 40 rows can show") != std::string::npos, found.verdict.c_str());
        QVERIFY2(found.verdict.find("; about ") != std::string::npos, found.verdict.c_str());
        QVERIFY(compared(40, 20, 20).verdict.find("about") == std::string::npos);
    }

    // The same rows right is not "surely no difference": drawing alone would give an interval from 0 to 0. Rows in groups count as groups.
    void nothingDiffered()
    {
        const double z2 = std::pow(statistics::normalQuantile(0.975), 2);
        const Results alike = compared(40, 30, 30);
        const auto& pair = alike.differences.front();
        QVERIFY(pair.difference == 0 && pair.p == 1 && !pair.isShown());
        QVERIFY(std::abs(pair.interval.high - z2 / (40 + z2)) < 1e-9 && std::abs(pair.interval.low + pair.interval.high) < 1e-9);
        QVERIFY2(alike.verdict.find("the difference from -0.0876 to 0.0876") != std::string::npos, alike.verdict.c_str());
        std::vector<RowFacts> facts = alike.rows;
        for (std::size_t i = 0; i < facts.size(); ++i) {
            facts[i].group = "source " + std::to_string(i / 4);
        }
        const Results grouped = need(results(alike.contenders, facts, byName("accuracy"), {}, {.draws = 200}));
        QCOMPARE(grouped.groups, std::size_t{10});
        QVERIFY(std::abs(grouped.differences.front().interval.high - z2 / (10 + z2)) < 1e-9);
    }

    // All right on ten rows is not "surely all": an interval by drawing alone would say so.
    void allRightIsNotCertain()
    {
        const auto found = compared(10, 10, 10);
        const auto& value = found.values.front().front();
        QCOMPARE(value.value, 1.0);
        QVERIFY(value.interval.low < 0.8);
        QVERIFY(!found.notes.empty());
    }

    // A rating where less is better turns what better means.
    void lessMayBeBetter()
    {
        ScoredContender base{kBase, "base", {}};
        ScoredContender tuned{kTuned, "tuned", {}};
        std::vector<RowFacts> facts;
        base::Random random(3);
        for (std::int64_t i = 0; i < 60; ++i) {
            const double surprise = 2 + random.uniform();
            base.rows.push_back({"", {"x"}, metrics::Likelihood{-surprise, 1}});
            tuned.rows.push_back({"", {"x"}, metrics::Likelihood{-surprise / 2, 1}});
            facts.push_back({i + 1, {}, "q", {}});
        }
        const auto found = need(results({base, tuned}, facts, byName("perplexity"), {}, {.draws = 300}));
        QVERIFY2(found.verdict.starts_with("Tuned is better than base"), found.verdict.c_str());
        QCOMPARE(found.differences.front().better, 60);
        QCOMPARE(std::string(found.differences.front().test), std::string("paired bootstrap"));
    }

    // Rows of one source are one: forty copies of five rows show no more than the five.
    void groupsCount()
    {
        ScoredContender base{kBase, "base", {}};
        ScoredContender tuned{kTuned, "tuned", {}};
        std::vector<RowFacts> facts;
        for (std::int64_t i = 0; i < 200; ++i) {
            base.rows.push_back({i % 5 < 2 ? "yes" : "no", {"yes"}});
            tuned.rows.push_back({i % 5 < 3 ? "yes" : "no", {"yes"}});
            facts.push_back({i + 1, "source " + std::to_string(i % 5), "q", {}});
        }
        const auto found = need(results({base, tuned}, facts, byName("accuracy"), {}, {}));
        QCOMPARE(found.groups, std::size_t{5});
        QVERIFY(!found.differences.front().isShown());
        QVERIFY2(found.verdict.find("in 5 groups") != std::string::npos, found.verdict.c_str());
    }

    // Three groups of twelve differ, one way: three coins that fall alike say nothing, however many stand beside them. Drawing alone gave p 0.03.
    void groupsThatDifferDecide()
    {
        ScoredContender base{kBase, "base", {}};
        ScoredContender tuned{kTuned, "tuned", {}};
        std::vector<RowFacts> facts;
        for (std::int64_t i = 0; i < 360; ++i) {
            base.rows.push_back({i % 12 < 6 ? "yes" : "no", {"yes"}});
            tuned.rows.push_back({i % 12 < 9 ? "yes" : "no", {"yes"}});
            facts.push_back({i + 1, "question " + std::to_string(i % 12), "q", {}});
        }
        const auto found = need(results({base, tuned}, facts, byName("accuracy"), {}, {}));
        QCOMPARE(found.differences.front().p, 0.25);
        QVERIFY(!found.differences.front().isShown());
    }

    void slices()
    {
        const auto found = compared(60, 20, 40);
        QStringList names;
        for (const auto& slice : found.slices) {
            names << QString::fromStdString(slice.name);
        }
        QVERIFY2(names.contains("tag: even") && names.contains("long questions") && names.contains("label: yes"), qPrintable(names.join(", ")));
    }

    // Strict alone would hide how much its reading decides.
    void strictAndLenientStandTogether()
    {
        ScoredContender model{kBase, "model", {}};
        std::vector<RowFacts> facts;
        for (std::int64_t i = 0; i < 30; ++i) {
            model.rows.push_back({i < 6 ? "18" : "It is 18 dollars", {"18"}});
            facts.push_back({i + 1, {}, "q", {}});
        }
        const auto found = need(results({model}, facts, byName("number_match"), {}, {.draws = 200}));
        QCOMPARE(found.values.front().size(), std::size_t{2});
        QCOMPARE(found.values.front()[0].value, 0.2);
        QCOMPARE(found.values.front()[1].value, 1.0);
        QVERIFY(std::any_of(found.notes.begin(), found.notes.end(), [](const std::string& note) { return note.find("disagree") != std::string::npos; }));
    }

    // A metric made for another kind of reference gives a number all the same: it is said.
    void anotherKindOfReferenceIsSaid()
    {
        ScoredContender model{kBase, "model", {}};
        std::vector<RowFacts> facts;
        for (std::int64_t i = 0; i < 40; ++i) {
            model.rows.push_back({"text", {"a long answer, number " + std::string(static_cast<std::size_t>(i) + 1, 'x')}});
            facts.push_back({i + 1, {}, "q", {}});
        }
        const auto found = need(results({model}, facts, byName("number_match,f1_macro"), {}, {.draws = 200}));
        const auto isSaid = [&](const char* part) {
            return std::any_of(found.notes.begin(), found.notes.end(), [part](const std::string& note) { return note.find(part) != std::string::npos; });
        };
        QVERIFY(isSaid("40 rows have no number") && isSaid("hardly labels"));
    }

    void whatIsMissingNamesItsRow()
    {
        const auto found = results({{kBase, "base", {{"x"}}}}, {{7, {}, "q", {}}}, byName("bleu"), {}, {});
        QVERIFY(!found.ok() && found.message().find("row 7") != std::string::npos && found.message().find("reference") != std::string::npos);
    }

    void choicesAreRead_data()
    {
        QTest::addColumn<QString>("row");
        QTest::addColumn<int>("right");
        QTest::addColumn<QString>("before");
        QTest::addColumn<QString>("behind");
        QTest::newRow("place") << R"({"question":"Why? ","choices":["a","b"],"answer":1})" << 1 << "Why?" << "";
        QTest::newRow("letter") << R"({"question":"Why?","choices":["a","b","c"],"answer":"C"})" << 2 << "Why?" << "";
        QTest::newRow("text") << R"({"question":"Why?","options":["so","thus"],"answer":"thus"})" << 1 << "Why?" << "";
        QTest::newRow("arc") << R"({"question":"Why?","choices":{"text":["a","b"],"label":["1","2"]},"answerKey":"2"})" << 1 << "Why?" << "";
        QTest::newRow("hellaswag") << R"({"ctx":"He sits","endings":["down.","up.","out.","in."],"label":"3"})" << 3 << "He sits" << "";
        QTest::newRow("winogrande") << R"({"sentence":"The cup fell because _ was wet.","option1":"it","option2":"the table","answer":"2"})" << 1 << "The cup fell because" << " was wet.";
        QTest::newRow("piqa") << R"({"goal":"Glue wood","sol1":"wet it","sol2":"clamp it","label":1})" << 1 << "Glue wood" << "";
        QTest::newRow("lettered") << R"({"question":"Why?","choices":{"A":"a","B":"b"},"answer":"B"})" << 1 << "Why?" << "";
        QTest::newRow("a number as text") << R"({"question":"2+2?","choices":["3","4"],"answer":"4"})" << 1 << "2+2?" << "";
        QTest::newRow("no such place") << R"({"question":"Why?","choices":["a","b"],"answer":5})" << -1 << "names none" << "";
        QTest::newRow("one choice") << R"({"question":"Why?","choices":["a"],"answer":0})" << -1 << "two texts" << "";
        QTest::newRow("no answer") << R"({"question":"Why?","choices":["a","b"]})" << -1 << "\"answer\" is missing" << "";
        QTest::newRow("no question") << R"({"choices":["a","b"],"answer":0})" << -1 << "\"question\" is missing" << "";
    }

    void choicesAreRead()
    {
        QFETCH(QString, row);
        QFETCH(int, right);
        QFETCH(QString, before);
        QFETCH(QString, behind);
        const auto read = choiceRow(need(base::parseJson(row.toStdString())));
        if (right < 0) {
            QVERIFY2(!read.ok() && read.message().find(before.toStdString()) != std::string::npos, read.ok() ? "read" : read.message().c_str());
            return;
        }
        QVERIFY2(read.ok(), read.ok() ? "" : read.message().c_str());
        QCOMPARE(static_cast<int>(read->right), right);
        QCOMPARE(QString::fromStdString(read->before), before);
        QCOMPARE(QString::fromStdString(read->behind), behind);
        QCOMPARE(read->references.front(), read->choices[read->right]);
    }

    void lastWordsAreRead_data()
    {
        QTest::addColumn<QString>("row");
        QTest::addColumn<int>("words");
        QTest::addColumn<QString>("before");
        QTest::addColumn<QString>("last");
        QTest::newRow("named") << R"({"context":"She took the cup and it ","last_words":" broke"})" << 0 << "She took the cup and it" << "broke";
        QTest::newRow("lambada") << R"({"text":"She took the cup and it broke"})" << 1 << "She took the cup and it" << "broke";
        QTest::newRow("two words, a line end") << "{\"text\":\"She took the cup\\nand  it broke\\n\"}" << 2 << "She took the cup\nand" << "it broke";
        QTest::newRow("target") << R"({"context":"Oak is","target":"hard wood"})" << 1 << "Oak is" << "hard wood";
        QTest::newRow("one word") << R"({"text":"broke"})" << 1 << "" << "no more than 1 words";
        QTest::newRow("too few") << R"({"text":"it broke"})" << 2 << "" << "no more than 2 words";
        QTest::newRow("blank") << R"({"text":"   "})" << 1 << "" << "no more than 1 words";
        QTest::newRow("not said") << R"({"text":"it broke"})" << 0 << "" << "\"last_words\" is missing";
        QTest::newRow("nothing before") << R"({"context":" ","last_words":"broke"})" << 0 << "" << "nothing stands before";
        QTest::newRow("empty") << R"({"context":"it","last_words":" "})" << 0 << "" << "nothing to score";
        QTest::newRow("a number") << R"({"text":7})" << 1 << "" << "no text";
        QTest::newRow("a list") << R"(["it broke"])" << 1 << "" << "no object";
    }

    void lastWordsAreRead()
    {
        QFETCH(QString, row);
        QFETCH(int, words);
        QFETCH(QString, before);
        QFETCH(QString, last);
        const auto read = clozeRow(need(base::parseJson(row.toStdString())), words);
        if (before.isEmpty()) {
            QVERIFY2(!read.ok() && read.message().find(last.toStdString()) != std::string::npos, read.ok() ? "read" : read.message().c_str());
            return;
        }
        QVERIFY2(read.ok(), read.ok() ? "" : read.message().c_str());
        QCOMPARE(QString::fromStdString(read->before), before);
        QCOMPARE(QString::fromStdString(read->lastWords), last);
        QVERIFY(read->isScored());
    }

    // Several sets: one sentence, one curve of what is left of the base's.
    void forgettingOverSeveralSets()
    {
        const std::vector<EvalSystem> systems{{kBase, "base", "/m", {}, {}, 0, 0}, {kTuned, "tuned", "/m", {{"/a", 1}}, {}, 0, 9}};
        const std::vector<Results> sets{compared(200, 160, 100), compared(200, 100, 100)};
        const std::string sentence = forgettingOf(sets, {"arc", "poems"}, systems);
        QVERIFY2(sentence.starts_with("Something was forgotten: arc (accuracy 0.8000 before, 0.5000 now); no difference is shown on poems"), sentence.c_str());
        QVERIFY2(sentence.find("81 % of the base's is left") != std::string::npos, sentence.c_str()); // (0.5 / 0.8 + 1) / 2
        const auto curve = forgettingCurve(sets, systems);
        QCOMPARE(curve.points.size(), std::size_t{2});
        QCOMPARE(curve.points[0].second, 100.0);
        QVERIFY(std::abs(curve.points[1].second - 81.25) < 1e-9 && curve.points[1].first == 9);
        QVERIFY(forgettingCurve({sets[0]}, systems).points[1].second == 0.5); // of one set its own number
        QVERIFY(forgettingOf({sets[1], sets[1]}, {"a", "b"}, systems).starts_with("Nothing was forgotten that 2 general sets show"));
    }

    // Who answered stands in "systems"; a report and a card find their evaluations by it.
    void evaluationsOfAResult()
    {
        const std::filesystem::path all = path("all");
        const auto keep = [&](const char* name, const std::string& adapter) {
            need(base::makeDirectories(all / name));
            const Json results{{"verdict", name}, {"asked", {{"systems", {{{"id", "base"}, {"model", "/m"}, {"adapters", Json::array()}}, {{"id", "tuned"}, {"model", "/m"}, {"adapters", {adapter}}}}}}}};
            need(base::writeFileAtomically(all / name / "results.json", base::dumpJson(results)));
        };
        keep("1", path("runs/1/adapter").string());
        keep("2", path("runs/1/adapter").string() + "=0.7");
        keep("3", path("runs/11/adapter").string());
        need(base::makeDirectories(all / "4"));
        need(base::writeFileAtomically(all / "4" / "results.json", "{"));
        std::vector<std::string> problems;
        QCOMPARE(evaluationsOf(all, path("runs/1/adapter"), problems).size(), std::size_t{2});
        QCOMPARE(problems.size(), std::size_t{1});
        QCOMPARE(evaluationsOf(all, path("runs/2/adapter"), problems).size(), std::size_t{0});
        const Json third = need(base::readJson(all / "3" / "results.json"));
        QVERIFY(isOf(third, path("runs/11/adapter")) && !isOf(third, "/m"));
    }

    // Nothing is loaded twice: a model alone joins whoever has it open with adapters.
    void sittingsShareModels()
    {
        const auto sittings = sittingsOf({{kBase, "base", "/m"}, {kPrompted, "prompted", "/m", {}, "Be brief."}, {"step-5", "step 5", "/m", {{"/a5", 1}}}, {"run-2", "other", "/n"},
                                          {kTuned, "tuned", "/m", {{"/a", 1}}}});
        QCOMPARE(sittings.size(), std::size_t{3});
        QCOMPARE(sittings[0].systems, (std::vector<std::string>{kBase, kPrompted, "step-5"}));
        QCOMPARE(sittings[0].adapters.front().path, std::filesystem::path("/a5"));
        QCOMPARE(sittings[2].systems, std::vector<std::string>{kTuned});
    }

    void forgettingIsSaid()
    {
        const auto general = compared(200, 160, 100);
        const std::vector<EvalSystem> systems{{kBase, "base", "/m"}, {kTuned, "tuned", "/m"}};
        QVERIFY2(forgettingOf(general, systems).starts_with("Something was forgotten"), forgettingOf(general, systems).c_str());
        QVERIFY(forgettingOf(compared(200, 100, 100), systems).find("no forgetting is shown") != std::string::npos);
        QVERIFY(forgettingOf(compared(200, 100, 160), systems).starts_with("Nothing was forgotten"));
    }

    // What has no better is neither better nor worse; it is more or less.
    void lengthHasNoBetter()
    {
        ScoredContender base{kBase, "base", {}};
        ScoredContender tuned{kTuned, "tuned", {}};
        std::vector<RowFacts> facts;
        for (std::int64_t i = 0; i < 40; ++i) {
            base.rows.push_back({std::string(10 + i % 3, 'x'), {}});
            tuned.rows.push_back({std::string(i < 30 ? 20 : 2, 'x'), {}});
            facts.push_back({i + 1, {}, "question " + std::to_string(i), {}});
        }
        const auto found = need(results({base, tuned}, facts, byName("length"), {}, {.draws = 200}));
        const Json json = toJson(found);
        const Json& pair = json.at("differences").at(0);
        QVERIFY(pair.at("better").is_null() && pair.at("worse").is_null() && pair.at("more") == 30 && pair.at("less") == 10);
        QVERIFY(json.at("flips").at("better").empty() && json.at("flips").at("worse").empty());
        QCOMPARE(json.at("flips").at("more").size(), std::size_t{25});
        QCOMPARE(json.at("flips").at("less").size(), std::size_t{10});
        QVERIFY2(found.verdict.starts_with("Tuned differs from base: length 15.5"), found.verdict.c_str());
        QVERIFY(toJson(compared(40, 10, 30)).at("differences").at(0).at("better") == 20);
    }

    // Answers of a batch end together, at the limit of tokens, or one by one: either way the rest takes as long as it was said to.
    void theRestTakesAsLongAsIsSaid_data()
    {
        QTest::addColumn<int>("atOnce");
        QTest::addColumn<double>("spread"); // of an answer's seconds: 0: all take as long
        QTest::newRow("a batch at once") << 16 << 0.0;
        QTest::newRow("nearly at once") << 16 << 0.1;
        QTest::newRow("one by one out of a batch") << 16 << 0.9;
        QTest::newRow("each alone") << 1 << 0.5;
    }

    void theRestTakesAsLongAsIsSaid()
    {
        QFETCH(int, atOnce);
        QFETCH(double, spread);
        static double now;
        now = 100;
        constexpr std::int64_t kAll = 1000;
        AnswerPace pace(kAll, [] { return now; });
        pace.begin(atOnce);
        pace.take(0);
        base::Random random(7);
        std::vector<double> ends(static_cast<std::size_t>(atOnce));
        const auto next = [&] { return now + 3 * (1 - spread + 2 * spread * random.uniform()); };
        for (double& end : ends) {
            end = next();
        }
        std::vector<std::pair<double, double>> said; // when, and how much is left
        for (std::int64_t done = 1; done <= kAll; ++done) {
            auto first = std::min_element(ends.begin(), ends.end());
            now = *first;
            *first = next();
            pace.take(done);
            said.emplace_back(now, pace.secondsLeft());
        }
        QVERIFY(said.front().second < 0); // one answer says nothing
        for (std::size_t i = 0; i < said.size(); ++i) {
            const double left = now - said[i].first;
            if (i >= static_cast<std::size_t>(std::max(3 * atOnce, 20)) && left > 30) {
                QVERIFY2(std::abs(said[i].second / left - 1) < 0.25, qPrintable(QString("row %1: %2 said, %3 it was").arg(i + 1).arg(said[i].second).arg(left)));
            }
        }
        QVERIFY(pace.secondsLeft() < 1);
    }

    // Before anything is loaded: ten times the rows take ten times as long; a card and what is not there say nothing.
    void timeIsSaidBefore()
    {
        EvalRequest request;
        request.systems = {{kBase, "base", base::bundledModel()}};
        request.device = "cpu";
        request.metrics = byName("rougeL");
        EvalSets few;
        EvalSets many;
        for (int i = 0; i < 10'000; ++i) {
            EvalRow row;
            row.row = i + 1;
            row.prompt = {{"user", "How is shellac thinned before it is brushed on?", {}}};
            row.references = {"With alcohol, in a two-pound cut, padded on in thin coats."};
            if (i < 1000) {
                few.rows.rows.push_back(row);
            }
            many.rows.rows.push_back(row);
        }
        const auto settings = need(answeringOf(request, many.rows.rows));
        const double seconds = roughSeconds(request, many, settings);
        QVERIFY2(seconds > 0 && seconds < 36000, qPrintable(QString::number(seconds)));
        QVERIFY(std::abs(seconds / roughSeconds(request, few, settings) - 10) < 0.1);
        request.device = "cuda";
        QVERIFY(roughSeconds(request, many, settings) < 0);
        request.device = "cpu";
        request.systems[0].model = "/nowhere";
        QVERIFY(roughSeconds(request, many, settings) < 0);
    }

    // What was stopped is listed as that, what is damaged says so, and nothing else counts as an evaluation.
    void pastOnes()
    {
        const auto all = path("evaluations");
        for (const char* name : {"1", "2", "3", "4"}) {
            need(base::makeDirectories(all / name));
        }
        need(base::writeFileAtomically(all / "1" / "results.json", R"({"verdict":"Better.","rows":12,"systems":{},"asked":{"systems":[{"model":"/p/runs/7/model","adapters":[]}]}})"));
        need(base::writeFileAtomically(all / "2" / "asked.json", R"({"rows":9,"systems":[{"model":"/m","adapters":["/p/runs/3/adapter"]}]})"));
        need(base::writeFileAtomically(all / "3" / "results.json", "{"));
        auto past = pastEvaluations(all);
        std::sort(past.begin(), past.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
        QCOMPARE(past.size(), std::size_t{3});
        QVERIFY(past[0].isWhole() && past[0].title == "run 7, 12 rows");
        QVERIFY(!past[1].isWhole() && past[1].problem.empty() && past[1].title == "run 3, 9 rows");
        QVERIFY(!past[2].problem.empty());
        QVERIFY(resultsIn(all / "1").ok() && resultsIn(all / "2").message().find("stopped before its end") != std::string::npos);
        QVERIFY(pastEvaluations(path("nowhere")).empty());
    }

    void jsonHasTheContract()
    {
        const Json json = toJson(compared(40, 10, 30, "accuracy,bleu"));
        QCOMPARE(json.at("rows").get<int>(), 40);
        for (const char* metric : {"accuracy", "bleu"}) {
            for (const char* key : {"value", "low", "high"}) {
                QVERIFY(json.at("metrics").at(metric).contains(key));
            }
        }
        QCOMPARE(json.at("metrics").at("accuracy").at("value").get<double>(), 0.75);
        QCOMPARE(json.at("flips").at("better").size(), std::size_t{20});
    }

private:
    std::filesystem::path path(const char* name) const { return m_folder->filePath(name).toStdString(); }
    std::filesystem::path write(const char* name, const std::string& text) const
    {
        need(base::writeFileAtomically(path(name), text));
        return path(name);
    }

    std::unique_ptr<QTemporaryDir> m_folder;
};

QTEST_APPLESS_MAIN(TestEvaluation)
#include "tst_evaluation.moc"
