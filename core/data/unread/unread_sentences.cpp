// SPDX-License-Identifier: GPL-3.0-or-later
// What an UnreadReport says to people.
#include "core/base/amount.h"
#include "core/data/unread/better_shape.h"
#include "core/data/unread/unread_fields.h"

#include <algorithm>
#include <array>

namespace luthier::data {

namespace {

constexpr std::size_t kShownFields = 12;

// "choices" (4 rows), "B" (3 rows)
std::string listOf(const std::vector<UnreadField>& fields, const std::function<bool(const UnreadField&)>& isMeant)
{
    std::string text;
    std::size_t count = 0;
    for (const UnreadField& field : fields) {
        if (isMeant(field) && ++count <= kShownFields) {
            text += (text.empty() ? "" : ", ") + ("\"" + field.name + "\" (" + base::amount(field.rows, "row") + ")");
        }
    }
    return count > kShownFields ? text + " and " + std::to_string(count - kShownFields) + " more" : text;
}

} // namespace

const char* toText(UnreadWhy why)
{
    constexpr std::array kNames = {"format", "template", "ask_template", "rewards", "repeated", "bookkeeping"};
    return kNames[static_cast<std::size_t>(why)];
}

bool UnreadReport::hasLoud() const
{
    return std::any_of(fields.begin(), fields.end(), [](const UnreadField& field) { return !field.isQuiet(); });
}

std::vector<std::string> UnreadReport::sentences(bool withQuiet) const
{
    struct Group {
        UnreadWhy why;
        const char* before;
    };
    static constexpr std::array kGroups = {
        Group{UnreadWhy::Format, "not read, and so not learned: "},
        Group{UnreadWhy::Template, "left out by the chat template or the objective, and so not learned: "},
        Group{UnreadWhy::Rewards, "read by rules of the reward that ask for them, and by nothing else: "},
        Group{UnreadWhy::AskTemplate, "learned only where the chat template writes them: "},
    };
    std::vector<std::string> list;
    if (offer) {
        const std::string& fuller = findFormat(offer->format)->label;
        list.push_back("it is read as " + format + "; " + (fuller == format ? "" : "as " + fuller + " ") + "more of it would be learned with the columns "
                       + toText(offer->columns) + " (" + flagsOf(*offer) + ")");
    }
    for (const Group& group : kGroups) {
        if (const std::string named = listOf(fields, [&](const UnreadField& f) { return f.why == group.why; }); !named.empty()) {
            list.push_back(group.before + named);
        }
    }
    if (!leftOut.empty()) {
        std::string names;
        for (std::size_t i = 0; i < std::min(leftOut.size(), kShownFields); ++i) {
            names += (names.empty() ? "" : ", ") + leftOut[i];
        }
        list.push_back(base::amount(leftOut.size(), "file") + " of the folder not read: " + names
                       + (leftOut.size() > kShownFields ? ", ..." : ""));
    }
    list.insert(list.end(), remarks.begin(), remarks.end());
    if (const std::string quiet = listOf(fields, [](const UnreadField& f) { return f.why > UnreadWhy::Rewards; }); withQuiet && !quiet.empty()) {
        list.push_back("not read either, and seldom missed: " + quiet);
    }
    if (untried > 0) {
        list.push_back(base::amount(untried, "row") + " of " + std::to_string(rows) + " differ too much from each other in their fields to be tried out");
    }
    return list;
}

} // namespace luthier::data
