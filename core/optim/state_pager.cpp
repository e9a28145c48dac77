// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/optim/state_pager.h"

#include <ATen/ops/empty.h>
#include <c10/core/StreamGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <algorithm>

namespace luthier::optim {

namespace {

constexpr std::int64_t kAlignment = 64; // vector loops of a page begin where those of the whole leaf do

std::int64_t aligned(std::int64_t elements)
{
    return (elements + kAlignment - 1) / kAlignment * kAlignment;
}

c10::Event recorded(const c10::Stream& stream)
{
    c10::Event event(stream.device_type());
    event.record(stream);
    return event;
}

} // namespace

StatePager::StatePager(const std::vector<std::int64_t>& sizes, std::size_t kinds, at::Device device, std::int64_t pageElements)
    : m_device(device), m_sizes(sizes)
{
    layOut(sizes, pageElements);
    const std::int64_t total = m_pages.empty() ? 0 : m_pages.back().first + m_pages.back().count;
    const bool onCard = !device.is_cpu();
    for (std::size_t kind = 0; kind < kinds; ++kind) {
        m_host.push_back(at::empty({total}, at::TensorOptions().dtype(at::kFloat).pinned_memory(onCard)));
        m_host.back().zero_();
    }
    for (Place& place : m_places) {
        for (std::size_t kind = 0; kind < kinds; ++kind) {
            place.state.push_back(at::empty({std::min(pageElements, total)}, at::TensorOptions().dtype(at::kFloat).device(device)));
        }
    }
    if (onCard) {
        const c10::impl::VirtualGuardImpl card(device.type());
        m_in = card.getStreamFromGlobalPool(device);
        m_out = card.getStreamFromGlobalPool(device);
        // The places' memory is the current stream's: what it did before may still use it.
        m_in->wait(recorded(card.getStream(device)));
    }
}

StatePager::~StatePager()
{
    try {
        settle();
    } catch (const std::exception&) {
        // The device is gone, and the pages with it.
    }
}

void StatePager::layOut(const std::vector<std::int64_t>& sizes, std::int64_t pageElements)
{
    std::int64_t start = 0;
    for (std::size_t leaf = 0; leaf < sizes.size(); ++leaf) {
        m_starts.push_back(start);
        for (std::int64_t first = 0; first < sizes[leaf];) {
            const std::int64_t at = start + first;
            const auto page = static_cast<std::size_t>(at / pageElements);
            if (page == m_pages.size()) {
                m_pages.push_back({at, 0, {}});
            }
            const std::int64_t place = at - m_pages[page].first;
            const std::int64_t count = std::min(sizes[leaf] - first, pageElements - place);
            m_pages[page].pieces.push_back({leaf, first, count, place, first + count == sizes[leaf]});
            m_pages[page].count = place + count;
            first += count;
        }
        start += aligned(sizes[leaf]);
    }
}

at::Tensor StatePager::stateOf(std::size_t leaf, std::size_t kind) const
{
    return m_host[kind].narrow(0, m_starts[leaf], m_sizes[leaf]);
}

void StatePager::settle()
{
    if (m_settled) {
        m_settled->synchronize();
        m_settled.reset();
    }
}

std::vector<at::Tensor> StatePager::bring(Place& place, const Page& page)
{
    std::optional<c10::StreamGuard> guard;
    if (hasStreams()) {
        if (place.stored) {
            m_in->wait(*place.stored);
        }
        guard.emplace(*m_in);
    }
    std::vector<at::Tensor> state;
    for (std::size_t kind = 0; kind < m_host.size(); ++kind) {
        state.push_back(place.state[kind].narrow(0, 0, page.count));
        state.back().copy_(m_host[kind].narrow(0, page.first, page.count), /*non_blocking=*/true);
    }
    return state;
}

void StatePager::takeBack(const std::vector<at::Tensor>& state, const Page& page)
{
    std::optional<c10::StreamGuard> guard;
    if (hasStreams()) {
        guard.emplace(*m_out);
    }
    for (std::size_t kind = 0; kind < m_host.size(); ++kind) {
        m_host[kind].narrow(0, page.first, page.count).copy_(state[kind], /*non_blocking=*/true);
    }
}

void StatePager::forEachPage(const Work& work)
{
    if (m_settled) {
        m_in->wait(*m_settled); // pages of the step before are back before they are read again
    }
    std::array<std::vector<at::Tensor>, 2> states;
    const auto begin = [&](std::size_t page) {
        states[page % 2] = bring(m_places[page % 2], m_pages[page]);
        return hasStreams() ? std::optional(recorded(*m_in)) : std::nullopt;
    };
    std::optional<c10::Event> next = m_pages.empty() ? std::nullopt : begin(0);
    for (std::size_t page = 0; page < m_pages.size(); ++page) {
        const std::optional<c10::Event> brought = std::move(next);
        next = page + 1 < m_pages.size() ? begin(page + 1) : std::nullopt;
        if (!hasStreams()) {
            work(m_pages[page].pieces, states[page % 2]);
            takeBack(states[page % 2], m_pages[page]);
            continue;
        }
        const c10::Stream current = c10::impl::VirtualGuardImpl(m_device.type()).getStream(m_device);
        current.wait(*brought);
        work(m_pages[page].pieces, states[page % 2]);
        m_out->wait(recorded(current));
        takeBack(states[page % 2], m_pages[page]);
        m_places[page % 2].stored = recorded(*m_out);
    }
    if (hasStreams()) {
        m_settled = recorded(*m_out);
    }
}

std::int64_t StatePager::bytes() const
{
    std::int64_t sum = 0;
    for (const at::Tensor& host : m_host) {
        sum += static_cast<std::int64_t>(host.nbytes());
    }
    return sum;
}

} // namespace luthier::optim
