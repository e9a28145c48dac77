# SPDX-License-Identifier: GPL-3.0-or-later
"""Stories: a plot, a cast, free sentences between."""

from grammar import Context, expand, sentence, tidy, vary
from plots import PLOTS
from words import WORDS
from world import CHILDREN, FACTS, PEOPLE, PERSON, PRONOUNS, STRANGERS, VILLAGE

SKILLS = {
    "baker": "bake rye bread",
    "luthier": "bend thin wood",
    "blacksmith": "shoe a horse",
    "weaver": "weave a scarf",
    "miller": "hear when the millstone is too dry",
    "potter": "pull a bowl from wet clay",
    "carpenter": "cut a straight board",
    "shepherd": "call the sheep",
    "fisher": "tie a net",
    "beekeeper": "calm the bees",
    "teacher": "write a beautiful letter",
    "healer": "mix a good tea",
    "cobbler": "sew a boot",
    "gardener": "plant leeks",
    "innkeeper": "cook soup for twenty guests",
    "clockmaker": "mend a clock",
    "ferryman": "steer the ferry",
    "tailor": "sew a straight line",
    "woodcutter": "split a log",
    "candle maker": "pour a candle",
    "bandleader": "beat time with one hand",
    "painter": "paint a sign",
    "cooper": "close a barrel",
    "letter carrier": "ride a pony",
    "apprentice": "carve a spoon",
    "farmer": "milk a cow",
    "orchard keeper": "cut an apple tree",
    "bell ringer": "ring the great bell",
}


_JOBS = dict(zip(WORDS["job"], WORDS["did"]))


_FIXED = [{n for n in PERSON if any(n in line for line in plot)} for plot in PLOTS]


SUBJECT_FACTS = {}


for _f in FACTS:
    _first = _f["stmt"].split(" ")[0]
    if _first in PERSON:
        SUBJECT_FACTS.setdefault(_first, []).append(_f)


CLASS_FACTS = [
    f
    for f in FACTS
    if f["kind"]
    in (
        "use",
        "part",
        "timber",
        "home",
        "eats",
        "young",
        "nature",
        "ripe",
        "taste",
        "year",
        "work",
        "feast",
        "weather",
        "day",
        "place",
        "see",
        "voice",
        "wood",
        "how",
        "feel",
    )
]


def _hero(rng, kind, taken):
    while True:
        if kind == "villager":
            p = rng.choice(PEOPLE)
            name, g = p["name"], p["g"]
        else:
            name, g = rng.choice(CHILDREN if kind == "child" else STRANGERS)
        if name not in taken:
            taken.add(name)
            return name, g


def cast(rng, fixed=(), villager=False):
    """Slots for persons A, B, C (B and C live in the village) and a stranger S."""
    taken, slots = set(fixed), {
        "village": VILLAGE,
        "child2": rng.choice(("girl", "boy")),
        "sky": rng.choice(("raining", "snowing", "hot", "windy", "cold", "foggy")),
    }
    kind = (
        "villager"
        if villager
        else rng.choice(("villager", "villager", "child", "child", "child", "stranger"))
    )
    name, g = _hero(rng, kind, taken)
    slots["A"] = name
    slots.update({k: v for k, v in PRONOUNS[g].items()})
    if kind == "villager":
        slots["Atrade_c"] = "the " + PERSON[name]["trade"]
        one, two = rng.sample(SUBJECT_FACTS[name], 2)
        slots["A.fact"], slots["A.fact2"], slots["A.where"] = one["stmt"], two["stmt"], PERSON[name]["where"]
    for role in "BC":
        other, _ = _hero(rng, "villager", taken)
        slots[role], slots[role + ".where"], slots[role + ".trade"] = (
            other,
            PERSON[other]["where"],
            PERSON[other]["trade"],
        )
        slots[role + ".skill"], slots[role + ".tool"] = SKILLS[PERSON[other]["trade"]], PERSON[other]["tool"]
    name, g = _hero(rng, "stranger", taken)
    slots["S"] = name
    slots.update({"S" + k: v for k, v in PRONOUNS[g].items()})
    job = rng.choice(WORDS["job"])
    slots["job"], slots["did_job"] = job, _JOBS[job]
    return slots, kind


def introduce(rng, name, kind, g):
    """A first mention that says who somebody is; later mentions use the bare name."""
    if kind == "villager":
        return f"{name} the {PERSON[name]['trade']}"
    young = PRONOUNS[g]["child"]
    return (
        rng.choice((f"a {young} named {name}", f"young {name}", name, name))
        if kind == "child"
        else rng.choice((f"a traveller named {name}", name))
    )


def story(rng, short=False):
    index = rng.randrange(len(PLOTS))
    plot = PLOTS[index]
    slots, kind = cast(rng, _FIXED[index], villager=any("{A." in line or "{Atrade" in line for line in plot))
    ctx = Context(rng, WORDS, slots)
    hero = (
        "" if any("{A" in line for line in plot) else "0"
    )  # plots without a person A take neutral sentences only
    lines = []
    for line in plot:
        if line == "~detail":
            if not short and rng.random() < 0.5:
                lines.append(expand("{*detail" + hero + "}.", ctx))
            continue
        lines.append(expand(line, ctx))
    if not short and rng.random() < 0.35:
        lines.insert(0, expand("{*scene}.", ctx))
    if not short and rng.random() < 0.25 and not plot[-1].startswith("{*end"):
        lines.append(expand("{*end" + hero + "}.", ctx))
    lines = [sentence(line).replace('?".', '?"').replace('!".', '!"') for line in lines]
    if kind == "villager" and rng.random() < 0.6 and "{Atrade" not in plot[0]:
        who = f"{slots['A']} the {PERSON[slots['A']]['trade']}"
        for i, line in enumerate(lines):
            if slots["A"] in line:
                if slots["A"] + "'s" not in line:
                    lines[i] = line.replace(slots["A"], who, 1)
                break
    return vary(rng, tidy(paragraphs(rng, lines))), slots


def paragraphs(rng, lines):
    if len(lines) < 7 or rng.random() < 0.5:
        return " ".join(lines)
    cut = rng.randrange(3, len(lines) - 2)
    return " ".join(lines[:cut]) + "\n\n" + " ".join(lines[cut:])


def title(rng, slots):
    ctx = Context(rng, WORDS, slots)
    return tidy(
        ctx.say(
            "[The {size} {thing}|{A} and the {animal}|{A} and {B}|A {season} {time}|The {colour} {small}|{A} Learns Something|A Day at the {place}|The Story of {A}|{season~c} in {village}|The {tree} and the {bird}]"
        )
    )
