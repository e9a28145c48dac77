// SPDX-License-Identifier: GPL-3.0-or-later
// Failure: what an exception means for the person who started the run. Internal to core.
#pragma once

#include <exception>
#include <stdexcept>
#include <string>

namespace luthier::train {

// What is wrong as a sentence for people already.
class Failure : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

// Whether the device, or the machine, had no room for what was asked: less at once may do.
bool isOutOfMemory(const std::exception& problem);

bool saysOutOfMemory(const std::string& sentence); // one of sentenceOf()

// A sentence with what to do: a Failure's own, for memory that ran out, for a device that failed, for anything else its first line.
std::string sentenceOf(const std::exception& problem);

} // namespace luthier::train
