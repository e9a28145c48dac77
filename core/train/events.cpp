// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/events.h"

namespace luthier::train {

const char* toText(Outcome outcome)
{
    switch (outcome) {
    case Outcome::Finished:
        return "finished";
    case Outcome::Stopped:
        return "stopped";
    case Outcome::Parked:
        return "parked";
    case Outcome::Failed:
        break;
    }
    return "failed";
}

} // namespace luthier::train
