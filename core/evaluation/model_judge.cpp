// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/evaluation/model_judge.h"

#include "core/evaluation/answer_rewards.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <set>

namespace luthier::evaluation {

const char* const kUsualRubric = "Compare two answers to a question. The better one is correct, answers what was asked, and is no longer than it has to be.\n\n"
                                 "Question:\n{question}\n\nAnswer A:\n{first}\n\nAnswer B:\n{second}\n\nWhich answer is better? Say A or B and nothing else.";

namespace {

// In one walk: what stands in an answer is never taken for a place.
std::string filled(const std::string& rubric, const std::vector<std::pair<std::string, std::string>>& values)
{
    std::string text;
    for (std::size_t i = 0; i < rubric.size();) {
        const auto found = std::find_if(values.begin(), values.end(), [&](const auto& value) { return rubric.compare(i, value.first.size(), value.first) == 0; });
        if (found == values.end()) {
            text += rubric[i++];
        } else {
            text += found->second;
            i += found->first.size();
        }
    }
    return text;
}

std::string questionOf(const JudgedPair& pair)
{
    if (pair.prompt.size() == 1) {
        return pair.prompt.front().content;
    }
    std::string text;
    for (const auto& message : pair.prompt) {
        text += (text.empty() ? "" : "\n\n") + message.role + ": " + message.content;
    }
    return text;
}

std::string number(double value)
{
    char buffer[32];
    std::snprintf(buffer, sizeof buffer, "%.3f", value);
    return buffer;
}

} // namespace

Result<void> checkRubric(const std::string& rubric)
{
    for (const char* place : {"{first}", "{second}"}) {
        if (rubric.find(place) == std::string::npos) {
            return Error{std::string("the rubric has no ") + place + ": it says where the answer stands; {question}, {first}, {second} and {reference} are replaced"};
        }
    }
    return {};
}

ModelJudge::ModelJudge(std::shared_ptr<inference::Session> session, std::string name, std::string rubric)
    : m_session(std::move(session)), m_name(kModelJudge + std::move(name)), m_rubric(std::move(rubric))
{
}

Result<ModelJudge> ModelJudge::asking(std::shared_ptr<inference::Session> session, const std::string& name, const std::string& rubric)
{
    if (session->encoder().chatTemplate == nullptr) {
        return Error{name + ": it has no chat template, so it cannot be asked to judge; choose a model that answers questions, name a template "
                            "(--chat-template), or let a reward model score the answers"};
    }
    if (auto checked = checkRubric(rubric); !checked) {
        return checked.error();
    }
    return ModelJudge(std::move(session), name, rubric);
}

Result<ModelJudge> ModelJudge::scoring(std::shared_ptr<inference::Session> session, const std::string& name)
{
    if (!session->judges() || !session->labels().empty()) {
        return Error{name + ": it is no reward model: it has no head that gives a text one score; choose one, or let a model judge by a rubric"};
    }
    return ModelJudge(std::move(session), name, "");
}

// How much likelier "A" is than "B", with `a` in A's place.
Result<double> ModelJudge::firstOver(const JudgedPair& pair, const std::string& a, const std::string& b) const
{
    const std::string text = filled(m_rubric, {{"{question}", questionOf(pair)}, {"{first}", a}, {"{second}", b}, {"{reference}", pair.reference}});
    const data::Encoder& encoder = m_session->encoder();
    auto prompt = encoder.encodePrompt({{"user", text, {}}});
    if (!prompt) {
        return prompt.error();
    }
    double over = 0;
    for (const char* letter : {"A", "B"}) {
        auto ids = *prompt;
        const auto its = encoder.tokenizer->ids(letter, {.addSpecial = false});
        ids.insert(ids.end(), its.begin(), its.end());
        const auto logProbs = m_session->score(ids);
        if (!logProbs) {
            return logProbs.error();
        }
        double sum = 0;
        for (std::size_t i = prompt->size(); i < logProbs->size(); ++i) {
            sum += (*logProbs)[i];
        }
        over += *letter == 'A' ? sum : -sum;
    }
    return over;
}

Result<Vote> ModelJudge::judge(const JudgedPair& pair, const base::CancelToken& cancel) const
{
    Vote vote;
    vote.pair = pair.number;
    vote.judge = m_name;
    const auto begin = std::chrono::steady_clock::now();
    const auto secondsSince = [&] { return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count(); };
    if (m_rubric.empty()) {
        const auto scores = rewardsOf(*m_session, {{pair.prompt, pair.firstAnswer}, {pair.prompt, pair.secondAnswer}}, cancel);
        if (!scores) {
            return scores.error();
        }
        vote.choice = (*scores)[0] == (*scores)[1] ? Choice::Tie : (*scores)[0] > (*scores)[1] ? Choice::Left : Choice::Right;
        vote.note = "scores " + number((*scores)[0]) + " and " + number((*scores)[1]);
        vote.seconds = secondsSince();
        return vote;
    }
    const auto firstInA = firstOver(pair, pair.firstAnswer, pair.secondAnswer);
    const auto secondInA = firstInA ? firstOver(pair, pair.secondAnswer, pair.firstAnswer) : Result<double>(firstInA.error());
    if (!secondInA) {
        return secondInA.error();
    }
    const bool isFlip = (*firstInA > 0) == (*secondInA > 0);
    vote.choice = isFlip ? Choice::Tie : *firstInA > 0 ? Choice::Left : Choice::Right;
    vote.note = (isFlip ? std::string(kOrderDecided) + ": " : std::string()) + "A over B by " + number(*firstInA) + ", with the answers exchanged by " + number(*secondInA);
    vote.seconds = secondsSince();
    return vote;
}

Result<JudgedByModel> judgeAll(const ModelJudge& judge, const std::vector<JudgedPair>& pairs, const std::vector<Vote>& votes,
                               const std::function<Result<void>(const Vote&)>& keep, const base::Progress& progress, const base::CancelToken& cancel)
{
    std::set<std::int64_t> done;
    for (const Vote& vote : votes) {
        if (vote.judge == judge.name()) {
            done.insert(vote.pair);
        }
    }
    JudgedByModel judged;
    std::int64_t place = 0;
    for (const JudgedPair& pair : pairs) {
        if (cancel.isCancelled()) {
            return Error{"cancelled"};
        }
        if (!done.contains(pair.number)) {
            const auto vote = judge.judge(pair, cancel);
            if (!vote) {
                judged.problems.push_back("pair " + std::to_string(pair.number) + ": " + vote.message());
            } else if (auto kept = keep(*vote); !kept) {
                return kept.error();
            } else {
                ++judged.judged;
            }
        }
        if (progress) {
            progress(++place, static_cast<std::int64_t>(pairs.size()));
        }
    }
    return judged;
}

} // namespace luthier::evaluation
