// SPDX-License-Identifier: GPL-3.0-or-later
// Format tags: 1 when the answer is made of <a>...</a> <b>...</b>, each once and in this order, with nothing around them.
#include "core/rewards/answer_part.h"
#include "core/rewards/rules_table.h"

#include <algorithm>

namespace luthier::rewards {

namespace tags_rule {
namespace {

struct TagsSettings {
    std::vector<std::string> tags;
    bool strict = true;
    bool partial = false;
};

const fields::Section& settingsSection()
{
    using fields::field;
    static const auto section = fields::section<RuleSettings, TagsSettings>({
        field<&TagsSettings::tags>("tags", "Tags", "Names of the tags in their order, such as think,answer."),
        field<&TagsSettings::strict>("strict", "Nothing around", "Only white space may stand outside of the tags. Usually on."),
        field<&TagsSettings::partial>("partial", "In parts", "Each tag that stands there once, opened and closed, earns its share. Usually off."),
    });
    return section;
}

std::size_t countOf(std::string_view text, const std::string& what)
{
    std::size_t count = 0;
    for (std::size_t at = text.find(what); at != std::string_view::npos; at = text.find(what, at + what.size())) {
        ++count;
    }
    return count;
}

bool isOnce(std::string_view text, const std::string& tag)
{
    const std::string open = "<" + tag + ">";
    const std::string close = "</" + tag + ">";
    return countOf(text, open) == 1 && countOf(text, close) == 1 && text.find(open) < text.find(close);
}

// Empty: as it must be.
std::string faultOf(std::string_view text, const TagsSettings& settings)
{
    std::size_t at = 0;
    for (const std::string& tag : settings.tags) {
        if (!isOnce(text, tag)) {
            return "<" + tag + "> does not stand there once, opened and closed";
        }
        const std::size_t open = text.find("<" + tag + ">");
        if (open < at) {
            return "<" + tag + "> comes too early";
        }
        if (settings.strict && !trimmed(text.substr(at, open - at)).empty()) {
            return "something stands before <" + tag + ">";
        }
        at = text.find("</" + tag + ">") + tag.size() + 3;
    }
    return settings.strict && !trimmed(text.substr(at)).empty() ? "something stands behind the last tag" : std::string();
}

Result<Judge> make(const RuleSettings& all)
{
    const auto settings = all.of<TagsSettings>();
    if (settings.tags.empty()) {
        return Error{"tags: name at least one tag, as tags=think,answer"};
    }
    for (const std::string& tag : settings.tags) {
        if (tag.empty() || tag.find_first_of("<>/") != std::string::npos) {
            return Error{"tags: \"" + tag + "\" is no name of a tag; write it without < and >"};
        }
    }
    return Judge([settings](const Answer& answer) -> Verdict {
        const std::string fault = faultOf(answer.text, settings);
        if (fault.empty() || !settings.partial) {
            return {fault.empty() ? 1.0 : 0.0, fault.empty() ? "the tags are as they must be" : fault};
        }
        const auto good = std::count_if(settings.tags.begin(), settings.tags.end(), [&](const std::string& tag) { return isOnce(answer.text, tag); });
        // What is in order but not whole earns less than all.
        return {static_cast<double>(good) / static_cast<double>(settings.tags.size() + 1), fault};
    });
}

} // namespace
} // namespace tags_rule

Rule tagsRule()
{
    return {{"tags", "Format tags", "1 when the answer is made of tags in an order, such as <think>...</think><answer>...</answer>.", {&tags_rule::settingsSection()}}, false, tags_rule::make};
}

} // namespace luthier::rewards
