// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/evaluation/answering.h"

#include "core/fields/record.h"
#include "core/text/characters/utf8.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <set>
#include <utility>

namespace luthier::evaluation {

namespace {

constexpr std::size_t kRounds = 4; // batches in one call: as answers end, others find a place
constexpr std::int64_t kWholeText = std::int64_t{1} << 40; // nothing is cut: the model says itself what is too long

// Ids of a question with an answer behind it, and which of them are the answer.
struct Target {
    std::vector<text::TokenId> ids;
    std::vector<std::uint8_t> isAnswer;
};

class Answerer {
public:
    Answerer(inference::Session& session, const Contender& contender, const std::vector<EvalRow>& rows, const AnsweringSettings& settings, AnswerLog& log,
             const ToldOfAnswers& told, const base::CancelToken& cancel)
        : m_session(session), m_contender(contender), m_rows(rows), m_settings(settings), m_log(log), m_told(told), m_cancel(cancel)
    {
    }

    Result<void> answerAll()
    {
        std::vector<std::size_t> open;
        for (std::size_t i = 0; i < m_rows.size(); ++i) {
            if (m_log.find(m_contender.id, m_rows[i].row) == nullptr) {
                open.push_back(i);
            }
        }
        m_done = static_cast<std::int64_t>(m_rows.size() - open.size());
        tell();
        const std::size_t together = static_cast<std::size_t>(m_settings.batch) * kRounds;
        for (std::size_t begin = 0; begin < open.size(); begin += together) {
            const auto end = std::min(open.size(), begin + together);
            std::vector<std::size_t> written;
            std::vector<std::size_t> scored;
            for (std::size_t k = begin; k < end; ++k) {
                (isWritten(m_settings, m_rows[open[k]]) ? written : scored).push_back(open[k]);
            }
            if (auto done = written.empty() ? Result<void>() : write(written); !done) {
                return done;
            }
            if (auto done = scoreAlone(scored); !done) {
                return done;
            }
        }
        return {};
    }

private:
    // What is written and waits to be scored counts, too: that is the smaller part of the work.
    void tell() const { m_told(m_contender.id, m_done + m_numWaiting, static_cast<std::int64_t>(m_rows.size())); }

    Result<void> keep(std::size_t i, const Answer& answer)
    {
        ++m_done;
        auto kept = m_log.add(m_contender.id, m_rows[i].row, answer);
        tell();
        return kept;
    }

    Result<void> keepProblem(std::size_t i, const std::string& problem) { return keep(i, {"", "error", {}, {}, problem}); }

    std::string bareText(std::size_t i) const
    {
        std::string text;
        for (const data::Message& message : promptFor(m_contender, m_rows[i], i)) {
            text += message.content + "\n";
        }
        return text;
    }

    Result<std::vector<text::TokenId>> promptIds(std::size_t i) const
    {
        const data::Encoder& encoder = m_session.encoder();
        const EvalRow& row = m_rows[i];
        if (row.prompt.empty()) {
            return Error{"it is a text; nothing is asked in it"};
        }
        if (!m_settings.isChat) {
            return encoder.tokenizer->ids(bareText(i));
        }
        return encoder.encodePrompt(promptFor(m_contender, row, i), row.tools, row.templateVariables);
    }

    Result<Target> targetOf(std::size_t i, const std::string& answer) const
    {
        const data::Encoder& encoder = m_session.encoder();
        const EvalRow& row = m_rows[i];
        Target target;
        if (!row.prompt.empty() && !m_settings.isChat) {
            const std::string question = bareText(i);
            const auto before = encoder.tokenizer->ids(question).size();
            target.ids = encoder.tokenizer->ids(question + answer);
            target.isAnswer.assign(target.ids.size(), 0);
            std::fill(target.isAnswer.begin() + static_cast<std::ptrdiff_t>(std::min(before, target.ids.size())), target.isAnswer.end(), 1);
            return target;
        }
        data::Example example;
        example.kind = row.prompt.empty() ? data::ExampleKind::Text : data::ExampleKind::Conversation;
        example.text = row.prompt.empty() ? answer : "";
        example.messages = row.prompt.empty() ? std::vector<data::Message>() : promptFor(m_contender, row, i);
        example.messages.push_back({"assistant", answer, {}});
        example.tools = row.tools;
        example.templateVariables = row.templateVariables;
        const auto encoded = encoder.encode(example, {.maxLength = kWholeText});
        if (!encoded) {
            return encoded.error();
        }
        return Target{encoded->ids(), encoded->trained};
    }

    // Behind the bare text before it, as lm-evaluation-harness joins them: a blank between both.
    Target choiceTarget(std::size_t i, const std::string& choice) const
    {
        const data::Encoder& encoder = m_session.encoder();
        const EvalRow& row = m_rows[i];
        Target target;
        const auto before = encoder.tokenizer->ids(row.before).size();
        target.ids = encoder.tokenizer->ids(row.before + " " + choice + row.behind);
        target.isAnswer.assign(target.ids.size(), 0);
        std::fill(target.isAnswer.begin() + static_cast<std::ptrdiff_t>(std::min(before, target.ids.size())), target.isAnswer.end(), 1);
        return target;
    }

    Result<metrics::Likelihood> likelihoodOf(std::size_t i, const std::string& answer)
    {
        return likelihoodOf(m_rows[i].isScored() ? Result<Target>(choiceTarget(i, answer)) : targetOf(i, answer));
    }

    Result<metrics::Likelihood> likelihoodOf(const Result<Target>& target)
    {
        const auto logProbs = target ? m_session.score(target->ids, m_contender.useAdapters) : Result<std::vector<double>>(target.error());
        if (!logProbs) {
            return logProbs.error();
        }
        metrics::Likelihood sum;
        for (std::size_t k = 1; k < logProbs->size(); ++k) {
            if (target->isAnswer[k] != 0) {
                sum.logProb += (*logProbs)[k];
                ++sum.tokens;
            }
        }
        return sum.tokens > 0 ? Result<metrics::Likelihood>(sum) : Error{"its answer is empty: there is nothing to score"};
    }

    // Empty: nothing is wrong.
    std::string addLikelihood(std::size_t i, Answer& answer)
    {
        if (!m_settings.likelihood) {
            return {};
        }
        const std::string& reference = m_rows[i].references.empty() ? std::string() : m_rows[i].references.front();
        auto likelihood = likelihoodOf(i, reference);
        if (!likelihood) {
            return likelihood.message();
        }
        answer.likelihood = *likelihood;
        return {};
    }

    // The likeliest label beside what was written.
    std::string addLabelBeside(std::size_t i, Answer& answer)
    {
        if (!m_settings.labelsBeside || m_settings.labels.empty()) {
            return {};
        }
        Answer label;
        std::string problem = addLabel(i, label);
        answer.label = label.prediction;
        answer.labelConfidence = label.confidence;
        return problem;
    }

    // Whether the last words are what the model would have written itself, and how likely it finds them.
    std::string addLastWords(std::size_t i, Answer& answer)
    {
        const Target target = choiceTarget(i, m_rows[i].lastWords);
        const auto first = static_cast<std::size_t>(std::find(target.isAnswer.begin(), target.isAnswer.end(), 1) - target.isAnswer.begin());
        if (first == 0 || first >= target.ids.size()) {
            return "its last words are no tokens of their own behind the text";
        }
        const auto choices = m_session.choices(target.ids, first, 1, m_contender.useAdapters);
        if (!choices) {
            return choices.message();
        }
        double sum = 0;
        bool isGreedy = true;
        std::vector<text::TokenId> likeliest;
        for (std::size_t k = 0; k < choices->size(); ++k) {
            const auto& token = (*choices)[k];
            sum += token.logProb;
            likeliest.push_back(token.likeliest.front().first);
            isGreedy = isGreedy && likeliest.back() == target.ids[first + k];
        }
        answer.prediction = m_session.encoder().tokenizer->decode(likeliest);
        answer.finish = "last words";
        answer.choices = {sum};
        answer.isGreedy = isGreedy;
        return {};
    }

    // The likeliest label or choice; how sure, of all of them together.
    std::string addLabel(std::size_t i, Answer& answer)
    {
        const bool areChoices = !m_rows[i].choices.empty();
        const std::vector<std::string>& labels = areChoices ? m_rows[i].choices : m_settings.labels;
        std::vector<double> logProbs;
        for (const std::string& label : labels) {
            const auto likelihood = likelihoodOf(i, label);
            if (!likelihood) {
                return likelihood.message();
            }
            logProbs.push_back(likelihood->logProb);
        }
        const auto best = std::max_element(logProbs.begin(), logProbs.end());
        const double sum = std::accumulate(logProbs.begin(), logProbs.end(), 0.0, [&](double all, double one) { return all + std::exp(one - *best); });
        answer.prediction = labels[static_cast<std::size_t>(best - logProbs.begin())];
        answer.finish = areChoices ? "choice" : "label";
        answer.confidence = 1 / sum;
        answer.choices = areChoices ? logProbs : std::vector<double>();
        return {};
    }

    Result<void> scoreAlone(const std::vector<std::size_t>& some)
    {
        for (const std::size_t i : some) {
            if (m_cancel.isCancelled()) {
                return Error{"cancelled"};
            }
            Answer answer{"", "scored", {}, {}, ""};
            const bool hasLabels = !m_rows[i].choices.empty() || (!m_settings.labels.empty() && !m_settings.labelsBeside);
            std::string problem = !m_rows[i].lastWords.empty() ? addLastWords(i, answer) : hasLabels ? addLabel(i, answer) : "";
            problem = problem.empty() ? addLikelihood(i, answer) : problem;
            if (auto kept = problem.empty() ? keep(i, answer) : keepProblem(i, problem); !kept) {
                return kept;
            }
        }
        return {};
    }

    Result<void> write(const std::vector<std::size_t>& some)
    {
        std::vector<std::size_t> asked;
        std::vector<inference::BatchRequest> requests;
        for (const std::size_t i : some) {
            auto ids = promptIds(i);
            if (!ids) {
                if (auto kept = keepProblem(i, ids.message()); !kept) {
                    return kept;
                }
                continue;
            }
            inference::BatchRequest request{std::move(*ids), m_settings.sampling};
            request.sampling.seed += m_rows[i].row; // the same for every contender, other from row to row
            requests.push_back(std::move(request));
            asked.push_back(i);
        }
        return requests.empty() ? Result<void>() : writeTogether(requests, asked);
    }

    Result<void> writeTogether(const std::vector<inference::BatchRequest>& requests, const std::vector<std::size_t>& asked)
    {
        Result<void> kept;
        inference::BatchOptions options;
        options.rows = m_settings.batch;
        options.useAdapters = m_contender.useAdapters;
        options.logProbs = true;
        options.cancel = m_cancel;
        options.onAnswer = [&](std::size_t request, const inference::Generation& said) {
            if (said.finish != "cancel" && kept) {
                kept = keepSaid(asked[request], said);
            }
        };
        const auto answers = m_session.generateAll(requests, options);
        for (auto& [i, answer] : std::exchange(m_waiting, {})) {
            --m_numWaiting;
            std::string problem = kept ? addLikelihood(i, answer) : "";
            problem = kept && problem.empty() ? addLabelBeside(i, answer) : problem;
            kept = !kept ? kept : problem.empty() ? keep(i, answer) : keepProblem(i, problem);
        }
        if (!kept) {
            return kept;
        }
        if (m_cancel.isCancelled()) {
            return Error{"cancelled"};
        }
        if (answers) {
            return {};
        }
        if (requests.size() == 1) {
            return keepProblem(asked.front(), answers.message());
        }
        return writeInHalves(requests, asked);
    }

    // One that cannot be answered stops all, and so does a batch that memory has no room for: what is left is asked in two halves, and these
    // again, until what fits is answered and it is known which row cannot be.
    Result<void> writeInHalves(const std::vector<inference::BatchRequest>& requests, const std::vector<std::size_t>& asked)
    {
        std::vector<std::size_t> left;
        for (std::size_t k = 0; k < requests.size(); ++k) {
            if (m_log.find(m_contender.id, m_rows[asked[k]].row) == nullptr) {
                left.push_back(k);
            }
        }
        const std::size_t middle = (left.size() + 1) / 2;
        for (const auto& [begin, end] : {std::pair(std::size_t{0}, middle), std::pair(middle, left.size())}) {
            std::vector<inference::BatchRequest> half;
            std::vector<std::size_t> its;
            for (std::size_t i = begin; i < end; ++i) {
                half.push_back(requests[left[i]]);
                its.push_back(asked[left[i]]);
            }
            if (auto done = half.empty() ? Result<void>() : writeTogether(half, its); !done) {
                return done;
            }
        }
        return {};
    }

    Result<void> keepSaid(std::size_t i, const inference::Generation& said)
    {
        Answer answer{said.text, said.finish, {}, {}, ""};
        const double sum = std::accumulate(said.logProbs.begin(), said.logProbs.end(), 0.0, [](double all, float one) { return all + one; });
        answer.confidence = std::exp(sum);
        if (m_settings.likelihood || m_settings.labelsBeside) { // the session is busy until all have answered
            m_waiting.emplace_back(i, std::move(answer));
            ++m_numWaiting;
            tell();
            return {};
        }
        return keep(i, answer);
    }

    inference::Session& m_session;
    const Contender& m_contender;
    const std::vector<EvalRow>& m_rows;
    const AnsweringSettings& m_settings;
    AnswerLog& m_log;
    const ToldOfAnswers& m_told;
    const base::CancelToken& m_cancel;
    std::vector<std::pair<std::size_t, Answer>> m_waiting; // for the likelihood of their references and labels
    std::int64_t m_done = 0;
    std::int64_t m_numWaiting = 0;
};

} // namespace

bool isWritten(const AnsweringSettings& settings, const EvalRow& row)
{
    return settings.answers && (settings.labels.empty() || settings.labelsBeside) && !row.isScored();
}

AnsweringSettings scoringOnly(AnsweringSettings settings)
{
    settings.likelihood = true;
    settings.answers = false;
    settings.labels.clear();
    settings.labelsBeside = false;
    return settings;
}

Json toJson(const AnsweringSettings& settings)
{
    auto sampling = settings.sampling;
    Json json{{"sampling", fields::Record(&sampling, inference::samplingFields()).toJson()},
              {"chat", settings.isChat},
              {"likelihood", settings.likelihood},
              {"answers", settings.answers},
              {"labels", settings.labels}};
    if (settings.labelsBeside) {
        json["labels_beside"] = true;
    }
    return json;
}

Result<void> answerRows(inference::Session& session, const Contender& contender, const std::vector<EvalRow>& rows, const AnsweringSettings& settings,
                        AnswerLog& log, const ToldOfAnswers& told, const base::CancelToken& cancel)
{
    return Answerer(session, contender, rows, settings, log, told, cancel).answerAll();
}

namespace {

std::optional<metrics::ChoiceScores> choicesOf(const EvalRow& row, const Answer& answer)
{
    if (row.choices.empty() || answer.choices.size() != row.choices.size()) {
        return std::nullopt;
    }
    metrics::ChoiceScores scores{answer.choices, {}, {}, row.right};
    for (const std::string& choice : row.choices) {
        scores.characters.push_back(static_cast<std::int64_t>(text::toCodePoints(choice).size()));
        scores.bytes.push_back(static_cast<std::int64_t>(choice.size()));
    }
    return scores;
}

} // namespace

Scored scoredRows(const std::vector<EvalRow>& rows, const std::vector<std::pair<std::string, std::string>>& idsAndTitles, const AnswerLog& log,
                  std::vector<SkippedRow>& skipped, bool byLabel)
{
    Scored scored;
    for (const auto& [id, title] : idsAndTitles) {
        scored.contenders.push_back({id, title, {}});
    }
    for (const EvalRow& row : rows) {
        std::string why;
        for (const auto& [id, title] : idsAndTitles) {
            const Answer* answer = log.find(id, row.row);
            why = !why.empty() ? why : answer == nullptr ? title + " did not answer it" : answer->problem.empty() ? "" : title + ": " + answer->problem;
        }
        if (!why.empty()) {
            skipped.push_back({row.row, why});
            continue;
        }
        scored.rows.push_back({row.row, row.group, questionOf(row), row.tags});
        for (ScoredContender& contender : scored.contenders) {
            const Answer& answer = *log.find(contender.id, row.row);
            metrics::ScoredRow its{answer.prediction, row.references, answer.likelihood, answer.confidence, choicesOf(row, answer), answer.reward};
            if (answer.isGreedy && answer.choices.size() == 1) {
                its.cloze = metrics::ClozeScore{answer.choices.front(), *answer.isGreedy};
            }
            its.isCut = !byLabel && answer.finish == "length";
            if (byLabel) {
                its.prediction = answer.label;
                its.confidence = answer.labelConfidence;
            }
            contender.rows.push_back(std::move(its));
        }
    }
    return scored;
}

std::vector<std::string> labelsIn(const std::vector<EvalRow>& rows, std::size_t most)
{
    std::set<std::string> labels;
    for (const EvalRow& row : rows) {
        labels.insert(row.references.begin(), row.references.end());
        if (labels.size() > most) {
            return {};
        }
    }
    return {labels.begin(), labels.end()};
}

} // namespace luthier::evaluation
