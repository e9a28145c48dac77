// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/row_generation.h"

#include "core/data/mixing.h"
#include "core/data/row_writer.h"
#include "core/inference/session.h"

namespace luthier::ui {
namespace {

constexpr std::int64_t kSeedStep = 131; // between the seeds of neighbouring rows

// What breaks off is no row: it counts as nothing said.
Result<std::string> answerOf(inference::Session& session, const std::vector<data::Message>& messages, const GenerationSettings& settings,
                             std::int64_t seed, const base::CancelToken& enough)
{
    const auto ids = session.encoder().encodePrompt(messages);
    if (!ids) {
        return ids.error();
    }
    inference::GenerateOptions options;
    options.sampling.maxNew = settings.maxNew;
    options.sampling.temperature = settings.temperature;
    options.sampling.topP = 0.95;
    options.sampling.seed = seed;
    options.cancel = enough;
    const auto generation = session.generate(*ids, options);
    if (!generation) {
        return generation.error();
    }
    return generation->finish == "stop" ? generation->text : std::string();
}

} // namespace

Result<std::vector<std::int64_t>> rowsToGenerateFrom(const data::Dataset& dataset, const GenerationSettings& settings, const base::CancelToken& cancel)
{
    data::WalkOptions options;
    options.cancel = cancel;
    const auto sides = data::splitRows(dataset, {settings.heldOutShare, settings.seed, {}}, options);
    if (!sides) {
        return sides.error();
    }
    std::vector<std::int64_t> rows;
    for (std::int64_t row = 0; row < dataset.rowCount() && static_cast<std::int64_t>(rows.size()) < settings.rows; ++row) {
        if ((*sides)[static_cast<std::size_t>(row)] == data::SplitSide::Train) {
            const auto json = dataset.row(row);
            if (json && !data::isSynthetic(*json)) {
                rows.push_back(row);
            }
        }
    }
    return rows;
}

Result<GenerationCounts> generateRows(const data::Dataset& dataset, const GenerationSettings& settings, const std::filesystem::path& out,
                                      const JobControl& control, const base::CancelToken& enough)
{
    const auto rows = rowsToGenerateFrom(dataset, settings, control.cancel);
    const auto session = rows ? inference::Session::open({settings.model, {}}) : Result<std::shared_ptr<inference::Session>>(rows.error());
    auto sink = session ? data::RowSink::create(out) : Result<data::RowSink>(session.error());
    if (!sink) {
        return sink.error();
    }
    GenerationCounts counts;
    const auto total = static_cast<std::int64_t>(rows->size() * settings.ways.size()) * settings.times;
    std::int64_t done = 0;
    for (const std::int64_t row : *rows) {
        const auto example = dataset.example(row);
        for (std::int64_t time = 0; example && time < settings.times; ++time) {
            for (const data::GenerationWay* way : settings.ways) {
                if (enough.isCancelled()) {
                    break;
                }
                const std::int64_t seed = static_cast<std::int64_t>(settings.seed) + row * kSeedStep + time;
                auto made = data::generateRow(*way, *example, row + 1, [&](const std::vector<data::Message>& messages) {
                    return answerOf(**session, messages, settings, seed, enough);
                });
                if (!made) {
                    return made.error();
                }
                control.progress(++done, total);
                if (enough.isCancelled()) {
                    break; // what it said was broken off
                }
                if (made->row.is_null()) {
                    ++counts.refused;
                    counts.firstRefused = counts.firstRefused.empty() ? "row " + std::to_string(row + 1) + ": " + made->why : counts.firstRefused;
                } else if (auto written = sink->write(data::toReview(std::move(made->row), dataset.path().string(), row + 1)); !written) {
                    return written.error();
                } else {
                    ++counts.made;
                }
            }
        }
    }
    if (counts.made == 0) {
        return Error{enough.isCancelled() ? "Stopped before anything was made."
                                          : "Nothing came of any row. The first: " + counts.firstRefused + ". A larger model or more tokens may help."};
    }
    const auto kept = sink->commit();
    return kept ? Result<GenerationCounts>(counts) : kept.error();
}

} // namespace luthier::ui
