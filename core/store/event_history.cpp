// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/event_history.h"

#include <algorithm>
#include <limits>
#include <set>
#include <string>
#include <tuple>
#include <unordered_set>

namespace luthier::store {

namespace {

// Walks backwards, so that the later of two is met first.
class Reader {
public:
    bool keeps(const train::Event& event)
    {
        return std::visit([this](const auto& e) { return keep(e); }, event);
    }

private:
    bool keep(const train::RunStarted& started)
    {
        m_limit = std::min(m_limit, started.firstStep);
        return true;
    }
    bool keep(const train::StageChanged&) { return true; }
    bool keep(const train::RunEnded&) { return true; }
    bool keep(const train::Warning& warning) { return warning.step <= m_limit; }
    bool keep(const train::StepDone& done)
    {
        return done.step <= m_limit && m_steps.insert(done.step).second;
    }
    bool keep(const train::EvalDone& eval) { return isFirst("eval", eval.step, eval.set); }
    bool keep(const train::SampleDone& sample) { return isFirst("sample", sample.step, sample.prompt); }
    bool keep(const train::CheckpointSaved& saved) { return isFirst("checkpoint", saved.step, {}); }

    bool isFirst(const char* kind, std::int64_t step, const std::string& what)
    {
        return step <= m_limit && m_others.emplace(kind, step, what).second;
    }

    std::int64_t m_limit = std::numeric_limits<std::int64_t>::max();
    std::unordered_set<std::int64_t> m_steps;
    std::set<std::tuple<std::string, std::int64_t, std::string>> m_others;
};

} // namespace

std::vector<train::Event> withoutRepeats(std::vector<train::Event> events)
{
    Reader reader;
    auto kept = events.end();
    for (auto at = events.end(); at != events.begin();) {
        --at;
        if (reader.keeps(*at)) {
            --kept;
            if (kept != at) {
                *kept = std::move(*at);
            }
        }
    }
    events.erase(events.begin(), kept);
    return events;
}

} // namespace luthier::store
