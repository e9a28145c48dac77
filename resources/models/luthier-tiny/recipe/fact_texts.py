# SPDX-License-Identifier: GPL-3.0-or-later
"""Passages and conversations in which facts of the world are told."""

from grammar import Context, cap, sentence, tidy
from story import SUBJECT_FACTS, cast
from words import WORDS
from world import FACTS, PEOPLE, PERSON, PRONOUNS, VILLAGE

_LINK = [
    "",
    "",
    "",
    "also, ",
    "as everyone knows, ",
    "and in case you wonder, ",
    "in {v}, ".replace("{v}", VILLAGE),
]


def fact_text(rng, facts):
    out = []
    for f in facts:
        roll = rng.random()
        link = rng.choice(_LINK) if out else ""
        if roll < 0.4:
            out.append(f"{link}{f['stmt']}.")
        elif roll < 0.7:
            out.append(f"{link}{f['stmt']}, because {f['why']}.")
        elif roll < 0.85:
            out.append(f"{f['stmt']}. the reason is that {f['why']}.")
        else:
            out.append(f"because {f['why']}, {f['stmt']}.")
    return out


def facts_passage(rng):
    if rng.random() < 0.5:
        name = rng.choice(PEOPLE)["name"]
        facts = rng.sample(SUBJECT_FACTS[name], rng.randrange(3, 7))
        lines = fact_text(rng, facts)
        he = PRONOUNS[PERSON[name]["g"]]["he"]
        for i in range(1, len(lines)):
            if lines[i].startswith(name + " ") and rng.random() < 0.7:
                lines[i] = he + lines[i][len(name) :]
    else:
        lines = fact_text(rng, rng.sample(FACTS, rng.randrange(3, 6)))
    slots, _ = cast(rng)
    ctx = Context(rng, WORDS, slots)
    if rng.random() < 0.6:
        lines.insert(
            0,
            ctx.say(
                "[{A} wrote this in a notebook on a {season} {time}.|A visitor asked many questions about {village}.|This is what {B} told the children.|{B} and {A} talked about the village {B.where}.|From the notes of a traveller:|{A} learned some new things on {day}.]"
            ),
        )
    if rng.random() < 0.3:
        lines.append(
            ctx.say(
                '[More than that {A} did not know.|The rest is another story.|{B} knows even more.|"Is that true?" asked {A}. "Every word," said {B}.|This was true last {season}, and it is true today.]'
            )
        )
    return tidy(" ".join(lines))


def conversation(rng):
    """Two villagers, or a visitor and a villager, talk about things that are true."""
    slots, _ = cast(rng)
    ctx = Context(rng, WORDS, slots)
    a, b = slots["A"], slots["B"]
    out = [
        ctx.say(
            '[{A} met {B} {B.where}.|On {day} {time} {A} came to see {B}.|{A} sat down beside {B} on a bench near the {outside}.|"{*greet~c}!" said {A}.|{A} had many questions, and {B} had time.]'
        )
    ]
    subject = rng.choice(PEOPLE)["name"]
    pool = SUBJECT_FACTS[subject] if rng.random() < 0.4 and subject not in (a, b) else FACTS
    pool = [f for f in pool if a not in f["stmt"] and b not in f["stmt"]]
    for f in rng.sample(pool, rng.randrange(2, 5)):
        ask = rng.choice(f["qs"])
        stop = ask[-1]
        said = rng.choice((f"{f['stmt']}", f"{f['stmt']}, because {f['why']}"))
        out.append(f'"{ask}" asked {a}.' if stop == "?" else f'"{ask[:-1]}," said {a}.')
        out.append(
            sentence(
                rng.choice(
                    (
                        f'"{cap(said)}," said {b}.',
                        f'"{cap(said)}," {b} answered.',
                        f'"That is easy," said {b}. "{cap(said)}."',
                        f'"{cap(said)}."',
                    )
                )
            )
        )
    out.append(
        ctx.say(
            '["Now I know," said {A}.|"{*thanks~c}," said {A}.|"You know everything," said {A}. "Not everything," said {B}.|{A} wrote it down in a {colour} notebook.|Then the bell rang, and they went home.|{B} smiled, because nobody asks as many questions as {A}.|]'
        )
    )
    return tidy(" ".join(x for x in out if x))
