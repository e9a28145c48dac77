// SPDX-License-Identifier: GPL-3.0-or-later
// The table of tst_shapes.cpp: a file, and what its rows become (see account() there); no rows: it does not open, and says why.
#pragma once

#include "tests/core/more_strange_shapes.h"

inline std::vector<StrangeShape> firstStrangeShapes()
{
    return {
        {"arena battles", "s.jsonl",
         R"row({"question_id": "q1", "model_a": "m1", "model_b": "m2", "winner": "model_a", "conversation_a": [{"role": "user", "content": "Who bakes?"}, {"role": "assistant", "content": "Odo bakes."}], "conversation_b": [{"role": "user", "content": "Who bakes?"}, {"role": "assistant", "content": "Nobody."}], "turn": 1, "language": "English"}
{"question_id": "q1", "model_a": "m1", "model_b": "m2", "winner": "model_b", "conversation_a": [{"role": "user", "content": "Who bakes?"}, {"role": "assistant", "content": "Nobody."}], "conversation_b": [{"role": "user", "content": "Who bakes?"}, {"role": "assistant", "content": "Odo bakes."}], "turn": 1, "language": "English"}
{"question_id": "q1", "model_a": "m1", "model_b": "m2", "winner": "tie", "conversation_a": [{"role": "user", "content": "Who bakes?"}, {"role": "assistant", "content": "Odo bakes."}], "conversation_b": [{"role": "user", "content": "Who bakes?"}, {"role": "assistant", "content": "Nobody."}], "turn": 1, "language": "English"}
{"question_id": "q1", "model_a": "m1", "model_b": "m2", "winner": "tie (bothbad)", "conversation_a": [{"role": "user", "content": "Who bakes?"}, {"role": "assistant", "content": "Odo bakes."}], "conversation_b": [{"role": "user", "content": "Who bakes?"}, {"role": "assistant", "content": "Nobody."}], "turn": 1, "language": "English"}
)row",
         "comparison", {R"row(user:Who bakes? > assistant:Odo bakes. > assistant:Nobody.)row", R"row(user:Who bakes? > assistant:Odo bakes. > assistant:Nobody.)row", R"row(! "winner" is "tie", so neither answer can be preferred)row", R"row(! is "tie (bothbad)")row"}, ""},
        {"answers a and b by letter", "s.jsonl",
         R"row({"prompt": "Who bakes?", "response_a": "Odo bakes.", "response_b": "Nobody.", "winner": "a"}
{"prompt": "Who bakes?", "response_a": "Nobody.", "response_b": "Odo bakes.", "winner": "B"}
{"prompt": "Who bakes?", "response_a": "Odo bakes.", "response_b": "Nobody.", "winner": "Response A"}
{"prompt": "Who bakes?", "response_a": "Odo bakes.", "response_b": "Nobody.", "winner": "both_bad"}
)row",
         "comparison", {R"row(user:Who bakes? > assistant:Odo bakes. > assistant:Nobody.)row", R"row(user:Who bakes? > assistant:Odo bakes. > assistant:Nobody.)row", R"row(user:Who bakes? > assistant:Odo bakes. > assistant:Nobody.)row", R"row(! both_bad)row"}, ""},
        {"answers 1 and 2", "s.jsonl",
         R"row({"question": "Who bakes?", "answer_1": "Odo bakes.", "answer_2": "Nobody.", "preferred": 1}
{"question": "Who bakes?", "answer_1": "Nobody.", "answer_2": "Odo bakes.", "preferred": "2"}
{"question": "Who bakes?", "answer_1": "Nobody.", "answer_2": "Odo bakes.", "preferred": 3}
)row",
         "comparison", {R"row(user:Who bakes? > assistant:Odo bakes. > assistant:Nobody.)row", R"row(user:Who bakes? > assistant:Odo bakes. > assistant:Nobody.)row", R"row(! is 3, which)row"}, ""},
        {"answers 0 and 1 by an id", "s.jsonl",
         R"row({"prompt": "Who bakes?", "response_0": "Odo bakes.", "response_1": "Nobody.", "better_response_id": 0, "safer_response_id": 1}
{"prompt": "Who bakes?", "response_0": "Nobody.", "response_1": "Odo bakes.", "better_response_id": 1, "safer_response_id": 1}
)row",
         "comparison", {R"row(user:Who bakes? > assistant:Odo bakes. > assistant:Nobody.)row", R"row(user:Who bakes? > assistant:Odo bakes. > assistant:Nobody.)row"}, R"row("safer_response_id" (2 rows))row"},
        {"a post with two comments", "s.jsonl",
         R"row({"history": "Who bakes?", "human_ref_A": "Odo bakes.", "human_ref_B": "Nobody.", "labels": 1, "score_A": 12, "score_B": 3}
{"history": "Who bakes?", "human_ref_A": "Nobody.", "human_ref_B": "Odo bakes.", "labels": 0, "score_A": 1, "score_B": 5}
)row",
         "comparison", {R"row(user:Who bakes? > assistant:Odo bakes. > assistant:Nobody.)row", R"row(user:Who bakes? > assistant:Odo bakes. > assistant:Nobody.)row"}, ""},
        {"a number beside letters", "s.jsonl",
         R"row({"prompt": "Who bakes?", "response_a": "Odo bakes.", "response_b": "Nobody.", "winner": "a"}
{"prompt": "Who bakes?", "response_a": "Odo bakes.", "response_b": "Nobody.", "winner": 1}
)row",
         "comparison", {R"row(user:Who bakes? > assistant:Odo bakes. > assistant:Nobody.)row", R"row(! is 1, which may mean either answer; write "response_a" or "response_b")row"}, ""},
        {"scores of each", "s.jsonl",
         R"row({"prompt": "Who bakes?", "response_A": "Odo bakes.", "response_B": "Nobody.", "score_A": 0.9, "score_B": "0.1"}
{"prompt": "Who bakes?", "response_A": "Odo bakes.", "response_B": "Nobody.", "score_A": 0.5, "score_B": 0.5}
)row",
         "comparison", {R"row(user:Who bakes? > assistant:Odo bakes. > assistant:Nobody.)row", R"row(! worth the same)row"}, ""},
        {"scores of answers behind a question that is an object", "s.jsonl",
         R"row({"question": {"full_text": "Who bakes?", "dataset": "x"}, "answer_0": "Odo bakes.", "answer_1": "Nobody.", "score_0": 0.7, "score_1": -0.7}
)row",
         "comparison", {R"row(user:Who bakes? > assistant:Odo bakes. > assistant:Nobody.)row"}, ""},
        {"completions with scores", "s.jsonl",
         R"row({"instruction": "Who bakes?", "models": ["a", "b", "c"], "completions": [{"model": "a", "response": "Tam.", "overall_score": 5.0}, {"model": "b", "response": "Odo bakes.", "overall_score": 8.5}, {"model": "c", "response": "Nobody.", "overall_score": 3}]}
)row",
         "comparison", {R"row(user:Who bakes? > assistant:Odo bakes. > assistant:Nobody.)row"}, R"row(the best and the worst are a pair)row"},
        {"lists of answers and scores", "s.jsonl",
         R"row({"prompt": "Who bakes?", "responses": ["Odo bakes.", "Nobody."], "scores": [0.9, 0.1]}
{"query": "Who bakes?", "responses": ["Tam.", "Odo bakes.", "Nobody."], "scores": [2, 7, 1]}
)row",
         "comparison", {R"row(user:Who bakes? > assistant:Odo bakes. > assistant:Nobody.)row", R"row(user:Who bakes? > assistant:Odo bakes. > assistant:Nobody.)row"}, ""},
        {"answers with ranks", "s.jsonl",
         R"row({"prompt": "\n\nHuman: Who bakes?\n\nAssistant: ", "answers": [{"answer": "Nobody.", "model": "m", "rank": 2.0}, {"answer": "Odo bakes.", "model": "n", "rank": 1.0}]}
)row",
         "comparison", {R"row(user:Who bakes? > assistant:Odo bakes. > assistant:Nobody.)row"}, ""},
        {"a ranking", "s.jsonl",
         R"row({"prompt": "Who bakes?", "responses": ["Odo bakes.", "Tam.", "Nobody."], "ranking": [0, 1, 2]}
{"prompt": "Who bakes?", "responses": ["Tam.", "Odo bakes.", "Nobody."], "ranking": [1, 0, 2]}
{"prompt": "Who bakes?", "responses": ["Tam.", "Nobody.", "Odo bakes."], "ranking": [1, 2, 0]}
)row",
         "comparison", {R"row(user:Who bakes? > assistant:Odo bakes. > assistant:Nobody.)row", R"row(user:Who bakes? > assistant:Odo bakes. > assistant:Nobody.)row", R"row(! places of the answers or their ranks)row"}, ""},
        {"outputs and a preference", "s.jsonl",
         R"row({"instruction": "Who bakes?", "input": "", "output_1": "Odo bakes.", "output_2": "Nobody.", "preference": 1}
{"instruction": "Who bakes?", "input": "", "output_1": "Nobody.", "output_2": "Odo bakes.", "preference": 2}
)row",
         "comparison", {R"row(user:Who bakes? > assistant:Odo bakes. > assistant:Nobody.)row", R"row(user:Who bakes? > assistant:Odo bakes. > assistant:Nobody.)row"}, ""},
        {"a signed preference", "s.jsonl",
         R"row({"context": [{"role": "user", "content": "Who bakes?"}], "response1": "Odo bakes.", "response2": "Nobody.", "overall_preference": -2}
{"context": [{"role": "user", "content": "Who bakes?"}], "response1": "Nobody.", "response2": "Odo bakes.", "overall_preference": 3}
{"context": [{"role": "user", "content": "Who bakes?"}], "response1": "Nobody.", "response2": "Odo bakes.", "overall_preference": 0}
)row",
         "comparison", {R"row(user:Who bakes? > assistant:Odo bakes. > assistant:Nobody.)row", R"row(user:Who bakes? > assistant:Odo bakes. > assistant:Nobody.)row", R"row(! worth the same)row"}, ""},
        {"one column a winner", "s.jsonl",
         R"row({"model_a": "m", "model_b": "n", "prompt": "[\"Who bakes?\"]", "response_a": "[\"Odo bakes.\"]", "response_b": "[\"Nobody.\"]", "winner_model_a": 1, "winner_model_b": 0, "winner_tie": 0}
{"model_a": "m", "model_b": "n", "prompt": "[\"Who bakes?\"]", "response_a": "[\"Odo bakes.\"]", "response_b": "[\"Nobody.\"]", "winner_model_a": 0, "winner_model_b": 0, "winner_tie": 1}
)row",
         "comparison", {R"row(user:Who bakes? > assistant:Odo bakes. > assistant:Nobody.)row", R"row(! worth the same)row"}, ""},
        {"winners in a table", "s.csv",
         R"row(prompt,response_a,response_b,winner
Who bakes?,Odo bakes.,Nobody.,response_a
Who bakes?,Nobody.,Odo bakes.,response_b
Who bakes?,x,y,neither
)row",
         "comparison", {R"row(user:Who bakes? > assistant:Odo bakes. > assistant:Nobody.)row", R"row(user:Who bakes? > assistant:Odo bakes. > assistant:Nobody.)row", R"row(! neither)row"}, ""},
        {"winners by the model's name", "s.jsonl",
         R"row({"prompt": "Who bakes?", "model_a": "gpt", "model_b": "llama", "response_a": "Odo bakes.", "response_b": "Nobody.", "winner": "gpt"}
{"prompt": "Who bakes?", "model_a": "gpt", "model_b": "llama", "response_a": "Nobody.", "response_b": "Odo bakes.", "winner": "Llama"}
{"prompt": "Who bakes?", "response_a": "Nobody.", "response_b": "Odo bakes.", "winner": "zebra"}
)row",
         "comparison", {R"row(user:Who bakes? > assistant:Odo bakes. > assistant:Nobody.)row", R"row(user:Who bakes? > assistant:Odo bakes. > assistant:Nobody.)row", R"row(! "zebra", which names none of the answers)row"}, ""},
        {"winners as a sign between", "s.jsonl",
         R"row({"prompt": "Who bakes?", "answer_a": "Odo bakes.", "answer_b": "Nobody.", "verdict": "A>>B"}
{"prompt": "Who bakes?", "answer_a": "Nobody.", "answer_b": "Odo bakes.", "verdict": "A < B"}
{"prompt": "Who bakes?", "answer_a": "Nobody.", "answer_b": "Odo bakes.", "verdict": "A=B"}
)row",
         "comparison", {R"row(user:Who bakes? > assistant:Odo bakes. > assistant:Nobody.)row", R"row(user:Who bakes? > assistant:Odo bakes. > assistant:Nobody.)row", R"row(! A=B)row"}, ""},
        {"left and right", "s.jsonl",
         R"row({"prompt": "Who bakes?", "left_response": "Odo bakes.", "right_response": "Nobody.", "choice": "left"}
{"prompt": "Who bakes?", "left_response": "Nobody.", "right_response": "Odo bakes.", "choice": "right"}
)row",
         "comparison", {R"row(user:Who bakes? > assistant:Odo bakes. > assistant:Nobody.)row", R"row(user:Who bakes? > assistant:Odo bakes. > assistant:Nobody.)row"}, ""},
        {"two summaries and a place", "s.jsonl",
         R"row({"post": "Who bakes?", "summaries": [{"text": "Odo bakes.", "note": "x"}, {"text": "Nobody."}], "choice": 0}
{"post": "Who bakes?", "summaries": [{"text": "Nobody."}, {"text": "Odo bakes."}], "choice": 1}
)row",
         "comparison", {R"row(user:Who bakes? > assistant:Odo bakes. > assistant:Nobody.)row", R"row(user:Who bakes? > assistant:Odo bakes. > assistant:Nobody.)row"}, ""},
        {"the better answer itself", "s.jsonl",
         R"row({"prompt": "Who bakes?", "response_1": "Odo bakes.", "response_2": "Nobody.", "better": "Odo bakes."}
)row",
         "comparison", {R"row(user:Who bakes? > assistant:Odo bakes. > assistant:Nobody.)row"}, ""},
        {"nothing said of one row", "s.jsonl",
         R"row({"prompt": "Who bakes?", "response_a": "Odo bakes.", "response_b": "Nobody.", "winner": "a"}
{"prompt": "Who bakes?", "response_a": "Odo bakes.", "response_b": "Nobody."}
)row",
         "comparison", {R"row(user:Who bakes? > assistant:Odo bakes. > assistant:Nobody.)row", R"row(! nothing says which of its answers is better)row"}, ""},
        {"whole texts with the speakers' names", "s.jsonl",
         R"row({"chosen": "\n\nHuman: Who bakes?\n\nAssistant: Odo bakes.", "rejected": "\n\nHuman: Who bakes?\n\nAssistant: Nobody."}
{"chosen": "\n\nHuman: Hi\n\nAssistant: Hello.\n\nHuman: Who rows?\n\nAssistant: Tam.\n\nAda.", "rejected": "\n\nHuman: Hi\n\nAssistant: Hello.\n\nHuman: Who rows?\n\nAssistant: Go."}
{"prompt": "\n\nHuman: Who bakes?\n\nAssistant:", "chosen": " Odo bakes.", "rejected": "Nobody."}
)row",
         "preference", {R"row(user:Who bakes? > assistant:Odo bakes. > assistant:Nobody.)row", R"row(user:Hi|assistant:Hello.|user:Who rows? > assistant:Tam.

Ada. > assistant:Go.)row", R"row(user:Who bakes? > assistant: Odo bakes. > assistant:Nobody.)row"}, ""},
        {"a prompt with the speakers' names", "s.jsonl",
         R"row({"prompt": "\n\nHuman: Who bakes?\n\nAssistant:", "completion": "Odo bakes."}
{"prompt": "\n\nHuman: Hi\n\nAssistant: Hello.\n\nHuman: Who rows?\n\nAssistant:", "completion": "Tam."}
{"prompt": "Human: Who is human: Odo or Tam?", "completion": "Odo."}
)row",
         "completion", {R"row(user:Who bakes?|assistant:Odo bakes.)row", R"row(user:Hi|assistant:Hello.|user:Who rows?|assistant:Tam.)row", R"row(user:Human: Who is human: Odo or Tam?|assistant:Odo.)row"}, ""},
        {"a third answer makes a question with choices", "s.jsonl",
         R"row({"question": "Which?", "answer_a": "oak", "answer_b": "pike", "answer_c": "carp", "label": "a"}
)row",
         "prompt", {R"row(user:Which?)row"}, ""},
        {"lists of question and answer", "s.jsonl",
         R"row(["Who bakes?", "Odo bakes."]
["Who rows?", "Tam."]
)row",
         "completion", {R"row(user:Who bakes?|assistant:Odo bakes.)row", R"row(user:Who rows?|assistant:Tam.)row"}, R"row(read as a question and its answer)row"},
        {"a list of such lists", "s.json",
         R"row([["Who bakes?", "Odo bakes."], ["Who rows?", "Tam."]])row",
         "completion", {R"row(user:Who bakes?|assistant:Odo bakes.)row", R"row(user:Who rows?|assistant:Tam.)row"}, ""},
        {"a first row of names", "s.jsonl",
         R"row(["id", "instruction", "output"]
[1, "Who bakes?", "Odo bakes."]
[2, "Who rows?", "Tam."]
[3, "Who?"]
)row",
         "instruction", {R"row(user:Who bakes?|assistant:Odo bakes.)row", R"row(user:Who rows?|assistant:Tam.)row", R"row(! "output" is missing)row"}, R"row(names the columns ("id", "instruction", "output"))row"},
        {"names in another language", "s.jsonl",
         R"row(["Frage", "Antwort"]
["Who bakes?", "Odo bakes."]
["Who rows?", "Tam."]
)row",
         "x", {}, R"row(prompt=Frage,completion=Antwort would read it)row"},
        {"lists of three without names", "s.jsonl",
         R"row(["Be brief.", "Who bakes?", "Odo bakes."]
["Be brief.", "Who rows?", "Tam."]
)row",
         "x", {}, R"row(nothing says what stands in them)row"},
        {"lists of roles and texts", "s.jsonl",
         R"row([["user", "Who bakes?"], ["assistant", "Odo bakes."]]
[["human", "Who bakes?"], ["gpt", "Odo bakes."]]
)row",
         "chat", {R"row(user:Who bakes?|assistant:Odo bakes.)row", R"row(user:Who bakes?|assistant:Odo bakes.)row"}, ""},
        {"messages as pairs", "s.jsonl",
         R"row({"messages": [["user", "Who bakes?"], ["assistant", "Odo bakes."]]}
{"conversations": [["Who bakes?", "Odo bakes."], ["Really?", "Yes."]]}
)row",
         "chat", {R"row(user:Who bakes?|assistant:Odo bakes.)row", R"row(user:Who bakes?|assistant:Odo bakes.|user:Really?|assistant:Yes.)row"}, ""},
        {"messages by the speaker's name", "s.jsonl",
         R"row({"messages": [{"user": "Who bakes?"}, {"assistant": "Odo bakes."}]}
{"conversation": [{"human": "Who bakes?", "assistant": "Odo bakes."}, {"human": "Really?", "assistant": "Yes."}]}
)row",
         "chat", {R"row(user:Who bakes?|assistant:Odo bakes.)row", R"row(user:Who bakes?|assistant:Odo bakes.|user:Really?|assistant:Yes.)row"}, ""},
        {"texts without speakers", "s.jsonl",
         R"row({"messages": [{"role": "user", "content": "Who bakes?"}, {"role": "assistant", "content": "Odo bakes."}]}
{"messages": ["Who bakes?", "Odo bakes."]}
)row",
         "chat", {R"row(user:Who bakes?|assistant:Odo bakes.)row", R"row(! do not say who speaks)row"}, ""},
        {"texts alone", "s.jsonl",
         R"row("A mill."
"A bell."
)row",
         "text", {R"row(text A mill.)row", R"row(text A bell.)row"}, R"row(read as "text")row"},
        {"an export with chat_messages", "s.jsonl",
         R"row({"uuid": "x", "name": "t", "chat_messages": [{"uuid": "a", "text": "Who bakes?", "sender": "human", "content": [{"type": "text", "text": "Who bakes?"}]}, {"uuid": "b", "text": "Odo bakes.", "sender": "assistant", "content": [{"type": "text", "text": "Odo bakes."}]}]}
)row",
         "chat", {R"row(user:Who bakes?|assistant:Odo bakes.)row"}, ""},
        {"contents with parts", "s.jsonl",
         R"row({"systemInstruction": {"role": "system", "parts": [{"text": "Be brief."}]}, "contents": [{"role": "user", "parts": [{"text": "Who bakes?"}]}, {"role": "model", "parts": [{"text": "Odo bakes."}]}]}
)row",
         "chat", {R"row(system:Be brief.|user:Who bakes?|assistant:Odo bakes.)row"}, ""},
        {"a system text in parts", "s.jsonl",
         R"row({"system": [{"type": "text", "text": "Be brief."}], "messages": [{"role": "user", "content": "Who bakes?"}, {"role": "assistant", "content": "Odo bakes."}]}
)row",
         "chat", {R"row(system:Be brief.|user:Who bakes?|assistant:Odo bakes.)row"}, ""},
        {"content as an object and as a list of texts", "s.jsonl",
         R"row({"messages": [{"role": "user", "content": {"text": "Who bakes?"}}, {"role": "assistant", "content": ["Odo bakes."]}]}
)row",
         "chat", {R"row(user:Who bakes?|assistant:Odo bakes.)row"}, ""},
        {"types of speakers", "s.jsonl",
         R"row({"messages": [{"type": "human", "content": "Who bakes?"}, {"type": "ai", "content": "Odo bakes."}]}
{"messages": [{"type": "human", "data": {"content": "Who bakes?", "additional_kwargs": {}}}, {"type": "ai", "data": {"content": "Odo bakes."}}]}
)row",
         "chat", {R"row(user:Who bakes?|assistant:Odo bakes.)row", R"row(user:Who bakes?|assistant:Odo bakes.)row"}, ""},
        {"authors with roles", "s.jsonl",
         R"row({"messages": [{"author": {"role": "user"}, "content": {"content_type": "text", "parts": ["Who bakes?"]}}, {"author": {"role": "assistant"}, "content": {"content_type": "text", "parts": ["Odo bakes."]}}]}
)row",
         "chat", {R"row(user:Who bakes?|assistant:Odo bakes.)row"}, ""},
        {"messages inside of messages", "s.jsonl",
         R"row({"conversation": {"messages": [{"role": "user", "content": "Who bakes?"}, {"role": "assistant", "content": "Odo bakes."}]}}
)row",
         "chat", {R"row(user:Who bakes?|assistant:Odo bakes.)row"}, ""},
        {"speakers in other languages", "s.jsonl",
         R"row({"messages": [{"role": "Benutzer", "content": "Who bakes?"}, {"role": "Assistent", "content": "Odo bakes."}]}
{"messages": [{"role": "usuario", "content": "Who bakes?"}, {"role": "asistente", "content": "Odo bakes."}]}
{"messages": [{"role": "用户", "content": "Who bakes?"}, {"role": "助手", "content": "Odo bakes."}]}
{"messages": [{"role": "Alice", "content": "Who bakes?"}, {"role": "Bob", "content": "Odo bakes."}]}
)row",
         "chat", {R"row(user:Who bakes?|assistant:Odo bakes.)row", R"row(user:Who bakes?|assistant:Odo bakes.)row", R"row(user:Who bakes?|assistant:Odo bakes.)row", R"row(! its role is "Alice")row"}, ""},
        {"a message a row", "s.jsonl",
         R"row({"message_id": "1", "text": "Who bakes?", "role": "prompter"}
{"message_id": "2", "text": "Odo bakes.", "role": "assistant"}
)row",
         "x", {}, R"row(single messages; put those of one conversation into one row)row"},
        {"decisions about labels", "s.jsonl",
         R"row({"text": "I like it.", "label": "GOOD", "answer": "accept", "_task_hash": 2}
{"text": "It is cold.", "label": "GOOD", "answer": "reject", "_task_hash": 4}
{"text": "Hm.", "label": "GOOD", "answer": "ignore"}
)row",
         "classification", {R"row(user:I like it.

What is the label of this text?|assistant:GOOD)row", R"row(bad user:It is cold.

What is the label of this text?|assistant:GOOD)row", R"row(! left it out)row"}, ""},
        {"answers with their places", "s.jsonl",
         R"row({"context": "Odo bakes.", "question": "Who bakes?", "answers": {"text": ["Odo", "Odo bakes"], "answer_start": [0, 0]}}
{"context": "The mill.", "question": "Who flies?", "answers": {"text": [], "answer_start": []}}
)row",
         "completion", {R"row(user:Who bakes?
Odo bakes.|assistant:Odo)row", R"row(user:Who flies?
The mill.|assistant:)row"}, R"row(the first is learned)row"},
        {"answers of which any is right", "s.jsonl",
         R"row({"question": "Who bakes?", "answers": ["Odo bakes.", "Odo."]}
{"question": "Who bakes?", "answers": [{"text": "Odo bakes."}]}
)row",
         "completion", {R"row(user:Who bakes?|assistant:Odo bakes.)row", R"row(user:Who bakes?|assistant:Odo bakes.)row"}, R"row(the first is learned)row"},
        {"questions inside of paragraphs", "s.json",
         R"row({"version": "2.0", "data": [{"title": "Mill", "paragraphs": [{"context": "c", "qas": [{"id": "1", "question": "Who bakes?", "answers": [{"text": "Odo", "answer_start": 3}]}]}]}]})row",
         "x", {}, R"row(as SQuAD has them; write a row for each)row"},
        {"tasks of Label Studio", "s.jsonl",
         R"row({"id": 1, "data": {"text": "x"}, "annotations": [{"result": []}]}
)row",
         "x", {}, R"row(JSON-MIN)row"},
        {"answers of a batch", "s.jsonl",
         R"row({"id": "b", "custom_id": "r1", "response": {"status_code": 200, "body": {"choices": [{"message": {"role": "assistant", "content": "Odo bakes."}}]}}, "error": null}
)row",
         "x", {}, R"row(without their questions)row"},
        {"requests of a batch", "s.jsonl",
         R"row({"custom_id": "r1", "method": "POST", "url": "/v1", "body": {"messages": [{"role": "user", "content": "Who bakes?"}]}}
)row",
         "x", {}, R"row(without answers)row"},
        {"trees of an export", "s.json",
         R"row([{"title": "t", "mapping": {"a": {"message": null}}, "current_node": "a"}])row",
         "x", {}, R"row(as trees)row"},
        {"rows in a member", "s.jsonl",
         R"row({"row_idx": 0, "row": {"question": "Who bakes?", "answer": "Odo bakes."}}
{"row_idx": 1, "row": {"question": "Who bakes?", "answer": "Odo bakes."}}
{"row_idx": 2, "row": {"question": "Who bakes?", "answer": "Odo bakes."}}
)row",
         "x", {}, R"row(prompt=row/question,completion=row/answer would read it)row"},
        {"translations", "s.jsonl",
         R"row({"translation": {"en": "Who bakes the bread here?", "de": "Wer?"}}
{"translation": {"en": "Who rows the boat here?", "de": "Wer?"}}
)row",
         "x", {}, R"row(prompt=translation/de,completion=translation/en would read it)row"},
        {"a member for each row", "s.json",
         R"row({"1": {"instruction": "Who bakes?", "output": "Odo bakes."}, "2": {"instruction": "Who rows?", "output": "Tam."}})row",
         "x", {}, R"row(a member for each row)row"},
        {"questions for names", "s.json",
         R"row({"Who bakes?": "Odo bakes.", "Who rows?": "Tam.", "Who sings?": "Ada."})row",
         "x", {}, R"row(a member for each row)row"},
        {"a table without names", "s.csv",
         R"row(Who bakes?,Odo bakes.
Who rows?,Tam rows.
Who sings?,Ada sings.
)row",
         "x", {}, R"row(instead of the names of its columns)row"},
        {"commas in a .tsv", "s.tsv",
         R"row(instruction,output
Who bakes?,Odo bakes.
)row",
         "instruction", {R"row(user:Who bakes?|assistant:Odo bakes.)row"}, ""},
        {"names in German", "s.csv",
         R"row(Frage;Antwort
Who bakes?;Odo bakes.
)row",
         "x", {}, R"row(prompt=Frage,completion=Antwort would read it)row"},
        {"names in Russian and Chinese", "s.jsonl",
         R"row({"Вопрос": "Who bakes?", "Ответ": "Odo bakes."}
)row",
         "x", {}, R"row(would read it as Completion)row"},
        {"conversations in a conversation", "s.json",
         R"row({"version": "1", "conversations": [{"id": "x", "conversations": [{"from": "human", "value": "Who bakes?"}, {"from": "gpt", "value": "Odo bakes."}]}]})row",
         "chat", {R"row(! it is a whole conversation; write each conversation as a row)row"}, ""},
        {"two summaries without their post", "s.jsonl",
         R"row({"summaries": [{"text": "A mill."}, {"text": "A bell."}], "choice": 0}
)row",
         "comparison", {R"row(! "prompt" is missing)row"}, ""},
        {"single messages with times", "s.jsonl",
         R"row({"role": "user", "content": "Who bakes?", "ts": 1}
)row",
         "x", {}, R"row(single messages)row"},
        {"a pointer instead of a file", "s.parquet",
         R"row(version https://git-lfs.github.com/spec/v1
oid sha256:aa
size 9
)row",
         "x", {}, R"row(pointer of Git LFS)row"},
        {"a web page instead of rows", "s.jsonl",
         R"row(<!DOCTYPE html><html></html>
)row",
         "x", {}, R"row(web page)row"},
        {"comments in a document", "s.json",
         R"row(// our questions
[
  /* Odo */ {"instruction": "Who bakes?", "output": "Odo bakes.",}, // he does
  {"instruction": "See https://a.b/c, # /* no */", "output": "No // comment."}, # the last
]
)row",
         "instruction", {R"row(user:Who bakes?|assistant:Odo bakes.)row", R"row(user:See https://a.b/c, # /* no */|assistant:No // comment.)row"}, R"row(no JSON; they are left out)row"},
        {"comments between lines", "s.jsonl",
         R"row(# questions
{"instruction": "Who bakes?", "output": "Odo bakes."}
  // more
{"instruction": "Who sings?", "output": "Mira, \"the \\\" // one\"."} // why
)row",
         "instruction", {R"row(user:Who bakes?|assistant:Odo bakes.)row", R"row(user:Who sings?|assistant:Mira, "the \" // one".)row"}, R"row(no JSON; they are left out)row"},
        {"a comment behind one row is its damage", "s.jsonl",
         R"row({"instruction": "Who bakes?", "output": "Odo bakes."}
{"instruction": "Who sings?", "output": "Mira."} // why
)row",
         "instruction", {R"row(user:Who bakes?|assistant:Odo bakes.)row", R"row(! something follows the end of the row)row"}, ""},
        {"questions with answers in a text", "s.txt",
         R"row(Q: Who bakes?
A: Odo bakes.

Q: Who sings?
Loudly?
A: Mira sings.
In the choir.

And at home.
)row",
         "completion", {R"row(user:Who bakes?|assistant:Odo bakes.)row", R"row(user:Who sings?
Loudly?|assistant:Mira sings.
In the choir.

And at home.)row"}, R"row(to learn it as one text, name it .md)row"},
        {"numbered questions with stars", "s.txt",
         R"row(**Question 1:** Who bakes?

**Answer:** Odo bakes.

**Question 2:** Who sings?

**Answer:** Mira sings.
)row",
         "completion", {R"row(user:Who bakes?|assistant:Odo bakes.)row", R"row(user:Who sings?|assistant:Mira sings.)row"}, R"row(questions with answers)row"},
        {"a question without an answer is a text", "s.txt", "Q: Who bakes?\nQ: Who sings?\nA: Mira.\n", "text", {"text Q: Who bakes?\nQ: Who sings?\nA: Mira.\n"}, ""},
        {"an exported chat", "s.txt", "12/03/24, 10:15 - Mira: Who bakes?\n12/03/24, 10:16 - Odo: I do.\n", "text",
         {"text 12/03/24, 10:15 - Mira: Who bakes?\n12/03/24, 10:16 - Odo: I do.\n"}, "messages of an exported chat"},
        {"another exported chat", "s.txt", "[12.03.24, 10:15:02] Mira: Who bakes?\n[12.03.24, 10:16:11] Odo: I do.\n", "text",
         {"text [12.03.24, 10:15:02] Mira: Who bakes?\n[12.03.24, 10:16:11] Odo: I do.\n"}, "messages of an exported chat"},
        {"a table that is called a text", "s.txt", "#separator:tab\nWho bakes?\tOdo.\nWho sings?\tMira.\n", "text", {"text #separator:tab\nWho bakes?\tOdo.\nWho sings?\tMira.\n"},
         "name it .tsv"},
        {"rows that are JSON once more", "s.jsonl",
         R"row("{\"instruction\": \"Who bakes?\", \"output\": \"Odo.\"}"
"{\"instruction\": \"Who sings?\", \"output\": \"Mira.\"}"
)row",
         "instruction", {R"row(user:Who bakes?|assistant:Odo.)row", R"row(user:Who sings?|assistant:Mira.)row"}, R"row(hold JSON once more)row"},
        {"lists of one label", "s.jsonl",
         R"row({"text": "Rain again.", "labels": ["weather"]}
{"text": "Bread is dear.", "labels": ["market"]}
{"text": "Nothing.", "labels": null}
)row",
         "classification", {"user:Rain again.\n\nWhat is the label of this text?|assistant:weather", "user:Bread is dear.\n\nWhat is the label of this text?|assistant:market",
                            "user:Nothing.\n\nWhat is the label of this text?|assistant:"}, R"row(lists of one value in "labels" are read as that value)row"},
        {"lists of labels", "s.jsonl",
         R"row({"text": "Rain again.", "labels": ["weather"]}
{"text": "Bread is dear.", "labels": ["market", "news"]}
)row",
         "classification", {"user:Rain again.\n\nWhat is the label of this text?|assistant:[\"weather\"]", "user:Bread is dear.\n\nWhat is the label of this text?|assistant:[\"market\",\"news\"]"}, ""},
        {"lists of one answer in a table", "s.csv", "question,answer\nWho bakes?,\"[\"\"Odo.\"\"]\"\n", "completion", {"user:Who bakes?|assistant:Odo."}, "are read as that value"},
        {"what leads to an answer", "s.jsonl",
         R"row({"question": "2 + 2?", "thinking": "Two and two make four.", "answer": "It is 4"}
{"question": "3 + 2?", "thinking": "Three and two make five.", "answer": "It is 5"}
)row",
         "completion", {"user:2 + 2?|assistant:It is 4", "user:3 + 2?|assistant:It is 5"}, "completion=thinking+answer"},
        {"questions and answers inside of members", "s.jsonl",
         R"row({"inputs": {"question": "Who bakes?"}, "outputs": {"answer": "Odo."}, "input": {"question": "Who?"}, "output": {"answer": "Odo."}}
{"input": {"question": "Who sings?"}, "output": {"answer": "Mira."}}
)row",
         "completion", {"! must be a text", "! must be a text"}, "prompt=input"},
        {"two texts and a judgement", "s.jsonl",
         R"row({"premise": "Odo bakes.", "hypothesis": "Someone bakes.", "label": 0}
{"premise": "Odo bakes.", "hypothesis": "Nobody bakes.", "label": 2}
)row",
         "x", {}, "text=premise+hypothesis,label=label would read it as Classification"},
        {"intents", "s.json", R"row({"intents": [{"tag": "hi", "patterns": ["Hi", "Hello"], "responses": ["Hello!"]}]})row", "x", {}, "several patterns and responses"},
        {"a table split into its parts", "s.json", R"row({"columns": ["instruction", "output"], "index": [0], "data": [["Who bakes?", "Odo."]]})row", "x", {}, "orient=\"split\""},
        {"a title above the names", "s.csv", "Questions of 2024,,\nquestion,answer,x\nWho bakes?,Odo bakes.,1\n", "x", {}, "remove what stands above the names"},
        {"messages as Python prints them", "s.csv", "messages\n\"[{'role': 'user', 'content': 'Who bakes?'}, {'role': 'assistant', 'content': 'Odo.'}]\"\n", "chat",
         {"user:Who bakes?|assistant:Odo."}, ""},
        {"messages as numpy prints them, without commas", "s.csv",
         "messages\n\"[{'content': 'Who bakes?', 'role': 'user'}\n {'content': \"\"It's Odo.\"\", 'role': 'assistant', 'weight': None}]\"\n", "chat", {"user:Who bakes?|assistant:It's Odo."}, ""},
        {"messages that were cut", "s.csv", "messages\n\"[{'role': 'user', 'content': 'Who bakes?'}, {'role': 'assi\"\n", "chat", {"! neither JSON nor a list as Python prints it"}, ""},
        {"answers as pandas writes them", "s.csv",
         "question,answers\nWho bakes?,\"{'text': ['Odo.'], 'answer_start': [0]}\"\nWho sings?,\"{'text': array(['Mira.', 'Tam.'], dtype=object), 'answer_start': array([4, 9], dtype=int32)}\"\n",
         "completion", {"user:Who bakes?|assistant:Odo.", "user:Who sings?|assistant:Mira."}, ""},
        {"labels in brackets", "s.csv", "text,label\nRain again.,[1]\nBread is dear.,[0]\n", "classification",
         {"user:Rain again.\n\nWhat is the label of this text?|assistant:1", "user:Bread is dear.\n\nWhat is the label of this text?|assistant:0"}, "lists of one value in \"label\""},
        {"labels in brackets and quotes", "s.csv", "text,label\nRain again.,['weather']\nBread is dear.,\"[\"\"market\"\"]\"\n", "classification",
         {"user:Rain again.\n\nWhat is the label of this text?|assistant:weather", "user:Bread is dear.\n\nWhat is the label of this text?|assistant:market"}, "lists of one value"},
        {"a pair of lists of one answer", "s.jsonl", R"row({"prompt": "Who bakes?", "chosen": ["Odo."], "rejected": ["Nobody."]})row" "\n", "preference",
         {"user:Who bakes? > assistant:Odo. > assistant:Nobody."}, "lists of one value in \"chosen\", \"rejected\""},
        {"lists of several in a table stay as they stand", "s.csv", "question,answer\nWho bakes?,\"['Odo', 'Tam']\"\nWho sings?,['Mira']\n", "completion",
         {"user:Who bakes?|assistant:['Odo', 'Tam']", "user:Who sings?|assistant:['Mira']"}, ""},
        {"q and a", "s.csv", "q,a\nWho of them bakes?,Odo.\nWho of them sings?,Mira.\n", "x", {}, "prompt=q,completion=a would read it as Completion"},
        {"q and a beside an id", "s.jsonl", R"row({"id": "x-1", "q": "Who bakes?", "a": "Odo."}
{"id": "x-2", "q": "Who sings?", "a": "Mira."}
)row",
         "x", {}, "prompt=q,completion=a would read it as Completion"},
        {"an id and a title", "s.jsonl", R"row({"id": "8d1f-aa", "title": "Odo bakes"}
{"id": "8d1f-ab", "title": "Mira sings"}
)row",
         "x", {}, "text=title would read it as Text"},
        {"an id that ends in Id", "s.jsonl", R"row({"ticketId": "AB-1", "client_msg_id": "77", "note": "Odo bakes bread."}
{"ticketId": "AB-2", "client_msg_id": "78", "note": "Mira sings songs."}
)row",
         "x", {}, "text=note would read it as Text"},
        {"LangSmith's questions", "s.jsonl", R"row({"id": "1", "inputs": {"question": "Who bakes?", "context": "Odo is a baker."}, "outputs": {"answer": "Odo."}, "metadata": {"question": "x"}}
{"id": "2", "inputs": {"question": "Who sings?", "context": "Mira sings."}, "outputs": {"answer": "Mira."}, "metadata": {"question": "x"}}
)row",
         "x", {}, "prompt=inputs/question,completion=outputs/answer,input=inputs/context would read it as Completion"},
        {"LangSmith's messages", "s.jsonl", R"row({"inputs": {"messages": [{"role": "user", "content": "Who bakes?"}]}, "outputs": {"message": {"role": "assistant", "content": "Odo."}}}
{"inputs": {"messages": [{"role": "user", "content": "Who sings?"}]}, "outputs": {"message": {"role": "assistant", "content": "Mira."}}}
)row",
         "x", {}, "prompt=inputs/messages,completion=outputs/message would read it as Completion"},
        {"LangSmith's fields of any name", "s.jsonl", R"row({"outputs": {"verdict": "It bakes."}, "inputs": {"ticket": "What is it?"}}
{"outputs": {"verdict": "It sings."}, "inputs": {"ticket": "And that?"}}
)row",
         "x", {}, "prompt=inputs/ticket,completion=outputs/verdict would read it as Completion"},
        {"LangSmith's runs", "s.jsonl", R"row({"id": "1", "run_type": "llm", "inputs": {"x": 1}, "outputs": {"y": 2}})row" "\n", "x", {}, "traces of runs"},
        {"Langfuse's items", "s.jsonl", R"row({"id": "1", "input": {"messages": [{"role": "user", "content": "Who bakes?"}]}, "expectedOutput": {"role": "assistant", "content": "Odo."}}
{"id": "2", "input": {"messages": [{"role": "user", "content": "Who sings?"}]}, "expectedOutput": {"role": "assistant", "content": "Mira."}}
)row",
         "x", {}, "prompt=input/messages,completion=expectedOutput would read it as Completion"},
        {"what is expected of an input", "s.jsonl", R"row({"input": "Who bakes of them all?", "expected": "Odo.", "tags": []}
{"input": "Who sings of them all?", "expected": "Mira.", "tags": []}
)row",
         "x", {}, "prompt=input,completion=expected would read it as Completion"},
        {"MT-bench's questions", "s.jsonl", R"row({"question_id": 81, "category": "writing", "turns": ["Write of Odo.", "Write it shorter."]})row" "\n", "x", {}, "questions of a benchmark (MT-bench)"},
        {"MT-bench's answers", "s.jsonl", R"row({"question_id": 81, "answer_id": "x", "model_id": "m", "choices": [{"index": 0, "turns": ["Odo.", "O."]}]})row" "\n", "x", {}, "join both by \"question_id\""},
        {"a stream of a server", "s.jsonl", "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Odo\"}}]}\n\ndata: [DONE]\n", "x", {}, "a line of a server's stream"},
        {"a stream with the names of its events", "s.jsonl", "event: message_start\ndata: {\"type\":\"message_start\"}\n\n", "x", {}, "a line of a server's stream"},
        {"a stream that begins with a remark", "s.json", ": PROCESSING\n\ndata: {\"choices\":[{\"delta\":{\"content\":\"Odo\"}}]}\n", "x", {}, "a line of a server's stream"},
        {"rows of a stream", "s.jsonl", "data: {\"prompt\":\"Who?\",\"completion\":\"Odo.\"}\n", "x", {}, "take away what stands before its opening brace"},
        {"pieces of OpenAI's answer", "s.jsonl", R"row({"id": "c", "object": "chat.completion.chunk", "choices": [{"index": 0, "delta": {"content": "Odo"}}]})row" "\n", "x", {}, "the pieces of an answer"},
        {"pieces of Anthropic's answer", "s.jsonl", R"row({"type": "message_start", "message": {"role": "assistant"}}
{"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Odo"}}
)row",
         "x", {}, "the pieces of an answer"},
        {"pieces of Ollama's answer", "s.jsonl", R"row({"model": "m", "created_at": "2026", "message": {"role": "assistant", "content": "Odo"}, "done": false}
{"model": "m", "created_at": "2026", "message": {"role": "assistant", "content": ""}, "done": true}
)row",
         "x", {}, "the pieces of an answer"},
        {"a type like that of a stream's piece", "s.jsonl", R"row({"type": "message_reply", "instruction": "Who bakes?", "output": "Odo bakes."})row" "\n",
         "instruction", {R"row(user:Who bakes?|assistant:Odo bakes.)row"}, "\"type\""},
        {"turns that are texts", "s.jsonl", R"row({"turns": ["Who bakes?", "Odo."]})row" "\n", "x", {}, "do not say who speaks"},
        {"an answer that is the place of a choice", "s.jsonl", R"row({"question": "Who bakes?", "subject": "people", "choices": ["Mira", "Odo", "Tam"], "answer": 1}
{"question": "Who sings?", "subject": "people", "choices": ["Mira", "Odo", "Tam"], "answer": 0}
)row",
         "completion", {"user:Who bakes?|assistant:1", "user:Who sings?|assistant:0"}, "--map 'input=choices,completion=choices[answer]'"},
        {"places that begin with 1 choose nothing", "s.jsonl", R"row({"question": "Who bakes?", "choices": ["Mira", "Odo", "Tam"], "answer": 2}
{"question": "Who sings?", "choices": ["Mira", "Odo", "Tam"], "answer": 1}
)row",
         "completion", {"user:Who bakes?|assistant:2", "user:Who sings?|assistant:1"}, "--map input=choices, or data.format"},
        {"choices with labels", "s.jsonl", R"row({"id": "M1", "question": "Who bakes?", "choices": {"text": ["Mira", "Odo"], "label": ["A", "B"]}, "answerKey": "B"}
{"id": "M2", "question": "Who sings?", "choices": {"text": ["Mira", "Odo"], "label": ["1", "2"]}, "answerKey": "1"}
)row",
         "prompt", {"user:Who bakes?", "user:Who sings?"}, "prompt=question,input=choices,completion=choices[answerKey] would read it as Completion"},
        {"endings", "s.jsonl", R"row({"ind": 4, "activity_label": "Baking", "ctx_a": "Odo has flour.", "ctx_b": "he", "ctx": "Odo has flour. he", "endings": ["bakes.", "sings."], "split": "train", "label": "0"}
{"ind": 5, "activity_label": "Singing", "ctx_a": "Mira has a song.", "ctx_b": "she", "ctx": "Mira has a song. she", "endings": ["bakes.", "sings."], "split": "train", "label": "1"}
)row",
         "x", {}, "prompt=ctx,input=endings,completion=endings[label] would read it as Completion"},
        {"words are no choices", "s.jsonl", R"row({"tweet": "Odo bakes bread", "tokens": ["Odo", "bakes", "bread"], "label": 1}
{"tweet": "Mira sings songs", "tokens": ["Mira", "sings", "songs"], "label": 0}
)row",
         "x", {}, "text=tweet,label=label would read it as Classification"},
        {"Slack's messages", "s.json", R"row([{"client_msg_id": "u1", "type": "message", "user": "U01", "text": "Who bakes?", "ts": "1700.1", "team": "T1"}, {"type": "message", "user": "U02", "text": "Odo.", "ts": "1700.2"}])row", "x", {},
         "as Slack exports them"},
        {"Telegram's chat", "s.json", R"row({"name": "Mira", "type": "personal_chat", "id": 5, "messages": [{"id": 1, "type": "message", "from": "Mira", "from_id": "user1", "text": "Who bakes?"}, {"id": 2, "type": "message", "from": "Odo", "from_id": "user2", "text": "I do."}]})row",
         "x", {}, "a chat between people"},
        {"Discord's channel", "s.json", R"row({"guild": {"id": "1"}, "channel": {"id": "2"}, "messages": [{"id": "3", "type": "Default", "timestamp": "2024-01-01", "content": "Who bakes?", "author": {"id": "1", "name": "Mira"}}]})row",
         "x", {}, "a chat between people"},
        {"a dialogue with its summary", "s.csv", "id,dialogue,summary,topic\ntrain_0,\"#Person1#: Who bakes?\n#Person2#: Odo.\",#Person1# asks who bakes.,bread\n", "completion",
         {"user:#Person1#: Who bakes?\n#Person2#: Odo.|assistant:#Person1# asks who bakes."}, "not read, and so not learned: \"topic\" (1 row)"},
        {"a list of turns with a summary", "s.jsonl", R"row({"dialogue": [{"role": "user", "content": "Who bakes?"}, {"role": "assistant", "content": "Odo."}], "summary": "Odo bakes."})row" "\n", "chat",
         {"user:Who bakes?|assistant:Odo."}, "\"summary\" (1 row)"},
        {"a conversation by another name", "s.jsonl", R"row({"id": "x", "items": [{"from": "human", "value": "Who bakes?"}, {"from": "gpt", "value": "Odo."}]}
{"id": "y", "items": [{"from": "human", "value": "Who sings?"}, {"from": "gpt", "value": "Mira."}]}
)row",
         "x", {}, "messages=items would read it as Chat"},
        {"Open WebUI's chats", "s.json", R"row([{"id": "x", "title": "Bread", "chat": {"models": ["m"], "history": {"messages": {"1": {"role": "user", "content": "Who bakes?"}}}, "messages": [{"role": "user", "content": "Who bakes?"}, {"role": "assistant", "content": "Odo."}]}},
{"id": "y", "title": "Songs", "chat": {"models": ["m"], "history": {"messages": {"1": {"role": "user", "content": "Who sings?"}}}, "messages": [{"role": "user", "content": "Who sings?"}, {"role": "assistant", "content": "Mira."}]}}])row",
         "x", {}, "messages=chat/messages would read it as Chat"},
        {"LangChain's messages", "s.jsonl", R"row({"messages": [{"lc": 1, "type": "constructor", "id": ["langchain", "schema", "messages", "HumanMessage"], "kwargs": {"content": "Who bakes?", "type": "human"}}, {"lc": 1, "type": "constructor", "id": ["langchain", "schema", "messages", "AIMessage"], "kwargs": {"content": "Odo.", "type": "ai"}}]})row" "\n",
         "chat", {"user:Who bakes?|assistant:Odo."}, ""},
        {"promptfoo's tests", "s.jsonl", R"row({"vars": {"question": "Who bakes?"}, "assert": [{"type": "equals", "value": "Odo"}]})row" "\n", "x", {}, "promptfoo's tests"},
        {"Argilla's records", "s.jsonl", R"row({"id": "1", "fields": {"prompt": "Who bakes?"}, "responses": [{"values": {"answer": {"value": "Odo."}}}], "metadata": {}})row" "\n", "x", {}, "Argilla's records"},
        {"a text with its title", "s.jsonl", R"row({"title": "Of bread", "text": "Odo bakes bread in the morning."}
{"title": "Of songs", "text": "Mira sings in the evening."}
)row",
         "text", {"text Odo bakes bread in the morning.", "text Mira sings in the evening."}, "--format completion --map prompt=title,completion=text"},
        {"Anki's notes", "s.tsv", "#separator:tab\n#html:true\n#tags column:3\nWho bakes?\tOdo.\tbread\nWho sings?\tMira.\tsongs\n", "x", {}, "prompt=Front,completion=Back would read it as Completion"},
        {"Anki's notes with names", "s.csv", "#separator:semicolon\n#columns:Question;Answer;Tags\nWho bakes?;Odo.;bread\n", "completion", {"user:Who bakes?|assistant:Odo."}, "\"Tags\" (1 row)"},
    };
}

inline const std::vector<StrangeShape>& strangeShapes()
{
    static const std::vector<StrangeShape> table = [] {
        std::vector<StrangeShape> all = firstStrangeShapes();
        all.insert(all.end(), moreStrangeShapes().begin(), moreStrangeShapes().end());
        return all;
    }();
    return table;
}
