// SPDX-License-Identifier: GPL-3.0-or-later
// PassWatch: which memory that was there before a piece of work its operators read. Sees ATen's operators on this thread,
// so plain bodies must run (kernels::setFused(false)). WatchedRecorder: a WorkRecorder for tests, whose recordings compute by
// running the work again and fail where that would read other memory than a card's recording of it reads. Names torch types.
#pragma once

#include "core/train/step/work_recorder.h"

#include <ATen/core/Tensor.h>
#include <ATen/record_function.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>

namespace luthier::support {

class PassWatch {
public:
    using Memory = c10::weak_intrusive_ptr<c10::StorageImpl>; // whose address is nobody else's while it is kept
    struct Read {
        Memory memory;
        std::string by; // the operator that read it first
    };

    PassWatch()
    {
        current() = this;
        m_handle = at::addThreadLocalCallback(at::RecordFunctionCallback(&PassWatch::onBegin, &PassWatch::onEnd)
                                                  .needsInputs(true)
                                                  .needsOutputs(true)
                                                  .scopes({at::RecordScope::FUNCTION}));
    }
    ~PassWatch()
    {
        at::removeCallback(m_handle);
        current() = nullptr;
    }
    PassWatch(const PassWatch&) = delete;
    PassWatch& operator=(const PassWatch&) = delete;

    // What is still there: what operators made for themselves is gone by now.
    std::map<const c10::StorageImpl*, Read> read() const
    {
        std::map<const c10::StorageImpl*, Read> left;
        for (const auto& [address, read] : m_read) {
            if (!read.memory.expired()) {
                left.emplace(address, read);
            }
        }
        return left;
    }

private:
    // Of an operator that runs: what it was given.
    struct Given : at::ObserverContext {
        std::set<const c10::StorageImpl*> memory;
    };

    static PassWatch*& current()
    {
        static thread_local PassWatch* watch = nullptr;
        return watch;
    }

    template <class Visit>
    static void visit(const c10::IValue& value, Visit&& each)
    {
        const auto one = [&](const at::Tensor& tensor) {
            // A number that became a tensor is no memory of anybody's.
            if (tensor.defined() && tensor.has_storage() && !tensor.unsafeGetTensorImpl()->is_wrapped_number()) {
                each(tensor.storage());
            }
        };
        if (value.isTensor()) {
            one(value.toTensor());
        } else if (value.isTensorList()) {
            for (const at::Tensor& tensor : value.toTensorVector()) {
                one(tensor);
            }
        } else if (value.isList()) {
            for (const c10::IValue& part : value.toListRef()) {
                visit(part, each);
            }
        }
    }

    static std::unique_ptr<at::ObserverContext> onBegin(const at::RecordFunction& function)
    {
        auto given = std::make_unique<Given>();
        if (PassWatch* watch = current()) {
            for (const c10::IValue& input : function.inputs()) {
                visit(input, [&](const c10::Storage& storage) {
                    const c10::StorageImpl* address = storage.unsafeGetStorageImpl();
                    given->memory.insert(address);
                    if (!watch->m_made.contains(address)) {
                        watch->m_read.emplace(address, Read{storage.getWeakStorageImpl(), function.name()});
                    }
                });
            }
        }
        return given;
    }

    // Memory that comes out and did not go in was made inside, and may have been read inside, too.
    static void onEnd(const at::RecordFunction& function, at::ObserverContext* context)
    {
        PassWatch* watch = current();
        const auto* given = static_cast<const Given*>(context);
        if (!watch || !given) {
            return;
        }
        for (const c10::IValue& output : function.outputs()) {
            visit(output, [&](const c10::Storage& storage) {
                const c10::StorageImpl* address = storage.unsafeGetStorageImpl();
                if (!given->memory.contains(address)) {
                    watch->m_read.erase(address);
                    watch->m_made.emplace(address, storage.getWeakStorageImpl());
                }
            });
        }
    }

    at::CallbackHandle m_handle;
    std::map<const c10::StorageImpl*, Read> m_read;
    std::map<const c10::StorageImpl*, Memory> m_made;
};

struct WatchedRecorder {
    struct Counts {
        std::int64_t recorded = 0;
        std::int64_t played = 0;
        std::string problem; // of the first that would have read what it must not
    };
    std::shared_ptr<Counts> counts = std::make_shared<Counts>();

    train::WorkRecorder recorder() const
    {
        return [counts = counts](const std::function<void()>& work, const train::RecordedWork*) {
            ++counts->recorded;
            return std::make_unique<Work>(work, counts);
        };
    }

private:
    class Work : public train::RecordedWork {
    public:
        Work(std::function<void()> work, std::shared_ptr<Counts> counts) : m_work(std::move(work)), m_counts(std::move(counts)) {}

        void play() override
        {
            ++m_counts->played;
            const PassWatch watch;
            m_work();
            auto now = watch.read();
            for (const auto& [address, read] : now) {
                if (m_isPlayed && !m_reads.contains(address) && m_counts->problem.empty()) {
                    m_counts->problem = "play " + std::to_string(m_counts->played) + ": " + read.by
                                        + " would read memory that was not there when it was recorded";
                }
            }
            if (!m_isPlayed) {
                m_reads = std::move(now);
                m_isPlayed = true;
            }
        }

    private:
        std::function<void()> m_work;
        std::shared_ptr<Counts> m_counts;
        std::map<const c10::StorageImpl*, PassWatch::Read> m_reads;
        bool m_isPlayed = false;
    };
};

} // namespace luthier::support
