// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/cli/data/verbs.h"
#include "core/cli/display.h"
#include "core/data/making/mixing.h"

namespace luthier::cli {

int tell(const Json& object, const std::string& sentence, Context& context)
{
    context.console.endProgress();
    if (context.console.isJson()) {
        context.console.line(object);
    } else {
        context.console.text(oneLine(sentence));
    }
    return kDone;
}

Result<std::vector<std::shared_ptr<data::Dataset>>> openAll(const std::vector<std::string>& files, const DataFlags& flags,
                                                            Context& context)
{
    std::vector<std::shared_ptr<data::Dataset>> sets;
    for (const auto& file : files) {
        auto dataset = openData(file, flags, context);
        if (!dataset) {
            return dataset.error();
        }
        sets.push_back(std::move(*dataset));
    }
    return sets;
}

Result<Json> shapedRow(const data::Dataset& dataset, std::int64_t row, const std::string& to)
{
    auto json = dataset.row(row);
    if (!json || to.empty() || to == dataset.format().id) {
        return json ? json : Result<Json>(Error{dataset.path().string() + ": " + json.message()});
    }
    auto example = dataset.example(row);
    if (!example) {
        return Error{dataset.path().string() + ": " + example.message()};
    }
    auto made = data::findRowShape(to)->toRow(*example);
    if (!made) {
        return Error{dataset.path().string() + ": row " + std::to_string(row + 1) + ": " + made.message()};
    }
    if (data::isSynthetic(*json)) {
        (*made)["synthetic"] = true; // or it would lose the mark that keeps it out of the held-out data
    }
    return made;
}

int convertFiles(const DataFlags& flags, Context& context)
{
    auto sets = openAll(flags.files, flags, context);
    auto sink = sets ? data::RowSink::create(flags.out) : Result<data::RowSink>(sets.error());
    if (!sink) {
        return context.fail(sink.message());
    }
    Json findings = Json::array();
    std::int64_t bad = 0;
    std::int64_t excluded = 0;
    for (const auto& dataset : *sets) {
        for (std::int64_t row = 0; row < dataset->rowCount() && !context.cancel.isCancelled(); ++row) {
            if (dataset->isExcluded(row)) {
                ++excluded;
                continue;
            }
            auto json = shapedRow(*dataset, row, flags.to);
            if (!json) {
                ++bad;
                findings.push_back({{"file", dataset->path().string()}, {"row", row + 1}, {"kind", "bad"}, {"sentence", json.message()}});
            } else if (auto written = sink->write(*json); !written) {
                return context.fail(written.message());
            }
        }
    }
    if (context.cancel.isCancelled() || sink->count() == 0) {
        return context.fail(context.cancel.isCancelled() ? "cancelled"
                            : bad == 0                    ? "every row is left out in the project; luthier data include takes rows in again"
                                                         : "no row could be written. The first: " + findings[0]["sentence"].get<std::string>());
    }
    if (auto done = sink->commit(context.cancel); !done) {
        return context.fail(done.message());
    }
    if (bad > 0) {
        context.console.note(counted(bad) + " rows were left out. The first: " + findings[0]["sentence"].get<std::string>());
    }
    return tell({{"out", flags.out}, {"rows", sink->count() + bad + excluded}, {"good", sink->count()}, {"bad", bad}, {"excluded", excluded}, {"findings", std::move(findings)}},
                counted(sink->count()) + " rows written to " + flags.out, context);
}

} // namespace luthier::cli
