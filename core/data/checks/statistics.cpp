// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/checks/statistics.h"

#include "core/data/example_text.h"
#include "core/data/formats/format_parts.h"

#include <algorithm>
#include <unordered_map>

namespace luthier::data {

namespace {

constexpr std::size_t kMostDistinct = 100'000; // of a tally while it grows
constexpr std::size_t kMostLabels = 1000;
constexpr std::size_t kMostOpenings = 20;
constexpr std::size_t kMostOutliers = 1000;
constexpr std::size_t kLongestLabel = 80; // bytes
constexpr std::int64_t kUncut = std::int64_t{1} << 40;
constexpr std::uint8_t kNoScript = 0xFF;

// Counts of texts. When there are too many different ones those seen once go: frequent ones survive.
class Counter {
public:
    void add(std::string text, std::int64_t count = 1)
    {
        if (!text.empty()) {
            m_counts[std::move(text)] += count;
            if (m_counts.size() > kMostDistinct) {
                std::erase_if(m_counts, [this](const auto& entry) { return entry.second <= m_floor; });
                m_floor += m_counts.size() > kMostDistinct / 2 ? 1 : 0;
            }
        }
    }
    void addAll(Counter&& other)
    {
        for (auto& [text, count] : other.m_counts) {
            add(text, count);
        }
    }
    std::vector<Tally> most(std::size_t limit) const
    {
        std::vector<Tally> all;
        for (const auto& [text, count] : m_counts) {
            all.push_back({text, count});
        }
        std::sort(all.begin(), all.end(), [](const Tally& a, const Tally& b) {
            return a.count != b.count ? a.count > b.count : a.text < b.text;
        });
        all.resize(std::min(all.size(), limit));
        return all;
    }

private:
    std::unordered_map<std::string, std::int64_t> m_counts;
    std::int64_t m_floor = 1;
};

struct Share { // of one worker
    Counter labels;
    Counter promptOpenings;
    Counter answerOpenings;
    ScriptCounts scripts{};
};

enum class RowKind : std::uint8_t { Bad, Good, Excluded };

std::uint32_t characters(std::string_view text)
{
    return static_cast<std::uint32_t>(
        std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

class Counting {
public:
    Counting(const Dataset& dataset, const Encoder* encoder, std::size_t workers)
        : m_dataset(dataset), m_encoder(encoder), m_shares(workers), m_kinds(rows(), RowKind::Bad), m_prompt(rows()),
          m_answer(rows()), m_scripts(rows(), kNoScript)
    {
    }

    void take(std::int64_t row, std::size_t worker);
    Statistics finish();

private:
    std::size_t rows() const { return static_cast<std::size_t>(m_dataset.rowCount()); }
    bool measure(const Example& example, std::size_t place);
    void findOutliers(Statistics& statistics) const;
    std::vector<std::uint32_t> goodOnes(const std::vector<std::uint32_t>& lengths) const;

    const Dataset& m_dataset;
    const Encoder* m_encoder;
    std::vector<Share> m_shares;
    std::vector<RowKind> m_kinds;
    std::vector<std::uint32_t> m_prompt;
    std::vector<std::uint32_t> m_answer;
    std::vector<std::uint8_t> m_scripts; // of each row, by its letters
};

bool Counting::measure(const Example& example, std::size_t place)
{
    if (!m_encoder) {
        const std::string prompt = promptTextOf(example);
        const std::string whole = wholeTextOf(example); // begins with the prompt and a line end
        m_prompt[place] = characters(prompt);
        m_answer[place] = characters(std::string_view(whole).substr(
            std::min(whole.size(), prompt.empty() ? 0 : prompt.size() + 1)));
        return true;
    }
    auto encoded = m_encoder->encode(example, {kUncut, false});
    if (encoded) {
        m_answer[place] = static_cast<std::uint32_t>(encoded->numTrained());
        m_prompt[place] = static_cast<std::uint32_t>(encoded->tokens.size()) - m_answer[place];
    }
    return encoded.ok();
}

void Counting::take(std::int64_t row, std::size_t worker)
{
    const auto place = static_cast<std::size_t>(row);
    if (m_dataset.isExcluded(row)) {
        m_kinds[place] = RowKind::Excluded;
        return;
    }
    auto json = m_dataset.row(row);
    auto example = json ? m_dataset.format().toExample(*json) : Result<Example>(json.error());
    if (!example || !measure(*example, place)) {
        return;
    }
    m_kinds[place] = RowKind::Good;
    Share& share = m_shares[worker];
    share.labels.add(labelOf(m_dataset.format(), *json));
    share.promptOpenings.add(openingOf(promptOf(*example)));
    share.answerOpenings.add(openingOf(answerTextOf(*example)));
    ScriptCounts counts{};
    countScripts(wholeTextOf(*example), counts);
    for (std::size_t i = 0; i < kNumScripts; ++i) {
        share.scripts[i] += counts[i];
    }
    m_scripts[place] = static_cast<std::uint8_t>(std::min<std::size_t>(mainScript(counts), kNoScript));
}

std::vector<std::uint32_t> Counting::goodOnes(const std::vector<std::uint32_t>& lengths) const
{
    std::vector<std::uint32_t> good;
    for (std::size_t i = 0; i < lengths.size(); ++i) {
        if (m_kinds[i] == RowKind::Good) {
            good.push_back(lengths[i]);
        }
    }
    return good;
}

void Counting::findOutliers(Statistics& statistics) const
{
    std::vector<std::uint32_t> totals(rows());
    std::array<std::int64_t, kNumScripts> byScript{};
    for (std::size_t i = 0; i < rows(); ++i) {
        totals[i] = m_prompt[i] + m_answer[i];
        if (m_scripts[i] < kNumScripts) {
            ++byScript[m_scripts[i]];
        }
    }
    auto good = goodOnes(totals);
    const LengthFence fence = fenceOf(good);
    statistics.total = summaryOf(std::move(good));
    const auto usual = static_cast<std::size_t>(std::max_element(byScript.begin(), byScript.end()) - byScript.begin());
    for (std::size_t i = 0; i < rows(); ++i) {
        if (m_kinds[i] != RowKind::Good) {
            continue;
        }
        if (!fence.contains(totals[i]) && statistics.lengthOutliers.size() < kMostOutliers) {
            statistics.lengthOutliers.push_back(static_cast<std::int64_t>(i));
        }
        if (m_scripts[i] != kNoScript && m_scripts[i] != usual && statistics.scriptOutliers.size() < kMostOutliers) {
            statistics.scriptOutliers.push_back(static_cast<std::int64_t>(i));
        }
    }
}

Statistics Counting::finish()
{
    Statistics statistics;
    statistics.unit = m_encoder ? "tokens" : "characters";
    statistics.rows = m_dataset.rowCount();
    statistics.good = std::count(m_kinds.begin(), m_kinds.end(), RowKind::Good);
    statistics.bad = std::count(m_kinds.begin(), m_kinds.end(), RowKind::Bad);
    statistics.excluded = std::count(m_kinds.begin(), m_kinds.end(), RowKind::Excluded);
    Share all = std::move(m_shares.front());
    for (std::size_t i = 1; i < m_shares.size(); ++i) {
        all.labels.addAll(std::move(m_shares[i].labels));
        all.promptOpenings.addAll(std::move(m_shares[i].promptOpenings));
        all.answerOpenings.addAll(std::move(m_shares[i].answerOpenings));
        for (std::size_t script = 0; script < kNumScripts; ++script) {
            all.scripts[script] += m_shares[i].scripts[script];
        }
    }
    statistics.labels = all.labels.most(kMostLabels);
    statistics.promptOpenings = all.promptOpenings.most(kMostOpenings);
    statistics.answerOpenings = all.answerOpenings.most(kMostOpenings);
    statistics.scripts = all.scripts;
    statistics.prompt = summaryOf(goodOnes(m_prompt));
    statistics.answer = summaryOf(goodOnes(m_answer));
    findOutliers(statistics);
    return statistics;
}

} // namespace

std::string labelOf(const DatasetFormat& format, const Json& row)
{
    const Json* label = row.is_object() ? fieldIn(row, {"label_text", "label", "category", "tag"}) : nullptr;
    if (!label || label->is_structured()) {
        return {};
    }
    const std::string text = label->is_string() ? squeezed(label->get<std::string>()) : base::dumpJson(*label);
    return text.size() <= kLongestLabel ? text : std::string();
}

std::string openingOf(std::string_view text, int words)
{
    std::string opening;
    int seen = 0;
    bool inWord = false;
    for (const char c : text) {
        const bool upper = c >= 'A' && c <= 'Z';
        const bool isWord = upper || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '\''
                            || static_cast<unsigned char>(c) >= 0x80;
        if (isWord && !inWord) {
            if (++seen > words) {
                break;
            }
            opening += opening.empty() ? "" : " ";
        }
        if (isWord) {
            opening += upper ? static_cast<char>(c + ('a' - 'A')) : c;
        }
        inWord = isWord;
        if (opening.size() > kLongestLabel && static_cast<unsigned char>(c) < 0x80) {
            break; // no words at all; whole characters only
        }
    }
    return opening;
}

Result<Statistics> statisticsOf(const Dataset& dataset, const Encoder* encoder, const WalkOptions& options)
{
    Counting counting(dataset, encoder, static_cast<std::size_t>(walkThreads(options, dataset.rowCount())));
    auto walked = walkRows(dataset.rowCount(), options,
                           [&](std::int64_t row, std::size_t worker) { counting.take(row, worker); });
    return walked ? Result<Statistics>(counting.finish()) : walked.error();
}

} // namespace luthier::data
