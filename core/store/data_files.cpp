// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/data_files.h"

#include <filesystem>
#include <system_error>

namespace luthier::store {

namespace {

const std::string kColumns = "columns:"; // and the file's key

} // namespace

std::string dataFileKey(const std::string& path)
{
    std::error_code code;
    const std::filesystem::path absolute = std::filesystem::absolute(path, code);
    return code ? path : absolute.lexically_normal().string();
}

std::vector<std::string> keptColumns(Project& project, const std::string& path)
{
    std::vector<std::string> columns;
    const auto kept = project.value(kColumns + dataFileKey(path));
    for (const Json& column : kept && kept->is_array() ? *kept : Json::array()) {
        if (column.is_string()) {
            columns.push_back(column.get<std::string>());
        }
    }
    return columns;
}

Result<void> keepColumns(Project& project, const std::string& path, const std::vector<std::string>& columns)
{
    return project.setValue(kColumns + dataFileKey(path), Json(columns));
}

} // namespace luthier::store
