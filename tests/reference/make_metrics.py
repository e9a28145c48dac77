# SPDX-License-Identifier: GPL-3.0-or-later
"""Metrics as sacrebleu, rouge-score, scikit-learn and the SQuAD script have them, on texts chosen to be awkward.

Writes metrics.json. Needs: sacrebleu rouge-score scikit-learn nltk krippendorff statsmodels arena-rank jsonschema lm-eval (see README.md).
"""
import collections
import json
import random
import re
import string
from pathlib import Path

import jsonschema
import krippendorff
import numpy as np
import sacrebleu
from lm_eval.filters.extraction import RegexFilter
from nltk.stem.porter import PorterStemmer
from rouge_score import rouge_scorer
from sklearn import metrics as sk
from sacrebleu.metrics import BLEU, CHRF
from scipy.optimize import brentq, minimize_scalar
from scipy.stats import norm
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.proportion import proportion_confint

HERE = Path(__file__).parent

TEXTS = [
    ("The cat sat on the mat.", ["The cat is on the mat.", "There is a cat on the mat."]),
    ("", ["Something was wanted here."]),
    ("Something was said here.", [""]),
    ("", [""]),
    ("   \n\t ", ["blank"]),
    ("Yes", ["Yes"]),
    ("yes.", ["Yes"]),
    ("The price is $1,234.50 (about 3-4%), isn't it?", ["The price is $1,234.50 (about 3-4 %), is it not?"]),
    ("Größe: 3,5 cm – “schön” und naïve", ["Größe: 3.5 cm - \"schön\" und naive", "Grosse: 3,5 cm"]),
    ("今天天气很好。我们去公园吧!", ["今天天气不错,我们去公园吧。"]),
    ("Привет, мир! Как дела?", ["Привет мир. Как твои дела?"]),
    ("🙂🙂 family 👨‍👩‍👧 e\u0301te\u0301 vs été", ["🙂 family 👨‍👩‍👧 été vs été"]),
    ("K temperature of 5 K and İstanbul ΑΣ", ["k temperature of 5 k and istanbul ας"]),
    ("a a a a a a", ["a a a", "a a a a a a a a a"]),
    ("one two three four five six seven eight nine ten", ["one two three", "ten nine eight seven six five four three two one"]),
    ("First line here.\nSecond line follows.\n\nFourth.", ["First line is here.\nThe second line follows.\nFourth line."]),
    ("running runners ran easily; the skies were dying and ponies agreed",
     ["a runner runs with ease: the sky is dying, the pony agrees"]),
    ("hyphen-\nated word and <skipped> tag &quot;quoted&quot; &amp;lt; 5-6 x.5 .5. 1.5.", ["hyphenated word and tag \"quoted\" < 5 - 6 x .5 1.5 ."]),
    ("no\u00a0break\u2009space\x1cseparator\x85next", ["no break space separator next"]),
    ("An apple a day, the doctor's away_today", ["apple day doctors away today"]),
    ("ends with a stop .", ["ends with a stop."]),
    ("{\"key\": [1, 2, 3], \"x\": \"y\"}", ["{\"key\":[1,2,3],\"x\":\"y\"}"]),
    ("word " * 60, ["word " * 40 + "other " * 10]),
    ("abc", ["xyz"]),
    ("x", ["xyz", "x y z"]),
    ("... !!! ???", ["... !!! ???"]),
]


def squad_normal(text):
    text = "".join(c for c in text.lower() if c not in set(string.punctuation))
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", text).split())


def squad_f1(prediction, reference):
    here, there = squad_normal(prediction).split(), squad_normal(reference).split()
    same = sum((collections.Counter(here) & collections.Counter(there)).values())
    if same == 0:
        return 0
    precision, recall = same / len(here), same / len(there)
    return 2 * precision * recall / (precision + recall)


def columns(rows):
    """References of rows as sacrebleu wants them: one list a reference, None where a row has fewer."""
    width = max(len(r) for _, r in rows)
    return [[r[i] if i < len(r) else None for _, r in rows] for i in range(width)]


def text_metrics(rows):
    predictions = [p for p, _ in rows]
    bleu, chrf = BLEU(), CHRF()
    one_bleu, one_chrf = BLEU(effective_order=True), CHRF()
    kinds = ["rouge1", "rouge2", "rougeL", "rougeLsum"]
    out = {"bleu": bleu.corpus_score(predictions, columns(rows)).score, "chrf": chrf.corpus_score(predictions, columns(rows)).score,
           "f1_token": float(sum(max(squad_f1(p, r) for r in rs) for p, rs in rows) / len(rows)),
           "exact_match": sum(float(p in rs) for p, rs in rows) / len(rows)}
    per_row = {"bleu": [one_bleu.sentence_score(p, rs).score for p, rs in rows],
               "chrf": [one_chrf.sentence_score(p, rs).score for p, rs in rows],
               "f1_token": [float(max(squad_f1(p, r) for r in rs)) for p, rs in rows]}
    for stemmer in (False, True):
        scorer = rouge_scorer.RougeScorer(kinds, use_stemmer=stemmer)
        scores = [scorer.score_multi(rs, p) for p, rs in rows]
        for kind in kinds:
            name = kind + ("_stemmed" if stemmer else "")
            per_row[name] = [float(s[kind].fmeasure) for s in scores]
            out[name] = sum(per_row[name]) / len(rows)
    return {"rows": [{"prediction": p, "references": r} for p, r in rows], "values": out, "of_rows": per_row,
            "bleu_words": [sacrebleu.tokenizers.tokenizer_13a.Tokenizer13a()(p.rstrip()) for p in predictions]}


def label_metrics(truth, guess):
    out = {"accuracy": sk.accuracy_score(truth, guess)}
    for name, f in (("precision", sk.precision_score), ("recall", sk.recall_score), ("f1", sk.f1_score)):
        for average in ("micro", "macro"):
            out[f"{name}_{average}"] = f(truth, guess, average=average, zero_division=0)
    return {"rows": [{"prediction": g, "references": [t]} for t, g in zip(truth, guess)], "values": {k: float(v) for k, v in out.items()}}


def labels():
    draw = random.Random(7)
    names = ["good", "bad", "neutral", "größe", "B"]
    truth = [draw.choice(names[:4]) for _ in range(200)]
    guess = [t if draw.random() < 0.6 else draw.choice(names + ["", "Good"]) for t in truth]
    return [label_metrics(truth, guess), label_metrics(["a", "b", "b"], ["a", "a", "a"]), label_metrics(["x"], ["y"])]


def confusion():
    draw = random.Random(17)
    names = ["good", "bad", "neutral"]
    truth = [draw.choice(names) for _ in range(120)]
    guess = [t if draw.random() < 0.5 else draw.choice(names + ["other"]) for t in truth]
    labels_ = sorted(set(truth))
    counts = sk.confusion_matrix(truth, guess, labels=labels_ + ["other"])
    return {"rows": [{"prediction": g, "references": [t]} for t, g in zip(truth, guess)], "labels": labels_, "counts": counts[:len(labels_)].tolist()}


def refuse(name):
    raise ValueError(name)


def is_json(text):
    try:
        json.loads(text, parse_constant=refuse)
        return 1
    except (ValueError, RecursionError):
        return 0


# Without an object that has a key twice: Python takes the last, others the first, and Luthier refuses it.
JSON_TEXTS = ["{}", "[]", "null", "true", "\"x\"", "12", "-0.5e3", " {\"a\": [1, 2, {\"b\": null}]}\n", "", " ", "{", "{\"a\":1,}", "[1,2,]", "{'a':1}", "{a:1}", "NaN", "Infinity",
              "-Infinity", "[NaN]", "01", "1.", ".5", "+1", "1e5", "1e", "\"\t\"", "\"\\t\"", "\"\\x\"", "\"\\u00e9\"", "\"\\ud83d\\ude42\"", "{\"a\":1} {\"b\":2}", "{\"a\":1}x",
              "// c\n{}", "[" * 40 + "]" * 40, "tru", "True", "None", "\"größe\"", "{\"größe\":\"🙂\"}", "```json\n{}\n```", "[1 2]", "{\"a\" 1}", "\"open"]

SCHEMAS = [
    ({"type": "object", "required": ["name"], "additionalProperties": False,
      "properties": {"name": {"type": "string", "minLength": 1, "pattern": "^[A-Z]"}, "age": {"type": "integer", "minimum": 0},
                     "tags": {"type": "array", "items": {"$ref": "#/$defs/tag"}, "uniqueItems": True}}, "$defs": {"tag": {"enum": ["a", "b"]}}},
     [{"name": "Ada"}, {"name": "Ada", "age": 3}, {"name": "Ada", "age": 3.0}, {"name": "Ada", "age": 3.5}, {"name": "Ada", "age": -1}, {"name": "ada"}, {"name": ""}, {},
      {"name": "Ada", "x": 1}, {"name": "Ada", "tags": ["a", "b"]}, {"name": "Ada", "tags": ["a", "a"]}, {"name": "Ada", "tags": ["c"]}, [], "x", None]),
    ({"anyOf": [{"type": "string", "maxLength": 2}, {"type": "number", "exclusiveMinimum": 1, "exclusiveMaximum": 3}]}, ["ab", "abc", "🙂🙂", "🙂🙂🙂", 1, 2, 3, 2.999, None, [1]]),
    ({"oneOf": [{"multipleOf": 2}, {"multipleOf": 3}]}, [2, 3, 4, 6, 7, 9, "x"]),
    ({"not": {"type": "null"}}, [None, 0, ""]),
    ({"allOf": [{"minimum": 1}, {"maximum": 3}]}, [0, 1, 3, 4]),
    ({"const": {"a": [1, 2]}}, [{"a": [1, 2]}, {"a": [2, 1]}, {"a": [1, 2.0]}, {}]),
    ({"enum": [1, "1", None, True]}, [1, "1", None, True, 1.0, False, 0]),
    ({"type": ["integer", "null"]}, [1, 1.0, None, 1.5, "1", True]),
    ({"type": "boolean"}, [True, False, 1, 0, "true"]),
    ({"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}], "items": {"type": "null"}, "minItems": 1, "maxItems": 3},
     [["a"], ["a", 1], ["a", 1, None], ["a", 1, 2], ["a", 1, None, None], [], [1]]),
    ({"type": "object", "patternProperties": {"^n_": {"type": "number"}}, "additionalProperties": {"type": "string"}, "minProperties": 1, "maxProperties": 2},
     [{"n_a": 1}, {"n_a": "1"}, {"b": "x"}, {"b": 1}, {}, {"n_a": 1, "b": "x"}, {"n_a": 1, "b": "x", "c": "y"}]),
    ({"multipleOf": 0.1}, [0.5, 1, 0.25]),
    ({"uniqueItems": True}, [[1, 1.0], [1, True], [0, False], ["a", "A"], [[1], [1]], [{"a": 1}, {"a": 1}]]),
    ({"pattern": "b+"}, ["abbc", "ac", 5]),
    (True, [1]), (False, [1]),
]

PATTERNS = [("[0-9]+$", ["a1", "1a", "12", "", "1\n"]), ("^yes\\b", ["yes.", "yesterday", "no, yes", "yes"]), ("(?i)oak", ["OAK tree", "elm", "soak"]), ("a.c", ["abc", "a\nc", "ac"]),
            ("^\\w+@\\w+\\.\\w{2,3}$", ["me@home.org", "me@home", "me@home.orgs"]), ("größe", ["Größe", "die größe"]), ("(a|b)+c?", ["", "abab", "c"]), ("colou?r", ["color", "colour", "colr"])]

# Whole answers as GSM8K has them; both filters of lm-evaluation-harness' task, then its exact_match, which leaves , $ and the last stop out.
SOLUTIONS = [("5 + 4 = 9\n#### 9", "18 / 2 = 9\n#### 9"), ("#### 10", "#### 9"), ("It is 9", "#### 9"), ("#### 1,200", "#### 1200"), ("So 7 of 8 are 3\n#### -3", "#### -3"),
             ("The total is 18 dollars", "#### 18"), ("18 or 19", "#### 18"), ("no number", "#### 1"), ("#### 2.50", "#### 2.50"), ("first #### 1", "#### 1")]


def number(text, pattern, group):
    found = RegexFilter(regex_pattern=pattern, group_select=group).apply([[text]], [{}])[0][0]
    return re.sub(r"\.$", "", re.sub(r"[,$]", "", found)).strip().lower()


def repeated(text):
    words = text.split()
    grams = [tuple(words[i:i + 4]) for i in range(len(words) - 3)]
    return 1 - len(set(grams)) / len(grams) if grams else 0.0


def shapes():
    texts = [p for p, _ in TEXTS] + ["a b c d a b c d", "one two three"]
    schemas = [{"schema": json.dumps(schema), "answers": [json.dumps(v) for v in values],
                "valid": [int(jsonschema.Draft202012Validator(schema).is_valid(v)) for v in values]} for schema, values in SCHEMAS]
    patterns = [{"pattern": p, "answers": answers, "found": [int(re.search(p, a) is not None) for a in answers]} for p, answers in PATTERNS]
    wanted = [re.search(r"#### (\-?[0-9\.\,]+)", r).group(1).replace(",", "") for _, r in SOLUTIONS]
    return {"json": [[t, is_json(t)] for t in JSON_TEXTS], "schemas": schemas, "patterns": patterns,
            "numbers": [[a, r, int(number(a, r"#### (\-?[0-9\.\,]+)", 0) == w), int(number(a, r"(-?[$0-9.,]{2,})|(-?[0-9]+)", -1) == w)] for (a, r), w in zip(SOLUTIONS, wanted)],
            "length": [[t, len(t)] for t in texts], "repetition": [[t, repeated(t)] for t in texts]}


def calibration():
    draw = random.Random(11)
    sure = [draw.random() for _ in range(300)] + [0.0, 1.0, 1 / 15, 2 / 15]
    right = [int(draw.random() < s * 0.8) for s in sure]
    edges = np.linspace(0, 1, 16)
    bins = np.clip(np.searchsorted(edges, sure, side="left") - 1, 0, 14)
    error = 0.0
    for b in range(15):
        inside = bins == b
        if inside.any():
            error += inside.mean() * abs(np.mean(np.array(sure)[inside]) - np.mean(np.array(right)[inside]))
    return {"rows": [{"prediction": "1" if r else "0", "references": ["1"], "confidence": s} for r, s in zip(right, sure)], "ece": float(error)}


def stems():
    words = set(re.findall(r"[a-z0-9]{4,}", Path(__file__).read_text().lower()))
    endings = ["", "s", "es", "ed", "ing", "ly", "ness", "ational", "fulli", "logi", "ology", "ies", "ied", "ement", "ion", "ization", "alli", "bly",
               "ability", "iveness", "ousness", "y", "e", "ee", "eed", "ll", "er", "ator", "icate", "ical", "ative"]
    heads = ["hop", "plan", "trad", "fall", "hiss", "fizz", "pony", "enjoy", "controll", "relat", "activ", "syzyg", "geo", "us", "b", "tr", "agr", "oper",
             "sens", "digit", "vil", "form", "electr", "hope", "good", "2nd", "yyyy", "aeiou", "cann", "out", "inn", "succ", "ski", "dy", "ly", "ty"]
    words |= {h + e for h in heads for e in endings} | {"skies", "sky", "dying", "lying", "tying", "news", "innings", "outings", "cannings", "howe",
                                                        "proceed", "exceed", "succeed"}
    stemmer = PorterStemmer()
    return {w: stemmer.stem(w) for w in sorted(words)}


def ratings():
    import pandas as pd
    from arena_rank.models.bradley_terry import BradleyTerry
    from arena_rank.utils.data_utils import PairDataset
    draw = random.Random(3)
    strength = {"base": 0.0, "prompted": 0.4, "tuned": 1.1, "other": -0.5}
    battles = []
    for _ in range(400):
        a, b = draw.sample(list(strength), 2)
        p = 1 / (1 + np.exp(strength[b] - strength[a]))
        battles.append((a, b, 0.5 if draw.random() < 0.15 else float(draw.random() < p)))
    frame = pd.DataFrame(battles, columns=["model_a", "model_b", "outcome"])
    frame["winner"] = frame["outcome"].map({1.0: "model_a", 0.0: "model_b", 0.5: "tie"})
    data = PairDataset.from_pandas(frame)
    result = BradleyTerry(n_competitors=len(data.competitors)).compute_ratings_and_cis(data)
    names = [str(c) for c in data.competitors]
    return {"battles": [[names.index(a), names.index(b), o] for a, b, o in battles], "names": names,
            "ratings": [float(x) for x in result["ratings"]], "low": [float(x) for x in result["rating_lower"]],
            "high": [float(x) for x in result["rating_upper"]]}


# The first two are the examples of Fagerland, Lydersen and Laake (Statistics in Medicine 33, 2014).
PAIRS = [(7, 1, 21), (16, 6, 161), (20, 40, 160), (3, 9, 60), (0, 5, 30), (27, 27, 200), (2, 1, 500)]


def paired(first, second, n):
    """Tango's score interval (Statistics in Medicine 17, 1998) from its definition: the likeliest trinomial of each difference is searched for, not solved."""
    def score(d):
        def unlikely(q):  # so often the first alone, the second alone, neither alone
            return -(first * np.log(q) + second * np.log(q + d) + (n - first - second) * np.log(1 - 2 * q - d))
        low, high = max(0, -d) + 1e-13, (1 - d) / 2 - 1e-13
        q = minimize_scalar(unlikely, bounds=(low, high), method="bounded", options={"xatol": 1e-15}).x
        return ((second - first) / n - d) / np.sqrt((2 * q + d - d * d) / n)
    z = norm.ppf(0.975)
    seen = (second - first) / n
    return [brentq(lambda d: score(d) - z, -1 + 1e-9, seen - 1e-12, xtol=1e-13), brentq(lambda d: score(d) + z, seen + 1e-12, 1 - 1e-9, xtol=1e-13)]


def statistics():
    draw = random.Random(5)
    first = [draw.randrange(4) for _ in range(60)]
    second = [f if draw.random() < 0.7 else draw.randrange(4) for f in first]
    # The example of Krippendorff's own paper (2011): four observers, twelve units.
    nan = np.nan
    example = [[1, 2, 3, 3, 2, 1, 4, 1, 2, nan, nan, nan], [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, nan, 3], [nan, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, nan],
               [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, nan]]
    alpha = {level: float(krippendorff.alpha(example, level_of_measurement=level)) for level in ("nominal", "ordinal", "interval")}
    table = [(0, 0), (5, 5), (0, 9), (12, 3), (59, 33), (200, 150)]
    proportions = [(0, 10), (1, 10), (10, 10), (37, 80), (993, 1000)]
    return {"kappa": {"first": first, "second": second, "value": float(sk.cohen_kappa_score(first, second))},
            "krippendorff": {"judgements": [[None if x != x else x for x in row] for row in example], "alpha": alpha},
            "mcnemar": [[b, c, float(mcnemar([[0, b], [c, 0]], exact=True).pvalue)] for b, c in table],
            "paired": [[b, c, n, *paired(b, c, n)] for b, c, n in PAIRS],
            "wilson": [[k, n, *map(float, proportion_confint(k, n, method="wilson"))] for k, n in proportions],
            "exact": [[k, n, *map(float, proportion_confint(k, n, method="beta"))] for k, n in proportions]}


def main():
    draw = random.Random(1)
    words = "the cat sat on a mat while dogs were running quickly through green gardens, 3.5 miles away.".split()
    noise = [(" ".join(draw.choices(words, k=draw.randrange(1, 30))), [" ".join(draw.choices(words, k=draw.randrange(1, 30))) for _ in range(draw.randrange(1, 4))])
             for _ in range(60)]
    out = {"made_with": {"sacrebleu": sacrebleu.__version__}, "texts": [text_metrics(TEXTS), text_metrics(noise)] + [text_metrics([row]) for row in TEXTS],
           "labels": labels(), "confusion": confusion(), "shapes": shapes(), "calibration": calibration(), "stems": stems(), "ratings": ratings(), "statistics": statistics()}
    from importlib.metadata import version
    out["made_with"] = {name: version(name) for name in ("sacrebleu", "rouge-score", "scikit-learn", "nltk", "krippendorff", "statsmodels", "arena-rank", "jsonschema", "lm_eval")}
    (HERE / "metrics.json").write_text(json.dumps(out, ensure_ascii=False, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
