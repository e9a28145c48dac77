// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/plan/row_encoder.h"

#include "core/base/hash.h"
#include "core/data/example_text.h"
#include "core/data/making/mixing.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <new>
#include <thread>

namespace luthier::train {

namespace {

constexpr std::int64_t kChunkRows = 64;
constexpr auto kReportEvery = std::chrono::milliseconds(150);

const char* kindOf(data::ExampleKind kind)
{
    switch (kind) {
    case data::ExampleKind::Text:
        return "a plain text";
    case data::ExampleKind::Preference:
        return "a chosen and a rejected answer";
    case data::ExampleKind::Conversation:
        break;
    }
    return "a conversation";
}

// The first token never is a target: nothing comes before it.
bool hasTarget(const objectives::Sequence& sequence)
{
    return sequence.ids.size() >= 2
           && std::find_if(sequence.trained.begin() + 1, sequence.trained.end(), [](auto t) { return t; }) != sequence.trained.end();
}

bool canTeach(const objectives::EncodedItem& item, const objectives::Objective& objective)
{
    return std::all_of(item.sequences.begin(), item.sequences.end(), [&](const objectives::Sequence& sequence) {
        return objective.layout == objectives::Layout::Items ? hasTarget(sequence) : !sequence.ids.empty();
    });
}

// A row's number in a field, as another column. What is wrong with it; empty: nothing.
std::string takeNumber(const Json& row, const std::string& field, const std::string& setting, std::vector<float>& to)
{
    const bool isThere = row.is_object() && row.contains(field);
    if (!isThere || !row.at(field).is_number()) {
        return setting + ": the field " + field + (isThere ? " is no number" : " is missing");
    }
    const double value = row.at(field).get<double>();
    if (!std::isfinite(value) || (setting == "data.weight_by" && value < 0)) {
        return setting + ": the field " + field + " is " + base::dumpJson(row.at(field)) + ", and a weight is not below 0";
    }
    to.push_back(static_cast<float>(value));
    return {};
}

// Work shared by the threads: chunks are handed out in order, so that when enough rows are good every chunk
// before has been taken too.
class Work {
public:
    Work(const data::Dataset& dataset, const data::Encoder& encoder, const EncodeSettings& settings)
        : m_dataset(dataset), m_encoder(encoder), m_settings(settings), m_rows(dataset.rowCount()),
          m_chunks(static_cast<std::size_t>((m_rows + kChunkRows - 1) / kChunkRows))
    {
    }

    Result<EncodedRows> run();

private:
    void encodeChunks();
    bool take(std::size_t& chunk);
    void finish(EncodedRows rows, std::size_t chunk);
    void fail(const std::string& sentence);
    void failWith(std::exception_ptr problem);
    Error sentenceOfProblem() const;
    void encodeRow(EncodedRows& rows, std::int64_t row);
    void waitForThreads(std::size_t threads);
    EncodedRows merged();

    const data::Dataset& m_dataset;
    const data::Encoder& m_encoder;
    const EncodeSettings& m_settings;
    std::int64_t m_rows = 0;

    std::mutex m_mutex;
    std::condition_variable m_changed;
    std::vector<EncodedRows> m_chunks; // guarded by m_mutex while threads run, as is all below
    std::size_t m_next = 0;
    std::int64_t m_good = 0;
    std::int64_t m_done = 0;
    std::size_t m_ended = 0;
    bool m_stop = false;
    std::string m_error;
    std::exception_ptr m_problem; // what the first thread that could not go on threw
};

bool Work::take(std::size_t& chunk)
{
    const std::lock_guard lock(m_mutex);
    const bool enough = m_settings.limit > 0 && m_good >= m_settings.limit;
    if (m_stop || enough || m_next == m_chunks.size()) {
        return false;
    }
    chunk = m_next++;
    return true;
}

void Work::finish(EncodedRows rows, std::size_t chunk)
{
    const std::lock_guard lock(m_mutex);
    m_good += static_cast<std::int64_t>(rows.items.size());
    m_done += std::min(kChunkRows, m_rows - static_cast<std::int64_t>(chunk) * kChunkRows);
    m_chunks[chunk] = std::move(rows);
}

void Work::fail(const std::string& sentence)
{
    const std::lock_guard lock(m_mutex);
    m_error = m_error.empty() ? sentence : m_error;
    m_stop = true;
}

// Keeps what was thrown and says nothing yet: where memory is what is missing, a sentence here would throw again, out of the thread.
void Work::failWith(std::exception_ptr problem)
{
    const std::lock_guard lock(m_mutex);
    m_problem = m_problem ? m_problem : std::move(problem);
    m_stop = true;
}

Error Work::sentenceOfProblem() const
{
    try {
        std::rethrow_exception(m_problem);
    } catch (const std::bad_alloc&) {
        return Error{m_dataset.path().string() + ": there is not enough memory to read these rows as tokens; close other programs, or take fewer rows"};
    } catch (const std::exception& problem) {
        return Error{m_dataset.path().string() + ": the rows could not be encoded: " + problem.what()};
    }
}

// Of a pair that lacks one of its answers; else nothing.
std::string missingSide(const Json& row, const objectives::Objective& objective)
{
    const bool takesPairs = std::find(objective.takes.begin(), objective.takes.end(), data::ExampleKind::Preference) != objective.takes.end();
    const auto has = [&row](const char* key) { return row.contains(key) && !row[key].is_null(); };
    if (!takesPairs || !row.is_object() || has("chosen") == has("rejected")) {
        return {};
    }
    return has("chosen") ? ": it has \"chosen\" and no \"rejected\"" : ": it has \"rejected\" and no \"chosen\"";
}

void Work::encodeRow(EncodedRows& rows, std::int64_t row)
{
    if (m_dataset.isExcluded(row)) {
        ++rows.excluded; // by the person, so nothing else is said about it
        return;
    }
    const std::string name = "row " + std::to_string(row + 1);
    const auto broken = [&](const std::string& sentence) {
        ++rows.broken;
        rows.firstBroken = rows.firstBroken.empty() ? sentence : rows.firstBroken;
    };
    auto json = m_dataset.row(row); // its errors name the row
    if (!json) {
        return broken(json.message());
    }
    auto example = m_dataset.format().toExample(*json);
    if (!example) {
        return broken(name + ": " + example.message());
    }
    const objectives::Objective& objective = *m_settings.objective;
    if (std::find(objective.takes.begin(), objective.takes.end(), example->kind) == objective.takes.end()) {
        return broken(name + ": the objective " + objective.id + " learns from " + objective.needs + ", and this row is "
                      + kindOf(example->kind) + missingSide(*json, objective));
    }
    auto encoded = objective.encode(m_encoder, *example, m_settings.encoding);
    if (!encoded) {
        return broken(name + ": " + encoded.message());
    }
    rows.areTexts = rows.areTexts || example->kind == data::ExampleKind::Text;
    for (const objectives::Sequence& sequence : encoded->sequences) {
        const auto outside = std::find_if(sequence.ids.begin(), sequence.ids.end(),
                                          [&](text::TokenId id) { return id < 0 || id >= m_settings.vocab; });
        if (outside != sequence.ids.end()) {
            return fail(m_dataset.path().string() + ": " + name + " gives token " + std::to_string(*outside)
                        + ", which is outside the model's vocabulary of " + std::to_string(m_settings.vocab)
                        + "; tokenizer and model do not fit together");
        }
    }
    rows.fields.add(row, *json, *example, m_encoder.tokenizer.get());
    if (!canTeach(*encoded, objective)) {
        ++rows.nothingToLearn;
        const bool isBad = example->desirable == false;
        rows.judgedBad += isBad ? 1 : 0;
        const bool isPair = example->kind == data::ExampleKind::Preference;
        const bool isEmpty = data::hasEmptyTurn(*example, "assistant") && (isPair || data::squeezed(data::answerTextOf(*example)).empty());
        rows.emptyAnswers += !isBad && isEmpty ? 1 : 0;
        const auto& turns = example->messages;
        const bool isAsked = example->kind == data::ExampleKind::Conversation
                             && std::none_of(turns.begin(), turns.end(), [](const data::Message& turn) { return turn.role == "assistant"; });
        rows.unanswered += !isBad && !isEmpty && isAsked ? 1 : 0;
        rows.firstNothing = rows.firstNothing.empty() ? name : rows.firstNothing;
        return;
    }
    std::string problem;
    for (const auto& [field, setting] : {std::pair{&m_settings.weightBy, "data.weight_by"}, std::pair{&m_settings.orderBy, "data.order_by"}}) {
        if (problem.empty() && !field->empty()) {
            problem = takeNumber(*json, *field, setting, encoded->values);
        }
    }
    if (!problem.empty()) {
        return broken(name + ": " + problem);
    }
    rows.truncated += encoded->truncated ? 1 : 0;
    Item item;
    item.hash = base::rowHash(base::dumpJson(*json));
    item.place = {m_settings.file, row};
    item.synthetic = data::isSynthetic(*json);
    item.stratum = m_settings.stratifyBy.empty() ? 0 : data::stratumOf(*json, m_settings.stratifyBy);
    if (objective.labelled) {
        rows.labels.push_back(encoded->label);
    }
    rows.items.append(item, encoded->sequences, encoded->values);
}

void Work::encodeChunks()
{
    try {
        std::size_t chunk = 0;
        while (take(chunk)) {
            EncodedRows rows;
            rows.items = ItemStore(columnsOf(m_settings));
            const auto first = static_cast<std::int64_t>(chunk) * kChunkRows;
            for (auto row = first; row < std::min(m_rows, first + kChunkRows); ++row) {
                encodeRow(rows, row);
            }
            finish(std::move(rows), chunk);
        }
    } catch (const std::exception&) {
        failWith(std::current_exception());
    }
    const std::lock_guard lock(m_mutex);
    ++m_ended;
    m_changed.notify_all();
}

void Work::waitForThreads(std::size_t threads)
{
    std::unique_lock lock(m_mutex);
    while (!m_changed.wait_for(lock, kReportEvery, [&] { return m_ended == threads; })) {
        const auto done = m_done;
        lock.unlock();
        if (m_settings.progress) {
            m_settings.progress(done, m_rows);
        }
        const bool stopped = m_settings.isStopped && m_settings.isStopped();
        lock.lock();
        if (stopped) {
            m_stop = true;
            m_error = m_error.empty() ? "cancelled" : m_error;
        }
    }
}

EncodedRows Work::merged()
{
    EncodedRows all;
    all.items = ItemStore(columnsOf(m_settings));
    const auto limit = static_cast<std::size_t>(m_settings.limit);
    for (EncodedRows& chunk : m_chunks) {
        if (limit > 0 && all.items.size() >= limit) {
            break;
        }
        for (std::size_t i = 0; i < chunk.items.size() && (limit == 0 || all.items.size() < limit); ++i) {
            all.items.append(chunk.items, i);
            if (!chunk.labels.empty()) {
                all.labels.push_back(std::move(chunk.labels[i]));
            }
        }
        all.fields.merge(std::move(chunk.fields));
        all.broken += chunk.broken;
        all.nothingToLearn += chunk.nothingToLearn;
        all.emptyAnswers += chunk.emptyAnswers;
        all.unanswered += chunk.unanswered;
        all.judgedBad += chunk.judgedBad;
        all.truncated += chunk.truncated;
        all.excluded += chunk.excluded;
        all.areTexts = all.areTexts || chunk.areTexts;
        all.firstBroken = all.firstBroken.empty() ? chunk.firstBroken : all.firstBroken;
        all.firstNothing = all.firstNothing.empty() ? chunk.firstNothing : all.firstNothing;
        chunk = EncodedRows{};
    }
    return all;
}

Result<EncodedRows> Work::run()
{
    const auto threads = static_cast<std::size_t>(
        std::clamp<std::int64_t>(m_settings.threads, 1, static_cast<std::int64_t>(m_chunks.size()) + 1));
    {
        std::vector<std::jthread> pool;
        for (std::size_t i = 0; i < threads; ++i) {
            pool.emplace_back([this] { encodeChunks(); });
        }
        waitForThreads(threads);
    }
    if (m_problem) {
        m_chunks.clear(); // room for a sentence
        return sentenceOfProblem();
    }
    if (!m_error.empty()) {
        return Error{m_error};
    }
    if (m_settings.progress) {
        m_settings.progress(m_rows, m_rows);
    }
    return merged();
}

} // namespace

std::vector<std::string> columnsOf(const EncodeSettings& settings)
{
    std::vector<std::string> columns = settings.objective->columns;
    if (!settings.weightBy.empty()) {
        columns.emplace_back(objectives::kWeightColumn);
    }
    if (!settings.orderBy.empty()) {
        columns.emplace_back(kOrderColumn);
    }
    return columns;
}

Result<EncodedRows> encodeRows(const data::Dataset& dataset, const data::Encoder& encoder,
                               const EncodeSettings& settings)
{
    return Work(dataset, encoder, settings).run();
}

} // namespace luthier::train
