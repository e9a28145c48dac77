// SPDX-License-Identifier: GPL-3.0-or-later
// MeasurementTable: everything that a run measured, in the order of its events: one by one, or as a table with a line a step
// and a column for each measure and set ("loss", "held_out.loss").
#pragma once

#include "core/train/events.h"

#include <string>
#include <vector>

namespace luthier::cli {

class MeasurementTable {
public:
    struct Measurement {
        std::int64_t step;
        std::string set; // measures::kStepSet: of the training step
        const measures::Measure* measure;
        double value;
    };

    explicit MeasurementTable(const std::vector<train::Event>& events);

    const std::vector<Measurement>& all() const { return m_all; }
    // Full precision; empty where nothing was measured; no end behind the last line.
    std::string toCsv() const;

private:
    std::vector<Measurement> m_all;
};

} // namespace luthier::cli
