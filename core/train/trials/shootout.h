// SPDX-License-Identifier: GPL-3.0-or-later
// Shootout: the same data learned by several methods, one after the other, and what each cost and reached. Torch-free.
// All settings but the method and its learning rate are the recipe's; a method other than the recipe's takes its own usual
// learning rate, since one rate does not suit all.
#pragma once

#include "core/base/json.h"
#include "core/measures/summary.h"
#include "core/train/run.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace luthier::train {

// What is tried: a method, with settings that stand over the recipe's. As text "lora;method.rank=8;run.epochs=2": wherever a
// shoot-out names a method, it may name a variant.
struct Variant {
    std::string method; // id
    std::vector<std::pair<std::string, std::string>> settings; // "part.key", value as `--set` takes it
};
Variant variantOf(const std::string& text);
std::string toText(const Variant& variant);

struct ShootoutRow {
    std::string method; // id
    RunEnded ended;
    double learningRate = 0;
    measures::Summaries measures;
    std::int64_t trainedParameters = 0;
    std::int64_t totalParameters = 0;
    std::int64_t peakMemoryBytes = 0;
    std::int64_t resultBytes = 0; // of the adapter or model; 0: none
    std::vector<std::pair<std::string, std::string>> settings = {}; // of a variant

    double trainedShare() const;
};

Json toJson(const ShootoutRow& row);
// The same, one line a row under a line of names; numbers in full precision, empty where there is none. Measures that any
// of the rows has beside the held-out loss are columns behind the others: "general.loss_before", "general.loss".
std::string toCsv(const std::vector<ShootoutRow>& rows);

// The recipe with another method, or as a variant says.
Result<config::RunConfig> withMethod(const config::RunConfig& config, const std::string& method);
Result<config::RunConfig> withVariant(const config::RunConfig& config, const Variant& variant);

// Keeps a run's measurements while they come.
class ShootoutMeter : public RunObserver {
public:
    explicit ShootoutMeter(RunObserver* next) : m_next(next) {} // told as well; may be null
    void onEvent(const Event& event) override;
    void settle() override
    {
        if (m_next) {
            m_next->settle();
        }
    }
    ShootoutRow row;

private:
    RunObserver* m_next;
};

// Trains one of the methods, the one at `at` (from 0), by its configuration and returns what RunEnded carried; or why it
// could not begin.
using Trial = std::function<RunEnded(std::size_t at, const config::RunConfig& config, RunObserver& observer)>;

// One method after the other. One that fails ends with its sentence and the next begins; a stop asked for ends the whole.
// `onRow` comes after each. Unknown methods are an error before the first begins.
Result<std::vector<ShootoutRow>> shootout(const config::RunConfig& config, const std::vector<std::string>& methods,
                                          const Trial& trial, StopControl& control, RunObserver* observer,
                                          const std::function<void(const ShootoutRow&)>& onRow);
// Each in a folder of its own, <folder>/<method>, of a variant <folder>/<place from 1>.
Result<std::vector<ShootoutRow>> shootout(const config::RunConfig& config, const std::vector<std::string>& methods,
                                          const std::filesystem::path& folder, StopControl& control, RunObserver* observer,
                                          const std::function<void(const ShootoutRow&)>& onRow);

// Gives memory that the last run freed back to the system, so that it does not count for the next.
void giveMemoryBack();

} // namespace luthier::train
