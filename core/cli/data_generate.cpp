// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/cli/data_verbs.h"
#include "core/cli/display.h"
#include "core/cli/inputs.h"
#include "core/data/generated_rows.h"
#include "core/data/mixing.h"
#include "core/inference/session.h"

namespace luthier::cli {

namespace {

struct Count {
    std::int64_t made = 0;
    std::int64_t refused = 0;
    std::string firstRefused;
};

class Generator {
public:
    Generator(inference::Session& session, const DataFlags& flags, Context& context, data::RowSink& sink)
        : m_session(session), m_flags(flags), m_context(context), m_sink(sink)
    {
    }

    const Count& count() const { return m_count; }

    // Nothing is made from rows that a split with this share and seed holds out, nor from made ones.
    Result<void> run(const data::Dataset& dataset)
    {
        const auto seed = static_cast<std::uint64_t>(m_flags.seed);
        auto sides = data::splitRows(dataset, {m_flags.heldOutShare, seed, {}}, walkOptions(dataset.path().string() + ": row", m_context));
        if (!sides) {
            return sides.error();
        }
        std::int64_t taken = 0;
        for (std::int64_t row = 0; row < dataset.rowCount() && (m_flags.first == 0 || taken < m_flags.first); ++row) {
            auto json = dataset.row(row);
            if ((*sides)[static_cast<std::size_t>(row)] != data::SplitSide::Train || !json || data::isSynthetic(*json)) {
                continue;
            }
            ++taken;
            m_context.console.progress(dataset.path().string() + ": row " + counted(row + 1) + " of " + counted(dataset.rowCount()));
            if (auto done = fromRow(dataset, row); !done) {
                return done;
            }
        }
        return {};
    }

private:
    Result<void> fromRow(const data::Dataset& dataset, std::int64_t row)
    {
        auto example = dataset.example(row);
        for (std::int64_t time = 0; example && time < m_flags.times; ++time) {
            for (const auto& id : m_flags.ways) {
                const auto seed = m_flags.seed + row * 131 + time;
                auto made = data::generateRow(*data::findGenerationWay(id), *example, row + 1,
                                              [&](const std::vector<data::Message>& messages) { return answer(messages, seed); });
                if (!made) {
                    return made.error();
                }
                if (made->row.is_null()) {
                    ++m_count.refused;
                    m_count.firstRefused = m_count.firstRefused.empty() ? "row " + std::to_string(row + 1) + ": " + made->why : m_count.firstRefused;
                    continue;
                }
                ++m_count.made;
                if (auto written = m_sink.write(data::toReview(std::move(made->row), dataset.path().string(), row + 1)); !written) {
                    return written;
                }
            }
        }
        return {};
    }

    // What breaks off is no row: it counts as nothing said.
    Result<std::string> answer(const std::vector<data::Message>& messages, std::int64_t seed)
    {
        auto ids = m_session.encoder().encodePrompt(messages);
        if (!ids) {
            return ids.error();
        }
        inference::GenerateOptions options;
        options.sampling.maxNew = m_flags.maxNew;
        options.sampling.temperature = m_flags.temperature;
        options.sampling.topP = 0.95;
        options.sampling.seed = seed;
        options.cancel = m_context.cancel;
        auto generation = m_session.generate(*ids, options);
        if (!generation || m_context.cancel.isCancelled()) {
            return generation ? Error{"cancelled"} : generation.error();
        }
        return generation->finish == "stop" ? std::move(generation->text) : std::string();
    }

    inference::Session& m_session;
    const DataFlags& m_flags;
    Context& m_context;
    data::RowSink& m_sink;
    Count m_count;
};

} // namespace

int generateRows(const DataFlags& flags, Context& context)
{
    auto sets = openAll(flags.files, flags, context);
    auto session = sets ? inference::Session::open({flags.model, adaptersOf(flags.adapters), context.globals.deviceOrAuto(),
                                                    context.globals.dtypeOrAuto()})
                        : Result<std::shared_ptr<inference::Session>>(sets.error());
    auto sink = session ? data::RowSink::create(flags.out) : Result<data::RowSink>(session.error());
    if (!sink) {
        return context.fail(sink.message());
    }
    Generator generator(**session, flags, context, *sink);
    for (const auto& dataset : *sets) {
        if (auto done = generator.run(*dataset); !done) {
            return context.fail(done.message());
        }
    }
    const Count& count = generator.count();
    if (count.refused > 0) {
        context.console.note(counted(count.refused) + " times nothing came of it. The first: " + count.firstRefused);
    }
    if (auto done = sink->commit(); !done) {
        return context.fail(done.message());
    }
    return tell({{"out", flags.out}, {"made", count.made}, {"refused", count.refused}},
                counted(count.made) + " rows wait for review in " + flags.out
                    + "; write accepted or rejected for pending there, then luthier data accept takes them",
                context);
}

int acceptRows(const DataFlags& flags, Context& context)
{
    auto sink = data::RowSink::create(flags.out);
    if (!sink) {
        return context.fail(sink.message());
    }
    std::int64_t lines = 0;
    for (const auto& file : flags.files) {
        auto done = forEachRow(
            file,
            [&](std::int64_t, const Json& line) -> Result<void> {
                ++lines;
                auto row = data::acceptedRow(line, flags.all);
                return !row ? Result<void>(row.error()) : row->is_null() ? Result<void>() : sink->write(*row);
            },
            context.cancel);
        if (!done || context.cancel.isCancelled()) {
            return context.fail(done ? "cancelled" : done.message());
        }
    }
    if (sink->count() == 0) {
        return context.fail("none of " + counted(lines) + " rows is accepted; write \"review\":\"accepted\" where a row is good, or give --all");
    }
    if (auto done = sink->commit(context.cancel); !done) {
        return context.fail(done.message());
    }
    return tell({{"out", flags.out}, {"rows", lines}, {"accepted", sink->count()}},
                counted(sink->count()) + " of " + counted(lines) + " rows written to " + flags.out, context);
}

} // namespace luthier::cli
