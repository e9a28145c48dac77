// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/row_encoder.h"

#include "core/base/hash.h"
#include "core/data/making/mixing.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace luthier::train {

namespace {

constexpr std::int64_t kChunkRows = 64;
constexpr auto kReportEvery = std::chrono::milliseconds(150);

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
    m_good += static_cast<std::int64_t>(rows.store.size());
    m_done += std::min(kChunkRows, m_rows - static_cast<std::int64_t>(chunk) * kChunkRows);
    m_chunks[chunk] = std::move(rows);
}

void Work::fail(const std::string& sentence)
{
    const std::lock_guard lock(m_mutex);
    m_error = m_error.empty() ? sentence : m_error;
    m_stop = true;
}

void Work::encodeRow(EncodedRows& rows, std::int64_t row)
{
    if (m_dataset.isExcluded(row)) {
        return; // the person left it out, so nothing is said about it
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
    auto encoded = m_encoder.encode(*example, m_settings.encoding);
    if (!encoded) {
        return broken(name + ": " + encoded.message());
    }
    rows.areTexts = example->kind == data::ExampleKind::Text;
    const auto ids = encoded->ids();
    for (const text::TokenId id : ids) {
        if (id < 0 || id >= m_settings.vocab) {
            return fail(m_dataset.path().string() + ": " + name + " gives token " + std::to_string(id)
                        + ", which is outside the model's vocabulary of " + std::to_string(m_settings.vocab)
                        + "; tokenizer and model do not fit together");
        }
    }
    const auto& trained = encoded->trained;
    if (ids.size() < 2 || std::find_if(trained.begin() + 1, trained.end(), [](auto t) { return t; }) == trained.end()) {
        ++rows.nothingToLearn;
        rows.judgedBad += example->desirable == false ? 1 : 0;
        rows.firstNothing = rows.firstNothing.empty() ? name : rows.firstNothing;
        return;
    }
    rows.truncated += encoded->truncated ? 1 : 0;
    rows.store.append(ids, trained);
    rows.hashes.push_back(base::rowHash(base::dumpJson(*json)));
    rows.synthetic.push_back(data::isSynthetic(*json));
    rows.rows.push_back(row);
    if (!m_settings.stratifyBy.empty()) {
        rows.strata.push_back(data::stratumOf(*json, m_settings.stratifyBy));
    }
}

void Work::encodeChunks()
{
    try {
        std::size_t chunk = 0;
        while (take(chunk)) {
            EncodedRows rows;
            const auto first = static_cast<std::int64_t>(chunk) * kChunkRows;
            for (auto row = first; row < std::min(m_rows, first + kChunkRows); ++row) {
                encodeRow(rows, row);
            }
            finish(std::move(rows), chunk);
        }
    } catch (const std::exception& problem) {
        fail(m_dataset.path().string() + ": the rows could not be encoded: " + problem.what());
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
    const auto limit = static_cast<std::size_t>(m_settings.limit);
    for (EncodedRows& chunk : m_chunks) {
        if (limit > 0 && all.store.size() >= limit) {
            break;
        }
        for (std::size_t i = 0; i < chunk.store.size() && (limit == 0 || all.store.size() < limit); ++i) {
            all.store.append(chunk.store.row(i));
            all.hashes.push_back(chunk.hashes[i]);
            all.synthetic.push_back(chunk.synthetic[i]);
            all.rows.push_back(chunk.rows[i]);
            if (!chunk.strata.empty()) {
                all.strata.push_back(chunk.strata[i]);
            }
        }
        all.broken += chunk.broken;
        all.nothingToLearn += chunk.nothingToLearn;
        all.judgedBad += chunk.judgedBad;
        all.truncated += chunk.truncated;
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
    if (!m_error.empty()) {
        return Error{m_error};
    }
    if (m_settings.progress) {
        m_settings.progress(m_rows, m_rows);
    }
    return merged();
}

} // namespace

Result<EncodedRows> encodeRows(const data::Dataset& dataset, const data::Encoder& encoder,
                               const EncodeSettings& settings)
{
    return Work(dataset, encoder, settings).run();
}

} // namespace luthier::train
