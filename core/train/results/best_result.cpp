// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/results/best_result.h"

#include "core/base/files.h"
#include "core/base/json.h"

#include <cmath>

namespace luthier::train {

namespace fs = std::filesystem;

namespace {

constexpr const char* kNote = "best.json";
constexpr const char* kPart = ".part";

} // namespace

void BestResult::restore(std::int64_t step)
{
    std::error_code code;
    const auto note = base::readJson(m_folder / kNote);
    const bool isGood = note && note->is_object() && note->contains("step") && note->at("step").is_number_integer()
                        && note->contains("held_out") && note->at("held_out").is_number();
    if (isGood && note->at("step").get<std::int64_t>() <= step) {
        m_best = Best{note->at("step").get<std::int64_t>(), note->at("held_out").get<double>(), fs::absolute(m_folder, code).string()};
    }
}

Result<void> BestResult::keep(std::int64_t step, double loss, const std::function<Result<void>(const fs::path& target)>& write)
{
    const fs::path part = m_folder.string() + kPart;
    std::error_code code;
    auto done = base::removeTree(part);
    done = done ? write(part) : done;
    done = done ? base::writeFileAtomically(part / kNote, base::dumpJson(Json{{"step", step}, {"held_out", loss}}, 2) + "\n") : done;
    if (!done) {
        (void)base::removeTree(part);
        return done;
    }
    done = base::removeTree(m_folder);
    if (done) {
        fs::rename(part, m_folder, code);
        done = code ? Result<void>(Error{m_folder.string() + ": cannot be given its name: " + code.message()})
                    : base::syncDirectory(m_folder.parent_path());
    }
    if (done) {
        m_best = Best{step, loss, fs::absolute(m_folder, code).string()};
    }
    return done;
}

// By hard links: a second name for the same bytes. Writers put files in place by renaming, so neither changes with the other.
Result<void> BestResult::becomeResult(const fs::path& result)
{
    const fs::path part = result.string() + kPart;
    const fs::path old = result.string() + ".last";
    std::error_code code;
    for (const fs::path& leftover : {part, old}) {
        if (auto gone = base::removeTree(leftover); !gone) {
            return gone;
        }
    }
    fs::copy(m_folder, part, fs::copy_options::recursive | fs::copy_options::create_hard_links, code);
    if (!code) {
        fs::remove(part / kNote, code);
    }
    if (!code) {
        fs::rename(result, old, code);
    }
    if (!code) {
        fs::rename(part, result, code);
    }
    if (code) {
        std::error_code ignored;
        if (!fs::exists(result, ignored)) {
            fs::rename(old, result, ignored); // as it was
        }
        static_cast<void>(base::removeTree(part));
        return Error{m_folder.string() + ": cannot take the result's place: " + code.message()};
    }
    static_cast<void>(base::removeTree(old));
    return base::syncDirectory(result.parent_path());
}

void BestResult::isResult(std::int64_t step, double loss, const fs::path& result)
{
    (void)base::removeTree(m_folder);
    m_best = Best{step, loss, result.string()};
}

} // namespace luthier::train
