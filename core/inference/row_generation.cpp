// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/inference/row_generation.h"

#include "core/data/making/mixing.h"

#include <deque>
#include <functional>
#include <optional>
#include <utility>

namespace luthier::inference {

namespace {

constexpr std::int64_t kSeedStep = 131; // between the seeds of neighbouring rows
constexpr std::size_t kRounds = 4; // rows made together, in batches: so many find a slot as others end

// A row on its way: its way is gone again with each answer that came, until it asks for none.
struct Making {
    std::int64_t row = 0;
    const data::GenerationWay* way = nullptr;
    const data::Example* example = nullptr;
    std::int64_t seed = 0;
    std::vector<std::string> said = {};
    std::optional<std::vector<data::Message>> asks = {};
    std::optional<data::GeneratedRow> made = {};

    std::size_t answersWanted() const { return (*way->ask ? 1U : 0U) + (way->answersAnew ? 1U : 0U); }
};

Result<void> goOn(Making& making)
{
    making.asks.reset();
    std::size_t answers = 0;
    auto made = data::generateRow(*making.way, *making.example, making.row + 1,
                                  [&](const std::vector<data::Message>& messages) -> Result<std::string> {
                                      if (answers < making.said.size()) {
                                          return making.said[answers++];
                                      }
                                      making.asks = messages;
                                      return Error{"not yet answered"};
                                  });
    if (made) {
        making.made = std::move(*made);
    }
    return made || making.asks ? Result<void>() : Result<void>(made.error());
}

Result<BatchRequest> requestOf(const Session& session, const Making& making, const RowGeneration& generation)
{
    auto ids = session.encoder().encodePrompt(*making.asks);
    if (!ids) {
        return ids.error();
    }
    BatchRequest request{std::move(*ids), {}};
    request.sampling.maxNew = generation.maxNew;
    request.sampling.temperature = generation.temperature;
    request.sampling.topP = 0.95;
    request.sampling.seed = making.seed;
    return request;
}

// Rows that are made together, each answered as it would be alone.
class Makings {
public:
    Makings(Session& session, const RowGeneration& generation, const base::CancelToken& enough,
            std::function<void(const Making&)> told)
        : m_session(session), m_generation(generation), m_enough(enough), m_told(std::move(told))
    {
    }

    Result<void> make(std::vector<Making>& all)
    {
        while (true) {
            std::vector<Making*> asking;
            for (Making& making : all) {
                const bool isOpen = !making.made && !making.asks;
                if (auto gone = isOpen ? goOn(making) : Result<void>(); !gone) {
                    return gone;
                }
                if (isOpen && making.made && making.said.size() < making.answersWanted()) {
                    m_told(making); // nothing comes of it any more
                }
                if (making.asks && !making.made) {
                    asking.push_back(&making);
                }
            }
            if (asking.empty() || m_enough.isCancelled()) {
                return {};
            }
            if (auto answered = answer(asking); !answered) {
                return answered;
            }
        }
    }

private:
    Result<void> answer(const std::vector<Making*>& asking)
    {
        std::vector<BatchRequest> requests;
        for (const Making* making : asking) {
            auto request = requestOf(m_session, *making, m_generation);
            if (!request) {
                return request.error();
            }
            requests.push_back(std::move(*request));
        }
        BatchOptions options;
        options.rows = m_generation.batch;
        options.cancel = m_enough;
        options.onAnswer = [&](std::size_t i, const Generation& said) {
            if (said.finish != "cancel" && asking[i]->said.size() + 1 == asking[i]->answersWanted()) {
                m_told(*asking[i]);
            }
        };
        options.nameOf = [&](std::size_t i) { return "row " + std::to_string(asking[i]->row + 1); };
        const auto answers = m_session.generateAll(requests, options);
        if (!answers) {
            return answers.error();
        }
        for (std::size_t i = 0; i < asking.size(); ++i) {
            const Generation& said = (*answers)[i];
            if (said.finish != "cancel") { // else it asks for ever, and nothing is made of it
                // What breaks off is no row: it counts as nothing said.
                asking[i]->said.push_back(said.finish == "stop" ? said.text : std::string());
                asking[i]->asks.reset();
            }
        }
        return {};
    }

    Session& m_session;
    const RowGeneration& m_generation;
    const base::CancelToken& m_enough;
    std::function<void(const Making&)> m_told;
};

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
    Makings makings(session, generation, enough, [&](const Making& making) { told(making.row, ++done, total); });
    const std::size_t together = static_cast<std::size_t>(generation.batch) * kRounds;
    std::vector<Making> waiting;
    std::deque<data::Example> examples; // of those
    const auto make = [&]() -> Result<void> {
        if (auto made = makings.make(waiting); !made) {
            return made;
        }
        for (Making& making : waiting) {
            if (auto kept = making.made ? keep(std::move(*making.made), dataset, making.row, sink, counts) : Result<void>(); !kept) {
                return kept;
            }
        }
        waiting.clear();
        examples.clear();
        return {};
    };
    if (!rows.empty()) {
        told(rows.front(), 0, total);
    }
    for (const std::int64_t row : rows) {
        if (enough.isCancelled()) {
            return {};
        }
        auto example = dataset.example(row);
        if (!example) {
            continue;
        }
        examples.push_back(std::move(*example));
        for (std::int64_t time = 0; time < generation.times; ++time) {
            for (const data::GenerationWay* way : generation.ways) {
                const std::int64_t seed = static_cast<std::int64_t>(generation.seed) + row * kSeedStep + time;
                waiting.push_back({row, way, &examples.back(), seed});
            }
        }
        if (waiting.size() >= together) {
            if (auto made = make(); !made) {
                return made;
            }
        }
    }
    auto made = make();
    if (made && !rows.empty() && !enough.isCancelled()) {
        told(rows.back(), done, total);
    }
    return made;
}

} // namespace luthier::inference
