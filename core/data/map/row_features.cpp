// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/map/row_features.h"

#include "core/base/random.h"
#include "core/data/example_text.h"
#include "core/data/map/pca.h"
#include "core/data/shingles.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <memory>

namespace luthier::data {

namespace {

constexpr std::size_t kHashed = kFeatureWidth;
constexpr std::size_t kCounted = std::size_t{1} << 20; // places in which words are counted
constexpr int kPlaces = 4;                             // numbers of a row that one word touches
constexpr float kPairWeight = 0.25f;
constexpr std::size_t kMostBytes = 16384;              // of a text: what it is about stands at its beginning

struct Word {
    std::uint64_t hash = 0;
    float weight = 1;
};

// Pairs are rarer than words and mostly chance, so they count for less.
std::vector<Word> wordsOf(const Example& example, const FeatureSettings& settings)
{
    std::string text = settings.promptsAlone ? promptTextOf(example) : wholeTextOf(example);
    text.resize(std::min(text.size(), kMostBytes));
    std::vector<Word> words;
    if (settings.tokens != nullptr) {
        for (const std::uint32_t token : settings.tokens->tokensOf(text)) {
            words.push_back({token, 1});
        }
        return words;
    }
    for (const std::uint64_t hash : shinglesOf(text, 1)) {
        words.push_back({hash, 1});
    }
    for (const std::uint64_t hash : shinglesOf(text, 2)) {
        words.push_back({hash, kPairWeight});
    }
    return words;
}

void addWord(std::uint64_t word, float weight, std::span<float> to)
{
    base::Random random(word);
    for (int i = 0; i < kPlaces; ++i) {
        const std::uint64_t drawn = random.next();
        to[(drawn >> 1) % kHashed] += drawn & 1 ? weight : -weight;
    }
}

void makeUnit(std::span<float> values)
{
    float sum = 0;
    for (const float value : values) {
        sum += value * value;
    }
    const float scale = sum > 0 ? 1 / std::sqrt(sum) : 0;
    for (float& value : values) {
        value *= scale;
    }
}

// All rows, or as many as are wanted with the smallest random keys: the same whatever order they are looked at in.
std::vector<std::int64_t> candidates(std::int64_t count, const FeatureSettings& settings)
{
    std::vector<std::int64_t> rows(static_cast<std::size_t>(count));
    for (std::int64_t i = 0; i < count; ++i) {
        rows[static_cast<std::size_t>(i)] = i;
    }
    const auto wanted = static_cast<std::size_t>(std::max<std::int64_t>(settings.maxRows, 1));
    if (rows.size() > wanted) {
        const auto key = [&](std::int64_t row) {
            return base::Random(settings.seed ^ base::Random(static_cast<std::uint64_t>(row)).next()).next();
        };
        std::nth_element(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(wanted), rows.end(),
                         [&](std::int64_t a, std::int64_t b) { return key(a) < key(b); });
        rows.resize(wanted);
        std::sort(rows.begin(), rows.end());
    }
    return rows;
}

class Extraction {
public:
    Extraction(const Dataset& dataset, const FeatureSettings& settings)
        : m_dataset(dataset), m_settings(settings), m_rows(candidates(dataset.rowCount(), settings)), m_bytes(m_rows.size(), -1),
          m_counts(std::make_unique<std::atomic<std::uint32_t>[]>(kCounted))
    {
    }

    Result<RowFeatures> run(const WalkOptions& options)
    {
        const auto count = static_cast<std::int64_t>(m_rows.size());
        auto walked = walkRows(count, options, [this](std::int64_t i, std::size_t) { countWords(static_cast<std::size_t>(i)); });
        if (!walked) {
            return walked.error();
        }
        keepGood();
        if (m_rows.empty()) {
            return Error{m_dataset.path().string() + ": no row gives an example; luthier data check says why"};
        }
        std::vector<float> hashed(m_rows.size() * kHashed, 0);
        WalkOptions silent = options;
        silent.progress = {};
        walked = walkRows(static_cast<std::int64_t>(m_rows.size()), silent, [&](std::int64_t i, std::size_t) {
            const auto at = static_cast<std::size_t>(i);
            weigh(at, std::span(hashed).subspan(at * kHashed, kHashed));
        });
        if (!walked) {
            return walked.error();
        }
        RowFeatures features;
        features.dimensions = std::min(m_settings.dimensions, kHashed);
        features.values = mainDirections(hashed, kHashed, features.dimensions, m_settings.seed);
        features.rows = std::move(m_rows);
        features.bytes = std::move(m_bytes);
        return features;
    }

private:
    void countWords(std::size_t index)
    {
        const std::int64_t row = m_rows[index];
        const auto example = m_dataset.isExcluded(row) ? Result<Example>(Error{}) : m_dataset.example(row);
        if (!example) {
            return;
        }
        m_bytes[index] = static_cast<std::int64_t>(wholeTextOf(*example).size());
        for (const Word& word : wordsOf(*example, m_settings)) {
            m_counts[word.hash % kCounted].fetch_add(1, std::memory_order_relaxed);
        }
    }

    void keepGood()
    {
        std::size_t kept = 0;
        for (std::size_t i = 0; i < m_rows.size(); ++i) {
            if (m_bytes[i] >= 0) {
                m_rows[kept] = m_rows[i];
                m_bytes[kept++] = m_bytes[i];
            }
        }
        m_rows.resize(kept);
        m_bytes.resize(kept);
    }

    void weigh(std::size_t index, std::span<float> to) const
    {
        const auto example = m_dataset.example(m_rows[index]);
        if (!example) {
            return; // it was edited meanwhile
        }
        const auto rows = static_cast<double>(m_rows.size());
        for (const Word& word : wordsOf(*example, m_settings)) {
            const double seen = std::max(1u, m_counts[word.hash % kCounted].load(std::memory_order_relaxed));
            const float weight = word.weight * static_cast<float>(std::log(1 + rows / seen));
            if (m_settings.tokens == nullptr) {
                addWord(word.hash, weight, to);
            } else {
                const auto place = m_settings.tokens->placeOf(static_cast<std::uint32_t>(word.hash));
                std::transform(to.begin(), to.end(), place.begin(), to.begin(), [weight](float sum, float value) { return sum + weight * value; });
            }
        }
        makeUnit(to);
    }

    const Dataset& m_dataset;
    const FeatureSettings& m_settings;
    std::vector<std::int64_t> m_rows;
    std::vector<std::int64_t> m_bytes; // -1: gives no example
    std::unique_ptr<std::atomic<std::uint32_t>[]> m_counts;
};

} // namespace

float squaredDistance(std::span<const float> a, std::span<const float> b)
{
    float sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        sum += (a[i] - b[i]) * (a[i] - b[i]);
    }
    return sum;
}

Result<RowFeatures> rowFeatures(const Dataset& dataset, const FeatureSettings& settings, const WalkOptions& options)
{
    return Extraction(dataset, settings).run(options);
}

} // namespace luthier::data
