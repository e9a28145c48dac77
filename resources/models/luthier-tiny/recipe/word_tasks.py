# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests about words, groups of things and small numbers."""

from grammar import Context, expand, plural
from passage_tasks import VERBS
from story import cast
from task import comma, task
from words import WORDS
from world import FEELINGS, FOODS, INSTRUMENTS, NUMBERS, PEOPLE, TOOLS, VILLAGE, WOODS, DAYS

_KINDS = {
    "fruits": [f[0] for f in FOODS[:6]] + ["quince", "peach"],
    "vegetables": ["pumpkin", "carrot", "onion", "leek", "cabbage", "potato", "radish", "beet", "bean"],
    "instruments with strings": [i[0] for i in INSTRUMENTS[:9]],
    "instruments that you blow": ["flute", "recorder", "clarinet", "trumpet"],
    "tools": [t[0] for t in TOOLS if t[0] not in ("scissors",)],
    "farm animals": ["cow", "sheep", "goat", "horse", "pig", "hen", "duck", "goose", "donkey"],
    "forest animals": ["fox", "owl", "deer", "squirrel", "hedgehog"],
    "birds": ["owl", "swallow", "heron", "sparrow", "robin", "finch", "blackbird"],
    "flowers": WORDS["flower"],
    "trees": ["oak", "maple", "willow", "linden", "pine", "birch", "chestnut"],
    "things in a kitchen": ["kettle", "bowl", "spoon", "pan", "cup", "plate", "jug"],
    "toys": ["kite", "rag doll", "ball", "wooden horse", "spinning top"],
}


_ABSTRACT = {
    "colours": WORDS["colour"][:10],
    "seasons": WORDS["season"],
    "days of the week": [d[0] for d in DAYS],
    "feelings": [f[0] for f in FEELINGS],
    "kinds of wood": [w[0] for w in WOODS],
    "drinks": WORDS["drink"],
    "people in the village": [p["name"] for p in PEOPLE],
    "places in the village": ["the " + p for p in WORDS["place"]],
}


def listing(rng):
    if rng.random() < 0.6:
        kind = rng.choice(list(_KINDS))
        pool = ["a " + w for w in _KINDS[kind]]
    else:
        kind = rng.choice(list(_ABSTRACT))
        pool = _ABSTRACT[kind]
    n = rng.randrange(2, 5)
    items = rng.sample(pool, n)
    ask = rng.choice(
        (
            "Name {n} {k}.",
            "Can you name {n} {k}?",
            "Tell me {n} {k}.",
            "Give me {n} {k}, please.",
            "List {n} {k}.",
        )
    ).format(n=NUMBERS[n], k=kind)
    if rng.random() < 0.12:
        return task(
            ask + " Use a list.",
            "\n".join("- " + i.replace("a ", "", 1) if i.startswith("a ") else "- " + i for i in items),
            comma(items),
            f"you asked for {NUMBERS[n]} {kind}, I chose these",
        )
    plain = rng.choice(("{i}.", "{K} are {i}.", "here are {n} {k}: {i}.")) if kind not in () else "{i}."
    if plain.startswith("{K}"):
        plain = "{n} {k} are {i}."
    return task(
        ask,
        plain.format(i=comma(items), n=NUMBERS[n], k=kind),
        comma(items),
        f"you asked for {NUMBERS[n]} {kind}, I chose the ones that everyone in {VILLAGE} knows",
    )


def belongs(rng):
    kind, other = rng.sample(
        [k for k in _KINDS if k not in ("forest animals", "birds", "things in a kitchen")], 2
    )
    right = rng.choice([w for w in _KINDS[kind] if w not in _KINDS[other]])
    wrong = rng.sample([w for w in _KINDS[other] if w not in _KINDS[kind]], 2)
    three = wrong + [right]
    rng.shuffle(three)
    one = {
        "instruments with strings": "an instrument with strings",
        "instruments that you blow": "an instrument that you blow",
    }.get(kind, "a " + kind[:-1])
    ask = rng.choice(
        ("Which of these is {o}: {i}?", "Which one is {o}: {i}?", "Find {o} among these: {i}.")
    ).format(o=one, i=comma("a " + w for w in three).replace(" and ", " or "))
    return task(
        ask,
        f"the {right} is {one}.",
        f"the {right}",
        f"a {right} is {one} and the others are not, it is the right one",
    )


def number(rng):
    roll = rng.random()
    if roll < 0.35:
        a = rng.randrange(1, 12)
        b = a + rng.randrange(2, 6)
        words = ", ".join(NUMBERS[a : b + 1])
        return task(
            rng.choice(
                (
                    f"Count from {NUMBERS[a]} to {NUMBERS[b]}.",
                    f"Please count from {NUMBERS[a]} to {NUMBERS[b]}.",
                    f"Can you count from {NUMBERS[a]} to {NUMBERS[b]}?",
                )
            ),
            words + ".",
            words,
            f"each number is one more than the one before, {NUMBERS[b]} comes at the end",
        )
    name = rng.choice(PEOPLE)["name"]
    thing = rng.choice(WORDS["fruit"] + WORDS["small"][:8])
    if roll < 0.75:
        a, b = rng.randrange(1, 10), rng.randrange(1, 8)

        def things(k):
            return f"{NUMBERS[k]} {thing if k == 1 else plural(thing)}"

        ask = rng.choice(
            (
                f"{name} has {things(a)} and gets {NUMBERS[b]} more. How many are there now?",
                f"What is {NUMBERS[a]} plus {NUMBERS[b]}?",
                f"There are {things(a)} in one box and {things(b)} in another. How many are there in all?",
            )
        )
        say = f"{NUMBERS[a]} and {NUMBERS[b]} make {NUMBERS[a + b]}"
        return task(
            ask,
            say + ".",
            NUMBERS[a + b],
            f"{NUMBERS[a]} and {NUMBERS[b]} are put together, they make {NUMBERS[a + b]}",
            "Count on your fingers to be sure",
        )
    a = rng.randrange(3, 13)
    b = rng.randrange(1, a)
    ask = rng.choice(
        (
            f"{name} has {NUMBERS[a]} {plural(thing)} and gives away {NUMBERS[b]}. How many are left?",
            f"What is {NUMBERS[a]} minus {NUMBERS[b]}?",
        )
    )
    left = a - b
    return task(
        ask,
        f"{NUMBERS[a]} less {NUMBERS[b]} is {NUMBERS[left]}.",
        NUMBERS[left],
        f"{NUMBERS[b]} are taken away from {NUMBERS[a]}, only {NUMBERS[left]} can be left",
        "Count on your fingers to be sure",
    )


_SCALE = [
    ("bigger", ["mouse", "cat", "sheep", "cow"]),
    ("heavier", ["feather", "spoon", "chair", "millstone"]),
    ("faster", ["snail", "duck", "fox", "horse"]),
    ("louder", ["moth", "cat", "dog", "trumpet"]),
    ("bigger", ["violin", "viola", "cello", "double bass"]),
    ("hotter", ["well", "bath", "oven", "forge"]),
    ("sweeter", ["onion", "carrot", "plum", "cake"]),
    ("older", ["child", "teacher", "grandmother", "bell tower"]),
    ("softer", ["stone", "board", "blanket", "feather"]),
    ("taller", ["bench", "door", "apple tree", "bell tower"]),
    ("quieter", ["drum", "piano", "flute", "leaf"]),
    ("wider", ["thread", "rope", "lane", "river"]),
]


def compare(rng):
    word, order = rng.choice(_SCALE)
    i, j = sorted(rng.sample(range(len(order)), 2))
    low, high = order[i], order[j]
    x, y = (low, high) if rng.random() < 0.5 else (high, low)
    ask = rng.choice(
        (
            f"Which is {word}, a {x} or a {y}?",
            f"What is {word}: a {x} or a {y}?",
            f"Is a {x} {word} than a {y}?",
        )
    )
    say = f"a {high} is {word} than a {low}"
    if ask.startswith("Is"):
        return task(
            ask,
            f"{'yes' if x == high else 'no'}, {say}.",
            "yes" if x == high else "no",
            f"{say}, the answer is {'yes' if x == high else 'no'}",
        )
    return task(ask, say + ".", f"a {high}", f"{say}, it is the one you want")


def use_word(rng):
    slots, _ = cast(rng)
    ctx = Context(rng, WORDS, slots)
    kind = rng.choice(("thing", "animal", "flower", "fruit", "tool", "bird", "tree", "instrument"))
    word = ctx.get(kind)
    line = {
        "thing": "{A} [put|left|found|forgot] the {thing} [in the {room}|at the {place}|near the {outside}].",
        "animal": "the {animal} [slept|sat|waited] {hiding} [until {time}|all {day}|].",
        "flower": "a {colour} {flower} grows [behind the {house}|near the {outside}].",
        "fruit": "{A} [gave|brought] {B} a [ripe|sweet|fresh] {fruit} on {day}.",
        "tool": "{A} needs a [new|sharp|better] {tool} for the work in the {room}.",
        "bird": "a {bird} [sang|sat] on the roof of the {house}.",
        "tree": "there is an old {tree} near the {outside}.",
        "instrument": "{A} plays the {instrument} every {time}.",
    }[kind]
    plain = expand(line, ctx).replace(" .", ".")
    return task(
        rng.choice(
            (
                f"Make a sentence with the word {word}.",
                f"Use the word {word} in a sentence.",
                f"Write a sentence about a {word}.",
            )
        ),
        plain,
        plain.rstrip("."),
        f"you asked for the word {word}, it stands in my sentence",
        brief=False,
    )


_NOUNS = (
    WORDS["animal"]
    + WORDS["thing"]
    + WORDS["fruit"]
    + [
        "mouse",
        "goose",
        "sheep",
        "leaf",
        "loaf",
        "knife",
        "calf",
        "child",
        "foot",
        "tooth",
        "man",
        "woman",
        "wolf",
        "family",
        "baby",
        "box",
        "fish",
    ]
)


_ROWS = [
    WORDS["season"],
    [d[0] for d in DAYS],
    NUMBERS[1:],
    ["first", "second", "third", "fourth", "fifth", "sixth", "seventh"],
    ["morning", "noon", "afternoon", "evening", "night"],
]


def word_form(rng):
    roll = rng.random()
    if roll < 0.45:
        n = rng.choice(_NOUNS)
        return task(
            rng.choice(
                (
                    f"What is the plural of {n}?",
                    f"One {n}, but two what?",
                    f"How do you say more than one {n}?",
                )
            ),
            f"the plural of {n} is {plural(n)}.",
            plural(n),
            f"one {n} is not enough, two of them are {plural(n)}",
        )
    if roll < 0.65:
        now, past = rng.choice(VERBS)
        return task(
            rng.choice((f"What is the past of {now}?", f"Today she {now}. What did she do yesterday?")),
            f"today she {now}, yesterday she {past}.",
            past,
            f"yesterday is over, {now} becomes {past}",
        )
    row = rng.choice(_ROWS)
    k = rng.randrange(2, min(4, len(row) - 1) + 1)
    at = rng.randrange(0, len(row) - k)
    shown, nxt = row[at : at + k], row[at + k]
    return task(
        rng.choice((f"What comes next: {', '.join(shown)}?", f"Go on: {', '.join(shown)}.")),
        f"after {shown[-1]} comes {nxt}.",
        nxt,
        f"the order is fixed, {nxt} comes after {shown[-1]}",
    )
