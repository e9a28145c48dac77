// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/page_help.h"

#include <QtGlobal>

namespace luthier::ui::help {

const char kData[] = QT_TRANSLATE_NOOP("PageHelp",
    "A model learns to do what the rows do, so a few hundred good rows do more than many thousand careless ones.\n"
    "Add files with \u201cAdd data\u2026\u201d, by dropping them, or by pasting text into the list of files; a file is only read, never written.\n"
    "The shape says which part of a row is the question and which is the answer; where it is guessed wrongly, choose another at the left.\n"
    "The strip under a row shows its tokens: filled ones are learned, outlined ones are only read.\n"
    "A row that is longer than the limit is cut at the scissor line; drag the line in the histogram to move it.\n"
    "\u201cCheck all rows\u201d finds empty answers, copies, near copies, odd lengths and other trouble; each finding is a filter with advice.\n"
    "Edit a turn with F2, leave a row out with Del, and take anything back with Ctrl+Z, also on another day.\n"
    "Rows that say the same thing in the same words teach the words by heart: leave most of them out.\n"
    "Keep some rows aside that are never trained on; only they can tell whether something general was learned.\n"
    "Do not train on what you will judge by, and not on private things: a tuned model can repeat its rows word for word.");

const char kModels[] = QT_TRANSLATE_NOOP("PageHelp",
    "A base model is what tuning starts from; what it cannot do at all, a small tune will seldom teach it.\n"
    "Models with \u201cinstruct\u201d or \u201cchat\u201d in their name already answer questions and need fewer rows.\n"
    "Everything in the list lies on this machine and works without a network.\n"
    "Search the hub below the list; the size is said before anything is fetched, and a broken download goes on where it stopped.\n"
    "A rule of thumb for memory: two bytes a weight to answer, about four times that for all weights to learn, little more than two with LoRA.\n"
    "QLoRA holds the base in four bits a weight and fits models that would not fit otherwise.\n"
    "Folders of other programs can be used where they lie: \u201cAdd a model\u2026\u201d copies nothing.\n"
    "The box at the right lets you ask a model before you tune it: perhaps a better question is all it takes.\n"
    "Read the licence of a model before you pass on what you made of it.\n"
    "A gated model needs an access token; it is kept by the desktop, never in a project.");

const char kTune[] = QT_TRANSLATE_NOOP("PageHelp",
    "Tune when a model knows enough but answers in the wrong way: tone, format, a narrow task done the same way each time.\n"
    "For facts that change, put them into the question instead: tuning teaches manners better than facts.\n"
    "Begin with LoRA: it is quick, light, hard to spoil, and its result is small; rank 8 to 32 suits most tasks.\n"
    "Choose QLoRA where memory is short, and all weights only with much data and time.\n"
    "The usual value stands beside what you changed; change one thing at a time, or nobody knows what helped.\n"
    "The learning rate matters most: halve it when the loss jumps, double it when nothing moves.\n"
    "Two or three epochs are often enough; more of the same rows is how a model starts to recite.\n"
    "The bar below says what such a run would be before it begins: rows, steps, memory and time.\n"
    "Before the start you see real rows as the model will read them; if the filled tokens are not the answers, go back.\n"
    "\u201cTry several\u2026\u201d trains the same data by several methods and puts them side by side.");

const char kRuns[] = QT_TRANSLATE_NOOP("PageHelp",
    "The faint line is each step, the strong one its mean; the dots are rows kept aside, and they are the ones to watch.\n"
    "Both falling: it learns; stop it too early and you leave something on the table.\n"
    "Training falls and held-out rises: it learns its rows by heart, which is called overfitting; the lowest dot was the best moment.\n"
    "Neither falls: raise the learning rate, or look whether the right tokens are trained.\n"
    "Jumps and a growing gradient norm: lower the learning rate.\n"
    "Click a point of the curve to see the rows that step learned from; Alt+Left comes back.\n"
    "Choose two runs with Ctrl to lay them over each other and to see which settings differ.\n"
    "The probe answers at the side say in words what the numbers mean.\n"
    "A run that was stopped or interrupted resumes from its last checkpoint and ends as if nothing had happened.\n"
    "Losses of different data or different tokenizers cannot be compared with each other.");

const char kCompare[] = QT_TRANSLATE_NOOP("PageHelp",
    "Base and tuned model get the same prompt, the same settings and the same seed, so what differs is what was learned.\n"
    "Words that only one of them says are tinted and underlined.\n"
    "The prompts at the side are rows that this run never trained on, with the answer the data has.\n"
    "Ask things that are unlike the rows, too: a good tune has not made the model worse at everything else.\n"
    "One answer proves little; ask ten, and another seed.\n"
    "At temperature 0 the likeliest token is taken each time, and the answer is always the same.\n"
    "If both answer alike, the tune was too weak, or the prompt has nothing to do with it.\n"
    "If the tuned one recites a row, it has been trained too long.\n"
    "Sliders blend several adapters of one base; nothing is loaded anew for it.\n"
    "Enter asks, Shift+Enter starts a new line, Esc stops both.");

const char kChat[] = QT_TRANSLATE_NOOP("PageHelp",
    "Choose who answers above: what your runs made stands first, then imported adapters, then the models of this machine.\n"
    "A conversation keeps its earlier turns: the model reads all of them before it answers.\n"
    "Enter sends, Shift+Enter starts a new line, Esc stops the answer.\n"
    "Under \u201cSettings\u201d stands the system text: who the model is and how it should answer.\n"
    "If the rows you trained on had a system text, write the same one here, or the model is not itself.\n"
    "A model tuned on single questions may drift in a long conversation: it has never seen one.\n"
    "Raise the temperature for variety, lower it for the same answer each time.\n"
    "An answer that breaks off has reached the token limit; raise it under \u201cSettings\u201d.\n"
    "The model is loaded at the first question and stays until you choose another.\n"
    "Nothing you write here leaves this machine, and nothing of it is trained on.");

const char kEvaluate[] = QT_TRANSLATE_NOOP("PageHelp",
    "The base and what you tuned answer the same rows, which the run kept aside and never learned from.\n"
    "Let the base answer with a prompt, too: a system text and a few examples are what tuning has to beat.\n"
    "The first metric decides the verdict; choose it before you look, not after.\n"
    "Every number stands with its interval of 95 %: other rows of the same kind would give a number inside it.\n"
    "\u201cNo difference that this many rows can show\u201d is a result, and the sentence says how many rows would show one.\n"
    "Read the rows that became worse first: they say more than the mean.\n"
    "General rows, or questions with choices, say whether something was forgotten; with checkpoints, when.\n"
    "Each answer is on disk at once: stop whenever you like, the same choices go on from there.\n"
    "A report is one page that stands alone, as HTML or PDF, with settings, hashes and what was not measured.\n"
    "Numbers are of these rows alone: let people judge the answers, too.");

const char kJudge[] = QT_TRANSLATE_NOOP("PageHelp",
    "Two answers to one prompt stand side by side, and which model wrote which is hidden: what you know, you cannot favour.\n"
    "Press 1 or 2 for the better one, 3 where they are as good, 4 where both are bad, and 5 to pass it by.\n"
    "Sides change at random from pair to pair, so a habit of choosing the left one cancels out.\n"
    "Every vote is on disk before the next pair is shown; close the window whenever you like.\n"
    "The win rate stands with its interval: while 50 % lies inside it, nothing is shown yet.\n"
    "Longer answers look better than they are; look at whether the question was answered.\n"
    "Write the answer as it should have been where both fall short: corrections are worth more than votes.\n"
    "Fifty votes find a large difference, several hundred a small one.\n"
    "Let somebody else judge, too: where two people disagree, the question may have no right answer.\n"
    "Votes and corrections become a file of preferences in one click, ready to learn from.");

const char kAdapters[] = QT_TRANSLATE_NOOP("PageHelp",
    "An adapter is what a run has learned, without the model: some megabytes that work with their own base only.\n"
    "Every run leaves one here; others can be imported from a PEFT folder or a GGUF file.\n"
    "\u201cChat\u201d talks to it, \u201cContinue\u2026\u201d trains it further with its own settings.\n"
    "\u201cMerge\u2026\u201d folds it into its base: a model folder that every program reads.\n"
    "\u201cExport\u2026\u201d writes GGUF for Ollama and LM Studio; smaller kinds lose a little, and how much is measured.\n"
    "Each written file is opened again and compared before it counts as done.\n"
    "Choose several to combine them into one; what pulls in different directions may cancel out.\n"
    "Deleted adapters lie in the trash folder of the project.\n"
    "Its details say which base, which data and which method it came from; the run it stands at has all of its settings.\n"
    "Notes are kept with the project: write down what you tried and what came of it.");

const char kRollouts[] = QT_TRANSLATE_NOOP("PageHelp",
    "GRPO, RLOO and PPO let the model answer while it trains, judge the answers, and learn from them; here they all are.\n"
    "An update is answers that were made with the same weights; rewards should rise from the first to the last.\n"
    "Sort by reward and read the lowest and the highest: they say what the rules really pay for.\n"
    "Colour by log-probability to see where the model was unsure, by advantage to see what it was told of each token.\n"
    "KL is how far it has gone from where it began; strong colour in every answer means that it forgets its language.\n"
    "Below the answer stands what each rule gave, and why; the rule that gave least is chosen.\n"
    "Same prompt shows what was said to it in every update, side by side.\n"
    "Answers that grow or repeat themselves while the reward rises have found a hole in the rules: close it with another rule.\n"
    "A plus behind the tokens says that the answer was cut; such rewards are of half an answer.\n"
    "The first update and the newest ones stay on the disk; objective.keep_updates says how many.");

const char kPipeline[] = QT_TRANSLATE_NOOP("PageHelp",
    "People prefer some answers to others; this page leads from such pairs to a model that gives the better ones.\n"
    "Straight from pairs (DPO) is one run, and the better choice wherever pairs are there; take it first.\n"
    "With a reward model the model also tries answers that nobody wrote: more runs, more settings, more to watch.\n"
    "Tune on examples first where the model does not yet answer in the form that you want.\n"
    "Pairs come from a file, from votes on Judge, or from a model as judge there.\n"
    "Each stage says what it needs, what it made and how you see that it is good; do not go on past a check that is not good.\n"
    "The reward model stands on the same base as the model that learns from it, so both fit where one does.\n"
    "A stage that was stopped goes on from its checkpoint, also on another day.\n"
    "Answers shows what the model said while it learned by PPO or GRPO; read the lowest and the highest rewards.\n"
    "The command line has the same: luthier pipeline show, choose, run.");

} // namespace luthier::ui::help
