// SPDX-License-Identifier: GPL-3.0-or-later
// Schema: the tables of luthier.db and how older ones become today's.
#pragma once

#include "core/store/database.h"

namespace luthier::store {

// Makes the tables of an empty database and migrates an older one, each step in one transaction. A newer one,
// or one that is no project, is a sentence, and nothing in it has changed.
Result<void> prepareSchema(Database& database);

// For looking only: the same checks, and no older one either.
Result<void> checkSchema(Database& database);

// A project that an older Luthier wrote. Errors: of what checkSchema refuses.
Result<bool> isOlder(Database& database);

// Reads every page. An error says what is damaged.
Result<void> checkPages(Database& database);

} // namespace luthier::store
