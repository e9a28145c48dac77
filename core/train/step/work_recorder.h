// SPDX-License-Identifier: GPL-3.0-or-later
// WorkRecorder: what records work on a device so that it can be played; a card's, or another in its place.
// Internal to core: names torch types. One thread at a time.
#pragma once

#include <c10/core/Device.h>

#include <functional>
#include <memory>

namespace luthier::train {

class RecordedWork {
public:
    virtual ~RecordedWork() = default;
    // Computes what was recorded, from the memory that it was recorded with.
    virtual void play() = 0;
};

// Records what `work` queues; nothing of it is computed yet. With `beside`, memory is shared with that recording: neither
// may need what the other left there. Throws what torch throws when the device refuses.
using WorkRecorder
    = std::function<std::unique_ptr<RecordedWork>(const std::function<void()>& work, const RecordedWork* beside)>;

// Empty where the device records nothing.
WorkRecorder recorderOf(at::Device device);

} // namespace luthier::train
