// SPDX-License-Identifier: GPL-3.0-or-later
// AskedColumns: whether the columns that a mapping names are there. A mistyped name would leave its field empty in every row,
// and the rows might then fit another shape; one that some file lacks and another has is no fault.
//
// Threads: plain values.
#pragma once

#include "core/base/cancel.h"
#include "core/data/dataset.h"
#include "core/data/formats/columns.h"

#include <string>
#include <vector>

namespace luthier::data {

class AskedColumns {
public:
    explicit AskedColumns(Columns columns) : m_columns(columns), m_missing(std::move(columns)) {}

    // `dataset` is read with the columns. Reads no further than to the row in which the last of them is found.
    void look(const Dataset& dataset, const base::CancelToken& cancel = {});
    // missingSentence() of the first that no row of all the files has; empty: they are there.
    std::string problem() const;

private:
    Columns m_columns;
    Columns m_missing;
    std::vector<Json> m_rows; // the first ones, for the names that there are
};

// Of one file by the mapping that it is read with; empty also when it is cancelled.
std::string askedColumnsProblem(const Dataset& dataset, const base::CancelToken& cancel = {});

} // namespace luthier::data
