// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/row_loss_pass.h"

#include "core/data/checks/row_losses.h"
#include "core/objectives/token_log_probs.h"
#include "core/train/micro_batch.h"

#include <c10/core/GradMode.h>

#include <algorithm>
#include <map>
#include <numeric>

namespace luthier::train {

namespace {

constexpr std::size_t kReportBatches = 16;

} // namespace

std::optional<std::vector<double>> rowLossesOf(nn::Decoder& decoder, const TokenStore& rows, std::int64_t batchSize,
                                               const base::Progress& progress, const std::function<bool()>& isStopped)
{
    const at::NoGradGuard noGrad;
    const auto device = decoder.device();
    std::vector<std::uint32_t> order(rows.size());
    std::iota(order.begin(), order.end(), 0u);
    std::stable_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) { return rows.length(a) > rows.length(b); });
    std::vector<double> losses(rows.size(), 0);
    const auto size = static_cast<std::size_t>(std::max<std::int64_t>(batchSize, 1));
    for (std::size_t begin = 0, batches = 0; begin < order.size(); begin += size, ++batches) {
        if (isStopped()) {
            return std::nullopt;
        }
        const auto ofBatch = std::span(order).subspan(begin, std::min(size, order.size() - begin));
        const MicroBatch batch = toDevice(makeMicroBatch(rows, ofBatch, false, !device.is_cpu()), device);
        nn::ForwardInput input;
        input.ids = batch.ids;
        const at::Tensor hidden = pickTargets(decoder.hidden(input), batch);
        const at::Tensor logProbs = objectives::tokenLogProbs(hidden, decoder.head(), batch.targets,
                                                              {.softcap = decoder.config().logitSoftcap})
                                        .to(at::kCPU, at::kDouble)
                                        .contiguous();
        // The targets of a row stand together, in the order of the rows.
        const double* next = logProbs.const_data_ptr<double>();
        for (const std::uint32_t row : ofBatch) {
            const std::int64_t count = rows.numTrained(row);
            losses[row] = -std::accumulate(next, next + count, 0.0) / static_cast<double>(std::max<std::int64_t>(count, 1));
            next += count;
        }
        if (progress && batches % kReportBatches == 0) {
            progress(static_cast<std::int64_t>(begin + ofBatch.size()), static_cast<std::int64_t>(order.size()));
        }
    }
    return losses;
}

Result<void> recordRowLosses(const config::RunConfig& config, const std::filesystem::path& runFolder, RunParts& parts,
                             RowLossTime time, StopControl& control, RunObserver& observer)
{
    if (!config.run.rowLosses) {
        return {};
    }
    auto known = data::readRowLosses(runFolder);
    if (!known) {
        return known.error();
    }
    const auto measured = rowLossesOf(
        *parts.decoder, parts.data.train, config.run.batchSize,
        [&](std::int64_t done, std::int64_t total) { observer.onEvent(StageChanged{"measuring rows", done, total}); },
        [&] { return control.stopRequested(); });
    if (!measured) {
        return {};
    }
    std::map<std::pair<std::string, std::int64_t>, std::optional<double>> before;
    for (const auto& [path, rows] : *known) {
        for (const auto& row : rows) {
            before[{path, row.row}] = row.before;
        }
    }
    data::FileLosses files;
    for (const std::string& path : config.data.train) {
        files.emplace_back(path, std::vector<data::RowLoss>{});
    }
    for (std::size_t i = 0; i < measured->size(); ++i) {
        const RowPlace& place = parts.data.places[i];
        auto& [path, rows] = files[place.file];
        data::RowLoss loss{place.row, std::nullopt, std::nullopt, parts.data.train.numTrained(i)};
        if (time == RowLossTime::Before) {
            loss.before = (*measured)[i];
        } else {
            const auto found = before.find({path, place.row});
            loss.before = found == before.end() ? std::nullopt : found->second;
            loss.after = (*measured)[i];
        }
        rows.push_back(loss);
    }
    return data::writeRowLosses(runFolder, files);
}

} // namespace luthier::train
