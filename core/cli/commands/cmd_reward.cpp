// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/cli/command.h"
#include "core/cli/display.h"
#include "core/cli/inputs.h"
#include "core/cli/table.h"
#include "core/data/dataset.h"
#include "core/data/row_name.h"
#include "core/inference/judge_spec.h"
#include "core/inference/judged_row.h"
#include "core/statistics/histogram.h"

#include <CLI/App.hpp>

#include <algorithm>
#include <array>

namespace luthier::cli {

namespace reward_command {
namespace {

constexpr std::size_t kBins = 10;      // of the histogram
constexpr std::int64_t kBarWidth = 30; // characters
constexpr std::size_t kRowsAtOnce = 256; // judged before the first of them is printed

struct Flags {
    std::string model;
    std::vector<std::string> adapters;
    std::string chatTemplate = "folder";
    bool foldSystem = false;
    std::string file;
    std::string format = "auto";
    std::int64_t batch = 16;
};

void setup(CLI::App& app, Flags& flags)
{
    app.add_option("--model", flags.model, "Reward model or classifier: a model folder, an adapter of one, or the run that made it")->required()->option_text("DIR");
    app.add_option("--adapter", flags.adapters, "Adapter folder with the head, when --model is its base")->allow_extra_args(false)->option_text("DIR");
    addChatTemplate(app, flags.chatTemplate);
    addFoldSystem(app, flags.foldSystem);
    app.add_option("--data", flags.file, "Rows: pairs, conversations, texts, or texts with labels")->required()->option_text("FILE");
    app.add_option("--format", flags.format, "Shape of the rows; auto looks at the first")->option_text("ID");
    app.add_option("--batch", flags.batch, "Texts scored at once; the scores do not depend on it. Usually 16")
        ->check(CLI::Range(std::int64_t{1}, std::int64_t{65536}))
        ->option_text("N");
}

struct Row {
    std::int64_t number = 0; // from 1
    std::string problem;
    std::string label; // its own, of a row that has one
    std::size_t first = 0;
    std::size_t count = 0; // texts
};

class Judging {
public:
    Judging(inference::Session& session, Context& context, std::int64_t batch)
        : m_session(session), m_context(context), m_batch(batch), m_labels(session.labels())
    {
    }

    Result<void> run(const data::Dataset& dataset)
    {
        for (std::int64_t row = 0; row < dataset.rowCount() && !m_context.cancel.isCancelled(); ++row) {
            add(dataset, row);
            if (m_rows.size() >= kRowsAtOnce || row + 1 == dataset.rowCount()) {
                if (auto done = judge(); !done) {
                    return done;
                }
            }
        }
        if (m_context.cancel.isCancelled()) {
            return Error{"cancelled"};
        }
        if (m_judged == 0) {
            return Error{dataset.path().string() + ": there is no row to score" + (m_firstProblem.empty() ? "" : "; " + m_firstProblem)};
        }
        printSums();
        return m_refused == 0 ? Result<void>()
                              : Result<void>(Error{dataset.path().string() + ": " + counted(m_refused) + " of " + counted(m_refused + m_judged) + " rows could not be scored, the others were; "
                                                   + (m_refused > 1 ? "the first is " : "") + m_firstProblem});
    }

private:
    void add(const data::Dataset& dataset, std::int64_t row)
    {
        Row added{row + 1, {}, {}, m_texts.size(), 0};
        auto example = dataset.example(row);
        if (const auto fields = example ? dataset.row(row) : Result<Json>(Error{})) {
            example = inference::withLoneAnswer(std::move(*example), *fields);
        }
        auto texts = example ? inference::textsToJudge(m_session, *example) : Result<std::vector<std::vector<text::TokenId>>>(example.error());
        if (texts) {
            added.label = m_labels.empty() ? std::string() : example->label;
            added.count = texts->size();
            std::move(texts->begin(), texts->end(), std::back_inserter(m_texts));
        } else {
            added.problem = data::withoutRowName(texts.message(), row);
            m_firstProblem = m_firstProblem.empty() ? data::rowName(row) + added.problem : m_firstProblem;
            ++m_refused;
        }
        m_rows.push_back(std::move(added));
    }

    Result<void> judge()
    {
        const auto scores = m_session.judge(m_texts, {m_batch, true, m_context.cancel});
        if (!scores) {
            return scores.error();
        }
        for (const Row& row : m_rows) {
            row.count == 0 ? printProblem(row) : m_labels.empty() ? printScores(row, *scores) : printLabel(row, *scores);
        }
        m_rows.clear();
        m_texts.clear();
        return {};
    }

    void printProblem(const Row& row)
    {
        if (m_context.console.isJson()) {
            m_context.console.line({{"row", row.number}, {"error", row.problem}});
        } else {
            m_context.console.text("row " + counted(row.number) + "  " + oneLine(row.problem));
        }
    }

    void printScores(const Row& row, const std::vector<std::vector<float>>& scores)
    {
        ++m_judged;
        const double first = scores[row.first].front();
        if (row.count == 1) {
            print(row, {{"row", row.number}, {"score", first}}, fixed(first, 4));
            return;
        }
        const double second = scores[row.first + 1].front();
        ++m_compared;
        m_right += first > second ? 1 : 0;
        m_margin += first - second;
        m_scores[0].push_back(first);
        m_scores[1].push_back(second);
        print(row, {{"row", row.number}, {"chosen", first}, {"rejected", second}}, fixed(first, 4) + "  " + fixed(second, 4) + (first > second ? "" : "  the wrong way round"));
    }

    void printLabel(const Row& row, const std::vector<std::vector<float>>& scores)
    {
        ++m_judged;
        const auto probabilities = inference::probabilitiesOf(scores[row.first]);
        const auto most = static_cast<std::size_t>(std::max_element(probabilities.begin(), probabilities.end()) - probabilities.begin());
        Json all = Json::object();
        std::string text = m_labels[most] + "  " + fixed(probabilities[most], 4);
        for (std::size_t i = 0; i < probabilities.size(); ++i) {
            all[m_labels[i]] = probabilities[i];
        }
        Json line = {{"row", row.number}, {"label", m_labels[most]}, {"probabilities", std::move(all)}};
        if (!row.label.empty()) {
            ++m_compared;
            m_right += m_labels[most] == row.label ? 1 : 0;
            line["wanted"] = row.label;
            text += m_labels[most] == row.label ? "" : "  wanted " + oneLine(row.label);
        }
        print(row, line, text);
    }

    void print(const Row& row, const Json& line, const std::string& text)
    {
        if (m_context.console.isJson()) {
            m_context.console.line(line);
        } else {
            m_context.console.text("row " + counted(row.number) + "  " + text);
        }
    }

    void printSums()
    {
        const auto compared = static_cast<double>(std::max<std::int64_t>(m_compared, 1));
        const bool isPairs = m_labels.empty();
        if (m_context.console.isJson()) {
            Json sums = {{"rows", m_judged}};
            if (m_compared > 0) {
                sums["accuracy"] = static_cast<double>(m_right) / compared;
                sums[isPairs ? "pairs" : "labelled"] = m_compared;
            }
            if (m_compared > 0 && isPairs) {
                sums["margin"] = m_margin / compared;
                const statistics::Range range = statistics::rangeOf(m_scores);
                sums["histogram"] = {{"low", range.low}, {"high", range.high}, {"chosen", statistics::histogram(m_scores[0], range, kBins)}, {"rejected", statistics::histogram(m_scores[1], range, kBins)}};
            }
            m_context.console.line(sums);
        } else if (m_compared > 0) {
            m_context.console.text("\naccuracy " + fixed(static_cast<double>(m_right) / compared, 4) + " of " + counted(m_compared)
                                   + (isPairs ? " pairs, mean margin " + fixed(m_margin / compared, 4) : " labelled rows"));
            if (isPairs) {
                printHistogram();
            }
        }
    }

    // Scores from the lowest to the highest, the chosen answers' beside the rejected ones': they should stand apart.
    void printHistogram()
    {
        const statistics::Range range = statistics::rangeOf(m_scores);
        const auto chosen = statistics::histogram(m_scores[0], range, kBins);
        const auto rejected = statistics::histogram(m_scores[1], range, kBins);
        const std::int64_t most = std::max<std::int64_t>(1, std::max(*std::max_element(chosen.begin(), chosen.end()), *std::max_element(rejected.begin(), rejected.end())));
        const auto bar = [most](std::int64_t count) { return counted(count) + " " + std::string(static_cast<std::size_t>((count * kBarWidth + most - 1) / most), '#'); };
        Table table({{"score from", false, true}, {"chosen"}, {"rejected"}});
        for (std::size_t bin = 0; bin < kBins; ++bin) {
            const double from = range.low + (range.high - range.low) * static_cast<double>(bin) / static_cast<double>(kBins);
            table.add({fixed(from, 3), bar(chosen[bin]), bar(rejected[bin])});
        }
        m_context.console.text("\n" + table.toText(m_context.console.width()));
    }

    inference::Session& m_session;
    Context& m_context;
    std::int64_t m_batch;
    std::vector<std::string> m_labels;
    std::vector<Row> m_rows; // not printed yet
    std::vector<std::vector<text::TokenId>> m_texts;
    std::string m_firstProblem;
    std::int64_t m_judged = 0;
    std::int64_t m_refused = 0;
    std::int64_t m_compared = 0;
    std::int64_t m_right = 0;
    double m_margin = 0;
    std::array<std::vector<double>, 2> m_scores; // of pairs: chosen, rejected
};

int run(const Flags& flags, Context& context)
{
    const auto spec = inference::judgeSpec({flags.model, adaptersOf(flags.adapters), context.globals.deviceOrAuto(), context.globals.dtypeOrAuto(), flags.chatTemplate, {}, flags.foldSystem});
    if (!spec) {
        return context.fail(spec.message());
    }
    auto session = inference::Session::open(*spec);
    if (!session) {
        return context.fail(session.message());
    }
    if (!(*session)->judges()) {
        return context.fail(flags.model + ": this model has no head that scores texts; take a reward model or a classifier, or name the adapter of one with --adapter");
    }
    auto dataset = data::Dataset::open(flags.file, {flags.format, {}, {}, context.cancel});
    if (!dataset) {
        return context.fail(dataset.message());
    }
    auto done = Judging(**session, context, flags.batch).run(**dataset);
    return done ? kDone : context.fail(done.message());
}

} // namespace
} // namespace reward_command

Command rewardCommand()
{
    return command<reward_command::Flags>("reward", "What a reward model or a classifier says of rows of data",
                          "luthier reward --model runs/reward --data preferences.jsonl\n"
                          "luthier reward --model MODEL --adapter runs/reward/adapter --data answers.jsonl --json",
                          reward_command::setup, reward_command::run);
}

} // namespace luthier::cli
