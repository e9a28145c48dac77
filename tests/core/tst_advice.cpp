// SPDX-License-Identifier: GPL-3.0-or-later
// Advice: the two tables line by line, the recipes with their checks, and that every advised setting is one.
#include "core/advice/advice.h"
#include "core/advice/kinds.h"
#include "core/metrics/metric.h"
#include "tests/support/need.h"

#include <QtTest>

using namespace luthier;
using namespace luthier::advice;
using support::need;

namespace {

Situation roomy(std::int64_t rows = 800)
{
    Situation situation;
    situation.device = "cuda:0";
    situation.isCard = true;
    situation.free = std::int64_t{80} << 30;
    situation.methods = {{"lora", std::int64_t{20} << 30, true, {}}, {"qlora", std::int64_t{8} << 30, true, {}}, {"full", std::int64_t{70} << 30, true, {}}};
    situation.rows.rows = rows - rows / 10;
    situation.rows.heldOut = rows / 10;
    situation.rows.looked = rows;
    situation.rows.distinctAnswers = rows;
    situation.rows.distinctBeginnings = rows / 4;
    situation.rows.distinctShapes = 1;
    situation.rows.meanAnswerWords = 20;
    return situation;
}

const Factor& factor(const Advice& advice, const std::string& id)
{
    for (const Factor& one : advice.factors) {
        if (one.id == id) {
            return one;
        }
    }
    qFatal("no factor %s", id.c_str());
}

bool isGood(const Advice& advice, const std::string& id)
{
    for (const Check& check : advice.checks) {
        if (check.id == id) {
            return check.isGood;
        }
    }
    qFatal("no check %s", id.c_str());
}

std::string setting(const Advice& advice, const std::string& key)
{
    for (const auto& [name, value] : advice.settings) {
        if (name == key) {
            return value;
        }
    }
    return {};
}

} // namespace

class TestAdvice : public QObject {
    Q_OBJECT

private Q_SLOTS:
    // Little data, simple, low budget, less critical, need fast: prompting. The other side of each: tuning.
    void theFirstTable()
    {
        const Wish prompting{"task", "balanced", "simple", "low", "less_critical", "need_fast"};
        const Wish tuning{"task", "balanced", "complex", "higher", "critical", "can_wait"};
        const Advice little = advise(prompting, roomy(20));
        const Advice plenty = advise(tuning, roomy(800));
        QCOMPARE(little.factors.size(), std::size_t{5});
        for (const char* id : {"data", "complexity", "budget", "consistency", "iteration"}) {
            QCOMPARE(factor(little, id).side, Side::Prompting);
            QCOMPARE(factor(plenty, id).side, Side::Tuning);
            QVERIFY(!factor(little, id).why.empty() && factor(little, id).why != factor(plenty, id).why);
        }
        QCOMPARE(little.side, Side::Prompting);
        QCOMPARE(plenty.side, Side::Tuning);
        QCOMPARE(advise({}, roomy(200)).side, Side::Either); // nothing said, some data
        Situation copies = roomy(800);
        copies.rows.nearCopies = 780; // plenty only by the count
        QCOMPARE(factor(advise({}, copies), "data").side, Side::Prompting);
    }

    void theSecondTable()
    {
        Wish wish;
        QCOMPARE(advise(wish, roomy()).method, std::string("lora"));
        wish.priority = "memory";
        QCOMPARE(advise(wish, roomy()).method, std::string("qlora"));
        wish.priority = "tasks";
        QCOMPARE(advise(wish, roomy()).method, std::string("lora"));
        wish.priority = "quality";
        QCOMPARE(advise(wish, roomy()).method, std::string("full"));
        wish.priority = "iteration";
        QCOMPARE(advise(wish, roomy()).method, std::string("lora"));
        QCOMPARE(setting(advise(wish, roomy()), "method.rank"), std::string("8")); // small
        Situation tight = roomy();
        tight.methods[2].fits = false;
        wish.priority = "quality";
        const Advice nearly = advise(wish, tight);
        QCOMPARE(nearly.method, std::string("lora"));
        QVERIFY(nearly.methodWhy.find("does not fit") != std::string::npos && setting(nearly, "method.target_modules") == "all-linear");
        tight.methods[0].fits = false; // not even LoRA: memory decides before what was wished
        QCOMPARE(advise(wish, tight).method, std::string("qlora"));
    }

    void recipesHaveTheirChecks()
    {
        Wish wish;
        Situation few = roomy(30);
        QVERIFY(!isGood(advise(wish, few), "enough") && isGood(advise(wish, roomy()), "enough"));
        Situation alike = roomy();
        alike.rows.nearCopies = 400;
        QVERIFY(!isGood(advise(wish, alike), "different"));
        QVERIFY(!advise(wish, alike).more.empty());
        Situation mixed = roomy();
        mixed.rows.distinctShapes = 5;
        QVERIFY(!isGood(advise(wish, mixed), "one_form"));
        wish.task = "instructions";
        Situation narrow = roomy();
        narrow.rows.distinctBeginnings = 3;
        QVERIFY(!isGood(advise(wish, narrow), "many_tasks") && isGood(advise(wish, roomy()), "many_tasks"));
        wish.task = "preferences";
        QVERIFY(!isGood(advise(wish, roomy()), "pairs"));
        Situation pairs = roomy();
        pairs.rows.pairs = pairs.rows.looked;
        QVERIFY(isGood(advise(wish, pairs), "pairs"));
        QCOMPARE(setting(advise(wish, pairs), "objective.kind"), std::string("dpo"));
    }

    // Whatever is wished, its settings can be set, its measures measured, and its recipe breaks no rule.
    void everyAdviceCanBeTaken()
    {
        for (const Kind& kind : kinds()) {
            for (const char* priority : {"balanced", "memory", "tasks", "quality", "iteration"}) {
                Wish wish;
                wish.task = kind.id;
                wish.priority = priority;
                const Advice advice = advise(wish, roomy());
                config::RunConfig config;
                config.model.path = "model";
                config.data.train = {"rows"};
                config = need(withSettings(config, advice.settings));
                const auto broken = config::brokenRules(config);
                QVERIFY2(broken.empty(), broken.empty() ? "" : broken.front().sentence.c_str());
                for (const std::string& measure : advice.measures) {
                    QVERIFY2(metrics::findMetric(measure).ok(), measure.c_str());
                }
                QCOMPARE(toJson(advice).at("factors").size(), std::size_t{5});
            }
        }
    }
};

QTEST_GUILESS_MAIN(TestAdvice)
#include "tst_advice.moc"
