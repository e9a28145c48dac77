// SPDX-License-Identifier: GPL-3.0-or-later
// Contender: one of those that answer the same rows: the base, the base with a prompt (a system text and examples out of the training
// data), the tuned model. A tuned model that only beats a base without a prompt has not been shown to be worth its training.
//
// Threads: plain values; shots are chosen on any thread.
#pragma once

#include "core/evaluation/eval_rows.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace luthier::evaluation {

inline constexpr const char* kBase = "base";
inline constexpr const char* kPrompted = "prompted";
inline constexpr const char* kTuned = "tuned";

struct Contender {
    std::string id;           // kBase, ...: in results
    bool useAdapters = false;
    std::string system;       // empty: none of its own
    std::vector<std::vector<data::Message>> shots; // conversations shown before each question
    // Where shots are chosen for each row: shotsOfRow[i] stand before row i. Empty: `shots` for all.
    std::vector<std::vector<std::vector<data::Message>>> shotsOfRow;
};

enum class ShotChoice { Diverse, Nearest, ByHand };

// `count` examples for each of the rows out of `training`: the most different ones (the same for all rows), or those whose question shares
// most words with the row's. A row never sees itself. Errors: no conversation there to show, "cancelled".
Result<void> chooseShots(Contender& contender, const data::Dataset& training, const std::vector<EvalRow>& rows, std::int64_t count, ShotChoice choice,
                         const base::CancelToken& cancel = {});

// By hand: these rows of `training`, from 1, in this order before every question; a row never sees itself. Errors: no such row, it is left
// out, or it is no conversation that ends with an answer.
Result<void> showShots(Contender& contender, const data::Dataset& training, const std::vector<EvalRow>& rows, const std::vector<std::int64_t>& shown);
// "3, 17, 42", each once. Error: none is named, or a word is no row's number.
Result<std::vector<std::int64_t>> shotRowsOf(std::string_view numbers);

// What the contender is asked for row i of the rows: with its system text and shots.
std::vector<data::Message> promptFor(const Contender& contender, const EvalRow& row, std::size_t i);

} // namespace luthier::evaluation
