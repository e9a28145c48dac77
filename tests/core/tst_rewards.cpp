// SPDX-License-Identifier: GPL-3.0-or-later
// Rules that reward answers: what each gives, how they are said as text, and what is refused.
#include "core/fields/record.h"
#include "core/metrics/json_schema.h"
#include "core/rewards/answer_part.h"
#include "core/rewards/contest.h"
#include "core/rewards/expression.h"
#include "core/rewards/rewards.h"

#include <QtTest>

using namespace luthier;
using namespace luthier::rewards;

namespace {

// What one rule gives; NaN: it cannot be made.
double given(const std::string& rule, const Answer& answer)
{
    const auto rewards = Rewards::compile(std::vector{rule});
    return rewards ? rewards->judge(answer).reward : std::nan("");
}

double given(const std::string& rule, const std::string& text, const std::string& expected = {})
{
    Answer answer;
    answer.text = text;
    if (!expected.empty()) {
        answer.expected = expected;
    }
    return given(rule, answer);
}

std::string problemOf(const std::string& rule)
{
    const auto rewards = Rewards::compile(std::vector{rule});
    return rewards ? std::string() : rewards.message();
}

} // namespace

class TestRewards : public QObject {
    Q_OBJECT
private Q_SLOTS:
    // The same prompts before and after, by one rule: wins, losses and ties, each judged by what is known of its row.
    void aContestCountsWinsAndTies()
    {
        const std::vector<std::string> texts{"contains texts=because", "exact weight=2"};
        const auto rules = Rewards::compile(texts);
        QVERIFY(rules);
        QCOMPARE(contest(*rules, {}).winRate(), 0.0);
        Answer known;
        known.expected = "Rye.";
        const Contest result = contest(*rules, {{known, "Rye bread.", "Rye bread, because it keeps."}, // 0 -> 1
                                                {known, "Rye.", "Rye, because."},                     // 2 -> 1
                                                {known, "Oats.", "Wheat."}});                         // 0 -> 0
        QCOMPARE(result.better, std::int64_t{1});
        QCOMPARE(result.worse, std::int64_t{1});
        QCOMPARE(result.same, std::int64_t{1});
        QCOMPARE(result.winRate(), 0.5);
        QVERIFY(std::abs(result.before - 2.0 / 3) < 1e-12 && std::abs(result.after - 2.0 / 3) < 1e-12);
    }

    void everyRuleIsDescribedAndReadsBack()
    {
        for (const Rule& rule : rules()) {
            QVERIFY(!rule.label.empty() && !rule.help.empty() && rule.make);
            RuleSettings settings;
            settings.kind = rule.id;
            settings.weight = -0.25;
            for (const fields::Field& field : fieldsOfRule(rule)) {
                QVERIFY2(!field.help.empty(), field.key.c_str());
                fields::Value value = field.get(&settings);
                if (auto* text = std::get_if<std::string>(&value); text && field.choices.empty()) {
                    *text = "it's a \"text\" with \\d and = and \xc3\xa4";
                    field.set(&settings, value);
                }
            }
            const auto again = parseRule(toText(settings));
            QVERIFY2(again, again ? "" : again.message().c_str());
            for (const fields::Field& field : fieldsOfRule(rule)) {
                QVERIFY2(field.get(&settings) == field.get(&*again), (rule.id + " " + field.key).c_str());
            }
        }
    }

    void exactAnswers()
    {
        QCOMPARE(given("exact", "  The  Mill. ", "the mill"), 1.0);
        QCOMPARE(given("exact", "the mills", "the mill"), 0.0);
        QCOMPARE(given("exact ignore_case=false", "The mill", "the mill"), 0.0);
        QCOMPARE(given("exact after=####", "so it is\n#### 12", "long way #### 12"), 1.0);
        QCOMPARE(given("exact after=####", "12", "#### 12"), 0.0);
        QCOMPARE(given("exact tag=answer value=yes", "<answer>no</answer> or <answer> yes </answer>"), 1.0);
        QCOMPARE(given("exact", "anything"), 0.0); // the row has none
    }

    void numbers()
    {
        QCOMPARE(numbersIn("It costs 1,234.50, not -3 or .5; 2e-3 of 7,89 and 3-2, v2"),
                 (std::vector<double>{1234.5, -3, .5, 2e-3, 7, 89, 3, 2}));
        QCOMPARE(given("number", "First 3, then 42.", "#### 42"), 1.0);
        QCOMPARE(given("number which=first", "First 3, then 42.", "42"), 0.0);
        QCOMPARE(given("number which=any", "42 and not 3", "42"), 1.0);
        QCOMPARE(given("number tolerance=0.01 value=100", "about 100.9"), 1.0);
        QCOMPARE(given("number tolerance=0.01 value=100", "about 101.1"), 0.0);
        QCOMPARE(given("number", "none", "42"), 0.0);
        QVERIFY(problemOf("number value=abc").find("no number") != std::string::npos);
    }

    void patterns()
    {
        QCOMPARE(given("regex pattern='^In short: .+'", "In short: yes."), 1.0);
        QCOMPARE(given("regex pattern='\\d{2}' whole=true", "42"), 1.0);
        QCOMPARE(given("regex pattern='\\d{2}' whole=true", "421"), 0.0);
        QCOMPARE(given("regex pattern=a|b whole=true", "ab"), 0.0);
        // A pattern that would take for ever ends without a match.
        QCOMPARE(given("regex pattern='^(a+)+$'", std::string(4000, 'a') + "b"), 0.0);
        QVERIFY(!problemOf("regex pattern=(").empty());
        QVERIFY(!problemOf("regex").empty());
    }

    // One that would take ages is given up, and says so.
    void slowPatterns()
    {
        const auto rewards = rewards::Rewards::compile(std::vector<std::string>{"regex pattern='^(([a-z])+.)+[A-Z]([a-z])+$'", "regex pattern='a b'"});
        QVERIFY2(rewards, rewards ? "" : rewards.message().c_str());
        rewards::Answer answer;
        answer.text = std::string(60, 'a');
        const auto judged = rewards->judge(answer);
        QCOMPARE(judged.reward, 0.0);
        QVERIFY2(judged.verdicts[0].why.find("given up") != std::string::npos, judged.verdicts[0].why.c_str());
        QVERIFY2(judged.verdicts[1].why.find("does not fit") != std::string::npos, judged.verdicts[1].why.c_str());
    }

    void lengths()
    {
        QCOMPARE(given("length most=3", "one two three"), 1.0);
        QCOMPARE(given("length most=2 slack=4", "one two three"), 0.75);
        QCOMPARE(given("length least=5 unit=characters", "\xc3\xa4\xc3\xb6\xc3\xbc"), 0.0);
        QCOMPARE(given("length most=2 unit=sentences", "One. Two! Three"), 0.0);
        QCOMPARE(given("length most=2 unit=lines", "a\n\n b \n"), 1.0);
        QVERIFY(!problemOf("length").empty());
        QVERIFY(!problemOf("length least=3 most=2").empty());
    }

    void texts()
    {
        QCOMPARE(given("contains texts=please,thanks", "Please, and Thanks"), 1.0);
        QCOMPARE(given("contains texts=please,thanks how=share", "please"), 0.5);
        QCOMPARE(given("contains texts=no how=none whole_words=true", "nothing"), 1.0);
        QCOMPARE(given("contains texts=a.c", "abc"), 0.0); // no pattern
        QCOMPARE(given(R"(contains texts='["a,b","c"]')", "a,b and c"), 1.0); // a text with a comma of its own
        QCOMPARE(toText(*parseRule(R"(contains texts='["a,b","c"]')")), R"(contains texts='["a,b","c"]')");
        QVERIFY(!problemOf("contains").empty());
    }

    void tags()
    {
        const std::string rule = "tags tags=think,answer";
        QCOMPARE(given(rule, "<think>so</think>\n<answer>4</answer>\n"), 1.0);
        QCOMPARE(given(rule, "<answer>4</answer><think>so</think>"), 0.0);
        QCOMPARE(given(rule, "well <think>so</think><answer>4</answer>"), 0.0);
        QCOMPARE(given(rule + " strict=false", "well <think>so</think><answer>4</answer>!"), 1.0);
        QCOMPARE(given(rule, "<think>a</think><think>b</think><answer>4</answer>"), 0.0);
        QCOMPARE(given(rule + " partial=true", "<think>so</think>"), 1.0 / 3);
        QVERIFY(!problemOf("tags tags=<think>").empty());
    }

    void schemas()
    {
        const std::string rule = R"(json_schema parsed=0.25 schema='{"type":"object","required":["price"],"properties":{"price":{"type":"number","minimum":5},"tags":{"type":"array","items":{"type":"string"},"uniqueItems":true}},"additionalProperties":false}')";
        QCOMPARE(given(rule, R"({"price": 5, "tags": ["a", "b"]})"), 1.0);
        QCOMPARE(given(rule, "```json\n{\"price\": 7}\n```"), 1.0);
        QCOMPARE(given(rule, R"({"price": 4})"), 0.25);
        QCOMPARE(given(rule, R"({"price": 5, "more": 1})"), 0.25);
        QCOMPARE(given(rule, R"({"price": 5, "tags": ["a", "a"]})"), 0.25);
        QCOMPARE(given(rule, "price: 5"), 0.0);
        QVERIFY(problemOf(R"(json_schema schema='{"$ref":"x"}')").find("$ref") != std::string::npos);
        QVERIFY(!problemOf(R"(json_schema schema='{"type":"thing"}')").empty());
        const auto schema = metrics::JsonSchema::parse(R"({"oneOf":[{"type":"integer"},{"const":"none"}],"not":{"const":3}})");
        QVERIFY(schema);
        QCOMPARE(schema->problemOf(2), "");
        QCOMPARE(schema->problemOf("none"), "");
        QVERIFY(!schema->problemOf(2.5).empty() && !schema->problemOf(3).empty());
        std::string deep;
        for (int i = 0; i < 100; ++i) {
            deep += "{\"not\":";
        }
        QVERIFY(!metrics::JsonSchema::parse(deep + "true" + std::string(100, '}')));
    }

    void formulas()
    {
        const auto value = [](const std::string& formula, const Answer& answer = {}) { return Expression::compile(formula)->valueOf(answer); };
        QCOMPARE(value("1 + 2 * 3 - 8 / 4"), 5.0);
        QCOMPARE(value("-(2 - 5) * 2"), 6.0);
        QCOMPARE(value("10 - 3 - 2"), 5.0);
        QCOMPARE(value("not 1 = 2 and 3 >= 3 or 0"), 1.0);
        QCOMPARE(value("if(words > 2, 0.5, clamp(7, 0, 2))"), 2.0);
        Answer answer{"Hi", "{\"price\": 4, \"name\": \"Tam\"}", "12 eggs"};
        answer.row = Json{{"most", 5}};
        answer.ended = false;
        QCOMPARE(value("json.price < row.most and json.name = 'Tam'", answer), 1.0);
        QCOMPARE(value("number(expected) + number", answer), 16.0);
        QCOMPARE(value("has(json.none) + ended", answer), 0.0);
        QVERIFY(!value("json.none + 1", answer));
        QVERIFY(!value("1 / 0"));
        QCOMPARE(value("json.none < 1", answer), 0.0);
        QCOMPARE(value("contains(lower(prompt), 'hi') + count('aaa', 'a')", answer), 4.0);
        QCOMPARE(given("expression formula='words * 100'", "one two"), 10.0); // cut
        QCOMPARE(given("expression formula=repeats", "we saw a fox and a hen"), 0.0);
        QCOMPARE(given("expression formula=repeats", "so it is so it is so it is"), 4.0 / 9);
        QCOMPARE(given("expression formula=-repeats", "\xc3\xa4 \xc3\xa4\n\xc3\xa4  \xc3\xa4"), -0.25);
        QCOMPARE(given("expression formula=repeats", ""), 0.0);
        for (const char* wrong : {"", "1 +", "word", "contains(answer)", "f(1)", "(1", "'a", "1 2", "1 $ 2", "and", "min(1 2)"}) {
            QVERIFY2(!Expression::compile(wrong), wrong);
        }
        QVERIFY(!Expression::compile(std::string(5000, '(') + "1" + std::string(5000, ')')));
        QVERIFY(!Expression::compile(std::string(5000, '-') + "1"));
        std::string nots;
        for (int i = 0; i < 3000; ++i) {
            nots += "not ";
        }
        QVERIFY(!Expression::compile(nots + "1"));
    }

    void weightsAndWhatTeachesNothing()
    {
        const auto rewards = Rewards::compile(std::vector<std::string>{"length most=2 weight=2", "contains texts=please weight=-0.5", "regex pattern=x"});
        QVERIFY(rewards);
        RewardTally tally(*rewards);
        for (const char* text : {"please", "please do", "please do so"}) {
            Answer answer;
            answer.text = text;
            const Judged judged = rewards->judge(answer);
            QCOMPARE(judged.reward, (answer.text == "please do so" ? 0 : 2) - 0.5);
            tally.add(judged);
        }
        const auto findings = tally.findings();
        QCOMPARE(findings.size(), std::size_t{2});
        QVERIFY(findings[0].find("Rule 2") != std::string::npos && findings[0].find("gave 1 to all 3") != std::string::npos);
        QVERIFY(findings[1].find("Rule 3") != std::string::npos && findings[1].find("never fired") != std::string::npos);
    }

    void whatIsRefused()
    {
        QVERIFY(problemOf("lenght most=2").find("there is no rule") != std::string::npos);
        QVERIFY(problemOf("length mots=2").find("did you mean \"most\"") != std::string::npos);
        QVERIFY2(problemOf("expression expression=1").ends_with("There are formula, low, high, weight") || problemOf("expression expression=1").ends_with("There are weight, formula, low, high"),
                 problemOf("expression expression=1").c_str());
        QVERIFY(problemOf("length most=two").find("most") != std::string::npos);
        QVERIFY(problemOf("length most").find("setting=value") != std::string::npos);
        QVERIFY(problemOf("regex pattern='a").find("not closed") != std::string::npos);
        QVERIFY(problemOf("length most=2 weight=1e9").find("weight") != std::string::npos);
        QVERIFY(problemOf("").find("there is no rule") != std::string::npos);
    }
};

QTEST_APPLESS_MAIN(TestRewards)
#include "tst_rewards.moc"
