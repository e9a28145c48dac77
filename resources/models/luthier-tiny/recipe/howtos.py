# SPDX-License-Identifier: GPL-3.0-or-later
"""Instructions in steps."""

from grammar import Context, tidy
from story import cast
from words import WORDS

HOWTO = [
    (
        "make mint tea",
        [
            "boil some water in a kettle",
            "put a handful of mint into a cup",
            "pour the water over the leaves",
            "wait for five minutes",
            "add a spoon of honey",
        ],
    ),
    (
        "plant a tree",
        [
            "dig a deep hole",
            "set the young tree into it",
            "fill the hole with soil",
            "press the soil down with your foot",
            "give it a bucket of water",
        ],
    ),
    (
        "bake rye bread",
        [
            "mix flour, water and salt",
            "knead the dough for ten minutes",
            "let it rest in a warm place",
            "shape a round loaf",
            "bake it until the crust is dark",
        ],
    ),
    (
        "tune a violin",
        [
            "strike the tuning fork",
            "listen to the note",
            "turn the first peg slowly",
            "stop when both notes are the same",
            "do the same with the other strings",
        ],
    ),
    (
        "make a candle",
        [
            "melt the wax in a pot",
            "hang a thread in the mould",
            "pour in the warm wax",
            "wait until it is hard",
            "take the candle out gently",
        ],
    ),
    (
        "catch a trout",
        [
            "get up before the sun",
            "sit still by the deep water",
            "throw the line far out",
            "wait without a word",
            "pull when the line moves",
        ],
    ),
    (
        "wash a wool blanket",
        [
            "fill a tub with cool water",
            "add a little soap",
            "press the blanket with your hands",
            "rinse it twice",
            "dry it in the shade",
        ],
    ),
    (
        "light a stove",
        [
            "open the little door",
            "put in paper and thin sticks",
            "light the paper",
            "wait until the sticks burn",
            "lay a dry log on top",
        ],
    ),
    (
        "glue two boards",
        [
            "clean both edges",
            "warm the glue",
            "brush a thin coat on each edge",
            "press the boards together with clamps",
            "leave them alone for a day",
        ],
    ),
    (
        "make a kite",
        [
            "tie two sticks into a cross",
            "stretch paper over them",
            "glue the edges down",
            "tie a long tail to the end",
            "run into the wind",
        ],
    ),
    (
        "cook pea soup",
        [
            "wash the peas",
            "cut an onion and a carrot",
            "cook everything in a big pot",
            "stir it now and then",
            "add salt at the end",
        ],
    ),
    (
        "change a string",
        [
            "turn the peg and take off the old string",
            "put the end of the new string into the peg",
            "wind it neatly",
            "pull it over the bridge",
            "tune it little by little",
        ],
    ),
    (
        "varnish a violin",
        [
            "wipe off all the dust",
            "dip a soft brush into the varnish",
            "paint one thin coat along the wood",
            "hang the violin up to dry",
            "do it again the next day",
        ],
    ),
    (
        "make a clay bowl",
        [
            "press the clay until it is soft",
            "throw it on the middle of the wheel",
            "open it with both thumbs",
            "pull up the sides slowly",
            "let it dry for three days",
        ],
    ),
    (
        "write a letter",
        [
            "take a clean sheet of paper",
            "begin with the name of your friend",
            "write down what is new",
            "say goodbye and sign your name",
            "take it to the post office",
        ],
    ),
    (
        "feed the hens",
        [
            "fill a bowl with seeds",
            "open the henhouse",
            "throw the seeds on the ground",
            "give them clean water",
            "close the gate behind you",
        ],
    ),
    (
        "sharpen a knife",
        [
            "wet the stone",
            "lay the blade flat on it",
            "push it forward ten times",
            "turn the blade over and do it again",
            "wipe the knife with a cloth",
        ],
    ),
    (
        "clear a path of snow",
        [
            "put on thick boots",
            "take a wide spade",
            "start at the door",
            "throw the snow to one side",
            "put some sand on the stones",
        ],
    ),
    (
        "pick apples",
        [
            "lean the ladder against a strong branch",
            "hang a basket on your arm",
            "turn each apple gently",
            "do not throw the apples",
            "store them in a cool room",
        ],
    ),
    (
        "calm a frightened pony",
        [
            "stand still and speak softly",
            "do not look into its eyes",
            "hold out a piece of carrot",
            "wait until it comes closer",
            "stroke its neck slowly",
        ],
    ),
    (
        "learn a song",
        [
            "listen to it three times",
            "sing the first line",
            "add the second line",
            "go on until the end",
            "sing it again the next day",
        ],
    ),
    (
        "mend a torn coat",
        [
            "choose a thread of the same colour",
            "put it through the needle",
            "hold the edges together",
            "sew with small stitches",
            "cut the thread and press the cloth",
        ],
    ),
]


_ORDER = [
    ["first", "then", "after that", "next", "finally"],
    ["first of all", "then", "next", "after that", "at the end"],
    ["to begin", "next", "then", "after that", "last of all"],
]


def howto_text(rng, job, steps):
    words = rng.choice(_ORDER)
    parts = [f"{words[i]}, {s}." if i else f"{words[0]}, {s}." for i, s in enumerate(steps)]
    if rng.random() < 0.4:
        parts = [f"{words[0]}, {steps[0]}, and {words[1]} {steps[1]}."] + parts[2:]
    return tidy(" ".join(parts))


def howto(rng):
    job, steps = rng.choice(HOWTO)
    slots, _ = cast(rng)
    ctx = Context(rng, WORDS, slots)
    lead = ctx.say(
        "[This is how you {j}.|{A} {wants} to {j}, and {B} explains it.|It is easy to {j}.|To {j}, you need a little time.|{B} shows {A} how to {j} on a {season} {time}.]".replace(
            "{j}", job
        ).replace(
            "{wants}", "wants"
        )
    )
    tail = ctx.say(
        "[|If it goes wrong, try again.|With some practice it becomes easy.|{A} tried it, and it worked the second time.|{B} learned this from {his} {relative}.|It takes {few} [hours|tries], but it is worth it.|Never hurry, and [keep the {pet} away|ask {C} if you are not sure].]".replace(
            "{his}", "an old"
        )
    )
    return tidy(lead + " " + howto_text(rng, job, steps) + (" " + tail if tail else ""))
