// SPDX-License-Identifier: GPL-3.0-or-later
// Exact answer: 1 when the answer is the one in the data, or a given one.
#include "core/rewards/answer_part.h"
#include "core/rewards/rules_table.h"
#include "core/text/characters/utf8.h"

namespace luthier::rewards {

namespace exact_rule {
namespace {

struct ExactSettings {
    std::string value;
    bool ignoreCase = true;
    bool ignorePunctuation = true;
};

const fields::Section& settingsSection()
{
    using fields::field;
    static const auto section = fields::section<RuleSettings, ExactSettings>({
        field<&ExactSettings::value>("value", "Answer", "The right answer. Usually empty: the one in the data."),
        field<&ExactSettings::ignoreCase>("ignore_case", "Ignore case", "Takes A and a for the same letter (of the Latin alphabet without marks). Usually on."),
        field<&ExactSettings::ignorePunctuation>("ignore_punctuation", "Ignore punctuation", "Leaves out . , ; : ! ? and quotes. Usually on."),
    });
    return section;
}

// One space where white space stands.
std::string plain(std::string_view text, const ExactSettings& settings)
{
    std::string out;
    bool gap = false;
    for (std::size_t at = 0; at < text.size();) {
        const text::CodePoint point = text::decodeAt(text, at);
        const std::string_view bytes = text.substr(at, static_cast<std::size_t>(point.length));
        at += bytes.size();
        if (text::isSpace(point.value)) {
            gap = !out.empty();
            continue;
        }
        if (settings.ignorePunctuation && bytes.size() == 1 && std::string_view(".,;:!?\"'").find(bytes[0]) != std::string_view::npos) {
            continue;
        }
        out += gap ? " " : "";
        gap = false;
        const bool isUpper = settings.ignoreCase && bytes.size() == 1 && bytes[0] >= 'A' && bytes[0] <= 'Z';
        out += isUpper ? std::string(1, static_cast<char>(bytes[0] + ('a' - 'A'))) : std::string(bytes);
    }
    return out;
}

Result<Judge> make(const RuleSettings& all)
{
    return Judge([settings = all.of<ExactSettings>(), part = all.of<PartSettings>()](const Answer& answer) -> Verdict {
        if (settings.value.empty() && !answer.expected) {
            return {0, "the row has no answer to compare with"};
        }
        const auto said = partOf(answer.text, part);
        if (!said) {
            return {0, missingPart(part)};
        }
        // The data's answers may have the mark, too.
        const std::string& right = settings.value.empty() ? *answer.expected : settings.value;
        const bool same = plain(*said, settings) == plain(partOf(right, part).value_or(right), settings);
        return {same ? 1.0 : 0.0, same ? "the answer is right" : "the answer is another"};
    });
}

} // namespace
} // namespace exact_rule

Rule exactRule()
{
    return {{"exact", "Exact answer", "1 when the answer is the one in the data.", {&exact_rule::settingsSection(), &partSection()}}, true, exact_rule::make};
}

} // namespace luthier::rewards
