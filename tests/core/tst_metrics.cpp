// SPDX-License-Identifier: GPL-3.0-or-later
// The table of metrics, and those that no other program decides: numbers in answers, JSON, shapes of answers.
#include "core/metrics/certainty.h"
#include "core/metrics/final_number.h"
#include "core/metrics/json_answer.h"
#include "core/metrics/json_schema.h"
#include "core/metrics/labels.h"
#include "core/metrics/metric.h"
#include "tests/support/need.h"

#include <QtTest>

#include <cmath>
#include <set>

using namespace luthier;
using namespace luthier::metrics;
using support::need;

namespace {

double value(std::string_view id, const std::vector<ScoredRow>& rows, const MetricSettings& settings = {})
{
    return need(need(findMetric(id))->measure(rows, settings))->value();
}

std::string textOf(const std::optional<double>& number)
{
    return number ? QString::number(*number, 'g', 15).toStdString() : "none";
}

std::vector<ScoredRow> fullRows()
{
    std::vector<ScoredRow> rows;
    for (const auto* prediction : {"yes", "no", "", "{\"a\": 1}", "the answer is 12", "```\nx\n```", "größe 🙂"}) {
        ScoredRow row{prediction, {"yes", "12"}};
        row.likelihood = Likelihood{-3.5, 4};
        row.confidence = 0.5;
        row.choices = ChoiceScores{{-3, -2}, {3, 7}, {3, 9}, rows.size() % 2};
        row.reward = static_cast<double>(rows.size()) - 2.5;
        row.cloze = ClozeScore{-0.5 - static_cast<double>(rows.size()), rows.size() % 2 == 0};
        rows.push_back(row);
    }
    return rows;
}

} // namespace

class TestMetrics : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void everyMetric_data()
    {
        QTest::addColumn<int>("place");
        for (std::size_t i = 0; i < metrics::metrics().size(); ++i) {
            QTest::newRow(std::string(metrics::metrics()[i].id).c_str()) << static_cast<int>(i);
        }
    }

    // What holds for all: a name, a value of its rows, one of every row alone, and counting a row twice is the row standing there twice.
    void everyMetric()
    {
        QFETCH(int, place);
        const Metric& metric = metrics::metrics()[static_cast<std::size_t>(place)];
        QVERIFY(std::string(metric.label).size() > 1 && std::string(metric.help).size() > 10);
        QCOMPARE(need(findMetric(metric.id)), &metric);
        const MetricSettings settings{true, "[0-9]", "{\"type\":\"object\"}"};
        auto rows = fullRows();
        const auto measured = need(metric.measure(rows, settings));
        QCOMPARE(measured->rows(), rows.size());
        QVERIFY(std::isfinite(measured->value()));
        for (std::size_t i = 0; i < rows.size(); ++i) {
            const double one = measured->ofRow(i);
            QVERIFY(std::isfinite(one) && (!metric.isRightOrWrong || one == 0 || one == 1));
        }
        std::vector<std::uint32_t> counts(rows.size(), 1);
        counts[1] = 3;
        counts[0] = 0;
        const double weighted = measured->value(counts);
        rows.push_back(rows[1]);
        rows.push_back(rows[1]);
        rows.erase(rows.begin());
        QVERIFY(std::abs(weighted - need(metric.measure(rows, settings))->value()) < 1e-12);
        QVERIFY(std::isnan(measured->value(std::vector<std::uint32_t>(measured->rows(), 0))));
    }

    void names()
    {
        QCOMPARE(need(metricsByName("bleu, f1,bleu")).size(), std::size_t{2});
        QCOMPARE(need(metricsByName("f1"))[0]->id, std::string_view("f1_macro"));
        const auto wrong = metricsByName("bleu,blue");
        QVERIFY(!wrong.ok() && wrong.message().find("\"blue\"") != std::string::npos && wrong.message().find("chrf") != std::string::npos);
        QVERIFY(!metricsByName("").ok());
    }

    // As lambada counts them: the share that is greedy, and e to the minus mean over the rows.
    void lastWords()
    {
        std::vector<ScoredRow> rows(2);
        rows[0].cloze = ClozeScore{std::log(0.5), true};
        rows[1].cloze = ClozeScore{std::log(0.125), false};
        QCOMPARE(value("cloze_acc", rows), 0.5);
        QVERIFY(std::abs(value("cloze_perplexity", rows) - 4) < 1e-12);
        QVERIFY(missingFor(*need(findMetric("cloze_acc")), {"x", {"y"}}).find("last words") != std::string::npos);
    }

    void whatIsMissingIsSaid()
    {
        QVERIFY(missingFor(*need(findMetric("bleu")), {"x"}).find("reference") != std::string::npos);
        QVERIFY(missingFor(*need(findMetric("perplexity")), {"x", {"y"}}).find("model") != std::string::npos);
        QVERIFY(missingFor(*need(findMetric("ece")), {"x", {"y"}}).find("confidence") != std::string::npos);
        QVERIFY(missingFor(*need(findMetric("length")), {"x"}).empty());
        const std::vector<ScoredRow> rows{{"x"}};
        QVERIFY(need(findMetric("regex_match"))->measure(rows, {}).message().find("--pattern") != std::string::npos);
        QVERIFY(need(findMetric("regex_match"))->measure(rows, {.pattern = "(", .schema = ""}).message().size() > 5);
        QVERIFY(need(findMetric("schema_valid"))->measure(rows, {}).message().find("--schema") != std::string::npos);
    }

    void numbers_data()
    {
        QTest::addColumn<QString>("answer");
        QTest::addColumn<QString>("strict");
        QTest::addColumn<QString>("lenient");
        QTest::newRow("alone") << " 42 " << "42" << "42";
        QTest::newRow("stop") << "42." << "42" << "42";
        QTest::newRow("thousands") << "$1,234.50" << "1234.5" << "1234.5";
        QTest::newRow("comma of a list") << "1,2" << "none" << "2";
        QTest::newRow("sentence") << "So she has 7 apples and 3 pears." << "none" << "3";
        QTest::newRow("gsm8k") << "5 + 4 = 9\n#### -9\n" << "-9" << "-9";
        QTest::newRow("boxed") << "first \\boxed{1} then \\boxed{ 1{,}000 } or \\boxed{-2.5}. See 3" << "-2.5" << "3";
        QTest::newRow("open box") << "\\boxed{5" << "none" << "5";
        QTest::newRow("minus") << "it is −4" << "none" << "-4";
        QTest::newRow("minus before currency") << "-$5" << "-5" << "-5";
        QTest::newRow("subtraction") << "5-3" << "none" << "3";
        QTest::newRow("percent") << "50 %" << "50" << "50";
        QTest::newRow("decimals") << ".5" << "0.5" << "0.5";
        QTest::newRow("none") << "I do not know" << "none" << "none";
        QTest::newRow("empty") << "" << "none" << "none";
        QTest::newRow("huge") << QString(400, QLatin1Char('9')) << "none" << "none";
    }

    void numbers()
    {
        QFETCH(QString, answer);
        QFETCH(QString, strict);
        QFETCH(QString, lenient);
        QCOMPARE(QString::fromStdString(textOf(strictNumber(answer.toStdString()))), strict);
        QCOMPARE(QString::fromStdString(textOf(lenientNumber(answer.toStdString()))), lenient);
    }

    // A whole solution is a reference, too; both ways of reading may disagree, and both are there.
    void numbersAgainstReferences()
    {
        const std::vector<ScoredRow> rows{{"#### 18", {"9 * 2 = 18\n#### 18"}}, {"The total is 18 dollars", {"18"}}, {"19", {"18"}}};
        QCOMPARE(value("number_match", rows), 1.0 / 3);
        QCOMPARE(value("number_match_lenient", rows), 2.0 / 3);
    }

    void json()
    {
        QVERIFY(strictJson(" {\"a\": [1, 2]}\n") && !strictJson("```json\n{}\n```") && !strictJson("") && !strictJson("{'a': 1}"));
        QVERIFY(lenientJson("Here:\n```json\n{\"a\": 1}\n```\nDone.") && lenientJson("So [1, 2] it is") && !lenientJson("{nothing}"));
    }

    void schemas()
    {
        const auto schema = need(JsonSchema::parse("{\"type\":\"object\",\"required\":[\"name\"],\"additionalProperties\":false,"
                                                  "\"properties\":{\"name\":{\"type\":\"string\",\"minLength\":1,\"pattern\":\"^[A-Z]\"},\"age\":{\"type\":\"integer\",\"minimum\":0},"
                                                  "\"tags\":{\"type\":\"array\",\"items\":{\"$ref\":\"#/$defs/tag\"},\"uniqueItems\":true}},\"$defs\":{\"tag\":{\"enum\":[\"a\",\"b\"]}}}"));
        const auto problem = [&](const char* text) { return schema.problemOf(need(base::parseJson(text))); };
        const std::string fine = problem("{\"name\":\"Ada\",\"age\":3,\"tags\":[\"a\",\"b\"]}");
        const std::string unnamed = problem("{\"age\":3}");
        const std::string negative = problem("{\"name\":\"Ada\",\"age\":-1}");
        const std::string unknownTag = problem("{\"name\":\"Ada\",\"tags\":[\"c\"]}");
        const std::string twice = problem("{\"name\":\"Ada\",\"tags\":[\"a\",\"a\"]}");
        const std::string small = problem("{\"name\":\"ada\"}");
        const std::string more = problem("{\"name\":\"Ada\",\"more\":1}");
        QCOMPARE(fine, std::string());
        QVERIFY(unnamed.find("name") != std::string::npos);
        QVERIFY(negative.find("/age") != std::string::npos);
        QVERIFY(unknownTag.find("/tags/0") != std::string::npos);
        QVERIFY(twice.find("twice") != std::string::npos);
        QVERIFY(!small.empty() && !more.empty() && !problem("[]").empty());
    }

    // What is not known would not be refused; a schema that refers to itself ends.
    void schemasThatCannotBeHeld()
    {
        const auto unknown = JsonSchema::parse("{\"dependentRequired\":{}}");
        const auto noType = JsonSchema::parse("{\"type\":\"strong\"}");
        const auto nowhere = JsonSchema::parse("{\"$ref\":\"#/nowhere\"}");
        const auto noSchema = JsonSchema::parse("{\"$ref\":\"#/properties/a/enum/0\",\"properties\":{\"a\":{\"enum\":[5]}}}");
        const auto itself = need(JsonSchema::parse("{\"$ref\":\"#\"}"));
        QVERIFY(!unknown.ok() && unknown.message().find("dependentRequired") != std::string::npos);
        QVERIFY(!noType.ok() && !nowhere.ok() && !noSchema.ok() && !JsonSchema::parse("{").ok());
        QVERIFY(!itself.problemOf(1).empty());
    }

    void shapes()
    {
        QCOMPARE(value("length", {{"größe"}, {""}}), 2.5);
        QCOMPARE(value("repetition", {{"a b c d a b c d"}}), 1 - 4.0 / 5);
        QCOMPARE(value("repetition", {{"too short"}}), 0.0);
        QCOMPARE(value("empty", {{" \n"}, {"x"}}), 0.5);
        QCOMPARE(value("code_fences", {{"```c\nx\n```"}, {"```c\nx"}, {"no"}}), 1.0 / 3);
        QCOMPARE(value("regex_match", {{"ab1"}, {"ab"}}, {.pattern = "[0-9]$", .schema = ""}), 0.5);
    }

    // The likeliest choice, and by length another one: as lm-evaluation-harness' multiple_choice has them.
    void choices()
    {
        std::vector<ScoredRow> rows(1);
        rows[0].choices = ChoiceScores{{-4, -6, -9}, {2, 4, 3}, {2, 4, 9}, 1}; // per character -2, -1.5, -3; per byte -2, -1.5, -1
        QCOMPARE(value("acc", rows), 0.0);
        QCOMPARE(value("acc_norm", rows), 1.0);
        QCOMPARE(value("acc_bytes", rows), 0.0);
        rows[0].choices->right = 2;
        QCOMPARE(value("acc_bytes", rows), 1.0);
        rows[0].choices = ChoiceScores{{-4, -4}, {1, 1}, {1, 1}, 1}; // of equal ones the first counts
        QCOMPARE(value("acc", rows), 0.0);
        QVERIFY(missingFor(*need(findMetric("acc")), {"x", {"y"}}).find("choices") != std::string::npos);
        QVERIFY(missingFor(*need(findMetric("reward")), {"x", {"y"}}).find("reward model") != std::string::npos);
    }

    void perplexityIsOverTokens()
    {
        std::vector<ScoredRow> rows{{"", {"a"}, Likelihood{-2, 1}}, {"", {"b"}, Likelihood{-4, 5}}};
        QCOMPARE(value("perplexity", rows), std::exp(1.0));
    }

    void confusion()
    {
        const std::vector<ScoredRow> rows{{"a", {"a"}}, {"b", {"a"}}, {" a ", {"a"}}, {"maybe", {"b"}}, {"b", {"b"}}};
        const auto table = confusionOf(rows);
        QCOMPARE(table.labels, (std::vector<std::string>{"a", "b"}));
        QCOMPARE(table.counts, (std::vector<std::vector<std::int64_t>>{{2, 1, 0}, {0, 1, 1}}));
        QVERIFY(whyNoLabels(rows).empty());
        // Texts that are few, but free: long, of several lines, or hardly any twice.
        std::vector<ScoredRow> free = rows;
        free[0].references = {std::string(kLongestLabel + 1, 'x')};
        QVERIFY(confusionOf(free).labels.empty() && whyNoLabels(free).find("longer than 40 characters") != std::string::npos);
        free[0].references = {"a\nb"};
        QVERIFY(confusionOf(free).labels.empty());
        std::vector<ScoredRow> many;
        for (int i = 0; i < 62; ++i) {
            many.push_back({"x", {"text " + std::to_string(i % 31)}});
        }
        QCOMPARE(whyNoLabels(many), std::string("they are 31 different texts"));
        many.resize(20);
        QCOMPARE(whyNoLabels(many), std::string("hardly any comes twice (20 different texts in 20 rows)"));
    }

    void certainty()
    {
        std::vector<ScoredRow> rows{{"a", {"a"}}, {"b", {"a"}}};
        rows[0].confidence = 1;
        rows[1].confidence = 1;
        const auto bins = certaintyBins(rows);
        QCOMPARE(bins.back().rows, 2);
        QCOMPARE(bins.back().accuracy, 0.5);
        QCOMPARE(value("ece", rows), 0.5);
    }
};

QTEST_APPLESS_MAIN(TestMetrics)
#include "tst_metrics.moc"
