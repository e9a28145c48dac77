// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/sources/data_folder.h"

#include "core/data/sources/ascii_case.h"
#include "core/data/sources/folder_walk.h"

#include <algorithm>
#include <array>

namespace luthier::data {

namespace fs = std::filesystem;

namespace {

constexpr std::array kExtensions = {".jsonl", ".ndjson", ".json", ".csv", ".tsv", ".parquet", ".arrow", ".feather", ".gz", ".zst"};
constexpr std::array kAboutNames = {"readme", "license", "licence", "copying", "notice", "citation", "changelog", "authors"};
constexpr std::array kAboutFiles = {"dataset_info.json", "dataset_infos.json", "state.json", "dataset_dict.json", "config.json",
                                    "croissant.json", "metadata.json"};
constexpr std::array kNotForTraining = {"test", "valid", "val", "dev", "eval"};
constexpr std::size_t kMaxFiles = 100000;
constexpr int kMaxDepth = 16;

class FolderRows : public RowSource {
public:
    void add(std::shared_ptr<const RowSource> source)
    {
        m_rows += source->rowCount();
        m_ends.push_back(m_rows);
        m_sources.push_back(std::move(source));
    }

    std::int64_t rowCount() const override { return m_rows; }

    Result<Json> row(std::int64_t index) const override
    {
        const auto place = placeOf(index);
        return place.source ? place.source->row(place.row) : Result<Json>(Error{"there is no such row"});
    }

    bool flatRow(std::int64_t index, FlatRow& row) const override
    {
        const auto place = placeOf(index);
        return place.source && place.source->flatRow(place.row, row);
    }

    std::string rawRow(std::int64_t index) const override
    {
        const auto place = placeOf(index);
        return place.source ? place.source->rawRow(place.row) : std::string();
    }

    std::vector<std::string> remarks() const override
    {
        std::vector<std::string> all;
        for (const auto& source : m_sources) {
            for (std::string& remark : source->remarks()) {
                if (std::find(all.begin(), all.end(), remark) == all.end()) {
                    all.push_back(std::move(remark));
                }
            }
        }
        return all;
    }

private:
    struct Place {
        const RowSource* source = nullptr;
        std::int64_t row = 0;
    };

    Place placeOf(std::int64_t index) const
    {
        const auto end = std::upper_bound(m_ends.begin(), m_ends.end(), index);
        if (index < 0 || end == m_ends.end()) {
            return {};
        }
        const auto file = static_cast<std::size_t>(end - m_ends.begin());
        return {m_sources[file].get(), index - (file == 0 ? 0 : m_ends[file - 1])};
    }

    std::vector<std::shared_ptr<const RowSource>> m_sources;
    std::vector<std::int64_t> m_ends; // rows up to and with each file
    std::int64_t m_rows = 0;
};

bool isData(const fs::path& file)
{
    const std::string extension = lowered(file.extension().string());
    return std::find(kExtensions.begin(), kExtensions.end(), extension) != kExtensions.end() && !isAboutTheData(file);
}

bool isHidden(const fs::path& file, const fs::path& root)
{
    const fs::path below = file.lexically_relative(root);
    return std::any_of(below.begin(), below.end(), [](const fs::path& name) { return name.string().starts_with("."); });
}

Result<std::vector<fs::path>> dataFiles(const fs::path& folder, const base::CancelToken& cancel, std::vector<fs::path>& others)
{
    std::vector<fs::path> files;
    auto walked = walkFiles(folder, kMaxDepth, cancel, [&](const fs::path& file, bool isRegular) -> Result<void> {
        if (isRegular && isData(file)) {
            files.push_back(file);
        } else if (isRegular && !isAboutTheData(file) && !isHidden(file, folder) && others.size() < kMaxFiles) {
            others.push_back(file);
        }
        return files.size() > kMaxFiles
                   ? Result<void>(Error{"the folder holds more than " + std::to_string(kMaxFiles) + " data files; choose one inside it"})
                   : Result<void>();
    });
    if (!walked) {
        return walked.error();
    }
    std::sort(files.begin(), files.end());
    return files;
}

// Whether a folder or file below `root` says, at the beginning of a name, that it is of this part.
template <class Parts>
bool isOf(const fs::path& file, const fs::path& root, const Parts& parts)
{
    const fs::path below = file.lexically_relative(root);
    return std::any_of(below.begin(), below.end(), [&](const fs::path& name) {
        const std::string text = lowered(name.string());
        return std::any_of(parts.begin(), parts.end(), [&](const char* part) {
            const std::string_view rest = std::string_view(text).substr(std::min(text.size(), std::string_view(part).size()));
            // "test.jsonl", "test-00000-of-00001", "validation", not "testimonials.csv".
            return text.starts_with(part)
                   && (rest.empty() || rest.starts_with("ing") || rest.starts_with("idation") || rest.starts_with("uation")
                       || !(rest[0] >= 'a' && rest[0] <= 'z'));
        });
    });
}

// The others go into `others`; gives how many.
std::size_t keepThoseForTraining(std::vector<fs::path>& files, const fs::path& root, std::vector<fs::path>& others)
{
    const std::array train = {"train"};
    const bool anyForTraining = std::any_of(files.begin(), files.end(), [&](const auto& file) { return isOf(file, root, train); });
    const bool allForOther
        = std::all_of(files.begin(), files.end(), [&](const auto& file) { return isOf(file, root, kNotForTraining); });
    return std::erase_if(files, [&](const fs::path& file) {
        const bool isLeft = anyForTraining ? !isOf(file, root, train) : !allForOther && isOf(file, root, kNotForTraining);
        if (isLeft) {
            others.push_back(file);
        }
        return isLeft;
    });
}

} // namespace

bool isAboutTheData(const fs::path& file)
{
    const std::string name = lowered(file.filename().string());
    const std::string stem = lowered(file.stem().string());
    return std::find(kAboutNames.begin(), kAboutNames.end(), stem) != kAboutNames.end()
           || std::find(kAboutFiles.begin(), kAboutFiles.end(), name) != kAboutFiles.end();
}

Result<std::shared_ptr<RowSource>> openDataFolder(const fs::path& folder, const base::Progress& progress,
                                                  const base::CancelToken& cancel)
{
    std::vector<fs::path> others;
    auto files = dataFiles(folder, cancel, others);
    if (!files) {
        return files.error();
    }
    const std::size_t left = keepThoseForTraining(*files, folder, others);
    if (files->empty()) {
        return std::shared_ptr<RowSource>();
    }
    auto rows = std::make_shared<FolderRows>();
    for (const fs::path& file : *files) {
        auto source = openSource(file, progress, cancel);
        if (!source) {
            return source.error();
        }
        if ((*source)->rowCount() == 0) {
            others.push_back(file);
        }
        rows->add(std::move(*source));
    }
    rows->addNote((files->size() == 1 ? std::string("its data file is read: ") : "its " + std::to_string(files->size()) + " data files are read one behind the other: ")
                  + files->front().lexically_relative(folder).string()
                  + (files->size() > 1 ? " to " + files->back().lexically_relative(folder).string() : ""));
    if (left > 0) {
        rows->addNote(std::to_string(left) + (left == 1 ? " data file is" : " data files are")
                      + " left out, because of the names: some are for training, or these for testing; open a file by its name to read or hold it out");
    }
    std::sort(others.begin(), others.end());
    for (const fs::path& file : others) {
        rows->addLeftOut(file.lexically_relative(folder).string());
    }
    return std::shared_ptr<RowSource>(std::move(rows));
}

} // namespace luthier::data
