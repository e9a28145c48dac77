// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nn/device.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/ones.h>
#include <c10/core/DeviceGuard.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sched.h>
#include <set>

namespace luthier::nn {

namespace fs = std::filesystem;

namespace {

struct DtypeName {
    const char* name;
    at::ScalarType type;
};
constexpr DtypeName kDtypes[] = {{"fp32", at::kFloat}, {"bf16", at::kBFloat16}, {"fp16", at::kHalf}};

std::string nameOf(at::ScalarType type)
{
    for (const DtypeName& row : kDtypes) {
        if (row.type == type) {
            return row.name;
        }
    }
    return c10::toString(type);
}

int numGpus()
{
    return at::globalContext().hasCUDA() ? at::detail::getCUDAHooks().getNumGPUs() : 0;
}

std::string whatThereIs(int gpus)
{
    if (gpus > 0) {
        return "this machine has cpu and cuda:0"
               + (gpus > 1 ? " to cuda:" + std::to_string(gpus - 1) : std::string());
    }
    return at::globalContext().hasCUDA() ? "no GPU was found, only cpu"
                                         : "this build or machine has no CUDA, only cpu";
}

// The driver lists its cards by PCI address, which is the order CUDA uses unless told otherwise.
std::string gpuName(int index)
{
    std::error_code code;
    std::set<fs::path> cards;
    for (const auto& entry : fs::directory_iterator("/proc/driver/nvidia/gpus", code)) {
        cards.insert(entry.path());
    }
    if (index >= static_cast<int>(cards.size())) {
        return {};
    }
    std::ifstream facts(*std::next(cards.begin(), index) / "information");
    for (std::string line; std::getline(facts, line);) {
        if (line.rfind("Model:", 0) == 0) {
            const auto start = line.find_first_not_of(" \t", 6);
            return start == std::string::npos ? "" : line.substr(start);
        }
    }
    return {};
}

// In hardware: cards before Ampere (T4, V100) emulate bf16, several times slower than fp32. CUDA's properties have no header
// here; of the hooks, this one says "compute capability 8 or newer".
bool multipliesInBf16(at::Device device)
{
    const c10::OptionalDeviceGuard guard(device);
    return at::detail::getCUDAHooks().supportsBFloat16ConvolutionWithCuDNNv8();
}

bool multipliesIn(at::ScalarType type, at::Device device)
{
    try {
        const at::Tensor one = at::ones({8, 8}, at::TensorOptions().device(device).dtype(type));
        return at::mm(one, one).to(at::kFloat).sum().item<float>() == 512;
    } catch (const std::exception&) {
        return false;
    }
}

Result<at::Device> findDevice(const std::string& wanted, int gpus)
{
    if (wanted == "cpu" || (wanted == "auto" && gpus == 0)) {
        return at::Device(at::kCPU);
    }
    if (wanted == "auto") {
        return at::Device(at::kCUDA, 0);
    }
    const std::string prefix = "cuda:";
    int index = 0;
    bool good = wanted == "cuda";
    if (wanted.rfind(prefix, 0) == 0) {
        const char* end = wanted.data() + wanted.size();
        const auto parsed = std::from_chars(wanted.data() + prefix.size(), end, index);
        good = parsed.ec == std::errc() && parsed.ptr == end && index >= 0 && index < 128;
    }
    if (!good) {
        return Error{"device \"" + wanted + "\" is not known; use auto, cpu, cuda or cuda:<number>"};
    }
    if (index >= gpus) {
        return Error{"device \"" + wanted + "\" is not there: " + whatThereIs(gpus) + "; choose auto or cpu"};
    }
    return at::Device(at::kCUDA, static_cast<c10::DeviceIndex>(index));
}

Result<std::optional<at::ScalarType>> findDtype(const std::string& wanted)
{
    if (wanted == "auto") {
        return std::optional<at::ScalarType>();
    }
    for (const DtypeName& row : kDtypes) {
        if (wanted == row.name) {
            return std::optional(row.type);
        }
    }
    return Error{"dtype \"" + wanted + "\" is not known; use auto, fp32, bf16 or fp16"};
}

std::string reasonFor(const std::string& wanted, const Placement& placement, int gpus)
{
    if (wanted != "auto") {
        return "Chosen in the settings.";
    }
    if (gpus > 0) {
        return placement.dtype == at::kBFloat16 ? "The first GPU, in bf16."
                                                : "The first GPU; it has no bf16 of its own.";
    }
    return "There is no GPU here; a CPU is fastest in fp32.";
}

// Cores of this process that are not a second thread of another one.
int physicalCores()
{
    cpu_set_t allowed;
    CPU_ZERO(&allowed);
    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) {
        return 0;
    }
    std::set<std::string> cores;
    int logical = 0;
    for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
        if (!CPU_ISSET(cpu, &allowed)) {
            continue;
        }
        ++logical;
        std::ifstream file("/sys/devices/system/cpu/cpu" + std::to_string(cpu)
                           + "/topology/thread_siblings_list");
        std::string siblings;
        if (std::getline(file, siblings)) {
            cores.insert(siblings);
        }
    }
    return cores.empty() ? logical : static_cast<int>(cores.size());
}

// A container's share of time; more threads than that only wait for each other. 0: no limit.
int quotaCores()
{
    std::ifstream file("/sys/fs/cgroup/cpu.max");
    std::string quota;
    double period = 0;
    if (!(file >> quota >> period) || quota == "max" || period <= 0) {
        return 0;
    }
    return std::max(1, static_cast<int>(std::strtod(quota.c_str(), nullptr) / period + 0.5));
}

} // namespace

Result<Placement> choosePlacement(const std::string& device, const std::string& dtype)
{
    const int gpus = device == "cpu" ? 0 : numGpus();
    auto place = findDevice(device, gpus);
    if (!place) {
        return place.error();
    }
    auto type = findDtype(dtype);
    if (!type) {
        return type.error();
    }
    Placement result{*place, at::kFloat, "", "", ""};
    if (place->is_cuda()) {
        const int index = std::max<int>(0, place->index());
        const std::string name = gpuName(index);
        result.deviceText = "cuda:" + std::to_string(index) + (name.empty() ? "" : " " + name);
        result.dtype = type->value_or(multipliesInBf16(*place) && multipliesIn(at::kBFloat16, *place) ? at::kBFloat16 : at::kFloat);
    } else {
        const int threads = at::get_num_threads();
        result.deviceText = "cpu, " + std::to_string(threads) + (threads == 1 ? " thread" : " threads");
        result.dtype = type->value_or(at::kFloat);
        if (result.dtype == at::kHalf) {
            return Error{"dtype fp16 is for GPUs; on the CPU choose auto, fp32 or bf16"};
        }
    }
    result.dtypeText = nameOf(result.dtype);
    result.reason = reasonFor(device, result, gpus);
    return result;
}

void setThreads(std::int64_t threads)
{
    int count = static_cast<int>(std::clamp<std::int64_t>(threads, 0, 1024));
    if (count == 0) {
        count = physicalCores();
        const int quota = quotaCores();
        count = quota > 0 ? std::min(count, quota) : count;
    }
    if (count > 0) {
        at::set_num_threads(count);
    }
}

} // namespace luthier::nn
