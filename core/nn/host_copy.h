// SPDX-License-Identifier: GPL-3.0-or-later
// HostCopy: a small tensor of a card on its way to the host, who waits for it alone and not for what was queued behind it.
// Internal to core: names torch types. One thread at a time.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Event.h>

#include <optional>

namespace luthier::nn {

class HostCopy {
public:
    // Queued behind what makes `from`, which may be written again by whatever is queued from now on.
    void start(const at::Tensor& from);
    // In CPU memory; valid until the next start.
    const at::Tensor& wait();

private:
    at::Tensor m_here;
    std::optional<c10::Event> m_event; // none: it is there
};

} // namespace luthier::nn
