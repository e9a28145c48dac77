// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/publish/modelfile.h"

#include "core/base/files.h"
#include "core/base/json.h"

namespace luthier::publish {

namespace fs = std::filesystem;

namespace {

constexpr const char* kTexts[] = {"qSYSTEMq", "qUSERONEq", "qANSWERONEq", "qUSERTWOq"};
constexpr const char* kRoles[] = {"system", "user", "assistant", "user"};

Json message(const char* role, const std::string& text)
{
    return {{"role", role}, {"content", text}};
}

std::string rendered(const text::ChatTemplate& chatTemplate, const Json& messages, bool opens)
{
    text::RenderOptions options;
    options.addGenerationPrompt = opens;
    auto result = chatTemplate.render(messages, options);
    return result ? result->text : std::string();
}

// The pieces between the four texts, the first before the first; empty: a text is missing or out of order.
std::vector<std::string> between(const std::string& text, std::size_t first)
{
    std::vector<std::string> pieces;
    std::size_t at = 0;
    for (std::size_t i = first; i < 4; ++i) {
        const auto found = text.find(kTexts[i], at);
        if (found == std::string::npos) {
            return {};
        }
        pieces.push_back(text.substr(at, found - at));
        at = found + std::string(kTexts[i]).size();
    }
    pieces.push_back(text.substr(at));
    return pieces;
}

std::string commonStart(const std::string& a, const std::string& b)
{
    std::size_t i = 0;
    while (i < a.size() && i < b.size() && a[i] == b[i]) {
        ++i;
    }
    return a.substr(0, i);
}

std::string told(const TurnMarks& marks, const Json& messages)
{
    std::string text = marks.front;
    for (const Json& item : messages) {
        const auto& around = item["role"] == "system" ? marks.system : item["role"] == "user" ? marks.user : marks.assistant;
        text += around.before + item["content"].get<std::string>() + around.after;
    }
    return text + marks.opening;
}

// A text of Go's template language: braces begin an action there.
std::string quoted(const std::string& text)
{
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        out += text.compare(i, 2, "{{") == 0 ? "{{ \"{\" }}" : std::string(1, text[i]);
    }
    return out;
}

std::string parameterText(const std::string& text)
{
    return base::dumpJson(Json(text));
}

} // namespace

Result<TurnMarks> turnMarks(const text::ChatTemplate& chatTemplate)
{
    const Error tooMuch{"The chat template does more than write one message after another, so the Modelfile has no TEMPLATE; "
                        "Ollama looks for one that it knows in the GGUF file."};
    Json four = Json::array();
    Json three = Json::array();
    for (std::size_t i = 0; i < 4; ++i) {
        four.push_back(message(kRoles[i], kTexts[i]));
        if (i > 0) {
            three.push_back(four.back());
        }
    }
    const auto whole = between(rendered(chatTemplate, three, true), 1); // before u1, u1..a1, a1..u2, after u2
    const auto closed = between(rendered(chatTemplate, three, false), 1);
    const std::string one = rendered(chatTemplate, Json::array({message("user", kTexts[1])}), false);
    const auto userEnd = one.find(kTexts[1]);
    if (whole.size() != 4 || closed.size() != 4 || userEnd == std::string::npos) {
        return tooMuch;
    }
    TurnMarks marks;
    marks.user.after = closed[3];
    if (!whole[3].starts_with(marks.user.after) || !whole[1].starts_with(marks.user.after)) {
        return tooMuch;
    }
    marks.opening = whole[3].substr(marks.user.after.size());
    marks.assistant.before = whole[1].substr(marks.user.after.size());
    // Behind an answer stands its end and the next question's beginning, which also stands before the first question.
    const std::string reversedFirst(whole[0].rbegin(), whole[0].rend());
    const std::string reversedNext(whole[2].rbegin(), whole[2].rend());
    std::string shared = commonStart(reversedFirst, reversedNext);
    marks.user.before.assign(shared.rbegin(), shared.rend());
    marks.front = whole[0].substr(0, whole[0].size() - marks.user.before.size());
    marks.assistant.after = whole[2].substr(0, whole[2].size() - marks.user.before.size());
    const auto withSystem = between(rendered(chatTemplate, four, true), 0); // before s, s..u1, ...
    if (withSystem.size() == 5 && withSystem[0].starts_with(marks.front) && withSystem[1].ends_with(marks.user.before)) {
        marks.system.before = withSystem[0].substr(marks.front.size());
        marks.system.after = withSystem[1].substr(0, withSystem[1].size() - marks.user.before.size());
    }
    const bool same = told(marks, three) == rendered(chatTemplate, three, true)
                      && (withSystem.size() != 5 || told(marks, four) == rendered(chatTemplate, four, true));
    return same ? Result<TurnMarks>(marks) : Result<TurnMarks>(tooMuch);
}

std::string ollamaTemplate(const TurnMarks& marks, const std::string& bos)
{
    // Ollama puts the beginning of a text there by itself.
    const std::string front = !bos.empty() && marks.front.starts_with(bos) ? marks.front.substr(bos.size()) : marks.front;
    const auto turn = [](const TurnMarks::Around& around) { return quoted(around.before) + "{{ .Content }}" + quoted(around.after); };
    std::string text = quoted(front) + "{{ range .Messages }}";
    const std::pair<const char*, const TurnMarks::Around*> rows[] = {
        {"system", &marks.system}, {"user", &marks.user}, {"assistant", &marks.assistant}};
    for (const auto& [role, around] : rows) {
        text += "{{ if eq .Role \"" + std::string(role) + "\" }}" + turn(*around) + "{{ end }}";
    }
    return text + "{{ end }}" + quoted(marks.opening);
}

Result<fs::path> writeModelfile(const fs::path& gguf, const data::Encoder& encoder, const inference::Stops& stops,
                                std::vector<std::string>& notes)
{
    std::string text = "FROM ./" + gguf.filename().string() + "\n";
    if (encoder.chatTemplate) {
        const auto bos = encoder.tokenizer->bos();
        if (auto marks = turnMarks(*encoder.chatTemplate)) {
            text += "TEMPLATE \"\"\"" + ollamaTemplate(*marks, bos ? encoder.tokenizer->piece(*bos) : "") + "\"\"\"\n";
        } else {
            notes.push_back(marks.message());
        }
    }
    std::vector<std::string> ends;
    for (const text::TokenId id : stops.ids) {
        ends.push_back(encoder.tokenizer->piece(id));
    }
    ends.insert(ends.end(), stops.texts.begin(), stops.texts.end());
    for (const std::string& end : ends) {
        text += end.empty() ? std::string() : "PARAMETER stop " + parameterText(end) + "\n";
    }
    const fs::path path = gguf.parent_path() / (gguf.stem().string() + ".Modelfile");
    auto written = base::writeFileAtomically(path, text);
    return written ? Result<fs::path>(path) : Result<fs::path>(written.error());
}

} // namespace luthier::publish
