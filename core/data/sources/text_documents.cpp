// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/sources/text_documents.h"

#include "core/base/files.h"
#include "core/data/sources/ascii_case.h"
#include "core/data/sources/data_folder.h"
#include "core/data/sources/folder_walk.h"
#include "core/data/sources/row_index.h"
#include "core/data/sources/row_text.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

namespace luthier::data {

namespace fs = std::filesystem;

namespace {

constexpr std::array kExtensions = {".txt", ".text", ".md", ".markdown"};
constexpr std::size_t kMaxDocuments = 1000000;
constexpr int kMaxDepth = 64;

std::string withPlainLineEnds(std::string_view text)
{
    std::string plain;
    plain.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\r' || i + 1 >= text.size() || text[i + 1] != '\n') {
            plain.push_back(text[i]);
        }
    }
    return plain;
}

class TextDocuments : public RowSource {
public:
    TextDocuments(fs::path root, std::vector<std::string> names) : m_root(std::move(root)), m_names(std::move(names)) {}

    std::int64_t rowCount() const override { return static_cast<std::int64_t>(m_names.size()); }

    Result<Json> row(std::int64_t index) const override
    {
        if (index < 0 || index >= rowCount()) {
            return Error{"there is no such document"};
        }
        const std::string& name = m_names[static_cast<std::size_t>(index)];
        auto bytes = base::readFile(m_root / name, kMaxRowBytes);
        if (!bytes) {
            return bytes.error();
        }
        std::string_view text = *bytes;
        text.remove_prefix(text.starts_with(kBom) ? kBom.size() : 0);
        if (auto good = checkRowText(text); !good) {
            return Error{name + ": " + good.message()};
        }
        return Json{{"text", withPlainLineEnds(text)}, {"file", name}};
    }

    std::string rawRow(std::int64_t index) const override
    {
        if (index < 0 || index >= rowCount()) {
            return {};
        }
        auto file = DataFile::open(m_root / m_names[static_cast<std::size_t>(index)]);
        auto bytes = file ? (*file)->read(0, kRawRowBytes) : Result<std::string>(file.error());
        return bytes ? std::move(*bytes) : bytes.message();
    }

private:
    fs::path m_root;
    std::vector<std::string> m_names; // under m_root
};

struct Walk {
    std::vector<std::string> names;
    std::vector<std::string> others; // files of other kinds
};

Result<Walk> walk(const fs::path& folder, const base::Progress& progress, const base::CancelToken& cancel)
{
    Walk walk;
    auto walked = walkFiles(folder, kMaxDepth, cancel, [&](const fs::path& file, bool isRegular) -> Result<void> {
        if (!isRegular || isAboutTheData(file) || !isTextExtension(lowered(file.extension().string()))) {
            walk.others.push_back(file.lexically_relative(folder).string());
            return {};
        }
        if (walk.names.size() == kMaxDocuments) {
            return Error{"the folder holds more than a million texts; take a part of it, or write them as JSONL"};
        }
        walk.names.push_back(file.lexically_relative(folder).string());
        if (progress && walk.names.size() % 4096 == 0) {
            progress(static_cast<std::int64_t>(walk.names.size()), 0);
        }
        return {};
    });
    if (!walked) {
        return walked.error();
    }
    std::sort(walk.names.begin(), walk.names.end());
    std::sort(walk.others.begin(), walk.others.end());
    return walk;
}

} // namespace

bool isTextExtension(const std::string& extension)
{
    return std::find(kExtensions.begin(), kExtensions.end(), extension) != kExtensions.end();
}

Result<std::shared_ptr<RowSource>> openTextFolder(const fs::path& folder, const base::Progress& progress,
                                                        const base::CancelToken& cancel)
{
    auto found = walk(folder, progress, cancel);
    if (!found) {
        return found.error();
    }
    if (found->names.empty()) {
        return Error{"this folder holds neither texts (.txt, .md) nor data files; choose another, or a file"};
    }
    auto source = std::make_shared<TextDocuments>(folder, std::move(found->names));
    if (!found->others.empty()) {
        source->addNote(std::to_string(found->others.size()) + " files of other kinds in the folder are passed over");
    }
    for (std::string& other : found->others) {
        if (!isAboutTheData(other) && other.front() != '.') {
            source->addLeftOut(std::move(other));
        }
    }
    return std::shared_ptr<RowSource>(std::move(source));
}

Result<std::shared_ptr<RowSource>> openTextFile(const fs::path& path)
{
    return std::shared_ptr<RowSource>(
        std::make_shared<TextDocuments>(path.parent_path(), std::vector<std::string>{path.filename().string()}));
}

} // namespace luthier::data
