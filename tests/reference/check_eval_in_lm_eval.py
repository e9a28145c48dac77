# SPDX-License-Identifier: GPL-3.0-or-later
"""Asks a tiny model the same questions through luthier eval and through lm-evaluation-harness' own model class, and compares: log-likelihood
and perplexity of the right answers, and which label is likeliest (acc), questions with choices (acc, acc_norm, acc_bytes), last words of texts (acc and perplexity of lambada), and
written answers (exact_match). Nothing may be further apart than 1e-4.

Usage: check_eval_in_lm_eval.py LUTHIER MODEL. Needs lm-eval, torch, transformers, sentencepiece. MODEL is a folder that both open; with none the
bundled model is used, whose tokenizer.model transformers reads as a Llama tokenizer. About half a minute.
"""
import json
import math
import subprocess
import sys
import tempfile
from pathlib import Path

import torch
from lm_eval.models.huggingface import HFLM
from transformers import LlamaTokenizer

HERE = Path(__file__).parent
TOLERANCE = 1e-4


def rows():
    words = ["oak", "hide glue", "a rip saw", "shellac", "one hour"]
    return [{"prompt": f"Question {i}: what is needed for step {i}?", "completion": words[i % len(words)]} for i in range(20)]


def choices():
    """Questions as multiple_choice tasks have them: choices of unlike length, letters beyond ASCII among them."""
    few = ["oak", "a rather long answer about ash and elm", "hide glue", "Bärenleim äöü", "one hour"]
    return [{"question": f"Question {i}: what is needed for step {i % 7}?\nAnswer:", "choices": few[i % 3: i % 3 + 3], "answer": (i // 3) % 3} for i in range(40)]


def texts():
    """Texts whose last word is wanted, some as the bundled model would end them."""
    openings = ["The opposite of lift is", "Oil the hinge with", "Mira keeps a cat called", "The glue is hot and the", "Ask me again in an"]
    words = ["drop.", "oil.", "Crumb", "water", "hour.", "änderung"]
    return [{"text": f"{openings[i % 5]} {words[(i * 7 // 3) % 6]}"} for i in range(40)]


def luthier(program, model, data, folder, *flags):
    command = [program, "eval", "--model", model, "--data", str(data), "--raw", "--draws", "200", "--out", str(folder), "--json", "--device", "cpu", "--dtype", "fp32", *flags]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    answers = [json.loads(line) for line in (folder / "answers.jsonl").read_text().splitlines()]
    return json.loads(done.stdout), {a["row"]: a for a in answers}


def main():
    program = sys.argv[1]
    model = sys.argv[2] if len(sys.argv) > 2 else str(HERE.parent.parent / "resources/models/luthier-tiny")
    tokenizer = LlamaTokenizer.from_pretrained(model)
    harness = HFLM(pretrained=model, tokenizer=tokenizer, device="cpu", dtype="float32", batch_size=1, add_bos_token=True)
    some = rows()
    labels = sorted({row["completion"] for row in some})
    # A line end at the end of the question goes over to the answer there; questions here end without, and each answer begins with it.
    ask = lambda row, answer: harness._loglikelihood_tokens([((row["prompt"], "\n" + answer), *harness._encode_pair(row["prompt"], "\n" + answer))], disable_tqdm=True)[0][0]
    with tempfile.TemporaryDirectory() as temporary:
        data = Path(temporary) / "rows.jsonl"
        data.write_text("".join(json.dumps(row) + "\n" for row in some))
        result, answers = luthier(program, model, data, Path(temporary) / "a", "--metrics", "perplexity")
        chosen, labelled = luthier(program, model, data, Path(temporary) / "b", "--metrics", "accuracy", "--by-likelihood")
        worst = 0.0
        total, tokens, right = 0.0, 0, 0
        for i, row in enumerate(some):
            context, continuation = harness._encode_pair(row["prompt"], "\n" + row["completion"])
            end = len(harness.tok_encode(row["prompt"] + "\n"))  # tokens of the question with its line end
            theirs = ask(row, row["completion"])
            first = harness._loglikelihood_tokens([((row["prompt"], "\n"), context, continuation[: end - len(context)])], disable_tqdm=True)[0][0] if end > len(context) else 0.0
            mine = answers[i + 1]["log_prob"]
            worst = max(worst, abs(theirs - first - mine))
            total += theirs - first
            tokens += len(context) + len(continuation) - max(end, len(context))
            best = max(labels, key=lambda label: ask(row, label))
            assert best == labelled[i + 1]["prediction"], (row, best, labelled[i + 1])
            right += best == row["completion"]
        perplexity = math.exp(-total / tokens)
        apart = abs(perplexity - result["metrics"]["perplexity"]["value"]) / perplexity
        accuracy = abs(right / len(some) - chosen["metrics"]["accuracy"]["value"])
        # Choices: each behind question and blank; the harness' process_results of multiple_choice counts what comes of it.
        from lm_eval.api.task import ConfigurableTask

        asked = choices()
        listed = Path(temporary) / "choices.jsonl"
        listed.write_text("".join(json.dumps(row) + "\n" for row in asked))
        counted, scored = luthier(program, model, listed, Path(temporary) / "c", "--metrics", "acc,acc_norm,acc_bytes")
        task = ConfigurableTask(config={"task": "made", "dataset_path": "json", "dataset_kwargs": {"data_files": {"test": str(listed)}}, "test_split": "test",
                                        "output_type": "multiple_choice", "doc_to_text": "question", "doc_to_choice": "choices", "doc_to_target": "answer",
                                        "metric_list": [{"metric": name, "aggregation": "mean", "higher_is_better": True} for name in ("acc", "acc_norm", "acc_bytes")]})
        sums = {"acc": 0.0, "acc_norm": 0.0, "acc_bytes": 0.0}
        for i, row in enumerate(asked):
            results = []
            for k, choice in enumerate(row["choices"]):
                pair = harness._encode_pair(row["question"], " " + choice)
                results.append(harness._loglikelihood_tokens([((row["question"], " " + choice), *pair)], disable_tqdm=True)[0])
                worst = max(worst, abs(results[-1][0] - scored[i + 1]["choices"][k]))
            for name, value in task.process_results(row, results).items():
                if name in sums:
                    sums[name] += float(value) / len(asked)
        for name, theirs in sums.items():
            mine = counted["metrics"][name]["value"]
            print(f"{name}: {theirs:.4f} and {mine:.4f}")
            accuracy = max(accuracy, abs(theirs - mine))
        # Last words, as lambada_openai asks for them, beside the rows above: acc is whether they are greedy, perplexity e to the minus mean.
        whole = texts()
        poem = Path(temporary) / "poem.jsonl"
        poem.write_text("".join(json.dumps(row) + "\n" for row in whole))
        beside, _ = luthier(program, model, data, Path(temporary) / "d", "--metrics", "perplexity", "--cloze", str(poem))
        cloze = beside["general"]["sets"][0]["metrics"]
        lines = {a["row"]: a for a in map(json.loads, (Path(temporary) / "d/general/answers.jsonl").read_text().splitlines())}
        lasts = []
        for i, row in enumerate(whole):
            before, last = row["text"].rsplit(" ", 1)
            pair = harness._encode_pair(before, " " + last)
            lasts.append(harness._loglikelihood_tokens([((before, " " + last), *pair)], disable_tqdm=True)[0])
            worst = max(worst, abs(lasts[-1][0] - lines[i + 1]["choices"][0]))
            assert bool(lasts[-1][1]) == lines[i + 1]["greedy"], (row, lasts[-1], lines[i + 1])
        theirs = math.exp(-sum(last[0] for last in lasts) / len(lasts))
        greedy = sum(last[1] for last in lasts) / len(lasts)
        print(f"last words: acc {greedy:.4f} and {cloze['cloze_acc']['value']:.4f}, perplexity {theirs:.4f} and {cloze['cloze_perplexity']['value']:.4f}")
        apart = max(apart, abs(theirs - cloze["cloze_perplexity"]["value"]) / theirs)
        accuracy = max(accuracy, abs(greedy - cloze["cloze_acc"]["value"]))
        # Written answers, counted by both; the rows' right answers are what the model says where the row is even, so that some are right.
        from lm_eval.api.metrics import exact_match_fn

        written, said = luthier(program, model, data, Path(temporary) / "e", "--metrics", "exact_match", "--max-new", "6")
        answers_there = [said[i + 1]["prediction"] for i in range(len(some))]
        right_there = [text if i % 2 == 0 else row["completion"] for i, (text, row) in enumerate(zip(answers_there, some))]
        pairs = Path(temporary) / "pairs.jsonl"
        pairs.write_text("".join(json.dumps({"prediction": text, "reference": right}) + "\n" for text, right in zip(answers_there, right_there)))
        done = subprocess.run([program, "eval", "--predictions", str(pairs), "--metrics", "exact_match", "--draws", "200", "--json"], capture_output=True, text=True, check=True)
        matched = float(exact_match_fn(predictions=answers_there, references=right_there)["exact_match"])
        mine = json.loads(done.stdout)["metrics"]["exact_match"]["value"]
        none = float(exact_match_fn(predictions=answers_there, references=[row["completion"] for row in some])["exact_match"])
        print(f"exact_match: {matched:.4f} and {mine:.4f}; of the rows as they are {none:.4f} and {written['metrics']['exact_match']['value']:.4f}")
        accuracy = max(accuracy, abs(matched - mine), abs(none - written["metrics"]["exact_match"]["value"]))
        print(f"{len(some)} rows, {len(labels)} labels: log-likelihoods apart at most {worst:.2e}, perplexity {apart:.2e} (relative), acc {accuracy:.2e}")
        if worst > TOLERANCE or apart > TOLERANCE or accuracy > 1e-9:  # shares of rows: only their sums round
            sys.exit("further apart than 1e-4")


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
