// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/evaluation/rough_time.h"

#include "core/base/files.h"

#include <algorithm>
#include <thread>

namespace luthier::evaluation {

namespace fs = std::filesystem;

namespace {

constexpr double kOperationsOfCore = 15e9; // multiplications and additions a second in fp32, as passes reach them
constexpr double kBytesOfCore = 6e9;       // read from memory a second
constexpr double kMostBytes = 25e9;        // by all cores
constexpr double kCharactersOfToken = 4;
constexpr double kBytesOfWeight = 4;       // fp32 in memory

double weightsOf(const fs::path& model)
{
    std::error_code code;
    if (fs::is_regular_file(model, code)) { // GGUF: between four bits and sixteen, mostly
        return static_cast<double>(fs::file_size(model, code));
    }
    double bytes = 0;
    for (fs::directory_iterator it(model, code), end; !code && it != end; it.increment(code)) {
        bytes += it->path().extension() == ".safetensors" ? static_cast<double>(it->file_size(code)) : 0;
    }
    const auto config = base::readJson(model / "config.json");
    const bool isWhole = config && config->is_object() && (config->value("torch_dtype", Json()) == "float32" || config->value("dtype", Json()) == "float32");
    return bytes / (isWhole ? 4 : 2);
}

double charactersOf(const EvalRow& row)
{
    double characters = static_cast<double>(row.before.size());
    for (const auto& message : row.prompt) {
        characters += static_cast<double>(message.content.size());
    }
    return characters;
}

// Tokens that are read, and tokens that are written one by one.
struct Tokens {
    double read = 0;
    double written = 0;
};

Tokens tokensOf(const std::vector<EvalRow>& rows, const EvalSystem& system, const AnsweringSettings& settings)
{
    Tokens tokens;
    double mean = 0;
    for (const auto& row : rows) {
        mean += charactersOf(row) + static_cast<double>(row.references.empty() ? 0 : row.references.front().size());
    }
    mean /= static_cast<double>(std::max<std::size_t>(1, rows.size()));
    for (const auto& row : rows) {
        const double prompt = (charactersOf(row) + static_cast<double>(system.system.size()) + static_cast<double>(system.shots) * mean) / kCharactersOfToken;
        const double reference = static_cast<double>(row.references.empty() ? 0 : row.references.front().size()) / kCharactersOfToken;
        const auto times = static_cast<double>(!row.choices.empty() ? row.choices.size() : settings.labels.size());
        tokens.read += prompt * std::max(1.0, times) + (settings.likelihood ? prompt + reference : 0);
        tokens.written += isWritten(settings, row) ? std::min(static_cast<double>(settings.sampling.maxNew), std::max(16.0, 1.5 * reference)) : 0;
    }
    return tokens;
}

} // namespace

bool mayBeCard(const std::string& device)
{
    std::error_code code;
    return device.starts_with("cuda") || (device == "auto" && fs::exists("/dev/nvidia0", code));
}

double roughSeconds(const EvalRequest& request, const EvalSets& sets, const AnsweringSettings& settings)
{
    if (mayBeCard(request.device)) {
        return -1;
    }
    const double cores = std::max(1u, std::thread::hardware_concurrency());
    const double operations = kOperationsOfCore * cores;
    const double bytes = std::min(kMostBytes, kBytesOfCore * cores);
    double seconds = 0;
    for (const auto& system : request.systems) {
        const double weights = weightsOf(system.model);
        if (weights <= 0) {
            return -1;
        }
        auto tokens = tokensOf(sets.rows.rows, system, settings);
        for (const GeneralSet& set : sets.general) {
            tokens.read += tokensOf(set.rows.rows, system, scoringOnly(settings)).read;
        }
        const auto together = static_cast<double>(std::max<std::int64_t>(1, std::min<std::int64_t>(settings.batch, static_cast<std::int64_t>(sets.rows.rows.size()))));
        const double step = std::max(kBytesOfWeight * weights / bytes, 2 * weights * together / operations);
        seconds += tokens.read * 2 * weights / operations + tokens.written / together * step;
    }
    return seconds;
}

} // namespace luthier::evaluation
