// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/peft/folders/adapter_copy.h"

#include "core/base/files.h"
#include "core/peft/folders/adapter_facts.h"

namespace luthier::peft {

namespace fs = std::filesystem;

namespace {

Error cannotCopy(const fs::path& path, const std::error_code& code)
{
    return Error{path.string() + ": cannot be copied: " + code.message()};
}

bool isPart(const fs::directory_entry& entry)
{
    std::error_code code;
    const auto extension = entry.path().extension();
    return entry.is_regular_file(code) && (extension == ".json" || extension == ".safetensors" || extension == ".md" || extension == ".jinja");
}

} // namespace

Result<void> copyAdapter(const fs::path& from, const fs::path& to)
{
    std::error_code code;
    if (!fs::is_directory(from, code)) {
        fs::copy_file(from, to, code);
        return code ? Result<void>(cannotCopy(from, code)) : Result<void>();
    }
    if (auto made = base::makeDirectories(to); !made) {
        return made;
    }
    fs::directory_iterator entry(from, code);
    for (; !code && entry != fs::directory_iterator(); entry.increment(code)) {
        if (isPart(*entry)) {
            fs::copy_file(entry->path(), to / entry->path().filename(), code);
            if (code) {
                return cannotCopy(entry->path(), code);
            }
        }
    }
    if (code) {
        return cannotCopy(from, code);
    }
    return fs::is_directory(from / kValueFolder, code) ? copyAdapter(from / kValueFolder, to / kValueFolder) : Result<void>();
}

} // namespace luthier::peft
