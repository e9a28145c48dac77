// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/fields/record.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>
#include <optional>

namespace luthier::fields {

namespace {

std::string number(double value)
{
    char buffer[32];
    const auto end = std::to_chars(buffer, buffer + sizeof buffer, value).ptr;
    return {buffer, end};
}

Error notAllowed(const Field& field, const std::string& given)
{
    const auto allowed = describeAllowed(field);
    if (given.empty()) {
        return {field.key + ": " + (field.choices.empty() ? "a number" : "a value") + " is missing" + (allowed.empty() ? "" : " (" + allowed + ")")};
    }
    return {field.key + ": \"" + given + "\" is not possible here; give " + (allowed.empty() ? "another value" : allowed)};
}

// A text where another kind of value belongs, or the other way round: the commonest slip of a recipe written by hand.
Error wrongQuotes(const Field& field, const Json& value, const Value& wanted)
{
    const auto allowed = describeAllowed(field);
    const std::string which = allowed.empty() ? std::string() : ", " + allowed;
    if (!value.is_string()) {
        return {field.key + ": a text belongs here; write it in quotes: \"" + base::dumpJson(value) + "\""};
    }
    const auto text = value.get<std::string>();
    const bool isFlag = std::holds_alternative<bool>(wanted);
    const auto meant = base::parseJson(text);
    if (meant && (isFlag ? meant->is_boolean() : meant->is_number())) {
        return {field.key + ": \"" + text + "\" is a text; write it without quotes: " + text};
    }
    return {field.key + ": \"" + text + "\" is a text, and " + (isFlag ? "true or false" : "a number") + " belongs here" + which};
}

bool inRange(const Field& field, double value)
{
    return std::isfinite(value) && value <= field.range.high
        && (field.range.lowOpen ? value > field.range.low : value >= field.range.low);
}

bool isAllowed(const Field& field, const Value& value)
{
    if (const auto* whole = std::get_if<std::int64_t>(&value)) {
        return inRange(field, static_cast<double>(*whole));
    }
    if (const auto* real = std::get_if<double>(&value)) {
        return inRange(field, *real);
    }
    const auto* text = std::get_if<std::string>(&value);
    return !text || field.choices.empty()
        || std::any_of(field.choices.begin(), field.choices.end(), [&](const Choice& c) { return c.id == *text; });
}

template <class T>
std::optional<T> parsed(std::string_view text)
{
    T value{};
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (code != std::errc() || end != text.data() + text.size()) {
        return std::nullopt;
    }
    return value;
}

// Parted by commas, or a JSON list where items hold commas of their own.
std::vector<std::string> split(std::string_view text)
{
    std::vector<std::string> parts;
    if (text.starts_with('[')) {
        const auto list = base::parseJson(text);
        if (list && list->is_array() && std::all_of(list->begin(), list->end(), [](const Json& item) { return item.is_string(); })) {
            return list->get<std::vector<std::string>>();
        }
    }
    while (!text.empty()) {
        const auto comma = text.find(',');
        auto part = text.substr(0, comma);
        while (!part.empty() && part.front() == ' ') {
            part.remove_prefix(1);
        }
        while (!part.empty() && part.back() == ' ') {
            part.remove_suffix(1);
        }
        if (!part.empty()) {
            parts.emplace_back(part);
        }
        text = comma == std::string_view::npos ? std::string_view{} : text.substr(comma + 1);
    }
    return parts;
}

// A list of texts, in which whole numbers (ids) may stand without quotes; nothing: it is something else.
std::optional<std::vector<std::string>> wordsOf(const Json& value)
{
    const auto isWord = [](const Json& item) { return item.is_string() || item.is_number_integer(); };
    const Json list = value.is_number_integer() ? Json::array({value}) : value;
    if (!list.is_array() || !std::all_of(list.begin(), list.end(), isWord)) {
        return std::nullopt;
    }
    std::vector<std::string> words;
    for (const Json& item : list) {
        words.push_back(item.is_string() ? item.get<std::string>() : item.dump());
    }
    return words;
}

} // namespace

const Field* Record::find(std::string_view key) const
{
    const auto it = std::find_if(m_fields.begin(), m_fields.end(), [&](const Field& f) { return f.key == key; });
    return it == m_fields.end() ? nullptr : &*it;
}

Result<void> Record::set(const Field& field, const Value& value)
{
    Value given = value;
    const auto type = field.get(m_object).index();
    if (std::holds_alternative<std::int64_t>(given) && type == Value(0.0).index()) {
        given = static_cast<double>(std::get<std::int64_t>(given));
    }
    if (given.index() != type || !isAllowed(field, given)) {
        return notAllowed(field, toText(value));
    }
    field.set(m_object, given);
    return {};
}

Result<void> Record::setFromText(const Field& field, std::string_view text)
{
    const Value now = field.get(m_object);
    if (std::holds_alternative<bool>(now)) {
        if (text == "true" || text == "on" || text == "1") {
            return set(field, true);
        }
        if (text == "false" || text == "off" || text == "0") {
            return set(field, false);
        }
        return Error{field.key + ": " + (text.empty() ? "a value is missing (true or false)" : "\"" + std::string(text) + "\" is not possible here; give true or false")};
    }
    if (std::holds_alternative<std::int64_t>(now)) {
        const auto whole = parsed<std::int64_t>(text);
        return whole ? set(field, *whole) : notAllowed(field, std::string(text));
    }
    if (std::holds_alternative<double>(now)) {
        const auto real = parsed<double>(text);
        return real ? set(field, *real) : notAllowed(field, std::string(text));
    }
    if (std::holds_alternative<std::string>(now)) {
        return set(field, std::string(text));
    }
    if (!text.empty() && text.front() == '[') {
        auto json = base::parseJson(text);
        return json ? setFromJson(field, *json) : Error{field.key + ": " + json.message()};
    }
    return set(field, split(text));
}

Result<void> Record::setFromJson(const Field& field, const Json& value)
{
    const Value now = field.get(m_object);
    if (value.is_boolean() && std::holds_alternative<bool>(now)) {
        return set(field, value.get<bool>());
    }
    if ((value.is_number() || value.is_boolean()) && std::holds_alternative<std::string>(now)) {
        return wrongQuotes(field, value, now);
    }
    if (auto list = std::holds_alternative<std::vector<std::string>>(now) ? wordsOf(value) : std::nullopt) {
        return set(field, std::move(*list));
    }
    if (value.is_number_integer() && !std::holds_alternative<double>(now)) {
        if (value.is_number_unsigned()
            && value.get<std::uint64_t>() > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
            return notAllowed(field, value.dump());
        }
        return set(field, value.get<std::int64_t>());
    }
    if (value.is_number()) {
        return set(field, value.get<double>());
    }
    if (value.is_string() && std::holds_alternative<std::vector<std::string>>(now)) {
        return set(field, std::vector<std::string>{value.get<std::string>()});
    }
    const bool wantsText = std::holds_alternative<std::string>(now);
    if (value.is_string()) {
        return wantsText ? set(field, value.get<std::string>()) : wrongQuotes(field, value, now);
    }
    return notAllowed(field, base::dumpJson(value));
}

Json Record::toJson() const
{
    Json object = Json::object();
    for (const Field& field : m_fields) {
        object[field.key] = fields::toJson(get(field));
    }
    return object;
}

Result<void> Record::fromJson(const Json& object)
{
    if (!object.is_object()) {
        return Error{"an object of settings was expected, not " + std::string(object.type_name())};
    }
    for (const auto& [key, value] : object.items()) {
        const Field* field = find(key);
        if (!field) {
            std::vector<std::string> known;
            for (const Field& candidate : m_fields) {
                known.push_back(candidate.key);
            }
            return Error{"unknown setting \"" + key + "\"; did you mean \"" + nearest(key, known) + "\"?"};
        }
        if (auto done = setFromJson(*field, value); !done) {
            return done;
        }
    }
    return {};
}

std::string toText(const Value& value)
{
    if (const auto* flag = std::get_if<bool>(&value)) {
        return *flag ? "true" : "false";
    }
    if (const auto* whole = std::get_if<std::int64_t>(&value)) {
        return std::to_string(*whole);
    }
    if (const auto* real = std::get_if<double>(&value)) {
        return number(*real);
    }
    if (const auto* text = std::get_if<std::string>(&value)) {
        return *text;
    }
    const auto& list = std::get<std::vector<std::string>>(value);
    if (std::any_of(list.begin(), list.end(), [](const std::string& item) { return item.find(',') != std::string::npos; })) {
        return base::dumpJson(list);
    }
    std::string joined;
    for (const auto& item : list) {
        joined += (joined.empty() ? "" : ",") + item;
    }
    return joined;
}

Json toJson(const Value& value)
{
    return std::visit([](const auto& v) { return Json(v); }, value);
}

std::string describeAllowed(const Field& field)
{
    if (!field.choices.empty()) {
        std::vector<std::string> offered;
        for (const Choice& choice : field.choices) {
            if (choice.offered) {
                offered.push_back(choice.id);
            }
        }
        std::string text;
        for (std::size_t i = 0; i < offered.size(); ++i) {
            text += (i == 0 ? "" : i + 1 == offered.size() ? " or " : ", ") + offered[i];
        }
        return text;
    }
    const bool low = std::isfinite(field.range.low);
    const bool high = std::isfinite(field.range.high);
    const std::string above = field.range.lowOpen ? "above " : "at least ";
    if (low && high) {
        return field.range.lowOpen ? "above " + number(field.range.low) + " and up to " + number(field.range.high)
                                   : number(field.range.low) + " to " + number(field.range.high);
    }
    return low ? above + number(field.range.low) : high ? "at most " + number(field.range.high) : "";
}

std::string nearest(std::string_view word, std::span<const std::string> candidates)
{
    std::string best;
    std::size_t bestDistance = std::string::npos;
    for (const auto& candidate : candidates) {
        std::vector<std::size_t> row(candidate.size() + 1);
        std::iota(row.begin(), row.end(), std::size_t{0});
        for (std::size_t i = 0; i < word.size(); ++i) {
            std::size_t diagonal = row[0]++;
            for (std::size_t j = 0; j < candidate.size(); ++j) {
                const std::size_t change = diagonal + (word[i] == candidate[j] ? 0 : 1);
                diagonal = row[j + 1];
                row[j + 1] = std::min({change, row[j] + 1, row[j + 1] + 1});
            }
        }
        if (row.back() < bestDistance) {
            bestDistance = row.back();
            best = candidate;
        }
    }
    return best;
}

} // namespace luthier::fields
