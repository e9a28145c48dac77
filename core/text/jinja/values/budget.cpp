// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/jinja/values/budget.h"

#include "core/text/jinja/values/value.h"

namespace luthier::text::jinja {

namespace {

thread_local Budget* t_budget = nullptr;

} // namespace

Budget::Budget() : m_before(t_budget)
{
    t_budget = this;
}

Budget::~Budget()
{
    t_budget = m_before;
}

void spend(std::size_t steps)
{
    if (t_budget == nullptr) {
        return;
    }
    t_budget->m_steps += steps < kMostSteps ? steps : kMostSteps + 1;
    if (t_budget->m_steps > kMostSteps) {
        fail("the template took more than " + std::to_string(kMostSteps) + " steps and was stopped");
    }
}

void allocate(std::size_t bytes)
{
    if (t_budget == nullptr) {
        return;
    }
    t_budget->m_bytes += bytes < kMostBytes ? bytes : kMostBytes + 1;
    if (t_budget->m_bytes > kMostBytes) {
        fail("the template built more than " + std::to_string(kMostBytes >> 20)
             + " MiB of text and lists and was stopped");
    }
}

} // namespace luthier::text::jinja
