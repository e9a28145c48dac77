// SPDX-License-Identifier: GPL-3.0-or-later
// StoreLine: a connection to the store where ranks meet: short texts under names, c10d's own TCP protocol. Internal to core:
// names torch types.
//
// Threads: one at a time; each thread that talks has a line of its own.
#pragma once

#include "core/base/result.h"
#include "core/ranks/place.h"

#include <c10/util/intrusive_ptr.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace c10d {
class Store;
}

namespace luthier::ranks {

class StoreLine {
public:
    ~StoreLine();

    // Keeps a store at place.port, or at a free port where that is 0; place.port is set to it. Errors: the port is in use.
    static Result<std::unique_ptr<StoreLine>> keep(RankPlace& place);
    // Errors: nobody answers there within `patience`.
    static Result<std::unique_ptr<StoreLine>> connect(const RankPlace& place, std::chrono::milliseconds patience);

    // All may throw what c10d throws when the store is gone.
    void set(const std::string& name, const std::string& value);
    // What is set stays: gives what stands there now.
    std::string setOnce(const std::string& name, const std::string& value);
    std::optional<std::string> find(const std::string& name);
    std::vector<std::string> all(const std::vector<std::string>& names); // all are there

    c10::intrusive_ptr<c10d::Store> store(const std::string& prefix) const;

private:
    explicit StoreLine(c10::intrusive_ptr<c10d::Store> store);

    c10::intrusive_ptr<c10d::Store> m_store;
};

} // namespace luthier::ranks
