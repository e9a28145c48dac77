// SPDX-License-Identifier: GPL-3.0-or-later
// The rows that PEFT and transformers trained on for the reference losses (tests/reference/training_rows.json).
#pragma once

#include "core/base/json.h"
#include "core/train/plan/items.h"
#include "tests/support/need.h"

#include <cstdint>
#include <utility>
#include <vector>

namespace luthier::support {

inline train::ItemStore trainingRows()
{
    train::TokenStore store;
    const Json all = need(base::readJson(kReference / "training_rows.json"));
    for (const Json& row : all.at("rows")) {
        const auto ids = row.at("ids").get<std::vector<std::int32_t>>();
        std::vector<std::uint8_t> trained(ids.size(), 0);
        for (auto i = row.at("labels_from").get<std::size_t>(); i < ids.size(); ++i) {
            trained[i] = 1;
        }
        store.append(ids, trained);
    }
    return train::ItemStore(std::move(store));
}

} // namespace luthier::support
