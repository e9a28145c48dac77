// SPDX-License-Identifier: GPL-3.0-or-later
// Ranks that are threads of one process.
#pragma once

#include "core/ranks/team.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/zeros.h>
#include <c10/core/GradMode.h>

#include <barrier>
#include <mutex>
#include <thread>

namespace luthier::support {

// What ranks share: the sum of what all of them brought to the same call, or what each said.
class Meeting {
public:
    explicit Meeting(int size) : m_barrier(size), m_said(static_cast<std::size_t>(size)) {}

    at::Tensor sum(const at::Tensor& own)
    {
        {
            const std::lock_guard lock(m_mutex);
            m_total = m_arrived++ == 0 ? own.clone() : m_total + own;
        }
        m_barrier.arrive_and_wait();
        at::Tensor result = m_total.clone();
        m_barrier.arrive_and_wait();
        m_arrived = 0;
        m_barrier.arrive_and_wait();
        return result;
    }

    std::vector<std::string> texts(int rank, const std::string& own)
    {
        m_said[static_cast<std::size_t>(rank)] = own;
        m_barrier.arrive_and_wait();
        auto all = m_said;
        m_barrier.arrive_and_wait();
        return all;
    }

private:
    std::barrier<> m_barrier;
    std::mutex m_mutex;
    at::Tensor m_total; // guarded by m_mutex, as what follows
    int m_arrived = 0;
    std::vector<std::string> m_said; // each its own
};

class ThreadTeam : public ranks::Team {
public:
    ThreadTeam(Meeting& meeting, int rank, int size) : m_meeting(meeting)
    {
        m_place.rank = rank;
        m_place.size = size;
    }

    const ranks::RankPlace& place() const override { return m_place; }
    void says(const std::string&) override {}
    std::vector<double> sums(std::vector<double> own) override
    {
        at::Tensor tensor = at::zeros({static_cast<std::int64_t>(own.size())}, at::kDouble);
        std::copy(own.begin(), own.end(), tensor.mutable_data_ptr<double>());
        const at::Tensor all = m_meeting.sum(tensor);
        std::copy_n(all.const_data_ptr<double>(), own.size(), own.begin());
        return own;
    }
    std::vector<std::vector<double>> all(const std::vector<double>& own) override { return {own}; }
    std::vector<std::string> texts(const std::string& own) override { return m_meeting.texts(rank(), own); }
    void sum(const at::Tensor& tensor) override
    {
        const c10::NoGradGuard guard;
        tensor.copy_(m_meeting.sum(tensor));
    }
    void sumBeside(const at::Tensor& tensor) override
    {
        ++besides;
        during += inPass ? 1 : 0;
        sum(tensor);
    }
    void joinSums() override {}
    void sumPartBeside(const at::Tensor& whole, const at::Tensor& own) override
    {
        narrow += whole.scalar_type() != own.scalar_type() ? 1 : 0;
        const at::Tensor all = whole.to(own.scalar_type());
        sumBeside(all);
        own.copy_(all.view({-1}).narrow(0, own.numel() * rank(), own.numel()));
    }
    // Each place has one rank's bytes, and zeros of the others.
    void gatherBeside(const at::Tensor& own, const at::Tensor& whole) override
    {
        const at::Tensor mine = own.clone();
        whole.zero_();
        whole.narrow(0, own.numel() * rank(), own.numel()).copy_(mine);
        sum(whole);
    }
    void spread(const at::Tensor& tensor) override
    {
        if (!leads()) {
            tensor.zero_();
        }
        sum(tensor);
    }
    double takeWaited() override { return 0; }
    void fail(const std::string&) override {}
    std::optional<std::string> brokenBy() const override { return std::nullopt; }
    void onBroken(std::function<void()>) override {}
    void onWaiting(std::function<void(const std::string&)>) override {}
    void leave() override {}

    int besides = 0; // buckets summed, and those of them while a pass went on
    int during = 0;
    int narrow = 0; // buckets that travelled in fewer bits than they were added up in
    bool inPass = false;

private:
    Meeting& m_meeting;
    ranks::RankPlace m_place;
};

// `work` of each rank, all at once.
inline void asRanks(int size, const std::function<void(ThreadTeam& team)>& work)
{
    Meeting meeting(size);
    std::vector<std::thread> others;
    for (int rank = 1; rank < size; ++rank) {
        others.emplace_back([&, rank] {
            ThreadTeam team(meeting, rank, size);
            work(team);
        });
    }
    ThreadTeam team(meeting, 0, size);
    work(team);
    for (std::thread& other : others) {
        other.join();
    }
}

} // namespace luthier::support
