// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/cli/data/files.h"

#include "core/base/amount.h"
#include "core/cli/display.h"
#include "core/data/making/mixing.h"

#include <algorithm>
#include <utility>

namespace luthier::cli {

Result<data::Encoder> loadEncoder(const CountFlags& flags)
{
    auto encoder = flags.model.empty() ? Result<data::Encoder>(data::Encoder{}) : data::Encoder::load(flags.model, flags.chatTemplate);
    if (encoder && flags.foldSystem) {
        encoder->foldSystem();
    }
    return encoder;
}

data::WalkOptions walkOptions(const std::string& what, Context& context)
{
    data::WalkOptions options;
    options.threads = context.globals.threads;
    options.cancel = context.cancel;
    options.progress = [&context, what, isFirst = true](std::int64_t done, std::int64_t total) mutable {
        // Small files are done before anybody could read a line.
        if (!std::exchange(isFirst, false)) {
            context.console.progress(what + " " + counted(done) + " of " + counted(total));
        }
    };
    return options;
}

Json rowsFromOne(const std::vector<std::int64_t>& rows)
{
    Json list = Json::array();
    for (const std::int64_t row : rows) {
        list.push_back(row + 1);
    }
    return list;
}

int tell(const Json& object, const std::string& sentence, Context& context)
{
    return context.done(object, oneLine(sentence));
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
    if (!json || to.empty()) {
        return json ? json : Result<Json>(Error{dataset.path().string() + ": " + json.message()});
    }
    auto example = dataset.example(row);
    if (!example) {
        return Error{dataset.path().string() + ": " + example.message()};
    }
    if (to == dataset.format().id) {
        return json; // it has the shape, and can be read
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

Result<std::int64_t> writeRest(const data::Dataset& dataset, const std::vector<std::int64_t>& surplus, const std::string& out,
                               Context& context)
{
    auto sink = data::RowSink::create(out);
    if (!sink) {
        return sink.error();
    }
    std::int64_t unreadable = 0;
    for (std::int64_t row = 0; row < dataset.rowCount(); ++row) {
        if (context.cancel.isCancelled()) {
            return Error{"cancelled"};
        }
        if (std::binary_search(surplus.begin(), surplus.end(), row)) {
            continue;
        }
        auto json = dataset.row(row);
        if (!json) {
            ++unreadable;
            continue;
        }
        if (auto written = sink->write(*json); !written) {
            return written.error();
        }
    }
    if (unreadable > 0) {
        context.console.warning(base::amount(unreadable, "row") + " that cannot be read " + (unreadable == 1 ? "was" : "were") + " left out; luthier data check names them");
    }
    auto done = sink->commit(context.cancel);
    return done ? Result<std::int64_t>(sink->count()) : done.error();
}

} // namespace luthier::cli
