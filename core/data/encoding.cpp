// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/encoding.h"

#include "core/data/answer_ends.h"
#include "core/text/templates/known_templates.h"
#include "core/text/tokenizers/tokenizer_config.h"

#include <algorithm>

namespace luthier::data {

namespace {

// Asks; nothing is taken silently.
Error noTemplate(const std::string& fitting)
{
    std::string offer;
    if (const auto* known = text::findKnownTemplate(fitting)) {
        offer = known->marks.empty()
                    ? ". No marks of turns stand in its vocabulary, so plain names (User: ..., Assistant: ...) would be used"
                    : ". Its vocabulary has the marks of " + known->label + ", which would be used";
        offer += ": say so with the chat template \"" + known->id + "\" (model.chat_template, --chat-template)";
    }
    return Error{"this model's folder has no chat template, so how it reads a conversation is not known" + offer
                 + ", or add chat_template.jinja to its folder, or use rows of plain text"};
}

Result<text::ChatTemplate> openKnown(const std::string& id, const std::filesystem::path& folder)
{
    if (const auto* known = text::findKnownTemplate(id)) {
        return text::openKnownTemplate(*known, folder);
    }
    std::string names = "folder";
    for (const text::KnownTemplate& known : text::knownTemplates()) {
        names += ", " + known.id;
    }
    return Error{"there is no chat template \"" + id + "\"; there are " + names};
}

// Whether the folder means to have a template, so that a broken one is told from none.
bool namesTemplate(const std::filesystem::path& folder)
{
    std::error_code code;
    if (std::filesystem::exists(folder / "chat_template.jinja", code)) {
        return true;
    }
    auto config = text::readTokenizerConfig(folder);
    return config && !config->chatTemplate.is_null();
}

// Tokens that overlap a span of `spans`, which are in order. A token that straddles a border counts.
std::vector<std::uint8_t> overlapping(const std::vector<text::Token>& tokens, std::vector<text::Span> spans)
{
    std::sort(spans.begin(), spans.end(),
              [](const text::Span& a, const text::Span& b) { return a.begin < b.begin; });
    std::vector<std::uint8_t> inside(tokens.size(), 0);
    std::size_t next = 0;
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        while (next < spans.size() && spans[next].end <= tokens[i].begin) {
            ++next;
        }
        inside[i]
            = next < spans.size() && tokens[i].begin < spans[next].end && tokens[i].end > spans[next].begin
                  ? 1
                  : 0;
    }
    return inside;
}

// Marks and cuts. Nothing comes before the first token, so it is never a target.
EncodedExample finished(EncodedExample encoded, const EncodingSettings& settings)
{
    if (settings.trainAll) {
        encoded.trained.assign(encoded.tokens.size(), 1);
    }
    if (!encoded.trained.empty()) {
        encoded.trained.front() = 0;
    }
    encoded.fullLength = static_cast<std::int64_t>(encoded.tokens.size());
    const auto limit = std::max<std::int64_t>(settings.maxLength, 0);
    encoded.truncated = encoded.fullLength > limit;
    if (encoded.truncated) {
        encoded.tokens.resize(static_cast<std::size_t>(limit));
        encoded.trained.resize(static_cast<std::size_t>(limit));
    }
    return encoded;
}

// A text that a template wrote begins with the mark that the tokenizer adds, too.
void dropSecondMarks(std::vector<text::Token>& tokens, const text::Tokenizer& tokenizer)
{
    const auto twice = [](const std::optional<text::TokenId>& mark, const text::Token& a, const text::Token& b) {
        return mark && a.id == *mark && b.id == *mark;
    };
    if (tokens.size() > 1 && twice(tokenizer.bos(), tokens[0], tokens[1])) {
        tokens.erase(tokens.begin());
    }
    if (tokens.size() > 1 && twice(tokenizer.eos(), tokens[tokens.size() - 2], tokens.back())) {
        tokens.pop_back();
    }
}

EncodedExample encodeText(const text::Tokenizer& tokenizer, const std::string& content)
{
    EncodedExample encoded;
    encoded.text = content;
    encoded.tokens = tokenizer.encode(content);
    dropSecondMarks(encoded.tokens, tokenizer);
    const auto eos = tokenizer.eos();
    if (eos && (encoded.tokens.empty() || encoded.tokens.back().id != *eos)) {
        const auto end = static_cast<std::int64_t>(content.size());
        encoded.tokens.push_back({*eos, end, end});
    }
    encoded.trained.assign(encoded.tokens.size(), 1);
    return encoded;
}

// Where the turn of a message may stand: behind the content before it, before the content behind it.
text::Span turnOf(const text::Rendered& rendered, std::size_t message)
{
    text::Span turn{0, static_cast<std::int64_t>(rendered.text.size())};
    for (std::size_t i = 0; i < rendered.messages.size(); ++i) {
        const text::Span& other = rendered.messages[i];
        if (i < message && other.end > other.begin) {
            turn.begin = std::max(turn.begin, other.end);
        } else if (i > message && other.end > other.begin) {
            turn.end = std::min(turn.end, other.begin);
        }
    }
    return turn;
}

// Answers that are marked as not to be learned are context.
void dropUntrained(const text::Rendered& rendered, const std::vector<Message>& messages, std::vector<text::Span>& spans)
{
    for (std::size_t i = 0; i < messages.size(); ++i) {
        if (!messages[i].trained && messages[i].role == "assistant") {
            const text::Span turn = turnOf(rendered, i);
            std::erase_if(spans, [&](const text::Span& span) { return span.begin >= turn.begin && span.begin < turn.end; });
        }
    }
}

// The spans of answers in the conversation that are not part of the prompt.
std::vector<text::Span> answerSpans(const text::Rendered& rendered, std::size_t numPromptMessages)
{
    std::vector<text::Span> spans;
    std::int64_t from = 0;
    if (numPromptMessages > 0 && numPromptMessages < rendered.messages.size()) {
        from = rendered.messages[numPromptMessages].begin;
    }
    std::copy_if(rendered.assistant.begin(), rendered.assistant.end(), std::back_inserter(spans),
                 [from](const text::Span& span) { return span.end > from; });
    return spans;
}

bool isSystem(const Message& message)
{
    return message.role == "system" || message.role == "developer";
}

// The system's words before those of the user who speaks next; where nobody does they are a turn of the user.
std::vector<Message> folded(const std::vector<Message>& messages)
{
    std::vector<Message> out;
    std::string held;
    for (const Message& message : messages) {
        if (isSystem(message)) {
            held += (held.empty() ? "" : "\n\n") + message.content;
            continue;
        }
        const bool isQuestion = message.role == "user";
        if (!held.empty() && !isQuestion) {
            out.push_back({"user", held});
        }
        out.push_back(message);
        if (!held.empty() && isQuestion) {
            out.back().content = held + "\n\n" + message.content;
        }
        held.clear();
    }
    if (!held.empty()) {
        out.push_back({"user", held});
    }
    return out;
}

bool isCallAlone(const Message& message)
{
    return message.role == "assistant" && message.extra.contains("tool_calls")
           && message.content.find_first_not_of(" \t\r\n") == std::string::npos;
}

// Where the template writes no calls an empty answer would stand in their place, which nobody should learn.
void passOverUnwrittenCalls(const text::ChatTemplate& chatTemplate, const text::Rendered& rendered, const text::RenderOptions& options,
                            std::vector<Message>& messages)
{
    if (std::none_of(messages.begin(), messages.end(), isCallAlone)) {
        return;
    }
    auto bare = messages;
    for (Message& message : bare) {
        if (isCallAlone(message)) {
            message.extra.erase("tool_calls");
        }
    }
    const auto without = chatTemplate.render(toJson(bare), options);
    for (Message& message : messages) {
        const bool isUnwritten = without && without->text == rendered.text && isCallAlone(message);
        message.trained = message.trained && !isUnwritten;
    }
}

} // namespace

std::vector<text::TokenId> EncodedExample::ids() const
{
    std::vector<text::TokenId> ids(tokens.size());
    std::transform(tokens.begin(), tokens.end(), ids.begin(),
                   [](const text::Token& token) { return token.id; });
    return ids;
}

std::int64_t EncodedExample::numTrained() const
{
    return std::count_if(trained.begin(), trained.end(), [](std::uint8_t flag) { return flag != 0; });
}

Result<Encoder> Encoder::load(const std::filesystem::path& modelFolder, const std::string& chatTemplate)
{
    auto tokenizer = text::loadTokenizer(modelFolder);
    if (!tokenizer) {
        return tokenizer.error();
    }
    Encoder encoder;
    encoder.tokenizer = std::move(*tokenizer);
    auto opened = loadTemplate(modelFolder, chatTemplate);
    if (!opened) {
        return opened.error();
    }
    encoder.chatTemplate = std::move(*opened);
    if (!encoder.chatTemplate) {
        encoder.fitting = text::templateFor(*encoder.tokenizer).id;
    }
    return encoder;
}

bool Encoder::knowsDeveloper() const
{
    return chatTemplate && chatTemplate->source().find("developer") != std::string::npos;
}

// A template that has no developer reads his words as the system's.
void Encoder::callDevelopersSystem(std::vector<Message>& messages) const
{
    if (!knowsDeveloper()) {
        for (Message& message : messages) {
            message.role = message.role == "developer" ? "system" : message.role;
        }
    }
}

// Where the system's words are what the template does not take, the sentence says where else they may go.
Error Encoder::refusal(const Error& problem, const std::vector<Message>& messages, const text::RenderOptions& options) const
{
    const bool helps = std::any_of(messages.begin(), messages.end(), isSystem) && chatTemplate->render(toJson(folded(messages)), options);
    return helps ? Error{problem.message + "; the chat template does not take the system's words here: data.system_turns=first_question "
                                           "(--fold-system) puts them before the question that follows"}
                 : problem;
}

Result<std::shared_ptr<const text::ChatTemplate>> Encoder::loadTemplate(const std::filesystem::path& modelFolder,
                                                                        const std::string& chatTemplate)
{
    if (chatTemplate == "folder" && !namesTemplate(modelFolder)) {
        return std::shared_ptr<const text::ChatTemplate>();
    }
    auto opened = chatTemplate == "folder" ? text::ChatTemplate::load(modelFolder) : openKnown(chatTemplate, modelFolder);
    auto writes = opened ? checkWritesMessages(*opened) : Result<void>(opened.error());
    if (!writes) {
        return opened ? Error{modelFolder.string() + ": " + writes.message()} : writes.error();
    }
    return std::make_shared<const text::ChatTemplate>(std::move(*opened));
}

Result<Encoder> Encoder::load(const std::filesystem::path& modelFolder, const std::string& chatTemplate,
                              const std::vector<std::filesystem::path>& adapters)
{
    auto encoder = load(modelFolder, chatTemplate);
    std::error_code code;
    const auto brings = std::find_if(adapters.begin(), adapters.end(), [&](const std::filesystem::path& adapter) {
        return std::filesystem::exists(adapter / "chat_template.jinja", code);
    });
    if (!encoder || chatTemplate != "folder" || brings == adapters.end()) {
        return encoder;
    }
    auto opened = text::openTemplateFile(*brings / "chat_template.jinja", modelFolder);
    auto writes = opened ? checkWritesMessages(*opened) : Result<void>(opened.error());
    if (!writes) {
        return Error{brings->string() + ": " + writes.message()};
    }
    encoder->chatTemplate = std::make_shared<const text::ChatTemplate>(std::move(*opened));
    return encoder;
}

Result<EncodedExample> Encoder::encode(const Example& example, const EncodingSettings& settings) const
{
    if (example.kind == ExampleKind::Text) {
        return finished(encodeText(*tokenizer, example.text), settings);
    }
    if (!chatTemplate) {
        return noTemplate(fitting);
    }
    auto messages = settings.foldSystem ? folded(example.messages) : example.messages;
    const std::size_t numPrompt = example.kind == ExampleKind::Preference ? messages.size() : 0;
    messages.insert(messages.end(), example.chosen.begin(), example.chosen.end());
    callDevelopersSystem(messages);
    const bool asks = settings.addPrompt && example.kind == ExampleKind::Conversation; // behind a pair nothing is asked for
    const text::RenderOptions options{asks, example.tools, example.templateVariables, localTime};
    auto rendered = chatTemplate->render(toJson(messages), options);
    if (!rendered) {
        return refusal(rendered.error(), messages, options);
    }
    passOverUnwrittenCalls(*chatTemplate, *rendered, options, messages);
    EncodedExample encoded;
    encoded.tokens = tokenizer->encode(rendered->text, {.addSpecial = false, .parseSpecial = true});
    auto spans = answerSpans(*rendered, numPrompt);
    dropUntrained(*rendered, messages, spans);
    encoded.trained = overlapping(encoded.tokens, std::move(spans));
    encoded.text = std::move(rendered->text);
    const bool isWaiting = settings.addPrompt && (messages.empty() || messages.back().role != "assistant");
    if (example.desirable == false || isWaiting) { // an answer judged bad must not be copied
        encoded.trained.assign(encoded.tokens.size(), 0);
        return finished(std::move(encoded), {settings.maxLength, false});
    }
    return finished(std::move(encoded), settings);
}

Result<std::vector<text::TokenId>> Encoder::encodePrompt(const std::vector<Message>& prompt, const Json& tools,
                                                         const Json& variables) const
{
    if (!chatTemplate) {
        return noTemplate(fitting);
    }
    auto messages = prompt;
    callDevelopersSystem(messages);
    auto rendered = chatTemplate->render(toJson(messages), {true, tools, variables, localTime});
    if (!rendered) {
        return rendered.error();
    }
    return tokenizer->ids(rendered->text, {.addSpecial = false, .parseSpecial = true});
}

} // namespace luthier::data
