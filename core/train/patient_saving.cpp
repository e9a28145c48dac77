// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/patient_saving.h"

#include "core/base/disk_room.h"
#include "core/train/checkpoint.h"

#include <algorithm>

namespace luthier::train {

namespace {

using namespace std::chrono_literals;

constexpr auto kLook = 500ms;         // how often free space is looked at
constexpr auto kFirstPause = 2000ms;  // before a try that free space does not speak for
constexpr auto kLongestPause = 60000ms;

} // namespace

// True: worth another try. False: stopped.
bool PatientSaving::waitForChange(const Work& work, std::chrono::milliseconds pause)
{
    const auto before = base::freeBytes(m_folder);
    for (auto waited = 0ms; waited < pause; waited += kLook) {
        if (m_control.waitForStop(kLook)) {
            return false;
        }
        const auto now = base::freeBytes(m_folder);
        if (now && before && *now > *before && *now >= work.bytes) {
            return true; // somebody made room
        }
    }
    return true;
}

Result<void> PatientSaving::run(const Work& work)
{
    auto saved = work.save();
    while (!saved && base::saysDiskFull(saved.error()) && dropOldestCheckpoint(m_folder)) {
        m_observer.onEvent(Warning{work.step, "The disk was full, so the oldest checkpoint went to make room for " + work.what + "."});
        saved = work.save();
    }
    if (saved || m_control.stopRequested()) {
        return saved;
    }
    m_observer.onEvent(Warning{work.step, "Held behind step " + std::to_string(work.step) + ", since " + work.what
                                              + " could not be saved: " + saved.message() + ". It needs "
                                              + base::bytesText(work.bytes) + "; the run goes on by itself as soon as they fit. "
                                              + work.standing});
    m_observer.onEvent(StageChanged{"waiting for room on the disk", 0, 0});
    for (auto pause = std::chrono::milliseconds(kFirstPause); !saved; pause = std::min(pause * 2, std::chrono::milliseconds(kLongestPause))) {
        if (!waitForChange(work, pause)) {
            return saved;
        }
        saved = work.save();
    }
    return saved;
}

} // namespace luthier::train
