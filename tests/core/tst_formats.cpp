// SPDX-License-Identifier: GPL-3.0-or-later
// The table of formats: what each makes of its rows, what it says of bad ones, that detection finds it, and that every
// field a person may edit reaches the example.
#include "core/data/example_view.h"
#include "core/data/field_path.h"
#include "core/data/flat_row.h"
#include "core/data/formats/format.h"
#include "core/data/formats/row_writer.h"
#include "core/data/sources/csv_source.h"

#include <QtTest>

#include <set>

using namespace luthier;

namespace {

struct Good {
    const char* format;
    const char* row;
    const char* example; // "role:content|role:content", answers after ">>" and "<<"; a text as it is
};

const std::vector<Good>& goodRows()
{
    static const std::vector<Good> table{
        {"instruction", R"({"instruction":"Ask","input":"","output":"Say"})", "user:Ask|assistant:Say"},
        {"instruction", R"({"instruction":"Ask","output":"Say"})", "user:Ask|assistant:Say"},
        {"instruction", R"({"instruction":"Ask","input":null,"output":"Say"})", "user:Ask|assistant:Say"},
        {"instruction", R"({"instruction":"Ask","input":"this","output":"Say"})", "user:Ask\nthis|assistant:Say"},
        {"instruction", R"({"instruction":"Ask","context":"this","response":"Say"})", "user:Ask\nthis|assistant:Say"},
        {"instruction", R"({"system":"Be kind","history":[["q","a"],["r","b"]],"instruction":"Ask","input":"","output":"Say"})",
         "system:Be kind|user:q|assistant:a|user:r|assistant:b|user:Ask|assistant:Say"},
        {"instruction", R"({"instruction":"Ask","output":"Say","history":"[[\u0022q\u0022,\u0022a\u0022]]"})", "user:q|assistant:a|user:Ask|assistant:Say"},
        {"chat", R"({"messages":[{"role":"user","content":"Ask"},{"role":"assistant","content":"Say"}]})", "user:Ask|assistant:Say"},
        {"chat", R"({"messages":[{"role":"developer","content":"Be kind"},{"role":"user","content":"Ask"},{"role":"assistant","content":"Say"},{"role":"user","content":"More"}]})",
         "developer:Be kind|user:Ask|assistant:Say|user:More"},
        {"chat", R"({"conversations":[{"from":"human","value":"Ask"},{"from":"gpt","value":"Say"}]})", "user:Ask|assistant:Say"},
        {"chat", R"({"system":"Be kind","conversations":[{"from":"human","value":"Ask"},{"from":"gpt","value":"Say"}]})",
         "system:Be kind|user:Ask|assistant:Say"},
        {"chat", R"([{"role":"user","content":"Ask"},{"role":"assistant","content":"Say"}])", "user:Ask|assistant:Say"},
        {"chat", R"([{"from":"human","value":"Ask"},{"from":"gpt","value":"Say"}])", "user:Ask|assistant:Say"},
        {"chat", R"({"messages":"[{\u0022role\u0022:\u0022user\u0022,\u0022content\u0022:\u0022Ask\u0022},{\u0022role\u0022:\u0022assistant\u0022,\u0022content\u0022:\u0022Say\u0022}]"})", "user:Ask|assistant:Say"},
        {"chat", R"({"messages":[{"role":"user","content":[{"type":"text","text":"As"},{"type":"text","text":"k"}]},{"role":"assistant","content":"Say"}]})",
         "user:Ask|assistant:Say"},
        {"chat", R"({"messages":[{"role":"user","content":"Ask"},{"role":"assistant","content":null,"tool_calls":[{"type":"function","function":{"name":"f","arguments":"{\u0022x\u0022:1}"}}]},{"role":"tool","name":"f","content":"2"},{"role":"assistant","content":"Say"}]})",
         "user:Ask|assistant:+{\"tool_calls\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":{\"x\":1}}}]}|tool:2+{\"name\":\"f\"}|assistant:Say"},
        {"chat", R"({"conversations":[{"from":"human","value":"Ask"},{"from":"function_call","value":"{\u0022name\u0022:\u0022f\u0022,\u0022arguments\u0022:{\u0022x\u0022:1}}"},{"from":"observation","value":"2"},{"from":"gpt","value":"Say"}]})",
         "user:Ask|assistant:+{\"tool_calls\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":{\"x\":1}}}]}|tool:2|assistant:Say"},
        // As people write them: other cases, other names, other kinds of values.
        {"instruction", R"({"Instruction":"Ask"," Input":"this","OUTPUT":"Say"})", "user:Ask\nthis|assistant:Say"},
        {"instruction", R"({"instruction":"Ask","inputs":"this","output":"Say"})", "user:Ask\nthis|assistant:Say"},
        {"instruction", R"({"instruction":"Add","output":4})", "user:Add|assistant:4"},
        {"instruction", R"({"instruction":"Is it?","output":true})", "user:Is it?|assistant:true"},
        {"instruction", R"({"instruction":"Read","output":{"name":"Mira","age":34}})", "user:Read|assistant:{\"name\":\"Mira\",\"age\":34}"},
        {"chat", R"({"messages":[{"role":"assistant","content":"Welcome"},{"role":"user","content":"Ask"},{"role":"assistant","content":"Say"}]})",
         "assistant:Welcome|user:Ask|assistant:Say"},
        {"chat", R"({"messages":[{"role":"user","content":""},{"role":"assistant","content":null}]})", "user:|assistant:"},
        {"chat", R"({"messages":[{"role":"user","content":"Add"},{"role":"assistant","content":7}]})", "user:Add|assistant:7"},
        {"chat", R"({"conversations":[{"from":"Human","value":"Ask"},{"from":"AI","value":"Say"}]})", "user:Ask|assistant:Say"},
        {"chat", R"({"conversations":[{"from":"customer","value":"Ask"},{"from":"Agent","value":"Say"}]})", "user:Ask|assistant:Say"},
        {"chat", R"({"conversations":[{"from":"user","value":"Ask"},{"from":"bard","value":"Say"}]})", "user:Ask|assistant:Say"},
        {"chat", R"({"messages":[{"role":"user","content":"Ask"},{"role":"assistant","content":"Wrong","weight":0},{"role":"user","content":"No"},{"role":"assistant","content":"Say","weight":1}]})",
         "user:Ask|assistant(context):Wrong|user:No|assistant:Say"},
        {"chat", R"({"messages":[{"role":"user","content":"Ask"},{"role":"assistant","content":"Wrong","train":false},{"role":"user","content":"No"},{"role":"assistant","content":"Say"}]})",
         "user:Ask|assistant(context):Wrong|user:No|assistant:Say"},
        {"chat", R"({"messages":[{"role":"user","content":"Ask"},{"role":"assistant","content":"Wrong","loss_mask":0},{"role":"user","content":"No"},{"role":"assistant","content":"Say","training":true}]})",
         "user:Ask|assistant(context):Wrong|user:No|assistant:Say"},
        {"chat", R"({"messages":[{"role":"user","content":"Ask"},{"role":"assistant","function_call":{"name":"f","arguments":"{\u0022x\u0022:1}"}},{"role":"function","name":"f","content":"2"},{"role":"assistant","content":"Say"}]})",
         "user:Ask|assistant:+{\"tool_calls\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":{\"x\":1}}}]}|tool:2+{\"name\":\"f\"}|assistant:Say"},
        {"chat", R"({"conversations":[{"from":"human","value":"Ask"},{"from":"tool_call","value":"{\u0022name\u0022:\u0022f\u0022,\u0022arguments\u0022:{\u0022x\u0022:1}}"},{"from":"tool_response","value":"2"},{"from":"gpt","value":"Say"}]})",
         "user:Ask|assistant:+{\"tool_calls\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":{\"x\":1}}}]}|tool:2|assistant:Say"},
        {"chat", R"({"conversation":[{"system":"Be kind","input":"Ask","output":"Say"},{"input":"More","output":"So"}]})",
         "system:Be kind|user:Ask|assistant:Say|user:More|assistant:So"},
        {"completion", R"({"prompt":"Ask","completion":"Say"})", "user:Ask|assistant:Say"},
        {"completion", R"({"system":"Be kind","prompt":"Ask","completion":"Say"})", "system:Be kind|user:Ask|assistant:Say"},
        {"completion", R"({"prompt":"Ask","input":"this","completion":"Say"})", "user:Ask\nthis|assistant:Say"},
        {"completion", R"({"context":"There is a mill","question":"Ask","answer":"Say"})", "user:Ask\nThere is a mill|assistant:Say"},
        {"completion", R"({"inputs":"Ask","targets":"Say","text":""})", "user:Ask|assistant:Say"},
        {"completion", R"({"text":"News","label":2,"input":"Which?","output":"Market"})", "user:Which?|assistant:Market"},
        {"completion", R"({"text":"A long story","summary":"Short"})", "user:A long story|assistant:Short"},
        {"completion", R"({"text":"Ask","response":"Say"})", "user:Ask|assistant:Say"},
        {"completion", R"({"prompt":"Count","completion":"[1, 2, 3]"})", "user:Count|assistant:[1, 2, 3]"},
        {"completion", R"({"question":"Ask","answer":"Say"})", "user:Ask|assistant:Say"},
        {"completion", R"({"prompt":[{"role":"system","content":"Be kind"},{"role":"user","content":"Ask"}],"completion":[{"role":"assistant","content":"Say"}]})",
         "system:Be kind|user:Ask|assistant:Say"},
        {"unpaired", R"({"prompt":"Ask","completion":"No","label":false})", "user:Ask|assistant:No"},
        {"unpaired", R"({"question":"Ask","answer":"Yes","label":"True"})", "user:Ask|assistant:Yes"},
        {"unpaired", R"({"prompt":[{"role":"user","content":"Ask"}],"completion":[{"role":"assistant","content":"Yes"}],"label":true})",
         "user:Ask|assistant:Yes"},
        {"unpaired", R"({"prompt":"Ask","completion":"No","label":"FALSE"})", "user:Ask|assistant:No"},
        {"unpaired", R"({"prompt":"Ask","completion":"No","label":0})", "user:Ask|assistant:No"},
        {"unpaired", R"({"prompt":[{"role":"user","content":"Ask"}],"completion":{"role":"assistant","content":"Yes"},"label":"yes"})", "user:Ask|assistant:Yes"},
        {"unpaired", R"({"messages":[{"role":"user","content":"Ask"},{"role":"assistant","content":"No"}],"label":false})", "user:Ask|assistant:No"},
        {"unpaired", R"({"messages":[{"role":"user","content":"Ask"},{"role":"assistant","content":"No"}],"kto_tag":false})", "user:Ask|assistant:No"},
        {"unpaired", R"({"system":"Be kind","instruction":"Ask","input":"this","output":"No","label":"no"})", "system:Be kind|user:Ask\nthis|assistant:No"},
        {"comparison", R"({"prompt":"Ask","response_a":"No","response_b":"Yes","winner":"b"})", "user:Ask>>assistant:Yes<<assistant:No"},
        {"preference", R"({"instruction":"Ask","input":"this","chosen":"Yes","rejected":"No"})", "user:Ask\nthis>>assistant:Yes<<assistant:No"},
        {"preference", R"({"system":"Be kind","prompt":"Ask","chosen":"Yes","rejected":"No"})", "system:Be kind|user:Ask>>assistant:Yes<<assistant:No"},
        {"preference", R"({"instruction":"Ask","input":"","output":["Yes","No"],"history":[["q","a"]]})", "user:q|assistant:a|user:Ask>>assistant:Yes<<assistant:No"},
        {"preference", R"({"input":{"messages":[{"role":"user","content":"Ask"}]},"preferred_output":[{"role":"assistant","content":"Yes"}],"non_preferred_output":[{"role":"assistant","content":"No"}]})",
         "user:Ask>>assistant:Yes<<assistant:No"},
        {"preference", R"({"prompt":"Ask","chosen":"Yes","rejected":"No"})", "user:Ask>>assistant:Yes<<assistant:No"},
        {"preference", R"({"prompt":[{"role":"user","content":"Ask"}],"chosen":[{"role":"assistant","content":"Yes"}],"rejected":[{"role":"assistant","content":"No"}]})",
         "user:Ask>>assistant:Yes<<assistant:No"},
        {"preference", R"({"chosen":[{"role":"user","content":"Ask"},{"role":"assistant","content":"Yes"}],"rejected":[{"role":"user","content":"Ask"},{"role":"assistant","content":"No"}]})",
         "user:Ask>>assistant:Yes<<assistant:No"},
        {"preference", R"({"prompt":"Ask","chosen":[{"role":"user","content":"Ask"},{"role":"assistant","content":"Yes"}],"rejected":[{"role":"user","content":"Ask"},{"role":"assistant","content":"No"}]})",
         "user:Ask>>assistant:Yes<<assistant:No"},
        {"preference", R"({"chosen":"Who? The baker","rejected":"Who? The miller"})", "user:Who?>>assistant: The baker<<assistant: The miller"},
        {"preference", R"({"chosen":"Wie? ä","rejected":"Wie? ö"})", "user:Wie?>>assistant: ä<<assistant: ö"},
        {"preference", R"({"prompt":"Count","chosen":"[1, 2]","rejected":"{}"})", "user:Count>>assistant:[1, 2]<<assistant:{}"},
        {"text", R"({"text":"Once upon a time"})", "Once upon a time"},
        {"classification", R"({"text":"Good bread","label":"praise"})", "user:Good bread\n\nWhat is the label of this text?|assistant:praise"},
        {"classification", R"({"text":"Good bread","label":1})", "user:Good bread\n\nWhat is the label of this text?|assistant:1"},
        {"classification", R"({"sentence":"Good bread","label":1,"label_text":"praise"})", "user:Good bread\n\nWhat is the label of this text?|assistant:praise"},
        {"classification", R"({"text":"Good bread","sentiment":"praise"})", "user:Good bread\n\nWhat is the label of this text?|assistant:praise"},
        {"classification", R"({"text":"Good bread","target":0})", "user:Good bread\n\nWhat is the label of this text?|assistant:0"},
        {"classification", R"({"text":"Good bread","labels":["praise","food"]})", "user:Good bread\n\nWhat is the label of this text?|assistant:[\"praise\",\"food\"]"},
        {"prompt", R"({"prompt":"Ask"})", "user:Ask"},
    };
    return table;
}

struct Bad {
    const char* format;
    const char* row;
    const char* part;
};

const std::vector<Bad>& badRows()
{
    static const std::vector<Bad> table{
        {"instruction", R"([])", "it is a list, not an object"},
        {"instruction", R"({})", "empty object"},
        {"instruction", R"({"instruction":"a"})", "\"output\" is missing; the row has \"instruction\""},
        {"instruction", R"({"instruction":{"a":1},"output":"b"})", "\"instruction\" is an object"},
        {"instruction", R"({"output":"b"})", "\"instruction\" is missing"},
        {"instruction", R"({"instruction":"a","output":"b","history":[["x"]]})", "pairs of texts"},
        {"chat", R"({"messages":[]})", "\"messages\" is an empty list"},
        {"chat", R"({"messages":{"role":"user","content":"a"}})", "\"messages\" is an object"},
        {"chat", R"({"messages":["a","b"]})", "a list of texts that do not say who speaks"},
        {"chat", R"({"messages":["a",{"role":"user","content":"b"}]})", "message 1 of \"messages\": it is a text"},
        {"chat", R"({"messages":[{"role":"wizard","content":"a"}]})", "its role is \"wizard\""},
        {"chat", R"({"messages":[{"content":"a"}]})", "it has no \"role\""},
        {"chat", R"({"messages":[{"role":"user","content":"a"},{"role":"assistant"}]})", "message 2 of \"messages\": it has no \"content\""},
        {"chat", R"({"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b","train":"perhaps"}]})", "\"train\" is perhaps"},
        {"chat", R"({"messages":[{"role":"user","content":[{"type":"image"}]}]})", "of type \"image\""},
        {"chat", R"({"messages":[{"role":"tool","content":"a"},{"role":"assistant","content":"b"}]})", "begins with a tool's answer"},
        {"chat", R"({"messages":[{"role":"system","content":"a"},{"role":"user","content":"b"}]})", "nothing to learn"},
        {"chat", R"({"messages":[{"role":"system","content":"a"}]})", "has no turns"},
        {"chat", R"({"messages":[{"role":"user","content":"a"},{"role":"assistant","tool_calls":[7]}]})", "each call must be an object"},
        {"chat", R"({"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}],"tools":"x"})", "\"tools\" is a text"},
        {"chat", R"({"other":1})", "\"messages\" is missing"},
        {"chat", R"("hello")", "it is a text, not an object"},
        {"completion", R"({"prompt":"a"})", "\"completion\" is missing"},
        {"comparison", R"({"prompt":"a","response_a":"b","response_b":"c","winner":"tie"})", "neither answer can be preferred"},
        {"comparison", R"({"prompt":"a","response_a":"b","winner":"a"})", "no two answers that are compared"},
        {"preference", R"({"prompt":"a","chosen":"b"})", "\"rejected\" is missing"},
        {"preference", R"({"prompt":"a","chosen":"b","rejected":"b"})", "are the same"},
        {"preference", R"({"chosen":"b","rejected":"c"})", "\"prompt\" is missing"},
        {"preference", R"({"chosen":"A mill.","rejected":"A bell."})", "\"prompt\" is missing"},
        {"preference", R"({"chosen":"a b","rejected":"a b"})", "\"chosen\" is empty after"},
        {"preference", R"({"prompt":"a","chosen":[{"role":"user","content":"b"}],"rejected":"c"})", "\"chosen\" holds no message of the assistant"},
        {"unpaired", R"({"prompt":"a","completion":"b"})", "\"label\" is missing; say true"},
        {"unpaired", R"({"prompt":"a","completion":"b","label":2})", "\"label\" must be true"},
        {"unpaired", R"({"prompt":"a","label":true})", "\"completion\" is missing"},
        {"text", R"({"text":""})", "\"text\" is empty"},
        {"text", R"({"text":" \n"})", "\"text\" holds only white space"},
        {"text", R"({"text":null})", "\"text\" is null"},
        {"text", R"({"content":"a"})", "\"text\" is missing"},
        {"classification", R"({"text":"a"})", "\"label\" is missing"},
        {"classification", R"({"text":"","label":"a"})", "\"text\" is empty"},
        {"classification", R"({"text":"a","label":[]})", "\"label\" is an empty list"},
        {"classification", R"({"text":"a","label":{"x":1}})", "\"label\" is an object"},
        {"prompt", R"({"prompt":[]})", "\"prompt\" is a list; it must be a text"},
    };
    return table;
}

std::string spelled(const std::vector<data::Message>& messages)
{
    std::string text;
    for (const auto& message : messages) {
        text.append(text.empty() ? "" : "|").append(message.role).append(message.trained ? ":" : "(context):").append(message.content);
        if (!message.extra.is_null()) {
            text.append("+").append(base::dumpJson(message.extra));
        }
    }
    return text;
}

std::string spelled(const data::Example& example)
{
    std::string text = example.kind == data::ExampleKind::Text ? example.text : spelled(example.messages);
    if (example.kind == data::ExampleKind::Preference) {
        text.append(">>").append(spelled(example.chosen)).append("<<").append(spelled(example.rejected));
    }
    return text;
}

void fill(data::FlatRow& row, std::string_view bytes)
{
    std::copy(bytes.begin(), bytes.end(), row.room(bytes.size()));
}

std::string spelled(const data::ExampleView& view)
{
    std::string text(view.text);
    for (const auto& turn : view.messages) {
        text.append(text.empty() ? "" : "|").append(turn.role).append(":").append(turn.content);
    }
    return text;
}

// A row as the fields of a flat one, "name=text" with a bar between them; "none" where it is not read so.
std::string fieldsOf(const data::FlatRow& row, bool isRead)
{
    std::string text;
    for (std::size_t at = 1; isRead && at < row.values().size(); ++at) {
        text.append(at > 1 ? "|" : "").append(row.values()[at].name).append("=").append(row.values()[at].text);
    }
    return isRead ? text : "none";
}

constexpr const char* kAsks = R"({"role":"user","content":"Ask \u00e9\n\u0022so\u0022"})";
constexpr const char* kSays = R"({"role":"assistant","content":"Say"})";

std::string chat(const std::string& first, const std::string& second)
{
    return R"({"messages":[)" + first + "," + second + "]}";
}

// Usual rows, and those whose names, kinds or texts ask for a second look.
std::vector<std::string> rowsOfManyWays()
{
    std::vector<std::string> rows;
    for (const Good& one : goodRows()) {
        rows.emplace_back(one.row);
    }
    for (const Bad& one : badRows()) {
        rows.emplace_back(one.row);
    }
    for (const char* other : {R"({"role":"Human","content":"Ask"})", R"({"Role":"user","content":"Ask"})", R"({"content":"Ask","role":"user"})", R"({"role":"tool","content":"4"})",
                              R"({"role":"user","content":null})", R"({"role":"user","content":7})", R"({"role":"user","content":["a","b"]})", R"({"role":"user","content":"Ask","weight":0})",
                              R"({"role":"system","content":"Be kind"})", R"({"role":"user","value":"Ask"})", R"({"from":"function_call","value":"{\u0022name\u0022:\u0022f\u0022}"})",
                              R"({"role":"user","role":"user"})", R"(["user","Ask"])", R"({"input":"Ask","output":"Say"})", R"({"role":"baker","content":"Ask"})", R"({"role":"user","text":"Ask"})"}) {
        rows.push_back(chat(other, kSays));
        rows.push_back(chat(kAsks, other));
    }
    for (const char* more : {R"("system":"Be kind")", R"("System ":"Be kind")", R"("system":null)", R"("tools":[])", R"("tools":"")", R"("Functions":[{"name":"f"}])", R"("id":7,"score":-0.25)",
                             R"("history":[])", R"("History":[["q","a"]])", R"("Input":"this")", R"("inputs":"this")", R"("context":3)", R"("input":" ")", R"("output":"Say")", R"("Output":"Say")",
                             R"("messages":7)", R"("\ufeffsystem":"Be kind")", R"("input":"this","context":"that")", R"("chat_template_kwargs":{})", R"("n":1e3)", R"("n":01)", R"("n":12345678901234567890)"}) {
        for (const char* row : {R"("messages":[{"role":"user","content":"Ask"},{"role":"assistant","content":"Say"}])", R"("instruction":"Ask","response":"Say")", R"("instruction":"","response":"")",
                                R"("prompt":"Ask","completion":"Say")", R"("question":"Human: a\n\nAssistant:","answer":"b")", R"("prompt":" [1,2]","completion":"{}")", R"("text":"Ask")", R"("text":" ")",
                                R"("instruction":null,"output":"Say")", R"("instruction":"Ask","output":null)"}) {
            rows.push_back(std::string("{") + row + "," + more + "}");
            rows.push_back(std::string("{") + more + "," + row + "}");
        }
    }
    return rows;
}

// One usual row of each format that gives views.
const std::vector<std::pair<const char*, std::string>>& usualRows()
{
    static const std::vector<std::pair<const char*, std::string>> table{
        {"chat", chat(kAsks, kSays)},
        {"instruction", R"({"instruction":"Ask","input":"this","output":"Say","id":7})"},
        {"completion", R"({"prompt":"Ask","completion":"Say"})"},
        {"text", R"({"text":"Ask","source":null})"},
    };
    return table;
}

Json parsed(const char* text)
{
    return base::parseJson(text).value();
}

} // namespace

class TestFormats : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void everyFormatIsTried()
    {
        std::set<std::string> ids;
        for (const auto& format : data::formats()) {
            QVERIFY(ids.insert(format.id).second);
            QVERIFY(!format.label.empty() && !format.help.empty());
            QCOMPARE(data::findFormat(format.id), &format);
            const auto isIts = [&](const auto& row) { return format.id == row.format; };
            QVERIFY2(std::any_of(goodRows().begin(), goodRows().end(), isIts), format.id.c_str());
            QVERIFY2(std::any_of(badRows().begin(), badRows().end(), isIts), format.id.c_str());
        }
        QVERIFY(data::findFormat("auto") == nullptr);
    }

    void good_data() { numbers(goodRows()); }

    void good()
    {
        QFETCH(int, index);
        const Good& one = goodRows()[static_cast<std::size_t>(index)];
        const Json row = parsed(one.row);
        const auto* format = data::findFormat(one.format);
        const auto example = format->toExample(row);
        QVERIFY2(example.ok(), example.ok() ? "" : example.message().c_str());
        QCOMPARE(spelled(*example), std::string(one.example));
        const auto found = data::detectFormat(std::span(&row, 1));
        QVERIFY(found.ok());
        QCOMPARE((*found)->id, format->id);
        const double score = format->matches(std::span(&row, 1));
        QVERIFY(score > 0 && score <= 1);
    }

    // What is put into a field comes out of it, reaches the example, and is undone by putting the old text back.
    void fieldsReachTheExample_data() { numbers(goodRows()); }

    void fieldsReachTheExample()
    {
        QFETCH(int, index);
        const Good& one = goodRows()[static_cast<std::size_t>(index)];
        const Json row = parsed(one.row);
        const auto* format = data::findFormat(one.format);
        const auto paths = format->editablePaths(row);
        QVERIFY(!paths.empty());
        for (const auto& path : paths) {
            const auto before = data::textAt(row, path);
            QVERIFY2(before.ok(), path.c_str());
            Json edited = row;
            QVERIFY(data::setTextAt(edited, path, *before).ok());
            QVERIFY2(edited == row, path.c_str());
            const bool isList = before->starts_with("[{");
            const std::string text = isList ? std::string("[{\"role\":\"user\",\"content\":\"zebra\"},{\"role\":\"assistant\",\"content\":\"z\"}]") : "zebra";
            QVERIFY(data::setTextAt(edited, path, text).ok());
            QCOMPARE(*data::textAt(edited, path), text);
            const auto example = format->toExample(edited);
            const bool reaches = example.ok() && spelled(*example).find("zebra") != std::string::npos;
            // A tool call is no longer one, and texts that begin differently have no common beginning: sentences.
            QVERIFY2(reaches || (!example.ok() && !example.message().empty()) || path.find("label") == 0, path.c_str());
            QVERIFY(data::setTextAt(edited, path, *before).ok());
            // A field that was not there, or null, may be left behind empty.
            const auto again = format->toExample(edited);
            QVERIFY2(again.ok() && spelled(*again) == one.example, path.c_str());
        }
    }

    void bad_data() { numbers(badRows()); }

    void bad()
    {
        QFETCH(int, index);
        const Bad& one = badRows()[static_cast<std::size_t>(index)];
        const auto example = data::findFormat(one.format)->toExample(parsed(one.row));
        QVERIFY(!example.ok());
        QVERIFY2(example.message().find(one.part) != std::string::npos, example.message().c_str());
    }

    // Every format meets every row of every other: an example or a sentence, never a crash; paths lead somewhere.
    void everyFormatMeetsEveryRow()
    {
        std::vector<Json> rows{nullptr, 1, "text", true, Json::array(), Json::object(), Json::array({Json::array()})};
        for (const Good& one : goodRows()) {
            rows.push_back(parsed(one.row));
        }
        for (const Bad& one : badRows()) {
            rows.push_back(parsed(one.row));
        }
        for (const auto& format : data::formats()) {
            for (const Json& row : rows) {
                const auto example = format.toExample(row);
                QVERIFY(example.ok() || !example.message().empty());
                for (const auto& path : format.editablePaths(row)) {
                    QVERIFY2(data::textAt(row, path).ok(), (path + " " + base::dumpJson(row)).c_str());
                }
            }
        }
    }

    // A view is what the example is, or none; and of usual rows there is one.
    void viewsSayWhatExamplesSay()
    {
        const std::vector<std::string> rows = rowsOfManyWays();
        data::FlatRow flat;
        data::ExampleView view;
        int views = 0;
        for (const std::string& text : rows) {
            fill(flat, text);
            const auto row = base::parseJson(text);
            const bool isFlat = flat.readJson();
            QVERIFY2(!isFlat || row.ok(), text.c_str());
            for (const auto& format : data::formats()) {
                view.clear();
                if (!isFlat || !format.toView || !format.toView(flat, view)) {
                    continue;
                }
                const auto example = format.toExample(*row);
                QVERIFY2(example.ok(), (format.id + ": " + text).c_str());
                QCOMPARE(spelled(view), spelled(*example));
                QCOMPARE(static_cast<int>(view.kind), static_cast<int>(example->kind));
                ++views;
            }
        }
        QVERIFY2(views > 150, std::to_string(views).c_str());
        for (const auto& [id, text] : usualRows()) {
            fill(flat, text);
            view.clear();
            QVERIFY2(flat.readJson() && data::findFormat(id)->toView(flat, view), text.c_str());
        }
    }

    // A record is read flat as it is read otherwise, or not at all; and usual ones are.
    void recordsAreReadFlat()
    {
        const std::vector<std::string> names = {"a", "b"};
        const std::vector<std::string> usual = {"x,y", ",", "\"x, \"\"y\"\"\",z", "\"\",\"\"", "x y,\"a\nb\"", "\"\"\"\"\"\",\"a\"\"b\"\"c\"", "\u00e9\u20ac,\U0001F44D z"};
        std::vector<std::string> all = usual;
        all.insert(all.end(), {"x", "", "x,y,z", " \"x\",y", "\"x\" ,y", "\"x\"y,z", "\"x,y", "x\"y,z\"", "x,\xff", "x,\xc0\x80", std::string("x,\0y", 4), "\xef\xbb\xbfx,y", "x, y", "x,\"y\"\""});
        data::FlatRow flat;
        for (const std::string& record : all) {
            fill(flat, record);
            const std::string read = fieldsOf(flat, flat.readRecord(',', names));
            const auto fields = data::parseCsvRecord(record, ',');
            const std::string expected = fields && fields->size() == 2 ? "a=" + (*fields)[0] + "|b=" + (*fields)[1] : "none";
            QVERIFY2(read == "none" || read == expected, record.c_str());
            QVERIFY2(read != "none" || std::find(usual.begin(), usual.end(), record) == usual.end(), record.c_str());
        }
    }

    void detectionLooksAtSeveralRows()
    {
        const std::vector<Json> rows{parsed("[]"), parsed(R"({"text":"a"})"), parsed(goodRows()[0].row), parsed(goodRows()[1].row)};
        QCOMPARE((*data::detectFormat(rows))->id, std::string("instruction"));
    }

    void detectionNamesColumnsAndShapes()
    {
        const std::vector<Json> rows{parsed(R"({"foo":1,"bar":2})"), parsed("3")};
        const auto found = data::detectFormat(rows);
        QVERIFY(!found.ok());
        for (const char* part : {"\"foo\", \"bar\"", "Instruction", "\"messages\"", "Preference"}) {
            QVERIFY2(found.message().find(part) != std::string::npos, found.message().c_str());
        }
    }

    void judgementsAreRead()
    {
        const auto* format = data::findFormat("unpaired");
        const auto judged = [&](const char* label) {
            return format->toExample(parsed((std::string(R"({"prompt":"a","completion":"b","label":)") + label + "}").c_str()));
        };
        for (const char* good : {"true", "1", "\"True\"", "\"good\"", "\"1\""}) {
            QVERIFY2(judged(good).ok() && judged(good)->desirable == true, good);
        }
        for (const char* bad : {"false", "0", "\"FALSE\"", "\"No\"", "\"bad\"", "\"0\"", "\"\U0001F44E\""}) {
            QVERIFY2(judged(bad).ok() && judged(bad)->desirable == false, bad);
        }
        QVERIFY(!judged("null").ok() && !judged("\"maybe\"").ok() && !judged("0.5").ok());
        // Written in other shapes a bad answer would look like a good one.
        const auto example = judged("false");
        for (const auto& shape : data::rowShapes()) {
            const auto row = shape.toRow(*example);
            QCOMPARE(row.ok(), std::string(shape.id) == "unpaired");
        }
        const auto back = data::findRowShape("unpaired")->toRow(*example);
        QVERIFY(*back == parsed(R"({"prompt":"a","completion":"b","label":false})"));
    }

    void extrasOfTheRowReachTheTemplate()
    {
        const auto example = data::findFormat("chat")->toExample(parsed(
            R"({"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}],"tools":"[{\u0022type\u0022:\u0022function\u0022}]","chat_template_kwargs":{"enable_thinking":false}})"));
        QVERIFY(example.ok());
        QVERIFY(example->tools == parsed(R"([{"type":"function"}])"));
        QVERIFY(example->templateVariables == parsed(R"({"enable_thinking":false})"));
    }

    void oneLineForLists()
    {
        const auto example = data::findFormat("instruction")->toExample(parsed(R"({"instruction":" a\n\tb ","output":"c\nd"})"));
        QCOMPARE(data::promptOf(*example), std::string("a b"));
        QCOMPARE(data::answerOf(*example), std::string("c d"));
        const auto pair = data::findFormat("preference")->toExample(parsed(R"({"prompt":"a","chosen":"b","rejected":"c"})"));
        QCOMPARE(data::answerOf(*pair), std::string("b"));
        const auto text = data::findFormat("text")->toExample(parsed(R"({"text":"x\ny"})"));
        QCOMPARE(data::promptOf(*text), std::string("x y"));
        QCOMPARE(data::answerOf(*text), std::string());
    }

private:
    template <class T>
    static void numbers(const std::vector<T>& table)
    {
        QTest::addColumn<int>("index");
        for (std::size_t i = 0; i < table.size(); ++i) {
            QTest::addRow("%s %zu", table[i].format, i) << static_cast<int>(i);
        }
    }
};

QTEST_APPLESS_MAIN(TestFormats)
#include "tst_formats.moc"
