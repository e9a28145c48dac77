// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nn/layers/input_watch.h"

#include <utility>

namespace luthier::nn {

namespace {

thread_local InputWatch* t_watch = nullptr;

} // namespace

InputWatch::InputWatch(See see) : m_see(std::move(see)), m_before(std::exchange(t_watch, this)) {}

InputWatch::~InputWatch()
{
    t_watch = m_before;
}

void InputWatch::tell(const LinearGroup& group, const at::Tensor& x)
{
    if (t_watch != nullptr) {
        t_watch->m_see(group, x);
    }
}

} // namespace luthier::nn
