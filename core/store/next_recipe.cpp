// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/next_recipe.h"

namespace luthier::store {

namespace {

const char kRecipe[] = "recipe"; // of Project::value

} // namespace

Result<std::optional<config::RunConfig>> nextRecipe(Project& project)
{
    const Result<Json> kept = project.value(kRecipe);
    if (!kept) {
        return kept.error();
    }
    if (kept->is_null()) {
        return std::optional<config::RunConfig>();
    }
    auto recipe = config::fromJson(*kept);
    return recipe ? Result<std::optional<config::RunConfig>>(std::move(*recipe)) : recipe.error();
}

Result<void> keepNextRecipe(Project& project, const config::RunConfig& recipe)
{
    return project.setValue(kRecipe, config::toJson(recipe));
}

} // namespace luthier::store
