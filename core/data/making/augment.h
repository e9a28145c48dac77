// SPDX-License-Identifier: GPL-3.0-or-later
// Augment: a table of ways to make a row say the same in another form, so that a tune learns the matter and not the
// wording. Only what the person says is changed, never the answer. Each new row is marked "synthetic": true and
// says from which row it was made; splitRows and training never hold such a row out.
//
// Threads: free functions, any thread. The same row, way and seed give the same row on every machine.
#pragma once

#include "core/base/random.h"
#include "core/base/result.h"
#include "core/data/example.h"

#include <optional>
#include <span>
#include <string_view>

namespace luthier::data {

struct Augmentation {
    const char* id;
    const char* label;
    const char* help;
    // False: there is nothing to change in this row.
    bool (*change)(Json& row, base::Random& random, double strength);
    bool hasStrength; // else `strength` changes nothing
};

std::span<const Augmentation> augmentations();
const Augmentation* findAugmentation(std::string_view id);

// `number`: of the row, from 1, for "augmented_from". `strength` 0 to 1: how much noise. nullopt: nothing changed.
std::optional<Json> augmented(const Augmentation& way, const Json& row, std::int64_t number, std::uint64_t seed,
                              double strength = 0.1);

} // namespace luthier::data
