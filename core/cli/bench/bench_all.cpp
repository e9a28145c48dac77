// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/cli/bench/bench_all.h"

#include "core/base/child.h"
#include "core/base/files.h"
#include "core/base/paths.h"
#include "core/base/random.h"
#include "core/base/scratch_folder.h"
#include "core/cli/display.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace luthier::cli {

namespace {

namespace fs = std::filesystem;

enum class Where { Card, Cpu };

// {MODEL}: the bundled one. {ROWS}, {CSV}, {PARQUET}: files of the same rows, the first of 100 MB, made for it.
struct Row {
    const char* name;
    Where where;
    const char* flags;
    const char* measure; // its value of what the command prints; "MB/s" and "ms": of the command's own time
};

constexpr std::array kRows = {
    Row{"1B LoRA 8x1024", Where::Card, "--dtype bf16 bench step --preset 1b --targets all --batch 8 --length 1024", "step"},
    Row{"1B LoRA 8x1024, FP8", Where::Card, "--dtype bf16 bench step --preset 1b --targets all --batch 8 --length 1024 --frozen-dtype fp8", "step"},
    Row{"1B LoRA 8x1024, dropout", Where::Card, "--dtype bf16 bench step --preset 1b --targets all --batch 8 --length 1024 --dropout 0.05", "step"},
    Row{"1B LoRA 1x512", Where::Card, "--dtype bf16 bench step --preset 1b --targets all --batch 1 --length 512", "step"},
    Row{"8B LoRA 4x1024", Where::Card, "--dtype bf16 bench step --preset 8b --targets all --batch 4 --length 1024", "step"},
    Row{"8B LoRA 4x1024, FP8", Where::Card, "--dtype bf16 bench step --preset 8b --targets all --batch 4 --length 1024 --frozen-dtype fp8", "step"},
    Row{"8B QLoRA 8x1024, checkpointed", Where::Card, "--dtype bf16 bench step --preset 8b --method qlora --targets all --checkpointing --batch 8 --length 1024", "step"},
    Row{"8B QLoRA 1x8192, checkpointed", Where::Card, "--dtype bf16 bench step --preset 8b --method qlora --targets all --checkpointing --batch 1 --length 8192 --steps 4 --warmup 2", "step"},
    Row{"8B QLoRA 1x32768, checkpointed", Where::Card, "--dtype bf16 bench step --preset 8b --method qlora --targets all --checkpointing --batch 1 --length 32768 --steps 2 --warmup 1", "step"},
    Row{"8B QLoRA 1x65536, checkpointed", Where::Card, "--dtype bf16 bench step --preset 8b --method qlora --targets all --checkpointing --batch 1 --length 65536 --steps 1 --warmup 1", "step"},
    Row{"65B QLoRA 1x512, paged", Where::Card, "--dtype bf16 bench step --preset 65b --method qlora --targets all --checkpointing --paging on --batch 1 --length 512 --steps 4 --warmup 2", "step"},
    Row{"1B full 8x1024", Where::Card, "--dtype bf16 bench step --preset 1b --method full --batch 8 --length 1024", "step"},
    Row{"0.5B LoRA 8x1024", Where::Card, "--dtype bf16 bench step --preset 0.5b --targets all --batch 8 --length 1024", "step"},
    Row{"0.5B LoRA 1x512", Where::Card, "--dtype bf16 bench step --preset 0.5b --targets all --batch 1 --length 512", "step"},
    Row{"135M LoRA 8x1024", Where::Card, "--dtype bf16 bench step --preset 135m --targets all --batch 8 --length 1024", "step"},
    Row{"135M LoRA 4x256", Where::Card, "--dtype bf16 bench step --preset 135m --targets all --batch 4 --length 256", "step"},
    Row{"Gemma 3 LoRA 1x8192", Where::Card, "--dtype bf16 bench step --family gemma3 --targets all --batch 1 --length 8192", "step"},
    Row{"Mistral LoRA 1x8192, window 4096", Where::Card, "--dtype bf16 bench step --family mistral --targets all --batch 1 --length 8192", "step"},
    Row{"Mistral LoRA 1x8192, no window", Where::Card, "--dtype bf16 bench step --family mistral --window 0 --targets all --batch 1 --length 8192", "step"},
    Row{"llama LoRA 8x1024", Where::Card, "--dtype bf16 bench step --family llama --targets all --batch 8 --length 1024", "step"},
    Row{"qwen2 LoRA 8x1024", Where::Card, "--dtype bf16 bench step --family qwen2 --targets all --batch 8 --length 1024", "step"},
    Row{"qwen3 LoRA 8x1024", Where::Card, "--dtype bf16 bench step --family qwen3 --targets all --batch 8 --length 1024", "step"},
    Row{"gemma2 LoRA 8x1024", Where::Card, "--dtype bf16 bench step --family gemma2 --targets all --batch 8 --length 1024", "step"},
    Row{"gemma3 LoRA 8x1024", Where::Card, "--dtype bf16 bench step --family gemma3 --targets all --batch 8 --length 1024", "step"},
    Row{"phi3 LoRA 8x1024", Where::Card, "--dtype bf16 bench step --family phi3 --targets all --batch 8 --length 1024", "step"},
    Row{"olmo2 LoRA 8x1024", Where::Card, "--dtype bf16 bench step --family olmo2 --targets all --batch 8 --length 1024", "step"},
    Row{"gpt2 LoRA 8x1024", Where::Card, "--dtype bf16 bench step --family gpt2 --targets all --batch 8 --length 1024", "step"},
    Row{"1B answers, one", Where::Card, "--dtype bf16 bench generate --preset 1b", "generate"},
    Row{"1B answers, 64", Where::Card, "--dtype bf16 bench generate --preset 1b --batch 64", "generate"},
    Row{"8B answers, one", Where::Card, "--dtype bf16 bench generate --preset 8b", "generate"},
    Row{"8B answers in NF4, one", Where::Card, "--dtype bf16 bench generate --preset 8b --quantization nf4", "generate"},
    Row{"135M LoRA 4x256, CPU, bf16", Where::Cpu, "--dtype bf16 bench step --preset 135m --targets all --batch 4 --length 256 --steps 3 --warmup 1", "step"},
    Row{"135M LoRA 4x256, CPU, fp32", Where::Cpu, "--dtype fp32 bench step --preset 135m --targets all --batch 4 --length 256 --steps 3 --warmup 1", "step"},
    Row{"135M answers, CPU, bf16", Where::Cpu, "--dtype bf16 bench generate --preset 135m --tokens 64", "generate"},
    Row{"135M answers, CPU, 16 at once", Where::Cpu, "--dtype bf16 bench generate --preset 135m --tokens 32 --batch 16", "generate"},
    Row{"135M answers, CPU, NF4", Where::Cpu, "--dtype bf16 bench generate --preset 135m --tokens 64 --quantization nf4", "generate"},
    Row{"tokenize", Where::Cpu, "bench tokenize --model {MODEL}", "tokenize"},
    Row{"data stats, JSONL", Where::Cpu, "data stats {ROWS}", "MB/s"},
    Row{"data stats, CSV", Where::Cpu, "data stats {CSV}", "MB/s"},
    Row{"data stats, Parquet", Where::Cpu, "data stats {PARQUET}", "MB/s"},
    Row{"near duplicates", Where::Cpu, "data dedupe {ROWS} --near", "MB/s"},
    Row{"first rows", Where::Cpu, "data show {ROWS} --first 5", "ms"},
    Row{"start of a command without tensors", Where::Cpu, "--version", "ms"},
    Row{"a text scored by the bundled model, start and loading included", Where::Cpu, "score --model {MODEL} --text oak", "ms"},
};

struct MadeFile {
    const char* place; // in a row's flags
    const char* name;
};
constexpr std::array kFiles = {MadeFile{"{ROWS}", "rows.jsonl"}, MadeFile{"{CSV}", "rows.csv"}, MadeFile{"{PARQUET}", "rows.parquet"}};

// The file that a row reads; null: none.
const MadeFile* fileOf(const Row& row)
{
    const auto* found = std::find_if(kFiles.begin(), kFiles.end(), [&](const MadeFile& file) { return std::string_view(row.flags).find(file.place) != std::string_view::npos; });
    return found == kFiles.end() ? nullptr : found;
}

// Instructions of random words, 100 MB, the same everywhere.
Result<void> writeRows(const fs::path& path)
{
    constexpr std::size_t kBytes = 100'000'000;
    base::Random random(7);
    const auto words = [&random](std::size_t count) {
        std::string text;
        for (std::size_t i = 0; i < count; ++i) {
            text += text.empty() ? "" : " ";
            for (std::uint64_t letters = 2 + random.next() % 8; letters > 0; --letters) {
                text += static_cast<char>('a' + random.next() % 26);
            }
        }
        return text;
    };
    std::vector<std::string> pool;
    for (int i = 0; i < 20'000; ++i) { // too many for a column's dictionary
        pool.push_back(words(20 + random.next() % 100));
    }
    std::string text;
    text.reserve(kBytes + 4096);
    while (text.size() < kBytes) {
        text += "{\"instruction\": \"" + pool[random.next() % pool.size()] + "\", \"input\": \"\", \"output\": \"" + pool[random.next() % pool.size()] + "\"}\n";
    }
    return base::writeFileAtomically(path, text);
}

Result<void> makeFile(const MadeFile& file, const fs::path& folder, const base::CancelToken& cancel)
{
    std::error_code code;
    const fs::path rows = folder / kFiles.front().name;
    if (!fs::exists(rows, code)) {
        if (auto written = writeRows(rows); !written) {
            return written;
        }
    }
    if (fs::exists(folder / file.name, code)) {
        return {};
    }
    const auto done = base::runChild({base::ownProgram().string(), "data", "convert", rows.string(), "--out", (folder / file.name).string(), "--quiet"},
                                     folder / "out", folder / "err", cancel);
    return !done ? Result<void>(done.error()) : *done == 0 ? Result<void>() : Error{std::string(file.name) + " could not be written"};
}

// Of reading the bytes alone, on one thread.
double readingRate(const fs::path& path)
{
    constexpr std::size_t kBytes = std::size_t{1} << 20;
    const auto start = std::chrono::steady_clock::now();
    std::ifstream file(path, std::ios::binary);
    std::string buffer(kBytes, '\0');
    double bytes = 0;
    while (file.read(buffer.data(), static_cast<std::streamsize>(kBytes)) || file.gcount() > 0) {
        bytes += static_cast<double>(file.gcount());
    }
    return bytes / 1e6 / std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

bool hasCard()
{
    std::error_code code;
    return fs::exists("/proc/driver/nvidia/version", code);
}

bool isWanted(const Row& row, const AllBenchFlags& flags, const std::string& device)
{
    const bool here = row.where == Where::Cpu ? device != "cuda" : device != "cpu" && (flags.list || device == "cuda" || hasCard());
    return here && std::string_view(row.name).find(flags.only) != std::string_view::npos;
}

std::vector<std::string> commandOf(const Row& row, const fs::path& folder, const Globals& globals)
{
    std::vector<std::string> command{base::ownProgram().string()};
    std::istringstream words(row.flags);
    for (std::string word; words >> word;) {
        const MadeFile* file = fileOf(row);
        command.push_back(word == "{MODEL}" ? base::bundledModel().string() : file && word == file->place ? (folder / file->name).string() : word);
    }
    command.insert(command.end(), {"--json", "--quiet"});
    if (std::string_view(row.flags).find("bench") != std::string_view::npos) {
        command.insert(command.end(), {"--device", row.where == Where::Cpu ? "cpu" : globals.device.empty() ? "cuda" : globals.device});
    }
    if (globals.threads > 0) {
        command.insert(command.end(), {"--threads", std::to_string(globals.threads)});
    }
    return command;
}

// What the command printed of the row's measure; its own time where that is the measure.
Result<Json> measure(const Row& row, const std::vector<std::string>& command, const fs::path& folder, const base::CancelToken& cancel)
{
    const auto start = std::chrono::steady_clock::now();
    const auto code = base::runChild(command, folder / "out", folder / "err", cancel);
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    if (!code) {
        return code.error();
    }
    const auto out = base::readFile(folder / "out");
    const auto err = base::readFile(folder / "err");
    if (*code != 0 || !out) {
        std::string said = err ? *err : std::string();
        said = said.substr(0, said.find_last_not_of('\n') + 1);
        return Error{said.substr(said.find_last_of('\n') + 1)};
    }
    Json result{{"value", Json()}, {"unit", row.measure}, {"limit", Json()}, {"share", Json()}, {"memory", Json()}};
    if (std::string_view(row.measure) == "ms") {
        result["value"] = seconds * 1e3;
        return result;
    }
    if (std::string_view(row.measure) == "MB/s") {
        const fs::path file = folder / fileOf(row)->name;
        std::error_code code;
        result["value"] = static_cast<double>(fs::file_size(file, code)) / 1e6 / seconds;
        result["limit"] = readingRate(file);
        result["share"] = result["value"].get<double>() / result["limit"].get<double>();
        return result;
    }
    std::istringstream lines(*out);
    for (std::string line; std::getline(lines, line);) {
        auto one = base::parseJson(line);
        if (!one || !one->is_object()) {
            continue;
        }
        const std::string name = one->value("name", "");
        if (name == row.measure) {
            for (const char* key : {"value", "unit", "limit", "share"}) {
                result[key] = one->value(key, Json());
            }
        } else if (name == "peak_memory") {
            result["memory"] = one->value("value", Json());
        }
    }
    return result["value"].is_null() ? Result<Json>(Error{"it printed no \"" + std::string(row.measure) + "\""}) : Result<Json>(std::move(result));
}

void print(Console& console, const Row& row, const Result<Json>& measured)
{
    Json line{{"name", row.name}, {"command", row.flags}};
    if (!measured) {
        line["problem"] = measured.message();
    } else {
        line.update(*measured);
    }
    if (console.isJson()) {
        console.line(line);
        return;
    }
    std::string text = std::string(row.name) + "  ";
    if (!measured) {
        console.text(text + "not measured: " + measured.message());
        return;
    }
    const double value = line["value"].get<double>();
    text += fixed(value, value < 100 ? 2 : 0) + " " + line["unit"].get<std::string>();
    text += line["share"].is_number() ? "  (" + fixed(100 * line["share"].get<double>(), 1) + " % of the limit)" : "";
    text += line["memory"].is_number() ? "  " + byteSize(line["memory"].get<double>()) : "";
    console.text(text);
}

} // namespace

int benchAll(const AllBenchFlags& flags, Context& context)
{
    const base::ScratchFolder folder("luthier-bench");
    if (folder.path().empty()) {
        return context.fail("no folder for temporary files could be made in " + fs::temp_directory_path().string());
    }
    const std::string device = context.globals.deviceOrAuto().substr(0, 4);
    std::int64_t wanted = 0;
    for (const Row& row : kRows) {
        if (!isWanted(row, flags, device)) {
            continue;
        }
        ++wanted;
        if (flags.list) {
            context.console.isJson() ? context.console.line({{"name", row.name}, {"command", row.flags}}) : context.console.text(std::string(row.name) + "  luthier " + row.flags);
            continue;
        }
        context.console.progress(row.name);
        const MadeFile* file = fileOf(row);
        const auto made = file ? makeFile(*file, folder.path(), context.cancel) : Result<void>();
        const auto measured = made ? measure(row, commandOf(row, folder.path(), context.globals), folder.path(), context.cancel) : Result<Json>(made.error());
        context.console.endProgress();
        if (context.cancel.isCancelled()) {
            return context.fail("cancelled");
        }
        print(context.console, row, measured);
    }
    return wanted > 0 ? kDone : context.fail("no measurement for this machine has \"" + flags.only + "\" in its name; see --list");
}

} // namespace luthier::cli
