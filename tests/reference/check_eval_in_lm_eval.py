# SPDX-License-Identifier: GPL-3.0-or-later
"""Asks a tiny model the same questions through luthier eval and through lm-evaluation-harness' own model class, and compares: log-likelihood
and perplexity of the right answers, and which label is likeliest (acc), and questions with choices (acc, acc_norm, acc_bytes). Nothing may be further apart than 1e-4.

Usage: check_eval_in_lm_eval.py LUTHIER MODEL. Needs lm-eval, torch, transformers, sentencepiece. MODEL is a folder that both open; with none the
bundled model is used, whose tokenizer.model transformers reads as a Llama tokenizer.
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
    return [{"question": f"Question {i}: what is needed for step {i % 7}?\nAnswer:", "choices": few[i % 3: i % 3 + 3], "answer": i % 3} for i in range(40)]


def luthier(program, model, data, folder, *flags):
    command = [program, "eval", "--model", model, "--data", str(data), *(["--raw"] if "acc,acc_norm,acc_bytes" not in flags else []), "--draws", "200", "--out", str(folder), "--json", "--device", "cpu", "--dtype", "fp32", *flags]
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
        print(f"{len(some)} rows, {len(labels)} labels: log-likelihoods apart at most {worst:.2e}, perplexity {apart:.2e} (relative), acc {accuracy:.2e}")
        if worst > TOLERANCE or apart > TOLERANCE or accuracy > 0:
            sys.exit("further apart than 1e-4")


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
