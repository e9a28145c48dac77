// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/evaluation/contender.h"

#include "core/base/amount.h"
#include "core/data/example_text.h"
#include "core/data/map/diversity.h"
#include "core/metrics/words.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <set>

namespace luthier::evaluation {

namespace {

constexpr std::int64_t kMostCandidates = 5000; // training rows that are looked at, evenly over the file

struct Shot {
    std::vector<data::Message> turns; // without a system text of their own
    std::string question;
    std::vector<std::uint32_t> words; // of the question, each once, ascending
};

class WordSets {
public:
    std::vector<std::uint32_t> of(const std::string& text)
    {
        std::set<std::uint32_t> words;
        for (const auto word : metrics::splitWords(text)) {
            words.insert(m_numbers.of(word));
        }
        return {words.begin(), words.end()};
    }

private:
    metrics::WordNumbers m_numbers;
};

std::vector<data::Message> withoutSystem(const std::vector<data::Message>& messages)
{
    std::vector<data::Message> turns;
    std::copy_if(messages.begin(), messages.end(), std::back_inserter(turns),
                 [](const data::Message& message) { return message.role != "system" && message.role != "developer"; });
    return turns;
}

Result<std::vector<std::int64_t>> candidateRows(const data::Dataset& training, std::int64_t count, ShotChoice choice, const base::CancelToken& cancel)
{
    std::vector<std::int64_t> rows;
    if (choice == ShotChoice::Diverse) {
        data::WalkOptions options;
        options.cancel = cancel;
        const auto features = data::rowFeatures(training, {}, options);
        if (!features) {
            return features.error();
        }
        // Twice as many as are shown: some may be what is asked, or no conversation.
        const auto points = data::farthestPoints(*features, std::min(features->size(), static_cast<std::size_t>(2 * count + 8)), {}, cancel);
        if (!points) {
            return points.error();
        }
        for (const std::size_t point : *points) {
            rows.push_back(features->rows[point]);
        }
        return rows;
    }
    const std::int64_t all = training.rowCount();
    const std::int64_t wanted = std::min(all, kMostCandidates);
    for (std::int64_t i = 0; i < wanted; ++i) {
        rows.push_back(i * all / wanted);
    }
    return rows;
}

double overlap(const std::vector<std::uint32_t>& a, const std::vector<std::uint32_t>& b)
{
    std::vector<std::uint32_t> common;
    std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(common));
    return static_cast<double>(common.size()) / std::sqrt(static_cast<double>(a.size() * b.size()) + 1);
}

bool isShot(const data::Example& example)
{
    return example.kind == data::ExampleKind::Conversation && example.desirable != false && !example.messages.empty() && example.messages.back().role == "assistant";
}

} // namespace

Result<void> chooseShots(Contender& contender, const data::Dataset& training, const std::vector<EvalRow>& rows, std::int64_t count, ShotChoice choice,
                         const base::CancelToken& cancel)
{
    const auto candidates = candidateRows(training, count, choice, cancel);
    if (!candidates) {
        return candidates.error();
    }
    std::set<std::string> asked;
    for (const EvalRow& row : rows) {
        asked.insert(data::squeezed(questionOf(row)));
    }
    WordSets words;
    std::vector<Shot> shots;
    for (const std::int64_t index : *candidates) {
        const auto example = training.isExcluded(index) ? Result<data::Example>(Error{"left out"}) : training.example(index);
        if (!example || !isShot(*example) || asked.contains(data::squeezed(data::promptOf(*example)))) {
            continue;
        }
        shots.push_back({withoutSystem(example->messages), data::promptOf(*example), {}});
        shots.back().words = choice == ShotChoice::Nearest ? words.of(data::promptTextOf(*example)) : std::vector<std::uint32_t>();
    }
    if (shots.empty()) {
        return Error{training.path().string() + ": there is no conversation to show as an example that is not asked itself"};
    }
    const auto most = std::min(shots.size(), static_cast<std::size_t>(count));
    if (choice == ShotChoice::Diverse) {
        for (std::size_t i = 0; i < most; ++i) {
            contender.shots.push_back(shots[i].turns);
        }
        return {};
    }
    for (const EvalRow& row : rows) {
        if (cancel.isCancelled()) {
            return Error{"cancelled"};
        }
        const auto its = words.of(questionOf(row));
        std::vector<std::pair<double, std::size_t>> order;
        for (std::size_t i = 0; i < shots.size(); ++i) {
            order.emplace_back(-overlap(its, shots[i].words), i);
        }
        std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(most), order.end());
        auto& shown = contender.shotsOfRow.emplace_back();
        for (std::size_t i = most; i > 0; --i) { // the nearest stands last, beside the question
            shown.push_back(shots[order[i - 1].second].turns);
        }
    }
    return {};
}

Result<void> showShots(Contender& contender, const data::Dataset& training, const std::vector<EvalRow>& rows, const std::vector<std::int64_t>& shown)
{
    std::vector<std::string> questions;
    for (const std::int64_t number : shown) {
        const std::string where = training.path().string() + ": row " + std::to_string(number);
        if (number < 1 || number > training.rowCount()) {
            return Error{where + " cannot be an example: there " + std::string(base::oneOrMany(training.rowCount(), "is ", "are ")) + base::amount(training.rowCount(), "row")};
        }
        if (training.isExcluded(number - 1)) {
            return Error{where + " cannot be an example: it is left out of the data"};
        }
        const auto example = training.example(number - 1);
        if (!example || !isShot(*example)) {
            return Error{where + " cannot be an example: " + (example ? "it is no conversation that ends with an answer" : example.message())};
        }
        contender.shots.push_back(withoutSystem(example->messages));
        questions.push_back(data::squeezed(data::promptOf(*example)));
    }
    const auto isAsked = [&](const EvalRow& row) { return std::find(questions.begin(), questions.end(), data::squeezed(questionOf(row))) != questions.end(); };
    if (std::none_of(rows.begin(), rows.end(), isAsked)) {
        return {};
    }
    for (const EvalRow& row : rows) {
        const std::string own = data::squeezed(questionOf(row));
        auto& its = contender.shotsOfRow.emplace_back();
        for (std::size_t i = 0; i < questions.size(); ++i) {
            if (questions[i] != own) {
                its.push_back(contender.shots[i]);
            }
        }
    }
    return {};
}

Result<std::vector<std::int64_t>> shotRowsOf(std::string_view numbers)
{
    constexpr std::string_view kBetween = ", ;\t\n";
    std::vector<std::int64_t> rows;
    for (std::size_t at = numbers.find_first_not_of(kBetween); at != std::string_view::npos; at = numbers.find_first_not_of(kBetween, at)) {
        const std::string_view word = numbers.substr(at, numbers.find_first_of(kBetween, at) - at);
        std::int64_t row = 0;
        const auto parsed = std::from_chars(word.data(), word.data() + word.size(), row);
        if (parsed.ec != std::errc() || parsed.ptr != word.data() + word.size() || row < 1) {
            return Error{"\"" + std::string(word) + "\" is no row of the training data; rows are numbered from 1, as 3, 17, 42"};
        }
        if (std::find(rows.begin(), rows.end(), row) == rows.end()) {
            rows.push_back(row);
        }
        at += word.size();
    }
    return rows.empty() ? Result<std::vector<std::int64_t>>(Error{"no example is named; say which rows of the training data are shown, as 3, 17, 42"}) : rows;
}

std::vector<data::Message> promptFor(const Contender& contender, const EvalRow& row, std::size_t i)
{
    std::vector<data::Message> messages;
    std::string system = contender.system;
    auto rest = row.prompt.begin();
    if (rest != row.prompt.end() && rest->role == "system") {
        system += (system.empty() ? "" : "\n\n") + rest->content;
        ++rest;
    }
    if (!system.empty()) {
        messages.push_back({"system", system, {}});
    }
    for (const auto& shot : contender.shotsOfRow.empty() ? contender.shots : contender.shotsOfRow[i]) {
        for (data::Message turn : shot) {
            turn.trained = false; // an example: nothing of it is scored
            messages.push_back(std::move(turn));
        }
    }
    for (; rest != row.prompt.end(); ++rest) {
        messages.push_back(*rest);
        messages.back().trained = false;
    }
    return messages;
}

} // namespace luthier::evaluation
