// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/turn_edits.h"

#include "core/data/formats/format_messages.h"

#include <charconv>
#include <optional>

namespace luthier::data {

namespace {

struct TurnPlace {
    Json* list = nullptr;
    std::size_t index = 0;
    std::string key; // of the text: "content", "value"

    Json& turn() const { return (*list)[index]; }
};

bool hasRole(const Json& item)
{
    return item.is_object() && (item.contains("role") || item.contains("from"));
}

// "messages/1/content" or, in a row that is the list itself, "1/content".
std::optional<TurnPlace> placeOf(Json& row, const std::string& path)
{
    const auto last = path.rfind('/');
    if (last == std::string::npos) {
        return std::nullopt;
    }
    const auto before = path.rfind('/', last - 1);
    const std::string index = path.substr(before == std::string::npos ? 0 : before + 1, last - (before == std::string::npos ? 0 : before + 1));
    Json* list = &row;
    if (before != std::string::npos) {
        const std::string name = path.substr(0, before);
        const auto found = row.is_object() ? row.find(name) : row.end();
        if (!row.is_object() || found == row.end()) {
            return std::nullopt;
        }
        list = &*found;
    }
    TurnPlace place{list, 0, path.substr(last + 1)};
    const auto parsed = std::from_chars(index.data(), index.data() + index.size(), place.index);
    const bool good = parsed.ec == std::errc() && parsed.ptr == index.data() + index.size() && list->is_array()
                      && place.index < list->size() && hasRole(place.turn());
    return good ? std::optional(place) : std::nullopt;
}

const char* roleKey(const Json& turn)
{
    return turn.contains("role") ? "role" : "from";
}

std::string textIn(const Json& turn, const std::string& key)
{
    return turn.contains(key) && turn[key].is_string() ? turn[key].get<std::string>() : std::string();
}

bool isPlain(const Json& turn, const std::string& key)
{
    return !turn.contains(key) || turn[key].is_null() || turn[key].is_string();
}

// Who speaks after this role, in the list's own words.
std::string answering(const std::string& role)
{
    return role == "user" ? "assistant" : role == "human" ? "gpt" : role == "gpt" ? "human" : "user";
}

Error noNeighbour(const char* side)
{
    return Error{std::string("there is no turn ") + side + " this one"};
}

Result<void> merge(const TurnPlace& place)
{
    Json& turn = place.turn();
    if (place.index + 1 >= place.list->size()) {
        return noNeighbour("below");
    }
    const Json& next = (*place.list)[place.index + 1];
    if (!isPlain(turn, place.key) || !isPlain(next, place.key)) {
        return Error{"only turns of plain text can be merged"};
    }
    const std::string first = textIn(turn, place.key);
    const std::string second = textIn(next, place.key);
    turn[place.key] = first + (first.empty() || second.empty() ? "" : "\n") + second;
    for (const auto& [key, value] : next.items()) { // tool calls and the like are not lost
        if (!turn.contains(key)) {
            turn[key] = value;
        }
    }
    place.list->erase(place.index + 1);
    return {};
}

// Every mark that says otherwise goes; an answer without one is learned.
Result<void> mark(Json& turn, bool isLearned)
{
    if (speakerOf(turn) != "assistant") {
        return Error{"only what the assistant says is learned; this turn is context already"};
    }
    std::vector<std::string> marks;
    for (const auto& [key, value] : turn.items()) {
        if (isTrainedMark(key)) {
            marks.push_back(key);
        }
    }
    for (const std::string& key : marks) {
        turn.erase(key);
    }
    if (!isLearned) {
        turn["train"] = false;
    }
    return {};
}

Result<void> apply(const TurnPlace& place, const TurnEdit& edit)
{
    Json& turn = place.turn();
    const auto at = static_cast<std::ptrdiff_t>(place.index);
    switch (edit.kind) {
    case TurnEdit::Kind::Add: {
        const Json added{{roleKey(turn), answering(textIn(turn, roleKey(turn)))}, {place.key, ""}};
        place.list->insert(place.list->begin() + at + 1, added);
        return {};
    }
    case TurnEdit::Kind::Split: {
        if (!isPlain(turn, place.key)) {
            return Error{"only a turn of plain text can be split"};
        }
        Json added{{roleKey(turn), turn[roleKey(turn)]}, {place.key, edit.second}};
        for (const auto& [key, value] : turn.items()) { // what is not learned stays so
            if (isTrainedMark(key)) {
                added[key] = value;
            }
        }
        turn[place.key] = edit.first;
        place.list->insert(place.list->begin() + at + 1, added);
        return {};
    }
    case TurnEdit::Kind::MergeWithNext: return merge(place);
    case TurnEdit::Kind::MoveUp:
        if (place.index == 0) {
            return noNeighbour("above");
        }
        std::swap(turn, (*place.list)[place.index - 1]);
        return {};
    case TurnEdit::Kind::MoveDown:
        if (place.index + 1 >= place.list->size()) {
            return noNeighbour("below");
        }
        std::swap(turn, (*place.list)[place.index + 1]);
        return {};
    case TurnEdit::Kind::Remove: place.list->erase(place.index); return {};
    case TurnEdit::Kind::Learn: return mark(turn, true);
    case TurnEdit::Kind::PassOver: return mark(turn, false);
    case TurnEdit::Kind::SetRole: turn[roleKey(turn)] = edit.role; return {};
    }
    return {};
}

} // namespace

bool isTurn(const Json& row, const std::string& path)
{
    return placeOf(const_cast<Json&>(row), path).has_value(); // only looked at
}

std::vector<std::string> turnRoles(const Json& row, const std::string& path)
{
    const auto place = placeOf(const_cast<Json&>(row), path); // only looked at
    if (!place) {
        return {};
    }
    return std::string(roleKey(place->turn())) == "from" ? std::vector<std::string>{"system", "human", "gpt", "tool"}
                                                         : std::vector<std::string>{"system", "user", "assistant", "tool"};
}

Result<Json> editTurn(const Json& row, const TurnEdit& edit)
{
    Json edited = row;
    const auto place = placeOf(edited, edit.path);
    if (!place) {
        return Error{"\"" + edit.path + "\" is not a turn of a conversation"};
    }
    if (auto done = apply(*place, edit); !done) {
        return done.error();
    }
    return edited;
}

} // namespace luthier::data
