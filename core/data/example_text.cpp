// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/example_text.h"

#include "core/base/hash.h"
#include "core/data/example_view.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

namespace luthier::data {

namespace {

bool isSpace(char byte)
{
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

// Eight bytes that stay as they are: no white space but single blanks, which do not follow another.
bool isSqueezed(std::uint64_t word, bool isBehindSpace)
{
    static_assert(std::endian::native == std::endian::little, "the first byte is the lowest");
    constexpr std::uint64_t kOnes = 0x0101010101010101ULL;
    constexpr std::uint64_t kHighs = 0x8080808080808080ULL;
    const std::uint64_t controls = (word - kOnes * 0x20) & ~word & kHighs; // or none: a false one only stands behind a true one
    const std::uint64_t other = word ^ (kOnes * ' ');
    const std::uint64_t blanks = ~(((other & ~kHighs) + ~kHighs) | other) & kHighs; // the highest bit of each, and no other
    return controls == 0 && (blanks & (blanks >> 8)) == 0 && !(isBehindSpace && (blanks & 0x80) != 0);
}

// Index of the message that is learned last: everything before it is the prompt.
template <class Any>
std::size_t answerPlace(const Any& example)
{
    std::size_t place = example.messages.size();
    for (std::size_t i = 0; i < example.messages.size(); ++i) {
        place = example.messages[i].role == "assistant" ? i : place;
    }
    return place;
}

void append(std::string& text, const std::string& more)
{
    if (!text.empty() && !more.empty()) {
        text += '\n';
    }
    text += more;
}

void appendTo(std::string& key, const Message& message)
{
    key += message.role;
    key += '\x1f'; // the parts may not run into each other
    key += squeezed(message.content);
    if (!message.extra.is_null()) {
        key += '\x1f';
        key += base::dumpJson(message.extra);
    }
    key += '\x1e';
}

void appendTo(std::string& key, const std::vector<Message>& messages)
{
    for (const Message& message : messages) {
        appendTo(key, message);
    }
    key += '\x1d';
}

} // namespace

std::string promptTextOf(const Example& example)
{
    std::string text;
    for (std::size_t i = 0; i < promptTurns(example); ++i) {
        append(text, example.messages[i].content);
    }
    return text;
}

namespace {

template <class Any>
std::size_t promptTurnsOf(const Any& example)
{
    return example.kind == ExampleKind::Preference ? example.messages.size() : answerPlace(example);
}

template <class Any>
std::string_view answerIn(const Any& example)
{
    if (example.kind == ExampleKind::Text) {
        return example.text;
    }
    if (example.kind == ExampleKind::Preference) {
        return example.chosen.empty() ? std::string_view() : std::string_view(example.chosen.back().content);
    }
    const std::size_t place = answerPlace(example);
    return place < example.messages.size() ? std::string_view(example.messages[place].content) : std::string_view();
}

void fillTurns(std::vector<TurnView>& turns, const std::vector<Message>& messages)
{
    for (const Message& message : messages) {
        turns.push_back({message.role, message.content});
    }
}

} // namespace

void ExampleView::clear()
{
    kind = ExampleKind::Conversation;
    text = {};
    messages.clear();
    chosen.clear();
    rejected.clear();
}

void ExampleView::fill(const Example& example)
{
    clear();
    kind = example.kind;
    text = example.text;
    fillTurns(messages, example.messages);
    fillTurns(chosen, example.chosen);
    fillTurns(rejected, example.rejected);
}

std::size_t promptTurns(const Example& example)
{
    return promptTurnsOf(example);
}

std::size_t promptTurns(const ExampleView& example)
{
    return promptTurnsOf(example);
}

std::string_view answerViewOf(const ExampleView& example)
{
    return answerIn(example);
}

std::string_view questionViewOf(const ExampleView& example)
{
    if (example.kind == ExampleKind::Text) {
        return example.text;
    }
    const auto found = std::find_if(example.messages.begin(), example.messages.end(), [](const TurnView& turn) { return turn.role == "user"; });
    return found == example.messages.end() ? std::string_view() : found->content;
}

std::string answerTextOf(const Example& example)
{
    return std::string(answerIn(example));
}

std::string wholeTextOf(const Example& example)
{
    std::string text = example.text;
    for (const auto* messages : {&example.messages, &example.chosen, &example.rejected}) {
        for (const Message& message : *messages) {
            append(text, message.content);
        }
    }
    return text;
}

bool saysNothing(const Message& message)
{
    constexpr std::array kSaid = {"tool_calls", "reasoning_content", "thinking", "reasoning"};
    const bool isBlank = std::all_of(message.content.begin(), message.content.end(), isSpace);
    return isBlank && std::none_of(kSaid.begin(), kSaid.end(), [&](const char* key) {
               return message.extra.is_object() && message.extra.contains(key) && !message.extra[key].empty() && message.extra[key] != "";
           });
}

bool hasEmptyTurn(const Example& example, std::string_view role)
{
    const auto isEmpty = [&](const Message& message) { return message.role == role && saysNothing(message); };
    return std::any_of(example.messages.begin(), example.messages.end(), isEmpty) || std::any_of(example.chosen.begin(), example.chosen.end(), isEmpty)
           || std::any_of(example.rejected.begin(), example.rejected.end(), isEmpty);
}

std::string squeezed(std::string_view text)
{
    std::string line(text.size(), '\0');
    std::size_t size = 0;
    bool isBehindSpace = true;
    for (std::size_t at = 0; at < text.size();) {
        std::uint64_t word = 0;
        if (at + sizeof word <= text.size()) {
            std::memcpy(&word, text.data() + at, sizeof word);
            if (isSqueezed(word, isBehindSpace)) {
                std::memcpy(line.data() + size, &word, sizeof word);
                size += sizeof word;
                at += sizeof word;
                isBehindSpace = line[size - 1] == ' ';
                continue;
            }
        }
        for (const std::size_t end = std::min(at + sizeof word, text.size()); at < end; ++at) {
            const bool space = isSpace(text[at]);
            line[size] = space ? ' ' : text[at];
            size += space && isBehindSpace ? 0 : 1;
            isBehindSpace = space;
        }
    }
    line.resize(size - (size > 0 && isBehindSpace ? 1 : 0));
    return line;
}

std::uint64_t exampleHash(const Example& example)
{
    std::string key = squeezed(example.text);
    for (const auto* messages : {&example.messages, &example.chosen, &example.rejected}) {
        appendTo(key, *messages);
    }
    for (const Json* extra : {&example.tools, &example.templateVariables}) {
        key += extra->is_null() ? std::string() : base::dumpJson(*extra);
        key += '\x1d';
    }
    key += example.desirable ? (*example.desirable ? "good" : "bad") : "";
    return base::rowHash(key);
}

std::uint64_t promptHash(const Example& example)
{
    std::string key;
    const std::size_t end
        = example.kind == ExampleKind::Preference ? example.messages.size() : answerPlace(example);
    for (std::size_t i = 0; i < end; ++i) {
        appendTo(key, example.messages[i]);
    }
    return base::rowHash(key);
}

} // namespace luthier::data
