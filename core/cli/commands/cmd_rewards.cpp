// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/cli/command.h"
#include "core/cli/display.h"
#include "core/cli/inputs.h"
#include "core/cli/table.h"
#include "core/fields/record.h"
#include "core/rewards/rewards.h"

#include <CLI/App.hpp>

#include <optional>

namespace luthier::cli {

namespace rewards_command {
namespace {

struct TryFlags {
    std::vector<std::string> rules;
    std::optional<std::string> answer;
    std::string file;
    std::string prompt;
    std::optional<std::string> expected;
};

struct Flags {
    bool isList = false;
    TryFlags tried;
};

void setup(CLI::App& app, Flags& flags)
{
    app.require_subcommand(1);
    CLI::App* list = app.add_subcommand("list", "The rules that there are, with their settings");
    list->parse_complete_callback([&flags] { flags.isList = true; });
    CLI::App* tried = app.add_subcommand("try", "What rules give to answers");
    tried->add_option("--rule", flags.tried.rules, "A rule with its settings, such as \"length most=20 weight=0.5\"; may be repeated")
        ->required()
        ->allow_extra_args(false)
        ->option_text("RULE");
    auto* answer = tried->add_option("--answer", flags.tried.answer, "An answer to judge")->option_text("TEXT");
    auto* file = tried->add_option("--file", flags.tried.file, "Rows of {\"answer\":..., \"prompt\":..., \"expected\":...}")->option_text("FILE.jsonl");
    tried->add_option("--prompt", flags.tried.prompt, "What the answer replies to")->option_text("TEXT");
    tried->add_option("--expected", flags.tried.expected, "The right answer")->option_text("TEXT");
    requireOne(*tried, {answer, file});
}

int listRules(Context& context)
{
    Table table({{"rule"}, {"setting"}, {"usual"}, {"what it does", true}});
    for (const rewards::Rule& rule : rewards::rules()) {
        const rewards::RuleSettings usual;
        Json settings = Json::array();
        table.add({rule.id, "", "", rule.help});
        for (const fields::Field& field : rewards::fieldsOfRule(rule)) {
            const fields::Value value = field.get(&usual);
            settings.push_back({{"key", field.key}, {"default", fields::toJson(value)}, {"allowed", fields::describeAllowed(field)}, {"help", field.help}});
            table.add({"", field.key, fields::toText(value), field.help});
        }
        if (context.console.isJson()) {
            context.console.line({{"rule", rule.id}, {"label", rule.label}, {"help", rule.help}, {"settings", std::move(settings)}});
        }
    }
    if (!context.console.isJson()) {
        context.console.text(table.toText(context.console.width()));
    }
    return kDone;
}

class Trial {
public:
    Trial(const rewards::Rewards& rules, Console& console) : m_rules(rules), m_console(console), m_tally(rules) {}

    void judge(const rewards::Answer& answer)
    {
        const rewards::Judged judged = m_rules.judge(answer);
        m_tally.add(judged);
        m_sum += judged.reward;
        Json verdicts = Json::array();
        for (std::size_t i = 0; i < judged.verdicts.size(); ++i) {
            verdicts.push_back({{"rule", m_rules.text(i)}, {"weight", m_rules.weight(i)}, {"reward", judged.verdicts[i].reward}, {"why", judged.verdicts[i].why}});
            m_table.add({i == 0 ? cutTo(oneLine(answer.text), 40) : "", i == 0 ? shortest(judged.reward) : "", m_rules.text(i),
                         shortest(judged.verdicts[i].reward), judged.verdicts[i].why});
        }
        if (m_console.isJson()) {
            m_console.line({{"answer", answer.text}, {"reward", judged.reward}, {"rules", std::move(verdicts)}});
        }
    }

    Result<void> judgeRow(const Json& row)
    {
        if (!row.is_object() || !row.contains("answer") || !row["answer"].is_string()) {
            return Error{"\"answer\" is missing, or no text"};
        }
        rewards::Answer answer;
        answer.text = row["answer"].get<std::string>();
        answer.prompt = row.contains("prompt") && row["prompt"].is_string() ? row["prompt"].get<std::string>() : std::string();
        if (row.contains("expected") && row["expected"].is_string()) {
            answer.expected = row["expected"].get<std::string>();
        }
        answer.tokens = row.contains("tokens") && row["tokens"].is_number_integer() ? row["tokens"].get<std::int64_t>() : 0;
        answer.ended = !row.contains("ended") || row["ended"] != Json(false);
        answer.row = row;
        judge(answer);
        return {};
    }

    void sumUp()
    {
        const std::vector<std::string> findings = m_tally.findings();
        const double mean = m_tally.answers() > 0 ? m_sum / static_cast<double>(m_tally.answers()) : 0;
        if (m_console.isJson()) {
            Json means = Json::array();
            for (std::size_t i = 0; i < m_rules.size(); ++i) {
                means.push_back({{"rule", m_rules.text(i)}, {"mean", m_tally.mean(i)}});
            }
            m_console.line({{"answers", m_tally.answers()}, {"mean", mean}, {"rules", std::move(means)}, {"findings", findings}});
            return;
        }
        m_console.text(m_table.toText(m_console.width()));
        m_console.text(counted(m_tally.answers()) + (m_tally.answers() == 1 ? " answer" : " answers") + ", mean reward " + shortest(mean));
        for (const std::string& sentence : findings) {
            m_console.text(sentence);
        }
    }

private:
    const rewards::Rewards& m_rules;
    Console& m_console;
    rewards::RewardTally m_tally;
    double m_sum = 0;
    Table m_table{{{"answer"}, {"reward", false, true}, {"rule"}, {"gives", false, true}, {"because", true}}};
};

int tryRules(const TryFlags& flags, Context& context)
{
    const auto rules = rewards::Rewards::compile(flags.rules);
    if (!rules) {
        return context.fail(rules.message());
    }
    Trial trial(*rules, context.console);
    if (flags.answer) {
        rewards::Answer answer;
        answer.prompt = flags.prompt;
        answer.text = *flags.answer;
        answer.expected = flags.expected;
        trial.judge(answer);
    } else {
        auto done = forEachRow(flags.file, [&](std::int64_t, const Json& row) { return trial.judgeRow(row); }, context.cancel);
        if (!done || context.cancel.isCancelled()) {
            return context.fail(done ? "cancelled" : done.message());
        }
    }
    trial.sumUp();
    return kDone;
}

int run(const Flags& flags, Context& context)
{
    return flags.isList ? listRules(context) : tryRules(flags.tried, context);
}

} // namespace
} // namespace rewards_command

Command rewardsCommand()
{
    return command<rewards_command::Flags>("rewards", "Rules that reward answers: list them, and try them out",
                          "luthier rewards list\n"
                          "luthier rewards try --rule \"length most=20\" --rule \"contains texts=please weight=0.5\" --answer \"Yes, please.\"\n"
                          "luthier rewards try --rule \"number after=####\" --file answers.jsonl --json",
                          rewards_command::setup, rewards_command::run)
        .withTensorsOnlyIn({});
}

} // namespace luthier::cli
