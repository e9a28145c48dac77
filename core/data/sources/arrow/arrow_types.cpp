// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/sources/arrow/arrow_types.h"

#include <algorithm>

namespace luthier::data {

namespace {

constexpr int kMaxDepth = 32; // deeper lists and objects are kept as text

template <class Builder>
Builder& as(arrow::ArrayBuilder& builder)
{
    return static_cast<Builder&>(builder);
}

int depthOf(const Json& value)
{
    int depth = 0;
    for (const Json& part : value.is_structured() ? value : Json::array()) {
        depth = std::max(depth, depthOf(part));
    }
    return depth + 1;
}

} // namespace

void ColumnType::become(Kind kind)
{
    const bool isNumber = (m_kind == Kind::Integer || m_kind == Kind::Real) && (kind == Kind::Integer || kind == Kind::Real);
    m_kind = m_kind == Kind::Unseen || m_kind == kind ? kind : isNumber ? Kind::Real : Kind::Mixed;
}

void ColumnType::take(const Json& value)
{
    if (value.is_null() || m_kind == Kind::Mixed) {
        return;
    }
    if (value.is_structured() && depthOf(value) > kMaxDepth) {
        return become(Kind::Mixed);
    }
    switch (value.type()) {
    case Json::value_t::boolean: return become(Kind::Bool);
    case Json::value_t::number_integer: return become(Kind::Integer);
    // What int64 cannot hold becomes a real number, as other readers of JSON have it.
    case Json::value_t::number_unsigned:
        return become(value.get<std::uint64_t>() <= std::uint64_t{INT64_MAX} ? Kind::Integer : Kind::Real);
    case Json::value_t::number_float: return become(Kind::Real);
    case Json::value_t::array:
        become(Kind::List);
        if (m_kind == Kind::List) {
            m_members.resize(1);
            for (const Json& element : value) {
                m_members[0].type.take(element);
            }
        }
        return;
    case Json::value_t::object:
        become(Kind::Object);
        for (auto member = value.begin(); m_kind == Kind::Object && member != value.end(); ++member) {
            auto known = std::find_if(m_members.begin(), m_members.end(), [&](const Member& m) { return m.name == member.key(); });
            if (known == m_members.end()) {
                known = m_members.insert(known, {member.key(), {}});
            }
            known->type.take(member.value());
        }
        return;
    default: return become(Kind::Text);
    }
}

std::vector<std::shared_ptr<arrow::Field>> ColumnType::fields() const
{
    std::vector<std::shared_ptr<arrow::Field>> fields;
    for (const Member& member : m_members) {
        fields.push_back(arrow::field(member.name, member.type.type()));
    }
    return fields;
}

std::shared_ptr<arrow::DataType> ColumnType::type() const
{
    switch (m_kind) {
    case Kind::Bool: return arrow::boolean();
    case Kind::Integer: return arrow::int64();
    case Kind::Real: return arrow::float64();
    case Kind::List: return arrow::list(arrow::field("element", m_members.empty() ? arrow::utf8() : m_members[0].type.type()));
    case Kind::Object: return m_members.empty() ? arrow::utf8() : arrow::struct_(fields());
    default: return arrow::utf8();
    }
}

arrow::Status appendValue(arrow::ArrayBuilder& builder, const Json* value)
{
    if (!value || value->is_null()) {
        return builder.AppendNull();
    }
    switch (builder.type()->id()) {
    case arrow::Type::BOOL: return as<arrow::BooleanBuilder>(builder).Append(value->get<bool>());
    case arrow::Type::INT64: return as<arrow::Int64Builder>(builder).Append(value->get<std::int64_t>());
    case arrow::Type::DOUBLE: return as<arrow::DoubleBuilder>(builder).Append(value->get<double>());
    case arrow::Type::LIST: {
        auto& list = as<arrow::ListBuilder>(builder);
        ARROW_RETURN_NOT_OK(list.Append());
        for (const Json& element : *value) {
            ARROW_RETURN_NOT_OK(appendValue(*list.value_builder(), &element));
        }
        return arrow::Status::OK();
    }
    case arrow::Type::STRUCT: {
        auto& whole = as<arrow::StructBuilder>(builder);
        ARROW_RETURN_NOT_OK(whole.Append());
        for (int i = 0; i < whole.num_fields(); ++i) {
            const auto member = value->find(whole.type()->field(i)->name());
            ARROW_RETURN_NOT_OK(appendValue(*whole.field_builder(i), member == value->end() ? nullptr : &*member));
        }
        return arrow::Status::OK();
    }
    default:
        return as<arrow::StringBuilder>(builder).Append(value->is_string() ? value->get<std::string>() : base::dumpJson(*value));
    }
}

} // namespace luthier::data
