// SPDX-License-Identifier: GPL-3.0-or-later
// AdapterSet: all that a method adds to a decoder, taken out of it as one value, and PassAdapters: what a pass sees of the
// set that it counts. Internal to core: names torch types.
#pragma once

#include "core/nn/layers/extras.h"
#include "core/nn/layers/linear_group.h"
#include "core/nn/layers/norm.h"
#include "core/nn/pass.h"

#include <ATen/core/Tensor.h>

#include <vector>

namespace luthier::nn {

// Of one decoder, whose base it goes on reading.
struct AdapterSet {
    std::vector<GroupAdapters> groups; // by LinearGroup::index; empty: none
    Extras extras;
    std::vector<Replacement> replacements;
};

// A view: valid while the set is neither changed nor taken away.
class PassAdapters {
public:
    // The decoder's own extras and replacements; adapters of groups are theirs.
    PassAdapters(const Extras& extras, const std::vector<Replacement>& replacements)
        : m_extras(extras), m_replacements(replacements)
    {
    }
    explicit PassAdapters(const AdapterSet& set) : m_groups(&set.groups), m_extras(set.extras), m_replacements(set.replacements) {}

    const GroupAdapters& of(const LinearGroup& group) const;
    const Extras& extras() const { return m_extras; }
    // The tensor, or the copy that stands in for it; `base` is the decoder's own member.
    const at::Tensor& now(const at::Tensor& base) const;
    Norm now(const Norm& base) const;

private:
    const std::vector<GroupAdapters>* m_groups = nullptr; // null: the groups' own
    const Extras& m_extras;
    const std::vector<Replacement>& m_replacements;
};

} // namespace luthier::nn
