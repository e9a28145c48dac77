// SPDX-License-Identifier: GPL-3.0-or-later
// Events as JSON: every member of every kind comes back, the keys are those scripts rely on, what JSON cannot
// say is said in words, and bad input is a sentence. And several sittings as one story.
#include "core/store/event_codec.h"
#include "core/store/event_history.h"

#include <QtTest>

#include <cmath>
#include <limits>

using namespace luthier;
using store::eventFromJson;
using store::toJson;
using store::withoutRepeats;

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();

// In this order.
measures::Values made(double value)
{
    return {{&measures::measureOf("made \"up\""), value}, {&measures::measureOf("made_too"), -0.0}};
}

// No member has its default, so that one that is forgotten shows.
std::vector<train::Event> oneOfEach()
{
    return {train::RunStarted{190, 996, 111, 3, 4, 24'576, 3'400'000, "cpu, 2 threads", "bf16", "no GPU here",
                              57, 4},
            train::StageChanged{"encoding", 12, 996},
            train::StepDone{7, 0.1, 2.5, 2e-5, 1.0 / 3.0, 512, 128, 1480.25, kMax, 0.1 + 0.2, made(0.75)},
            train::EvalDone{40, "other \"set\"", 1.25, 5200, made(kNan)},
            train::SampleDone{40, "Why?\n", "Because\t\u00fcber \U0001F600 \\ \"so\"", 0.25},
            train::CheckpointSaved{40, "/tmp/a b/checkpoints/step-40"},
            train::Warning{41, "The gradient norm doubled.", "exploding", {{"optimizer.learning_rate", "1e-05", "Half of \"it\"."}}},
            train::RunEnded{train::Outcome::Stopped, "a sentence", 184.2, "/tmp/adapter", 190, train::Best{150, kInf, "/tmp/best"}}};
}

std::vector<std::int64_t> stepsOf(const std::vector<train::Event>& events)
{
    std::vector<std::int64_t> steps;
    for (const auto& event : events) {
        if (const auto* step = std::get_if<train::StepDone>(&event)) {
            steps.push_back(step->step);
        }
    }
    return steps;
}

train::StepDone step(std::int64_t number, double loss)
{
    train::StepDone done;
    done.step = number;
    done.loss = loss;
    return done;
}

train::RunStarted startedAfter(std::int64_t firstStep)
{
    train::RunStarted started;
    started.firstStep = firstStep;
    return started;
}

} // namespace

class TestEventCodec : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void comesBack_data();
    void comesBack();
    void numbersComeBackExactly_data();
    void numbersComeBackExactly();
    void outcomesComeBack();
    void keysOfTheContract_data();
    void keysOfTheContract();
    void badInputIsASentence_data();
    void badInputIsASentence();
    void otherVersionsAreRead();
    void laterSittingReplacesTheEarlier();
    void repeatsWithoutAStartKeepTheLater();
};

void TestEventCodec::comesBack_data()
{
    QTest::addColumn<std::size_t>("index");
    const auto events = oneOfEach();
    QCOMPARE(events.size(), std::variant_size_v<train::Event>);
    for (std::size_t i = 0; i < events.size(); ++i) {
        QCOMPARE(events[i].index(), i);
        QTest::newRow(store::kindOf(events[i])) << i;
    }
}

void TestEventCodec::comesBack()
{
    QFETCH(std::size_t, index);
    const auto event = oneOfEach()[index];
    const auto text = base::dumpJson(toJson(event));
    const auto parsed = base::parseJson(text);
    QVERIFY2(parsed.ok(), text.c_str());
    const auto back = eventFromJson(*parsed);
    QVERIFY2(back.ok(), back.ok() ? "" : back.message().c_str());
    QCOMPARE(back->index(), index);
    // Equal member by member, since the JSON names each of them ...
    QCOMPARE(base::dumpJson(toJson(*back)), text);
    // ... and none is left at its default, so each of them is in the JSON and was read.
    const auto fresh = toJson(*eventFromJson({{"event", store::kindOf(event)}}));
    for (const auto& [key, value] : parsed->items()) {
        QVERIFY2(key == "event" || value != fresh.value(key, Json()), key.c_str());
    }
}

void TestEventCodec::numbersComeBackExactly_data()
{
    QTest::addColumn<double>("value");
    QTest::addColumn<QByteArray>("text");
    QTest::newRow("zero") << 0.0 << QByteArray("0.0");
    QTest::newRow("negative zero") << -0.0 << QByteArray("-0.0");
    QTest::newRow("third") << 1.0 / 3.0 << QByteArray();
    QTest::newRow("smallest") << std::numeric_limits<double>::denorm_min() << QByteArray();
    QTest::newRow("largest") << std::numeric_limits<double>::max() << QByteArray();
    QTest::newRow("whole") << 12.0 << QByteArray("12.0");
    QTest::newRow("nan") << kNan << QByteArray("\"NaN\"");
    QTest::newRow("inf") << kInf << QByteArray("\"Infinity\"");
    QTest::newRow("-inf") << -kInf << QByteArray("\"-Infinity\"");
}

void TestEventCodec::numbersComeBackExactly()
{
    QFETCH(double, value);
    QFETCH(QByteArray, text);
    const auto object = toJson(step(1, value));
    if (!text.isEmpty()) {
        QCOMPARE(QByteArray::fromStdString(base::dumpJson(object["loss"])), text);
    }
    const auto back = eventFromJson(*base::parseJson(base::dumpJson(object)));
    QVERIFY(back.ok());
    const double loss = std::get<train::StepDone>(*back).loss;
    QVERIFY(std::isnan(value) ? std::isnan(loss) : std::memcmp(&loss, &value, sizeof value) == 0);
}

void TestEventCodec::outcomesComeBack()
{
    using train::Outcome;
    for (const auto outcome : {Outcome::Finished, Outcome::Stopped, Outcome::Failed, Outcome::Parked}) {
        train::RunEnded ended;
        ended.outcome = outcome;
        const auto object = toJson(ended);
        QCOMPARE(object["outcome"], Json(train::toText(outcome)));
        QCOMPARE(std::get<train::RunEnded>(*eventFromJson(object)).outcome, outcome);
    }
}

void TestEventCodec::keysOfTheContract_data()
{
    QTest::addColumn<std::size_t>("index");
    QTest::addColumn<QStringList>("keys"); // in this order
    QTest::newRow("step") << std::size_t{2}
                          << QStringList{"event",       "step",           "epoch",
                                         "loss",        "learning_rate",  "grad_norm",
                                         "tokens",      "trained_tokens", "tokens_per_second",
                                         "memory_bytes", "seconds_left",   "measures"};
    QTest::newRow("eval") << std::size_t{3} << QStringList{"event", "step", "set", "loss", "tokens", "measures"};
    QTest::newRow("sample") << std::size_t{4} << QStringList{"event", "step", "prompt", "answer"};
    QTest::newRow("checkpoint") << std::size_t{5} << QStringList{"event", "step", "path"};
    QTest::newRow("warning") << std::size_t{6} << QStringList{"event", "step", "sentence"};
    QTest::newRow("end") << std::size_t{7} << QStringList{"event", "outcome", "seconds", "adapter"};
}

void TestEventCodec::keysOfTheContract()
{
    QFETCH(std::size_t, index);
    QFETCH(QStringList, keys);
    const auto object = toJson(oneOfEach()[index]);
    QStringList found;
    for (const auto& item : object.items()) {
        found << QString::fromStdString(item.key());
    }
    QCOMPARE(found.mid(0, keys.size()), keys);
    QCOMPARE(object["event"], Json(QTest::currentDataTag()));
}

void TestEventCodec::badInputIsASentence_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QByteArray>("named");
    QTest::newRow("list") << QByteArray("[]") << QByteArray("object");
    QTest::newRow("no kind") << QByteArray("{}") << QByteArray("which");
    QTest::newRow("kind is a number") << QByteArray(R"({"event":3})") << QByteArray("which");
    QTest::newRow("unknown kind") << QByteArray(R"({"event":"dance"})") << QByteArray("dance");
    QTest::newRow("loss is a word") << QByteArray(R"({"event":"step","loss":"high"})")
                                    << QByteArray("\"loss\"");
    QTest::newRow("loss is null") << QByteArray(R"({"event":"step","loss":null})") << QByteArray("\"loss\"");
    QTest::newRow("half a step") << QByteArray(R"({"event":"step","step":1.5})") << QByteArray("\"step\"");
    QTest::newRow("step too large") << QByteArray(R"({"event":"step","step":9223372036854775808})")
                                    << QByteArray("\"step\"");
    QTest::newRow("measures is a list") << QByteArray(R"({"event":"step","measures":[]})") << QByteArray("\"measures\"");
    QTest::newRow("a measure is a word") << QByteArray(R"({"event":"eval","measures":{"a":"high"}})") << QByteArray("\"measures\"");
    QTest::newRow("path is a list") << QByteArray(R"({"event":"checkpoint","path":[]})")
                                    << QByteArray("\"path\"");
    QTest::newRow("unknown outcome") << QByteArray(R"({"event":"end","outcome":"won"})")
                                     << QByteArray("\"outcome\"");
}

void TestEventCodec::badInputIsASentence()
{
    QFETCH(QByteArray, text);
    QFETCH(QByteArray, named);
    const auto event = eventFromJson(*base::parseJson(text.toStdString()));
    QVERIFY(!event.ok());
    QVERIFY2(QByteArray::fromStdString(event.message()).contains(named), event.message().c_str());
}

void TestEventCodec::otherVersionsAreRead()
{
    const auto event = eventFromJson(*base::parseJson(R"({"event":"eval","step":3,"colour":"red"})"));
    QVERIFY(event.ok());
    const auto& eval = std::get<train::EvalDone>(*event);
    QCOMPARE(eval.step, 3);
    QCOMPARE(eval.set, std::string("held_out"));
    QVERIFY(!eval.loss && eval.measures.empty());
    QVERIFY(store::toJson(eval).at("loss").is_null());
    const auto without = eventFromJson(*base::parseJson(R"({"event":"eval","loss":null,"measures":{"made":1,"of":"NaN"}})"));
    const auto& made = std::get<train::EvalDone>(*without);
    QVERIFY(!made.loss && made.measures.size() == 2 && made.measures[0].measure->id == "made" && std::isnan(made.measures[1].value));
}

void TestEventCodec::laterSittingReplacesTheEarlier()
{
    // Killed after step 8, goes on from the checkpoint of step 5, stopped at 7.
    std::vector<train::Event> events{startedAfter(0), train::EvalDone{0, "held_out", 3, 1}};
    for (int i = 1; i <= 8; ++i) {
        events.push_back(step(i, 1));
    }
    events.push_back(train::EvalDone{8, "held_out", 2, 1});
    events.push_back(train::Warning{8, "too late"});
    events.push_back(startedAfter(5));
    events.push_back(step(6, 2));
    events.push_back(step(7, 2));
    events.push_back(train::EvalDone{7, "held_out", 2.5, 1});
    const auto story = withoutRepeats(events);
    QCOMPARE(stepsOf(story), (std::vector<std::int64_t>{1, 2, 3, 4, 5, 6, 7}));
    std::vector<double> losses;
    std::vector<std::int64_t> evals;
    for (const auto& event : story) {
        if (const auto* done = std::get_if<train::StepDone>(&event)) {
            losses.push_back(done->loss);
        } else if (const auto* eval = std::get_if<train::EvalDone>(&event)) {
            evals.push_back(eval->step);
        }
        QVERIFY(!std::holds_alternative<train::Warning>(event));
    }
    QCOMPARE(losses, (std::vector<double>{1, 1, 1, 1, 1, 2, 2}));
    QCOMPARE(evals, (std::vector<std::int64_t>{0, 7}));
    QCOMPARE(story.size(), std::size_t{11}); // both beginnings stay
}

void TestEventCodec::repeatsWithoutAStartKeepTheLater()
{
    const auto story = withoutRepeats({step(1, 1), step(2, 1), step(3, 1), step(2, 9)});
    QCOMPARE(stepsOf(story), (std::vector<std::int64_t>{1, 3, 2}));
    QVERIFY(withoutRepeats({}).empty());
    // Two sets and two prompts at one step are no repeats.
    QCOMPARE(withoutRepeats({train::EvalDone{1, "a", 0, 0}, train::EvalDone{1, "b", 0, 0},
                             train::SampleDone{1, "p", ""}, train::SampleDone{1, "q", ""}})
                 .size(),
             std::size_t{4});
}

QTEST_APPLESS_MAIN(TestEventCodec)
#include "tst_event_codec.moc"
