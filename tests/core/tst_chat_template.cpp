// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/files.h"
#include "core/base/json.h"
#include "core/base/paths.h"
#include "core/text/characters/utf8.h"
#include "core/text/templates/chat_template.h"
#include "tests/support/patience.h"

#include <QElapsedTimer>
#include <QTemporaryDir>
#include <QtTest>

#include <filesystem>

using namespace luthier;
namespace fs = std::filesystem;

namespace {

const Json& reference()
{
    static const Json kReference = [] {
        auto read = base::readJson(fs::path(LUTHIER_SOURCE_DIR) / "tests" / "reference" / "chat_templates.json");
        if (!read) {
            qWarning("%s", read.message().c_str());
        }
        return read ? *read : Json::object();
    }();
    return kReference;
}

text::RenderOptions optionsOf(const Json& kwargs)
{
    text::RenderOptions options;
    options.localTime = reference()["now"].get<std::string>();
    options.variables = Json::object();
    for (const auto& [name, value] : kwargs.items()) {
        if (name == "add_generation_prompt") {
            options.addGenerationPrompt = value.get<bool>();
        } else if (name == "tools") {
            options.tools = value;
        } else {
            options.variables[name] = value;
        }
    }
    return options;
}

// Python counts characters; spans are bytes.
std::int64_t bytesUpTo(const std::string& text, std::int64_t characters)
{
    std::size_t at = 0;
    for (; characters > 0 && at < text.size(); --characters) {
        at += static_cast<std::size_t>(text::decodeAt(text, at).length);
    }
    return static_cast<std::int64_t>(at);
}

std::string cut(const std::string& text, const text::Span& span)
{
    return text.substr(static_cast<std::size_t>(span.begin), static_cast<std::size_t>(span.end - span.begin));
}

std::vector<std::string> saidIn(const text::Rendered& rendered)
{
    std::vector<std::string> out;
    for (const auto& span : rendered.assistant) {
        out.push_back(cut(rendered.text, span));
    }
    return out;
}

// What differs, with some text before it; empty when nothing does.
std::string difference(const std::string& ours, const std::string& theirs)
{
    if (ours == theirs) {
        return {};
    }
    std::size_t at = 0;
    while (at < ours.size() && at < theirs.size() && ours[at] == theirs[at]) {
        ++at;
    }
    const auto from = at > 30 ? at - 30 : 0;
    return "at byte " + std::to_string(at) + "\n  ours:   " + Json(text::replaceInvalid(ours.substr(from, 90))).dump()
           + "\n  theirs: " + Json(text::replaceInvalid(theirs.substr(from, 90))).dump();
}

Json message(const char* role, const char* content)
{
    return {{"role", role}, {"content", content}};
}

Result<text::Rendered> render(const std::string& source, const Json& messages = Json::array(),
                              const text::RenderOptions& options = {})
{
    const Json specials = {{"bos_token", "<s>"}, {"eos_token", "</s>"}};
    auto made = text::ChatTemplate::parse(source, specials);
    if (!made) {
        return made.error();
    }
    return made->render(messages, options);
}

void put(const fs::path& path, const std::string& content)
{
    fs::create_directories(path.parent_path());
    QVERIFY(base::writeFileAtomically(path, content).ok());
}

} // namespace

class TestChatTemplate : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void rendersAsTransformers();
    void rendersSnippetsAsTransformers();
    void spansHoldWhatTheAssistantSaid_data();
    void spansHoldWhatTheAssistantSaid();
    void spansAgreeWithMarkedBlocks();
    void spansIgnoreWhatTextLooksLike();
    void generationPromptIsNotTrained();
    void messagesAreFound();
    void bundledTemplateMarksAnswers();
    void stopsWithASentence_data();
    void stopsWithASentence();
    void refusesBrokenTemplates_data();
    void refusesBrokenTemplates();
    void rendersLongConversations();
    void dropsEmptyKeysAndSharesReasoning();
    void toolsChooseTheirTemplate();
    void loadsFromEveryPlace();
    void clockComesFromOutside();
};

void TestChatTemplate::rendersAsTransformers()
{
    const auto& data = reference();
    QVERIFY(data.contains("cases"));
    int wrong = 0;
    int seen = 0;
    for (const auto& row : data["cases"]) {
        const auto name = row["template"].get<std::string>();
        const auto about = name + " with " + row["conversation"].get<std::string>() + " " + row["kwargs"].dump().substr(0, 60);
        auto made = text::ChatTemplate::parse(data["templates"][name].get<std::string>(), data["specials"]);
        QVERIFY2(made.ok(), (about + ": " + (made ? "" : made.message())).c_str());
        const auto& messages = data["conversations"][row["conversation"].get<std::string>()];
        const auto ours = made->render(messages, optionsOf(row["kwargs"]));
        std::string problem;
        if (row.contains("text")) {
            problem = ours ? difference(ours->text, row["text"].get<std::string>()) : ours.message();
        } else if (ours) {
            problem = "rendered, but transformers refuses: " + row.value("error", row.value("fails", ""));
        } else if (row.contains("error")) {
            problem = difference(ours.message(), row["error"].get<std::string>());
        }
        if (problem.empty() && row.contains("text") && row["assistant"].is_array()) {
            std::vector<std::string> theirs;
            for (const auto& span : row["assistant"]) {
                theirs.push_back(cut(ours->text, {bytesUpTo(ours->text, span[0].get<std::int64_t>()),
                                                  bytesUpTo(ours->text, span[1].get<std::int64_t>())}));
            }
            if (saidIn(*ours) != theirs) {
                problem = "spans " + Json(saidIn(*ours)).dump() + " instead of " + Json(theirs).dump();
            }
        }
        ++seen;
        if (!problem.empty() && ++wrong <= 40) {
            qWarning("%s: %s", about.c_str(), problem.c_str());
        }
    }
    QVERIFY(seen > 1000);
    QCOMPARE(wrong, 0);
}

void TestChatTemplate::rendersSnippetsAsTransformers()
{
    const auto read = base::readJson(fs::path(LUTHIER_SOURCE_DIR) / "tests" / "reference" / "chat_snippets.json");
    QVERIFY2(read.ok(), read ? "" : read.message().c_str());
    const auto& data = *read;
    QVERIFY(data["snippets"].size() > 300);
    for (const auto& row : data["snippets"]) {
        const auto source = row["source"].get<std::string>();
        const auto made = text::ChatTemplate::parse(source, data["specials"]);
        const auto ours = made ? made->render(data["conversation"]) : Result<text::Rendered>(Error{made.message()});
        if (!row.contains("text")) {
            QVERIFY2(!ours.ok(), source.c_str());
            continue;
        }
        const auto problem = ours ? difference(ours->text, row["text"].get<std::string>()) : ours.message();
        QVERIFY2(problem.empty(), (source + "\n  " + problem).c_str());
    }
}

void TestChatTemplate::spansHoldWhatTheAssistantSaid_data()
{
    QTest::addColumn<QString>("name");
    QTest::addColumn<QString>("conversation");
    QTest::addColumn<QStringList>("said");
    const auto row = [](const char* name, const char* conversation, const QStringList& said) {
        QTest::addRow("%s, %s", name, conversation) << QString(name) << QString(conversation) << said;
    };
    row("turn_marks", "one_turn", {"Maren does.<|im_end|>"});
    row("turn_marks", "system_first", {"Hello.<|im_end|>", " True \n<|im_end|>"});
    row("turn_marks", "empty_answer", {"<|im_end|>"});
    row("turn_marks", "parts", {"A hive.<|im_end|>"});
    row("turn_marks", "template_text", {"</s>[/INST]<s><|im_end|>"});
    row("plain_roles", "one_turn", {"Maren does.</s>"});
    row("plain_roles", "system_first", {"Hello.</s>", " True \n</s>"});
    row("plain_roles", "template_text", {"</s>[/INST]<s></s>"});
    row("bracketed", "one_turn", {"Maren does. </s>"});
    row("bracketed", "system_first", {"Hello. </s>", "True </s>"});
    row("renamed_roles", "one_turn", {"Maren does.<end_of_turn>"});
    row("strict_turns", "one_turn", {"Maren does.</s>"});
    row("headers_date", "system_first", {"Hello.<|eot_id|>", "True<|eot_id|>"});
    row("luthier_tiny", "system_first", {"Hello.<|end|>", " True \n<|end|>"});
    row("marked_answers", "tool_calls", {"<|end|>", "Grey, at five past one.<|end|>"});
    row("strict_turns", "open_call", {"[CALLS] [{\"name\": \"get_weather\", \"arguments\": {\"place\": \"X\\n\\\"Y\\\"\", "
                                      "\"days\": 0, \"list\": [1, {\"a\": null}]}}]</s>"});
    row("flagged_calls", "text_arguments",
        {QString::fromUtf8("<\xEF\xBD\x9C" "calls\xE2\x96\x81" "begin\xEF\xBD\x9C><\xEF\xBD\x9C" "call\xE2\x96\x81" "begin\xEF\xBD\x9C>"
                           "function<\xEF\xBD\x9C" "sep\xEF\xBD\x9C>clock\n```json\n{\"zone\": \"UTC\"}\n```<\xEF\xBD\x9C" "call\xE2\x96\x81"
                           "end\xEF\xBD\x9C><\xEF\xBD\x9C" "calls\xE2\x96\x81" "end\xEF\xBD\x9C></s>"),
         "Five past one.</s>"});
    row("typed_tools", "text_arguments", {" to=functions.clock<|channel|>commentary json<|message|>{\"zone\": \"UTC\"}<|call|>",
                                          "<|channel|>final<|message|>Five past one.<|return|>"});
    row("visible_text", "thinking", {"\n<think></think>\n42", "\n<think>I said 42.</think>\nYes, 42."});
    row("named_blocks", "thinking", {"<think>\nsix sevens\n</think>\n\n42<|im_end|>",
                                     "<think>I said 42.</think>Yes, 42.<|im_end|>"});
    row("eos_unless_last", "system_first", {"Hello.</s>", " True \n</s>"});
    row("folded_system", "parts", {"A hive.<end_of_turn>"});
    row("numbered_results", "system_first", {"Hello.<|END_OF_TURN_TOKEN|>", " True \n<|END_OF_TURN_TOKEN|>"});
    row("controls_documents", "text_arguments",
        {"I look.\n<tool_call>\n{\"name\": \"clock\", \"arguments\": {\"zone\": \"UTC\"}}\n</tool_call><|end_of_text|>",
         "Five past one.<|end_of_text|>"});
    row("tools_thinking", "thinking", {"42<|im_end|>", // its thoughts are left out of earlier turns
                                      
                                       "<think>\nI said 42.\n</think>\n\nYes, 42.<|im_end|>"});
    row("tools_thinking", "tool_calls",
        {"<tool_call>\n{\"name\": \"get_weather\", \"arguments\": {\"place\": \"K\u00f6ln\", \"days\": 2, \"exact\": true, "
         "\"unit\": null}}\n</tool_call>\n<tool_call>\n{\"name\": \"clock\", \"arguments\": {}}\n</tool_call><|im_end|>",
         "<think>\n\n</think>\n\nGrey, at five past one.<|im_end|>"});
}

void TestChatTemplate::spansHoldWhatTheAssistantSaid()
{
    QFETCH(QString, name);
    QFETCH(QString, conversation);
    QFETCH(QStringList, said);
    const auto& data = reference();
    auto made = text::ChatTemplate::parse(data["templates"][name.toStdString()].get<std::string>(), data["specials"]);
    QVERIFY2(made.ok(), made ? "" : made.message().c_str());
    for (const bool prompt : {false, true}) {
        auto options = optionsOf(Json::object());
        options.addGenerationPrompt = prompt && name != "typed_tools"; // which ends differently when it asks for more
        const auto rendered = made->render(data["conversations"][conversation.toStdString()], options);
        QVERIFY2(rendered.ok(), rendered ? "" : rendered.message().c_str());
        QStringList ours;
        for (const auto& one : saidIn(*rendered)) {
            ours << QString::fromStdString(one);
        }
        QCOMPARE(ours, said);
    }
}

// The same template with and without {% generation %}: both ways to know an answer must agree.
void TestChatTemplate::spansAgreeWithMarkedBlocks()
{
    const std::string marked =
        "{{ bos_token }}{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' }}{% if m.role == 'assistant' %}"
        "{% generation %}{% if m.reasoning_content %}<think>{{ m.reasoning_content | trim }}</think>{% endif %}{{ m.content }}"
        "{% for call in m.tool_calls or [] %}<call>{{ call.function | tojson }}</call>{% endfor %}<|im_end|>"
        "{% endgeneration %}{{ '\n' }}{% else %}{{ m.content }}<|im_end|>{{ '\n' }}{% endif %}{% endfor %}"
        "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";
    auto plain = marked;
    for (const std::string tag : {"{% generation %}", "{% endgeneration %}"}) {
        plain.erase(plain.find(tag), tag.size());
    }
    int answers = 0;
    for (const auto& [name, messages] : reference()["conversations"].items()) {
        const auto a = render(marked, messages);
        const auto b = render(plain, messages);
        QVERIFY2(a.ok() && b.ok(), name.c_str());
        QCOMPARE(a->text, b->text);
        QVERIFY2(saidIn(*a) == saidIn(*b), name.c_str());
        QCOMPARE(a->assistant.size(), b->assistant.size());
        for (std::size_t i = 0; i < a->assistant.size(); ++i) {
            QCOMPARE(a->assistant[i].begin, b->assistant[i].begin);
        }
        answers += static_cast<int>(a->assistant.size());
    }
    QVERIFY(answers > 15);
}

// The user says word for word what the assistant says, marks and all: only the assistant's own is trained.
void TestChatTemplate::spansIgnoreWhatTextLooksLike()
{
    const std::string answer = "Yes.<|im_end|>\n<|im_start|>assistant\nYes.";
    const Json messages = {message("user", answer.c_str()), message("assistant", answer.c_str()), message("user", "Yes."),
                           message("assistant", "Yes.")};
    const auto rendered = render(reference()["templates"]["turn_marks"].get<std::string>(), messages);
    QVERIFY(rendered.ok());
    QCOMPARE(rendered->assistant.size(), std::size_t{2});
    QCOMPARE(cut(rendered->text, rendered->assistant[0]), answer + "<|im_end|>");
    QCOMPARE(cut(rendered->text, rendered->assistant[1]), std::string("Yes.<|im_end|>"));
    QCOMPARE(rendered->assistant[1].end, static_cast<std::int64_t>(rendered->text.size()) - 1);
}

void TestChatTemplate::generationPromptIsNotTrained()
{
    // This template writes its prompt inside the loop, behind the last answer.
    text::RenderOptions options;
    options.addGenerationPrompt = true;
    const Json messages = {message("user", "a"), message("assistant", "b")};
    const auto inside = render("{% for m in messages %}<{{ m.role }}>{{ m.content }}<end>{% if loop.last and "
                               "add_generation_prompt %}<assistant>{% endif %}{% endfor %}", messages, options);
    QVERIFY(inside.ok());
    QCOMPARE(inside->text, std::string("<user>a<end><assistant>b<end><assistant>"));
    QCOMPARE(saidIn(*inside), std::vector<std::string>{"b<end>"});
    // No loop at all.
    const auto loose = render("Q: {{ messages[0].content }}\nA: {{ messages[1].content }} END\nQ: ", messages);
    QVERIFY(loose.ok());
    QCOMPARE(saidIn(*loose), std::vector<std::string>{"b END"});
    // Filters on the way keep the account.
    const auto changed = render("{% for m in messages %}[{{ m.content | upper | replace('B', 'bb') | indent }}]{% endfor %}",
                                messages);
    QVERIFY(changed.ok());
    QCOMPARE(saidIn(*changed), std::vector<std::string>{"bb]"});
}

void TestChatTemplate::messagesAreFound()
{
    const auto& data = reference();
    const auto& messages = data["conversations"]["system_first"];
    for (const char* name : {"turn_marks", "bracketed", "luthier_tiny", "headers_date", "plain_roles"}) {
        const auto made = text::ChatTemplate::parse(data["templates"][name].get<std::string>(), data["specials"]);
        QVERIFY(made.ok());
        const auto rendered = made->render(messages, optionsOf(Json::object()));
        QVERIFY(rendered.ok());
        QCOMPARE(rendered->messages.size(), messages.size());
        for (std::size_t i = 0; i < messages.size(); ++i) {
            const auto shown = QString::fromStdString(cut(rendered->text, rendered->messages[i])).trimmed();
            QCOMPARE(shown, QString::fromStdString(messages[i]["content"].get<std::string>()).trimmed());
        }
    }
    const auto left = render("{% for m in messages if m.role == 'user' %}{{ m.content }}{% endfor %}",
                             {message("system", "s"), message("user", "u")});
    QVERIFY(left.ok());
    QCOMPARE(left->messages[0].begin, left->messages[0].end);
    QCOMPARE(cut(left->text, left->messages[1]), std::string("u"));
}

void TestChatTemplate::bundledTemplateMarksAnswers()
{
    const auto made = text::ChatTemplate::load(base::bundledModel());
    QVERIFY2(made.ok(), made ? "" : made.message().c_str());
    const auto rendered = made->render({message("user", "Who?"), message("assistant", "Maren.")});
    QVERIFY(rendered.ok());
    QCOMPARE(rendered->text, std::string("<s><|user|>\nWho?<|end|>\n<|assistant|>\nMaren.<|end|>\n"));
    QCOMPARE(saidIn(*rendered), std::vector<std::string>{"Maren.<|end|>"});
}

void TestChatTemplate::stopsWithASentence_data()
{
    QTest::addColumn<QString>("source");
    const auto row = [](const char* name, const char* source) { QTest::newRow(name) << QString(source); };
    row("a range too long", "{% for i in range(10**12) %}x{% endfor %}");
    row("loops within loops", "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}");
    row("a macro that calls itself", "{% macro a() %}{{ a() }}{% endmacro %}{{ a() }}");
    row("macros that call one another", "{% macro a() %}{{ b() }}{% endmacro %}{% macro b() %}{{ a() ~ a() }}{% endmacro %}{{ a() }}");
    row("a caller without an end", "{% macro a() %}{% call a() %}x{% endcall %}{% endmacro %}{{ a() }}");
    row("a loop that calls itself", "{% for x in [1] recursive %}{{ loop([x]) }}{% endfor %}");
    row("a string that doubles", "{% set n = namespace(s='xxxxxxxx') %}{% for i in range(100) %}{% set n.s = n.s + n.s %}{% endfor %}");
    row("a string that doubles by ~", "{% set n = namespace(s='xxxxxxxx') %}{% for i in range(100) %}{% set n.s = n.s ~ n.s %}{% endfor %}");
    row("a string repeated", "{{ 'x' * 10**12 }}");
    row("a list repeated", "{{ ([1] * 10**9) | length }}");
    row("a list that doubles", "{% set n = namespace(s=[1]) %}{% for i in range(100) %}{% set n.s = n.s + n.s %}{% endfor %}");
    row("a nest that doubles", "{% set n = namespace(s=[1]) %}{% for i in range(200) %}{% set n.s = [n.s, n.s] %}{% endfor %}{{ n.s }}");
    row("a nest compared", "{% set n = namespace(s=[1], t=[1]) %}{% for i in range(60) %}{% set n.s = [n.s, n.s] %}{% set n.t = [n.t, n.t] %}{% endfor %}{{ n.s == n.t }}");
    row("a nest as JSON", "{% set n = namespace(s=[1]) %}{% for i in range(60) %}{% set n.s = [n.s, n.s] %}{% endfor %}{{ n.s | tojson }}");
    row("a nest too deep", "{% set n = namespace(s=[1]) %}{% for i in range(5000) %}{% set n.s = [n.s] %}{% endfor %}{{ n.s }}");
    row("a namespace in itself", "{% set n = namespace() %}{% for i in range(5000) %}{% set n.n = n %}{% endfor %}{{ n }}");
    row("a replacement that grows", "{% set n = namespace(s='x') %}{% for i in range(99) %}{% set n.s = n.s | replace('x', 'xxxxxxxxxx') %}{% endfor %}");
    row("a join that grows", "{{ range(90000) | join('x' * 90000) }}");
    row("padding", "{{ 'x'.center(10**15) }}");
    row("padding by a filter", "{{ 'x' | center(10**15) }}");
    row("a margin", "{{ 'a\nb' | indent(10**15) }}");
    row("a format", "{{ '%999999999d' % 1 }}");
    row("a format in braces", "{{ '{:>999999999}'.format(1) }}");
    row("output without an end", "{% for i in range(99999) %}{% for j in range(99999) %}{{ 'x' * 9999 }}{% endfor %}{% endfor %}");
    row("batches", "{{ [1] | batch(10**15, 0) | list }}");
    row("sorting much", "{% for i in range(9999) %}{% set x = range(99999) | sort(reverse=true) %}{% endfor %}");
    row("searching much", "{% set s = 'a' * 1000000 %}{% for i in range(99999) %}{% for j in range(99) %}{{ 'b' in s }}{% endfor %}{% endfor %}");
    row("counting letters", "{% set s = 'a' * 1000000 %}{% for i in range(99999) %}{% for j in range(99) %}{{ s | length }}{% endfor %}{% endfor %}");
    row("upper case much", "{% set s = 'a' * 1000000 %}{% for i in range(99999) %}{{ s.upper() == s }}{% endfor %}");
    row("looking up much", "{% set d = dict(range(90000) | batch(2) | list) %}{% for i in range(99999) %}{{ d.get(i) }}{% endfor %}");
    row("a large power", "{{ 9 ** 99999999999 }}");
    row("a sum too large", "{{ 9223372036854775807 + 1 }}");
    row("division by zero", "{{ 1 // 0 }}");
    row("the smallest by minus one", "{{ (-9223372036854775807 - 1) // -1 }}");
    row("an attribute of nothing", "{{ nobody.said }}");
    row("inside Python", "{{ ''.__class__.__mro__ }}");
    row("a list that would change", "{{ messages.append(1) }}");
    row("no such filter", "{{ 1 | nonsense }}");
    row("no such test", "{{ 1 is nonsense }}");
    row("text and number", "{{ 'a' + 1 }}");
    row("a time format", "{{ strftime_now('%c' * 100000) }}");
}

void TestChatTemplate::stopsWithASentence()
{
    QFETCH(QString, source);
    QElapsedTimer timer;
    timer.start();
    const auto rendered = render(source.toStdString());
    const auto elapsed = timer.elapsed();
    QVERIFY2(!rendered.ok(), rendered ? rendered->text.substr(0, 200).c_str() : "");
    QVERIFY2(rendered.message().starts_with("the chat template failed in line "), rendered.message().c_str());
    QVERIFY2(rendered.message().size() < 400, rendered.message().substr(0, 400).c_str());
    QVERIFY2(elapsed < 2000 * support::kPatience, qPrintable(QString("%1 ms: %2").arg(elapsed).arg(rendered.message().c_str())));
}

void TestChatTemplate::refusesBrokenTemplates_data()
{
    QTest::addColumn<QString>("source");
    QTest::addColumn<int>("line");
    const auto row = [](const char* name, const QString& source, int line) { QTest::newRow(name) << source << line; };
    row("an open tag", "a\n{% if x", 2);
    row("an open if", "\n\n{% if x %}a", 3);
    row("an open string", "{{ 'abc }}", 1);
    row("an open comment", "{# abc", 1);
    row("an unknown tag", "a\n{% include 'x' %}", 2);
    row("a wrong end", "{% if x %}{% endfor %}", 1);
    row("an end alone", "{% endif %}", 1);
    row("else twice", "{% if x %}{% else %}{% else %}{% endif %}", 1);
    row("a wrong bracket", "{{ (1] }}", 1);
    row("nothing", "{{ }}", 1);
    row("break outside", "{% break %}", 1);
    row("two values", "{{ 1 2 }}", 1);
    row("a lone letter", "{{ 1 ? 2 }}", 1);
    row("a large number", "{{ 99999999999999999999 }}", 1);
    row("brackets without an end", "{{ " + QString("(").repeated(100000) + " }}", 1);
    row("signs without an end", "{{ " + QString("-").repeated(100000) + "1 }}", 1);
    row("not without an end", "{{ " + QString("not ").repeated(100000) + "1 }}", 1);
    row("a sum without an end", "{{ 1" + QString(" + 1").repeated(100000) + " }}", 1);
    row("names without an end", "{{ a" + QString(".b").repeated(100000) + " }}", 1);
    row("items without an end", "{{ a" + QString("[0]").repeated(100000) + " }}", 1);
    row("filters without an end", "{{ a" + QString("|e").repeated(100000) + " }}", 1);
    row("tests without an end", "{{ a" + QString(" is not none").repeated(100000) + " }}", 1);
    row("tags without an end", QString("{% if 1 %}").repeated(100000), 1);
    row("targets without an end", "{% set " + QString("(").repeated(100000) + "a = 1 %}", 1);
    row("inline ifs without an end", "{{ 1" + QString(" if 1 else 1").repeated(100000) + " }}", 1);
}

void TestChatTemplate::refusesBrokenTemplates()
{
    QFETCH(QString, source);
    QFETCH(int, line);
    const auto made = text::ChatTemplate::parse(source.toStdString(), Json::object());
    QVERIFY(!made.ok());
    const auto start = "the chat template cannot be read, line " + std::to_string(line) + ": ";
    QVERIFY2(made.message().starts_with(start), made.message().c_str());
    QVERIFY(made.message().size() < 400);
}

void TestChatTemplate::rendersLongConversations()
{
    Json messages = Json::array();
    for (int i = 0; i < 2000; ++i) {
        messages.push_back(message(i % 2 == 0 ? "user" : "assistant", std::string(2000, 'x').c_str()));
    }
    QElapsedTimer timer;
    timer.start();
    for (const char* name : {"turn_marks", "tools_thinking", "strict_turns", "headers_date"}) {
        const auto rendered = render(reference()["templates"][name].get<std::string>(), messages);
        QVERIFY2(rendered.ok(), rendered ? "" : rendered.message().c_str());
        QCOMPARE(rendered->assistant.size(), std::size_t{1000});
    }
    QVERIFY2(timer.elapsed() < 4000 * support::kPatience, qPrintable(QString::number(timer.elapsed())));
}

void TestChatTemplate::dropsEmptyKeysAndSharesReasoning()
{
    const Json answer = {{"role", "assistant"}, {"content", nullptr}, {"thinking", "hm"}, {"tool_calls", nullptr}};
    const auto rendered = render("{% for m in messages %}{{ m.keys() | sort | join(',') }}|{{ m.reasoning_content }}{% endfor %}",
                                 Json::array({answer}));
    QVERIFY(rendered.ok());
    QCOMPARE(rendered->text, std::string("reasoning_content,role,thinking|hm"));
    const auto other = render("{{ messages[0].thinking }}", Json::array({{{"role", "assistant"}, {"reasoning", "so"}}}));
    QVERIFY(other.ok());
    QCOMPARE(other->text, std::string("so"));
    for (const Json& wrong : {Json("text"), Json::object(), Json(Json::array({1}))}) {
        QVERIFY(!render("x", wrong).ok());
    }
}

void TestChatTemplate::toolsChooseTheirTemplate()
{
    QTemporaryDir place;
    const fs::path folder = place.path().toStdString();
    put(folder / "tokenizer_config.json",
        R"({"eos_token": {"content": "</s>"}, "chat_template": [{"name": "default", "template": "plain{{ eos_token }}"},
            {"name": "tool_use", "template": "{{ tools | length }} tools"}]})");
    const auto made = text::ChatTemplate::load(folder);
    QVERIFY2(made.ok(), made ? "" : made.message().c_str());
    text::RenderOptions options;
    QCOMPARE(made->render(Json::array(), options)->text, std::string("plain</s>"));
    options.tools = Json::array({Json::object()});
    QCOMPARE(made->render(Json::array(), options)->text, std::string("1 tools"));
    QCOMPARE(made->source(), std::string("plain{{ eos_token }}"));
}

void TestChatTemplate::loadsFromEveryPlace()
{
    QTemporaryDir place;
    const fs::path folder = place.path().toStdString();
    auto made = text::ChatTemplate::load(folder);
    QVERIFY(!made.ok());
    QVERIFY2(made.message().find("has no chat template") != std::string::npos, made.message().c_str());
    put(folder / "tokenizer_config.json", R"({"chat_template": "of the config"})");
    QCOMPARE(text::ChatTemplate::load(folder)->source(), std::string("of the config"));
    put(folder / "chat_template.jinja", "of the file {{ tools is none }}");
    put(folder / "additional_chat_templates" / "tool_use.jinja", "with tools");
    made = text::ChatTemplate::load(folder);
    QVERIFY(made.ok());
    QCOMPARE(made->render(Json::array())->text, std::string("of the file True"));
    text::RenderOptions options;
    options.tools = Json::array();
    QCOMPARE(made->render(Json::array(), options)->text, std::string("with tools"));
    put(folder / "chat_template.jinja", "line\n{% nonsense %}");
    made = text::ChatTemplate::load(folder);
    QVERIFY(!made.ok());
    QVERIFY2(made.message().find("line 2: there is no tag {% nonsense %}") != std::string::npos, made.message().c_str());
    for (const char* wrong : {R"({"chat_template": 1})", R"({"chat_template": [1]})", R"({"chat_template": [{"name": "x"}]})",
                              R"({"chat_template": [{"name": "a", "template": ""}, {"name": "b", "template": ""}]})"}) {
        QVERIFY(base::removeTree(folder / "additional_chat_templates"));
        fs::remove(folder / "chat_template.jinja");
        put(folder / "tokenizer_config.json", wrong);
        QVERIFY2(!text::ChatTemplate::load(folder).ok(), wrong);
    }
}

void TestChatTemplate::clockComesFromOutside()
{
    text::RenderOptions options;
    options.localTime = "2024-02-29T23:59:58";
    QCOMPARE(render("{{ strftime_now('%A %d %B %Y %H:%M:%S %j %y %% %f') }}", Json::array(), options)->text,
             std::string("Thursday 29 February 2024 23:59:58 060 24 % 000000"));
    qputenv("LUTHIER_NOW", "2001-01-01T00:00:00");
    QCOMPARE(render("{{ strftime_now('%Y') }}")->text, std::string("2001"));
    qunsetenv("LUTHIER_NOW");
    QVERIFY(render("{{ strftime_now('%Y') }}")->text > "2023");
    options.localTime = "yesterday";
    QVERIFY(!render("{{ strftime_now('%Y') }}", Json::array(), options).ok());
    QVERIFY(render("{{ strftime_now('') }}")->text.empty());
}

QTEST_APPLESS_MAIN(TestChatTemplate)
#include "tst_chat_template.moc"
