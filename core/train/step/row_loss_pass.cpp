// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/step/row_loss_pass.h"

#include "core/data/checks/row_losses.h"
#include "core/train/step/batch_loss.h"
#include "core/train/step/shrinking_batches.h"

#include <c10/core/GradMode.h>

#include <algorithm>
#include <map>
#include <numeric>

namespace luthier::train {

namespace {

constexpr std::size_t kReportRows = 64;

// Of the tokens that each row gave, wherever joining put them.
class Sums {
public:
    void expect(const Piece& piece)
    {
        const auto [found, isNew] = m_index.try_emplace({piece.place.file, piece.place.row}, m_rows.size());
        if (isNew) {
            m_rows.push_back({piece.place, 0, 0});
        }
        m_rows[found->second].trained += piece.trained;
    }
    void add(const Piece& piece, double loss) { m_rows[m_index.at({piece.place.file, piece.place.row})].loss += loss; }
    std::vector<LossOfPlace> means()
    {
        for (LossOfPlace& row : m_rows) {
            row.loss /= static_cast<double>(std::max<std::int64_t>(row.trained, 1));
        }
        return std::move(m_rows);
    }

private:
    std::vector<LossOfPlace> m_rows;
    std::map<std::pair<std::uint32_t, std::int64_t>, std::size_t> m_index;
};

} // namespace

std::optional<std::vector<LossOfPlace>> rowLossesOf(nn::Decoder& decoder, const ItemStore& items, std::int64_t batchSize,
                                                    const base::Progress& progress, const std::function<bool()>& isStopped)
{
    const at::NoGradGuard noGrad;
    const auto device = decoder.device();
    const std::vector<std::uint32_t> order = longestFirst(items);
    Sums sums;
    for (std::uint32_t item = 0; item < items.size(); ++item) {
        for (const Piece& piece : items.pieces(item)) {
            sums.expect(piece);
        }
    }
    std::size_t told = 0;
    const bool isWhole = measuringBatches(items, batchSize, device.is_cpu()).each(order, isStopped, [&](std::span<const std::uint32_t> ofBatch, std::size_t done) {
        const MicroBatch batch = toDevice(makeMicroBatch(items, ofBatch, {false, false, !device.is_cpu()}), device);
        const at::Tensor logProbs
            = objectives::targetLogProbs(predictionOf(decoder, batch), batch).to(at::kCPU, at::kDouble).contiguous();
        // The targets of an item stand together, in the order of the items.
        const double* next = logProbs.const_data_ptr<double>();
        for (const std::uint32_t item : ofBatch) {
            for (const Piece& piece : items.pieces(item)) {
                sums.add(piece, -std::accumulate(next, next + piece.trained, 0.0));
                next += piece.trained;
            }
        }
        done += ofBatch.size();
        if (progress && (done >= told + kReportRows || done == order.size())) {
            told = done;
            progress(static_cast<std::int64_t>(done), static_cast<std::int64_t>(order.size()));
        }
    });
    if (!isWhole) {
        return std::nullopt;
    }
    return sums.means();
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
    for (const LossOfPlace& measuredRow : *measured) {
        auto& [path, rows] = files[measuredRow.place.file];
        data::RowLoss loss{measuredRow.place.row, std::nullopt, std::nullopt, measuredRow.trained};
        if (time == RowLossTime::Before) {
            loss.before = measuredRow.loss;
        } else {
            const auto found = before.find({path, loss.row});
            loss.before = found == before.end() ? std::nullopt : found->second;
            loss.after = measuredRow.loss;
        }
        rows.push_back(loss);
    }
    return data::writeRowLosses(runFolder, files);
}

} // namespace luthier::train
