// SPDX-License-Identifier: GPL-3.0-or-later
// Event codec: a run's events as JSON objects, {"event":"step","step":1,"loss":2.5,...}. The form that the
// command line prints and the project keeps, so names once given stay. Steps and evaluations carry "measures":{id:value}
// beside their fixed keys, "loss" is null where an evaluation computed none.
//
// Every event comes back equal. JSON knows no NaN and no infinity: they are the strings "NaN", "Infinity" and
// "-Infinity", so that a diverged run is never mistaken for one without a measurement.
// Threads: pure functions.
#pragma once

#include "core/base/json.h"
#include "core/base/result.h"
#include "core/train/events.h"

namespace luthier::store {

// "start", "stage", "step", "eval", "sample", "checkpoint", "warning", "end".
const char* kindOf(const train::Event& event);

Json toJson(const train::Event& event);

// Missing keys keep the event's defaults and unknown keys are passed over: other versions write them. A wrong
// type or an unknown kind is a sentence that names the key.
Result<train::Event> eventFromJson(const Json& object);

} // namespace luthier::store
