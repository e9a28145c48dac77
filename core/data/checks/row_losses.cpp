// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/checks/row_losses.h"

#include "core/base/files.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>

namespace luthier::data {

namespace {

constexpr const char* kFile = "row_losses.json";

double medianOf(std::vector<double> values)
{
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

struct Medians {
    double after = 0;
    double fall = 0;
};

std::optional<Medians> mediansOf(const std::vector<RowLoss>& losses)
{
    std::vector<double> after;
    std::vector<double> falls;
    for (const RowLoss& loss : losses) {
        if (loss.before && loss.after) {
            after.push_back(*loss.after);
            falls.push_back(*loss.before - *loss.after);
        }
    }
    return after.empty() ? std::nullopt : std::optional(Medians{medianOf(after), medianOf(falls)});
}

Json jsonOf(const std::optional<double>& value)
{
    return value && std::isfinite(*value) ? Json(*value) : Json();
}

std::optional<double> numberOf(const Json& value)
{
    return value.is_number() ? std::optional(value.get<double>()) : std::nullopt;
}

} // namespace

std::vector<RowLoss> hardestFirst(std::vector<RowLoss> losses)
{
    const auto costOf = [](const RowLoss& loss) { return loss.after ? loss.after : loss.before; };
    std::stable_sort(losses.begin(), losses.end(), [&](const RowLoss& a, const RowLoss& b) {
        const auto x = costOf(a);
        const auto y = costOf(b);
        return x && (!y || *x > *y);
    });
    return losses;
}

std::vector<std::int64_t> neverLearned(const std::vector<RowLoss>& losses)
{
    const auto medians = mediansOf(losses);
    std::vector<std::int64_t> rows;
    if (!medians || medians->fall <= 0) {
        return rows;
    }
    for (const RowLoss& loss : losses) {
        if (loss.before && loss.after && *loss.after > medians->after && *loss.before - *loss.after < 0.1 * medians->fall) {
            rows.push_back(loss.row);
        }
    }
    std::sort(rows.begin(), rows.end());
    return rows;
}

std::vector<std::int64_t> suspectLabels(const std::vector<RowLoss>& losses, const RowFeatures& features, const Neighbours& neighbours)
{
    const auto medians = mediansOf(losses);
    std::unordered_map<std::int64_t, const RowLoss*> byRow;
    for (const RowLoss& loss : losses) {
        byRow.emplace(loss.row, &loss);
    }
    const auto candidates = neverLearned(losses);
    std::vector<std::int64_t> suspects;
    for (std::size_t i = 0; i < features.size() && neighbours.each > 0; ++i) {
        if (!std::binary_search(candidates.begin(), candidates.end(), features.rows[i])) {
            continue;
        }
        const double own = *byRow[features.rows[i]]->after;
        const auto near = neighbours.of(i);
        const auto learned = std::count_if(near.begin(), near.end(), [&](std::uint32_t other) {
            const auto found = byRow.find(features.rows[other]);
            const RowLoss* loss = found == byRow.end() ? nullptr : found->second;
            return loss && loss->before && loss->after && *loss->before - *loss->after >= 0.5 * medians->fall && *loss->after < 0.5 * own;
        });
        if (2 * static_cast<std::size_t>(learned) >= near.size()) {
            suspects.push_back(features.rows[i]);
        }
    }
    return suspects;
}

Result<void> writeRowLosses(const std::filesystem::path& runFolder, const FileLosses& losses)
{
    Json files = Json::array();
    for (const auto& [path, rows] : losses) {
        Json list = Json::array();
        for (const RowLoss& loss : rows) {
            list.push_back({loss.row, jsonOf(loss.before), jsonOf(loss.after), loss.tokens});
        }
        files.push_back({{"path", path}, {"rows", std::move(list)}});
    }
    return base::writeFileAtomically(runFolder / kFile, base::dumpJson(Json{{"files", std::move(files)}}) + "\n");
}

Result<FileLosses> readRowLosses(const std::filesystem::path& runFolder)
{
    const auto path = runFolder / kFile;
    FileLosses losses;
    std::error_code code;
    if (!std::filesystem::exists(path, code)) {
        return losses;
    }
    const auto json = base::readJson(path);
    if (!json) {
        return json.error();
    }
    const Error broken{path.string() + ": this is not what a run writes there; remove it, and measure again"};
    if (!json->is_object() || !json->contains("files") || !(*json)["files"].is_array()) {
        return broken;
    }
    for (const Json& file : (*json)["files"]) {
        if (!file.is_object() || !file.contains("path") || !file["path"].is_string() || !file.contains("rows") || !file["rows"].is_array()) {
            return broken;
        }
        auto& rows = losses.emplace_back(file["path"].get<std::string>(), std::vector<RowLoss>{}).second;
        for (const Json& row : file["rows"]) {
            if (!row.is_array() || row.size() != 4 || !row[0].is_number_integer() || !row[3].is_number_integer()) {
                return broken;
            }
            rows.push_back({row[0].get<std::int64_t>(), numberOf(row[1]), numberOf(row[2]), row[3].get<std::int64_t>()});
        }
    }
    return losses;
}

} // namespace luthier::data
