// SPDX-License-Identifier: GPL-3.0-or-later
// PeopleVotes: what people, and models that judge, said of an evaluation's answers, beside what was measured of them.
//
// Threads: blocks, any thread.
#pragma once

#include "core/base/json.h"
#include "core/store/project.h"

namespace luthier::report {

// "people" of results.json: a list of {"judging","first","second","pairs","judged","rate","low","high","judges","sentence","models":["..."]},
// one for each judging of the project whose pairs are answers of this evaluation and which somebody voted in; the newest first. Nothing is
// added where there is none, nor where the evaluation's folder is gone. Error: the project cannot be read.
Result<void> addPeople(store::Project& project, Json& results);

} // namespace luthier::report
