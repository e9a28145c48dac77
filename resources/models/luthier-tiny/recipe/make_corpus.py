#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes text and chats of the village of Alderbrook: pretrain_text.jsonl, pretrain_chats.jsonl, and the same two of held_out.

    make_corpus.py --out DIR [--megabytes 60] [--seed 1] [--held-out-megabytes 1] [--jobs N]

The output depends on --seed and the sizes only. Text is about 55 % of the bytes, chats are the rest.
"""

import argparse
import json
import multiprocessing
import os
import random
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import stories  # noqa: E402
from passage_tasks import passage  # noqa: E402
from talk_tasks import social  # noqa: E402
from tasks import KINDS  # noqa: E402
from fact_tasks import fact  # noqa: E402
from grammar import cap  # noqa: E402
from world import FACTS  # noqa: E402

BLOCK = 500_000  # bytes a worker writes at one time
TEXT_SHARE = 0.55
_FUNCTIONS = [f for f, weight in KINDS for _ in range(weight)]
SYSTEMS = [
    "You are a helpful guide to the village of Alderbrook.",
    "You answer questions about Alderbrook.",
    "You are a kind helper.",
    "Be friendly and clear.",
    "You help visitors in Alderbrook.",
    "Answer the questions of the children.",
    "You speak with travellers at the inn.",
]
_BRIEF = [
    "Answer in as few words as you can.",
    "Keep your answers very short.",
    "Answer with a few words only.",
    "Be brief.",
]
_WHY = ["Why?", "Why is that?", "And why?", "Why is it so?", "Can you tell me why?", "What is the reason?"]
_MORE = ["", "", "", "", "", "And ", "Please tell me: ", "One more question: ", "I also wonder: "]
_ASKING = {"What", "Where", "Who", "How", "Which", "Does", "Is", "When", "Why"}
_ORDERS = {"Tell", "Describe", "Explain", "Name", "Count", "Give", "List", "Can", "Could"}
_BY_SUBJECT = {}
for _f in FACTS:
    _BY_SUBJECT.setdefault(_f["stmt"].split(" ")[0] if _f["stmt"][0].isupper() else _f["kind"], []).append(_f)
_SUBJECTS = [s for s in _BY_SUBJECT if len(_BY_SUBJECT[s]) > 3]


def _user(rng, task):
    """The request as the user types it, with its passage before or after."""
    if not task["input"]:
        return _typed(rng, task["ask"])
    gap = rng.choice(("\n", "\n", "\n\n", " "))
    return task["ask"] + gap + task["input"] if rng.random() < 0.65 else task["input"] + gap + task["ask"]


def _turn(messages, user, answer):
    messages.append({"role": "user", "content": user})
    messages.append({"role": "assistant", "content": answer})


def _typed(rng, ask):
    """The way people type: short forms, small letters, a missing mark, a word of courtesy."""
    roll = rng.random()
    if roll < 0.72:
        return ask
    if roll < 0.8:
        for old, new in (
            ("What is", "What's"),
            ("Who is", "Who's"),
            ("Where is", "Where's"),
            ("I am", "I'm"),
            ("do not", "don't"),
        ):
            if ask.startswith(old) or old[0] in "Id":
                ask = ask.replace(old, new)
        return ask
    if roll < 0.86:
        return ask.lower() if rng.random() < 0.5 else ask.lower().rstrip("?.")
    if roll < 0.9:
        return ask.rstrip("?.")
    lower = ask[0].lower() + ask[1:] if ask.split(" ")[0] in _ASKING or ask.split(" ")[0] in _ORDERS else ask
    if roll < 0.95:
        lead = rng.choice(
            (
                "Please tell me, ",
                "Excuse me, ",
                "Hello, ",
                "Hi! ",
                "Quick question: ",
                "Hey, ",
                "Good morning. ",
                "I have a question. ",
            )
        )
        return lead + (lower if lead[-2] == "," else ask)
    return ask + rng.choice(
        (" Thank you!", " Please.", " I would like to know.", " I am new here.", " Thanks.")
    )


def _more(rng, ask):
    """A follow-up question, sometimes with a lead."""
    if ask.split(" ")[0] not in _ASKING:
        return ask
    lead = rng.choice(_MORE)
    return lead + (ask[0].lower() + ask[1:] if lead == "And " else ask)


def chat(rng):
    messages = []
    brief = False
    if rng.random() < 0.16:
        brief = rng.random() < 0.3
        messages.append({"role": "system", "content": rng.choice(_BRIEF if brief else SYSTEMS)})
    if rng.random() < 0.12:
        task = social(rng, rng.choice((0, 0, 1, 4, 5)))
        _turn(messages, task["ask"], task["plain"])
    roll = rng.random()
    if roll < 0.2:  # questions about one passage
        found = passage(rng)
        first = found[0]
        _turn(messages, _user(rng, first), cap(first["short"]) + "." if brief else first["plain"])
        for task in found[1 : rng.randrange(1, 3)]:
            _turn(messages, _more(rng, task["ask"]), cap(task["short"]) + "." if brief else task["plain"])
        if rng.random() < 0.4:
            task = fact(rng)
            _turn(messages, _more(rng, task["ask"]), task["plain"])
    else:
        subject = _BY_SUBJECT[rng.choice(_SUBJECTS)] if roll < 0.45 else None
        turns = rng.choice((1, 1, 2, 2, 3, 3, 4, 4, 5))
        facts = rng.sample(subject, min(turns, len(subject))) if subject else [None] * turns
        for i, f in enumerate(facts):
            task = fact(rng, f) if f else rng.choice(_FUNCTIONS)(rng)
            short = brief and task["brief"]
            _turn(
                messages,
                _more(rng, _user(rng, task)) if i and not task["input"] else _user(rng, task),
                cap(task["short"]) + "." if short else task["plain"],
            )
            if (
                f
                and not brief
                and "because" not in task["plain"]
                and "reason" not in task["plain"]
                and rng.random() < 0.25
            ):
                _turn(
                    messages,
                    rng.choice(_WHY),
                    rng.choice(
                        ("Because {w}.", "Because {w}.", "That is because {w}.", "The reason is that {w}.")
                    ).format(w=f["why"]),
                )
    if rng.random() < 0.1:
        task = social(rng, rng.choice((2, 2, 3)))
        _turn(messages, task["ask"], task["plain"])
    return messages


def _block(args):
    """One block of lines; its content depends on the arguments only, so the number of workers does not matter."""
    name, seed, index = args
    rng = random.Random(f"{name}/{seed}/{index}")
    lines, size, text_size = [], 0, 0
    while size < BLOCK:
        if text_size <= size * TEXT_SHARE:
            row = {"text": stories.document(rng)}
        else:
            row = {"messages": chat(rng)}
        line = json.dumps(row, ensure_ascii=False)
        size += len(line)
        text_size += len(line) if "text" in row else 0
        lines.append(line)
    return lines


def write(path, name, seed, megabytes, jobs, taken):
    """path_text.jsonl and path_chats.jsonl: a file holds rows of one shape."""
    want, size, index, rows, repeated = int(megabytes * 1e6), 0, 0, 0, 0
    with (
        open(path + "_text.jsonl", "w", encoding="utf-8", newline="\n") as texts,
        open(path + "_chats.jsonl", "w", encoding="utf-8", newline="\n") as chats,
        multiprocessing.Pool(jobs) as pool,
    ):
        while size < want:
            count = max(1, min(4 * jobs, -(-(want - size) // BLOCK)))
            for lines in pool.imap(_block, [(name, seed, index + i) for i in range(count)]):
                for line in lines:
                    key = hash(line)
                    if key in taken:
                        repeated += 1
                        continue
                    if size >= want:
                        break
                    taken.add(key)
                    (texts if line.startswith('{"text"') else chats).write(line + "\n")
                    size += len(line.encode()) + 1
                    rows += 1
            index += count
    print(f"{path}: {rows} rows, {size} bytes, {repeated} repeated rows left out", file=sys.stderr)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", required=True)
    parser.add_argument("--megabytes", type=float, default=60)
    parser.add_argument("--held-out-megabytes", type=float, default=0.5)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    args = parser.parse_args()
    os.makedirs(args.out, exist_ok=True)
    taken = set()
    write(
        os.path.join(args.out, "held_out"),
        "held out",
        args.seed,
        args.held_out_megabytes,
        args.jobs,
        taken,
    )
    write(os.path.join(args.out, "pretrain"), "pretrain", args.seed, args.megabytes, args.jobs, taken)


if __name__ == "__main__":
    main()
