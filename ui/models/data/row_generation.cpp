// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/data/row_generation.h"

namespace luthier::ui {

Result<GenerationCounts> generateRows(const data::Dataset& dataset, const GenerationSettings& settings, const std::filesystem::path& out,
                                      const JobControl& control, const base::CancelToken& enough)
{
    data::WalkOptions options;
    options.cancel = control.cancel;
    const auto rows = inference::rowsToGenerateFrom(dataset, settings, options);
    const auto session = rows ? inference::Session::open({settings.model, {}}) : Result<std::shared_ptr<inference::Session>>(rows.error());
    auto sink = session ? data::RowSink::create(out) : Result<data::RowSink>(session.error());
    if (!sink) {
        return sink.error();
    }
    GenerationCounts counts;
    const auto told = [&](std::int64_t, std::int64_t done, std::int64_t total) { control.progress(done, total); };
    if (auto made = inference::generateRows(**session, dataset, *rows, settings, *sink, counts, told, enough); !made) {
        return made.error();
    }
    if (counts.made == 0) {
        return Error{enough.isCancelled() ? "Stopped before anything was made."
                                          : "Nothing came of any row. The first: " + counts.firstRefused + ". A larger model or more tokens may help."};
    }
    const auto kept = sink->commit();
    return kept ? Result<GenerationCounts>(counts) : kept.error();
}

} // namespace luthier::ui
