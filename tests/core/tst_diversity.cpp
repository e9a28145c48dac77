// SPDX-License-Identifier: GPL-3.0-or-later
// The map of the rows, diverse subsets, edge cases, and what losses say about rows: on topics that are known beforehand.
#include "core/base/random.h"
#include "core/data/checks/row_losses.h"
#include "core/data/map/clusters.h"
#include "core/data/map/diversity.h"
#include "core/data/map/map_layout.h"
#include "core/data/map/pca.h"

#include <QTemporaryDir>
#include <QtTest>

#include <cmath>
#include <fstream>
#include <map>
#include <memory>
#include <set>

using namespace luthier;

namespace {

constexpr int kTopics = 5;

// Row i is about topic i % kTopics: a dozen of its thirty words.
std::string topicRows(int count)
{
    base::Random random(4);
    std::string text;
    for (int i = 0; i < count; ++i) {
        std::string words;
        for (int k = 0; k < 12; ++k) {
            words += "word" + std::to_string(i % kTopics) + "x" + std::to_string(random.below(30)) + " ";
        }
        text += base::dumpJson(Json{{"prompt", words}, {"completion", "answer " + std::to_string(i % kTopics)}}) + "\n";
    }
    return text;
}

} // namespace

class TestDiversity : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { m_set = open("topics.jsonl", topicRows(1500)); }

    // Rows of one topic are one group, and the same each time.
    void groupsAreTopics()
    {
        const auto features = data::rowFeatures(*m_set, {});
        QVERIFY(features.ok());
        const auto groups = data::clusterRows(*features, kTopics, 42);
        QVERIFY(groups.ok() && groups->size() == features->size());
        std::map<std::uint32_t, std::map<std::int64_t, int>> topics;
        for (std::size_t i = 0; i < groups->size(); ++i) {
            ++topics[(*groups)[i]][features->rows[i] % kTopics];
        }
        QCOMPARE(topics.size(), std::size_t{kTopics});
        for (const auto& [group, counts] : topics) {
            QCOMPARE(counts.size(), std::size_t{1});
        }
        QCOMPARE(*data::clusterRows(*features, kTopics, 42), *groups);
        data::RowFeatures alike; // no more groups than points that differ
        alike.rows = {0, 1, 2};
        alike.dimensions = 1;
        alike.values = {1, 1, 1};
        QCOMPARE(*data::clusterRows(alike, 3, 1), (std::vector<std::uint32_t>{0, 0, 0}));
        data::WalkOptions options;
        options.cancel.cancel();
        QCOMPARE(data::clusterRows(*features, kTopics, 42, options).message(), std::string("cancelled"));
    }

    // Tokens with places of their own decide alone: here all that matters is whether a prompt holds a seven.
    void tokensCanHavePlacesOfTheirOwn()
    {
        class Sevens : public data::TokenSpace {
        public:
            Sevens() : m_places(2 * data::kFeatureWidth, 0)
            {
                m_places[3] = 1;
                m_places[data::kFeatureWidth + 100] = 1;
            }
            std::vector<std::uint32_t> tokensOf(const std::string& text) const override { return {text.find('7') == std::string::npos ? 0u : 1u}; }
            std::span<const float> placeOf(std::uint32_t token) const override
            {
                return std::span(m_places).subspan(token * data::kFeatureWidth, data::kFeatureWidth);
            }

        private:
            std::vector<float> m_places;
        };
        data::FeatureSettings settings;
        settings.tokens = std::make_shared<Sevens>();
        settings.promptsAlone = true;
        const auto features = data::rowFeatures(*m_set, settings);
        QVERIFY(features.ok());
        const auto groups = data::clusterRows(*features, 2, 1);
        for (std::size_t i = 0; i < features->size(); ++i) {
            const bool has = data::promptOf(*m_set->example(features->rows[i])).find('7') != std::string::npos;
            const bool hasFirst = data::promptOf(*m_set->example(features->rows[0])).find('7') != std::string::npos;
            QCOMPARE((*groups)[i] == (*groups)[0], has == hasFirst);
        }
    }

    // Variances of a known shape, along directions that are not the axes.
    void mainDirectionsAreFound()
    {
        base::Random random(1);
        std::vector<float> points;
        for (int i = 0; i < 4000; ++i) {
            const double a = 10 * (random.uniform() - 0.5);
            const double b = 3 * (random.uniform() - 0.5);
            const double c = 0.1 * (random.uniform() - 0.5);
            for (const double value : {(a + b) / std::sqrt(2.0) + 7, (a - b) / std::sqrt(2.0) - 2, c}) {
                points.push_back(static_cast<float>(value));
            }
        }
        const auto turned = data::mainDirections(points, 3, 2, 42);
        QCOMPARE(turned.size(), std::size_t{8000});
        double mean = 0;
        double first = 0;
        double second = 0;
        double both = 0;
        for (std::size_t i = 0; i < turned.size(); i += 2) {
            mean += turned[i] / 4000;
            first += turned[i] * turned[i] / 4000;
            second += turned[i + 1] * turned[i + 1] / 4000;
            both += turned[i] * turned[i + 1] / 4000;
        }
        QVERIFY(std::abs(mean) < 1e-4);
        QVERIFY(std::abs(first - 100.0 / 12) < 0.3);
        QVERIFY(std::abs(second - 9.0 / 12) < 0.05);
        QVERIFY(std::abs(both) < 1e-3);
        QVERIFY(turned == data::mainDirections(points, 3, 2, 42));
    }

    void neighboursShareTheTopic()
    {
        const auto features = data::rowFeatures(*m_set);
        QVERIFY2(features.ok(), features.ok() ? "" : features.message().c_str());
        QCOMPARE(features->size(), std::size_t{1500});
        const auto near = data::nearestNeighbours(*features, 10, 42);
        QVERIFY(near.ok());
        std::size_t same = 0;
        std::size_t exact = 0;
        for (std::size_t i = 0; i < features->size(); ++i) {
            std::vector<std::pair<float, std::uint32_t>> all;
            for (std::uint32_t j = 0; j < features->size(); ++j) {
                if (j != i) {
                    all.emplace_back(data::squaredDistance(features->point(i), features->point(j)), j);
                }
            }
            std::partial_sort(all.begin(), all.begin() + 10, all.end());
            std::set<std::uint32_t> right;
            for (int k = 0; k < 10; ++k) {
                right.insert(all[static_cast<std::size_t>(k)].second);
            }
            for (const std::uint32_t j : near->of(i)) {
                same += i % kTopics == j % kTopics ? 1 : 0;
                exact += right.contains(j) ? 1 : 0;
            }
            QVERIFY(std::is_sorted(near->distancesOf(i).begin(), near->distancesOf(i).end()));
        }
        QVERIFY2(same > 14900, std::to_string(same).c_str());
        QVERIFY2(exact > 12000, std::to_string(exact).c_str()); // four of five
    }

    void theMapKeepsTopicsTogether()
    {
        const auto features = data::rowFeatures(*m_set);
        const auto near = data::nearestNeighbours(*features, 12, 42);
        const auto map = data::mapLayout(*features, *near, 42);
        QVERIFY(map.ok());
        float extent = 0;
        std::vector<data::MapPoint> centres(kTopics);
        for (std::size_t i = 0; i < map->size(); ++i) {
            const auto& point = (*map)[i];
            QVERIFY(std::isfinite(point.x) && std::isfinite(point.y) && std::abs(point.x) <= 1.001f && std::abs(point.y) <= 1.001f);
            extent = std::max({extent, std::abs(point.x), std::abs(point.y)});
            centres[i % kTopics].x += point.x / 300;
            centres[i % kTopics].y += point.y / 300;
        }
        QVERIFY(extent > 0.99f);
        std::size_t right = 0;
        for (std::size_t i = 0; i < map->size(); ++i) {
            const auto distance = [&](const data::MapPoint& centre) { return std::hypot((*map)[i].x - centre.x, (*map)[i].y - centre.y); };
            const auto nearest = std::min_element(centres.begin(), centres.end(), [&](const auto& a, const auto& b) { return distance(a) < distance(b); });
            right += static_cast<std::size_t>(nearest - centres.begin()) == i % kTopics ? 1 : 0;
        }
        QVERIFY2(right > 1425, std::to_string(right).c_str()); // 19 of 20
        const auto again = data::mapLayout(*features, *near, 42);
        for (std::size_t i = 0; i < map->size(); ++i) {
            QVERIFY((*map)[i].x == (*again)[i].x && (*map)[i].y == (*again)[i].y);
        }
    }

    // Many of one topic, few of others: a diverse subset has all of them, also where it is taken in parts.
    void diverseSubsetsReachEveryTopic()
    {
        std::string text = topicRows(5); // one of each
        for (int i = 0; i < 400; ++i) {
            text += base::dumpJson(Json{{"prompt", "the same words again and again " + std::to_string(i % 7)}, {"completion", "x"}}) + "\n";
        }
        const auto set = open("uneven.jsonl", text);
        const auto features = data::rowFeatures(*set);
        const auto taken = data::farthestPoints(*features, 10);
        QVERIFY(taken.ok());
        QCOMPARE(taken->size(), std::size_t{10});
        const std::set<std::size_t> different(taken->begin(), taken->end());
        QCOMPARE(different.size(), std::size_t{10});
        for (std::size_t topic = 0; topic < kTopics; ++topic) {
            QVERIFY(different.contains(topic));
        }
        QCOMPARE(data::farthestPoints(*features, 100000)->size(), std::size_t{405});
        const auto near = data::nearestNeighbours(*features, 5, 1);
        for (const std::size_t row : data::rarestRows(*near, 5)) {
            QVERIFY(row < kTopics);
        }
        const base::CancelToken cancel;
        cancel.cancel();
        QVERIFY(!data::farthestPoints(*features, 10, {}, cancel).ok());
        QVERIFY(!data::mapLayout(*features, *near, 1, {}, cancel).ok());
    }

    void smallAndBrokenSets()
    {
        const auto one = open("one.jsonl", "{\"text\":\"a\"}\n");
        const auto features = data::rowFeatures(*one);
        QVERIFY(features.ok() && features->size() == 1);
        const auto near = data::nearestNeighbours(*features, 5, 1);
        QVERIFY(near.ok() && near->each == 0);
        QVERIFY(data::mapLayout(*features, *near, 1).ok());
        QVERIFY(data::rarestRows(*near, 3).empty());
        QCOMPARE(data::farthestPoints(*features, 3)->size(), std::size_t{1});
        const auto same = open("same.jsonl", "{\"text\":\"a\"}\n{\"text\":\"a\"}\n{\"bad\":1}\n{\"text\":\"aa aa\"}\n");
        const auto three = data::rowFeatures(*same);
        QVERIFY(three.ok() && three->size() == 3 && three->rows[2] == 3);
        QCOMPARE(three->rows[data::longestRows(*three, 1)[0]], 3);
        QVERIFY(data::mapLayout(*three, *data::nearestNeighbours(*three, 5, 1), 1).ok());
        data::FeatureSettings few;
        few.maxRows = 100;
        const auto sampled = data::rowFeatures(*m_set, few);
        QCOMPARE(sampled->size(), std::size_t{100});
        QVERIFY(sampled->rows == data::rowFeatures(*m_set, few)->rows);
        few.seed = 7;
        QVERIFY(sampled->rows != data::rowFeatures(*m_set, few)->rows);
    }

    // Three kinds of rows that were not learned: hard alone, hard among hard ones, and hard among easy ones.
    void lossesTellRowsApart()
    {
        std::vector<data::RowLoss> losses;
        for (std::int64_t row = 0; row < 1500; ++row) {
            const bool hardTopic = row % kTopics == 4;
            losses.push_back({row, 3.0, hardTopic ? 2.95 : 0.5, 10});
        }
        losses[10].after = 3.1; // topic 0, where the others fell
        losses[20].after = std::nullopt;
        const auto never = data::neverLearned(losses);
        QCOMPARE(never.size(), std::size_t{301});
        QVERIFY(std::binary_search(never.begin(), never.end(), 4) && std::binary_search(never.begin(), never.end(), 10));
        data::FeatureSettings prompts;
        prompts.promptsAlone = true;
        const auto features = data::rowFeatures(*m_set, prompts);
        const auto near = data::nearestNeighbours(*features, 10, 42);
        QCOMPARE(data::suspectLabels(losses, *features, *near), std::vector<std::int64_t>{10});
        const auto hardest = data::hardestFirst(losses);
        QCOMPARE(hardest[0].row, 10);
        QCOMPARE(hardest[1].row, 20); // not measured after: what it cost before
        for (auto& loss : losses) {
            loss.after = loss.before;
        }
        QVERIFY(data::neverLearned(losses).empty()); // nothing was learned at all
        QVERIFY(data::neverLearned({}).empty());
    }

    void lossesAreKeptWithTheRun()
    {
        const std::filesystem::path folder = m_folder.path().toStdString();
        QVERIFY(data::readRowLosses(folder)->empty());
        const data::FileLosses losses{{"/a.jsonl", {{0, 1.25, 0.1, 7}, {5, 2.0, std::nullopt, 1}}}, {"/b", {}}};
        QVERIFY(data::writeRowLosses(folder, losses).ok());
        const auto back = data::readRowLosses(folder);
        QVERIFY(back.ok() && back->size() == 2 && (*back)[0].second.size() == 2);
        QVERIFY((*back)[0].second[0].after == 0.1 && !(*back)[0].second[1].after && (*back)[0].second[1].row == 5);
        for (const char* broken : {"[]", "{}", "{\"files\":[{}]}", "{\"files\":[{\"path\":\"a\",\"rows\":[[1]]}]}", "nothing"}) {
            std::ofstream(folder / "row_losses.json") << broken;
            QVERIFY(!data::readRowLosses(folder).ok());
        }
    }

private:
    std::shared_ptr<data::Dataset> open(const char* name, const std::string& content) const
    {
        const std::string path = m_folder.filePath(QString::fromLatin1(name)).toStdString();
        std::ofstream(path) << content;
        return data::Dataset::open(path).value();
    }

    QTemporaryDir m_folder;
    std::shared_ptr<data::Dataset> m_set;
};

QTEST_APPLESS_MAIN(TestDiversity)
#include "tst_diversity.moc"
