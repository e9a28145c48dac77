// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/checks/statistics.h"

#include "core/base/json_plain.h"
#include "core/data/example_text.h"
#include "core/data/example_view.h"
#include "core/data/flat_row.h"
#include "core/data/formats/flat_fields.h"
#include "core/data/formats/format_parts.h"

#include <algorithm>
#include <array>
#include <bit>
#include <functional>
#include <numeric>
#include <string_view>

namespace luthier::data {

namespace {

constexpr std::size_t kMostDistinct = 100'000; // of a tally while it grows
constexpr std::size_t kMostLabels = 1000;
constexpr std::size_t kMostOpenings = 20;
constexpr std::size_t kMostOutliers = 1000;
constexpr std::size_t kLongestLabel = 80; // bytes
constexpr std::int64_t kUncut = std::int64_t{1} << 40;
constexpr std::uint8_t kNoScript = 0xFF;
constexpr Names kLabelNames = {"label_text", "label", "category", "tag"};

// As it is counted; empty: too long to be one.
std::string labelText(std::string_view text)
{
    std::string label = squeezed(text);
    return label.size() <= kLongestLabel ? label : std::string();
}

// Counts of texts. When there are too many different ones those seen once go: frequent ones survive. A table of places in the
// open, for every row of millions asks it three times; an entry is one line of memory, which is asked for before it is needed.
class Counter {
public:
    // A text that is to be counted in a moment.
    struct Coming {
        std::string text;
        std::uint64_t hash = 0;
    };
    Coming expect(std::string text) const
    {
        const std::uint64_t hash = std::hash<std::string_view>{}(text);
        if (const std::uint32_t entry = m_places[hash & (m_places.size() - 1)]; entry != 0) {
            __builtin_prefetch(&m_entries[entry - 1], 1);
        }
        return {std::move(text), hash};
    }

    void add(const Coming& coming) { add(coming.text, coming.hash, 1); }
    void addAll(const Counter& other)
    {
        for (const Entry& entry : other.m_entries) {
            add(other.textOf(entry), entry.hash, entry.count);
        }
    }
    std::vector<Tally> most(std::size_t limit) const
    {
        std::vector<Tally> all;
        for (const Entry& entry : m_entries) {
            all.push_back({std::string(textOf(entry)), entry.count});
        }
        const auto end = all.begin() + static_cast<std::ptrdiff_t>(std::min(all.size(), limit));
        std::partial_sort(all.begin(), end, all.end(), [](const Tally& a, const Tally& b) {
            return a.count != b.count ? a.count > b.count : a.text < b.text;
        });
        all.erase(end, all.end());
        return all;
    }

private:
    struct alignas(64) Entry {
        std::uint64_t hash = 0;
        std::int64_t count = 0;
        std::uint32_t size = 0;
        std::uint32_t inLong = 0; // number of a text that has no room here, from 1
        std::array<char, 40> text{};
    };

    void add(std::string_view text, std::uint64_t hash, std::int64_t count)
    {
        if (text.empty()) {
            return;
        }
        std::size_t place = placeOf(hash, text);
        if (m_places[place] != 0) {
            m_entries[m_places[place] - 1].count += count;
            return;
        }
        if (2 * (m_entries.size() + 1) > m_places.size()) {
            placeAll(4 * (m_entries.size() + 1));
            place = placeOf(hash, text);
        }
        m_entries.push_back(entryOf(text, hash, count));
        m_places[place] = static_cast<std::uint32_t>(m_entries.size());
        if (m_entries.size() > kMostDistinct) {
            dropRare();
        }
    }
    Entry entryOf(std::string_view text, std::uint64_t hash, std::int64_t count)
    {
        Entry entry{hash, count, static_cast<std::uint32_t>(text.size())};
        if (text.size() <= entry.text.size()) {
            std::copy(text.begin(), text.end(), entry.text.begin());
        } else {
            m_long.emplace_back(text);
            entry.inLong = static_cast<std::uint32_t>(m_long.size());
        }
        return entry;
    }
    std::string_view textOf(const Entry& entry) const
    {
        return entry.inLong != 0 ? std::string_view(m_long[entry.inLong - 1]) : std::string_view(entry.text.data(), entry.size);
    }

    // Where the text's number stands, or would.
    std::size_t placeOf(std::uint64_t hash, std::string_view text) const
    {
        std::size_t place = hash & (m_places.size() - 1);
        while (m_places[place] != 0 && (m_entries[m_places[place] - 1].hash != hash || textOf(m_entries[m_places[place] - 1]) != text)) {
            place = (place + 1) & (m_places.size() - 1);
        }
        return place;
    }
    void placeAll(std::size_t least)
    {
        m_places.assign(std::bit_ceil(least), 0);
        for (std::size_t i = 0; i < m_entries.size(); ++i) {
            m_places[placeOf(m_entries[i].hash, textOf(m_entries[i]))] = static_cast<std::uint32_t>(i + 1);
        }
    }
    void dropRare()
    {
        std::erase_if(m_entries, [this](const Entry& entry) { return entry.count <= m_floor; });
        m_floor += m_entries.size() > kMostDistinct / 2 ? 1 : 0;
        std::vector<std::string> kept;
        for (Entry& entry : m_entries) {
            if (entry.inLong != 0) {
                kept.push_back(std::move(m_long[entry.inLong - 1]));
                entry.inLong = static_cast<std::uint32_t>(kept.size());
            }
        }
        m_long = std::move(kept);
        placeAll(m_places.size());
    }

    std::vector<Entry> m_entries;
    std::vector<std::string> m_long;
    std::vector<std::uint32_t> m_places = std::vector<std::uint32_t>(16); // numbers of entries from 1; a power of two of them
    std::int64_t m_floor = 1;
};

struct Share { // of one worker
    FlatRow row; // these three keep their memory from row to row
    ExampleView example;
    std::string joined;
    Counter labels;
    Counter promptOpenings;
    Counter answerOpenings;
    ScriptCounts scripts{};
};

enum class RowKind : std::uint8_t { Bad, Good, Excluded };

// The texts of an example, which stand joined by line ends in wholeTextOf().
struct Texts {
    std::array<std::string_view, 6> few;
    std::vector<std::string_view> more;
    std::size_t count = 0;
    std::size_t prompt = 0; // so many of them are of the prompt

    explicit Texts(const ExampleView& example)
    {
        add(example.text);
        const std::size_t turns = promptTurns(example);
        for (std::size_t i = 0; i < example.messages.size(); ++i) {
            add(example.messages[i].content);
            prompt = i < turns ? count : prompt;
        }
        for (const auto* answers : {&example.chosen, &example.rejected}) {
            for (const TurnView& message : *answers) {
                add(message.content);
            }
        }
    }
    std::string_view operator[](std::size_t i) const { return i < few.size() ? few[i] : more[i - few.size()]; }

private:
    void add(std::string_view text)
    {
        if (text.empty()) {
            return;
        }
        if (count < few.size()) {
            few[count] = text;
        } else {
            more.push_back(text);
        }
        ++count;
    }
};

// The label of a row where it is a text under one of its names to the letter, or none. False: labelOf() has to look.
bool takeLabel(const FlatRow& row, std::string& label)
{
    const FlatValue* value = flatField(row, 0, kLabelNames);
    const bool isNone = !value && !hasFlatField(row, 0, kLabelNames);
    if (value && value->kind == FlatValue::Kind::Text) {
        label = labelText(value->text);
    }
    return isNone || (value && value->kind == FlatValue::Kind::Text);
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
    bool countTokens(const Example& example, std::size_t place);
    void count(std::string label, std::string question, std::size_t place, Share& share);
    ScriptCounts countTexts(const Texts& texts, std::size_t place, std::string& joined);
    void findOutliers(Statistics& statistics); // takes what the lengths lie in
    std::vector<std::uint32_t> goodOnes(const std::vector<std::uint32_t>& lengths) const;

    const Dataset& m_dataset;
    const Encoder* m_encoder;
    std::vector<Share> m_shares;
    std::vector<RowKind> m_kinds;
    std::vector<std::uint32_t> m_prompt;
    std::vector<std::uint32_t> m_answer;
    std::vector<std::uint8_t> m_scripts; // of each row, by its letters
};

bool Counting::countTokens(const Example& example, std::size_t place)
{
    auto encoded = m_encoder->encode(example, {kUncut, false});
    if (encoded) {
        m_answer[place] = static_cast<std::uint32_t>(encoded->numTrained());
        m_prompt[place] = static_cast<std::uint32_t>(encoded->tokens.size()) - m_answer[place];
    }
    return encoded.ok();
}

// Every character belongs to one script, so that their number comes with them. Texts are counted with the line ends between them.
ScriptCounts Counting::countTexts(const Texts& texts, std::size_t place, std::string& joined)
{
    ScriptCounts counts{};
    std::array<std::int64_t, 2> characters{}; // of prompt and answer
    std::int64_t before = 0;
    for (const std::size_t part : {0, 1}) {
        const std::size_t first = part == 0 ? 0 : texts.prompt;
        const std::size_t end = part == 0 ? texts.prompt : texts.count;
        if (first == end) {
            continue;
        }
        if (end - first > 1) { // many short ones take no longer than one
            joined.clear();
            for (std::size_t i = first; i < end; ++i) {
                joined += i == first ? std::string_view() : std::string_view("\n");
                joined += texts[i];
            }
        }
        countScripts(end - first > 1 ? std::string_view(joined) : texts[first], counts);
        const std::int64_t after = std::accumulate(counts.begin(), counts.end(), std::int64_t{0});
        characters[part] = after - before;
        before = after;
    }
    if (texts.prompt > 0 && texts.prompt < texts.count) {
        countScripts("\n", counts);
    }
    if (!m_encoder) {
        m_prompt[place] = static_cast<std::uint32_t>(characters[0]);
        m_answer[place] = static_cast<std::uint32_t>(characters[1]);
    }
    return counts;
}

void Counting::take(std::int64_t row, std::size_t worker)
{
    const auto place = static_cast<std::size_t>(row);
    if (m_dataset.isExcluded(row)) {
        m_kinds[place] = RowKind::Excluded;
        return;
    }
    Share& share = m_shares[worker];
    std::string label;
    if (!m_encoder && m_dataset.view(row, share.row, share.example) && takeLabel(share.row, label)) {
        const std::string_view question = questionViewOf(share.example);
        count(std::move(label), openingOf(question), place, share);
        return;
    }
    auto json = m_dataset.row(row);
    auto example = json ? m_dataset.format().toExample(*json) : Result<Example>(json.error());
    if (!example || (m_encoder && !countTokens(*example, place))) {
        return;
    }
    share.example.fill(*example);
    const std::string_view question = questionViewOf(share.example);
    count(labelOf(m_dataset.format(), *json), question.empty() ? openingOf(promptOf(*example)) : openingOf(question), place, share);
    base::giveBack(std::move(*json));
}

// Where the tallies stand is asked for first and needed last.
void Counting::count(std::string label, std::string question, std::size_t place, Share& share)
{
    m_kinds[place] = RowKind::Good;
    const auto labelled = share.labels.expect(std::move(label));
    const auto prompt = share.promptOpenings.expect(std::move(question));
    const auto answer = share.answerOpenings.expect(openingOf(answerViewOf(share.example)));
    const ScriptCounts counts = countTexts(Texts(share.example), place, share.joined);
    share.labels.add(labelled);
    share.promptOpenings.add(prompt);
    share.answerOpenings.add(answer);
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

void Counting::findOutliers(Statistics& statistics)
{
    std::vector<std::uint32_t>& totals = m_prompt; // which is summed up already
    std::array<std::int64_t, kNumScripts> byScript{};
    for (std::size_t i = 0; i < rows(); ++i) {
        totals[i] += m_answer[i];
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
        all.labels.addAll(m_shares[i].labels);
        all.promptOpenings.addAll(m_shares[i].promptOpenings);
        all.answerOpenings.addAll(m_shares[i].answerOpenings);
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
    const Json* label = row.is_object() ? fieldIn(row, kLabelNames) : nullptr;
    if (!label || label->is_structured()) {
        return {};
    }
    return labelText(label->is_string() ? label->get<std::string>() : base::dumpJson(*label));
}

std::string openingOf(std::string_view text, int words)
{
    // What a byte of a word becomes; 0: it is none of a word.
    static constexpr std::array<char, 256> kWordBytes = [] {
        std::array<char, 256> bytes{};
        for (unsigned byte = 0; byte < bytes.size(); ++byte) {
            const bool upper = byte >= 'A' && byte <= 'Z';
            const bool isWord = upper || (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') || byte == '\'' || byte >= 0x80;
            bytes[byte] = isWord ? static_cast<char>(upper ? byte + ('a' - 'A') : byte) : '\0';
        }
        return bytes;
    }();
    std::string opening;
    opening.reserve(32);
    int seen = 0;
    bool inWord = false;
    for (const char c : text) {
        const char byte = kWordBytes[static_cast<unsigned char>(c)];
        if (byte != '\0' && !inWord) {
            if (++seen > words) {
                break;
            }
            if (!opening.empty()) {
                opening += ' ';
            }
        }
        if (byte != '\0') {
            opening += byte;
        }
        inWord = byte != '\0';
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
