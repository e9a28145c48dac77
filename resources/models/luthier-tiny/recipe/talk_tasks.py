# SPDX-License-Identifier: GPL-3.0-or-later
"""Greetings, letters, kind words and stories on request."""

from grammar import Context, expand
from story import cast, story
from task import task
from words import WORDS


def tale(rng):
    text, slots = story(rng, short=True)
    who = slots["A"]
    ask = rng.choice(
        (
            "Tell me a story about {w}.",
            "Tell me a short story.",
            "Can you tell me a story about {w}?",
            "I would like to hear a story.",
            "Make up a story with {w} in it.",
            "Please tell the children a story about {w}.",
        )
    ).format(w=who)
    return task(
        ask, text, f"a story about {who}", "stories are for the evening, I tell this one", brief=False
    )


_SOCIAL = [
    (
        ["Hello!", "Hello.", "Good morning!", "Good day.", "Hi!", "Good evening!"],
        [
            "Hello! How can I help you?",
            "Good day! What would you like to know?",
            "Hello, it is good to see you. What can I do for you?",
            "Welcome to Alderbrook! What do you want to know?",
        ],
    ),
    (
        ["How are you?", "How are you today?", "Are you well?"],
        [
            "I am well, thank you. How can I help you?",
            "Very well, thank you. What can I do for you?",
            "I am fine, and I hope that you are too.",
        ],
    ),
    (
        [
            "Thank you!",
            "Thank you very much.",
            "Thanks, that was helpful.",
            "Many thanks!",
            "That helps, thank you.",
        ],
        [
            "You are welcome.",
            "You are welcome. Come again soon.",
            "It was a pleasure.",
            "Gladly. Ask me any time.",
        ],
    ),
    (
        ["Goodbye!", "I must go now.", "See you tomorrow.", "Good night!", "That is all for today."],
        [
            "Goodbye, and have a good day.",
            "Goodbye! Come back soon.",
            "Good night, and sleep well.",
            "See you soon.",
        ],
    ),
    (
        ["Who are you?", "What is your name?", "What can you do?"],
        [
            "I am a small helper who knows the village of Alderbrook.",
            "I can answer questions about Alderbrook, tell stories and help with small tasks.",
            "I am a helper from Alderbrook. You can ask me about the people, the animals and the trades here.",
        ],
    ),
    (
        ["Where am I?", "What is this place?", "What is Alderbrook?", "Tell me about the village."],
        [
            "You are in Alderbrook, a small village on the river Linnet.",
            "Alderbrook is a small village with a mill, a market and a luthier's workshop.",
            "This is Alderbrook. It lies between the river Linnet and Hollow Wood.",
        ],
    ),
]


def social(rng, kind=None):
    asks, answers = _SOCIAL[kind if kind is not None else rng.randrange(len(_SOCIAL))]
    a = rng.choice(answers)
    return task(rng.choice(asks), a, a.rstrip("."), "I like to help, you can ask me anything")


def write_letter(rng):
    slots, _ = cast(rng)
    ctx = Context(rng, WORDS, slots)
    a, b = slots["B"], slots["C"]
    why = rng.choice(
        (
            "thank {b} for the {thing}",
            "invite {b} for {dish}",
            "ask {b} for a {thing}",
            "tell {b} about the {animal}",
        )
    ).replace("{b}", b)
    key = why.split(" ")[0]
    body = {
        "thank": "thank you for the {thing}. It is {good} and I use it every {time}.",
        "invite": "please come on {day}. There will be {dish} and {drink}.",
        "ask": "could you lend me a {thing}? I need it on {day}.",
        "tell": "there is a {size} {animal} near the {outside}. It is {colour} and not afraid of me.",
    }[key]
    body, why = ctx.say(body), ctx.say(why)
    text = f"Dear {b}, " + body + f" Yours, {a}"
    return task(
        rng.choice((f"Write a short letter from {a} to {why}.", f"Help {a} to {why} in a letter.")),
        text,
        f"a letter to {b}",
        "a letter should be short and kind, I wrote only what matters",
        brief=False,
    )


def say_to(rng):
    slots, _ = cast(rng)
    ctx = Context(rng, WORDS, slots)
    b = slots["B"]
    ask, plain = rng.choice(
        (
            (
                f"Say hello to {b}.",
                "[Hello, {B}! How are you today?|Good {time}, {B}! It is good to see you.|Hello, {B}. I hope that you are well.]",
            ),
            (
                f"Say goodbye to {b}.",
                "[Goodbye, {B}! See you on {day}.|Good night, {B}, and sleep well.|See you soon, {B}.]",
            ),
            (
                "Say thank you to {B} for the {thing}.",
                "[Thank you for the {thing}, {B}. It is very {good}.|Many thanks for the {thing}, {B}.|Dear {B}, thank you so much for the {thing}.]",
            ),
            (
                "Ask {B} for a {thing}.",
                "[{B}, could I please have a {thing}?|Dear {B}, may I borrow a {thing}?|{B}, would you lend me a {thing}, please?]",
            ),
            (
                "Invite {B} to eat {dish}.",
                "[Dear {B}, please come on {day} and eat {dish} with us.|{B}, would you like to have some {dish} with me?]",
            ),
            (
                "Tell {B} that you are sorry about the {thing}.",
                "[I am sorry about the {thing}, {B}.|{B}, I am very sorry about the {thing}. I will mend it.]",
            ),
            (
                "Wish {B} a happy birthday.",
                "[Happy birthday, {B}! I wish you a {good} year.|All the best for your birthday, {B}!]",
            ),
            (
                "What can I say to {B}, who is {sad}?",
                "[You can say: I am here for you, {B}.|Say to {B}: Come, let us drink some {drink} together.]",
            ),
        )
    )
    ask, plain = expand(ask, ctx), expand(plain, ctx)
    return task(
        ask, plain, plain.rstrip("."), "kind words cost nothing, I would say it like this", brief=False
    )
