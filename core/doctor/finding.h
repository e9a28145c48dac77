// SPDX-License-Identifier: GPL-3.0-or-later
// Finding: what the run doctor saw of a run, what it means, and which settings would help.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace luthier::doctor {

struct Remedy { // a setting that would help
    std::string key;      // "part.key" of a recipe
    std::string value;    // to set it to; empty: no single one
    std::string sentence; // what to do and why
};

struct Finding {
    std::string id;          // of a row of doctor.h
    std::int64_t step = 0;   // where it was seen
    std::string sentence;    // what was seen, with its numbers
    std::string explanation; // what that means
    std::vector<Remedy> remedies;

    std::string text() const; // all of it in one line
};

} // namespace luthier::doctor
