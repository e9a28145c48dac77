// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/cli/command.h"
#include "core/cli/display.h"
#include "core/cli/table.h"
#include "core/config/run_config.h"
#include "core/objectives/objectives.h"
#include "core/rollouts/reading.h"
#include "core/rollouts/rollout_log.h"

#include <CLI/App.hpp>

#include <algorithm>
#include <filesystem>
#include <optional>

namespace luthier::cli {

namespace rollouts_command {
namespace {

using rollouts::Answered;

struct Flags {
    std::string run;
    std::optional<std::int64_t> update;
    std::string sort = "made";
    std::optional<std::int64_t> row;
};

void setup(CLI::App& app, Flags& flags)
{
    app.add_option("run", flags.run, "Folder of a run")->required()->option_text("DIR");
    app.add_option("--update", flags.update, "The answers of this update alone")->option_text("N");
    app.add_option("--row", flags.row, "The answers to this row of the data alone, in every update")->option_text("N");
    std::vector<std::string> orders;
    for (const rollouts::Order& order : rollouts::orders()) {
        orders.emplace_back(order.id);
    }
    app.add_option("--sort", flags.sort, "Order of an update's answers: made, reward, kl or length; the lowest first")
        ->check(CLI::IsMember(orders))
        ->option_text("ORDER");
}

// One update as a line of a table.
std::vector<std::string> lineOf(const rollouts::UpdateSummary& update)
{
    return {std::to_string(update.number), std::to_string(update.step), std::to_string(update.answers), fixed(update.reward, 3), fixed(update.kl, 3),
            fixed(update.tokens, 1), fixed(100 * update.ended, 0) + " %"};
}

class Listing {
public:
    Listing(const Flags& flags, Console& console) : m_flags(flags), m_console(console), m_showsAnswers(flags.update || flags.row) {}

    void add(rollouts::Update update)
    {
        rollouts::sort(update.answers, *rollouts::findOrder(m_flags.sort));
        if (m_flags.row) {
            std::erase_if(update.answers, [&](const Answered& answered) { return answered.row + 1 != *m_flags.row; });
        }
        for (const Answered& answered : update.answers) {
            if (m_console.isJson()) {
                Json line{{"update", update.number}, {"step", update.step + 1}, {"kl_weight", update.klWeight}};
                line.update(rollouts::toJson(answered));
                m_console.line(line);
            } else if (m_showsAnswers) {
                m_answers.add({std::to_string(update.number), std::to_string(answered.row + 1), fixed(answered.numbers.reward, 3), fixed(answered.numbers.kl(), 3),
                               std::to_string(answered.ids.size()) + (answered.numbers.ended ? "" : "+"), cutTo(oneLine(answered.prompt), 40), oneLine(answered.answer)});
            }
        }
        if (!m_console.isJson() && !m_showsAnswers) {
            m_updates.add(lineOf(rollouts::summaryOf(update)));
        }
    }

    void finish()
    {
        if (m_console.isJson()) {
            return;
        }
        const Table& table = m_showsAnswers ? m_answers : m_updates;
        m_console.text(table.isEmpty() ? std::string("There is no such answer.") : table.toText(m_console.width()));
    }

private:
    const Flags& m_flags;
    Console& m_console;
    bool m_showsAnswers;
    Table m_updates{{{"update"}, {"from step", false, true}, {"answers", false, true}, {"reward", false, true}, {"KL", false, true}, {"tokens", false, true}, {"ended", false, true}}};
    Table m_answers{{{"update"}, {"row", false, true}, {"reward", false, true}, {"KL", false, true}, {"tokens", false, true}, {"prompt"}, {"answer", true}}};
};

std::string textOf(const std::vector<std::int64_t>& numbers)
{
    return std::to_string(numbers.front()) + (numbers.size() > 1 ? " to " + std::to_string(numbers.back()) : std::string());
}

// Why a place has no answers.
std::string whyNone(const std::filesystem::path& place)
{
    std::error_code code;
    if (!std::filesystem::exists(place, code)) {
        return place.string() + " is not there; name the folder of a run of grpo, rloo or ppo";
    }
    const auto recipe = config::readRecipe(place / "recipe.json");
    if (!recipe) {
        return place.string() + " is no run's folder; name the one of a run of grpo, rloo or ppo";
    }
    const auto* objective = objectives::findObjective(recipe->objective.kind);
    return objective && objective->rollouts ? place.string() + ": this run has made no answers yet; its first come with its first update"
                                            : place.string() + ": this is a run of " + recipe->objective.kind + ", whose answers stand in its data; those of grpo, rloo and ppo keep what they made";
}

int run(const Flags& flags, Context& context)
{
    const auto numbers = rollouts::updatesIn(flags.run);
    if (numbers.empty()) {
        return context.fail(whyNone(flags.run));
    }
    if (flags.update && std::find(numbers.begin(), numbers.end(), *flags.update) == numbers.end()) {
        return context.fail(flags.run + ": the answers of update " + std::to_string(*flags.update) + " are not there; there are " + std::to_string(numbers.size())
                            + " updates of " + textOf(numbers));
    }
    Listing listing(flags, context.console);
    for (const std::int64_t number : numbers) {
        if (context.cancel.isCancelled()) {
            return context.fail("cancelled");
        }
        if (flags.update && *flags.update != number) {
            continue;
        }
        auto update = rollouts::readUpdate(flags.run, number);
        if (!update) {
            return context.fail(update.message());
        }
        listing.add(std::move(*update));
    }
    listing.finish();
    return kDone;
}

} // namespace
} // namespace rollouts_command

Command rolloutsCommand()
{
    return command<rollouts_command::Flags>("rollouts", "What a model answered while it learned from its answers, and what that earned",
                          "luthier rollouts runs/first\nluthier rollouts runs/first --update 12 --sort reward\n"
                          "luthier rollouts runs/first --row 7 --json",
                          rollouts_command::setup, rollouts_command::run)
        .withTensorsOnlyIn({});
}

} // namespace luthier::cli
