// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/answers/row_remarks.h"

#include "core/train/plan/token_store.h"

#include <algorithm>

namespace luthier::train {

namespace {

constexpr double kMany = 0.2; // of the pairs
constexpr std::size_t kLongEnough = 3; // tokens of an answer that is looked for

// "desirable" is 1 or 0 (objectives/kto.cpp).
std::string oneKind(const ItemStore& items)
{
    const auto judged = items.find("desirable");
    if (!judged || judged->empty() || std::any_of(judged->begin(), judged->end(), [&](float value) { return value != judged->front(); })) {
        return {};
    }
    const bool isGood = judged->front() > 0;
    return "All " + std::to_string(judged->size()) + " answers are judged " + (isGood ? "good" : "bad") + ": KTO learns from good and bad ones. "
           + (isGood ? "Add bad ones, or tune on the good ones as examples (objective.kind sft)." : "Add good ones; from bad ones alone a model only unlearns.");
}

// The answer's words, without what ends it, word for word in what stands before it.
bool repeatsPrompt(std::span<const std::int32_t> tokens)
{
    const auto begin = std::find_if(tokens.begin(), tokens.end(), TokenStore::isTarget);
    std::vector<text::TokenId> prompt;
    std::vector<text::TokenId> answer;
    for (auto token = tokens.begin(); token != tokens.end(); ++token) {
        (token < begin ? prompt : answer).push_back(TokenStore::idOf(*token));
    }
    if (answer.size() <= kLongEnough) {
        return false;
    }
    answer.pop_back();               // the end mark
    answer.erase(answer.begin());    // a word at the beginning of a turn is often spelled otherwise
    return std::search(prompt.begin(), prompt.end(), answer.begin(), answer.end()) != prompt.end();
}

std::string echoes(const ItemStore& items)
{
    std::size_t pairs = 0;
    std::size_t found = 0;
    std::size_t first = 0;
    for (std::size_t i = 0; i < items.size(); ++i) {
        const Item& item = items.item(i);
        if (item.count != 2) {
            continue;
        }
        ++pairs;
        if (repeatsPrompt(items.sequences().row(item.first))) {
            first = found == 0 ? static_cast<std::size_t>(item.place.row) : first;
            ++found;
        }
    }
    return static_cast<double>(found) > kMany * static_cast<double>(pairs)
               ? "In " + std::to_string(found) + " of " + std::to_string(pairs) + " pairs the chosen answer stands word for word in its own prompt (first: row " + std::to_string(first + 1)
                     + "): is the right column read as \"chosen\"?"
               : std::string();
}

} // namespace

std::vector<std::string> rowRemarks(const ItemStore& items, const objectives::Objective& objective)
{
    std::vector<std::string> remarks;
    for (const std::string& remark : {objective.mismatches ? oneKind(items) : std::string(), objective.perSequence ? echoes(items) : std::string()}) {
        if (!remark.empty()) {
            remarks.push_back(remark);
        }
    }
    return remarks;
}

} // namespace luthier::train
