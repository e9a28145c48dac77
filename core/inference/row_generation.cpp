// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/inference/row_generation.h"

#include "core/data/making/mixing.h"

namespace luthier::inference {

namespace {

constexpr std::int64_t kSeedStep = 131; // between the seeds of neighbouring rows

// What breaks off is no row: it counts as nothing said.
Result<std::string> answerOf(Session& session, const std::vector<data::Message>& messages, const RowGeneration& generation,
                             std::int64_t seed, const base::CancelToken& enough)
{
    const auto ids = session.encoder().encodePrompt(messages);
    if (!ids) {
        return ids.error();
    }
    GenerateOptions options;
    options.sampling.maxNew = generation.maxNew;
    options.sampling.temperature = generation.temperature;
    options.sampling.topP = 0.95;
    options.sampling.seed = seed;
    options.cancel = enough;
    auto said = session.generate(*ids, options);
    if (!said) {
        return said.error();
    }
    return said->finish == "stop" ? std::move(said->text) : std::string();
}

// What was made, or why nothing came of it.
Result<void> keep(data::GeneratedRow made, const data::Dataset& dataset, std::int64_t row, data::RowSink& sink,
                  GenerationCounts& counts)
{
    if (made.row.is_null()) {
        ++counts.refused;
        if (counts.firstRefused.empty()) {
            counts.firstRefused = "row " + std::to_string(row + 1) + ": " + made.why;
        }
        return {};
    }
    ++counts.made;
    return sink.write(data::toReview(std::move(made.row), dataset.path().string(), row + 1));
}

} // namespace

Result<std::vector<std::int64_t>> rowsToGenerateFrom(const data::Dataset& dataset, const RowGeneration& generation,
                                                     const data::WalkOptions& options)
{
    const auto sides = data::splitRows(dataset, {generation.heldOutShare, generation.seed, {}}, options);
    if (!sides) {
        return sides.error();
    }
    std::vector<std::int64_t> rows;
    const auto isFull = [&] { return generation.rows > 0 && static_cast<std::int64_t>(rows.size()) >= generation.rows; };
    for (std::int64_t row = 0; row < dataset.rowCount() && !isFull(); ++row) {
        if ((*sides)[static_cast<std::size_t>(row)] == data::SplitSide::Train) {
            const auto json = dataset.row(row);
            if (json && !data::isSynthetic(*json)) {
                rows.push_back(row);
            }
        }
    }
    return rows;
}

Result<void> generateRows(Session& session, const data::Dataset& dataset, const std::vector<std::int64_t>& rows,
                          const RowGeneration& generation, data::RowSink& sink, GenerationCounts& counts, const ToldOfRow& told,
                          const base::CancelToken& enough)
{
    const auto total = static_cast<std::int64_t>(rows.size() * generation.ways.size()) * generation.times;
    std::int64_t done = 0;
    for (const std::int64_t row : rows) {
        const auto example = dataset.example(row);
        for (std::int64_t time = 0; example && time < generation.times; ++time) {
            for (const data::GenerationWay* way : generation.ways) {
                if (enough.isCancelled()) {
                    return {};
                }
                told(row, done, total);
                const std::int64_t seed = static_cast<std::int64_t>(generation.seed) + row * kSeedStep + time;
                auto made = data::generateRow(*way, *example, row + 1, [&](const std::vector<data::Message>& messages) {
                    return answerOf(session, messages, generation, seed, enough);
                });
                if (enough.isCancelled()) {
                    return {}; // what it said was broken off
                }
                if (!made) {
                    return made.error();
                }
                if (auto kept = keep(std::move(*made), dataset, row, sink, counts); !kept) {
                    return kept;
                }
                ++done;
            }
        }
    }
    if (!rows.empty()) {
        told(rows.back(), done, total);
    }
    return {};
}

} // namespace luthier::inference
