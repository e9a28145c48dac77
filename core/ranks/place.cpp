// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ranks/place.h"

#include <charconv>
#include <cstdlib>
#include <string_view>

namespace luthier::ranks {

namespace {

constexpr int kUsualPort = 29500;
constexpr int kFirstSlurmPort = 15000; // up to 29999, below what systems give away by themselves
constexpr int kSlurmPorts = 15000;
constexpr int kMostRanks = 4096;

std::string textOf(const Lookup& environment, const char* name)
{
    const char* value = environment(name);
    return value == nullptr ? std::string() : std::string(value);
}

Result<int> numberOf(const Lookup& environment, const char* name, int least, int most)
{
    const std::string text = textOf(environment, name);
    int value = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (problem != std::errc() || end != text.data() + text.size() || value < least || value > most) {
        return Error{std::string(name) + " is " + (text.empty() ? "not set" : "\"" + text + "\"") + " in the environment; it should be a number from "
                     + std::to_string(least) + " to " + std::to_string(most)};
    }
    return value;
}

// `fallback` where it is not set.
Result<int> numberOr(const Lookup& environment, const char* name, int least, int most, int fallback)
{
    return textOf(environment, name).empty() ? Result<int>(fallback) : numberOf(environment, name, least, most);
}

struct Names {
    const char* rank;
    const char* size;
    const char* localRank;
    const char* localSize;
    const char* startedBy;
};

constexpr Names kNames[] = {
    {"RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE", "torchrun"},
    {"SLURM_PROCID", "SLURM_NTASKS", "SLURM_LOCALID", "SLURM_NTASKS_PER_NODE", "srun"},
    {"OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_LOCAL_RANK", "OMPI_COMM_WORLD_LOCAL_SIZE", "mpirun"},
};

Result<void> readMeeting(const Lookup& environment, RankPlace& place)
{
    place.address = textOf(environment, "MASTER_ADDR");
    int port = kUsualPort;
    if (place.startedBy == "srun") {
        std::string list = textOf(environment, "SLURM_JOB_NODELIST");
        list = list.empty() ? textOf(environment, "SLURM_NODELIST") : list;
        place.address = place.address.empty() ? firstHostOf(list) : place.address;
        const std::string job = textOf(environment, "SLURM_JOB_ID");
        long long number = 0;
        std::from_chars(job.data(), job.data() + job.size(), number);
        port = kFirstSlurmPort + static_cast<int>((number < 0 ? 0 : number) % kSlurmPorts);
        place.session = job + "." + textOf(environment, "SLURM_STEP_ID") + "." + textOf(environment, "SLURM_RESTART_COUNT");
    } else {
        place.session = textOf(environment, "TORCHELASTIC_RUN_ID") + "." + textOf(environment, "TORCHELASTIC_RESTART_COUNT");
    }
    if (place.address.empty() && place.localSize < place.size) {
        return Error{"MASTER_ADDR is not set in the environment, and not all " + std::to_string(place.size)
                     + " ranks are on this machine; set it to the host of rank 0"};
    }
    place.address = place.address.empty() ? "127.0.0.1" : place.address;
    const auto read = numberOr(environment, "MASTER_PORT", 1, 65535, port);
    if (!read) {
        return read.error();
    }
    place.port = *read;
    place.storeIsKept = textOf(environment, "TORCHELASTIC_USE_AGENT_STORE") == "True";
    return {};
}

Result<std::optional<RankPlace>> readPlace(const Lookup& environment, const Names& names)
{
    const auto size = numberOf(environment, names.size, 1, kMostRanks);
    if (!size) {
        return size.error();
    }
    if (*size == 1) {
        return std::optional<RankPlace>();
    }
    const auto rank = numberOf(environment, names.rank, 0, *size - 1);
    if (!rank) {
        return rank.error();
    }
    RankPlace place;
    place.rank = *rank;
    place.size = *size;
    place.startedBy = names.startedBy;
    const auto local = numberOr(environment, names.localRank, 0, *size - 1, 0);
    // srun does not always say how many it started here; then only those up to this one are sure.
    const auto localSize = local ? numberOr(environment, names.localSize, 1, *size, *local + 1) : local;
    if (!localSize) {
        return localSize.error();
    }
    place.localRank = *local;
    place.localSize = *localSize;
    if (auto read = readMeeting(environment, place); !read) {
        return read.error();
    }
    if (!textOf(environment, "LUTHIER_LAUNCHED").empty()) {
        place.startedBy = "Luthier";
    }
    return std::optional<RankPlace>(std::move(place));
}

} // namespace

std::string firstHostOf(const std::string& list)
{
    const std::size_t end = list.find_first_of("[,");
    std::string host = list.substr(0, end);
    if (end == std::string::npos || list[end] == ',') {
        return host;
    }
    // Of "[03-05,9]" the first number as it is written, then what follows the bracket.
    const std::size_t close = list.find(']', end);
    const std::string inside = list.substr(end + 1, close == std::string::npos ? close : close - end - 1);
    host += inside.substr(0, inside.find_first_of("-,"));
    if (close != std::string::npos) {
        const std::string behind = list.substr(close + 1);
        host += firstHostOf(behind.substr(0, behind.find(',')));
    }
    return host;
}

Result<std::optional<RankPlace>> placeFrom(const Lookup& environment)
{
    for (const Names& names : kNames) {
        if (environment(names.rank) != nullptr && environment(names.size) != nullptr) {
            return readPlace(environment, names);
        }
    }
    return std::optional<RankPlace>();
}

Result<std::optional<RankPlace>> placeFromEnvironment()
{
    return placeFrom([](const char* name) { return std::getenv(name); });
}

} // namespace luthier::ranks
