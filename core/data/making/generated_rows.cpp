// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/making/generated_rows.h"

#include "core/data/ascii_space.h"
#include "core/data/example_text.h"
#include "core/data/sources/row_text.h"

#include <algorithm>
#include <array>

namespace luthier::data {

namespace {

constexpr std::array kWays = {
    GenerationWay{"reword", "Reword", "The question in other words, with the same answer",
                  "Write the following request in other words. Answer with the new request alone.\n\n{}", false},
    GenerationWay{"answer", "Answer anew", "The same question with an answer of the model's own", "", true},
    GenerationWay{"similar", "Similar question", "Another question of the same kind, with an answer of the model's own",
                  "Write one other request of the same kind as the following. Answer with the request alone.\n\n{}", true},
};

// Place of the last question that is answered at once; the end when there is none.
std::size_t questionPlace(const std::vector<Message>& messages)
{
    for (std::size_t i = messages.size(); i-- > 1;) {
        const bool isPair = messages[i].role == "assistant" && messages[i].extra.is_null() && messages[i - 1].role == "user";
        if (isPair) {
            return i - 1;
        }
    }
    return messages.size();
}

std::string filledIn(const char* ask, const std::string& question)
{
    std::string text = ask;
    return text.replace(text.find("{}"), 2, question);
}

GeneratedRow nothing(const char* why)
{
    return {Json(), why};
}

} // namespace

std::span<const GenerationWay> generationWays()
{
    return kWays;
}

const GenerationWay* findGenerationWay(std::string_view id)
{
    const auto found = std::find_if(kWays.begin(), kWays.end(), [id](const GenerationWay& way) { return way.id == id; });
    return found == kWays.end() ? nullptr : &*found;
}

Result<GeneratedRow> generateRow(const GenerationWay& way, const Example& example, std::int64_t number, const AnswerTo& answer)
{
    const std::size_t place = questionPlace(example.messages);
    if (example.kind != ExampleKind::Conversation || example.desirable == false || place == example.messages.size()) {
        return nothing("it is no conversation with a question and a good answer");
    }
    const std::string oldQuestion = example.messages[place].content;
    std::vector<Message> messages(example.messages.begin(), example.messages.begin() + static_cast<std::ptrdiff_t>(place) + 1);
    if (*way.ask) {
        auto question = answer({{"user", filledIn(way.ask, oldQuestion), {}}});
        if (!question) {
            return question.error();
        }
        messages.back().content = stripped(*question);
        if (isBlank(messages.back().content) || squeezed(messages.back().content) == squeezed(oldQuestion)) {
            return nothing("the model said nothing, or the question again");
        }
    }
    std::string said = example.messages[place + 1].content;
    if (way.answersAnew) {
        auto answered = answer(messages);
        if (!answered) {
            return answered.error();
        }
        const bool isSame = !*way.ask && squeezed(*answered) == squeezed(said);
        said = stripped(*answered);
        if (isBlank(said) || isSame) {
            return nothing("the model said nothing, or the answer again");
        }
    }
    messages.push_back({"assistant", said, {}});
    GeneratedRow made;
    made.row = {{"messages", toJson(messages)}, {"synthetic", true}, {"augmentation", way.id}, {"augmented_from", number}};
    if (!example.templateVariables.is_null()) {
        made.row["chat_template_kwargs"] = example.templateVariables;
    }
    return made;
}

Json toReview(Json row, const std::string& file, std::int64_t number)
{
    return {{"review", "pending"}, {"row", std::move(row)}, {"from", {{"file", file}, {"row", number}}}};
}

Result<Json> acceptedRow(const Json& line, bool all)
{
    const auto review = line.is_object() ? line.find("review") : line.end();
    if (!line.is_object() || review == line.end() || !review->is_string() || !line.contains("row") || !line["row"].is_object()) {
        return Error{"this is no line of a review file; it has \"review\" and \"row\""};
    }
    const auto word = review->get<std::string>();
    if (word != "pending" && word != "accepted" && word != "rejected") {
        return Error{"\"review\" is \"" + shortened(word, 40) + "\"; it must be pending, accepted or rejected"};
    }
    Json row = line["row"];
    row["synthetic"] = true; // whatever was edited: it was not written by people
    return word == "accepted" || (all && word == "pending") ? row : Json();
}

} // namespace luthier::data
