// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/fields/record.h"
#include "core/rewards/rules_table.h"
#include "core/text/characters/utf8.h"

#include <algorithm>
#include <array>

namespace luthier::rewards {

namespace {

constexpr std::size_t kLongestRule = std::size_t{64} << 10; // bytes

std::string idsOfRules()
{
    std::string ids;
    for (const Rule& rule : rules()) {
        ids += (ids.empty() ? "" : ", ") + rule.id;
    }
    return ids;
}

// Words of "a b=c d='e f'", with what the quotes held.
class Words {
public:
    explicit Words(std::string_view text) : m_text(text) {}

    // Empty at the end.
    std::string next(std::string_view ends)
    {
        std::string word;
        while (m_at < m_text.size() && ends.find(m_text[m_at]) == std::string_view::npos) {
            if (m_text[m_at] == '\'' || m_text[m_at] == '"') {
                word += quoted();
            } else {
                word += m_text[m_at++];
            }
        }
        return word;
    }
    void skip() { m_at = text::skipSpaces(m_text, m_at); }
    bool take(char c)
    {
        const bool there = m_at < m_text.size() && m_text[m_at] == c;
        m_at += there ? 1 : 0;
        return there;
    }
    bool atEnd() const { return m_at >= m_text.size(); }
    bool isOpen() const { return m_open; } // a quote that nothing closes

private:
    // A pattern's own escapes (\d) stay: only the quote and \ itself are taken out.
    std::string quoted()
    {
        const char quote = m_text[m_at++];
        std::string inside;
        while (m_at < m_text.size() && m_text[m_at] != quote) {
            const bool escapes = m_text[m_at] == '\\' && m_at + 1 < m_text.size() && (m_text[m_at + 1] == quote || m_text[m_at + 1] == '\\');
            m_at += escapes ? 1 : 0;
            inside += m_text[m_at++];
        }
        m_open = m_open || m_at >= m_text.size();
        m_at += m_at < m_text.size() ? 1 : 0;
        return inside;
    }

    std::string_view m_text;
    std::size_t m_at = 0;
    bool m_open = false;
};

std::string quotedText(const std::string& value)
{
    const auto needs = [](char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\'' || c == '"' || c == '\\'; };
    if (!value.empty() && std::none_of(value.begin(), value.end(), needs)) {
        return value;
    }
    std::string text = "'";
    for (const char c : value) {
        text += c == '\'' || c == '\\' ? std::string("\\") + c : std::string(1, c);
    }
    return text + "'";
}

} // namespace

std::span<const Rule> rules()
{
    static const std::array table{exactRule(), numberRule(), regexRule(), jsonSchemaRule(), lengthRule(), containsRule(), tagsRule(),
                                  expressionRule()};
    return table;
}

const Rule* findRule(std::string_view id)
{
    const auto all = rules();
    const auto found = std::find_if(all.begin(), all.end(), [&](const Rule& rule) { return rule.id == id; });
    return found == all.end() ? nullptr : &*found;
}

std::vector<fields::Field> fieldsOfRule(const Rule& rule)
{
    std::vector<fields::Field> all{fields::field<&RuleSettings::weight>(
        "weight", "Weight", "What its reward is multiplied with; below 0 it is a penalty. Usually 1.", {.low = -1000, .high = 1000})};
    for (const fields::Section* section : rule.settings) {
        all.insert(all.end(), section->fields.begin(), section->fields.end());
    }
    return all;
}

Result<RuleSettings> parseRule(std::string_view text)
{
    if (text.size() > kLongestRule) {
        return Error{"a rule of more than 64 KiB is not read"};
    }
    Words words(text);
    words.skip();
    RuleSettings settings;
    settings.kind = words.next(" \t\n");
    const Rule* rule = findRule(settings.kind);
    if (!rule) {
        return Error{"there is no rule \"" + settings.kind + "\"; there are " + idsOfRules()};
    }
    const auto table = fieldsOfRule(*rule);
    fields::Record record(&settings, table);
    for (words.skip(); !words.atEnd(); words.skip()) {
        const std::string key = words.next("= \t\n");
        if (!words.take('=')) {
            return Error{settings.kind + ": \"" + key + "\" must be setting=value, such as weight=1"};
        }
        const fields::Field* field = record.find(key);
        if (!field) {
            std::vector<std::string> keys;
            std::string all;
            for (const fields::Field& known : table) {
                keys.push_back(known.key);
                all += (all.empty() ? "" : ", ") + known.key;
            }
            return Error{settings.kind + ": there is no setting \"" + key + "\"; did you mean \"" + fields::nearest(key, keys) + "\"? There are " + all};
        }
        if (auto set = record.setFromText(*field, words.next(" \t\n")); !set) {
            return Error{settings.kind + ": " + set.message()};
        }
    }
    return words.isOpen() ? Result<RuleSettings>(Error{settings.kind + ": a quote is opened and not closed"}) : Result<RuleSettings>(settings);
}

std::string toText(const RuleSettings& settings)
{
    std::string text = settings.kind;
    const Rule* rule = findRule(settings.kind);
    const RuleSettings usual;
    for (const fields::Field& field : rule ? fieldsOfRule(*rule) : std::vector<fields::Field>()) {
        if (const fields::Value value = field.get(&settings); value != field.get(&usual)) {
            text += " " + field.key + "=" + quotedText(fields::toText(value));
        }
    }
    return text;
}

std::string withFile(const std::string& rule, const std::function<void(std::string& path)>& each)
{
    auto settings = parseRule(rule);
    const Rule* row = settings ? findRule(settings->kind) : nullptr;
    std::string* path = row && row->file ? row->file(*settings) : nullptr;
    if (!path) {
        return rule;
    }
    const std::string before = *path;
    each(*path);
    return *path == before ? rule : toText(*settings);
}

} // namespace luthier::rewards
