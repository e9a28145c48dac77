// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/paths.h"
#include "core/store/next_recipe.h"

namespace luthier::store {

namespace fs = std::filesystem;

namespace {

// Keys of Project::value. The window reads the model's, too.
const char kModel[] = "model";
const char kMark[] = "first_project"; // false: begun, true: ready

const char kRecipeFile[] = "first_tune.json";

// The recipe that comes with Luthier names its files beside the sources; installed, they lie elsewhere.
Result<config::RunConfig> firstRecipe()
{
    auto recipe = config::readRecipe(base::resourcesFolder() / "recipes" / kRecipeFile);
    if (!recipe) {
        return recipe;
    }
    std::error_code code;
    recipe->model.path = fs::absolute(base::bundledModel(), code).lexically_normal().string();
    for (std::string& file : recipe->data.train) {
        file = fs::absolute(base::datasetsFolder() / fs::path(file).filename(), code)
                   .lexically_normal()
                   .string();
    }
    return recipe;
}

// A project in which nobody has done anything yet, or whose filling was cut short.
Result<bool> isToBeFilled(Project& project)
{
    const auto mark = project.value(kMark);
    if (!mark) {
        return mark.error();
    }
    if (mark->is_boolean()) {
        return !mark->get<bool>();
    }
    const auto recipe = nextRecipe(project); // one that cannot be read is one
    const auto sources = project.sources();
    const auto runs = project.runs();
    if (!sources || !runs) {
        return !sources ? sources.error() : runs.error();
    }
    return recipe && !*recipe && sources->empty() && runs->empty();
}

Result<void> fill(Project& project)
{
    const auto recipe = firstRecipe();
    if (!recipe) {
        return recipe.error();
    }
    auto done = project.setValue(kMark, false);
    for (const std::string& file : recipe->data.train) {
        if (done) {
            const auto source = project.addSource(file, recipe->data.format);
            done = source ? Result<void>() : source.error();
        }
    }
    if (done) {
        done = project.setValue(kModel, recipe->model.path);
    }
    if (done) {
        done = keepNextRecipe(project, *recipe);
    }
    return done ? project.setValue(kMark, true) : done;
}

} // namespace

Result<std::shared_ptr<Project>> openOrCreateFirst(const fs::path& folder)
{
    auto project = Project::open(folder);
    if (!project) {
        return project;
    }
    const auto empty = isToBeFilled(**project);
    if (!empty) {
        return empty.error();
    }
    if (*empty) {
        if (auto filled = fill(**project); !filled) {
            return filled.error();
        }
    }
    return project;
}

} // namespace luthier::store
