# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests about the facts of the world, and about what nobody in it knows."""

from grammar import cap
from howtos import HOWTO, howto_text
from task import task
from words import WORDS
from world import ANIMALS, FACTS, FOODS, INSTRUMENTS, PEOPLE, PRONOUNS, TOOLS, VILLAGE


def fact(rng, f=None):
    f = f or rng.choice(FACTS)
    ask = rng.choice(f["qs"])
    plain = f["stmt"] + "."
    roll = rng.random()
    if roll < 0.2 or ask.startswith("Why"):
        plain = f"{f['stmt']}, because {f['why']}."
    elif roll < 0.3:
        plain += f" the reason is that {f['why']}."
    elif roll < 0.42:
        plain += f" {f['tip']}."
    return task(ask, plain, f["short"], f"{f['why']}, {f['stmt']}", f["tip"])


def yes_no(rng):
    p, other = rng.sample(PEOPLE, 2)
    n = p["name"]
    kind = rng.choice(("trade", "pet", "door", "plays", "season"))
    ask = {
        "trade": "Is {n} the {v}?",
        "pet": "Does {n} have a {v}?",
        "door": "Does {n} have a {v} door?",
        "plays": "Does {n} play {v}?",
        "season": "Does {n} like {v} best?",
    }[kind]
    say = {
        "trade": "{n} is the {v}",
        "pet": "{n} has a {v}",
        "door": "{n} has a {v} door",
        "plays": "{n} plays {v}",
        "season": "{n} likes {v} best",
    }[kind]
    key = {"plays": "instrument"}.get(kind, kind)
    true, asked = p[key], (p[key] if rng.random() < 0.5 else other[key])
    truth = say.format(n=n, v=true)
    word = "yes" if asked == true else "no"
    return task(
        ask.format(n=n, v=asked),
        f"{word}, {truth}.",
        word,
        f"{truth}, the answer is {word}",
        f"You can ask {n} {p['where']}",
    )


def how(rng):
    job, steps = rng.choice(HOWTO)
    ask = rng.choice(
        (
            f"How do I {job}?",
            f"How can I {job}?",
            f"Explain how to {job}.",
            f"What must I do to {job}?",
            f"Can you tell me how to {job}?",
        )
    )
    return task(
        ask,
        howto_text(rng, job, steps[: rng.randrange(3, 6)]),
        f"{steps[0]} and go on step by step",
        f"good work needs the right order, {steps[1]} next and then {steps[2]}",
        "Take your time",
        brief=False,
    )


def first_step(rng):
    job, steps = rng.choice(HOWTO)
    k = rng.randrange(0, 3)
    word = ("first", "second", "third")[k]
    return task(
        rng.choice(
            (
                f"What is the {word} step to {job}?",
                f"I want to {job}. What is the {word} step?",
                f"Which step comes {word} when I {job}?",
            )
        ),
        rng.choice((f"the {word} step is to {steps[k]}.", f"you {steps[k]}.")),
        steps[k],
        f"the steps have a fixed order, you {steps[k]} {'before' if k == 0 else 'and only then'} "
        + (f"you {steps[1]}" if k == 0 else f"{steps[k + 1]}"),
    )


def describe(rng):
    p = rng.choice(PEOPLE)
    n, he, his = p["name"], PRONOUNS[p["g"]]["he"], PRONOUNS[p["g"]]["his"]
    bits = [
        f"{he} sells {p['sells']} {p['where']}",
        f"{he} plays {p['instrument']}",
        f"{he} likes {p['season']} and {p['food']}",
        f"{his} door is {p['door']}",
        f"{he} keeps a {p['pet']} called {p['petname']}",
        f"{he} works with {p['tool']}",
    ]
    a, b = rng.sample(bits, 2)
    ask = rng.choice(
        (f"Describe {n}.", f"Tell me about {n}.", f"What do you know about {n}?", f"Introduce {n} to me.")
    )
    return task(
        ask,
        f"{n} is the {p['trait']} {p['trade']} of {VILLAGE}. {a}. {b}.",
        f"{n} is the {p['trait']} {p['trade']}",
        f"{p['why_trade']}, {n} became the {p['trade']} of {VILLAGE}",
        a,
    )


_FAR = """the capital of France, the height of the tallest mountain, how a computer works, the best phone, who won the war, how to fly a plane, the meaning of life, the speed of light, the name of the president, what the stock market is,
how to write a program, the weather in London, a good film, the square root of two, how to drive a car, who wrote Hamlet, where China is, what quantum physics is, the newest song on the radio, what electricity costs, how to speak Spanish,
the age of the sun, which team won the game, what a dinosaur ate, how many people live in the world, what the internet is, the chemical name of water, who built the pyramids, how a rocket flies, the best city in the world"""


_FAR = [w.strip() for w in _FAR.replace("\n", " ").split(",")] + [
    "the name of the king",
    "how far the moon is",
    "what the sea looks like",
    "who lives in the next valley",
    "the price of gold",
    "how many stars there are",
    "what will happen next year",
    "how old the river is",
    "what is under the hill",
    "who will win the River Games",
]


_NOBODY = "Gregor, Anna, Peter, Maria, John, Lucy, David, Emma, Robert, Julia, Max, Laura, Martin, Sarah, Hugo, Olga, Simon, Tina, Walter, Zoe".split(
    ", "
)


def unknown(rng):
    """What the model cannot know; it says so."""
    if rng.random() < 0.3:
        n = rng.choice(_NOBODY)
        return task(
            rng.choice(
                (
                    f"Who is {n}?",
                    f"Where does {n} work?",
                    f"What does {n} sell?",
                    f"Do you know {n}?",
                    f"Tell me about {n}.",
                )
            ),
            rng.choice(
                (
                    f"I do not know anyone called {n} in {VILLAGE}.",
                    f"there is no {n} in {VILLAGE}, as far as I know.",
                )
            ),
            f"there is no {n} here",
            f"nobody in {VILLAGE} has this name, I cannot tell you more",
        )
    what = rng.choice(_FAR)
    return task(
        rng.choice(
            (
                f"Do you know {what}?",
                f"Tell me {what}.",
                f"Can you tell me {what}?",
                f"Explain {what}.",
                f"I want to know {what}.",
            )
        ),
        rng.choice(
            (
                f"I am sorry, I do not know {what}.",
                f"I do not know {what}. nobody in {VILLAGE} does.",
                "that is something I do not know.",
                f"I only know the village of {VILLAGE}, so I cannot tell you that.",
            )
        ),
        "I do not know",
        f"nobody in {VILLAGE} has ever found out, I cannot tell you {what}",
    )


def true_false(rng):
    p, other = rng.sample(PEOPLE, 2)
    n, true = p["name"], rng.random() < 0.5
    ask, right = rng.choice(
        (
            (f"{n} is the {(p if true else other)['trade']}", f"{n} is the {p['trade']}"),
            (f"{n} plays {(p if true else other)['instrument']}", f"{n} plays {p['instrument']}"),
            (f"{n} likes {(p if true else other)['food']} best", f"{n} likes {p['food']} best"),
            (f"{n} works {(p if true else other)['where']}", f"{n} works {p['where']}"),
        )
    )
    word = "true" if ask == right else "false"
    return task(
        rng.choice((f"True or false: {ask}.", f"Is this true? {ask}.")),
        f"{word}. {right}.",
        word,
        f"{right}, this is {word}",
    )


def finish(rng):
    """The beginning of a true sentence, to be completed."""
    f = rng.choice(FACTS)
    while f["kind"] not in (
        "sells",
        "where",
        "plays",
        "food",
        "eats",
        "home",
        "opposite",
        "next",
        "wood",
        "who",
        "use",
        "timber",
    ):
        f = rng.choice(FACTS)
    words = f["stmt"].split(" ")
    cut = len(words) - len(f["short"].split(" "))
    if not f["stmt"].endswith(f["short"]) or cut < 2:
        return finish(rng)
    return task(
        rng.choice(
            ("Finish this sentence: {s}", "Complete the sentence: {s}", "How does this sentence end? {s}")
        ).replace("{s}", cap(" ".join(words[:cut])) + " ..."),
        f["stmt"] + ".",
        f["short"],
        f"{f['why']}, {f['stmt']}",
    )


_CLASSES = [
    ("an instrument", [i[0] for i in INSTRUMENTS]),
    ("a tool", ["hammer", "saw", "plane", "chisel", "spade", "rake", "axe"]),
    ("an animal", [a[0] for a in ANIMALS]),
    ("a fruit", ["apple", "plum", "pear", "cherry", "quince"]),
    ("a vegetable", ["carrot", "leek", "cabbage", "onion", "beet"]),
    ("a flower", WORDS["flower"]),
    ("a tree", ["oak", "maple", "willow", "birch", "pine"]),
]


_ABOUT = {}


for _f in FACTS:
    for _one in INSTRUMENTS + TOOLS + ANIMALS + FOODS:
        if (
            _f["stmt"].startswith(f"a {_one[0]} ")
            or f" a {_one[0]} to " in _f["stmt"]
            or _f["stmt"].startswith(f"the voice of a {_one[0]} ")
        ):
            _ABOUT.setdefault(_one[0], []).append(_f)


def what_is(rng):
    kind, names = rng.choice(_CLASSES)
    n = rng.choice(names)
    more = rng.choice(_ABOUT[n])["stmt"] if n in _ABOUT else ""
    return task(
        rng.choice((f"What is a {n}?", f"Explain the word {n}.", f"Tell me what a {n} is.")),
        f"a {n} is {kind}." + (f" {more}." if more else ""),
        kind,
        f"{more or 'everyone calls it so'}, a {n} is {kind}",
    )
