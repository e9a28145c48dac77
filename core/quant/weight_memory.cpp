// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/quant/weight_memory.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>

namespace luthier::quant {

namespace {

constexpr std::size_t kLargePage = std::size_t{2} << 20;
constexpr std::size_t kShared = std::size_t{32} << 20; // of address space, which costs nothing until it is written to
constexpr std::size_t kAlone = std::size_t{8} << 20;   // from here on
constexpr std::size_t kSmall = std::size_t{64} << 10;  // below: malloc()'s
constexpr std::size_t kLine = 64;

std::size_t roundedUp(std::size_t bytes, std::size_t to)
{
    return (bytes + to - 1) / to * to;
}

// Address space that begins at a large page.
class Region {
public:
    explicit Region(std::size_t bytes) : m_size(roundedUp(bytes, kLargePage)), m_mapped(m_size + kLargePage)
    {
        m_all = mmap(nullptr, m_mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (m_all == MAP_FAILED) {
            return;
        }
        m_begin = reinterpret_cast<std::byte*>(roundedUp(reinterpret_cast<std::uintptr_t>(m_all), kLargePage));
#ifdef MADV_HUGEPAGE
        madvise(m_begin, m_size, MADV_HUGEPAGE); // a wish: without, pages are small
#endif
    }
    ~Region()
    {
        if (m_begin) {
            munmap(m_all, m_mapped);
        }
    }
    Region(const Region&) = delete;
    Region& operator=(const Region&) = delete;

    // Null: there is no room for so many bytes.
    std::byte* take(std::size_t bytes)
    {
        if (!m_begin || m_used + bytes > m_size) {
            return nullptr;
        }
        std::byte* place = m_begin + m_used;
        m_used += roundedUp(bytes, kLine);
        return place;
    }

private:
    std::size_t m_size;
    std::size_t m_mapped;
    void* m_all = nullptr;
    std::byte* m_begin = nullptr; // null: the system gave none
    std::size_t m_used = 0;
};

struct Place {
    std::shared_ptr<Region> region;
    std::byte* at = nullptr;
};

Place placeOf(std::size_t bytes)
{
    if (bytes >= kAlone) {
        auto own = std::make_shared<Region>(bytes);
        std::byte* at = own->take(bytes);
        return {std::move(own), at};
    }
    static std::mutex mutex;
    static auto& last = *new std::shared_ptr<Region>; // never destroyed: tensors may outlive it
    const std::lock_guard lock(mutex);
    std::byte* at = last ? last->take(bytes) : nullptr;
    if (!at) {
        last = std::make_shared<Region>(kShared);
        at = last->take(bytes);
    }
    return {last, at};
}

// The whole small pages of what is let go; neighbours keep theirs.
void giveBack(std::byte* at, std::size_t bytes)
{
    const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    const std::uintptr_t begin = roundedUp(reinterpret_cast<std::uintptr_t>(at), page);
    const std::uintptr_t end = (reinterpret_cast<std::uintptr_t>(at) + bytes) / page * page;
    if (begin < end) {
        madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
    }
}

} // namespace

at::Tensor emptyWeights(at::IntArrayRef sizes, const at::TensorOptions& options)
{
    std::size_t bytes = options.dtype().itemsize();
    for (const std::int64_t size : sizes) {
        bytes *= static_cast<std::size_t>(size);
    }
    if (!options.device().is_cpu() || bytes < kSmall) {
        return at::empty(sizes, options);
    }
    Place place = placeOf(bytes);
    if (!place.at) {
        return at::empty(sizes, options); // which says that memory is missing
    }
    std::byte* at = place.at;
    const auto letGo = [region = std::move(place.region), at, bytes](void*) { giveBack(at, bytes); };
    return at::from_blob(at, sizes, letGo, options);
}

} // namespace luthier::quant
