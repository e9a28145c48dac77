// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/unread/field_census.h"

#include "core/data/checks/text_scan.h"
#include "core/data/formats/format_messages.h"
#include "core/data/sources/row_text.h"

#include <algorithm>
#include <array>
#include <span>
#include <string_view>

namespace luthier::data {

namespace {

constexpr const char* kEach = "*";
constexpr int kMaxDepth = 6;

bool isFilled(const Json& value)
{
    return !value.is_null() && !isBlankText(value) && !(value.is_structured() && value.empty());
}

using Each = std::function<void(const FieldPlace&, const Json&)>;

void visitMembers(const Json& object, FieldPlace& place, const Each& each, int depth);

bool isContent(const std::string& key)
{
    constexpr std::array<std::string_view, 3> kKeys = {"content", "parts", "blocks"};
    return std::any_of(kKeys.begin(), kKeys.end(), [&key](std::string_view name) { return isSameName(key, name); });
}

// Parts of a message's content, [{"type": "text", "text": ...}, {"type": "thinking", "thinking": ...}].
bool isListOfParts(const Json& value)
{
    return value.is_array() && !value.empty() && std::all_of(value.begin(), value.end(), [](const Json& part) {
               return part.is_object() && (part.contains("type") || part.contains("block_type")) && speakerOf(part).empty();
           });
}

// Into lists of messages, also such as stand inside a text, into the parts of one, and into objects that hold a list.
void descend(const Json& value, FieldPlace& place, const Each& each, int depth)
{
    if (depth > kMaxDepth) {
        return;
    }
    if (isListOfTurns(value)) {
        const std::string outer = place.role;
        place.path.emplace_back(kEach);
        for (const Json& message : value) {
            place.role = speakerOf(message);
            if (message.is_object()) { // pairs of texts have no names
                visitMembers(message, place, each, depth + 1);
            }
        }
        place.path.pop_back();
        place.role = outer;
    } else if (!place.role.empty() && isContent(place.path.back()) && isListOfParts(value)) {
        place.path.emplace_back(kEach);
        for (const Json& part : value) {
            Json rest = part;
            rest.erase("type"); // names of kinds are no content
            rest.erase("block_type");
            visitMembers(rest, place, each, depth + 1);
        }
        place.path.pop_back();
    } else if (value.is_object() && value.contains("messages")) {
        visitMembers(value, place, each, depth + 1);
    }
}

void visitMembers(const Json& object, FieldPlace& place, const Each& each, int depth)
{
    for (const auto& [key, value] : object.items()) {
        if (!isFilled(value)) {
            continue;
        }
        place.path.push_back(key);
        each(place, value);
        if (value.is_structured()) {
            descend(value, place, each, depth);
        } else if (value.is_string() && depth == 0) {
            if (const Json list = unpacked(value); list.is_array()) {
                descend(list, place, each, depth);
            }
        }
        place.path.pop_back();
    }
}

void openLists(Json& object)
{
    for (auto field = object.begin(); field != object.end(); ++field) {
        if (field->is_string()) {
            if (Json list = unpacked(*field); isListOfTurns(list)) {
                *field = std::move(list);
            }
        }
    }
}

bool alter(Json& value)
{
    if (value.is_boolean()) {
        value = !value.get<bool>();
    } else if (value.is_number()) {
        value = value == Json(0) || value == Json(-1) ? 1 : 0; // -1 and 0 judge alike
    } else if (value.is_string()) {
        const auto truth = truthOf(value);
        value = truth ? std::string(*truth ? "false" : "true") : value.get<std::string>() + " zqx";
    } else {
        return false;
    }
    return true;
}

// True: `change` was done at least once.
template <class Change>
bool at(Json& node, std::span<const std::string> path, const std::string& role, const Change& change)
{
    if (path.front() == kEach && node.is_array()) {
        bool any = false;
        for (Json& message : node) {
            const std::string speaker = speakerOf(message); // of a part of its content: nobody
            any = ((role == speaker || speaker.empty()) && at(message, path.subspan(1), role, change)) || any;
        }
        return any;
    }
    const auto field = node.is_object() ? node.find(path.front()) : node.end();
    if (!node.is_object() || field == node.end()) {
        return false;
    }
    return path.size() == 1 ? change(node, path.front()) : at(*field, path.subspan(1), role, change);
}

// A conversation written out with the speakers' names, as templates without marks of their own do.
bool writesTurns(std::string_view text)
{
    constexpr std::array<std::pair<const char*, const char*>, 5> kSpeakers
        = {{{"Human:", "Assistant:"}, {"User:", "Assistant:"}, {"USER:", "ASSISTANT:"}, {"Question:", "Answer:"}, {"Q: ", "\nA: "}}};
    return std::any_of(kSpeakers.begin(), kSpeakers.end(), [text](const auto& names) {
        const auto asks = text.find(names.first);
        return asks != std::string_view::npos && text.find(names.second, asks) != std::string_view::npos;
    });
}

bool hasMark(std::string_view text)
{
    return findTemplateMark(text) != std::string_view::npos;
}

bool saysSuch(const Example& example, const std::function<bool(std::string_view text)>& is)
{
    const auto has = [&is](const Message& message) { return is(message.content); };
    return std::any_of(example.messages.begin(), example.messages.end(), has) || std::any_of(example.chosen.begin(), example.chosen.end(), has)
           || std::any_of(example.rejected.begin(), example.rejected.end(), has);
}

} // namespace

void RowsWith::add(std::int64_t row)
{
    merge({1, row});
}

void RowsWith::merge(const RowsWith& other)
{
    first = rows == 0 || (other.rows > 0 && other.first < first) ? other.first : first;
    rows += other.rows;
}

std::string FieldPlace::name() const
{
    std::string text;
    for (const std::string& part : path) {
        text += (text.empty() ? "" : "/") + part;
    }
    return text;
}

void forEachField(const Json& row, const Each& each)
{
    FieldPlace place;
    if (row.is_object()) {
        visitMembers(row, place, each, 0);
    } else {
        descend(row, place, each, 0);
    }
}

Json withOpenLists(const Json& row)
{
    Json open = row;
    if (open.is_object()) {
        openLists(open);
    }
    return open;
}

void removeField(Json& row, const FieldPlace& place)
{
    at(row, place.path, place.role, [](Json& object, const std::string& key) { return object.erase(key) > 0; });
}

bool setNumber(Json& row, const FieldPlace& place, double number)
{
    return at(row, place.path, place.role, [number](Json& object, const std::string& key) {
        Json& value = object[key];
        const bool isNumber = value.is_number();
        value = isNumber ? Json(number) : value;
        return isNumber;
    });
}

bool alterField(Json& row, const FieldPlace& place)
{
    // More behind a speaker's name may still be one: "gpt-4" of "gpt".
    const bool isSpeaker = !place.role.empty() && isSpeakerKey(place.path.back());
    return at(row, place.path, place.role, [isSpeaker](Json& object, const std::string& key) {
        if (isSpeaker && object[key].is_string()) {
            object[key] = "zqx";
            return true;
        }
        return alter(object[key]);
    });
}

void FieldCensus::add(std::int64_t row, const Json& json)
{
    ++m_rows;
    std::vector<std::string> pieces;
    std::vector<FieldPlace> places;
    forEachField(json, [&](const FieldPlace& place, const Json& value) {
        std::string piece = place.role + '\x1d' + static_cast<char>('0' + static_cast<int>(value.type()));
        for (const std::string& part : place.path) {
            piece += '\x1f' + part;
        }
        // Messages repeat each other's fields; a row has few.
        if (std::find(pieces.begin(), pieces.end(), piece) == pieces.end()) {
            pieces.push_back(std::move(piece));
            if (std::find(places.begin(), places.end(), place) == places.end()) {
                places.push_back(place);
            }
        }
    });
    std::sort(pieces.begin(), pieces.end());
    std::string key;
    for (const std::string& piece : pieces) {
        key += piece + '\x1e';
    }
    auto group = m_groups.find(key);
    if (group == m_groups.end()) {
        if (m_groups.size() >= kMostGroups) {
            ++m_uncounted;
            return;
        }
        group = m_groups.emplace(std::move(key), FieldGroup{std::move(places), 0, {}}).first;
    }
    ++group->second.rows;
    if (group->second.first.size() < FieldGroup::kFirstRows) {
        group->second.first.push_back(row);
    }
}

void FieldCensus::add(std::int64_t row, const Json& json, const Example& example, const text::Tokenizer* tokenizer)
{
    add(row, json);
    if (example.kind == ExampleKind::Text) {
        if (hasMark(example.text) || writesTurns(example.text)) {
            m_markedTexts.add(row);
        }
        return;
    }
    const std::string end = tokenizer && tokenizer->eos() ? tokenizer->piece(*tokenizer->eos()) : std::string();
    if (saysSuch(example, hasMark)) {
        m_markedTurns.add(row);
    } else if (!end.empty() && saysSuch(example, [&end](std::string_view text) { return text.find(end) != std::string_view::npos; })) {
        m_endedTurns.add(row);
    }
}

void FieldCensus::merge(FieldCensus&& other)
{
    m_markedTexts.merge(other.m_markedTexts);
    m_markedTurns.merge(other.m_markedTurns);
    m_endedTurns.merge(other.m_endedTurns);
    m_rows += other.m_rows;
    m_uncounted += other.m_uncounted;
    for (auto& [key, group] : other.m_groups) {
        const auto known = m_groups.find(key);
        if (known == m_groups.end()) {
            if (m_groups.size() >= kMostGroups) {
                m_uncounted += group.rows;
            } else {
                m_groups.emplace(key, std::move(group));
            }
            continue;
        }
        known->second.rows += group.rows;
        auto& first = known->second.first;
        first.insert(first.end(), group.first.begin(), group.first.end());
        std::sort(first.begin(), first.end());
        first.resize(std::min(first.size(), FieldGroup::kFirstRows));
    }
}

std::vector<const FieldGroup*> FieldCensus::groups() const
{
    std::vector<const FieldGroup*> list;
    for (const auto& [key, group] : m_groups) {
        list.push_back(&group);
    }
    std::stable_sort(list.begin(), list.end(), [](const FieldGroup* a, const FieldGroup* b) { return a->rows > b->rows; });
    return list;
}

} // namespace luthier::data
