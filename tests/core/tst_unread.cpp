// SPDX-License-Identifier: GPL-3.0-or-later
// Files as people have them: how each is read, what of every row is trained with the bundled model, and what is said not to
// be read. A kind of file that went wrong is a row of the table.
#include "core/base/files.h"
#include "core/base/paths.h"
#include "core/data/unread/better_shape.h"
#include "core/data/unread/unread_fields.h"
#include "tests/core/trained_text.h"
#include "tests/core/unread_neighbours.h"

#include <QTemporaryDir>
#include <QtTest>

#include <algorithm>

using namespace luthier;

namespace {

const std::vector<FileCase>& cases()
{
    static const std::vector<FileCase> table{
        {"text and response", "t.csv",
         R"row(text,response
Where is mill 0?,By the brook.
Where is mill 1?,By the pond.
)row",
         "completion", {"By the brook.<|end|>", "By the pond.<|end|>"},
         {}, "", {}},
        {"question, context and answer", "t.jsonl",
         R"row({"context": "The mill stands by the brook.", "question": "Where is the mill?", "answer": "By the brook."}
)row",
         "completion", {"By the brook.<|end|>"},
         {}, "", {}},
        {"inputs, targets and an empty text", "t.jsonl",
         R"row({"inputs": "Where is the mill?", "targets": "By the brook.", "text": ""}
)row",
         "completion", {"By the brook.<|end|>"},
         {}, "", {}},
        {"instruction with inputs", "t.jsonl",
         R"row({"instruction": "Answer.", "inputs": "Where is the mill?", "output": "By the brook."}
)row",
         "instruction", {"By the brook.<|end|>"},
         {}, "", {}},
        {"text and sentiment", "t.jsonl",
         R"row({"text": "I like the bread.", "sentiment": "positive"}
{"text": "The soup is cold.", "sentiment": "negative"}
)row",
         "classification", {"positive<|end|>", "negative<|end|>"},
         {}, "", {}},
        {"text and target", "t.jsonl",
         R"row({"text": "I like the bread.", "target": 1}
{"text": "The soup is cold.", "target": 0}
)row",
         "classification", {"1<|end|>", "0<|end|>"},
         {}, "", {}},
        {"choices beside a question", "t.jsonl",
         R"row({"question": "Which is a tree?", "choices": ["an oak", "a pike"], "answer": "oak"}
{"question": "Which is a fish?", "choices": ["an elm", "a carp"], "answer": "carp"}
)row",
         "completion", {"oak<|end|>", "carp<|end|>"},
         {"choices 2 format"}, "completion input=choices", {}},
        {"options A and B", "t.csv",
         R"row(question,A,B,answer
Which is a tree?,the oak,the pike,the oak
Which is a fish?,the elm,the carp,the carp
)row",
         "completion", {"the oak<|end|>", "the carp<|end|>"},
         {"A 2 format", "B 2 format"}, "completion input=A+B", {}},
        {"an option beside a context", "t.jsonl",
         R"row({"question": "Where is it?", "context": "It stands by the brook.", "hint": "Look for the water wheel.", "answer": "By the brook."}
)row",
         "completion", {"By the brook.<|end|>"},
         {"hint 1 format"}, "completion input=context+hint", {}},
        {"functions beside messages", "t.jsonl",
         R"row({"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello."}], "functions": [{"name": "find"}]}
)row",
         "chat", {"Hello.<|end|>"},
         {"functions 1 template"}, "", {}},
        {"a mood beside a text", "t.jsonl",
         R"row({"text": "I like the bread.", "mood": "glad"}
{"text": "The soup is cold.", "mood": "cross"}
)row",
         "text", {"I like the bread.</s>", "The soup is cold.</s>"},
         {"mood 2 format"}, "classification label=mood", {}},
        {"a story beside a text", "t.jsonl",
         R"row({"text": "A mill by the brook.", "tale": "Once there was a mill that ground the flour of the whole valley."}
{"text": "A bell over the door.", "tale": "Once there was a bell that rang when nobody had pulled the rope."}
)row",
         "text", {"A mill by the brook.</s>", "A bell over the door.</s>"},
         {"tale 2 format"}, "completion prompt=text,completion=tale", {}},
        {"a label beside a pair", "t.jsonl",
         R"row({"text": "News number 1 from the village.", "label": 2, "input": "Which kind of news is this? News number 1 from the village.", "output": "Weather"}
{"text": "News number 2 from the village.", "label": 0, "input": "Which kind of news is this? News number 2 from the village.", "output": "Market"}
)row",
         "completion", {"Weather<|end|>", "Market<|end|>"},
         {"label 2 format", "text 2 repeated"}, "", {}},
        {"an annotation tool's list", "t.json",
         R"row([{"question": "Who bakes?", "id": 0, "answer": "Odo bakes.", "annotator": 1, "annotation_id": 9, "lead_time": 3.2}])row",
         "completion", {"Odo bakes.<|end|>"},
         {"annotation_id 1 bookkeeping", "annotator 1 bookkeeping", "id 1 bookkeeping", "lead_time 1 bookkeeping"}, "", {}},
        {"a system beside prompt and completion", "t.jsonl",
         R"row({"system": "Be brief.", "prompt": "Who bakes?", "completion": "Odo bakes."}
)row",
         "completion", {"Odo bakes.<|end|>"},
         {}, "", {}},
        {"names and ids of messages", "t.jsonl",
         R"row({"messages": [{"role": "user", "name": "Ann", "content": "Hi"}, {"role": "assistant", "content": "Hello.", "id": "m1"}]}
)row",
         "chat", {"Hello.<|end|>"},
         {"messages/*/id 1 bookkeeping", "messages/*/name 1 template"}, "", {}},
        {"weights of messages", "t.jsonl",
         R"row({"messages": [{"role": "user", "content": "Who bakes?"}, {"role": "assistant", "content": "Nobody.", "weight": 0}, {"role": "user", "content": "Who bakes?"}, {"role": "assistant", "content": "Odo bakes.", "weight": 1}]}
)row",
         "chat", {"Odo bakes.<|end|>"},
         {}, "", {}},
        {"weights of one in messages", "t.jsonl",
         R"row({"messages": [{"role": "user", "content": "Who bakes?"}, {"role": "assistant", "content": "Odo bakes.", "weight": 1}]}
)row",
         "chat", {"Odo bakes.<|end|>"},
         {}, "", {}},
        {"a call that the template does not write", "t.jsonl",
         R"row({"messages": [{"role": "user", "content": "How warm?"}, {"role": "assistant", "content": null, "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "heat", "arguments": "{\"place\": \"Alder\"}"}}]}, {"role": "tool", "tool_call_id": "c1", "content": "12"}, {"role": "assistant", "content": "It is 12."}], "tools": [{"type": "function", "function": {"name": "heat"}}], "parallel_tool_calls": false}
)row",
         "chat", {"It is 12.<|end|>"},
         {"messages/*/tool_call_id 1 template", "messages/*/tool_calls 1 template", "parallel_tool_calls 1 format", "tools 1 template"}, "", {"writes no tool calls"}},
        {"a function call of old", "t.jsonl",
         R"row({"messages": [{"role": "user", "content": "How warm?"}, {"role": "assistant", "function_call": {"name": "heat", "arguments": "{}"}}, {"role": "function", "name": "heat", "content": "12"}, {"role": "assistant", "content": "It is 12."}], "functions": [{"name": "heat"}]}
)row",
         "chat", {"It is 12.<|end|>"},
         {"functions 1 template", "messages/*/function_call 1 template", "messages/*/name 1 template"}, "", {"writes no tool calls"}},
        {"a call and nothing else", "t.jsonl",
         R"row({"messages": [{"role": "user", "content": "How warm?"}, {"role": "assistant", "content": "", "tool_calls": [{"type": "function", "function": {"name": "heat", "arguments": {}}}]}]}
)row",
         "chat", {""},
         {"messages/*/tool_calls 1 template"}, "", {"writes no tool calls"}},
        {"the assistant begins", "t.jsonl",
         R"row({"messages": [{"role": "assistant", "content": "Welcome."}, {"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello."}]}
)row",
         "chat", {"Welcome.<|end|>Hello.<|end|>"},
         {}, "", {}},
        {"thumbs", "t.jsonl",
         R"row({"messages": [{"role": "user", "content": "Who bakes?"}, {"role": "assistant", "content": "Odo."}], "label": true}
{"messages": [{"role": "user", "content": "Who sings?"}, {"role": "assistant", "content": "Shut up."}], "label": false}
)row",
         "unpaired", {"Odo.<|end|>", ""},
         {}, "", {}},
        {"a developer", "t.jsonl",
         R"row({"messages": [{"role": "developer", "content": "Be kind."}, {"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello."}]}
)row",
         "chat", {"Hello.<|end|>"},
         {}, "", {"knows no developer"}},
        {"a list alone with a note", "t.jsonl",
         R"row([{"role": "user", "content": "Hi", "mood": "glad"}, {"role": "assistant", "content": "Hello."}]
)row",
         "chat", {"Hello.<|end|>"},
         {"*/mood 1 template"}, "", {}},
        {"messages inside a table", "t.csv",
         R"row(messages,note
"[{""role"":""user"",""content"":""Hi"",""mood"":""glad""},{""role"":""assistant"",""content"":""Hello.""}]",kept
)row",
         "chat", {"Hello.<|end|>"},
         {"messages/*/mood 1 template", "note 1 format"}, "", {}},
        {"variables that the template does not ask for", "t.jsonl",
         R"row({"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello."}], "chat_template_kwargs": {"enable_thinking": true}}
)row",
         "chat", {"Hello.<|end|>"},
         {"chat_template_kwargs 1 template"}, "", {}},
        {"numbers as answers", "t.jsonl",
         R"row({"instruction": "2 + 2?", "output": 4}
{"instruction": "1 / 2?", "output": 0.5}
)row",
         "instruction", {"4<|end|>", "0.5<|end|>"},
         {}, "", {}},
        {"objects as answers", "t.jsonl",
         R"row({"instruction": "Read: Mira, 34.", "output": {"name": "Mira", "age": 34}}
)row",
         "instruction", {R"row({"name":"Mira","age":34}<|end|>)row"},
         {}, "", {}},
        {"no numbers in a column", "t.jsonl",
         R"row({"instruction":"Who bakes?","output":"Odo.","score":NaN,"ratio":Infinity}
)row",
         "instruction", {"Odo.<|end|>"},
         {}, "", {"NaN or Infinity, which are no numbers and count as empty fields; the first is row 1"}},
        {"a big number", "t.jsonl",
         R"row({"id":123456789012345678901234567890,"instruction":"Who bakes?","output":"Odo."}
)row",
         "instruction", {"Odo.<|end|>"},
         {"id 1 bookkeeping"}, "", {}},
        {"a big number as an answer", "t.jsonl",
         R"row({"instruction":"Six times that?","output":740740734074074073407407340740}
)row",
         "instruction", {"740740734074074073407407340740<|end|>"},
         {}, "", {}},
        {"a name twice", "t.jsonl",
         R"row({"instruction":"Who bakes?","output":"Tam."}
{"instruction":"Who bakes?","output":"Tam.","output":"Odo."}
)row",
         "instruction", {"Tam.<|end|>", "Odo.<|end|>"},
         {}, "", {"the first is row 2"}},
        {"chosen and rejected to an instruction", "t.jsonl",
         R"row({"instruction": "Who bakes?", "input": "in short", "chosen": "Odo.", "rejected": "No idea."}
)row",
         "preference", {"Odo.<|end|>"},
         {}, "", {}},
        {"two outputs", "t.jsonl",
         R"row({"instruction": "Who bakes?", "input": "", "output": ["Odo.", "No idea."], "history": [["Hello", "Hi!"]]}
)row",
         "preference", {"Odo.<|end|>"},
         {}, "", {"a better and a worse"}},
        {"one message as an answer", "t.jsonl",
         R"row({"prompt": [{"role": "user", "content": "Who bakes?"}], "completion": {"role": "assistant", "content": "Odo."}, "label": true}
)row",
         "unpaired", {"Odo.<|end|>"},
         {}, "", {}},
        {"words as labels", "t.csv",
         R"row(prompt,completion,label
Who bakes?,Nobody.,FALSE
Who rows?,Tam.,TRUE
)row",
         "unpaired", {"", "Tam.<|end|>"},
         {}, "", {}},
        {"a prompt that the answers repeat", "t.jsonl",
         R"row({"prompt": "Who bakes the bread here?", "chosen": [{"role": "user", "content": "Who bakes the bread here?"}, {"role": "assistant", "content": "Odo."}], "rejected": [{"role": "user", "content": "Who bakes the bread here?"}, {"role": "assistant", "content": "Nobody."}], "score_chosen": 8.5}
)row",
         "preference", {"Odo.<|end|>"},
         {"score_chosen 1 format", "prompt 1 repeated"}, "", {}},
        {"many names of speakers", "t.jsonl",
         R"row({"conversations": [{"from": "human", "value": "Who bakes?"}, {"from": "gpt", "value": "Odo."}]}
{"conversations": [{"from": "USER", "value": "Who bakes?"}, {"from": "ASSISTANT", "value": "Odo."}]}
{"conversations": [{"from": "customer", "value": "Who bakes?"}, {"from": "bot", "value": "Odo."}]}
{"conversations": [{"from": "User", "value": "Who bakes?"}, {"from": "AI", "value": "Odo."}]}
)row",
         "chat", {"Odo.<|end|>", "Odo.<|end|>", "Odo.<|end|>", "Odo.<|end|>"},
         {}, "", {}},
        {"calls as turns", "t.jsonl",
         R"row({"conversations": [{"from": "human", "value": "How warm?"}, {"from": "function_call", "value": "{\"name\": \"heat\", \"arguments\": {}}"}, {"from": "observation", "value": "12"}, {"from": "gpt", "value": "It is 12."}], "tools": "[{\"name\": \"heat\"}]"}
)row",
         "chat", {"It is 12.<|end|>"},
         {"tools 1 template"}, "", {"writes no tool calls"}},
        {"turns of input and output", "t.jsonl",
         R"row({"conversation": [{"system": "Be kind.", "input": "Where is the bell?", "output": "Over the door.", "mood": "glad"}]}
)row",
         "chat", {"Over the door.<|end|>"},
         {"conversation/*/mood 1 format"}, "", {}},
        {"lines that end as of old", "t.csv",
         "instruction,output\r\"Who bakes?\",\"Odo.\"\r\"Who rows?\",\"Tam.\"\r",
         "instruction", {"Odo.<|end|>", "Tam.<|end|>"},
         {}, "", {}},
        {"a line that names the separator", "t.csv",
         "sep=;\r\ninstruction;output\r\nWho bakes?;Odo.\r\n",
         "instruction", {"Odo.<|end|>"},
         {}, "", {}},
        {"bars", "t.csv",
         R"row(instruction|output
Who bakes?|Odo.
)row",
         "instruction", {"Odo.<|end|>"},
         {}, "", {}},
        {"a space before a quote", "t.csv",
         R"row(instruction, output
"Who bakes?", "Odo, and Tam."
)row",
         "instruction", {"Odo, and Tam.<|end|>"},
         {}, "", {}},
        {"capital headers", "t.csv",
         R"row(Instruction,Input,Output
"Who bakes?","","Odo."
)row",
         "instruction", {"Odo.<|end|>"},
         {}, "", {}},
        {"a list on one line", "t.jsonl",
         R"row([{"instruction": "Who bakes?", "output": "Odo."}, {"instruction": "Who rows?", "output": "Tam."}]
)row",
         "instruction", {"Odo.<|end|>", "Tam.<|end|>"},
         {}, "", {}},
        {"commas behind lines", "t.jsonl",
         R"row({"instruction":"Who bakes?","output":"Odo."},
{"instruction":"Who rows?","output":"Tam."}
)row",
         "instruction", {"Odo.<|end|>", "Tam.<|end|>"},
         {}, "", {}},
        {"objects one behind the other", "t.json",
         R"row({
 "instruction":"Who bakes?",
 "output":"Odo."
}
{
 "instruction":"Who rows?",
 "output":"Tam."
}
)row",
         "instruction", {"Odo.<|end|>", "Tam.<|end|>"},
         {}, "", {}},
        {"another name for lines", "t.jsonl.txt",
         R"row({"instruction": "Who bakes?", "output": "Odo."}
)row",
         "instruction", {"Odo.<|end|>"},
         {}, "", {}},
        {"a text that a template wrote", "t.jsonl",
         R"row({"text": "<s><|user|>\nWho bakes?<|end|>\n<|assistant|>\nOdo.<|end|>\n</s>"}
)row",
         "text", {R"row(<|user|>
Who bakes?<|end|>
<|assistant|>
Odo.<|end|>
</s>)row"},
         {}, "", {"marks of a chat template"}},
        {"a text that marks only begin", "t.jsonl",
         R"row({"text": "<s>Odo bakes."}
)row",
         "text", {"Odo bakes.</s>"},
         {}, "", {}},
    };
    return table;
}

// Of a file and its neighbours.
const FileCase& caseAt(int index)
{
    const auto at = static_cast<std::size_t>(index);
    return at < cases().size() ? cases()[at] : neighbours()[at - cases().size()];
}

QStringList listed(std::vector<std::string> texts)
{
    std::sort(texts.begin(), texts.end());
    QStringList list;
    for (const std::string& text : texts) {
        list += QString::fromStdString(text);
    }
    return list;
}

std::string spelled(const std::optional<data::ColumnGuess>& guess)
{
    std::string text = guess ? guess->format + " " : "";
    for (const std::string& column : guess ? data::toTexts(guess->columns) : std::vector<std::string>()) {
        text += (text.ends_with(' ') ? "" : ",") + column;
    }
    return text;
}

} // namespace

class TestUnread : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        qputenv("XDG_CACHE_HOME", m_folder.filePath("cache").toUtf8());
        auto encoder = data::Encoder::load(base::bundledModel());
        QVERIFY2(encoder.ok(), encoder.ok() ? "" : encoder.message().c_str());
        m_encoder = std::move(*encoder);
    }

    void filesAsPeopleHaveThem_data()
    {
        QTest::addColumn<int>("index");
        for (std::size_t i = 0; i < cases().size() + neighbours().size(); ++i) {
            QTest::newRow(caseAt(static_cast<int>(i)).name) << static_cast<int>(i);
        }
    }

    void filesAsPeopleHaveThem()
    {
        QFETCH(int, index);
        const FileCase& one = caseAt(index);
        const auto dataset = opened(one.file, one.content);
        QCOMPARE(dataset->format().id, std::string(one.format));
        QCOMPARE(dataset->rowCount(), static_cast<std::int64_t>(one.trained.size()));
        for (std::int64_t row = 0; row < dataset->rowCount(); ++row) {
            const auto example = dataset->example(row);
            QVERIFY2(example.ok(), example.ok() ? "" : example.message().c_str());
            const auto encoded = m_encoder.encode(*example, {});
            QVERIFY2(encoded.ok(), encoded.ok() ? "" : encoded.message().c_str());
            QCOMPARE(QString::fromStdString(trainedText(*encoded, *m_encoder.tokenizer)),
                     QString::fromStdString(one.trained[static_cast<std::size_t>(row)]));
        }
        const auto report = reportOn(*dataset, &m_encoder);
        std::vector<std::string> unread;
        for (const data::UnreadField& field : report.fields) {
            unread.push_back(field.name + " " + std::to_string(field.rows) + " " + data::toText(field.why));
        }
        QCOMPARE(listed(unread), listed(one.unread));
        QCOMPARE(QString::fromStdString(spelled(report.offer)), QString::fromStdString(one.offer));
        QCOMPARE(report.remarks.size(), one.said.size());
        for (std::size_t i = 0; i < one.said.size(); ++i) {
            QVERIFY2(report.remarks[i].find(one.said[i]) != std::string::npos, report.remarks[i].c_str());
        }
        QCOMPARE(report.untried, 0);
    }

    // What is offered reads what was said not to be read.
    void offersReadMore_data() { filesAsPeopleHaveThem_data(); }

    void offersReadMore()
    {
        QFETCH(int, index);
        const FileCase& one = caseAt(index);
        const auto report = reportOn(*opened(one.file, one.content), &m_encoder);
        if (!report.offer) {
            return;
        }
        const auto fuller = opened(one.file, one.content, report.offer->format, data::toTexts(report.offer->columns));
        QCOMPARE(loud(reportOn(*fuller, &m_encoder)), QStringList());
        QVERIFY(report.sentences().front().find(data::flagsOf(*report.offer)) != std::string::npos); // before all else
    }

    // Without a template it is not known what it writes, and that is said.
    void membersOfMessagesDependOnTheTemplate()
    {
        const auto dataset = opened("m.jsonl", R"({"messages":[{"role":"user","name":"Ann","content":"Hi"},{"role":"assistant","content":"Hello."}],"note":"x"})");
        const auto report = reportOn(*dataset, nullptr);
        QCOMPARE(report.fields.size(), std::size_t{2});
        for (const auto& field : report.fields) {
            QCOMPARE(field.why, field.name == "note" ? data::UnreadWhy::Format : data::UnreadWhy::AskTemplate);
        }
        QVERIFY(!reportOn(*opened(cases()[0].file, cases()[0].content), nullptr).hasLoud());
        for (const auto& [row, name] : {
                 std::pair{R"({"messages":[{"role":"user","content":"Hi"},{"role":"assistant","content":"Hello."}],"functions":[{"name":"f"}]})", "functions"},
                 std::pair{R"({"messages":[{"role":"user","content":"Hi"},{"role":"assistant","content":"Hello."}],"tools":[{"name":"f"}]})", "tools"},
                 std::pair{R"({"messages":[{"role":"user","content":"Hi"},{"role":"assistant","tool_calls":[{"function":{"name":"f","arguments":{}}}]}]})", "messages/*/tool_calls"},
                 std::pair{R"({"messages":[{"role":"user","content":"Hi"},{"role":"assistant","content":"Hello.","reasoning_content":"Hm."}]})", "messages/*/reasoning_content"},
                 std::pair{R"({"messages":[{"role":"user","content":"Hi"},{"role":"assistant","content":"Hello.","thinking":"Hm."}]})", "messages/*/thinking"}}) {
            const auto asked = reportOn(*opened("a.jsonl", row), nullptr);
            QCOMPARE(asked.fields.size(), std::size_t{1});
            QCOMPARE(asked.fields[0].name, std::string(name));
            QCOMPARE(asked.fields[0].why, data::UnreadWhy::AskTemplate);
        }
    }

    // Values that a row in a hundred has count as often as they are there; what another row of the same fields needs is read.
    void rowsAreCounted()
    {
        std::string content;
        for (int row = 0; row < 300; ++row) {
            Json one{{"prompt", "Who bakes the bread of row " + std::to_string(row) + "?"}, {"completion", "Odo."}};
            if (row % 100 == 7) {
                one["remark"] = "seen twice";
            }
            if (row % 2 == 0) {
                one.update(Json{{"empty", ""}, {"none", nullptr}, {"list", Json::array()}});
            }
            content += base::dumpJson(one) + "\n";
        }
        const auto report = reportOn(*opened("many.jsonl", content), &m_encoder);
        QCOMPARE(report.rows, 300);
        QCOMPARE(report.fields.size(), std::size_t{1});
        QCOMPARE(report.fields[0].name, std::string("remark"));
        QCOMPARE(report.fields[0].rows, 3);
    }

    // Rows that all differ in their fields are too many to be tried out, and that is said.
    void tooManyKindsOfRowsAreSaid()
    {
        std::string content;
        for (int row = 0; row < 2000; ++row) {
            content += base::dumpJson(Json{{"prompt", "Who?"}, {"completion", "Odo."}, {"f" + std::to_string(row), 1}}) + "\n";
        }
        const auto report = reportOn(*opened("wild.jsonl", content), &m_encoder);
        QVERIFY(report.untried > 0);
        QVERIFY(report.sentences().back().find("tried out") != std::string::npos);
    }

    void severalColumnsAreOneField()
    {
        const auto columns = data::parseColumns({"input=A+B"});
        const Json row{{"A", "oak"}, {"B", Json::array({1, 2})}, {"C", "x"}};
        QCOMPARE(base::dumpJson(data::withColumns(row, *columns)), std::string(R"({"input":"A: oak\nB: [1,2]","C":"x"})"));
        const Json whole{{"A+B", "both"}, {"A", "one"}};
        QCOMPARE(base::dumpJson(data::withColumns(whole, *columns)), std::string(R"({"input":"both","A":"one"})"));
    }

    void foldersSayWhatTheyLeaveOut()
    {
        QDir folder(m_folder.path());
        QVERIFY(folder.mkpath("snapshot/data"));
        const std::string row = R"({"instruction":"Who bakes?","output":"Odo."})";
        for (const auto& [name, content] : {std::pair<const char*, std::string>{"README.md", "# Card"}, {".gitattributes", "x"}, {"data/train.jsonl", row},
                                            {"data/test.jsonl", row}, {"picture.png", "x"}}) {
            QVERIFY(base::writeFileAtomically(m_folder.filePath(QString("snapshot/") + name).toStdString(), content).ok());
        }
        const auto dataset = data::Dataset::open(m_folder.filePath("snapshot").toStdString());
        QVERIFY2(dataset.ok(), dataset.ok() ? "" : dataset.message().c_str());
        QCOMPARE((*dataset)->rowCount(), 1);
        QCOMPARE(listed((*dataset)->leftOut()), QStringList({"data/test.jsonl", "picture.png"}));
    }

    void documentsSayWhatTheyLeaveOut()
    {
        const std::string row = R"([{"instruction":"Who bakes?","output":"Odo."}])";
        const auto dataset = opened("splits.json", "{\"test\":" + row + ",\"train\":" + row + ",\"note\":[1],\"validation\":" + row + "}");
        QCOMPARE(dataset->rowCount(), 1);
        const auto report = reportOn(*dataset, &m_encoder);
        QCOMPARE(QString::fromStdString(report.remarks.at(0)), QString(R"(its rows under "train" are read, those under "test", "validation" are not)"));
        QVERIFY(opened("rows.json", "{\"data\":" + row + ",\"version\":1}")->remarks().empty());
        for (const char* text : {R"({"instruction":["a","b"],"output":["c","d"]})", R"({"instruction":{"0":"a","1":"b"},"output":{"0":"c","1":"d"}})"}) {
            const auto path = m_folder.filePath("columns.json").toStdString();
            QVERIFY(base::writeFileAtomically(path, text).ok());
            const auto table = data::Dataset::open(path);
            QVERIFY(!table.ok() && table.message().find("to_json") != std::string::npos);
        }
    }

    // As spreadsheets save it; a single damaged byte and other alphabets stay errors of their rows.
    void westernTablesAreRead()
    {
        const auto dataset = opened("w.csv", "instruction;output\r\nO\xf9 est la cl\xe9?;La cl\xe9 est \xe0 l'\xe9" "cole.\r\nWas kostet das?;3 \x80 \x96 heute.\r\n");
        QCOMPARE((*dataset->row(0))["output"].get<std::string>(), std::string("La clé est à l'école."));
        QCOMPARE((*dataset->row(1))["output"].get<std::string>(), std::string("3 € – heute."));
        QVERIFY(dataset->remarks().size() == 1 && dataset->remarks()[0].find("Windows-1252") != std::string::npos);
        const auto damaged = opened("d.csv", "instruction,output\nWho bakes?,Odo\xff bakes.\nWho rows?,Tam.\n");
        QVERIFY(!damaged->example(0).ok() && damaged->example(1).ok());
        const auto other = opened("o.csv", "instruction,output\n\xcf\xf0\xe8\xe2\xe5\xf2,\xcf\xf0\xe8\xe2\xe5\xf2\nWho rows?,Tam.\n");
        QVERIFY(!other->example(0).ok() && other->remarks().empty());
        const auto mixed = opened("x.csv", "instruction,output\nO\xc3\xb9 est?,La cl\xe9 \xe0 l'\xe9" "cole.\nWho rows?,Tam.\n");
        QVERIFY(!mixed->example(0).ok() && mixed->remarks().empty());
    }

private:
    std::shared_ptr<data::Dataset> opened(const std::string& name, const std::string& content, const std::string& format = "auto",
                                          const std::vector<std::string>& columns = {})
    {
        const auto path = m_folder.filePath(QString::number(++m_count) + QString::fromStdString(name)).toStdString();
        if (!base::writeFileAtomically(path, content)) {
            qFatal("cannot write");
        }
        data::OpenOptions options;
        options.format = format;
        options.columns = columns;
        auto dataset = data::Dataset::open(path, std::move(options));
        if (!dataset) {
            qFatal("%s", dataset.message().c_str());
        }
        return *dataset;
    }

    static data::UnreadReport reportOn(const data::Dataset& dataset, const data::Encoder* encoder)
    {
        auto report = data::findUnread(dataset, {encoder, {}, {}}, {});
        if (!report) {
            qFatal("%s", report.message().c_str());
        }
        return std::move(*report);
    }

    static QStringList loud(const data::UnreadReport& report)
    {
        QStringList names;
        for (const data::UnreadField& field : report.fields) {
            if (!field.isQuiet()) {
                names += QString::fromStdString(field.name);
            }
        }
        return names;
    }

    QTemporaryDir m_folder;
    int m_count = 0;
    data::Encoder m_encoder;
};

QTEST_APPLESS_MAIN(TestUnread)
#include "tst_unread.moc"
