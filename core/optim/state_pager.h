// SPDX-License-Identifier: GPL-3.0-or-later
// StatePager: an optimizer's state in host memory. A step brings it to the device page by page: while one page is computed
// the next one comes and the one before goes back, on streams of their own and from pinned memory. On the CPU pages are
// plain copies, with the same results. Internal to core: names torch types.
//
// All kinds of state (a moment, a master, ...) share one layout: leaves in their order, each from a multiple of 64 elements.
// Threads: one at a time.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Event.h>
#include <c10/core/Stream.h>

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

namespace luthier::optim {

class StatePager {
public:
    // A run of a leaf's elements inside a page.
    struct Piece {
        std::size_t leaf = 0;
        std::int64_t first = 0; // of the leaf
        std::int64_t count = 0;
        std::int64_t place = 0; // in the page
        bool isLast = false;    // of the leaf
    };
    // The page's state on the device, [elements] fp32 for each kind, which may be changed.
    using Work = std::function<void(const std::vector<Piece>& pieces, const std::vector<at::Tensor>& state)>;

    // Zeros for leaves of these sizes. Pages are of `pageElements`, a multiple of 64.
    StatePager(const std::vector<std::int64_t>& sizes, std::size_t kinds, at::Device device,
               std::int64_t pageElements);
    ~StatePager(); // waits for pages on their way

    // In host memory, [size]: to be read and written after settle().
    at::Tensor stateOf(std::size_t leaf, std::size_t kind) const;
    void settle();

    // `work` is called for each page in order, on the current stream. Nothing is waited for.
    void forEachPage(const Work& work);

    std::int64_t bytes() const;

private:
    struct Place {
        std::vector<at::Tensor> state; // one a kind, on the device
        std::optional<c10::Event> stored;
    };
    struct Page {
        std::int64_t first = 0;
        std::int64_t count = 0;
        std::vector<Piece> pieces;
    };

    void layOut(const std::vector<std::int64_t>& sizes, std::int64_t pageElements);
    std::vector<at::Tensor> bring(Place& place, const Page& page);
    void takeBack(const std::vector<at::Tensor>& state, const Page& page);
    bool hasStreams() const { return m_in.has_value(); }

    at::Device m_device;
    std::vector<std::int64_t> m_sizes;
    std::vector<std::int64_t> m_starts;  // of leaves
    std::vector<Page> m_pages;
    std::vector<at::Tensor> m_host;      // one a kind, flat
    std::array<Place, 2> m_places;
    std::optional<c10::Stream> m_in;
    std::optional<c10::Stream> m_out;
    std::optional<c10::Event> m_settled; // all pages are back
};

} // namespace luthier::optim
