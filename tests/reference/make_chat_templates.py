#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes chat_templates.json and chat_snippets.json: what transformers renders for our own templates in the styles that
models use, and for the small ones of chat_snippets.txt.

Templates lie in chat_templates/*.jinja. Each entry of "cases": "template" (name), "conversation" (name), "kwargs", and
either "text" with "assistant" (character spans that {% generation %} marked, null where the template marks none)
or "error" (the message that the template raised) or "fails" (the kind of failure, where the template did not raise it itself).
"templates", "conversations" and "specials" hold what the names stand for. The clock stands at "now".
"""

import datetime
import logging
import re

from reference import HERE, ROOT, write_json

import jinja2
from transformers.utils import chat_template_utils

NOW = datetime.datetime(2024, 7, 26, 13, 5, 9)
SPECIALS = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>"}

WEATHER = {"type": "function", "function": {
    "name": "get_weather", "description": "Weather <now> & later, for one \"place\"",
    "parameters": {"type": "object", "required": ["place"],
                   "properties": {"place": {"type": "string", "description": "Größe der Stadt"},
                                  "days": {"type": "integer", "minimum": 1, "maximum": 7, "default": 1},
                                  "exact": {"type": "boolean", "default": False}, "unit": {"enum": ["C", "F", None]}}}}}
CLOCK = {"type": "function", "function": {"name": "clock", "description": "", "parameters": {"type": "object", "properties": {}}}}


def call(name, **arguments):
    return {"type": "function", "function": {"name": name, "arguments": arguments}}


def message(role, content, **more):
    return {"role": role, "content": content, **more}


CONVERSATIONS = {
    "one_turn": [message("user", "Who tends the bees?"), message("assistant", "Maren does.")],
    "question": [message("user", "  Who tends the bees?\n")],
    "system_first": [message("system", "Answer briefly.\n"), message("user", "Hi"), message("assistant", "Hello."),
                     message("user", "What's 2 < 3 & \"x\"?"), message("assistant", " True \n")],
    "unicode": [message("user", "日本語 😀 e\u0301 \u00a0 'quoted' \\n\n\n\ttab"), message("assistant", "مرحبا 👩‍👩‍👧")],
    "two_users": [message("user", "a"), message("user", "b"), message("assistant", "c")],
    "assistant_first": [message("assistant", "Good morning."), message("user", "Morning.")],
    "template_text": [message("user", "{{ bos_token }} {% if x %}<|im_end|>{# no #}"), message("assistant", "</s>[/INST]<s>")],
    "empty_answer": [message("user", ""), message("assistant", "")],
    "thinking": [message("user", "6*7?"), message("assistant", "<think>\nsix sevens\n</think>\n\n42"), message("user", "sure?"),
                 message("assistant", "Yes, 42.", reasoning_content="I said 42.")],
    "tool_calls": [message("system", "Use tools."), message("user", "Weather in Köln?"),
                   message("assistant", None, tool_calls=[call("get_weather", place="Köln", days=2, exact=True, unit=None),
                                                          call("clock")]),
                   message("tool", "{\"sky\": \"grey\"}", name="get_weather"), message("tool", "13:05", name="clock"),
                   message("assistant", "Grey, at five past one.")],
    "parts": [message("user", [{"type": "text", "text": "Look: "}, {"type": "image"}, {"type": "text", "text": "what is it?"}]),
              message("assistant", [{"type": "text", "text": "A hive."}])],
    "long": [message(("user", "assistant")[i % 2], f"turn {i}") for i in range(12)],
    "system_only": [message("system", "  Only rules. /no_think ")],
    "late_system": [message("user", "a"), message("system", "Be kind."), message("user", "b"), message("assistant", "c")],
    "developer": [message("developer", "Use metric units."), message("user", "How far?"), message("assistant", "12 km.")],
    "two_answers": [message("user", "a"), message("assistant", "b"), message("assistant", "c")],
    "text_arguments": [message("user", "Time?"), message("assistant", "I look.", tool_calls=[
                           {"id": "call_1", "type": "function", "function": {"name": "clock", "arguments": "{\"zone\": \"UTC\"}"}}]),
                       message("tool", "13:05", tool_call_id="call_1"), message("assistant", "Five past one.")],
    "open_call": [message("user", "Weather?"), message("assistant", "", reasoning_content="A tool knows.",
                                                       tool_calls=[call("get_weather", place="X\n\"Y\"", days=0, list=[1, {"a": None}])]),
                  message("tool", "rain")],
    "system_parts": [message("system", [{"type": "text", "text": "Rules."}]), message("user", [{"type": "text", "text": "Hi"}]),
                     message("assistant", "Ho")],
    "windows_lines": [message("user", "a\r\nb\r\n\r\nc"), message("assistant", "\n\n d \n\n")],
    "null_fields": [message("user", "x", name=None), message("assistant", "y", tool_calls=None, reasoning_content=None)],
    "thinking_twice": [message("user", "q"), message("assistant", "<think>a</think>b<think>c</think>d"),
                       message("user", "r"), message("assistant", "<think>\nlast\n</think>\n\ne")],
    "nothing": [],
    "odd_role": [message("user", "x"), message("critic", "y")],
}

# name, kwargs: each is tried with every template; conversations apart from the first take the first two.
VARIANTS = [
    {},
    {"add_generation_prompt": True},
    {"tools": [WEATHER, CLOCK], "add_generation_prompt": True},
    {"enable_thinking": False, "add_generation_prompt": True, "custom": [1, 2.5, True, None, "ü"]},
]
FIRST_ONLY = 2
WITH_ALL = ("one_turn", "tool_calls", "thinking")
# Written in the manner of published families; each conversation takes one variant in turn, so that the file stays small.
FAMILIES = ("colon_roles", "controls_documents", "eos_unless_last", "flagged_calls", "folded_system", "listed_tools",
            "modes_in_system", "named_blocks", "numbered_results", "parts_first", "tagged_arguments", "typed_tools",
            "visible_text")
SEPARATOR = "\n----\n"


class StoppedClock(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return NOW


def render(template, conversation, kwargs):
    # As apply_chat_template does before it comes here.
    conversation = [{key: value for key, value in one.items() if value is not None} for one in conversation]
    marks = re.search(r"\{%-?\s*generation\s*-?%\}", template) is not None
    try:
        result = chat_template_utils.render_jinja_template([conversation], chat_template=template,
                                                           return_assistant_tokens_mask=marks, **kwargs, **SPECIALS)
    except (jinja2.exceptions.SecurityError, jinja2.exceptions.UndefinedError,
            jinja2.exceptions.TemplateSyntaxError) as error:
        return {"fails": type(error).__name__}
    except jinja2.exceptions.TemplateError as error:
        return {"error": str(error)}
    except (TypeError, ValueError, KeyError, AttributeError, OverflowError) as error:
        return {"fails": type(error).__name__}
    texts, spans = result
    return {"text": texts[0], "assistant": [list(span) for span in spans[0]] if marks else None}


def variants(template, conversation, index):
    if template in FAMILIES and conversation not in WITH_ALL:
        return [VARIANTS[index % len(VARIANTS)]]
    return VARIANTS if conversation in WITH_ALL else VARIANTS[:FIRST_ONLY]


def snippets():
    """Small templates, and every {{ }} of theirs alone, so that one failure does not hide the others."""
    whole = (HERE / "chat_snippets.txt").read_text(encoding="utf-8").rstrip("\n").split(SEPARATOR)
    parts = [part for one in whole if "{%" not in one for part in re.findall(r"\{\{ .*? \}\}(?=[ |]|$)", one)]
    conversation = [message("user", "Hello there"), message("assistant", "Grüße, dear")]
    return conversation, [{"source": one, **render(one, conversation, {})} for one in dict.fromkeys(whole + parts)]


def main():
    logging.disable(logging.WARNING)
    chat_template_utils.datetime = StoppedClock
    templates = {path.stem: path.read_text(encoding="utf-8") for path in sorted((HERE / "chat_templates").glob("*.jinja"))}
    bundled = ROOT / "resources" / "models" / "luthier-tiny" / "chat_template.jinja"
    templates["luthier_tiny"] = bundled.read_text(encoding="utf-8")
    cases = []
    for name, template in templates.items():
        for about, conversation in CONVERSATIONS.items():
            for kwargs in variants(name, about, len(cases)):
                cases.append({"template": name, "conversation": about, "kwargs": kwargs, **render(template, conversation, kwargs)})
    conversation, small = snippets()
    write_json(HERE / "chat_snippets.json", {"specials": SPECIALS, "conversation": conversation, "snippets": small})
    write_json(HERE / "chat_templates.json",
               {"made_with": {"jinja2": jinja2.__version__, "transformers": __import__("transformers").__version__},
                "now": NOW.isoformat(), "specials": SPECIALS, "templates": templates, "conversations": CONVERSATIONS,
                "cases": cases})
    print(len(templates), "templates,", len(cases), "cases,", sum("text" not in case for case in cases), "of them errors")


if __name__ == "__main__":
    main()
