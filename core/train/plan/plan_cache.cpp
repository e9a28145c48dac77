// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/plan/plan_cache.h"

#include "core/base/hash.h"
#include "core/base/json.h"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <vector>

namespace luthier::train {

namespace fs = std::filesystem;

namespace {

// Changes whenever the file's content may have: by the change time, which programs cannot set.
std::string identityOf(const fs::path& path)
{
    struct stat facts = {};
    if (::stat(path.c_str(), &facts) != 0) {
        return path.string() + " -";
    }
    const auto nanoseconds = [](const timespec& time) { return std::to_string(time.tv_sec) + "." + std::to_string(time.tv_nsec); };
    std::string identity = path.string() + " " + std::to_string(facts.st_dev) + " " + std::to_string(facts.st_ino) + " "
                           + std::to_string(facts.st_size) + " " + nanoseconds(facts.st_mtim) + " " + nanoseconds(facts.st_ctim);
    return identity;
}

// Of a file, or of everything in a folder.
std::string treeIdentityOf(const fs::path& path)
{
    std::error_code code;
    if (!fs::is_directory(path, code)) {
        return identityOf(path);
    }
    std::vector<std::string> files;
    for (fs::recursive_directory_iterator at(path, code), end; !code && at != end; at.increment(code)) {
        files.push_back(identityOf(at->path()));
    }
    std::sort(files.begin(), files.end());
    std::string all = identityOf(path);
    for (const std::string& file : files) {
        all += "\n" + file;
    }
    return all;
}

std::string modelKeyOf(const config::RunConfig& config)
{
    const config::ModelSettings& settings = config.model;
    const std::string adapter = settings.adapter.empty() ? std::string() : treeIdentityOf(settings.adapter); // may bring a template
    return base::sha256(treeIdentityOf(settings.path) + "\n" + settings.chatTemplate + "\n" + settings.templateTime + (settings.fromScratch ? " scratch" : "") + adapter + "\n"
                        + config.data.systemTurns);
}

std::int64_t bytesOf(const ReadFile& file)
{
    constexpr std::int64_t kRowBytes = 64; // hash, place, length and the like
    const ItemStore& items = file.rows->items;
    const auto rows = static_cast<std::int64_t>(items.sequences().size());
    return items.sequences().numTokens() * static_cast<std::int64_t>(sizeof(std::int32_t)) + rows * kRowBytes;
}

// All that the encoded rows depend on, an objective of the table taken for granted; threads and progress change nothing.
std::string keyOf(const RunFile& file, const EncodeSettings& settings, const config::RunConfig& config)
{
    Json edits = Json::array();
    for (const auto& [row, edited] : file.edits) {
        edits.push_back({row, edited});
    }
    const Json all = Json::array({treeIdentityOf(file.path), modelKeyOf(config), file.format, file.columns, std::move(edits),
                                  file.excluded, settings.encoding.maxLength, settings.encoding.trainAll, settings.vocab,
                                  settings.stratifyBy, settings.weightBy, settings.orderBy, settings.limit, settings.file, settings.objective->id});
    return base::sha256(base::dumpJson(all));
}

} // namespace

Result<std::shared_ptr<const BaseModel>> PlanCache::model(const config::RunConfig& config)
{
    const std::string key = modelKeyOf(config);
    {
        const std::lock_guard lock(m_mutex);
        if (m_model && key == m_modelKey) {
            return m_model;
        }
    }
    auto model = readBaseModel(config);
    if (!model) {
        return model.error();
    }
    const std::lock_guard lock(m_mutex);
    m_model = std::make_shared<const BaseModel>(std::move(*model));
    m_modelKey = key;
    return m_model;
}

std::shared_ptr<const ReadFile> PlanCache::find(const std::string& key)
{
    const std::lock_guard lock(m_mutex);
    const auto found = std::find_if(m_files.begin(), m_files.end(), [&](const Entry& entry) { return entry.key == key; });
    if (found == m_files.end()) {
        return nullptr;
    }
    m_files.splice(m_files.begin(), m_files, found);
    return found->file;
}

void PlanCache::keep(const std::string& key, std::shared_ptr<const ReadFile> file)
{
    const std::int64_t bytes = bytesOf(*file);
    const std::lock_guard lock(m_mutex);
    m_files.push_front({key, std::move(file), bytes});
    m_bytes += bytes;
    while (m_bytes > m_maxBytes) {
        m_bytes -= m_files.back().bytes;
        m_files.pop_back();
    }
}

Result<std::shared_ptr<const ReadFile>> PlanCache::read(const RunFile& file, const data::Encoder& encoder, const EncodeSettings& settings,
                                                        const config::RunConfig& config)
{
    const std::string key = keyOf(file, settings, config); // before it is read: what changes meanwhile is read anew next time
    if (auto known = find(key)) {
        return known;
    }
    ++m_numReads;
    auto read = readFile(file, encoder, settings);
    if (read) {
        keep(key, *read);
    }
    return read;
}

void PlanCache::clear()
{
    const std::lock_guard lock(m_mutex);
    m_files.clear();
    m_bytes = 0;
    m_model.reset();
}

} // namespace luthier::train
