// SPDX-License-Identifier: GPL-3.0-or-later
// More files as people have them: each row of tst_unread.cpp's table has a cause, and these are its neighbours: other spellings,
// orders, shapes and mixtures of the same.
#pragma once

#include <string>
#include <vector>

struct FileCase {
    const char* name;
    const char* file;
    std::string content;
    const char* format;
    std::vector<std::string> trained; // of each row
    std::vector<std::string> unread;  // "column rows why"
    std::string offer;                // "format field=column,..."; empty: none
    std::vector<std::string> said;    // parts of remarks
};

// A turn that is marked in this way stands before one that is not.
inline FileCase marked(const char* name, const std::string& mark)
{
    return {name, "t.jsonl",
            R"({"messages": [{"role": "user", "content": "Who bakes?"}, {"role": "assistant", "content": "Nobody.", )" + mark
                + R"(}, {"role": "user", "content": "Who bakes?"}, {"role": "assistant", "content": "Odo bakes."}]})" + "\n",
            "chat", {"Odo bakes.<|end|>"}, {}, "", {}};
}

// An answer judged bad, and one judged good.
inline FileCase judged(const char* name, const std::string& column, const std::string& bad, const std::string& good)
{
    const auto row = [&](const char* answer, const std::string& said) {
        return R"({"prompt": "Who bakes?", "completion": ")" + std::string(answer) + "\", \"" + column + "\": " + said + "}\n";
    };
    return {name, "t.jsonl", row("Nobody.", bad) + row("Odo bakes.", good), "unpaired", {"", "Odo bakes.<|end|>"}, {}, "", {}};
}

inline FileCase spoken(const char* name, const std::string& user, const std::string& assistant)
{
    return {name, "t.jsonl",
            R"({"conversations": [{"from": ")" + user + R"(", "value": "Who bakes?"}, {"from": ")" + assistant + R"(", "value": "Odo bakes."}]})" + "\n",
            "chat", {"Odo bakes.<|end|>"}, {}, "", {}};
}

inline const std::vector<FileCase>& neighbours()
{
    static const std::vector<FileCase> table{
        marked("a weight of 0.0", "\"weight\": 0.0"),
        marked("a weight as text", "\"weight\": \"0\""),
        marked("another case of weight", "\"Weight\": 0"),
        marked("no training", "\"train\": \"no\""),
        marked("not trainable", "\"trainable\": false"),
        marked("not trained", "\"is_trained\": \"FALSE\""),
        marked("not to learn", "\"learn\": 0"),
        marked("no loss in text", "\"loss\": \"0.0\""),
        marked("no loss to compute", "\"calculate_loss\": false"),
        marked("not in the loss", "\"include_in_loss\": \"n\""),
        marked("masked", "\"masked\": true"),
        marked("ignored", "\"ignore\": 1"),
        {"half a weight", "t.jsonl",
         R"({"messages": [{"role": "user", "content": "Who bakes?"}, {"role": "assistant", "content": "Odo bakes.", "weight": 0.5}]})", "chat",
         {"Odo bakes.<|end|>"}, {}, "", {"count as 1"}},

        judged("letters", "label", "\"n\"", "\"Y\""),
        judged("accepted", "label", "\"rejected\"", "\"accepted\""),
        judged("correct", "label", "\"Incorrect\"", "\"correct \""),
        judged("numbers with a point", "label", "0.0", "\"1.0\""),
        judged("thumbs in a word", "label", "\"thumbsdown\"", "\"thumbsup\""),
        judged("thumbs of colour", "thumbs", "\"\U0001F44E\U0001F3FD\"", "\"\U0001F44D\U0001F3FB\""),
        judged("thumbs of a chat", "feedback", "\":-1:\"", "\":+1:\""),
        judged("a column of thumbs", "thumbs_up", "false", "true"),
        judged("a good column", "is_good", "0", "1"),
        judged("thumbs in a rating", "rating", "\"\U0001F44E\"", "\"\U0001F44D\""),
        judged("words in a rating", "Rating", "\"Bad\"", "\"good\""),
        judged("a vote of -1", "vote", "-1", "1"),
        judged("a verdict", "verdict", "\"fail\"", "\"pass\""),
        judged("a score that is true", "score", "false", "true"),
        {"stars are no judgement", "t.jsonl", R"({"prompt": "Who bakes?", "completion": "Odo.", "rating": 5}
{"prompt": "Who rows?", "completion": "Tam.", "rating": 1}
)",
         "completion", {"Odo.<|end|>", "Tam.<|end|>"}, {"rating 2 format"}, "", {}},
        {"numbers between -1 and 1", "t.jsonl", R"({"prompt": "Who bakes?", "completion": "Odo.", "reward": -1}
{"prompt": "Who rows?", "completion": "Tam.", "reward": 0}
{"prompt": "Who rows?", "completion": "Tam.", "reward": 1}
)",
         "completion", {"Odo.<|end|>", "Tam.<|end|>", "Tam.<|end|>"}, {"reward 3 format"}, "", {}},
        {"a short prompt that the answers repeat", "t.jsonl",
         R"({"prompt": "Who?", "chosen": [{"role": "user", "content": "Who?"}, {"role": "assistant", "content": "Odo."}], "rejected": [{"role": "user", "content": "Who?"}, {"role": "assistant", "content": "No."}]}
{"prompt": [{"role": "user", "content": " Who?"}], "chosen": [{"role": "user", "content": "Who?"}, {"role": "assistant", "content": "Odo."}], "rejected": [{"role": "user", "content": "Who?"}, {"role": "assistant", "content": "No."}]}
)",
         "preference", {"Odo.<|end|>", "Odo.<|end|>"}, {"prompt 2 repeated"}, "", {}},
        {"a short prompt that the answers do not repeat", "t.jsonl",
         R"({"prompt": "Why?", "chosen": [{"role": "user", "content": "Who?"}, {"role": "assistant", "content": "Odo."}], "rejected": [{"role": "user", "content": "Who?"}, {"role": "assistant", "content": "No."}]})",
         "preference", {"Odo.<|end|>"}, {"prompt 1 format"}, "", {}},
        {"a mark inside of an answer", "t.jsonl", R"({"instruction": "Say <|end|> now", "output": "It is [INST] there."})", "instruction", {"It is [INST] there.<|end|>"}, {}, "",
         {"stand inside of what is said in 1 row (row 1); in an answer they are learned, and may end it in its middle"}},
        {"lines behind a spreadsheet's table", "t.csv", "prompt;completion;\r\nWho bakes?;Odo.;\r\n;;\r\n;;\r\n", "completion", {"Odo.<|end|>"}, {}, "",
         {"2 lines at its end hold nothing but delimiters"}},
        judged("a desirable column", "Is_Desirable", "\"FALSE\"", "\"TRUE\""),

        spoken("versions", "human", "gpt-3.5-turbo"),
        spoken("a later version", "HUMAN", "GPT-4o"),
        spoken("numbered speakers", "user_1", "assistant 2"),
        spoken("speakers with colons", "User:", "Assistant:"),
        spoken("speakers in marks", "<|user|>", "<|assistant|>"),
        spoken("questions and answers by letter", "Q", "A"),
        spoken("input and output", "input", "output"),
        spoken("a person and an llm", "person", "LLM"),

        {"messages by other keys", "t.jsonl",
         R"({"messages": [{"speaker": "user", "text": "Who bakes?"}, {"speaker": "assistant", "text": "Odo bakes."}]}
{"messages": [{"author": "user", "content": "Who bakes?"}, {"author": "assistant", "content": "Odo bakes."}]}
{"messages": [{"sender": "user", "message": "Who bakes?"}, {"sender": "bot", "message": "Odo bakes."}]}
{"messages": [{"from": "human", "text": "Who bakes?"}, {"from": "gpt", "text": "Odo bakes."}]}
{"messages": [{"ROLE": "user", "CONTENT": "Who bakes?"}, {"Role": "assistant", "Content": "Odo bakes."}]}
)",
         "chat", {"Odo bakes.<|end|>", "Odo bakes.<|end|>", "Odo bakes.<|end|>", "Odo bakes.<|end|>", "Odo bakes.<|end|>"}, {}, "", {}},
        {"pairs by other names", "t.jsonl",
         R"({"prompt": "Who bakes?", "better": "Odo bakes.", "worse": "Tam."}
{"question": "Who bakes?", "response_j": "Odo bakes.", "response_k": "Tam."}
{"prompt": "Who bakes?", "preferred": "Odo bakes.", "dispreferred": "Tam."}
)",
         "preference", {"Odo bakes.<|end|>", "Odo bakes.<|end|>", "Odo bakes.<|end|>"}, {}, "", {}},
        {"a conversation before a pair", "t.jsonl",
         R"({"conversations": [{"from": "human", "value": "Who bakes?"}], "chosen": {"from": "gpt", "value": "Odo bakes."}, "rejected": {"from": "gpt", "value": "Tam."}}
{"messages": [{"role": "user", "content": "Who bakes?"}], "chosen": "Odo bakes.", "rejected": "Tam."}
)",
         "preference", {"Odo bakes.<|end|>", "Odo bakes.<|end|>"}, {}, "", {}},
        {"lists as answers", "t.jsonl",
         R"({"instruction": "Name trees.", "output": ["oak", "ash", "elm"]}
{"instruction": "Name fish.", "output": ["pike"]}
{"instruction": "Name stones.", "output": []}
)",
         "completion", {R"(["oak","ash","elm"]<|end|>)", R"(["pike"]<|end|>)", "[]<|end|>"}, {}, "", {}},
        {"lists of two", "t.jsonl", R"({"instruction": "Who bakes?", "output": ["Odo bakes.", "Tam."]})", "preference", {"Odo bakes.<|end|>"}, {}, "",
         {"a better and a worse"}},
        {"a text with the speakers' names", "t.jsonl", R"({"text": "Human: Who bakes?\n\nAssistant: Odo bakes."})", "text", {"Human: Who bakes?\n\nAssistant: Odo bakes.</s>"}, {}, "", {"marks of a chat template"}},
        {"a text with large names", "t.jsonl", R"({"text": "USER: Who bakes? ASSISTANT: Odo bakes."})", "text", {"USER: Who bakes? ASSISTANT: Odo bakes.</s>"}, {}, "", {"marks of a chat template"}},
        {"headers with spaces that nobody sees", "t.csv", "\xEF\xBB\xBF Instruction\xC2\xA0,\xE2\x80\x8BOutput\nWho bakes?,Odo bakes.\n", "instruction",
         {"Odo bakes.<|end|>"}, {}, "", {}},
        {"a larger word before the delimiter", "t.csv", "SEP=;\r\ninstruction;output\r\nWho bakes?;Odo bakes.\r\n", "instruction", {"Odo bakes.<|end|>"}, {}, "", {}},
        {"rows in a text file", "t.txt", "{\"instruction\":\"Who bakes?\",\"output\":\"Odo.\"}\n{\"instruction\":\"Who rows?\",\"output\":\"Tam.\"}\n", "instruction",
         {"Odo.<|end|>", "Tam.<|end|>"}, {}, "", {"JSON objects"}},
        {"an index without a name", "t.csv", ",instruction,output\n0,Who bakes?,Odo.\n1,Who rows?,Tam.\n", "instruction", {"Odo.<|end|>", "Tam.<|end|>"},
         {"column 1 2 bookkeeping"}, "", {}},
        {"an empty instruction beside an input", "t.jsonl",
         R"({"instruction": "", "input": "Who bakes?", "output": "Odo."}
{"instruction": "Who bakes?", "input": "", "output": "Odo."}
)",
         "instruction", {"Odo.<|end|>", "Odo.<|end|>"}, {}, "", {}},
        {"empty answers of instructions", "t.jsonl",
         R"({"instruction": "Who bakes?", "output": ""}
{"instruction": "Who bakes?", "output": " \n"}
{"instruction": "Who bakes?", "output": null}
{"instruction": "Who bakes?", "output": "Odo."}
)",
         "instruction", {"", "", "", "Odo.<|end|>"}, {}, "", {}},
        {"empty cells", "t.csv", "prompt,completion\nWho bakes?,\n,Odo.\nWho bakes?,Odo.\n", "completion", {"", "Odo.<|end|>", "Odo.<|end|>"}, {}, "", {}},
        {"empty answers of pairs", "t.jsonl",
         R"({"prompt": "Who bakes?", "chosen": "", "rejected": "Tam."}
{"prompt": "Who bakes?", "chosen": "Odo.", "rejected": ""}
{"prompt": "Who bakes?", "chosen": [{"role": "assistant", "content": ""}], "rejected": [{"role": "assistant", "content": "Tam."}]}
)",
         "preference", {"", "Odo.<|end|>", ""}, {}, "", {}},
        {"an empty turn between others", "t.jsonl",
         R"({"messages": [{"role": "user", "content": "Who?"}, {"role": "assistant", "content": ""}, {"role": "user", "content": "Who?"}, {"role": "assistant", "content": "Odo."}]}
{"messages": [{"role": "user", "content": ""}, {"role": "assistant", "content": "Odo."}]}
{"messages": [{"role": "user", "content": "Who?"}, {"role": "assistant", "content": null}]}
)",
         "chat", {"Odo.<|end|>", "Odo.<|end|>", ""}, {}, "", {}},
        {"empty labels", "t.csv", "text,label\nGood bread,\nBad bread,bad\n", "classification", {"", "bad<|end|>"}, {}, "", {}},
        {"what was thought before the answer", "t.jsonl",
         R"({"messages": [{"role": "user", "content": "Who?"}, {"role": "assistant", "content": [{"type": "thinking", "thinking": "Hm.", "signature": "x"}, {"type": "text", "text": "Odo."}]}]}
)",
         "chat", {"Odo.<|end|>"}, {"messages/*/content/*/signature 1 format", "messages/*/content/*/thinking 1 template"}, "", {}},
        {"an empty judged answer", "t.jsonl",
         R"({"prompt": "Who bakes?", "completion": "", "label": true}
{"prompt": "Who bakes?", "completion": "Odo.", "label": true}
)",
         "unpaired", {"", "Odo.<|end|>"}, {"label 1 template"}, "", {}}, // where nothing is learned, nothing was judged
    };
    return table;
}
