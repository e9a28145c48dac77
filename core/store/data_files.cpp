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

Result<std::vector<std::string>> keptColumns(Project& project, const std::string& path)
{
    const auto kept = project.value(kColumns + dataFileKey(path));
    if (!kept) {
        return kept.error();
    }
    std::vector<std::string> columns;
    bool isList = kept->is_null() || kept->is_array();
    for (const Json& column : kept->is_array() ? *kept : Json::array()) {
        isList = isList && column.is_string();
        columns.push_back(column.is_string() ? column.get<std::string>() : std::string());
    }
    if (!isList) {
        return Error{project.folder().string() + ": how the columns of " + path
                     + " are read is kept as something else than a list of texts; name the columns anew on the Data page"};
    }
    return columns;
}

Result<void> keepColumns(Project& project, const std::string& path, const std::vector<std::string>& columns)
{
    return project.setValue(kColumns + dataFileKey(path), Json(columns));
}

} // namespace luthier::store
