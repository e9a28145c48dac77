// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/example_text.h"

#include "core/base/hash.h"

namespace luthier::data {

namespace {

bool isSpace(char byte)
{
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

// Index of the message that is learned last: everything before it is the prompt.
std::size_t answerPlace(const Example& example)
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
    const std::size_t end
        = example.kind == ExampleKind::Preference ? example.messages.size() : answerPlace(example);
    for (std::size_t i = 0; i < end; ++i) {
        append(text, example.messages[i].content);
    }
    return text;
}

std::string answerTextOf(const Example& example)
{
    if (example.kind == ExampleKind::Text) {
        return example.text;
    }
    if (example.kind == ExampleKind::Preference) {
        return example.chosen.empty() ? std::string() : example.chosen.back().content;
    }
    const std::size_t place = answerPlace(example);
    return place < example.messages.size() ? example.messages[place].content : std::string();
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

std::string squeezed(std::string_view text)
{
    std::string line(text.size(), '\0');
    std::size_t size = 0;
    bool isBehindSpace = true;
    for (const char byte : text) { // without branches: texts are long, and words short
        const bool space = isSpace(byte);
        line[size] = space ? ' ' : byte;
        size += !(space && isBehindSpace);
        isBehindSpace = space;
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
