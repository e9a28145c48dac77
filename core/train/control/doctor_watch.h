// SPDX-License-Identifier: GPL-3.0-or-later
// DoctorWatch: stands between a run and its observer, and adds what the run doctor sees as Warnings with their cause and
// remedies. findingsOf() says the same of a run's stored events.
//
// Threads: as the observer's; the training thread.
#pragma once

#include "core/doctor/doctor.h"
#include "core/train/events.h"

#include <vector>

namespace luthier::train {

class DoctorWatch : public RunObserver {
public:
    // The observer must outlive it.
    DoctorWatch(const config::RunConfig& recipe, RunObserver& observer) : m_watch(recipe), m_observer(observer) {}

    void onEvent(const Event& event) override;
    void settle() override { m_observer.settle(); }
    // What only shows at the end; before RunEnded.
    void lookBack(const doctor::End& end) { tell(m_watch.take(end)); }

private:
    void tell(const std::vector<doctor::Finding>& findings);

    doctor::Watch m_watch;
    RunObserver& m_observer;
};

// Of a run's events in their order: what was told then, and what the rows of today see besides. Each finding once.
std::vector<doctor::Finding> findingsOf(const std::vector<Event>& events, const config::RunConfig& recipe);

} // namespace luthier::train
