// SPDX-License-Identifier: GPL-3.0-or-later
// BestResult: a run's result as it was where the held-out loss was lowest, kept in best/ of the run's folder beside the newest
// checkpoints: a whole result (adapter, or model where all weights train), which opens wherever one does. best.json in it says
// of which step it is. Torch-free.
#pragma once

#include "core/base/result.h"
#include "core/train/events.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>

namespace luthier::train {

inline constexpr const char* kBestFolder = "best"; // in a run's folder

class BestResult {
public:
    explicit BestResult(std::filesystem::path runFolder) : m_folder(std::move(runFolder) / kBestFolder) {}

    // A resumed run at `step`: what an earlier sitting kept stays, unless it is of a later step, which comes again.
    void restore(std::int64_t step);
    bool isBetter(double loss) const { return !m_best || loss < m_best->heldOut; }
    // Writes it anew and only then takes the older one away. On errors the older one stands.
    Result<void> keep(std::int64_t step, double loss, const std::function<Result<void>(const std::filesystem::path& target)>& write);
    // The result itself is the best one, so no other is kept.
    void isResult(std::int64_t step, double loss, const std::filesystem::path& result);

    // The best one takes the place of the result, which goes.
    Result<void> becomeResult(const std::filesystem::path& result);

    const std::optional<Best>& now() const { return m_best; }

private:
    std::filesystem::path m_folder;
    std::optional<Best> m_best;
};

} // namespace luthier::train
