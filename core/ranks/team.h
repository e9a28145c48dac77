// SPDX-License-Identifier: GPL-3.0-or-later
// Team: the other processes that train this run, as one of them sees them. Torch-free; what it sums are tensors.
//
// Every rank calls the same functions in the same order; each waits for the others. While it waits it looks whether another
// rank has failed, has fallen silent or has gone, and then throws Broken with the sentence that all ranks end with, within
// some seconds. Who waits long is told, with what the other is doing.
//
// Threads: all functions but fail(), brokenBy() and says() from the training thread. Each rank has a thread of its own that
// tells the others it is alive.
#pragma once

#include "core/base/result.h"
#include "core/ranks/place.h"

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace at {
class Tensor;
}

namespace luthier::ranks {

// Why this rank cannot go on, as a sentence: another one's failure, or that it cannot be reached.
class Broken : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

class Team {
public:
    virtual ~Team() = default;

    virtual const RankPlace& place() const = 0;
    int rank() const { return place().rank; }
    int size() const { return place().size; }
    bool leads() const { return place().leads(); } // it alone records, saves, evaluates and talks

    // What this rank does now, for others who wait for it: "step 12", "saving".
    virtual void says(const std::string& doing) = 0;

    // Each place added up over all ranks.
    virtual std::vector<double> sums(std::vector<double> own) = 0;
    // What each rank gave, by rank; all give as many.
    virtual std::vector<std::vector<double>> all(const std::vector<double>& own) = 0;
    virtual std::vector<std::string> texts(const std::string& own) = 0;
    std::string fromFirst(const std::string& own) { return texts(leads() ? own : std::string()).front(); }

    // Adds up in place what all ranks have there; contiguous, of one shape and dtype. On a card it is queued and not waited for.
    virtual void sum(const at::Tensor& tensor) = 0;
    // The same beside what is queued later, until joinSums() has what is queued then wait for all of them.
    virtual void sumBeside(const at::Tensor& tensor) = 0;
    virtual void joinSums() = 0;
    // As sumBeside, but `own` becomes this rank's part of the sum, of size() equal ones, and `whole` is used up and may go. Both contiguous, of
    // one dtype; or `own` fp32 and `whole` narrower, which travels so and is added up in fp32.
    virtual void sumPartBeside(const at::Tensor& whole, const at::Tensor& own) = 0;
    // Every rank's bytes to all: `own` of rank r becomes the r-th part of `whole`. Contiguous, uint8. On a card beside what is queued
    // later, until joinSums(); what is queued now may read `whole` still.
    virtual void gatherBeside(const at::Tensor& own, const at::Tensor& whole) = 0;
    // Rank 0's numbers to all, in place.
    virtual void spread(const at::Tensor& tensor) = 0;

    // Seconds that this thread has waited for others since it was asked last; what cards wait is not counted.
    virtual double takeWaited() = 0;

    // Tells all others why this rank ends; the first sentence counts.
    virtual void fail(const std::string& sentence) = 0;
    // Nothing: all is well. Else what fail() was told, or what was found out.
    virtual std::optional<std::string> brokenBy() const = 0;
    // Called once on another thread when something is broken, so that long work can be cut short.
    virtual void onBroken(std::function<void()> handler) = 0;
    // Called by a thread that waits, with a sentence about whom it waits for.
    virtual void onWaiting(std::function<void(const std::string&)> handler) = 0;

    // This rank is done and nobody needs to wait for it any more. Rank 0 waits for the others, some seconds.
    virtual void leave() = 0;
};

// Meets the others, in less than ten seconds where they cannot be reached. `device`: what this rank computes on ("cpu",
// "cuda:1"); sums over cards need NCCL, and builds without c10d have no teams at all. `onWaiting`: of the first rank, called by this
// thread with a sentence about who has not come yet.
Result<std::shared_ptr<Team>> join(const RankPlace& place, const std::string& device, std::function<void(const std::string&)> onWaiting = {});

// For a rank that ends before it could join: the others, who come or wait for it, end with its sentence. Some seconds at most.
void tellOthers(const RankPlace& place, const std::string& sentence);

} // namespace luthier::ranks
