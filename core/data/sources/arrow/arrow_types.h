// SPDX-License-Identifier: GPL-3.0-or-later
// ArrowTypes: the Arrow type that holds every value of a column of JSON, and values put into builders of such types.
// Internal to core/data: names Arrow's types.
//
// Threads: a ColumnType belongs to one thread; the functions any.
#pragma once

#include "core/base/json.h"

#include <arrow/builder.h>
#include <arrow/type.h>

#include <memory>
#include <string>
#include <vector>

namespace luthier::data {

// Grows with every value that is shown to it.
class ColumnType {
public:
    void take(const Json& value);
    // What was seen nowhere but as null or empty is text, for Parquet has no type without values.
    std::shared_ptr<arrow::DataType> type() const;
    std::vector<std::shared_ptr<arrow::Field>> fields() const; // of an object's members, in the order first seen

private:
    enum class Kind { Unseen, Bool, Integer, Real, Text, List, Object, Mixed };
    struct Member;

    void become(Kind kind);

    Kind m_kind = Kind::Unseen;
    std::vector<Member> m_members; // of an object; of a list one, its elements
};

struct ColumnType::Member {
    std::string name;
    ColumnType type;
};

// Values that the type has no place for are written as JSON where it is text; ColumnType sees to it that all fit.
arrow::Status appendValue(arrow::ArrayBuilder& builder, const Json* value); // null: a missing one

} // namespace luthier::data
