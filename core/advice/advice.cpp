// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/advice/advice.h"

#include "core/advice/kinds.h"
#include "core/base/disk_room.h"
#include "core/peft/methods/method.h"

#include <algorithm>

namespace luthier::advice {

namespace {

constexpr std::int64_t kLittleData = 50;
constexpr std::int64_t kPlentyData = 500;

// ---- prompting or tuning

Factor dataFactor(const RowsSeen& rows)
{
    const std::int64_t all = std::max<std::int64_t>(0, rows.rows + rows.heldOut - rows.nearCopies);
    Factor factor{"data", "Data available", std::to_string(all) + " rows that are not nearly the same", Side::Either,
                  "Enough to try tuning, not enough to be sure of it: measure a prompt beside it."};
    if (all < kLittleData) {
        factor.side = Side::Prompting;
        factor.why = "With so few rows a prompt that shows some of them usually does as well.";
    } else if (all >= kPlentyData) {
        factor.side = Side::Tuning;
        factor.why = "There is more to learn from than a prompt could show.";
    }
    return factor;
}

struct AskedFactor {
    const char* id;
    const char* label;
    std::string Wish::*answer;
    const char* forPrompting; // the answer that speaks for it
    const char* forTuning;
    const char* whyPrompting;
    const char* whyTuning;
};

constexpr AskedFactor kAsked[] = {
    {"complexity", "Task complexity", &Wish::complexity, "simple", "complex", "What a paragraph can explain, a prompt can ask for.",
     "What takes many examples to show does not fit into a prompt."},
    {"budget", "Budget", &Wish::budget, "low", "higher", "A prompt costs no training; try it first.", "There is time to train and to look at what came out."},
    {"consistency", "Need consistency", &Wish::consistency, "less_critical", "critical", "Answers may vary, which prompts do.",
     "Prompts slip now and then; a trained form holds better."},
    {"iteration", "Iteration speed", &Wish::iteration, "need_fast", "can_wait", "A prompt is changed in a minute.", "A run can be waited for."},
};

Factor askedFactor(const AskedFactor& row, const Wish& wish)
{
    const std::string& answer = wish.*row.answer;
    Factor factor{row.id, row.label, answer == "unknown" ? "not said" : answer, Side::Either, "Nothing was said, so this decides nothing."};
    if (answer == row.forPrompting) {
        factor.side = Side::Prompting;
        factor.why = row.whyPrompting;
    } else if (answer == row.forTuning) {
        factor.side = Side::Tuning;
        factor.why = row.whyTuning;
    }
    return factor;
}

void decideSide(Advice& advice)
{
    const auto count = [&](Side side) { return std::count_if(advice.factors.begin(), advice.factors.end(), [&](const Factor& f) { return f.side == side; }); };
    const auto prompting = count(Side::Prompting);
    const auto tuning = count(Side::Tuning);
    advice.side = prompting > tuning ? Side::Prompting : tuning > prompting ? Side::Tuning : Side::Either;
    const std::string counts = std::to_string(prompting) + " of " + std::to_string(advice.factors.size()) + " speak for prompting, " + std::to_string(tuning) + " for tuning";
    advice.why = advice.side == Side::Prompting ? counts + ": try a prompt with a few of your rows first; tune if it is not enough."
                 : advice.side == Side::Tuning  ? counts + ": tune, and keep a prompt as what it has to beat."
                                                : counts + ": try a prompt first, it costs minutes; its score on held-out rows says whether tuning is worth it.";
}

// ---- which method

// Rows of the table in the order in which they decide where nothing was said to matter most.
std::vector<Scenario> scenariosOf(const Wish& wish, const Situation& situation)
{
    const MethodNeed* lora = situation.need("lora");
    const MethodNeed* qlora = situation.need("qlora");
    const MethodNeed* full = situation.need("full");
    const std::string free = situation.free > 0 ? base::bytesText(static_cast<std::uint64_t>(situation.free)) + " are free" : "free memory is not known";
    const auto needs = [&](const MethodNeed* need) { return need && need->bytes > 0 ? base::bytesText(static_cast<std::uint64_t>(need->bytes)) : std::string("more than is known"); };
    const bool loraFits = lora && lora->fits;
    const bool fullFits = full && full->fits;
    std::vector<Scenario> table;
    table.push_back({"memory", "Limited memory", "qlora", wish.priority == "memory" || !loraFits,
                     loraFits && wish.priority == "memory" ? "Held in 4 bits the base needs least: " + needs(qlora) + " with its adapter. LoRA would need " + needs(lora) + ", and " + free + "."
                     : loraFits ? "LoRA needs " + needs(lora) + " and " + free + ", so 4 bits are not needed; they would need " + needs(qlora) + "."
                              : "LoRA needs " + needs(lora) + " and " + free + "; held in 4 bits the base needs " + needs(qlora) + " with its adapter."});
    table.push_back({"tasks", "Several tasks", "lora", wish.priority == "tasks", "One LoRA for each task on one base: they are small, trained apart and swapped as needed."});
    table.push_back({"quality", "Highest quality", "full", wish.priority == "quality" && fullFits,
                     fullFits ? "Training all weights needs " + needs(full) + " and " + free + ": it fits. It can forget more, so watch the general set."
                              : "Training all weights needs " + needs(full) + " and " + free + ": it does not fit, so LoRA on all projections comes nearest."});
    table.push_back({"iteration", "Quick iteration", "lora", wish.priority == "iteration", "LoRA with a small rank trains fewest numbers and is done soonest."});
    return table;
}

void decideMethod(Advice& advice, const Wish& wish, const Situation& situation)
{
    advice.scenarios = scenariosOf(wish, situation);
    advice.method = "lora";
    advice.methodWhy = "LoRA is where to begin: it learns most tasks, forgets less than training all weights, and its result is small.";
    const auto applies = [](const Scenario& row) { return row.applies; };
    // Memory decides first: what does not fit helps nobody.
    if (const auto row = std::find_if(advice.scenarios.begin(), advice.scenarios.end(), applies); row != advice.scenarios.end()) {
        advice.method = row->method;
        advice.methodWhy = row->label + ": " + row->why;
    } else if (wish.priority == "quality") {
        advice.methodWhy = "Highest quality: " + advice.scenarios[2].why;
    }
}

Settings settingsOf(const Advice& advice, const Wish& wish)
{
    Settings settings{{"method.kind", advice.method}};
    if (const peft::Method* method = peft::findMethod(advice.method)) {
        settings.push_back({"optimizer.learning_rate", fields::toText(fields::Value(method->usualLearningRate))});
    }
    if (advice.method == "lora" || advice.method == "qlora") {
        const bool isQuick = wish.priority == "iteration";
        const bool isWide = wish.priority == "quality" || wish.task == "instructions" || advice.method == "qlora";
        settings.push_back({"method.rank", isQuick ? "8" : isWide ? "32" : "16"});
        settings.push_back({"method.alpha", isQuick ? "16" : isWide ? "64" : "32"});
        settings.push_back({"method.target_modules", isWide ? "all-linear" : "q_proj,v_proj"});
    }
    for (const auto& own : kindOf(advice.recipe).settings) { // the recipe's stand over the method's
        std::erase_if(settings, [&](const auto& setting) { return setting.first == own.first; });
        settings.push_back(own);
    }
    return settings;
}

void sayWhatHelps(Advice& advice, const Situation& situation)
{
    for (const Check& check : advice.checks) {
        if (!check.isGood) {
            advice.more.push_back(check.sentence);
        }
    }
    if (situation.rows.rows + situation.rows.heldOut < kPlentyData) {
        advice.more.push_back("More rows, most of all of the cases that go wrong: after a first run the rows with the worst held-out loss show which.");
    }
}

} // namespace

const char* toText(Side side)
{
    return side == Side::Prompting ? "prompting" : side == Side::Tuning ? "tuning" : "either";
}

Advice advise(const Wish& wish, const Situation& situation)
{
    Advice advice;
    advice.factors.push_back(dataFactor(situation.rows));
    for (const AskedFactor& row : kAsked) {
        advice.factors.push_back(askedFactor(row, wish));
    }
    decideSide(advice);
    decideMethod(advice, wish, situation);
    const Kind& kind = kindOf(wish.task);
    advice.recipe = kind.id;
    advice.recipeWhy = kind.why;
    advice.checks = commonChecks(situation.rows);
    const auto own = kind.checks(situation.rows);
    advice.checks.insert(advice.checks.end(), own.begin(), own.end());
    advice.measures = kind.measures(situation.rows);
    advice.settings = settingsOf(advice, wish);
    sayWhatHelps(advice, situation);
    return advice;
}

Json toJson(const Advice& advice)
{
    Json factors = Json::array();
    for (const Factor& factor : advice.factors) {
        factors.push_back({{"factor", factor.id}, {"label", factor.label}, {"found", factor.found}, {"use", toText(factor.side)}, {"why", factor.why}});
    }
    Json scenarios = Json::array();
    for (const Scenario& row : advice.scenarios) {
        scenarios.push_back({{"scenario", row.id}, {"label", row.label}, {"method", row.method}, {"applies", row.applies}, {"why", row.why}});
    }
    Json checks = Json::array();
    for (const Check& check : advice.checks) {
        checks.push_back({{"check", check.id}, {"good", check.isGood}, {"sentence", check.sentence}});
    }
    Json settings = Json::object();
    for (const auto& [key, value] : advice.settings) {
        settings[key] = value;
    }
    return {{"use", toText(advice.side)}, {"why", advice.why},           {"factors", std::move(factors)},
            {"method", advice.method},    {"method_why", advice.methodWhy}, {"scenarios", std::move(scenarios)},
            {"recipe", advice.recipe},    {"recipe_why", advice.recipeWhy}, {"checks", std::move(checks)},
            {"measures", advice.measures}, {"more", advice.more},         {"set", std::move(settings)}};
}

Json toJson(const Situation& situation)
{
    Json methods = Json::array();
    for (const MethodNeed& need : situation.methods) {
        methods.push_back({{"method", need.method}, {"memory", need.bytes}, {"fits", need.fits}, {"problem", need.problem}});
    }
    const RowsSeen& rows = situation.rows;
    return {{"device", situation.device},
            {"free", situation.free},
            {"model", situation.model},
            {"parameters", situation.parameters},
            {"methods", std::move(methods)},
            {"rows",
             {{"train", rows.rows}, {"held_out", rows.heldOut}, {"broken", rows.broken}, {"nothing_to_learn", rows.nothingToLearn}, {"copies", rows.copies},
              {"near_copies", rows.nearCopies}, {"looked", rows.looked}, {"distinct_answers", rows.distinctAnswers},
              {"distinct_beginnings", rows.distinctBeginnings}, {"pairs", rows.pairs}, {"texts", rows.texts}, {"answer_words", rows.meanAnswerWords}}}};
}

Result<config::RunConfig> withSettings(config::RunConfig config, const Settings& settings)
{
    for (const auto& [key, value] : settings) {
        if (auto set = config::setByKey(config, key, value); !set) {
            return set.error();
        }
    }
    return config;
}

} // namespace luthier::advice
