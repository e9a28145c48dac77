// SPDX-License-Identifier: GPL-3.0-or-later
// InputWatch: while it lives, the groups of projections that this thread computes tell what they read. For looking at a model, not for
// training: what is recorded on a card tells once, while it is recorded. Internal to core: names torch types.
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>

namespace luthier::nn {

struct LinearGroup;

class InputWatch {
public:
    using See = std::function<void(const LinearGroup& group, const at::Tensor& x)>; // x [N, in]

    explicit InputWatch(See see);
    ~InputWatch();
    InputWatch(const InputWatch&) = delete;
    InputWatch& operator=(const InputWatch&) = delete;

    static void tell(const LinearGroup& group, const at::Tensor& x); // the innermost one of this thread, if there is any

private:
    See m_see;
    InputWatch* m_before;
};

} // namespace luthier::nn
