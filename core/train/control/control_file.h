// SPDX-License-Identifier: GPL-3.0-or-later
// ControlFile: how another process asks something of a run: control.jsonl in the run's folder, one request a line, which the
// run reads and takes away. `luthier runs hold|go|park|stop` write it, and --rate and --try with hold. Torch-free.
//
//   {"do":"hold"}  {"do":"go"}  {"do":"park"}  {"do":"stop"}  {"do":"keep"}  {"do":"rate","learning_rate":x}  {"do":"try","prompt":"..."}
//
// Threads: ControlWatch has one of its own, which looks twice a second.
#pragma once

#include "core/base/json.h"
#include "core/train/stop_control.h"

#include <filesystem>
#include <string>
#include <thread>
#include <vector>

namespace luthier::train {

// Appends the requests at once. Error: the folder cannot be written to.
Result<void> askRun(const std::filesystem::path& runFolder, const std::vector<Json>& requests);

// Does one line of the file. Error: it is no request.
Result<void> obey(const Json& request, StopControl& control);

// Looks for requests as long as it lives. The control must outlive it; what was asked before it was made is not done.
class ControlWatch {
public:
    ControlWatch(std::filesystem::path runFolder, StopControl& control);
    ~ControlWatch() = default; // stops the thread

private:
    std::jthread m_thread;
};

} // namespace luthier::train
