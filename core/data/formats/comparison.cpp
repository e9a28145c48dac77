// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/formats/comparison.h"

#include "core/data/example_text.h"
#include "core/data/formats/format_messages.h"
#include "core/data/sources/ascii_case.h"
#include "core/data/sources/row_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <string_view>
#include <utility>

namespace luthier::data {

namespace {

using Words = std::vector<std::string>;

// Words by which two answers are told apart. New pair: one line.
constexpr std::array<std::array<std::string_view, 2>, 5> kSides = {{{"a", "b"}, {"1", "2"}, {"0", "1"}, {"left", "right"}, {"first", "second"}}};

constexpr std::array<std::string_view, 12> kAnswerWords = {"response", "answer", "completion",   "output",     "conversation", "reply",
                                                           "summary",  "ref",    "continuation", "generation", "candidate",    "chat"};
constexpr std::array<std::string_view, 12> kScoreWords
    = {"score", "scores", "rating", "reward", "grade", "points", "votes", "winner", "preferred", "better", "wins", "rank"};

constexpr Names kLists = {"completions", "responses", "answers", "outputs", "candidates", "summaries", "generations", "replies"};
constexpr Names kListTexts = {"response", "text", "answer", "content", "output", "completion", "generation", "summary", "messages"};
constexpr Names kScores = {"scores", "ratings", "rewards", "overall_scores"};
constexpr Names kScoreInside = {"overall_score", "score", "rating", "reward", "fine-grained_score"};
constexpr Names kRanks = {"ranks"};
constexpr Names kRankInside = {"rank"};
constexpr Names kOrder = {"ranking", "order"};
// From -3, the first is much better, to 3, the second is.
constexpr Names kSigned = {"overall_preference", "preference_strength"};
constexpr Names kVerdict = {"winner",        "preferred",        "preference",         "choice",          "better",       "best",
                            "verdict",       "judgement",        "judgment",           "vote",            "selected",     "selection",
                            "better_response_id", "better_response", "better_answer",  "preferred_response", "preferred_answer", "human_preference",
                            "chosen_index",  "chosen_idx",       "chosen_id",          "best_index",      "best_idx",     "best_response",
                            "best_answer",   "winner_id",        "chosen"};
constexpr Names kVerdictOfSides = {"label", "labels"}; // beside lists of answers it marks the right one of a question
// These count from nought, as programs do.
constexpr Names kIndex = {"choice", "chosen_index", "chosen_idx", "best_index", "best_idx", "better_response_id"};
constexpr Names kOtherPrompts = {"history", "post", "context", "conversation_input"};

Words wordsOf(std::string_view name)
{
    Words words;
    bool isNew = true;
    for (std::size_t i = 0; i < name.size(); ++i) {
        const char c = name[i];
        const bool isUpper = c >= 'A' && c <= 'Z';
        const bool isDigit = c >= '0' && c <= '9';
        const char before = i > 0 ? name[i - 1] : ' ';
        const bool wasLower = before >= 'a' && before <= 'z';
        if (!isUpper && !isDigit && !(c >= 'a' && c <= 'z')) {
            isNew = true;
            continue;
        }
        if (isNew || (isUpper && wasLower) || isDigit != (before >= '0' && before <= '9')) {
            words.emplace_back();
        }
        isNew = false;
        words.back() += lowered(c);
    }
    return words;
}

template <class List>
bool hasAnyWord(const Words& words, const List& list)
{
    return std::any_of(words.begin(), words.end(), [&](const std::string& word) { return std::find(list.begin(), list.end(), word) != list.end(); });
}

// The name with one of its words exchanged is another field of the row; null: it is not.
const std::string* twinOf(const Json& row, const Words& words, std::size_t place, std::string_view other)
{
    Words wanted = words;
    wanted[place] = other;
    for (const auto& [key, value] : row.get_ref<const Json::object_t&>()) {
        if (!value.is_null() && wordsOf(key) == wanted) {
            return &key;
        }
    }
    return nullptr;
}

struct Sided {
    std::array<std::string, 2> names;
    std::array<std::string_view, 2> sides;
};

// Two fields whose names differ in a side alone and hold one of `kinds`; a third one makes them something else ("answer_c").
template <class List, class Predicate>
std::optional<Sided> sidedFields(const Json& row, const List& kinds, Predicate isWanted)
{
    for (const auto& [key, value] : row.get_ref<const Json::object_t&>()) {
        const Words words = wordsOf(key);
        if (value.is_null() || !hasAnyWord(words, kinds) || !isWanted(key, words, value)) {
            continue;
        }
        for (const auto& sides : kSides) {
            for (std::size_t place = words.size(); place-- > 0;) {
                const std::string* twin = words[place] == sides[0] ? twinOf(row, words, place, sides[1]) : nullptr;
                const std::string_view third = sides[0] == "a" ? "c" : sides[0] == "1" ? "3" : sides[0] == "0" ? "2" : "third";
                if (twin && isWanted(*twin, wordsOf(*twin), row[*twin]) && !twinOf(row, words, place, third)) {
                    return Sided{{key, *twin}, sides};
                }
            }
        }
    }
    return std::nullopt;
}

std::optional<Sided> sidedAnswers(const Json& row)
{
    return sidedFields(row, kAnswerWords, [](const std::string&, const Words& words, const Json& value) {
        const bool isAnswer = value.is_string() || looksLikeMessages(value) || nameIn(value, {"messages"});
        return isAnswer && !hasAnyWord(words, kScoreWords) && !hasAnyWord(words, std::array<std::string_view, 4>{"id", "model", "length", "source"});
    });
}

std::optional<double> numberOf(const Json& value)
{
    if (value.is_number() && std::isfinite(value.get<double>())) {
        return value.get<double>();
    }
    if (const auto said = truthOf(value); said && !value.is_number()) {
        return *said ? 1 : 0;
    }
    double number = 0;
    const std::string text = value.is_string() ? squeezed(value.get_ref<const std::string&>()) : std::string();
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
    return !text.empty() && parsed.ptr == text.data() + text.size() && std::isfinite(number) ? std::optional(number) : std::nullopt;
}

std::optional<std::vector<double>> numbersOf(const Json& list, std::size_t count)
{
    std::vector<double> numbers;
    for (const Json& item : list) {
        const auto number = item.is_string() ? std::nullopt : numberOf(item);
        if (!number) {
            return std::nullopt;
        }
        numbers.push_back(*number);
    }
    return list.is_array() && numbers.size() == count ? std::optional(numbers) : std::nullopt;
}

std::vector<ComparedAnswer> listedAnswers(const Json& row)
{
    std::vector<ComparedAnswer> answers;
    const char* name = nameIn(row, kLists);
    const Json list = name ? unpacked(row[name]) : Json();
    for (std::size_t i = 0; list.is_array() && i < list.size(); ++i) {
        const std::string here = std::string(name) + "/" + std::to_string(i);
        if (list[i].is_string() || looksLikeMessages(list[i])) {
            answers.push_back({here, list[i]});
        } else if (const char* inside = nameIn(list[i], kListTexts)) {
            answers.push_back({here + "/" + inside, list[i][inside]});
        } else {
            return {};
        }
    }
    return answers.size() < 2 ? std::vector<ComparedAnswer>() : answers;
}

std::vector<double> worthOfRanks(std::vector<double> ranks)
{
    std::transform(ranks.begin(), ranks.end(), ranks.begin(), [](double rank) { return -rank; });
    return ranks;
}

// What each answer is worth, more is better; nothing: it is not said of all of them.
std::optional<std::vector<double>> worthOf(const Json& row, std::size_t count)
{
    if (const auto sided = count == 2 ? sidedFields(row, kScoreWords, [](const std::string&, const Words&, const Json& value) { return numberOf(value).has_value(); }) : std::nullopt) {
        const double sign = hasAnyWord(wordsOf(sided->names[0]), std::array<std::string_view, 1>{"rank"}) ? -1 : 1;
        return std::vector<double>{sign * *numberOf(row[sided->names[0]]), sign * *numberOf(row[sided->names[1]])};
    }
    if (const Json* scores = fieldIn(row, kScores)) {
        return numbersOf(unpacked(*scores), count);
    }
    const Json* given = fieldIn(row, kRanks);
    if (auto ranks = given ? numbersOf(unpacked(*given), count) : std::nullopt) {
        return worthOfRanks(std::move(*ranks));
    }
    const char* name = nameIn(row, kLists);
    const Json list = name ? unpacked(row[name]) : Json();
    for (const auto& [names, sign] : {std::pair{kScoreInside, 1.0}, std::pair{kRankInside, -1.0}}) {
        std::vector<double> worth;
        for (std::size_t i = 0; list.is_array() && i < list.size(); ++i) {
            const Json* said = list[i].is_object() ? fieldIn(list[i], names) : nullptr;
            const auto number = said ? numberOf(*said) : std::nullopt;
            if (number) {
                worth.push_back(sign * *number);
            }
        }
        if (worth.size() == count) {
            return worth;
        }
    }
    return std::nullopt;
}

struct Choice {
    std::size_t better = 0;
    std::size_t worse = 0;
};

Error tieOf(const std::string& said)
{
    return Error{said + ", so neither answer can be preferred; leave the row out, or write one answer as a row of its own"};
}

std::string shownValue(const Json& value)
{
    return value.is_string() ? "\"" + shortened(value.get<std::string>(), 40) + "\"" : shortened(textOf(value), 40);
}

Result<Choice> byWorth(const std::vector<double>& worth)
{
    const auto best = std::max_element(worth.begin(), worth.end());
    const auto worst = std::min_element(worth.begin(), worth.end());
    return *best == *worst ? Result<Choice>(tieOf("its answers are worth the same"))
                           : Choice{static_cast<std::size_t>(best - worth.begin()), static_cast<std::size_t>(worst - worth.begin())};
}

// An order names places, the best first, or gives each answer its rank; where both come to the same pair it is plain.
Result<Choice> byOrder(const Json& list, const std::string& name, std::size_t count)
{
    const Error unclear{"\"" + name + "\" may be the places of the answers or their ranks; write \"scores\", a list with a number for each answer, more for a better one"};
    const auto numbers = numbersOf(list, count);
    if (!numbers) {
        return Error{"\"" + name + "\" must be a list of " + std::to_string(count) + " numbers, one for each answer"};
    }
    const double low = *std::min_element(numbers->begin(), numbers->end());
    std::vector<double> sorted = *numbers;
    std::sort(sorted.begin(), sorted.end());
    bool isOrder = low == 0 || low == 1;
    for (std::size_t i = 0; i < count; ++i) {
        isOrder = isOrder && sorted[i] == low + static_cast<double>(i);
    }
    auto ranked = byWorth(worthOfRanks(*numbers));
    if (!isOrder || !ranked) {
        return ranked; // ranks: answers share one
    }
    const Choice placed{static_cast<std::size_t>(numbers->front() - low), static_cast<std::size_t>(numbers->back() - low)};
    return placed.better == ranked->better && placed.worse == ranked->worse ? ranked : Result<Choice>(unclear);
}

bool isTie(const Words& words)
{
    constexpr std::array<std::string_view, 9> kTies = {"tie", "tied", "both", "bothbad", "neither", "equal", "equally", "same", "draw"};
    return hasAnyWord(words, kTies) || words == Words{"none"} || words == Words{"no", "preference"};
}

// Which of two sides a text names: by its word, between them "A > B", by the model's name, by the answer itself.
std::optional<Result<std::size_t>> sideOf(const Json& row, const std::string& said, const Sided& sided, const std::string& field)
{
    const Words words = wordsOf(said);
    const auto place = [&](std::size_t side) { return std::find(words.begin(), words.end(), sided.sides[side]); };
    const bool first = place(0) != words.end();
    const bool second = place(1) != words.end();
    if (first && second && words.size() == 2) {
        const bool isMore = said.find('>') != std::string::npos;
        const bool isLess = said.find('<') != std::string::npos;
        if (isMore == isLess) {
            return said.find('=') == std::string::npos ? std::nullopt : std::optional(Result<std::size_t>(tieOf("\"" + field + "\" is " + shownValue(said))));
        }
        return Result<std::size_t>((place(0) < place(1)) == isMore ? 0 : 1);
    }
    // "model_a", "Response B wins": beside the side stand words of the answer's own name, or such that say nothing else.
    if (first != second) {
        constexpr std::array<std::string_view, 8> kBeside = {"model", "assistant", "option", "is", "better", "best", "wins", "preferred"};
        const Words own = wordsOf(sided.names[first ? 0 : 1]);
        const bool isPlain = std::all_of(words.begin(), words.end(), [&](const std::string& word) {
            return hasAnyWord({word}, own) || hasAnyWord({word}, kBeside) || hasAnyWord({word}, kAnswerWords);
        });
        if (isPlain) {
            return Result<std::size_t>(first ? 0 : 1);
        }
    }
    for (std::size_t side = 0; side < 2; ++side) {
        const Json& answer = row[sided.names[side]];
        const Json* model = nullptr;
        for (const auto& [key, value] : row.get_ref<const Json::object_t&>()) {
            model = wordsOf(key) == Words{"model", std::string(sided.sides[side])} ? &value : model;
        }
        if ((model && model->is_string() && isSameName(model->get<std::string>(), said)) || (answer.is_string() && answer == Json(said))) {
            return Result<std::size_t>(side);
        }
    }
    return std::nullopt;
}

Result<Choice> byVerdict(const Json& row, const std::string& field, const std::vector<ComparedAnswer>& answers)
{
    const Json& value = row[field];
    const auto sided = sidedAnswers(row);
    const bool isOfSides = sided && sided->names[0] == answers[0].path;
    const std::string said = value.is_string() ? squeezed(value.get<std::string>()) : textOf(value);
    const auto number = value.is_boolean() ? std::nullopt : value.is_number() || !isOfSides ? numberOf(value) : std::nullopt;
    const auto chosen = [](std::size_t better) { return Choice{better, 1 - better}; };
    if (value.is_string() && isTie(wordsOf(said))) {
        return tieOf("\"" + field + "\" is " + shownValue(value));
    }
    if (isOfSides && (value.is_string() || number)) {
        const bool isWhole = number && *number == std::floor(*number) && std::abs(*number) < 100;
        const auto side = sideOf(row, isWhole ? std::to_string(static_cast<int>(*number)) : said, *sided, field);
        if (side) {
            return *side ? Result<Choice>(chosen(**side)) : Result<Choice>(side->error());
        }
        const std::string names = "\"" + sided->names[0] + "\" or \"" + sided->names[1] + "\"";
        return Error{"\"" + field + "\" is " + shownValue(value) + ", which " + (number ? "may mean either answer" : "names none of the answers") + "; write "
                     + names + ", or \"tie\""};
    }
    if (isOfSides) {
        return Error{"\"" + field + "\" is " + kindOf(value) + "; it must say which answer is better: \"" + sided->names[0] + "\" or \"" + sided->names[1] + "\""};
    }
    for (std::size_t i = 0; i < answers.size() && answers.size() == 2; ++i) {
        if (answers[i].value.is_string() && answers[i].value == value) {
            return chosen(i);
        }
    }
    const bool counts = std::any_of(kIndex.begin(), kIndex.end(), [&](const char* name) { return isSameName(field, name); });
    if (number && counts && answers.size() == 2 && (*number == 0 || *number == 1)) {
        return chosen(*number == 0 ? 0 : 1);
    }
    return Error{"\"" + field + "\" is " + shownValue(value) + ", which does not say of each answer how good it is; write \"scores\", a list with a number for each answer, more for a better one"};
}

Result<Choice> choiceOf(const Json& row, const std::vector<ComparedAnswer>& answers)
{
    if (const char* name = answers.size() == 2 ? nameIn(row, kSigned) : nullptr) {
        if (const auto number = numberOf(row[name])) {
            return byWorth({-*number, 0});
        }
    }
    if (const std::string field = verdictField(row); !field.empty()) {
        auto choice = byVerdict(row, field, answers);
        const bool isNumber = row[field].is_number() || row[field].is_boolean();
        const auto worth = !choice && isNumber ? worthOf(row, answers.size()) : std::nullopt;
        return worth ? byWorth(*worth) : choice;
    }
    if (const char* name = nameIn(row, kOrder)) {
        return byOrder(unpacked(row[name]), name, answers.size());
    }
    const auto worth = worthOf(row, answers.size());
    return worth ? byWorth(*worth) : Result<Choice>(Error{"nothing says which of its answers is better; add \"winner\", or a score for each"});
}

// "full_text" and the like of a prompt that is an object.
Json plainPrompt(const Json& value)
{
    const Json* inside = value.is_object() ? fieldIn(value, {"full_text", "text", "content"}) : nullptr;
    return inside && !nameIn(value, {"role", "from", "messages"}) ? *inside : value;
}

// Texts of one conversation side by side, ["first question", "second"] and ["first answer", "second"], as messages.
Json zipped(const Json& questions, const Json& answers)
{
    Json messages = Json::array();
    for (std::size_t i = 0; i < questions.size(); ++i) {
        messages.push_back({{"role", "user"}, {"content", questions[i]}});
        messages.push_back({{"role", "assistant"}, {"content", answers[i]}});
    }
    return messages;
}

bool isListOfTexts(const Json& value)
{
    return value.is_array() && !value.empty() && std::all_of(value.begin(), value.end(), [](const Json& item) { return item.is_string() || item.is_null(); });
}

} // namespace

std::vector<ComparedAnswer> comparedAnswers(const Json& row)
{
    if (!row.is_object()) {
        return {};
    }
    if (const auto sided = sidedAnswers(row)) {
        return {{sided->names[0], row[sided->names[0]]}, {sided->names[1], row[sided->names[1]]}};
    }
    return listedAnswers(row);
}

std::string verdictField(const Json& row)
{
    if (const char* name = nameIn(row, kVerdict); name && row[name].is_primitive()) {
        return name;
    }
    const char* name = nameIn(row, kVerdictOfSides);
    return name && row[name].is_primitive() && sidedAnswers(row) ? name : "";
}

bool isJudged(const Json& row)
{
    const auto answers = comparedAnswers(row);
    return !answers.empty() && (nameIn(row, kSigned) || nameIn(row, kOrder) || !verdictField(row).empty() || worthOf(row, answers.size()));
}

Result<Json> asPair(const Json& row)
{
    const auto answers = comparedAnswers(row);
    if (answers.empty()) {
        return Error{"it has no two answers that are compared, as \"response_a\" and \"response_b\", or a list \"responses\"; it has " + columnsOf(row)};
    }
    const auto choice = choiceOf(row, answers);
    if (!choice) {
        return choice.error();
    }
    Json pair = row;
    pair["chosen"] = answers[choice->better].value;
    pair["rejected"] = answers[choice->worse].value;
    const char* prompt = nameIn(row, kPromptNames);
    const char* other = prompt ? nullptr : nameIn(row, kOtherPrompts);
    if (other) {
        pair.erase(other);
    }
    if (prompt || other) {
        const char* name = prompt ? prompt : other;
        const Json questions = unpacked(row[name]);
        const Json good = unpacked(pair["chosen"]);
        const Json bad = unpacked(pair["rejected"]);
        if (isListOfTexts(questions) && isListOfTexts(good) && isListOfTexts(bad) && good.size() == questions.size() && bad.size() == questions.size()) {
            pair["chosen"] = zipped(questions, good);
            pair["rejected"] = zipped(questions, bad);
            pair.erase(name);
        } else {
            pair[prompt ? name : "prompt"] = plainPrompt(row[name]);
        }
    }
    return pair;
}

} // namespace luthier::data
