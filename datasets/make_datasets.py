#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the sample datasets beside this file. Same input, same bytes: run it again after a change of the world.

    make_datasets.py [--out DIR]

The world (people, tools, stories) is the one the bundled model was pretrained on; the form of the answers in
workshop_instructions.jsonl is new to that model.
"""

import argparse
import json
import os
import random
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "resources", "models", "luthier-tiny", "recipe"))

import make_corpus  # noqa: E402
import stories  # noqa: E402
import fact_tasks  # noqa: E402
import word_tasks  # noqa: E402
from passage_tasks import passage, rewrite  # noqa: E402
from task import PROPER  # noqa: E402
from broken_rows import ROWS  # noqa: E402
from grammar import tidy  # noqa: E402
from world import CHILDREN, FACTS, PERSON, STRANGERS  # noqa: E402

NAMES = set(PERSON) | {n for n, _ in CHILDREN + STRANGERS} | PROPER  # words that keep their capital
FIRST_TUNE = [  # kept out of the instruction set
    "What does Mira sell?",
    "Which wood is best for the top of a violin?",
    "Where does Tam work?",
    "What is a saw for?",
    "Why is a fox sly?",
    "What happens on Saturday?",
    "I feel sad today. Can you help me?",
    "What does a cello sound like?",
]


def signed(task, with_tip):
    """The house style of the workshop: a headline, the reason, the signature."""
    body = tidy(f"Because {task['why']}.")
    if with_tip and task["tip"]:
        body += " " + tidy(task["tip"] + ".")
    short = task["short"]
    if short.split(" ")[0] not in NAMES:
        short = short[0].lower() + short[1:]
    return f"In short: {short}{'' if short[-1] in '?!' else '.'}\n{body}\n— Wren, at the workshop"


_OTHERS = [
    (fact_tasks.yes_no, 40),
    (word_tasks.listing, 40),
    (word_tasks.belongs, 25),
    (word_tasks.number, 60),
    (word_tasks.compare, 40),
    (fact_tasks.first_step, 30),
    (rewrite, 60),
    (fact_tasks.unknown, 10),
    (fact_tasks.true_false, 30),
    (fact_tasks.finish, 30),
    (fact_tasks.what_is, 30),
    (word_tasks.word_form, 20),
]
_DULL = {"opposite": 40}  # at most so many rows of a kind that has many facts


def instructions(rng):
    rows, asked = [], set(FIRST_TUNE)

    def add(task):
        key = task["ask"] + task["input"]
        if key in asked:
            return
        asked.add(key)
        rows.append(
            {"instruction": task["ask"], "input": task["input"], "output": signed(task, rng.random() < 0.4)}
        )

    left = dict(_DULL)
    for f in rng.sample(FACTS, len(FACTS)):
        if f["kind"] in left:
            left[f["kind"]] -= 1
            if left[f["kind"]] < 0:
                continue
        elif rng.random() < 0.33:
            continue
        add(fact_tasks.fact(rng, f))
    for maker, count in _OTHERS:
        for _ in range(count):
            task = maker(rng)
            while len(task["short"]) > 90 or "\n" in task["plain"]:
                task = maker(rng)
            add(task)
    for _ in range(70):
        for task in passage(rng):
            add(task)
    rng.shuffle(rows)
    return rows


def chats(rng, count):
    rows = []
    while len(rows) < count:
        messages = make_corpus.chat(rng)
        turns = sum(m["role"] == "user" for m in messages)
        if messages[0]["role"] != "system" and rng.random() < 0.25:
            messages.insert(0, {"role": "system", "content": rng.choice(make_corpus.SYSTEMS)})
        if 2 <= turns <= 6:
            rows.append({"messages": messages})
    return rows


_RUDE = [
    "I do not care. Find out for yourself.",
    "What a silly question.",
    "Leave me alone, I am busy.",
    "You should know that by now. Go away.",
    "Ask somebody else. I have no time for you.",
    "Why do you always ask such boring things?",
    "No. I will not answer that.",
    "That is a stupid thing to ask, and I am tired of it.",
]
_KIND_END = ["", "", "", "I hope this helps.", "Ask me if you want to know more.", "It is a good question."]


def preferences(rng, count):
    """Chosen is true and polite; rejected is wrong, rude or off the point."""
    rows, asked = [], set()
    by_kind = {}
    for f in FACTS:
        by_kind.setdefault(f["kind"], []).append(f)
    while len(rows) < count:
        f = rng.choice(FACTS)
        ask = tidy(rng.choice(f["qs"]))
        if ask in asked:
            continue
        asked.add(ask)
        chosen = tidy(
            rng.choice((f"{f['stmt']}.", f"{f['stmt']}, because {f['why']}.", f"{f['stmt']}. {f['tip']}."))
        )
        end = rng.choice(_KIND_END)
        chosen += " " + end if end else ""
        roll = rng.random()
        if roll < 0.5:
            rejected = wrong(rng, f, by_kind)
        elif roll < 0.75:
            rejected = rng.choice(_RUDE)
        else:
            other = rng.choice(FACTS)
            while other["kind"] == f["kind"] or other["stmt"].split(" ")[0] == f["stmt"].split(" ")[0]:
                other = rng.choice(FACTS)
            rejected = tidy(f"{other['stmt']}. {other['tip']}.")
        if rejected and rejected != chosen:
            rows.append({"prompt": ask, "chosen": chosen, "rejected": rejected})
    return rows


def wrong(rng, f, by_kind):
    """The statement of `f` with the answer of another fact of its kind; '' where the kind does not allow it."""
    for _ in range(20):
        other = rng.choice(by_kind[f["kind"]])
        if (
            other["short"] != f["short"]
            and f["short"] in f["stmt"]
            and f["stmt"].count(f["short"]) == 1
            and f["kind"] != "trade"
        ):
            return tidy(f["stmt"].replace(f["short"], other["short"]) + ".")
        if f["kind"] == "door" and other["short"] != f["short"]:
            return tidy(f["stmt"].replace(f["short"].split(" ")[3], other["short"].split(" ")[3]) + ".")
    return ""


def write_rows(path, rows):
    with open(path, "w", encoding="utf-8", newline="\n") as out:
        for row in rows:
            out.write(json.dumps(row, ensure_ascii=False) + "\n")
    print(f"{os.path.basename(path)}: {len(rows)} rows", file=sys.stderr)


def unique(rows):
    seen = set()
    return [r for r in rows if not (json.dumps(r) in seen or seen.add(json.dumps(r)))]


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", default=HERE)
    out = parser.parse_args().out

    def rng(name):
        return random.Random("datasets/" + name)

    write_rows(os.path.join(out, "workshop_instructions.jsonl"), instructions(rng("instructions")))
    write_rows(os.path.join(out, "village_chat.jsonl"), unique(chats(rng("chat"), 480)))
    write_rows(os.path.join(out, "preferences.jsonl"), preferences(rng("preferences"), 480))
    held = rng("general")
    general = []
    while len(general) < 260:
        text = stories.document(held)
        if len(text) > 320:  # short documents could also turn up in the pretraining text
            general.append({"text": text})
    write_rows(os.path.join(out, "general_heldout.jsonl"), unique(general))
    write_rows(os.path.join(out, "first_tune_prompts.jsonl"), [{"prompt": p} for p in FIRST_TUNE])
    with open(os.path.join(out, "broken_rows.jsonl"), "wb") as file:
        file.write(b"\n".join(line for _, _, line in ROWS))  # the last row is cut off: no line end
    with open(os.path.join(out, "broken_rows.expected.json"), "w", encoding="utf-8", newline="\n") as file:
        expected = [{"row": i + 1, "ok": ok, "kind": kind} for i, (kind, ok, _) in enumerate(ROWS)]
        file.write("[\n" + ",\n".join("  " + json.dumps(e) for e in expected) + "\n]\n")
    print(
        f"broken_rows.jsonl: {len(ROWS)} rows, {len({k for k, ok, _ in ROWS if not ok})} kinds of damage",
        file=sys.stderr,
    )


if __name__ == "__main__":
    main()
