// SPDX-License-Identifier: GPL-3.0-or-later
// More rows of the table of tst_shapes.cpp: benchmarks with choices, logs and spans of programs that talk to models, classes of
// libraries.
#pragma once

#include <string>
#include <vector>

struct StrangeShape {
    const char* name;
    const char* file;
    std::string content;
    const char* format;
    std::vector<std::string> rows;
    std::string said; // a part of what is said of the whole file
};

inline const std::vector<StrangeShape>& moreStrangeShapes()
{
    static const std::vector<StrangeShape> table{
        {"what comes of a premise", "s.jsonl", R"row({"premise": "The man turned on the tap.", "choice1": "The sea rose.", "choice2": "Water came.", "question": "effect", "idx": 0, "label": 1}
{"premise": "The woman retired.", "choice1": "She was old.", "choice2": "She paid.", "question": "cause", "idx": 1, "label": 0}
)row",
         "prompt", {"user:effect", "user:cause"}, "prompt=question,input=premise+choice1+choice2,completion=choice1+choice2[label] would read it as Completion"},
        {"a gap in a sentence", "s.jsonl", R"row({"sentence": "Mira asked Odo because _ bakes.", "option1": "Mira", "option2": "Odo", "answer": "2"}
{"sentence": "Mira asked Odo because _ was curious.", "option1": "Mira", "option2": "Odo", "answer": "1"}
)row",
         "completion", {"user:Mira asked Odo because _ bakes.|assistant:2", "user:Mira asked Odo because _ was curious.|assistant:1"},
         "--map 'prompt=sentence,input=option1+option2,completion=option1+option2[answer-1]'"},
        {"answers by letter and number", "s.jsonl", R"row({"context": "Odo has flour.", "question": "What will Odo do?", "answerA": "sing", "answerB": "bake", "answerC": "row", "label": "3"}
{"context": "Tam has a boat.", "question": "What will Tam do?", "answerA": "row", "answerB": "bake", "answerC": "sing", "label": "1"}
)row",
         "prompt", {"user:What will Odo do?", "user:What will Tam do?"}, "prompt=question,input=context+answerA+answerB+answerC,completion=answerA+answerB+answerC[label-1] would read it"},
        {"numbers that may begin with 0 or 1", "s.jsonl", R"row({"question": "What will Odo do?", "answerA": "sing", "answerB": "bake", "answerC": "row", "label": "2"}
{"question": "What will Tam do?", "answerA": "row", "answerB": "bake", "answerC": "sing", "label": "1"}
)row",
         "prompt", {"user:What will Odo do?", "user:What will Tam do?"}, "not read, and so not learned: \"answerA\" (2 rows)"},
        {"a mail and its reply", "s.jsonl", R"row({"subject": "Bread", "body": "Dear Odo, bake.", "reply": "I will bake."}
{"subject": "Song", "body": "Dear Mira, sing.", "reply": "I will sing."}
)row",
         "x", {}, "prompt=subject,completion=reply,input=body would read it as Completion"},
        {"a product", "s.jsonl", R"row({"sku": "a1", "title": "Bread", "description": "A loaf of bread.", "price": 1.5}
{"sku": "a2", "title": "Boat", "description": "A small boat.", "price": 99}
)row",
         "x", {}, "prompt=title,completion=description would read it as Completion"},
        {"news", "s.jsonl", R"row({"date": "2024-01-01", "headline": "Odo bakes", "body": "Odo baked bread all day."}
{"date": "2024-01-02", "headline": "Mira sings", "body": "Mira sang all day."}
)row",
         "x", {}, "prompt=headline,completion=body would read it as Completion"},
        {"a column without a name", "s.jsonl", R"row({"": "Who bakes?", "output": "Odo."})row" "\n", "x", {}, "text=output would read it as Text"},
        {"thumbs as 1 and -1", "s.jsonl", R"row({"prompt": "Who bakes?", "response": "Odo.", "feedback": 1}
{"prompt": "Who bakes?", "response": "Nobody.", "feedback": -1}
)row",
         "unpaired", {"user:Who bakes?|assistant:Odo.", "bad user:Who bakes?|assistant:Nobody."}, ""},
        {"as Python prints a value", "s.json", R"row([{"instruction": "Who bakes?", "output": None}])row", "x", {}, "there is no NaN, None or True"},
        {"trees of messages", "s.jsonl", R"row({"message_tree_id": "a", "prompt": {"text": "Who bakes?", "role": "prompter", "replies": [{"text": "Odo.", "role": "assistant", "replies": []}]}})row" "\n",
         "x", {}, "trees of messages"},
        {"a question and its SQL", "s.jsonl", R"row({"db_id": "a", "question": "How many bake?", "query": "SELECT COUNT(*) FROM bakers"}
{"db_id": "a", "question": "Who bakes?", "query": "SELECT name FROM bakers"}
)row",
         "prompt", {"user:How many bake?", "user:Who bakes?"}, "prompt=question,completion=query would read it as Completion"},
        {"the same once more", "s.jsonl", R"row({"instruction": "Who bakes?", "response": "Odo.", "conversations": [{"from": "human", "value": "Who bakes?"}, {"from": "gpt", "value": "Odo."}], "original_question": "Who is it that bakes?"}
{"instruction": "Who sings?", "response": "Mira.", "conversations": [{"from": "human", "value": "Who sings?"}, {"from": "gpt", "value": "Mira."}], "original_question": "Who is it that sings?"}
)row",
         "instruction", {"user:Who bakes?|assistant:Odo.", "user:Who sings?|assistant:Mira."}, "not read, and so not learned: \"conversations\" (2 rows)"},
        {"an empty column answers nothing", "s.jsonl", R"row({"title": "Why bread?", "selftext": "", "reply": "Because it feeds."}
{"title": "Why boats?", "selftext": "", "reply": "Because they float."}
)row",
         "x", {}, "prompt=title,completion=reply would read it as Completion"},
        {"a server's answer", "s.json", R"row({"error": "Repository not found"})row", "x", {}, "the answer of a server"},
        {"a page behind an empty line", "s.csv", "\n<html><body>Sign in</body></html>\n", "x", {}, "this is a web page"},
        {"a document", "s.docx", std::string("PK\x03\x04") + "word/document.xml", "x", {}, "this is a document"},
        {"nothing", "s.parquet", "", "x", {}, "the file is empty"},
        {"a text of nothing", "s.md", "", "x", {}, "the file is empty; choose another one"},
        {"a text of white space", "s.txt", " \n\n", "x", {}, "the file holds only white space; choose another one"},
        {"a table without rows", "s.csv", "question,answer\n", "x", {}, "the file holds no rows; its only line is taken for the names of columns (\"question\"...); choose another one"},
        {"a text that is called a table", "s.parquet", "Who bakes?", "x", {}, "its name says Parquet, but it does not begin as such a file does"},
        {"a text that is called packed", "s.jsonl.zst", "Who bakes?", "x", {}, "its name says zstd, but it does not begin as such a file does"},
        {"a question, a table and its query", "s.jsonl", R"row({"phase": 1, "question": "Who bakes?", "table": {"header": ["Name", "Trade"], "rows": [["Odo", "baker"]], "id": "1-1"}, "sql": {"human_readable": "SELECT Name FROM table WHERE Trade = baker", "sel": 0, "agg": 0}}
{"phase": 1, "question": "Who mills?", "table": {"header": ["Name", "Trade"], "rows": [["Mira", "miller"]], "id": "1-2"}, "sql": {"human_readable": "SELECT Name FROM table WHERE Trade = miller", "sel": 0, "agg": 0}}
)row",
         "prompt", {"user:Who bakes?", "user:Who mills?"}, "prompt=question,completion=sql/human_readable,input=table/header would read it as Completion"},
        {"a query in numbers is no answer", "s.jsonl", R"row({"question": "Who bakes?", "sql": {"sel": 0, "agg": 0, "conds": [[1, 0, "baker"]]}}
{"question": "Who mills?", "sql": {"sel": 0, "agg": 0, "conds": [[1, 0, "miller"]]}}
)row",
         "prompt", {"user:Who bakes?", "user:Who mills?"}, "not read, and so not learned: \"sql\" (2 rows)"},
        {"a question that is the title of an empty text", "s.jsonl", R"row({"q_id": "5l", "title": "Why does ice float?", "selftext": "", "document": "", "answers": {"a_id": ["d1", "d2"], "text": ["It is light.", "Air."], "score": [26, 3]}}
{"q_id": "5m", "title": "Why does bread rise?", "selftext": "I baked one.", "document": "", "answers": {"a_id": ["d3"], "text": ["Yeast."], "score": [12]}}
)row",
         "completion", {"user:|assistant:It is light.", "user:|assistant:Yeast."}, "--map prompt=title,input=selftext"},
        {"summaries in a list", "s.jsonl", R"row({"info": {"article": "Odo bakes bread every day.", "title": "Bread"}, "summaries": [{"text": "Odo bakes.", "worker": "w1"}]}
{"info": {"article": "Mira keeps the mill and a cat.", "title": "Mill"}, "summaries": [{"text": "Mira mills.", "worker": "w2"}, {"text": "A cat.", "worker": "w3"}]}
)row",
         "x", {}, "prompt=info/article,completion=summaries/0/text would read it as Completion"},
        {"a summary in an object", "s.jsonl", R"row({"doc": {"text": "Odo bakes bread every day."}, "summary": {"text": "Odo bakes.", "by": "w1"}}
{"doc": {"text": "Mira keeps the mill and a cat."}, "summary": {"text": "Mira mills.", "by": "w2"}}
)row",
         "x", {}, "prompt=doc/text,completion=summary/text would read it as Completion"},
        {"summaries compared, whose text lies deeper", "s.jsonl", R"row({"info": {"id": "t1", "post": "I baked and it is flat.", "title": "Flat bread"}, "summaries": [{"text": "Flat.", "policy": "a"}, {"text": "Bread is flat.", "policy": "b"}], "choice": 1}
{"info": {"id": "t2", "post": "My cat sleeps on flour.", "title": "Cat"}, "summaries": [{"text": "Cat sleeps.", "policy": "a"}, {"text": "Move.", "policy": "b"}], "choice": 0}
)row",
         "comparison", {"! \"prompt\" is missing", "! \"prompt\" is missing"}, "prompt=info/post would read it as Answers compared"},
        {"labels before texts", "s.txt", "__label__good I like bread.\n__label__bad I hate boats.\n", "text", {"text __label__good I like bread.\n__label__bad I hate boats.\n"},
         "its lines begin with labels, as fastText has them"},
        {"numbers that are none", "s.jsonl", R"row({"prompt": "Who bakes?", "completion": "Odo.", "score": 1}
{"prompt": "Who rows?", "completion": "Tam.", "score": -Infinity}
{"prompt": "Who sings?", "completion": "Mira says NaN.", "score": NaN}
)row",
         "completion", {"user:Who bakes?|assistant:Odo.", "user:Who rows?|assistant:Tam.", "user:Who sings?|assistant:Mira says NaN."},
         "rows hold NaN or Infinity, which are no numbers and count as empty fields; the first is row 2"},
        {"a link to a page", "s.url", "[InternetShortcut]\nURL=x\n", "x", {}, "this kind of file is not read"},
        {"settings are no rows", "s.toml", "[[rows]]\nquestion = \"Who bakes?\"\n", "x", {}, "this kind of file is not read"},
        {"two ways to a goal", "s.jsonl", R"row({"goal": "Make a hat.", "sol1": "Use straw.", "sol2": "Use water.", "label": 0}
{"goal": "Dry a cup.", "sol1": "Use rain.", "sol2": "Use a towel.", "label": 1}
)row",
         "x", {}, "prompt=goal,input=sol1+sol2,completion=sol1+sol2[label] would read it as Completion"},
        {"a letter of columns", "s.csv", "question,A,B,C,answer\nWhich is a tree?,oak,pike,stone,A\nWhich is a fish?,oak,pike,stone,B\n", "completion",
         {"user:Which is a tree?|assistant:A", "user:Which is a fish?|assistant:B"}, "--map 'input=A+B+C,completion=A+B+C[answer]'"},
        {"choices about an article", "s.jsonl", R"row({"article": "Odo bakes in Alder.", "question": "Who bakes?", "options": ["Mira", "Odo"], "answer": "B"}
{"article": "Mira sings in Alder.", "question": "Who sings?", "options": ["Mira", "Odo"], "answer": "A"}
)row",
         "completion", {"user:Who bakes?|assistant:B", "user:Who sings?|assistant:A"}, "--map 'input=article+options,completion=options[answer]'"},
        {"two questions and whether they are one", "s.jsonl", R"row({"question1": "Who bakes?", "question2": "Who is it that bakes?", "is_duplicate": 1}
{"question1": "Who bakes?", "question2": "Who sings?", "is_duplicate": 0}
)row",
         "x", {}, "text=question1+question2,label=is_duplicate would read it as Classification"},
        {"two sentences and how near they are", "s.csv", "sentence1,sentence2,score\nA boat.,A ship.,4.5\nA cat.,A stone.,0.2\n", "x", {}, "text=sentence1+sentence2,label=score would read it"},
        {"spans of a model as a table", "s.csv",
         "name,span_kind,attributes.input.mime_type,attributes.input.value,attributes.output.value,attributes.llm.input_messages\nchat,LLM,text,Who bakes?,Odo.,\"[{'message.role': 'user'}]\"\nchat,LLM,text,Who "
         "rows?,Tam.,\"[{'message.role': 'user'}]\"\n",
         "x", {}, "prompt=attributes.input.value,completion=attributes.output.value would read it as Completion"},
        {"spans of a model", "s.jsonl", R"row({"name": "chat", "span_kind": "LLM", "start_time": "2024", "attributes": {"input": {"value": "Who bakes?", "mime_type": "text/plain"}, "output": {"value": "Odo."}}}
{"name": "chat", "span_kind": "LLM", "start_time": "2025", "attributes": {"input": {"value": "Who rows?", "mime_type": "text/plain"}, "output": {"value": "Tam."}}}
)row",
         "x", {}, "prompt=attributes/input/value,completion=attributes/output/value would read it as Completion"},
        {"places in a text as labels", "s.jsonl", R"row({"id": 1, "text": "Odo bakes.", "label": [[0, 3, "PER"]], "Comments": []})row" "\n", "classification", {"! marks of places in the text"}, ""},
        {"no label at all", "s.jsonl", R"row({"text": "Odo bakes.", "label": ["bread"]}
{"text": "Mira sings.", "label": []}
)row",
         "classification", {"user:Odo bakes.\n\nWhat is the label of this text?|assistant:[\"bread\"]", "! \"label\" is an empty list"}, ""},
        {"LangChain's classes without a type", "s.jsonl", R"row({"messages": [{"lc": 1, "type": "constructor", "id": ["langchain", "schema", "messages", "SystemMessage"], "kwargs": {"content": "Be brief."}}, {"lc": 1, "type": "constructor", "id": ["langchain", "schema", "messages", "HumanMessage"], "kwargs": {"content": "Who bakes?"}}, {"lc": 1, "type": "constructor", "id": ["langchain_core", "messages", "AIMessageChunk"], "kwargs": {"content": "Odo."}}]})row" "\n",
         "chat", {"system:Be brief.|user:Who bakes?|assistant:Odo."}, ""},
        {"LangChain's generations", "s.jsonl", R"row({"inputs": {"messages": []}, "outputs": {"generations": [[{"text": "Odo."}]]}})row" "\n", "x", {}, "LangSmith's traces"},
        {"LlamaIndex's messages", "s.jsonl", R"row({"messages": [{"role": "MessageRole.USER", "blocks": [{"block_type": "text", "text": "Who bakes?"}]}, {"role": "assistant", "blocks": [{"block_type": "text", "text": "Odo."}]}]})row" "\n",
         "chat", {"user:Who bakes?|assistant:Odo."}, ""},
        {"what was thought before", "s.jsonl", R"row({"messages": [{"role": "user", "content": "Who bakes?"}, {"role": "assistant", "content": [{"type": "thinking", "thinking": "Hm.", "signature": "x"}, {"type": "text", "text": "Odo."}]}]})row" "\n",
         "chat", {"user:Who bakes?|assistant:Odo."}, "\"messages/*/content/*/signature\" (1 row)"},
        {"a conversation that is a text", "s.jsonl", R"row({"conversation": "User: Who bakes?\nAssistant: Odo.\nUser: Who rows?\nAssistant: Tam.\n"}
{"conversation": "Human: Who bakes?\n\nAssistant: Odo."}
{"conversation": "USER: How warm?\n\nASSISTANT: <call>\n\nFUNCTION RESPONSE: 12\n\nASSISTANT: It is 12."}
)row",
         "chat", {"user:Who bakes?|assistant:Odo.|user:Who rows?|assistant:Tam.", "user:Who bakes?|assistant:Odo.", "! is a text; it must be a list of messages"}, ""},
        {"requests as they were logged", "s.jsonl", R"row({"request_body": {"messages": [{"role": "user", "content": "Who bakes?"}]}, "response_body": {"choices": [{"message": {"role": "assistant", "content": "Odo."}}]}})row" "\n",
         "x", {}, "put the answer behind the messages that were sent"},
        {"messages beside their answer", "s.jsonl", R"row({"messages": [{"role": "user", "content": "Who bakes?"}], "response": {"choices": [{"message": {"role": "assistant", "content": "Odo."}}]}})row" "\n",
         "x", {}, "put the answer behind the messages that were sent"},
        {"a gap to fill", "s.jsonl", R"row({"prefix": "def f():", "middle": " return", "suffix": " 1"})row" "\n", "x", {}, "a gap to fill in the middle"},
        {"rows of the hub's viewer", "s.json", R"row({"features": [], "rows": [{"row_idx": 0, "row": {"instruction": "Who bakes?", "output": "Odo."}, "truncated_cells": []}, {"row_idx": 1, "row": {"instruction": "Who rows?", "output": "Tam."}, "truncated_cells": []}], "num_rows_total": 2})row",
         "x", {}, "prompt=row/instruction,completion=row/output would read it"},
        {"a notebook", "s.json", R"row({"cells": [{"cell_type": "markdown", "source": ["# Bread"]}], "metadata": {}, "nbformat": 4})row", "x", {}, "this is a notebook"},
        {"a commit and what it changed", "s.jsonl", R"row({"commit": "0a1b2c3d", "subject": "Set a", "old_contents": "a=1", "new_contents": "a=2, and more of it"}
{"commit": "1a1b2c3d", "subject": "Set b", "old_contents": "b=1", "new_contents": "b=2, and more of it"}
)row",
         "x", {}, "prompt=subject,completion=new_contents would read it as Completion"},
        {"a language is no question", "s.jsonl", R"row({"source": "Who bakes here?", "target": "Wer backt hier?", "source_lang": "en", "target_lang": "de"}
{"source": "Who rows here?", "target": "Wer rudert hier?", "source_lang": "en", "target_lang": "de"}
)row",
         "x", {}, "prompt=source,completion=target would read it as Completion"},
        {"tools and a talk as texts", "s.jsonl", R"row({"system": "You may call functions.", "chat": "USER: How warm?\n\nASSISTANT: <call>\n\nFUNCTION RESPONSE: 12\n\nASSISTANT: It is 12."}
{"system": "You may call functions.", "chat": "USER: How cold?\n\nASSISTANT: <call>\n\nFUNCTION RESPONSE: 2\n\nASSISTANT: It is 2."}
)row",
         "x", {}, "text=chat would read it as Text"},
        {"what is the same in every row asks nothing", "s.jsonl", R"row({"id": "a", "name": "ChatCompletion", "input": [{"role": "user", "content": "Who bakes?"}], "output": {"role": "assistant", "content": "Odo."}}
{"id": "b", "name": "ChatCompletion", "input": [{"role": "user", "content": "Who rows?"}], "output": {"role": "assistant", "content": "Tam."}}
)row",
         "completion", {"user:Who bakes?|assistant:Odo.", "user:Who rows?|assistant:Tam."}, "not read, and so not learned: \"name\" (2 rows)"},
        {"a document in RTF", "s.rtf", "{\\rtf1\\ansi Who bakes?}", "x", {}, "a document in RTF"},
        {"objects behind each other on a line", "s.jsonl", "{\"instruction\": \"Who bakes?\", \"output\": \"Odo.\"}{\"instruction\": \"Who rows?\", \"output\": \"Tam.\"}\n", "x", {}, "on a line of its own (jq -c . FILE"},
        {"a row for names, of short sentences", "s.tsv", "Go.\tGeh.\tCC-BY 2.0\nHi.\tHallo!\tCC-BY 2.0\nRun!\tLauf!\tCC-BY 2.0\n", "x", {}, "instead of the names of its columns"},
        {"a row for names, of words", "s.tsv", "house\tHaus\tCC-BY\ntree\tBaum\tCC-BY\n", "x", {}, "instead of the names of its columns"},
        {"an abbreviation for a name", "s.csv", "No.,Frage,Antwort\n1,Who bakes?,Odo bakes.\n2,Who rows?,Tam.\n", "x", {}, "prompt=Frage,completion=Antwort would read it"},
        {"trees that say no last node", "s.json",
         R"row([{"title": "t", "mapping": {"a": {"id": "a", "message": null}, "b": {"id": "b", "parent": "a", "message": {"author": {"role": "user"}, "content": {"parts": ["Who bakes?"]}}}}}])row",
         "x", {}, "recurse($m[.].parent"},
        {"words with tags, one row", "s.jsonl", R"row({"tokens": ["Mira", "bakes"], "ner_tags": [1, 0]})row" "\n", "x", {}, "a tag for each"},
        {"words with tags", "s.jsonl", R"row({"id": "1", "words": ["Mira", "bakes"], "labels": ["B-PER", "O"]}
{"id": "2", "words": ["Odo"], "labels": ["B-PER"]}
)row",
         "x", {}, "a tag for each"},
        {"objects without fields", "s.jsonl", "{}\n{}\n", "x", {}, "objects without any field"},
        {"a name without quotes", "s.jsonl", "{broken 2\n", "x", {}, "the name of a field needs double quotes"},
        {"parts that are no text", "s.jsonl",
         R"row({"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "a"}}, {"type": "text", "text": "What?"}]}, {"role": "assistant", "content": "A mill."}]}
{"messages": [{"role": "user", "content": "Who bakes?"}, {"role": "assistant", "content": "Odo."}]}
)row",
         "chat", {"! else leave the row out", "user:Who bakes?|assistant:Odo."}, ""},
        {"as Python prints it", "s.jsonl", "{'instruction': 'Who bakes?', 'output': 'Odo.'}\n", "x", {}, "json.dumps() writes it right"},
    };
    return table;
}
