// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/scratch_folder.h"

#include "core/base/files.h"

#include <stdlib.h>

namespace luthier::base {

ScratchFolder::ScratchFolder(const std::string& name)
{
    std::string path = (std::filesystem::temp_directory_path() / (name + "-XXXXXX")).string();
    m_path = ::mkdtemp(path.data()) ? path : std::string();
}

ScratchFolder::~ScratchFolder()
{
    if (!m_path.empty()) {
        static_cast<void>(removeTree(m_path));
    }
}

} // namespace luthier::base
