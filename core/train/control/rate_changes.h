// SPDX-License-Identifier: GPL-3.0-or-later
// RateChanges: learning rates that a person gave a run while it was on its way, each from a step on. They lie in
// rate_changes.json of the run's folder, so that a resumed run steps as an uninterrupted one. Torch-free.
#pragma once

#include "core/base/result.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <utility>

namespace luthier::train {

class RateChanges {
public:
    explicit RateChanges(std::filesystem::path runFolder) : m_path(std::move(runFolder) / "rate_changes.json") {}

    // What was given before. Error: the file cannot be read, so the run's rates are not known.
    Result<void> restore();
    // From step `from` (1: the first) on. On errors nothing changes.
    Result<void> add(std::int64_t from, double rate);
    // The highest rate at a step: the last one given for it or before, else `usual`.
    double at(std::int64_t step, double usual) const;

private:
    std::filesystem::path m_path;
    std::map<std::int64_t, double> m_changes;
};

} // namespace luthier::train
