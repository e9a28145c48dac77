// SPDX-License-Identifier: GPL-3.0-or-later
// Duplicates: what is the same is found however it is spaced; what is nearly the same is found as brute force
// finds it; nothing is joined that is not alike. LUTHIER_MANY_ROWS=1000000 measures the promise on a generated file.
#include "core/base/files.h"
#include "core/base/random.h"
#include "core/data/checks/duplicates.h"
#include "core/data/shingles.h"

#include <QElapsedTimer>
#include <QTemporaryDir>
#include <QtTest>

#include <sys/resource.h>

#include <fstream>
#include <set>

using namespace luthier;

namespace {

std::string sentence(base::Random& random, int words)
{
    std::string text;
    for (int i = 0; i < words; ++i) {
        text += (i ? " w" : "w") + std::to_string(random.below(5000));
    }
    return text;
}

std::string rowOf(const std::string& question, const std::string& answer)
{
    return base::dumpJson(Json{{"instruction", question}, {"output", answer}}) + "\n";
}

// A few words of the answer replaced.
std::string changed(const std::string& text, base::Random& random, int count)
{
    std::vector<std::string> words;
    for (std::size_t at = 0; at < text.size();) {
        const auto end = std::min(text.find(' ', at), text.size());
        words.push_back(text.substr(at, end - at));
        at = end + 1;
    }
    for (int i = 0; i < count; ++i) {
        words[random.below(words.size())] = "changed" + std::to_string(random.below(1000));
    }
    std::string result;
    for (const auto& word : words) {
        result += (result.empty() ? "" : " ") + word;
    }
    return result;
}

std::shared_ptr<data::Dataset> opened(const QTemporaryDir& folder, const std::string& name, const std::string& text)
{
    const std::string path = folder.filePath(QString::fromStdString(name)).toStdString();
    if (!base::writeFileAtomically(path, text)) {
        return nullptr;
    }
    auto dataset = data::Dataset::open(path);
    return dataset ? *dataset : nullptr;
}

using Groups = std::vector<std::vector<std::int64_t>>;

} // namespace

class TestDuplicates : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void shingles();
    void minHashEstimates();
    void exact();
    void nearAgainstBruteForce();
    void crowdedBucket();
    void overlap();
    void cancelled();
    void manyRows();
};

void TestDuplicates::shingles()
{
    using data::shinglesOf;
    QCOMPARE(shinglesOf("The old oak bench.", 3), shinglesOf("the OLD, oak -- bench", 3));
    QCOMPARE(shinglesOf("the old oak bench", 3).size(), std::size_t{2});
    QCOMPARE(shinglesOf("oak", 3).size(), std::size_t{1});
    QCOMPARE(shinglesOf(" ,. ", 3).size(), std::size_t{0});
    QVERIFY(shinglesOf("a b c", 3) != shinglesOf("c b a", 3));
    QCOMPARE(shinglesOf("\xE6\x9C\xA8\xE5\xB7\xA5\xE5\xB1\x8B\xE9\x87\x8C", 3).size(), std::size_t{2}); // four ideographs
    QCOMPARE(data::jaccard({1, 2, 3}, {2, 3, 4}), 0.5);
    QCOMPARE(data::jaccard({}, {}), 1.0);
    QCOMPARE(data::jaccard({1}, {}), 0.0);
}

void TestDuplicates::minHashEstimates()
{
    base::Random random(5);
    double worst = 0;
    for (int trial = 0; trial < 50; ++trial) {
        const std::string text = sentence(random, 200);
        const auto a = data::shinglesOf(text, 3);
        const auto b = data::shinglesOf(changed(text, random, 1 + trial / 4), 3);
        const auto left = data::minHashOf(a);
        const auto right = data::minHashOf(b);
        double same = 0;
        for (std::size_t i = 0; i < data::kMinHashes; ++i) {
            same += left[i] == right[i] ? 1.0 / data::kMinHashes : 0;
        }
        worst = std::max(worst, std::abs(same - data::jaccard(a, b)));
    }
    QVERIFY2(worst < 0.2, std::to_string(worst).c_str()); // four standard deviations of 96 draws
}

void TestDuplicates::exact()
{
    QTemporaryDir folder;
    const auto dataset = opened(folder, "rows.jsonl",
                                rowOf("Which wood?", "Oak.") + rowOf("Which glue?", "Hide.") + "not json\n"
                                    + rowOf("Which  wood? ", "Oak.") + R"({"instruction":"Which wood?","output":"Oak.","id":7})" + "\n"
                                    + rowOf("Which wood?", "oak.") + rowOf("Which glue?", "Hide."));
    QVERIFY(dataset);
    const auto found = data::findDuplicates(*dataset, {});
    QVERIFY(found);
    QCOMPARE(found->exact, (Groups{{0, 3, 4}, {1, 6}}));
    QVERIFY(found->near.empty());
    QCOMPARE(data::Duplicates::surplus(found->exact), (std::vector<std::int64_t>{3, 4, 6}));
    dataset->setExcluded(0, true);
    dataset->setExcluded(3, true);
    QCOMPARE(data::findDuplicates(*dataset, {})->exact, (Groups{{1, 6}}));
}

void TestDuplicates::nearAgainstBruteForce()
{
    base::Random random(11);
    std::string text;
    std::vector<std::string> whole;
    for (int i = 0; i < 150; ++i) {
        const std::string question = sentence(random, 6);
        const std::string answer = sentence(random, 60);
        for (int copy = 0; copy < 3; ++copy) {
            const std::string said = copy == 0 ? answer : changed(answer, random, copy == 1 ? 1 : 4);
            text += rowOf(question, said);
            whole.push_back(question + "\n" + said);
        }
    }
    QTemporaryDir folder;
    const auto dataset = opened(folder, "rows.jsonl", text);
    QVERIFY(dataset);
    data::DuplicateSettings settings;
    settings.near = true;
    const auto found = data::findDuplicates(*dataset, settings);
    QVERIFY(found);
    std::set<std::pair<std::int64_t, std::int64_t>> together;
    for (const auto& group : found->near) {
        for (const auto a : group) {
            for (const auto b : group) {
                together.emplace(a, b);
            }
        }
        QCOMPARE(group.front() / 3, group.back() / 3); // never two questions in one group
    }
    int pairs = 0;
    int missed = 0;
    for (std::size_t a = 0; a < whole.size(); ++a) {
        for (std::size_t b = a + 1; b < std::min(whole.size(), a / 3 * 3 + 3); ++b) {
            if (data::jaccard(data::shinglesOf(whole[a], 3), data::shinglesOf(whole[b], 3)) >= settings.similarity) {
                ++pairs;
                missed += together.contains({a, b}) ? 0 : 1;
            }
        }
    }
    QVERIFY2(pairs > 100, std::to_string(pairs).c_str());
    QVERIFY2(missed * 50 <= pairs, std::to_string(missed).c_str()); // bands find 99 of 100 at the border, more above
}

// A thousand rows made from one template: alike in bands, and not all alike enough.
void TestDuplicates::crowdedBucket()
{
    std::string text;
    for (int i = 0; i < 1000; ++i) {
        text += rowOf("How many turns of the screw does bench number " + std::to_string(i % 500) + " need?",
                      "It needs exactly as many turns as the old book of the workshop says it needs.");
    }
    QTemporaryDir folder;
    const auto dataset = opened(folder, "rows.jsonl", text);
    QVERIFY(dataset);
    data::DuplicateSettings settings;
    settings.near = true;
    settings.similarity = 0.7;
    const auto found = data::findDuplicates(*dataset, settings);
    QCOMPARE(found->exact.size(), std::size_t{500});
    // 0.8 alike: a row becomes a candidate of a given other one in 99 of 100 cases.
    QVERIFY2(found->near.front().size() >= 980, std::to_string(found->near.front().size()).c_str());
    settings.similarity = 0.95;
    QCOMPARE(data::findDuplicates(*dataset, settings)->near.size(), std::size_t{500});
}

void TestDuplicates::overlap()
{
    base::Random random(3);
    const std::string answer = sentence(random, 80);
    QTemporaryDir folder;
    const auto train = opened(folder, "train.jsonl", rowOf("a?", "one") + rowOf("b?", "two") + rowOf("b?", "two") + rowOf("c?", answer));
    const auto heldOut = opened(folder, "held.jsonl", rowOf("x?", "nine") + rowOf("b?", " two") + rowOf("c?", changed(answer, random, 1)));
    QVERIFY(train && heldOut);
    auto pairs = data::findOverlap(*train, *heldOut, {});
    QVERIFY(pairs);
    QCOMPARE(pairs->size(), std::size_t{2});
    QCOMPARE((*pairs)[0].row, 1);
    QCOMPARE((*pairs)[1].row, 2);
    QCOMPARE((*pairs)[1].heldOut, 1);
    data::DuplicateSettings near;
    near.near = true;
    pairs = data::findOverlap(*train, *heldOut, near);
    QCOMPARE(pairs->size(), std::size_t{3});
    QCOMPARE(pairs->back().row, 3);
    QCOMPARE(pairs->back().heldOut, 2);
    QVERIFY(!pairs->back().isExact && pairs->front().isExact);
}

void TestDuplicates::cancelled()
{
    QTemporaryDir folder;
    const auto dataset = opened(folder, "rows.jsonl", rowOf("a?", "one"));
    data::WalkOptions options;
    options.cancel.cancel();
    QCOMPARE(data::findDuplicates(*dataset, {}, options).message(), std::string("cancelled"));
}

void TestDuplicates::manyRows()
{
    const auto rows = qEnvironmentVariableIntValue("LUTHIER_MANY_ROWS");
    if (rows == 0) {
        QSKIP("set LUTHIER_MANY_ROWS=1000000 to measure");
    }
    QTemporaryDir folder;
    const std::string path = folder.filePath(QStringLiteral("many.jsonl")).toStdString();
    base::Random random(1);
    std::int64_t planted = 0;
    {
        std::ofstream file(path, std::ios::binary);
        std::string question;
        std::string answer;
        for (int i = 0; i < rows; ++i) {
            const auto kind = i == 0 ? 9 : random.below(10);
            if (kind > 1) {
                question = sentence(random, 12);
                answer = sentence(random, 150);
            } else {
                answer = kind == 0 ? answer : changed(answer, random, 3);
                ++planted;
            }
            file << rowOf(question, answer);
        }
    }
    QElapsedTimer clock;
    clock.start();
    auto dataset = data::Dataset::open(path);
    QVERIFY(dataset);
    const double opening = static_cast<double>(clock.elapsed()) / 1000;
    data::DuplicateSettings settings;
    settings.near = true;
    const auto found = data::findDuplicates(**dataset, settings);
    QVERIFY(found);
    const double seconds = static_cast<double>(clock.elapsed()) / 1000;
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    qInfo("%d rows, %.2f GB: opened in %.1f s, all in %.1f s, peak memory %.0f MB; %zu surplus of %lld planted, %zu exact", rows,
          static_cast<double>(std::filesystem::file_size(path)) / 1e9, opening, seconds, static_cast<double>(usage.ru_maxrss) / 1024,
          data::Duplicates::surplus(found->near).size(), static_cast<long long>(planted),
          data::Duplicates::surplus(found->exact).size());
    QVERIFY(seconds < 300);
}

QTEST_APPLESS_MAIN(TestDuplicates)
#include "tst_duplicates.moc"
