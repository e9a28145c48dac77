// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/answer_ends.h"

#include <algorithm>

namespace luthier::data {

namespace {

constexpr const char* kAnswer = "Wood, ice and oil.";
constexpr const char* kSpace = " \t\r\n";

Json message(const char* role, const char* content)
{
    return {{"role", role}, {"content", content}};
}

// One template asks for a system message, another refuses it; some end the last answer otherwise than those before.
std::vector<Json> conversations()
{
    const Json system = message("system", "Answer briefly.");
    const Json question = message("user", "What floats on water?");
    const Json answer = message("assistant", kAnswer);
    return {Json::array({question, answer, question, answer}), Json::array({question, answer}), Json::array({system, question, answer})};
}

bool isBlank(const std::string& text)
{
    return text.find_first_not_of(kSpace) == std::string::npos;
}

std::string cut(const std::string& text, std::int64_t begin, std::int64_t end)
{
    return begin < end ? text.substr(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin)) : std::string();
}

class Search {
public:
    explicit Search(const text::Tokenizer& tokenizer) : m_tokenizer(tokenizer) {}

    void read(const Json& messages, const text::Rendered& rendered)
    {
        const auto tokens = m_tokenizer.encode(rendered.text, {.addSpecial = false, .parseSpecial = true});
        for (std::size_t i = 0; i < messages.size(); ++i) {
            const text::Span& content = rendered.messages[i];
            if (messages[i]["role"] == "assistant" && content.begin < content.end) {
                readAnswer(rendered, content.end, i + 1 == messages.size(), tokens);
            }
        }
    }

    AnswerEnds take()
    {
        if (!m_sawAnswer) {
            m_ends.remark = "The chat template writes no answer that can be found in its text, so what ends one is not known.";
        } else if (m_sawEndless) {
            m_ends.remark = "The chat template ends no turn: nothing stands behind an answer, so a model learns no end and answers up "
                            "to the limit of tokens. Take a template that ends answers with the end mark.";
        } else if (!m_untrained.empty()) {
            m_ends.remark = "What the chat template writes behind an answer (" + m_untrained + ") is not trained, so a model learns no "
                            "end from these answers; its {% generation %} block should hold the end mark too.";
        } else if (!m_ends.texts.empty()) {
            m_ends.remark = "The end of an answer, \"" + m_ends.texts.front() + "\", is no token of this vocabulary: here answers stop "
                            "at its text, other programs must be given it as a stop text.";
        }
        return std::move(m_ends);
    }

private:
    void readAnswer(const text::Rendered& rendered, std::int64_t said, bool isLast, const std::vector<text::Token>& tokens)
    {
        const auto span = std::find_if(rendered.assistant.begin(), rendered.assistant.end(),
                                       [&](const text::Span& s) { return s.begin < said && said <= s.end; });
        if (span == rendered.assistant.end()) {
            return;
        }
        m_sawAnswer = true;
        const std::string trained = cut(rendered.text, said, span->end);
        if (!isBlank(trained)) {
            add(trained, said, span->end, tokens);
            return;
        }
        // Behind the last answer nothing but its end can stand.
        const auto whole = static_cast<std::int64_t>(rendered.text.size());
        const std::string behind = isLast ? cut(rendered.text, span->end, whole) : std::string();
        if (!isBlank(behind)) {
            add(behind, span->end, whole, tokens);
            m_untrained = behind.substr(behind.find_first_not_of(kSpace));
            m_untrained.resize(m_untrained.find_last_not_of(kSpace) + 1);
        } else if (isLast) {
            m_sawEndless = true;
        }
    }

    void add(const std::string& tail, std::int64_t begin, std::int64_t end, const std::vector<text::Token>& tokens)
    {
        const auto mark = std::find_if(tokens.begin(), tokens.end(), [&](const text::Token& token) {
            return token.begin >= begin && token.end <= end && m_tokenizer.isSpecial(token.id);
        });
        if (mark != tokens.end()) {
            addTo(m_ends.ids, mark->id);
            return;
        }
        const auto first = tail.find_first_not_of(kSpace);
        const auto past = tail.find_last_not_of(kSpace) + 1;
        const std::string bare = tail.substr(first, past - first);
        if (const auto alone = m_tokenizer.ids(bare, {.addSpecial = false, .parseSpecial = true}); alone.size() == 1) {
            addTo(m_ends.ids, alone.front());
        } else {
            addTo(m_ends.texts, tail.substr(0, past)); // with what stands before it: "###" alone may stand in an answer
        }
    }

    template <class T>
    static void addTo(std::vector<T>& list, const T& value)
    {
        if (std::find(list.begin(), list.end(), value) == list.end()) {
            list.push_back(value);
        }
    }

    const text::Tokenizer& m_tokenizer;
    AnswerEnds m_ends;
    bool m_sawAnswer = false;
    bool m_sawEndless = false;
    std::string m_untrained;
};

} // namespace

Result<void> checkWritesMessages(const text::ChatTemplate& chatTemplate)
{
    const auto one = chatTemplate.render(Json::array({message("user", "What floats on water?")}));
    const auto other = chatTemplate.render(Json::array({message("user", "Who sells fish?")}));
    return one && other && one->text == other->text
               ? Result<void>(Error{"the chat template writes none of the messages, so nothing could be learned or asked with it; it may "
                                    "be cut short"})
               : Result<void>();
}

AnswerEnds answerEnds(const Encoder& encoder)
{
    if (!encoder.chatTemplate || !encoder.tokenizer) {
        return {};
    }
    Search search(*encoder.tokenizer);
    bool rendersAny = false;
    std::string problem;
    for (const Json& messages : conversations()) {
        const auto rendered = encoder.chatTemplate->render(messages);
        if (rendered) {
            search.read(messages, *rendered);
            rendersAny = true;
        } else {
            problem = rendered.message();
        }
    }
    if (!rendersAny) {
        return {{}, {}, "The chat template writes no plain question with its answer, so what ends one is not known: " + problem};
    }
    return search.take();
}

std::vector<std::string> endMarks(const Encoder& encoder)
{
    std::vector<std::string> marks;
    if (!encoder.tokenizer) {
        return marks;
    }
    std::vector<text::TokenId> ids = answerEnds(encoder).ids;
    if (const auto eos = encoder.tokenizer->eos()) {
        ids.push_back(*eos);
    }
    for (const text::TokenId id : ids) {
        const std::string mark = encoder.tokenizer->piece(id);
        const bool isRead = !isBlank(mark) && encoder.tokenizer->isSpecial(id)
                            && encoder.tokenizer->ids(mark, {.addSpecial = false, .parseSpecial = true}) == std::vector<text::TokenId>{id};
        if (isRead && std::find(marks.begin(), marks.end(), mark) == marks.end()) {
            marks.push_back(mark);
        }
    }
    return marks;
}

} // namespace luthier::data
