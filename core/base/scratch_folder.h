// SPDX-License-Identifier: GPL-3.0-or-later
// ScratchFolder: a folder of this process alone, among the system's temporary ones; it goes with all that lies in it.
#pragma once

#include <filesystem>
#include <string>

namespace luthier::base {

class ScratchFolder {
public:
    // `name` is how the folder's begins, "luthier-plan".
    explicit ScratchFolder(const std::string& name);
    ~ScratchFolder();
    ScratchFolder(const ScratchFolder&) = delete;
    ScratchFolder& operator=(const ScratchFolder&) = delete;
    const std::filesystem::path& path() const { return m_path; } // empty: none could be made

private:
    std::filesystem::path m_path;
};

} // namespace luthier::base
