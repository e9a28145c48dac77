// SPDX-License-Identifier: GPL-3.0-or-later
// Fanout: one observer that forwards to several, in order. The observers must outlive it.
#pragma once

#include "core/train/events.h"

#include <initializer_list>
#include <vector>

namespace luthier::train {

class Fanout : public RunObserver {
public:
    Fanout(std::initializer_list<RunObserver*> observers) : m_observers(observers) {}
    void onEvent(const Event& event) override
    {
        for (RunObserver* observer : m_observers) {
            observer->onEvent(event);
        }
    }
    void settle() override
    {
        for (RunObserver* observer : m_observers) {
            observer->settle();
        }
    }

private:
    std::vector<RunObserver*> m_observers;
};

} // namespace luthier::train
