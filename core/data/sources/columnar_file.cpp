// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/sources/columnar_file.h"

namespace luthier::data {

// A stream begins with a continuation mark and the size of its first message, a multiple of eight.
bool isColumnar(std::string_view head)
{
    return head.starts_with("PAR1") || head.starts_with("ARROW1")
           || (head.size() >= 8 && head.starts_with("\xff\xff\xff\xff") && head[4] % 8 == 0);
}

} // namespace luthier::data
