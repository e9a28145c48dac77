// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/encoding.h"

#include "core/data/answer_ends.h"
#include "core/data/example_text.h"
#include "core/text/templates/known_templates.h"
#include "core/text/templates/system_folding.h"
#include "core/text/tokenizers/tokenizer_config.h"

#include <algorithm>

namespace luthier::data {

namespace {

constexpr const char* kTemplateFile = "chat_template.jinja";

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
    if (std::filesystem::exists(folder / kTemplateFile, code)) {
        return true;
    }
    auto config = text::readTokenizerConfig(folder);
    return config && !config->chatTemplate.is_null();
}

// Tokens that overlap a span of `spans`, which are in order. A token that straddles a border counts.
std::vector<std::uint8_t> overlapping(const std::vector<text::Token>& tokens, const std::vector<text::Span>& spans)
{
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

// Answers that are marked as not to be learned are context, and so are those that say nothing.
void dropUntrained(const text::Rendered& rendered, const std::vector<Message>& messages, std::vector<text::Span>& spans)
{
    for (std::size_t i = 0; i < messages.size(); ++i) {
        if (messages[i].role == "assistant" && (!messages[i].trained || saysNothing(messages[i]))) {
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

Result<Encoder> Encoder::load(const std::filesystem::path& modelFolder, const std::string& chatTemplate,
                              const std::vector<std::filesystem::path>& adapters)
{
    auto tokenizer = text::loadTokenizer(modelFolder);
    if (!tokenizer) {
        return tokenizer.error();
    }
    Encoder encoder;
    encoder.tokenizer = std::move(*tokenizer);
    auto opened = loadTemplate(modelFolder, chatTemplate, adapters);
    if (!opened) {
        return opened.error();
    }
    encoder.take(std::move(*opened));
    if (!encoder.chatTemplate) {
        encoder.fitting = text::templateFor(*encoder.tokenizer).id;
    }
    return encoder;
}

void Encoder::take(std::shared_ptr<const text::ChatTemplate> opened)
{
    auto folds = opened ? text::foldingSystem(*opened) : Result<text::ChatTemplate>(Error{});
    folding = folds ? std::make_shared<const text::ChatTemplate>(std::move(*folds)) : nullptr;
    chatTemplate = std::move(opened);
}

void Encoder::foldSystem()
{
    chatTemplate = folding ? folding : chatTemplate;
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
    const bool helps = folding && std::any_of(messages.begin(), messages.end(), isSystem) && folding->render(toJson(messages), options);
    return helps ? Error{problem.message + "; the chat template does not take the system's words here: data.system_turns=first_question "
                                           "(--fold-system) puts them before the question that follows"}
                 : problem;
}

Result<std::shared_ptr<const text::ChatTemplate>> Encoder::loadTemplate(const std::filesystem::path& modelFolder,
                                                                        const std::string& chatTemplate,
                                                                        const std::vector<std::filesystem::path>& adapters)
{
    std::error_code code;
    const auto brings = std::find_if(adapters.begin(), adapters.end(), [&](const std::filesystem::path& adapter) {
        return chatTemplate == "folder" && std::filesystem::exists(adapter / kTemplateFile, code);
    });
    const bool isAdapters = brings != adapters.end();
    if (!isAdapters && chatTemplate == "folder" && !namesTemplate(modelFolder)) {
        return std::shared_ptr<const text::ChatTemplate>();
    }
    auto opened = isAdapters                 ? text::openTemplateFile(*brings / kTemplateFile, modelFolder)
                  : chatTemplate == "folder" ? text::ChatTemplate::load(modelFolder)
                                             : openKnown(chatTemplate, modelFolder);
    if (!opened) {
        return opened.error();
    }
    if (const auto writes = checkWritesMessages(*opened); !writes) {
        return Error{(isAdapters ? *brings : modelFolder).string() + ": " + writes.message()};
    }
    return std::make_shared<const text::ChatTemplate>(std::move(*opened));
}

Result<MarkedText> Encoder::mark(const Example& example, bool addPrompt) const
{
    if (example.kind == ExampleKind::Text) {
        return MarkedText{example.text, {{0, static_cast<std::int64_t>(example.text.size())}}};
    }
    if (!chatTemplate) {
        return noTemplate(fitting);
    }
    auto messages = example.messages;
    const std::size_t numPrompt = example.kind == ExampleKind::Preference ? messages.size() : 0;
    messages.insert(messages.end(), example.chosen.begin(), example.chosen.end());
    callDevelopersSystem(messages);
    const bool asks = addPrompt && example.kind == ExampleKind::Conversation; // behind a pair nothing is asked for
    const text::RenderOptions options{asks, example.tools, example.templateVariables, localTime};
    auto rendered = chatTemplate->render(toJson(messages), options);
    if (!rendered) {
        return refusal(rendered.error(), messages, options);
    }
    const bool isWaiting = addPrompt && (messages.empty() || messages.back().role != "assistant");
    if (example.desirable == false || isWaiting) { // an answer judged bad must not be copied
        return MarkedText{std::move(rendered->text), {}, false};
    }
    passOverUnwrittenCalls(*chatTemplate, *rendered, options, messages);
    auto spans = answerSpans(*rendered, numPrompt);
    dropUntrained(*rendered, messages, spans);
    std::sort(spans.begin(), spans.end(), [](const text::Span& a, const text::Span& b) { return a.begin < b.begin; });
    return MarkedText{std::move(rendered->text), std::move(spans)};
}

Result<EncodedExample> Encoder::encode(const Example& example, const EncodingSettings& settings) const
{
    if (example.kind == ExampleKind::Text) {
        return finished(encodeText(*tokenizer, example.text), settings);
    }
    auto marked = mark(example, settings.addPrompt);
    if (!marked) {
        return marked.error();
    }
    EncodedExample encoded;
    encoded.tokens = tokenizer->encode(marked->text, {.addSpecial = false, .parseSpecial = true});
    encoded.trained = overlapping(encoded.tokens, marked->answers);
    encoded.text = std::move(marked->text);
    return finished(std::move(encoded), {settings.maxLength, settings.trainAll && marked->isTaught});
}

Result<std::vector<text::TokenId>> Encoder::encodePrompt(const std::vector<Message>& prompt, const Json& tools,
                                                         const Json& variables) const
{
    if (!chatTemplate) {
        return noTemplate(fitting);
    }
    auto messages = prompt;
    callDevelopersSystem(messages);
    const text::RenderOptions options{true, tools, variables, localTime};
    auto rendered = chatTemplate->render(toJson(messages), options);
    if (!rendered) {
        return refusal(rendered.error(), messages, options);
    }
    return tokenizer->ids(rendered->text, {.addSpecial = false, .parseSpecial = true});
}

} // namespace luthier::data
