# SPDX-License-Identifier: GPL-3.0-or-later
"""Letters, diaries, descriptions of places, signs."""

from grammar import Context, expand, sentence, tidy
from story import CLASS_FACTS, cast
from words import WORDS
from world import PERSON

LETTER = [
    "I hope that you are well and that the {season} is [kind|mild|good] to you.",
    "here [it rains|the sun shines|the wind blows|snow falls] [every day|since {day}].",
    "yesterday I {did_job}, and today I [rest|will do it again].",
    "my {pet} {petname} [had a cold|is growing fast|has learned to open the door|ate my {colour} {small}].",
    "could you send me [{few} {fruit~s}|a {size} {thing}|some {drink}|a new {tool}]?",
    "the {flower~s} behind the {place} are [open|late this year|as tall as a child].",
    "I am learning to play the {instrument}, but [my fingers hurt|the {pet} runs away when I begin|it goes slowly].",
    "please [tell|ask] {C} [about the {thing}|to visit me|whether the {tool} is ready].",
    "on {day} we will [eat {dish} together|play {song}|meet at the {place}], and I hope that you can come.",
    "I [think of you|miss our talks] when I [sit at the {outside}|drink {drink}|hear {song}].",
    "thank you for the {colour} {thing2}; it is [very useful|just what I needed|standing in my {room}].",
    "do you remember [how we lost the {small}|the {season2} when it snowed so much|our first day at the {place}]?",
    "the new {thing3} [is heavier than the old one|works very well|was too small, so I gave it away].",
    "I found {few2} {flower2~s} near the {outside}, and I put one into this letter.",
]


def letter(rng):
    slots, kind = cast(rng, {"Wren"}, villager=True)
    slots["pet"], slots["petname"] = PERSON[slots["A"]]["pet"], PERSON[slots["A"]]["petname"]
    ctx = Context(rng, WORDS, slots)
    lines = [sentence(expand(t, ctx)) for t in rng.sample(LETTER, rng.randrange(4, 8))]
    if rng.random() < 0.4:
        lines.insert(rng.randrange(len(lines)), "As you know, " + rng.choice(CLASS_FACTS)["stmt"] + ".")
    close = ctx.say("[With love|Your friend|Many greetings|See you soon|Yours]") + ",\n" + slots["A"]
    if rng.random() < 0.5:
        close = f"— {slots['A']}, {slots['A.where']}"
    return tidy(f"Dear {slots['B']},\n" + " ".join(lines)) + "\n" + close


DESCRIBE = [
    "the {house} stands [near|beside|not far from] the {outside}.",
    "it has a {colour} door and {few} {size} windows.",
    "inside it smells of {material} and {drink}.",
    "on the left is a {size2} {thing}, and on the right are {few2} {thing2~s}.",
    "a {colour2} {thing3} hangs on the wall.",
    "under the roof {few3} {bird~s} have built a nest.",
    "in {season} the light comes in [low|late|early] and falls on the {thing}.",
    "{A} likes to sit there and [drink {drink}|look at the {tree~s}|listen to the rain].",
    "sometimes a {animal} sleeps [on the step|near the stove|in the sun].",
    "people say that it is [the oldest house in {village}|the warmest place in the valley|a good place to think].",
    "behind it grow {tree~s} and {flower~s}.",
    "when the wind blows, a {size3} bell rings over the door.",
    "{A} painted the {thing2} {colour3} {few} years ago.",
    "nobody knows who made the old {thing3}.",
    "at night {A} lights a lantern and puts it in the window.",
]


def description(rng):
    slots, _ = cast(rng)
    ctx = Context(rng, WORDS, slots)
    count = rng.randrange(4, 9)
    order = [0] + sorted(rng.sample(range(1, len(DESCRIBE)), count))
    return tidy(" ".join(sentence(expand(DESCRIBE[i], ctx)) for i in order))


_SIGNS = [
    "FRESH BREAD",
    "OPEN",
    "CLOSED",
    "MIND THE GOOSE",
    "THANK YOU",
    "RING TWICE",
    "WET PAINT",
    "NO FISHING",
    "HONEY HERE",
    "ONE COIN",
    "KNOCK FIRST",
    "BACK SOON",
]


def sign(rng):
    slots, _ = cast(rng)
    ctx = Context(rng, WORDS, slots)
    word = rng.choice(_SIGNS)
    return tidy(
        ctx.say(
            f"{{*opener}} {{A}} saw a new sign near the {{place}}.",
            f"In {{size}} {{colour}} letters it said: {word}.",
            '"[Did you paint this|Who put it there|Who painted it]?" {A} asked {B}.',
            '"[It was me|It was Saskia|It was {C}]," said {B} — [a little proud|with a smile|and pointed to the brush|not without pride].',
            "{A} read it [again|twice|aloud] and [walked on|laughed|went inside|nodded].",
            "{*end}.",
        )
    )


DIARY = [
    "I got up [early|late|with the sun] and ate some {dish}.",
    "the {time} was {mood}, and {*scene}.",
    "I {did_job}, which took longer than I thought.",
    "{B} came by and [brought me a {thing}|asked for a {thing}|told me about the {animal}].",
    "I saw {few} {bird~s} near the {outside}.",
    "at noon I met {C} {C.where}, and we [talked about {season}|ate {fruit~s}|laughed a lot].",
    "I practised {song} on the {instrument} and made only {few2} mistakes.",
    "my {colour} {small} is still missing.",
    "the {flower~s} are open now.",
    "I wrote a letter to my {relative}.",
    "in the evening I was {feeling} and went to bed early.",
    "tomorrow I want to [visit {B}|mend the {thing2}|go to the {place}|begin something new].",
    "I must remember to give the {tool} back to {B}.",
]


def diary(rng):
    slots, _ = cast(rng)
    slots["mood"] = rng.choice(("mild", "grey", "bright", "cold", "quiet", "windy", "warm"))
    ctx = Context(rng, WORDS, slots)
    order = sorted(rng.sample(range(len(DIARY)), rng.randrange(4, 8)))
    head = ctx.say("[{day}.|{day} {time}.|From the diary of {A}:|{season~c}, a {day}.|Dear diary,\n]")
    return tidy(
        head + ("" if head.endswith("\n") else " ") + " ".join(sentence(expand(DIARY[i], ctx)) for i in order)
    )
