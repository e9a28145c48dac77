// SPDX-License-Identifier: GPL-3.0-or-later
// exampleFields: a row as the reader shows it: its editable fields in order, each with the role it speaks in,
// then what only can be read (tool calls, tools, fields the format does not let edit).
//
// Threads: any; meant for a job.
#pragma once

#include "core/data/dataset.h"
#include "ui/widgets/conversation/example_field.h"

#include <QString>

#include <vector>

namespace luthier::ui {

struct ReadRow {
    std::int64_t index = -1;
    bool edited = false;
    std::vector<ExampleField> fields;
    QString problem; // the sentence of a broken row
    QString raw;     // the bytes of a broken row, as text
    std::optional<data::Example> example;
};

// Never fails: what is wrong with the row stands in `problem`.
ReadRow readRow(const data::Dataset& dataset, std::int64_t index);

// "assistant" for "output", "answer", "gpt", ...; "text" when the name tells nothing.
QString roleOfName(const QString& name);

} // namespace luthier::ui
