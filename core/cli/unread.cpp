// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/cli/unread.h"

#include "core/cli/console.h"
#include "core/cli/display.h"

namespace luthier::cli {

void appendUnread(Json& list, const std::string& file, const data::UnreadReport& report)
{
    for (const data::UnreadField& field : report.fields) {
        list.push_back({{"file", file}, {"column", field.name}, {"rows", field.rows}, {"why", data::toText(field.why)}});
    }
    for (const std::string& other : report.leftOut) {
        list.push_back({{"file", file}, {"column", other}, {"rows", nullptr}, {"why", "file"}});
    }
}

void noteUnread(Console& console, const std::string& file, const data::UnreadReport& report)
{
    for (const std::string& sentence : report.sentences()) {
        console.warning(oneLine(file + ": " + sentence));
    }
}

} // namespace luthier::cli
