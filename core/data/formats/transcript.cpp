// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/formats/transcript.h"

#include "core/data/ascii_space.h"
#include "core/data/sources/ascii_case.h"

#include <algorithm>
#include <array>

namespace luthier::data {

namespace {

struct Speaker {
    std::string_view name;
    const char* role;
};
constexpr std::array kSpeakers = {Speaker{"human:", "user"}, Speaker{"user:", "user"}, Speaker{"assistant:", "assistant"}};

const Speaker* speakerAt(std::string_view text)
{
    const auto* found = std::find_if(kSpeakers.begin(), kSpeakers.end(), [text](const Speaker& speaker) {
        return text.size() >= speaker.name.size()
               && std::equal(speaker.name.begin(), speaker.name.end(), text.begin(), [](char name, char said) { return name == lowered(said); });
    });
    return found == kSpeakers.end() ? nullptr : found;
}

// Capital letters and a colon at the beginning of a line, and no speaker that is known.
bool isAnotherSpeaker(std::string_view line)
{
    const auto end = line.find(':');
    const auto isCapital = [](char c) { return (c >= 'A' && c <= 'Z') || c == ' ' || c == '_'; };
    return end != std::string_view::npos && end >= 4 && end <= 30 && std::all_of(line.begin(), line.begin() + static_cast<std::ptrdiff_t>(end), isCapital)
           && !speakerAt(line);
}

// `gap`: what stands before each name but the first.
std::vector<Message> turnsBetween(std::string_view text, std::string_view gap)
{
    std::vector<Message> turns;
    std::size_t at = std::min(text.find_first_not_of(kAsciiSpaces), text.size());
    const Speaker* speaker = speakerAt(text.substr(at));
    if (!speaker || std::string_view(speaker->role) != "user") {
        return turns;
    }
    bool answers = false;
    while (speaker) {
        const std::size_t words = at + speaker->name.size();
        const Speaker* next = nullptr;
        std::size_t end = words;
        while (!next && (end = text.find(gap, end)) != std::string_view::npos) {
            at = std::min(text.find_first_not_of('\n', end), text.size());
            next = speakerAt(text.substr(at));
            end = next ? end : at;
        }
        end = std::min(end, text.size());
        turns.push_back({speaker->role, std::string(stripped(text.substr(words, end - words)))});
        answers = answers || turns.back().role == "assistant";
        speaker = next;
    }
    return answers ? turns : std::vector<Message>();
}

} // namespace

std::vector<Message> turnsOfTranscript(std::string_view text)
{
    return turnsBetween(text, "\n\n");
}

std::vector<Message> turnsOfConversation(std::string_view text)
{
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = std::min(text.find('\n', begin), text.size());
        if (isAnotherSpeaker(text.substr(begin, end - begin))) {
            return {};
        }
        begin = end + 1;
    }
    return turnsBetween(text, "\n");
}

} // namespace luthier::data
