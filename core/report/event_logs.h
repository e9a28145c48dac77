// SPDX-License-Identifier: GPL-3.0-or-later
// EventLogs: a run's events for other programs: a TensorBoard event file, and lines of JSON (store/event_codec.h). Each measure
// of the steps is a scalar by its id, of an evaluated set "set/id"; steps are the run's.
//   event file: TFRecords of Event messages: length, its masked CRC-32C, the message, its masked CRC-32C
//
// Threads: one at a time; as an observer, the training thread. Events are on their way to the disk when onEvent returns.
#pragma once

#include "core/base/result.h"
#include "core/store/project.h"
#include "core/train/events.h"

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace luthier::report {

std::uint32_t crc32c(std::string_view bytes); // Castagnoli, as TFRecord has it
std::string tfRecord(std::string_view message);

class TensorBoardLog {
public:
    // A new file events.out.tfevents.<seconds>.luthier in the folder, which is made.
    Result<void> open(const std::filesystem::path& folder, double wallTime);
    void write(const train::Event& event, double wallTime); // seconds since 1970
    // Error: a write failed since the file was opened.
    Result<void> close();
    const std::filesystem::path& path() const { return m_path; }

private:
    void scalar(std::string_view tag, double value, std::int64_t step, double wallTime);

    std::filesystem::path m_path;
    std::ofstream m_stream;
};

// While it runs.
class EventLogs : public train::RunObserver {
public:
    // Empty: not that one. A JSONL file that is there is gone on with.
    Result<void> open(const std::filesystem::path& tensorBoardFolder, const std::filesystem::path& jsonLines);
    // Likewise once the run has begun, which wants its folder empty until then; close() says what went wrong.
    void openAtStart(const std::filesystem::path& tensorBoardFolder, const std::filesystem::path& jsonLines);
    void onEvent(const train::Event& event) override;
    Result<void> close();

private:
    TensorBoardLog m_board;
    bool m_hasBoard = false;
    std::filesystem::path m_linesPath;
    std::ofstream m_lines;
    std::optional<std::pair<std::filesystem::path, std::filesystem::path>> m_atStart;
    std::optional<Error> m_problem; // of opening at the start
};

// Whether runs of a project that the window starts are logged while they train, in logs/ of their folder; kept with the project.
struct LiveLogs {
    bool tensorBoard = false;
    bool jsonLines = false;
};
Result<LiveLogs> liveLogs(store::Project& project);
Result<void> setLiveLogs(store::Project& project, const LiveLogs& logs);
// Opens what they ask for once the run begins; one that goes on adds to its lines, and gets another event file.
Result<void> openLiveLogs(EventLogs& logs, store::Project& project, const std::filesystem::path& runFolder);

// Of a recorded run. Events have no time of their own: they are spread evenly over the run's. -> the file
Result<std::filesystem::path> writeTensorBoard(const store::RunRow& run, const std::vector<train::Event>& events, const std::filesystem::path& folder);
Result<void> writeJsonLines(const std::vector<train::Event>& events, const std::filesystem::path& file);

} // namespace luthier::report
