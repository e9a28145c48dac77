// SPDX-License-Identifier: GPL-3.0-or-later
// ChoiceRows: rows with several choices of which one is right, as tests of knowledge have them, and cloze texts with a blank that one of the
// choices fills:
//   {"question":"...","choices":["...","..."],"answer":1}       place from 0, letter (A, B, ...), a label of the choices, or the text itself
//   {"question":"...","choices":{"text":[...],"label":[...]},"answerKey":"B"}
//   {"ctx":"...","endings":[...],"label":"2"}
//   {"sentence":"The cup did not fit because ___ was big.","option1":"it","option2":"the cup","answer":"1"}   a number counts from 1 here
// The model is asked nothing: it scores each choice behind the text, as bare text, as lm-evaluation-harness does.
//
// Threads: free functions, any thread.
#pragma once

#include "core/evaluation/eval_rows.h"

#include <filesystem>

namespace luthier::evaluation {

// Whether the row has choices, right or wrong as they may be.
bool hasChoices(const Json& row);
// Error: what is missing or cannot be understood.
Result<EvalRow> choiceRow(const Json& row);

// Whether the file's first row has choices.
Result<bool> isChoiceFile(const std::filesystem::path& path);
Result<EvalRows> choiceRows(const std::filesystem::path& path, const EvalRowSettings& settings, const base::CancelToken& cancel = {});

} // namespace luthier::evaluation
