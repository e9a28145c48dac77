// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nn/kernels/cuda_module.h"

#include "core/base/files.h"
#include "core/base/paths.h"
#include "core/nn/kernels/cuda.h"

#include <ATen/Context.h>
#include <c10/core/DeviceGuard.h>
#include <c10/cuda/CUDAStream.h>
#include <c10/util/Exception.h>

#include <array>
#include <atomic>
#include <dlfcn.h>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace luthier::nn::kernels::cuda {

namespace {

constexpr const char* kFiles[] = {"blocks.cu", "row.cu", "quant.cu", "slots.cu", "codes.cu", "fp8.cu", "many.cu", "low_rank.cu", "gates.cu", "loss.cu", "capped.cu", "layer.cu", "token.cu"}; // one program, in this order
constexpr const char* kNames[] = {"rms_forward", "rms_backward", "rotate", "gated_forward", "gated_backward",
                                  "loss_rows", "dropped", "add_dropped", "kept", "row_norm", "row_product", "row_normed_product", "row_gated_product",
                                  "row_low", "row_raise", "row_heads",
                                  "row_attention", "row_gate", "row_place", "dequantise", "slot_attention", "pick_tokens", "row_codes_product",
                                  "codes_product", "codes_sum", "fp8_rows", "rms_forward_fp8", "rms_backward_fp8", "gated_forward_fp8",
                                  "gated_backward_fp8", "gather_heads", "unpack_fp8", "unpack_fp8_across", "narrow_many", "add_many", "adamw_many", "add_low", "turn_low",
                                  "gates_forward", "gates_backward", "capped_forward", "capped_backward", "layer_forward", "layer_backward", "gelu_forward_low", "gelu_backward_low", "loss_rows_held", "row_token"};
static_assert(std::size(kNames) == static_cast<std::size_t>(Kernel::Count));

constexpr std::size_t kMostCards = 64;

// Handles and results of the driver and of NVRTC, as their headers have them; LibTorch does not ship its own header.
using Handle = void*;
using Result = int; // 0: it worked

struct LaunchAttribute {
    static constexpr int kTogether = 2; // cooperative
    static constexpr int kEarly = 6;    // programmatic stream serialization
    int id = 0;
    alignas(8) int value = 0;
    char room[60] = {};
};
static_assert(sizeof(LaunchAttribute) == 72);
struct LaunchConfig {
    unsigned blocks[3];
    unsigned threads[3];
    unsigned sharedBytes;
    Handle stream;
    LaunchAttribute* attributes;
    unsigned count;
};

struct Functions {
    Result (*nvrtcCreateProgram)(Handle*, const char*, const char*, int, const char* const*, const char* const*) = nullptr;
    Result (*nvrtcCompileProgram)(Handle, int, const char* const*) = nullptr;
    Result (*nvrtcGetProgramLogSize)(Handle, std::size_t*) = nullptr;
    Result (*nvrtcGetProgramLog)(Handle, char*) = nullptr;
    Result (*nvrtcGetPTXSize)(Handle, std::size_t*) = nullptr;
    Result (*nvrtcGetPTX)(Handle, char*) = nullptr;
    Result (*nvrtcDestroyProgram)(Handle*) = nullptr;
    Result (*cuModuleLoadData)(Handle*, const void*) = nullptr;
    Result (*cuModuleGetFunction)(Handle*, Handle, const char*) = nullptr;
    Result (*cuLaunchKernel)(Handle, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, Handle, void**,
                             void**) = nullptr;
    Result (*cuGetErrorString)(Result, const char**) = nullptr;
    Result (*cuFuncSetAttribute)(Handle, int, int) = nullptr;
    bool complete = true;
    Result (*cuLaunchKernelEx)(const LaunchConfig*, Handle, void**, void**) = nullptr; // null: of an older driver
};

// LibTorch loads a library that is linked to both; looking a name up in it looks in those as well.
Functions loadFunctions()
{
    Functions all;
    static_cast<void>(at::globalContext().getNVRTC());
    Handle library = dlopen("libcaffe2_nvrtc.so", RTLD_LAZY);
    Handle driver = dlopen("libcuda.so.1", RTLD_LAZY);
    const auto find = [&](auto& target, const char* name) {
        Handle symbol = library ? dlsym(library, name) : nullptr;
        if (!symbol && driver) {
            symbol = dlsym(driver, name);
        }
        target = reinterpret_cast<std::remove_reference_t<decltype(target)>>(symbol);
        all.complete = all.complete && symbol;
    };
    find(all.nvrtcCreateProgram, "nvrtcCreateProgram");
    find(all.nvrtcCompileProgram, "nvrtcCompileProgram");
    find(all.nvrtcGetProgramLogSize, "nvrtcGetProgramLogSize");
    find(all.nvrtcGetProgramLog, "nvrtcGetProgramLog");
    find(all.nvrtcGetPTXSize, "nvrtcGetPTXSize");
    find(all.nvrtcGetPTX, "nvrtcGetPTX");
    find(all.nvrtcDestroyProgram, "nvrtcDestroyProgram");
    find(all.cuModuleLoadData, "cuModuleLoadData");
    find(all.cuModuleGetFunction, "cuModuleGetFunction");
    find(all.cuLaunchKernel, "cuLaunchKernel");
    find(all.cuGetErrorString, "cuGetErrorString");
    find(all.cuFuncSetAttribute, "cuFuncSetAttribute");
    all.cuLaunchKernelEx = driver ? reinterpret_cast<decltype(all.cuLaunchKernelEx)>(dlsym(driver, "cuLaunchKernelEx")) : nullptr;
    return all;
}

const Functions& functions()
{
    static const Functions all = loadFunctions();
    return all;
}

struct Card {
    std::array<Handle, std::size(kNames)> functions{};
    bool ready = false;
    bool beginsEarly = false;
};

std::mutex mutex;
std::array<std::unique_ptr<Card>, kMostCards> owned;
std::array<std::atomic<const Card*>, kMostCards> cards{};

// The kind of card that code is made for, as compilers number it: the driver finishes it for the card itself. From Ampere on, the
// first with bf16 arithmetic; later kinds where kernels have something for them.
int kindOf(at::Device device)
{
    int major = 0;
    int minor = 0;
    cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, device.index());
    cudaDeviceGetAttribute(&minor, cudaDevAttrComputeCapabilityMinor, device.index());
    const int own = 10 * major + minor;
    return own >= 90 ? 90 : own >= 89 ? 89 : 80;
}

std::optional<std::string> compile(const std::string& source, int kind, std::string& problem)
{
    const Functions& nvrtc = functions();
    Handle program = nullptr;
    if (!nvrtc.complete || nvrtc.nvrtcCreateProgram(&program, source.c_str(), "blocks.cu", 0, nullptr, nullptr) != 0) {
        problem = "NVRTC does not start";
        return std::nullopt;
    }
    const std::string architecture = "--gpu-architecture=compute_" + std::to_string(kind);
    const char* options[] = {architecture.c_str(), "--std=c++17"};
    std::string text;
    std::size_t size = 0;
    if (nvrtc.nvrtcCompileProgram(program, static_cast<int>(std::size(options)), options) != 0) {
        nvrtc.nvrtcGetProgramLogSize(program, &size);
        problem.resize(size);
        nvrtc.nvrtcGetProgramLog(program, problem.data());
    } else if (nvrtc.nvrtcGetPTXSize(program, &size) == 0) {
        text.resize(size);
        nvrtc.nvrtcGetPTX(program, text.data());
    }
    nvrtc.nvrtcDestroyProgram(&program);
    return text.empty() ? std::nullopt : std::optional(text);
}

std::string textOf(Result result)
{
    const char* text = nullptr;
    functions().cuGetErrorString(result, &text);
    return text ? text : "error " + std::to_string(result);
}

// The module stays loaded as long as the process runs.
void fill(Card& card, at::Device device, std::string& problem)
{
    std::string source;
    for (const char* name : kFiles) {
        const auto text = base::readFile(base::resourcesFolder() / "kernels" / name);
        if (!text) {
            problem = text.message();
            return;
        }
        source += *text;
    }
    const int kind = kindOf(device);
    card.beginsEarly = kind >= 90 && functions().cuLaunchKernelEx;
    const auto code = compile(source, kind, problem);
    if (!code) {
        return;
    }
    const Functions& driver = functions();
    Handle module = nullptr;
    Result result = driver.cuModuleLoadData(&module, code->c_str());
    for (std::size_t i = 0; result == 0 && i < std::size(kNames); ++i) {
        result = driver.cuModuleGetFunction(&card.functions[i], module, kNames[i]);
    }
    card.ready = result == 0;
    if (!card.ready) {
        problem = textOf(result);
    }
}

const Card* cardOf(at::Device device)
{
    const auto index = static_cast<std::size_t>(device.index());
    if (!device.has_index() || index >= kMostCards) {
        return nullptr;
    }
    if (const Card* known = cards[index].load(std::memory_order_acquire)) {
        return known;
    }
    const std::lock_guard lock(mutex);
    if (!owned[index]) {
        owned[index] = std::make_unique<Card>();
        const c10::DeviceGuard guard(device);
        std::string problem;
        fill(*owned[index], device, problem);
        if (!owned[index]->ready) {
            TORCH_WARN("the fused kernels are not used on cuda:", index, ": ", problem);
        }
        cards[index].store(owned[index].get(), std::memory_order_release);
    }
    return owned[index].get();
}

} // namespace

CardRoom roomOf(at::Device device)
{
    const Card* card = cardOf(device);
    if (!card || !card->ready || !card->beginsEarly) {
        return {};
    }
    int count = 0;
    int bytes = 0;
    cudaDeviceGetAttribute(&count, cudaDevAttrMultiProcessorCount, device.index());
    cudaDeviceGetAttribute(&bytes, cudaDevAttrMaxSharedMemoryPerBlockOptin, device.index());
    return {count, bytes};
}

bool isReady(at::Device device)
{
    const Card* card = cardOf(device);
    return card && card->ready;
}

void launch(Kernel kernel, at::Device device, const Grid& grid, void** arguments)
{
    const Card* card = cardOf(device);
    TORCH_CHECK(card && card->ready, "the fused kernels are not there");
    const c10::DeviceGuard guard(device);
    const auto stream = c10::cuda::getCurrentCUDAStream(device.index());
    const auto blocks = static_cast<unsigned>(grid.x);
    const auto parts = static_cast<unsigned>(grid.y);
    const auto threads = static_cast<unsigned>(grid.threads);
    Handle function = card->functions[static_cast<std::size_t>(kernel)];
    const bool early = grid.early && card->beginsEarly;
    LaunchAttribute attribute{early ? LaunchAttribute::kEarly : LaunchAttribute::kTogether, 1};
    const auto sharedBytes = static_cast<unsigned>(grid.sharedBytes);
    const LaunchConfig config{{blocks, parts, 1}, {threads, 1, 1}, sharedBytes, stream.stream(), &attribute, 1};
    constexpr int kMostSharedBytes = 8; // the attribute
    Result result = sharedBytes > 0 ? functions().cuFuncSetAttribute(function, kMostSharedBytes, static_cast<int>(sharedBytes)) : 0;
    if (result == 0) {
        result = early || grid.together ? functions().cuLaunchKernelEx(&config, function, arguments, nullptr)
                                        : functions().cuLaunchKernel(function, blocks, parts, 1, threads, 1, 1, sharedBytes,
                                                                     stream.stream(), arguments, nullptr);
    }
    TORCH_CHECK(result == 0, "the kernel ", kNames[static_cast<std::size_t>(kernel)], " could not start: ",
                textOf(result));
}

} // namespace luthier::nn::kernels::cuda
