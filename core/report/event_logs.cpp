// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/report/event_logs.h"

#include "core/base/files.h"
#include "core/store/event_codec.h"
#include "core/train/event_measures.h"

#include <array>
#include <bit>
#include <chrono>
#include <cmath>
#include <ctime>

namespace luthier::report {

namespace fs = std::filesystem;

namespace {

constexpr const char* kLiveLogs = "live_logs"; // of the project's values

constexpr std::uint32_t kCastagnoli = 0x82f63b78; // reflected
constexpr std::uint32_t kMaskDelta = 0xa282ead8;

constexpr std::array<std::uint32_t, 256> crcTable()
{
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t i = 0; i < 256; ++i) {
        std::uint32_t value = i;
        for (int bit = 0; bit < 8; ++bit) {
            value = (value & 1) != 0 ? (value >> 1) ^ kCastagnoli : value >> 1;
        }
        table[i] = value;
    }
    return table;
}

template <class T>
void addLittle(std::string& out, T value)
{
    for (std::size_t i = 0; i < sizeof(T); ++i) {
        out += static_cast<char>((value >> (8 * i)) & 0xff);
    }
}

std::uint32_t masked(std::uint32_t crc)
{
    return ((crc >> 15) | (crc << 17)) + kMaskDelta;
}

// ---- protocol buffers: tensorflow/core/util/event.proto and framework/summary.proto

void addVarint(std::string& out, std::uint64_t value)
{
    while (value >= 0x80) {
        out += static_cast<char>((value & 0x7f) | 0x80);
        value >>= 7;
    }
    out += static_cast<char>(value);
}

void addTag(std::string& out, int field, int wire)
{
    addVarint(out, static_cast<std::uint64_t>(field << 3 | wire));
}

void addBytes(std::string& out, int field, std::string_view bytes)
{
    addTag(out, field, 2);
    addVarint(out, bytes.size());
    out += bytes;
}

std::string eventOf(double wallTime, std::int64_t step)
{
    std::string out;
    addTag(out, 1, 1); // double wall_time
    addLittle(out, std::bit_cast<std::uint64_t>(wallTime));
    if (step != 0) {
        addTag(out, 2, 0); // int64 step
        addVarint(out, static_cast<std::uint64_t>(step));
    }
    return out;
}

double now()
{
    return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

double secondsOf(const std::string& created) // ISO 8601, UTC
{
    std::tm parts{};
    return ::strptime(created.c_str(), "%Y-%m-%dT%H:%M:%SZ", &parts) != nullptr ? static_cast<double>(::timegm(&parts)) : now();
}

} // namespace

std::uint32_t crc32c(std::string_view bytes)
{
    static constexpr auto kTable = crcTable();
    std::uint32_t crc = 0xffffffff;
    for (const char byte : bytes) {
        crc = kTable[(crc ^ static_cast<unsigned char>(byte)) & 0xff] ^ (crc >> 8);
    }
    return crc ^ 0xffffffff;
}

std::string tfRecord(std::string_view message)
{
    std::string length;
    addLittle(length, static_cast<std::uint64_t>(message.size()));
    std::string record = length;
    addLittle(record, masked(crc32c(length)));
    record += message;
    addLittle(record, masked(crc32c(message)));
    return record;
}

Result<void> TensorBoardLog::open(const fs::path& folder, double wallTime)
{
    if (auto made = base::makeDirectories(folder); !made) {
        return made;
    }
    // A file of the same second is another sitting's.
    std::error_code code;
    auto seconds = static_cast<std::int64_t>(wallTime);
    do {
        m_path = folder / ("events.out.tfevents." + std::to_string(seconds++) + ".luthier");
    } while (fs::exists(m_path, code));
    m_stream.open(m_path, std::ios::binary);
    std::string first = eventOf(wallTime, 0);
    addBytes(first, 3, "brain.Event:2"); // file_version
    m_stream << tfRecord(first) << std::flush;
    return m_stream ? Result<void>() : Error{m_path.string() + ": cannot be written"};
}

void TensorBoardLog::scalar(std::string_view tag, double value, std::int64_t step, double wallTime)
{
    std::string one;
    addBytes(one, 1, tag);
    addTag(one, 2, 5); // float simple_value
    addLittle(one, std::bit_cast<std::uint32_t>(static_cast<float>(value)));
    std::string summary;
    addBytes(summary, 1, one);
    std::string event = eventOf(wallTime, step);
    addBytes(event, 5, summary);
    m_stream << tfRecord(event);
}

void TensorBoardLog::write(const train::Event& event, double wallTime)
{
    const auto take = [&](std::int64_t step, std::string_view set, const measures::Values& values) {
        for (const measures::Value& value : values) {
            const std::string id(value.measure->id);
            scalar(set == measures::kStepSet ? "train/" + id : std::string(set) + "/" + id, value.value, step, wallTime);
        }
    };
    if (const auto* step = std::get_if<train::StepDone>(&event)) {
        take(step->step, measures::kStepSet, train::measuresOf(*step));
        m_stream << std::flush;
    } else if (const auto* eval = std::get_if<train::EvalDone>(&event)) {
        take(eval->step, eval->set, train::measuresOf(*eval));
        m_stream << std::flush;
    }
}

Result<void> TensorBoardLog::close()
{
    m_stream.close();
    return m_stream.fail() ? Error{m_path.string() + ": cannot be written; is the disk full?"} : Result<void>();
}

Result<void> EventLogs::open(const fs::path& tensorBoardFolder, const fs::path& jsonLines)
{
    if (!tensorBoardFolder.empty()) {
        if (auto opened = m_board.open(tensorBoardFolder, now()); !opened) {
            return opened;
        }
        m_hasBoard = true;
    }
    if (!jsonLines.empty()) {
        m_linesPath = jsonLines;
        if (jsonLines.has_parent_path()) {
            if (auto made = base::makeDirectories(jsonLines.parent_path()); !made) {
                return made;
            }
        }
        m_lines.open(jsonLines, std::ios::app);
        if (!m_lines) {
            return Error{jsonLines.string() + ": cannot be written"};
        }
    }
    return {};
}

void EventLogs::openAtStart(const fs::path& tensorBoardFolder, const fs::path& jsonLines)
{
    m_atStart = {tensorBoardFolder, jsonLines};
}

void EventLogs::onEvent(const train::Event& event)
{
    if (m_atStart && std::holds_alternative<train::RunStarted>(event)) {
        const auto [board, lines] = *std::exchange(m_atStart, std::nullopt);
        if (const auto opened = open(board, lines); !opened) {
            m_problem = opened.error();
        }
    }
    if (m_hasBoard) {
        m_board.write(event, now());
    }
    if (m_lines.is_open()) {
        m_lines << base::dumpJson(store::toJson(event)) << '\n' << std::flush;
    }
}

Result<void> EventLogs::close()
{
    if (m_problem) {
        return *std::exchange(m_problem, std::nullopt);
    }
    if (m_hasBoard) {
        if (auto closed = m_board.close(); !closed) {
            return closed;
        }
    }
    if (m_lines.is_open()) {
        m_lines.close();
        if (m_lines.fail()) {
            return Error{m_linesPath.string() + ": cannot be written; is the disk full?"};
        }
    }
    return {};
}

Result<LiveLogs> liveLogs(store::Project& project)
{
    const auto kept = project.value(kLiveLogs);
    if (!kept) {
        return kept.error();
    }
    const auto isOn = [&](const char* key) { return kept->is_object() && kept->contains(key) && kept->at(key) == true; };
    return LiveLogs{isOn("tensorboard"), isOn("jsonl")};
}

Result<void> setLiveLogs(store::Project& project, const LiveLogs& logs)
{
    return project.setValue(kLiveLogs, {{"tensorboard", logs.tensorBoard}, {"jsonl", logs.jsonLines}});
}

Result<void> openLiveLogs(EventLogs& logs, store::Project& project, const fs::path& runFolder)
{
    const auto wanted = liveLogs(project);
    if (!wanted) {
        return wanted.error();
    }
    const fs::path folder = runFolder / "logs";
    logs.openAtStart(wanted->tensorBoard ? folder : fs::path(), wanted->jsonLines ? folder / "events.jsonl" : fs::path());
    return {};
}

Result<fs::path> writeTensorBoard(const store::RunRow& run, const std::vector<train::Event>& events, const fs::path& folder)
{
    const double start = secondsOf(run.created);
    const double perStep = run.step > 0 ? run.seconds / static_cast<double>(run.step) : 0;
    TensorBoardLog log;
    if (auto opened = log.open(folder, start); !opened) {
        return opened.error();
    }
    for (const train::Event& event : events) {
        const auto* step = std::get_if<train::StepDone>(&event);
        const auto* eval = std::get_if<train::EvalDone>(&event);
        const std::int64_t at = step ? step->step : eval ? eval->step : 0;
        log.write(event, start + perStep * static_cast<double>(at));
    }
    const auto closed = log.close();
    return closed ? Result<fs::path>(log.path()) : Result<fs::path>(closed.error());
}

Result<void> writeJsonLines(const std::vector<train::Event>& events, const fs::path& file)
{
    std::string lines;
    for (const train::Event& event : events) {
        lines += base::dumpJson(store::toJson(event)) + "\n";
    }
    return base::writeFileAtomically(file, lines);
}

} // namespace luthier::report
