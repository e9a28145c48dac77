// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nn/host_copy.h"

#include <ATen/ops/empty.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <thread>

namespace luthier::nn {

void HostCopy::start(const at::Tensor& from)
{
    m_event.reset();
    if (!from.is_cuda()) {
        m_here = from.to(at::kCPU).clone();
        return;
    }
    m_here = at::empty(from.sizes(), from.options().device(at::kCPU).pinned_memory(true));
    m_here.copy_(from, /*non_blocking=*/true);
    m_event.emplace(from.device().type());
    m_event->record(c10::impl::VirtualGuardImpl(from.device().type()).getStream(from.device()));
}

const at::Tensor& HostCopy::wait()
{
    while (m_event && !m_event->query()) {
        std::this_thread::yield();
    }
    m_event.reset();
    return m_here;
}

} // namespace luthier::nn
