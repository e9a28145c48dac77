// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/cli/adapter_notes.h"

#include "core/cli/console.h"
#include "core/cli/display.h"
#include "core/peft/folders/config_names.h"

namespace luthier::cli {

void noteAdapters(const std::vector<inference::AdapterSpec>& adapters, Console& console)
{
    for (const inference::AdapterSpec& adapter : adapters) {
        if (const std::string remark = peft::namesRemark(adapter.path); !remark.empty()) {
            console.warning(oneLine(remark));
        }
    }
}

} // namespace luthier::cli
