// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/making/augment.h"

#include "core/base/hash.h"
#include "core/data/field_path.h"
#include "core/data/formats/format_messages.h"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

namespace luthier::data {

namespace {

using base::Random;

constexpr const char* kLists[] = {"messages", "conversations", "conversation", "prompt"};

// Put around an instruction they leave its meaning; the text stands in the place of "{}".
constexpr std::array<std::string_view, 14> kParaphrases = {
    "Please answer: {}", "I have a question: {}", "Quick question: {}", "{} Please explain.", "Help me with this: {}",
    "{} Thank you.", "Tell me: {}", "Here is what I would like to know: {}", "One more thing: {}", "{} Thanks in advance!",
    "Good day! {}", "Hi, {}", "My question is this: {}", "Question: {}"};

constexpr std::array<std::string_view, 8> kRoles = {
    "You are a helpful assistant.", "You are an assistant who answers carefully.", "Answer as well as you can.",
    "You help people with their questions.", "You are a knowledgeable assistant.", "Be helpful, honest and brief.",
    "You are an assistant. Answer the person's questions.", "Give a useful answer to every question."};

bool isUser(const Json& message)
{
    if (!message.is_object()) {
        return false;
    }
    const Json* role = message.contains("role") ? &message["role"] : message.contains("from") ? &message["from"] : nullptr;
    return role && (*role == Json("user") || *role == Json("human"));
}

// What the person says, as paths of texts.
std::vector<std::string> promptPaths(const Json& row)
{
    std::vector<std::string> paths;
    for (const char* name : kLists) {
        if (row.contains(name) && looksLikeMessages(row[name])) {
            for (std::size_t i = 0; i < row[name].size(); ++i) {
                const Json& message = row[name][i];
                const char* key = message.contains("content") ? "content" : "value";
                if (isUser(message) && message.contains(key) && message[key].is_string()) {
                    paths.push_back(std::string(name) + "/" + std::to_string(i) + "/" + key);
                }
            }
        }
    }
    for (const char* name : {"instruction", "prompt", "question", "query"}) {
        if (row.contains(name) && row[name].is_string()) {
            paths.emplace_back(name);
        }
    }
    // A classification is asked by its text.
    if (paths.empty() && row.contains("text") && row["text"].is_string() && (row.contains("label") || row.contains("category"))) {
        paths.emplace_back("text");
    }
    return paths;
}

// Changes every text of the person; false when none came out different.
template <class Change>
bool changeTexts(Json& row, Change change)
{
    bool changed = false;
    for (const std::string& path : promptPaths(row)) {
        const auto text = textAt(row, path);
        if (!text || text->empty()) {
            continue;
        }
        const std::string made = change(*text);
        changed = (made != *text && setTextAt(row, path, made).ok()) || changed;
    }
    return changed;
}

bool isLetter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool paraphrase(Json& row, Random& random, double)
{
    const auto paths = promptPaths(row);
    const auto text = paths.empty() ? Result<std::string>(Error{}) : textAt(row, paths.back());
    if (!text || text->empty()) {
        return false;
    }
    std::string made(kParaphrases[random.below(kParaphrases.size())]);
    made.replace(made.find("{}"), 2, *text);
    return setTextAt(row, paths.back(), made).ok();
}

// Neighbouring letters swapped, one left out or doubled, as hurried fingers do.
std::string withTypos(const std::string& text, Random& random, double strength)
{
    std::string made;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool pair = i + 1 < text.size() && isLetter(text[i]) && isLetter(text[i + 1]);
        if (!pair || random.uniform() >= strength) {
            made += text[i];
            continue;
        }
        switch (random.below(3)) {
        case 0:
            made += text[i + 1];
            made += text[i];
            ++i;
            break;
        case 1: break;
        default: made.append(2, text[i]); break;
        }
    }
    return made;
}

bool typos(Json& row, Random& random, double strength)
{
    return changeTexts(row, [&](const std::string& text) { return withTypos(text, random, strength); });
}

bool letterCase(Json& row, Random& random, double)
{
    const auto how = random.below(3);
    return changeTexts(row, [how](const std::string& text) {
        std::string made = text;
        for (std::size_t i = 0; i < made.size(); ++i) {
            const bool upper = made[i] >= 'A' && made[i] <= 'Z';
            const bool lower = made[i] >= 'a' && made[i] <= 'z';
            if (upper && (how == 0 || (how == 2 && i == 0))) {
                made[i] = static_cast<char>(made[i] + ('a' - 'A'));
            } else if (lower && how == 1) {
                made[i] = static_cast<char>(made[i] - ('a' - 'A'));
            }
        }
        return made;
    });
}

bool whiteSpace(Json& row, Random& random, double strength)
{
    return changeTexts(row, [&](const std::string& text) {
        std::string made = random.below(4) == 0 ? " " : "";
        for (const char c : text) {
            made += c;
            if (c == ' ' && random.uniform() < strength) {
                made += ' ';
            }
        }
        return made + (random.below(2) == 0 ? "\n" : " ");
    });
}

// Only fields whose absence leaves question and answer whole.
bool dropField(Json& row, Random& random, double)
{
    std::vector<std::string> droppable;
    for (const char* name : {"system", "history"}) {
        if (row.contains(name) && !row[name].is_null() && !row[name].empty()) {
            droppable.emplace_back(name);
        }
    }
    if (!droppable.empty()) {
        row.erase(droppable[random.below(droppable.size())]);
        return true;
    }
    for (const char* name : kLists) {
        if (row.contains(name) && looksLikeMessages(row[name]) && row[name].size() > 2
            && (row[name][0].value("role", "") == "system" || row[name][0].value("from", "") == "system")) {
            row[name].erase(0);
            return true;
        }
    }
    return false;
}

bool rewordRole(Json& row, Random& random, double)
{
    const std::string role(kRoles[random.below(kRoles.size())]);
    for (const char* name : kLists) {
        if (!row.contains(name) || !looksLikeMessages(row[name])) {
            continue;
        }
        Json& list = row[name];
        const bool byRole = list[0].contains("role");
        Json message = byRole ? Json{{"role", "system"}, {"content", role}} : Json{{"from", "system"}, {"value", role}};
        if (list[0].value(byRole ? "role" : "from", "") == "system") {
            list[0] = std::move(message);
        } else {
            list.insert(list.begin(), std::move(message));
        }
        return true;
    }
    if (row.contains("instruction")) {
        row["system"] = role;
        return true;
    }
    return false;
}

constexpr std::array kAugmentations = {
    Augmentation{"paraphrase", "Ask in other words", "The instruction put into another phrase.", paraphrase, false},
    Augmentation{"typos", "Typing errors", "Letters swapped, left out or doubled in what the person says.", typos, true},
    Augmentation{"case", "Upper and lower case", "What the person says all small, all large, or begun small.", letterCase, false},
    Augmentation{"whitespace", "White space", "Blanks doubled, and some at the ends.", whiteSpace, true},
    Augmentation{"dropout", "Fields left out", "The system message or the history left out.", dropField, false},
    Augmentation{"role", "Role in other words", "The system message replaced, or one added.", rewordRole, false},
};

} // namespace

std::span<const Augmentation> augmentations()
{
    return kAugmentations;
}

const Augmentation* findAugmentation(std::string_view id)
{
    const auto found = std::find_if(kAugmentations.begin(), kAugmentations.end(),
                                    [id](const Augmentation& way) { return way.id == id; });
    return found == kAugmentations.end() ? nullptr : &*found;
}

std::optional<Json> augmented(const Augmentation& way, const Json& row, std::int64_t number, std::uint64_t seed,
                              double strength)
{
    Json made = row.is_array() ? Json{{"messages", row}} : row;
    if (!made.is_object()) {
        return std::nullopt;
    }
    const std::uint64_t own = base::rowHash(std::string(way.id) + "\n" + base::dumpJson(row));
    Random random(own ^ Random(seed).next());
    if (!way.change(made, random, std::clamp(strength, 0.0, 1.0))) {
        return std::nullopt;
    }
    made["synthetic"] = true;
    made["augmentation"] = way.id;
    made["augmented_from"] = number;
    return made;
}

} // namespace luthier::data
