// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/evaluation/pair_sources.h"

#include "core/base/amount.h"
#include "core/base/files.h"
#include "core/base/random.h"
#include "core/data/formats/row_writer.h"
#include "core/data/row_name.h"
#include "core/data/sources/row_source.h"

#include <algorithm>
#include <functional>
#include <map>
#include <set>

namespace luthier::evaluation {

namespace fs = std::filesystem;

namespace {

constexpr const char* kRows = "rows.jsonl";
constexpr const char* kAnswers = "answers.jsonl";

// Every row of a file; the first error names it.
Result<void> eachRow(const fs::path& path, const std::function<Result<void>(const Json& row)>& take)
{
    const auto source = data::openSource(path);
    if (!source) {
        return source.error();
    }
    for (std::int64_t i = 0; i < (*source)->rowCount(); ++i) {
        const auto row = (*source)->row(i);
        auto taken = row ? take(*row) : Result<void>(row.error());
        if (!taken) {
            return Error{path.string() + ": row " + std::to_string(i + 1) + ": " + taken.message()};
        }
    }
    return {};
}

// Drawn in an order of the seed; identical answers leave nothing to judge.
Result<ChosenPairs> chosen(ChosenPairs all, const PairChoice& choice, const fs::path& path)
{
    base::Random random(choice.seed);
    random.shuffle(all.pairs);
    if (choice.limit > 0 && static_cast<std::size_t>(choice.limit) < all.pairs.size()) {
        all.pairs.resize(static_cast<std::size_t>(choice.limit));
    }
    if (all.pairs.empty()) {
        return Error{path.string() + ": there is nothing to judge" + (all.bad.empty() ? "" : "; " + all.bad.front())
                     + (all.equal > 0 ? "; both answers are the same in " + (all.equal == 1 ? std::string("its only row") : "all " + base::amount(all.equal, "row")) : "")};
    }
    return all;
}

struct AskedRow {
    std::vector<data::Message> prompt;
    std::string reference;
};

Result<std::vector<data::Message>> promptOf(const Json& json)
{
    if (json.is_string()) {
        return std::vector<data::Message>{{"user", json.get<std::string>(), {}}};
    }
    std::vector<data::Message> prompt;
    for (const Json& message : json.is_array() ? json : Json::array()) {
        const bool isTurn = message.is_object() && message.value("role", Json()).is_string() && message.value("content", Json()).is_string();
        if (!isTurn) {
            return Error{"a turn of \"prompt\" needs a \"role\" and a \"content\""};
        }
        prompt.push_back({message["role"].get<std::string>(), message["content"].get<std::string>(), {}});
    }
    return prompt.empty() ? Result<std::vector<data::Message>>(Error{"\"prompt\" must be a text or a list of turns"}) : prompt;
}

Result<std::map<std::int64_t, AskedRow>> readRows(const fs::path& path)
{
    std::map<std::int64_t, AskedRow> rows;
    auto read = eachRow(path, [&](const Json& row) -> Result<void> {
        if (!row.is_object() || !row.value("row", Json()).is_number_integer()) {
            return Error{"\"row\" is missing"};
        }
        AskedRow asked;
        for (const Json& message : row.value("prompt", Json::array())) {
            asked.prompt.push_back({message.value("role", std::string()), message.value("content", std::string()), {}});
        }
        const Json references = row.value("references", Json::array());
        asked.reference = references.is_array() && !references.empty() && references[0].is_string() ? references[0].get<std::string>() : "";
        rows[row["row"].get<std::int64_t>()] = std::move(asked);
        return {};
    });
    return read ? Result<std::map<std::int64_t, AskedRow>>(std::move(rows)) : read.error();
}

using Answers = std::map<std::string, std::map<std::int64_t, std::string>>; // by system and row

Result<Answers> readAnswers(const fs::path& path)
{
    Answers answers;
    auto read = eachRow(path, [&](const Json& row) -> Result<void> {
        const bool isAnswer = row.is_object() && row.value("system", Json()).is_string() && row.value("row", Json()).is_number_integer()
                              && row.value("prediction", Json()).is_string();
        if (!isAnswer) {
            return Error{"it is no answer of an evaluation"};
        }
        if (row.value("problem", std::string()).empty()) {
            answers[row["system"].get<std::string>()][row["row"].get<std::int64_t>()] = row["prediction"].get<std::string>();
        }
        return {};
    });
    return read ? Result<Answers>(std::move(answers)) : read.error();
}

} // namespace

Result<void> writeRows(const fs::path& folder, const std::vector<EvalRow>& rows)
{
    std::string text;
    for (const EvalRow& row : rows) {
        text += base::dumpJson({{"row", row.row}, {"prompt", data::toJson(row.prompt)}, {"references", row.references}}) + "\n";
    }
    return base::writeFileAtomically(folder / kRows, text);
}

Result<ChosenPairs> pairsOfEvaluation(const fs::path& folder, const PairChoice& choice)
{
    std::error_code code;
    if (!fs::exists(folder / kAnswers, code) || !fs::exists(folder / kRows, code)) {
        return Error{folder.string() + ": no evaluation lies there (" + kAnswers + " and " + kRows + " are wanted); luthier eval --out makes one"};
    }
    const auto rows = readRows(folder / kRows);
    const auto answers = rows ? readAnswers(folder / kAnswers) : Result<Answers>(rows.error());
    if (!answers) {
        return answers.error();
    }
    for (const std::string& system : {choice.first, choice.second}) {
        if (!answers->contains(system)) {
            std::string names;
            for (const auto& [name, its] : *answers) {
                names += (names.empty() ? "" : ", ") + name;
            }
            return Error{folder.string() + ": \"" + system + "\" answered nothing there; there are " + names};
        }
    }
    ChosenPairs all;
    const auto& first = answers->at(choice.first);
    const auto& second = answers->at(choice.second);
    for (const auto& [row, asked] : *rows) {
        const auto left = first.find(row);
        const auto right = second.find(row);
        const bool isMissing = left == first.end() || right == second.end();
        const bool isEqual = !isMissing && left->second == right->second;
        all.missing += isMissing ? 1 : 0;
        all.equal += isEqual ? 1 : 0;
        if (!isMissing && !isEqual && !asked.prompt.empty()) {
            all.pairs.push_back({0, asked.prompt, choice.first, choice.second, left->second, right->second, asked.reference});
        }
    }
    return chosen(std::move(all), choice, folder);
}

namespace {

Result<JudgedPair> pairOf(const Json& row)
{
    static const std::string kShape = R"(a row is {"prompt":"...","first_answer":"...","second_answer":"..."})";
    if (!row.is_object() || !row.contains("prompt")) {
        return Error{"\"prompt\" is missing; " + kShape};
    }
    auto prompt = promptOf(row["prompt"]);
    if (!prompt) {
        return prompt.error();
    }
    for (const char* key : {"first_answer", "second_answer"}) {
        if (!row.value(key, Json()).is_string()) {
            return Error{"\"" + std::string(key) + "\" is missing, or no text; " + kShape};
        }
    }
    const auto text = [&](const char* key, const char* otherwise) {
        const Json value = row.value(key, Json());
        return value.is_string() ? value.get<std::string>() : std::string(otherwise);
    };
    JudgedPair pair{0, std::move(*prompt), text("first", "first"), text("second", "second"), text("first_answer", ""), text("second_answer", ""), text("reference", "")};
    return pair.first == pair.second ? Result<JudgedPair>(Error{"\"first\" and \"second\" have the same name"}) : pair;
}

} // namespace

Result<ChosenPairs> pairsOfFile(const fs::path& path, const PairChoice& choice)
{
    const auto source = data::openSource(path);
    if (!source) {
        return source.error();
    }
    ChosenPairs all;
    for (std::int64_t i = 0; i < (*source)->rowCount(); ++i) {
        const auto row = (*source)->row(i);
        auto pair = row ? pairOf(*row) : Result<JudgedPair>(row.error());
        if (!pair) {
            all.bad.push_back(data::rowName(i) + data::withoutRowName(pair.message(), i));
        } else if (pair->firstAnswer == pair->secondAnswer) {
            ++all.equal;
        } else {
            all.pairs.push_back(std::move(*pair));
        }
    }
    return chosen(std::move(all), choice, path);
}

Result<std::int64_t> writePreferences(const std::vector<JudgedPair>& pairs, const std::vector<Vote>& votes, const fs::path& path)
{
    const auto examples = preferencesOf(pairs, votes);
    if (examples.empty()) {
        return Error{"no vote says that one answer is better than the other, and nothing was corrected; there is nothing to write"};
    }
    auto sink = data::RowSink::create(path);
    if (!sink) {
        return sink.error();
    }
    for (const auto& example : examples) {
        auto row = data::findRowShape("preference")->toRow(example);
        auto written = row ? sink->write(*row) : Result<void>(row.error());
        if (!written) {
            return written.error();
        }
    }
    auto done = sink->commit();
    return done ? Result<std::int64_t>(sink->count()) : done.error();
}

} // namespace luthier::evaluation
