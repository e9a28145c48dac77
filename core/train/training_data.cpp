// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/training_data.h"

#include "core/data/held_out_split.h"

#include <filesystem>

namespace luthier::train {

namespace {

std::string counted(std::int64_t count, const char* one, const char* many)
{
    return std::to_string(count) + " " + (count == 1 ? one : many);
}

void warn(std::vector<std::string>& warnings, const std::string& path, const EncodedRows& rows,
          std::int64_t maxLength)
{
    const std::string file = std::filesystem::path(path).filename().string();
    if (rows.broken > 0) {
        warnings.push_back(file + ": " + counted(rows.broken, "row was", "rows were")
                           + " skipped because they give no example. First: " + rows.firstBroken);
    }
    if (rows.judgedBad > 0) {
        warnings.push_back(file + ": " + counted(rows.judgedBad, "row was", "rows were")
                           + " skipped because the answer is marked as bad, and this objective copies answers");
    }
    if (rows.nothingToLearn > rows.judgedBad) {
        warnings.push_back(file + ": " + counted(rows.nothingToLearn - rows.judgedBad, "row was", "rows were")
                           + " skipped because no answer is left to learn within "
                           + std::to_string(maxLength) + " tokens. First: " + rows.firstNothing
                           + "; raise data.max_length or shorten the prompt");
    }
    if (rows.truncated > 0) {
        warnings.push_back(file + ": " + counted(rows.truncated, "row was", "rows were") + " cut after "
                           + std::to_string(maxLength) + " tokens; raise data.max_length to learn their ends");
    }
}

class Preparation {
public:
    explicit Preparation(const DataRequest& request) : m_request(request) {}

    Result<TrainingData> run();

private:
    Result<EncodedRows> encodeFile(const std::string& path, std::int64_t limit);
    Result<void> readTrain();
    Result<void> readHeldOut();
    void split();

    const DataRequest& m_request;
    TokenStore m_rows; // of all training files
    std::vector<std::uint64_t> m_hashes;
    std::vector<bool> m_synthetic;
    std::vector<std::uint64_t> m_strata; // empty: not stratified
    std::vector<RowPlace> m_places;
    TrainingData m_data;
};

Result<EncodedRows> Preparation::encodeFile(const std::string& path, std::int64_t limit)
{
    data::OpenOptions options;
    options.format = m_request.config.data.format;
    options.columns = m_request.config.data.columns;
    if (const auto edits = m_request.overlays.find(path); edits != m_request.overlays.end()) {
        options.overlay = edits->second;
    }
    if (m_request.exclusions) {
        const auto left = m_request.exclusions->find(path);
        options.excluded = left == m_request.exclusions->end() ? data::Exclusions{} : left->second;
    }
    auto dataset = data::Dataset::open(path, std::move(options));
    if (!dataset) {
        return dataset.error();
    }
    EncodeSettings settings = m_request.encode;
    settings.limit = limit;
    settings.stratifyBy = m_request.config.data.stratifyBy;
    auto rows = encodeRows(**dataset, m_request.encoder, settings);
    if (rows) {
        warn(m_data.warnings, path, *rows, settings.encoding.maxLength);
    }
    return rows;
}

Result<void> Preparation::readTrain()
{
    const auto& settings = m_request.config.data;
    std::string broken;
    for (std::uint32_t file = 0; file < settings.train.size(); ++file) {
        const std::string& path = settings.train[file];
        const std::int64_t left = settings.limit - static_cast<std::int64_t>(m_rows.size());
        if (settings.limit > 0 && left <= 0) {
            break;
        }
        auto rows = encodeFile(path, settings.limit > 0 ? left : 0);
        if (!rows) {
            return rows.error();
        }
        for (std::size_t i = 0; i < rows->store.size(); ++i) {
            m_rows.append(rows->store.row(i));
            m_places.push_back({file, rows->rows[i]});
        }
        m_strata.insert(m_strata.end(), rows->strata.begin(), rows->strata.end());
        m_hashes.insert(m_hashes.end(), rows->hashes.begin(), rows->hashes.end());
        m_synthetic.insert(m_synthetic.end(), rows->synthetic.begin(), rows->synthetic.end());
        m_data.skipped += rows->broken + rows->nothingToLearn;
        m_data.truncated += rows->truncated;
        m_data.areTexts = m_data.areTexts || rows->areTexts;
        broken = broken.empty() ? rows->firstBroken : broken;
    }
    if (m_rows.isEmpty()) {
        return Error{"There is no row to learn from in the training data"
                     + (broken.empty() ? ": no row has an answer within data.max_length tokens."
                                       : "; the first is broken: " + broken)};
    }
    return {};
}

Result<void> Preparation::readHeldOut()
{
    for (const std::string& path : m_request.config.data.heldOut) {
        auto rows = encodeFile(path, 0);
        if (!rows) {
            return rows.error();
        }
        for (std::size_t i = 0; i < rows->store.size(); ++i) {
            m_data.heldOut.append(rows->store.row(i));
        }
    }
    return {};
}

void Preparation::split()
{
    const auto& config = m_request.config;
    if (!config.data.heldOut.empty() || config.data.heldOutShare <= 0) {
        m_data.train = std::move(m_rows);
        m_data.places = std::move(m_places);
        return;
    }
    std::vector<std::uint64_t> natural; // made rows are like those they were made of: held out they would tell nothing
    std::vector<std::uint64_t> strata;
    for (std::size_t i = 0; i < m_rows.size(); ++i) {
        if (!m_synthetic[i]) {
            natural.push_back(m_hashes[i]);
            strata.push_back(m_strata.empty() ? 0 : m_strata[i]);
        }
    }
    const auto held
        = data::holdOutByStratum(natural, strata, config.data.heldOutShare, static_cast<std::uint64_t>(config.run.seed));
    for (std::size_t i = 0, next = 0; i < m_rows.size(); ++i) {
        const bool isHeld = !m_synthetic[i] && held[next++];
        (isHeld ? m_data.heldOut : m_data.train).append(m_rows.row(i));
        if (isHeld) {
            m_data.heldOutHashes.push_back(m_hashes[i]);
        } else {
            m_data.places.push_back(m_places[i]);
        }
    }
    if (m_data.heldOut.isEmpty()) {
        m_data.warnings.push_back("The data has too few different rows to hold some out, so nothing measures "
                                  "progress; name a held-out file or raise data.held_out_share.");
    }
}

Result<TrainingData> Preparation::run()
{
    if (auto read = readTrain(); !read) {
        return read.error();
    }
    split();
    m_rows = {};
    if (auto read = readHeldOut(); !read) {
        return read.error();
    }
    return std::move(m_data);
}

} // namespace

Result<TrainingData> prepareData(const DataRequest& request)
{
    return Preparation(request).run();
}

} // namespace luthier::train
