// SPDX-License-Identifier: GPL-3.0-or-later
// Statistics, mixtures and splits: counted against numbers worked out by hand, and the laws a split must keep: the
// same rows for the same seed, hardly moved by an edit, the same ones training holds out.
#include "core/base/files.h"
#include "core/base/hash.h"
#include "core/base/paths.h"
#include "core/base/random.h"
#include "core/data/checks/statistics.h"
#include "core/data/making/augment.h"
#include "core/data/making/mixing.h"

#include <QTemporaryDir>
#include <QtTest>

#include <algorithm>
#include <map>
#include <numeric>

using namespace luthier;

namespace {

std::shared_ptr<data::Dataset> opened(const QTemporaryDir& folder, const std::string& text)
{
    const std::string path = folder.filePath(QStringLiteral("rows.jsonl")).toStdString();
    auto dataset = base::writeFileAtomically(path, text) ? data::Dataset::open(path) : Result<std::shared_ptr<data::Dataset>>(Error{});
    return dataset ? *dataset : nullptr;
}

std::int64_t countOf(const std::vector<data::Tally>& tallies, const std::string& text)
{
    const auto found = std::find_if(tallies.begin(), tallies.end(), [&](const auto& t) { return t.text == text; });
    return found == tallies.end() ? 0 : found->count;
}

std::int64_t numHeld(const std::vector<data::SplitSide>& sides)
{
    return std::count(sides.begin(), sides.end(), data::SplitSide::HeldOut);
}

} // namespace

class TestStatistics : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void summaries();
    void manyLengths();
    void fences();
    void scripts();
    void openings();
    void ofRows();
    void tokensAgreeWithEncoding();
    void mixCounts();
    void mixRows();
    void split();
    void splitByLabel();
};

void TestStatistics::summaries()
{
    std::vector<std::uint32_t> lengths(1000);
    std::iota(lengths.begin(), lengths.end(), 1U);
    const auto summary = data::summaryOf(lengths);
    QCOMPARE(summary.shortest, 1);
    QCOMPARE(summary.longest, 1000);
    QVERIFY(summary.median == 500 || summary.median == 501);
    QCOMPARE(summary.p90, 900);
    QCOMPARE(summary.mean, 500.5);
    const auto& counts = summary.histogram.counts;
    QCOMPARE(summary.histogram.width, 50);
    QCOMPARE(std::accumulate(counts.begin(), counts.end(), std::int64_t{0}), std::int64_t{1000});
    QCOMPARE(counts.front(), 49);
    const auto tail = data::summaryOf({1, 2, 3, 4, 1'000'000});
    QCOMPARE(std::accumulate(tail.histogram.counts.begin(), tail.histogram.counts.end(), std::int64_t{0}), std::int64_t{5});
    QVERIFY(tail.histogram.counts.size() < 60);
    QCOMPARE(data::summaryOf({}).count, 0);
    std::vector<std::uint32_t> many(1000, 10);
    many.push_back(1'000'000); // one monster must not flatten the picture
    const auto open = data::summaryOf(many);
    QVERIFY(open.histogram.isOpen && open.histogram.width == 1 && open.histogram.counts.back() == 1);
}

void TestStatistics::manyLengths()
{
    base::Random random(9);
    std::vector<std::uint32_t> lengths;
    for (int i = 0; i < 10'001; ++i) { // of every size
        lengths.push_back(static_cast<std::uint32_t>(random.next() >> (32 + random.below(32))));
    }
    const data::LengthSummary summary = data::summaryOf(lengths);
    std::sort(lengths.begin(), lengths.end());
    QCOMPARE(summary.shortest, std::int64_t{lengths.front()});
    QCOMPARE(summary.median, std::int64_t{lengths[5000]});
    QCOMPARE(summary.p90, std::int64_t{lengths[9000]});
    QCOMPARE(summary.p99, std::int64_t{lengths[9900]});
    QCOMPARE(summary.longest, std::int64_t{lengths.back()});
    QVERIFY(summary.histogram.counts == data::histogramOf(lengths).counts);
}

void TestStatistics::fences()
{
    std::vector<std::uint32_t> lengths(100, 50);
    QVERIFY(data::fenceOf(lengths).contains(50));
    QVERIFY(!data::fenceOf(lengths).contains(60));
    for (std::uint32_t i = 0; i < 100; ++i) {
        lengths[i] = 40 + i;
    }
    QVERIFY(data::fenceOf(lengths).contains(200) && !data::fenceOf(lengths).contains(5000) && !data::fenceOf(lengths).contains(2));
}

void TestStatistics::scripts()
{
    data::ScriptCounts counts{};
    data::countScripts("Oak 12, \xD0\xB4\xD1\x83\xD0\xB1 \xE6\x9C\xA8\xE3\x81\xAE \xF0\x9F\x8C\xB3!", counts);
    const auto of = [&](const std::string& name) {
        for (std::size_t i = 0; i < data::kNumScripts; ++i) {
            if (name == data::scriptName(i)) {
                return counts[i];
            }
        }
        return std::int64_t{-1};
    };
    QCOMPARE(of("Latin"), 3);
    QCOMPARE(of("Cyrillic"), 3);
    QCOMPARE(of("Han"), 1);
    QCOMPARE(of("Kana"), 1);
    QCOMPARE(of("Digits"), 2);
    QCOMPARE(of("Blanks"), 4);
    QCOMPARE(of("Punctuation"), 2);
    QCOMPARE(of("Other"), 1);
    QCOMPARE(data::mainScript(data::ScriptCounts{}), std::string_view::npos);
    // Whatever stands at whatever place of a text counts as it does alone.
    base::Random random(5);
    const std::string_view kOnes[] = {"a", "Z", "7", " ", "\n", "\t", "!", "\x7f", "\x01", "\xC2\xA0", "\xD0\xB4", "\xE2\x80\x93", "\xE6\x9C\xA8", "\xF0\x9F\x8C\xB3"};
    for (int round = 0; round < 2000; ++round) {
        std::string text;
        data::ScriptCounts alone{};
        const auto isPlain = random.below(3) == 0; // of ASCII alone
        for (auto characters = random.below(round % 50 == 0 ? 9000 : 90); characters > 0; --characters) {
            const auto one = kOnes[random.below(isPlain ? 9 : std::size(kOnes))];
            text += one;
            data::countScripts(one, alone);
        }
        data::ScriptCounts together{};
        data::countScripts(text, together);
        QVERIFY(together == alone);
    }
}

void TestStatistics::openings()
{
    QCOMPARE(data::openingOf("  \"What is THE plan?"), std::string("what is the"));
    QCOMPARE(data::openingOf("Don't"), std::string("don't"));
    QCOMPARE(data::openingOf("--- !"), std::string());
}

void TestStatistics::ofRows()
{
    std::string text;
    for (int i = 0; i < 40; ++i) {
        text += R"({"text":"oak number )" + std::string(static_cast<std::size_t>(i % 10), 'a') + R"(","label":")" + (i % 4 ? "wood" : "tool") + "\"}\n";
    }
    text += "{\"text\":\"\xD0\xB4\xD1\x83\xD0\xB1 \xD1\x81\xD1\x82\xD0\xB0\xD1\x80\",\"label\":\"wood\"}\n";
    text += R"({"text":")" + std::string(20000, 'x') + R"(","label":"wood"})" + "\nnot json\n";
    QTemporaryDir folder;
    const auto dataset = opened(folder, text);
    QVERIFY(dataset);
    dataset->setExcluded(0, true);
    for (const std::int64_t threads : {1, 3}) {
        data::WalkOptions options;
        options.threads = threads;
        const auto statistics = data::statisticsOf(*dataset, nullptr, options);
        QVERIFY(statistics);
        QCOMPARE(statistics->unit, std::string("characters"));
        QCOMPARE(statistics->rows, 43);
        QCOMPARE(statistics->good, 41);
        QCOMPARE(statistics->bad, 1);
        QCOMPARE(statistics->excluded, 1);
        QCOMPARE(countOf(statistics->labels, "wood"), 32);
        QCOMPARE(countOf(statistics->labels, "tool"), 9);
        QCOMPARE(countOf(statistics->answerOpenings, "wood"), 32);
        QCOMPARE(statistics->lengthOutliers, (std::vector<std::int64_t>{41}));
        QCOMPARE(statistics->scriptOutliers.size(), std::size_t{0}); // the question around it is Latin
        QCOMPARE(statistics->answer.longest, 4);
        QCOMPARE(statistics->total.count, 41);
    }
}

void TestStatistics::tokensAgreeWithEncoding()
{
    const auto encoder = data::Encoder::load(base::bundledModel());
    const auto dataset = data::Dataset::open(base::datasetsFolder() / "first_tune_prompts.jsonl");
    const auto rows = data::Dataset::open(base::datasetsFolder() / "workshop_instructions.jsonl");
    QVERIFY(encoder && dataset && rows);
    const auto statistics = data::statisticsOf(**rows, &*encoder);
    QVERIFY(statistics);
    std::int64_t longest = 0;
    std::int64_t trained = 0;
    for (std::int64_t i = 0; i < (*rows)->rowCount(); ++i) {
        const auto encoded = encoder->encode(*(*rows)->example(i), {1 << 20, false});
        longest = std::max(longest, encoded->fullLength);
        trained += encoded->numTrained();
    }
    QCOMPARE(statistics->unit, std::string("tokens"));
    QCOMPARE(statistics->total.longest, longest);
    QCOMPARE(std::llround(statistics->answer.mean * 1107), trained);
    QVERIFY(std::abs(statistics->prompt.mean + statistics->answer.mean - statistics->total.mean) < 1e-9);
}

void TestStatistics::mixCounts()
{
    using Counts = std::vector<std::int64_t>;
    QCOMPARE(*data::mixCounts({{100, 1}, {1000, 3}}), (Counts{100, 300}));
    QCOMPARE(*data::mixCounts({{100, 2}, {50, 1}}), (Counts{100, 50}));
    QCOMPARE(*data::mixCounts({{10, 1}, {10, 1}, {10, 1}}, 10), (Counts{4, 3, 3}));
    QCOMPARE(*data::mixCounts({{10, 0.7}, {10, 0.3}}, 100), (Counts{70, 30}));
    QCOMPARE(*data::mixCounts({{10, 0}, {10, 1}}, 5), (Counts{0, 5}));
    QVERIFY(!data::mixCounts({{10, 0}}));
    QVERIFY(!data::mixCounts({{10, -1}, {3, 2}}));
    QVERIFY(!data::mixCounts({{0, 1}}));
    QCOMPARE(data::generalRows(90, 0.1), 10);
    QCOMPARE(data::generalRows(90, 0), 0);
}

void TestStatistics::mixRows()
{
    const auto mixed = data::mixRows({{4, 1}, {100, 1}}, 20, 7);
    QVERIFY(mixed);
    QCOMPARE(mixed->size(), std::size_t{20});
    std::map<std::pair<std::uint32_t, std::uint32_t>, int> times;
    for (const auto& row : *mixed) {
        ++times[{row.source, row.row}];
    }
    for (std::uint32_t row = 0; row < 4; ++row) {
        const int count = times[{0, row}];
        QVERIFY(count == 2 || count == 3); // ten of four: begun again only when all were given
    }
    for (const auto& [key, count] : times) {
        QVERIFY(key.first == 0 || count == 1);
    }
    const auto again = data::mixRows({{4, 1}, {100, 1}}, 20, 7);
    const auto other = data::mixRows({{4, 1}, {100, 1}}, 20, 8);
    const auto same = [](const auto& a, const auto& b) {
        return std::equal(a.begin(), a.end(), b.begin(), [](const auto& x, const auto& y) { return x.source == y.source && x.row == y.row; });
    };
    QVERIFY(same(*mixed, *again));
    QVERIFY(!same(*mixed, *other));
}

void TestStatistics::split()
{
    const auto path = base::datasetsFolder() / "workshop_instructions.jsonl";
    const auto dataset = data::Dataset::open(path);
    QVERIFY(dataset);
    const auto sides = data::splitRows(**dataset, {0.1, 42, {}});
    QVERIFY(sides);
    // The rows that training itself holds out.
    std::vector<std::uint64_t> hashes;
    for (std::int64_t i = 0; i < (*dataset)->rowCount(); ++i) {
        hashes.push_back(base::rowHash(base::dumpJson(*(*dataset)->row(i))));
    }
    const auto held = data::holdOut(hashes, 0.1, 42);
    for (std::size_t i = 0; i < held.size(); ++i) {
        QCOMPARE((*sides)[i] == data::SplitSide::HeldOut, bool(held[i]));
    }
    // An edit moves its own row and at most the one at the border.
    (*dataset)->setRow(5, Json{{"instruction", "Something else?"}, {"output", "Yes, something else."}});
    const auto edited = data::splitRows(**dataset, {0.1, 42, {}});
    int moved = 0;
    for (std::size_t i = 0; i < held.size(); ++i) {
        moved += (*edited)[i] != (*sides)[i] ? 1 : 0;
    }
    QVERIFY2(moved <= 2, std::to_string(moved).c_str());
    (*dataset)->clearEdit(5);
    // Excluded rows are on no side; synthetic ones are never held out and change nothing for the others.
    for (std::int64_t i = 0; i < (*dataset)->rowCount(); ++i) {
        if ((*sides)[static_cast<std::size_t>(i)] == data::SplitSide::HeldOut) {
            Json row = *(*dataset)->row(i);
            row["synthetic"] = true;
            (*dataset)->setRow(i, row);
        }
    }
    (*dataset)->setExcluded(0, true);
    const auto marked = data::splitRows(**dataset, {0.1, 42, {}});
    QCOMPARE((*marked)[0], data::SplitSide::None);
    for (std::size_t i = 1; i < held.size(); ++i) {
        QVERIFY(!held[i] || (*marked)[i] == data::SplitSide::Train);
    }
    QVERIFY(numHeld(*marked) > 90);
}

void TestStatistics::splitByLabel()
{
    std::string text;
    for (int i = 0; i < 1000; ++i) {
        text += R"({"text":"number )" + std::to_string(i) + R"(","label":")" + (i % 50 == 0 ? "rare" : "usual") + "\"}\n";
    }
    QTemporaryDir folder;
    const auto dataset = opened(folder, text);
    QVERIFY(dataset);
    const auto sides = data::splitRows(*dataset, {0.1, 3, "label"});
    int rare = 0;
    for (std::size_t i = 0; i < 1000; i += 50) {
        rare += (*sides)[i] == data::SplitSide::HeldOut ? 1 : 0;
    }
    QCOMPARE(rare, 2); // a tenth of twenty
    QCOMPARE(numHeld(*sides), 100);
}

QTEST_APPLESS_MAIN(TestStatistics)
#include "tst_statistics.moc"
